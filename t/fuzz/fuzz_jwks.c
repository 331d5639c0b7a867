/* fuzz_jwks.c: any text as a key set: what is taken of it is usable and within bounds. */
#include <openssl/evp.h>
#include <stdint.h>

#include "../../src/base/jwk.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    apr_array_header_t *keys;
    int i;

    if (!pa_jwks_parse(pool, pa_bytes_of(data, size), &keys)) {
        fuzz_must(keys->nelts <= PA_JWKS_MAX);
        for (i = 0; i < keys->nelts; i++) {
            const pa_jwk *key = APR_ARRAY_IDX(keys, i, const pa_jwk *);
            int bits = EVP_PKEY_get_bits(key->key);

            fuzz_must(!key->algs != !key->jwe_algs);
            fuzz_must(!(key->algs & ~PA_ALGS_PUBLIC_KEY));
            fuzz_must(!(key->jwe_algs & ~(PA_JWE_ALGS_RSA | PA_JWE_ALGS_ECDH)));
            fuzz_must(!EVP_PKEY_is_a(key->key, "RSA") || (bits >= 2048 && bits <= 16384));
        }
    }
    apr_pool_destroy(pool);
    return 0;
}
