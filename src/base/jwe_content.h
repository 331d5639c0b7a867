/* jwe_content.h: what encrypts a JWE's content (RFC 7518 section 5): AES-GCM, and AES-CBC with
 * HMAC. jwe.c alone uses it. */
#ifndef PA_JWE_CONTENT_H
#define PA_JWE_CONTENT_H

#include <apr_pools.h>

#include "bytes.h"
#include "jwa.h"

#define PA_JWE_IV_MAX 16
#define PA_JWE_TAG_MAX 32

typedef struct pa_jwe_content {
    pa_bytes iv, ciphertext, tag;
} pa_jwe_content;

/* The length in bytes of the IV of one encryption, 0 when it is none. */
apr_size_t pa_jwe_iv_len(pa_jwe_enc_set enc);

/* Whether the content is whole and what `aad` says; then *out is the plaintext, which a NUL byte
 * follows that is not counted. `cek` is as long as `enc` wants. Nothing is decrypted before its tag
 * is known to be right, nor given out; the comparison takes the same time wherever they differ. */
int pa_jwe_content_open(apr_pool_t *pool, pa_jwe_enc_set enc, const unsigned char *cek,
                        pa_bytes aad, const pa_jwe_content *content, pa_bytes *out);

/* Encrypts with the IV in out->iv, which this key must never have seen. NULL and the rest of *out
 * set, or the reason. */
const char *pa_jwe_content_seal(apr_pool_t *pool, pa_jwe_enc_set enc, const unsigned char *cek,
                                pa_bytes aad, pa_bytes plaintext, pa_jwe_content *out);

#endif
