/* base64url.h: RFC 4648 section 5 without padding, as RFC 7515 section 2 uses it. */
#ifndef PA_BASE64URL_H
#define PA_BASE64URL_H

#include <apr_pools.h>

#include "bytes.h"

/* How many characters the text of `len` bytes has. */
#define PA_BASE64URL_LEN(len) ((4 * (len) + 2) / 3)

/* Writes the text of `bytes` and a NUL: PA_BASE64URL_LEN(bytes.len) + 1 characters. */
void pa_base64url_write(char *out, pa_bytes bytes);

/* The text of `bytes`, from `pool`. */
char *pa_base64url_encode(apr_pool_t *pool, pa_bytes bytes);

/* Decodes exactly `len` characters at `text` into `pool`. Strict: no padding, white space, other
 * alphabet, impossible length or non-zero unused bits, so that one value has one spelling.
 * NULL and *out set when well formed; else the reason. */
const char *pa_base64url_decode(apr_pool_t *pool, const char *text, apr_size_t len, pa_bytes *out);

#endif
