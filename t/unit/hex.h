/* hex.h: bytes as published vectors write them. */
#ifndef HEX_H
#define HEX_H

#include <apr_pools.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "../../src/base/bytes.h"

/* The bytes that a run of hexadecimal digits stands for. */
static inline pa_bytes unhex(apr_pool_t *pool, const char *hex)
{
    apr_size_t len = strlen(hex) / 2;
    unsigned char *bytes = apr_palloc(pool, len + 1);
    apr_size_t i;

    for (i = 0; i < len; i++) {
        char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return pa_bytes_of(bytes, len);
}

static inline const char *hex(apr_pool_t *pool, pa_bytes bytes)
{
    char *text = apr_palloc(pool, 2 * bytes.len + 1);
    apr_size_t i;

    for (i = 0; i < bytes.len; i++)
        apr_snprintf(text + 2 * i, 3, "%02x", bytes.at[i]);
    text[2 * bytes.len] = '\0';
    return text;
}

#endif
