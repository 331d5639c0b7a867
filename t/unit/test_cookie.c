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
        shown = apr_psprintf(pool, "%s[%.*s][%.*s]", shown, (int)cookie.name.len, cookie.name.at,
                             (int)cookie.value.len, cookie.value.at);
    }
    return shown;
}

static void test_whole(apr_pool_t *pool)
{
    const char *cursor = "x=1;  plusauth=abc=  ; y=2";
    pa_cookie cookie;

    pa_cookie_next(&cursor, &cookie);
    ok(pa_cookie_next(&cursor, &cookie), "the second pair is there");
    is(apr_pstrmemdup(pool, (const char *)cookie.whole.at, cookie.whole.len), "plusauth=abc=",
       "whole is the pair without its blanks");
    ok(pa_cookie_next(&cursor, &cookie) && !pa_cookie_next(&cursor, &cookie), "then one more");
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
    test_whole(pool);
    test_many(pool);
    return tap_end();
}
