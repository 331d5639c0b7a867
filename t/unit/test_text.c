/* test_text.c: what reaches a log, and what may reach a header. */
#include "../../src/base/text.h"

#include "tap.h"

int main(void)
{
    apr_pool_t *pool = tap_begin();

    is(pa_text_printable(pool, "plain ~ text", 100), "plain ~ text", "printable text stays");
    is(pa_text_printable(pool, "a\r\nb\x1b[0m\x7f\xc3\xa9\t", 100), "a  b [0m    ",
       "everything else is a space");
    is(pa_text_printable(pool, "abcdef", 3), "abc", "no more than the limit");
    is(pa_text_printable(pool, "", 3), "", "nothing is nothing");
    ok(pa_text_is_token("abc-._~+/=!", 11), "a token of just the length allowed");
    ok(!pa_text_is_token("abcd", 3), "a longer one");
    ok(!pa_text_is_token("", 3), "an empty one");
    ok(!pa_text_is_token("a b", 10), "a space");
    ok(!pa_text_is_token("a\r\nX: y", 10), "a line end");
    ok(!pa_text_is_token("a\x7f", 10), "DEL");
    ok(!pa_text_is_token("\xc3\xa9", 10), "UTF-8");
    return tap_end();
}
