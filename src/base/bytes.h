/* bytes.h: a run of bytes with its length; `char *` is text only. */
#ifndef PA_BYTES_H
#define PA_BYTES_H

#include <apr.h>
#include <string.h>

typedef struct pa_bytes {
    const unsigned char *at;
    apr_size_t len;
} pa_bytes;

static inline pa_bytes pa_bytes_of(const void *at, apr_size_t len)
{
    return (pa_bytes){ (const unsigned char *)at, len };
}

/* The bytes of a text, without its NUL. */
static inline pa_bytes pa_bytes_text(const char *text)
{
    return pa_bytes_of(text, strlen(text));
}

#endif
