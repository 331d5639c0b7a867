/* test_envfile.c: dotenv files line by line. */
#include "../../src/base/envfile.h"

#include <apr_strings.h>

#include "tap.h"

static const struct {
    const char *text, *key, *value;
} taken[] = {
    { "CLIENT_ID=abc", "CLIENT_ID", "abc" },
    { "CLIENT_ID=abc\n", "CLIENT_ID", "abc" },
    { "A=1\nB=2\n", "B", "2" },
    { "A=1\r\nB=2\r\n", "A", "1" },
    { "A=1\r\nB=2\r\n", "B", "2" },
    { "\xef\xbb\xbf" "A=1", "A", "1" },
    { "\n\n  \t\n# comment\n   # another\nA=1", "A", "1" },
    { "export A=1", "A", "1" },
    { "  export\t A = 1  ", "A", "1" },
    { "export=1", "export", "1" },
    { "exporter=1", "exporter", "1" },
    { "A=", "A", "" },
    { "A=  ", "A", "" },
    { "A= # nothing", "A", "" },
    { "A=\"\"", "A", "" },
    { "A=a b", "A", "a b" },
    { "A=a b  # comment, it's one", "A", "a b" },
    { "A=a#b", "A", "a#b" },
    { "A=#b", "A", "#b" },
    { "A=https://x.plusauth.com/?a=b&c=$d", "A", "https://x.plusauth.com/?a=b&c=$d" },
    { "A=${HOME}\\n", "A", "${HOME}\\n" },
    { "A='$x \\n # \"y\"'", "A", "$x \\n # \"y\"" },
    { "A=\"a\\nb\\t\\\"c\\\" \\\\ \\$d # e 'f'\"", "A", "a\nb\t\"c\" \\ $d # e 'f'" },
    { "A=\"x\"  # comment", "A", "x" },
    { "A=\"x\"#comment", "A", "x" },
    { "A=1\nA=2", "A", "2" },
    { "_A9=1", "_A9", "1" },
    { "A=\xc3\xa9", "A", "\xc3\xa9" },
    { "", "A", NULL },
    { "#A=1", "A", NULL },
};

static const struct {
    const char *text, *why;
} refused[] = {
    { "A", "line 1 wants NAME=value" },
    { "\n\nA\n", "line 3 wants NAME=value" },
    { "=1", "line 1 wants NAME=value" },
    { "9A=1", "line 1 wants NAME=value" },
    { "A-B=1", "line 1 wants NAME=value" },
    { "A B=1", "line 1 wants NAME=value" },
    { "export", "line 1 wants NAME=value" },
    { "export =1", "line 1 wants NAME=value" },
    { "A: 1", "line 1 wants NAME=value" },
    { "A=\"x", "line 1 has a quote that does not end" },
    { "A='x\ny'", "line 1 has a quote that does not end" },
    { "A=\"x\\\"", "line 1 has a quote that does not end" },
    { "A=\"x\\", "line 1 has a backslash" },
    { "A=\"\\q\"", "line 1 has a backslash" },
    { "B=1\r\nA=\"x\"y", "line 2 has text after" },
    { "A=x\"y\"", "line 1 has a quote inside" },
    { "A=1\rB=2\n", "line 1 has a control character" },
    { "A=1\r", "line 1 has a control character" },
    { "A=\x1b[0m", "line 1 has a control character" },
};

int main(void)
{
    apr_pool_t *pool = tap_begin();
    static char large[65537];
    apr_table_t *values;
    apr_size_t i;

    for (i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
        values = NULL;
        is(pa_envfile_parse(pool, pa_bytes_text(taken[i].text), &values), NULL, "file %d is taken",
           (int)i);
        is(values ? apr_table_get(values, taken[i].key) : "?", taken[i].value, "and its %s",
           taken[i].key);
    }
    for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        values = NULL;
        has(pa_envfile_parse(pool, pa_bytes_text(refused[i].text), &values), refused[i].why,
            "bad file %d is refused", (int)i);
        ok(!values, "and nothing handed out");
    }
    has(pa_envfile_parse(pool, pa_bytes_of("A=1\0B=2", 7), &values), "control character",
        "a NUL hides nothing");
    ok(!strstr(pa_envfile_parse(pool, pa_bytes_text("SECRET='hunter2"), &values), "hunter2"),
       "a reason does not quote the value");
    memset(large, '#', sizeof(large));
    is(pa_envfile_parse(pool, pa_bytes_of(large, 65536), &values), NULL, "64 KB are read");
    is(pa_envfile_parse(pool, pa_bytes_of(large, 65537), &values), "it is too long",
       "one byte more is not");
    return tap_end();
}
