/* text.c: see text.h. */
#include "text.h"

#include <apr_strings.h>

char *pa_text_printable(apr_pool_t *pool, const char *text, apr_size_t max)
{
    char *copy = apr_pstrndup(pool, text, max);
    for (char *at = copy; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = ' ';
    return copy;
}

int pa_text_is_token(const char *text, apr_size_t max)
{
    apr_size_t len = 0;
    for (; text[len]; len++)
        if (len == max || text[len] <= ' ' || text[len] > '~')
            return 0;
    return len > 0;
}
