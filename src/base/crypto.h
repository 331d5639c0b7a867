/* crypto.h: digests, MAC, key derivation, random bytes and comparison, on OpenSSL 3's EVP. */
#ifndef PA_CRYPTO_H
#define PA_CRYPTO_H

#include <apr_pools.h>

#include "bytes.h"

#define PA_SHA256_LEN 32

/* Fetches the algorithms once: OpenSSL 3 otherwise looks them up at every use. Call it before
 * any other function here, once per load of the module; they are given back when `pool` ends.
 * NULL, or the reason. */
const char *pa_crypto_init(apr_pool_t *pool);

/* SHA-256 (FIPS 180-4). The functions below abort the process's use of the result by returning
 * the reason when OpenSSL fails (out of memory); NULL is fine. */
const char *pa_sha256(pa_bytes in, unsigned char out[PA_SHA256_LEN]);

/* HMAC-SHA256 (RFC 2104). */
const char *pa_hmac_sha256(pa_bytes key, pa_bytes in, unsigned char out[PA_SHA256_LEN]);

/* HKDF-SHA256 (RFC 5869) of one 256-bit key: no salt, `info` names the purpose. */
const char *pa_hkdf_sha256(pa_bytes secret, const char *info, unsigned char out[PA_SHA256_LEN]);

/* `len` bytes from OpenSSL's CSPRNG. */
const char *pa_random(void *out, apr_size_t len);

/* Equal, in time that depends on the lengths alone. */
int pa_equal(pa_bytes a, pa_bytes b);

/* Has a secret in a pool's memory overwritten when the pool ends, which else leaves it to whoever
 * is given that memory next. */
void pa_wipe(apr_pool_t *pool, const void *secret, apr_size_t len);

#endif
