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

/* A number of `width` bytes, the lowest first; what follows it. */
static inline unsigned char *pa_bytes_put_number(unsigned char *at, apr_uint64_t number, int width)
{
    for (int i = 0; i < width; i++)
        *at++ = (unsigned char)(number >> (8 * i));
    return at;
}

static inline apr_uint64_t pa_bytes_number(const unsigned char *at, int width)
{
    apr_uint64_t number = 0;

    for (int i = width - 1; i >= 0; i--)
        number = number << 8 | at[i];
    return number;
}

#endif
