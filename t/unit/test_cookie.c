/* test_cookie.c: what a Cookie header holds, and what it only seems to. */
#include "../../src/base/cookie.h"

#include <apr_strings.h>

#include "tap.h"

static const struct {
    const char *header, *pairs, *what;
} headers[] = {
    { "", "", "an empty header" },
    { "a=1", "[a][1]", "one pair" },
    { "a=1; b=2; c=3", "[a][1][b][2][c][3]", "three pairs" },
    { "a=1;b=2", "[a][1][b][2]", "no space between" },
    { " \ta=1 \t;  b=2 ", "[a][1][b][2]", "blanks around pairs" },
    { "a=", "[a][]", "an empty value" },
    { "a=b=c==", "[a][b=c==]", "equals signs in the value" },
    { "a=1; a=2", "[a][1][a][2]", "a name twice: both are told" },
    { "a=\"x y\"", "[a][\"x y\"]", "quotes stay" },
    { "a=1, b=2", "[a][1, b=2]", "a comma divides nothing" },
    { "theme=dark, __Host-plusauth=forged; c=3", "[theme][dark, __Host-plusauth=forged][c][3]",
      "a pair behind a comma is part of a value" },
    { "a=\"x; b=2\"", "[a][\"x][b][2\"]", "nor do quotes hold together what ';' divides" },
    { "=1; b=2", "[b][2]", "a pair without a name" },
    { "lonely; b=2", "[b][2]", "a pair without equals" },
    { ";;; ; b=2;", "[b][2]", "empty pairs" },
    { ";", "", "a lone semicolon" },
    { "=", "", "a lone equals sign" },
    { " ", "", "a lone blank" },
    { "__Host-plusauth =forged", "[__Host-plusauth ][forged]",
      "a blank before equals makes another name" },
    { "\x0b__Host-plusauth=forged", "[\x0b__Host-plusauth][forged]",
      "white space other than blanks makes another name" },
    { "\xc2\xa0__Host-plusauth=forged", "[\xc2\xa0__Host-plusauth][forged]",
      "a no-break space makes another name" },
    { "__host-plusauth=x", "[__host-plusauth][x]", "case stays" },
};

static const char *show(apr_pool_t *pool, const char *header)
{
    const char *shown = "";
    pa_cookie cookie;

    while (pa_cookie_next(&header, &cookie)) {
        if (cookie.name.len == 0)
            continue;
        shown = apr_psprintf(pool, "%s[%.*s][%.*s]", shown, (int)cookie.name.len, cookie.name.at,
                             (int)cookie.value.len, cookie.value.at);
    }
    return shown;
}

/* Every byte of the header belongs to one part. */
static void test_parts(void)
{
    const char *header = "x=1;  plusauth=abc=  ; lonely;;y=2", *cursor = header;
    static const struct {
        int end, has_name;
    } parts[] = { { 4, 1 }, { 22, 1 }, { 30, 0 }, { 31, 0 }, { 34, 1 } };
    pa_cookie cookie;

    for (apr_size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        ok(pa_cookie_next(&cursor, &cookie) && cursor - header == parts[i].end
               && (cookie.name.len > 0) == parts[i].has_name,
           "part %d", (int)i);
    ok(*cursor == '\0' && !pa_cookie_next(&cursor, &cookie), "the end stays the end");
}

static void test_many(apr_pool_t *pool)
{
    char *header = apr_pcalloc(pool, 4 * 10000 + 1);
    const char *cursor = header;
    pa_cookie cookie;
    int i, count = 0;

    for (i = 0; i < 10000; i++)
        memcpy(header + 4 * i, "a=1;", 4);
    while (pa_cookie_next(&cursor, &cookie))
        count++;
    ok(count == 10000, "ten thousand cookies are stepped through");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    apr_size_t i;

    for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        is(show(pool, headers[i].header), headers[i].pairs, "%s", headers[i].what);
    test_parts();
    test_many(pool);
    return tap_end();
}
