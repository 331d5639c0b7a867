/* fuzz_private_key.c: any text as a key of this module's own, PEM or JWK: what is taken is strong
 * enough, may do something, and keeps its private half to itself. */
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "../../src/base/jwk.h"
#include "../../src/base/private_key.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const secrets[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
    apr_pool_t *pool = fuzz_pool();
    pa_private_key *own;
    json_t *published;
    pa_jwk *verifier;
    size_t i;

    if (!pa_private_key_parse(pool, pa_bytes_of(data, size), NULL, &own)) {
        fuzz_must(own->algs || own->jwe_algs);
        fuzz_must(!EVP_PKEY_is_a(own->key, "RSA") || EVP_PKEY_get_bits(own->key) >= 2048);
        published = pa_private_key_publish(pool, own, "sig", NULL);
        fuzz_must(published && own->kid && *own->kid);
        for (i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
            fuzz_must(!json_object_get(published, secrets[i]));
        fuzz_must(!pa_jwk_parse(pool, published, &verifier));
        fuzz_must(EVP_PKEY_eq(verifier->key, own->key) == 1);
    }
    apr_pool_destroy(pool);
    return 0;
}
