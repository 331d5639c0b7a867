/* cookie.c: steps through a Cookie request header in place (RFC 6265 section 4.2). */
#include "cookie.h"

#include <string.h>

static int is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* Blanks go at the ends of a pair alone, never beside its '=': a browser guards the prefix of
 * "__Host-x", but lets anybody set a cookie of a name that merely begins or ends alike. */
static pa_bytes trim(pa_bytes pair)
{
    while (pair.len > 0 && is_blank(pair.at[0]))
        pair = pa_bytes_of(pair.at + 1, pair.len - 1);
    while (pair.len > 0 && is_blank(pair.at[pair.len - 1]))
        pair.len--;
    return pair;
}

int pa_cookie_next(const char **cursor, pa_cookie *out)
{
    const char *start = *cursor;
    const unsigned char *equals;
    apr_size_t len;
    pa_bytes pair;

    if (*start == '\0')
        return 0;
    len = strcspn(start, ";");
    *cursor = start + len + (start[len] == ';');
    memset(out, 0, sizeof(*out));
    pair = trim(pa_bytes_of(start, len));
    equals = pair.len > 0 ? memchr(pair.at, '=', pair.len) : NULL;
    if (equals && equals != pair.at) {
        out->name = pa_bytes_of(pair.at, (apr_size_t)(equals - pair.at));
        out->value = pa_bytes_of(equals + 1, pair.len - out->name.len - 1);
    }
    return 1;
}
