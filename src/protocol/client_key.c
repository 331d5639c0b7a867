/* client_key.c: see client_key.h. */
#include "client_key.h"

/* Best first: what FAPI allows before what it does not. An elliptic key has but one. */
static const pa_alg_set preference[] = {
    PA_ALG_ES256, PA_ALG_ES384, PA_ALG_ES512, PA_ALG_EDDSA, PA_ALG_ED25519, PA_ALG_ED448,
    PA_ALG_PS256, PA_ALG_PS384, PA_ALG_PS512, PA_ALG_RS256, PA_ALG_RS384,   PA_ALG_RS512,
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static pa_alg_set best(pa_alg_set algs)
{
    for (apr_size_t i = 0; i < COUNT(preference); i++)
        if (algs & preference[i])
            return preference[i];
    return 0;
}

const pa_private_key *pa_client_key_choose(const pa_provider *provider, pa_alg_set algs,
                                           pa_alg_set *alg)
{
    /* FAPI 1 Advanced 8.6, FAPI 2 5.4.1: whatever else the provider takes. */
    if (provider->profile != PA_PROFILE_WEB)
        algs &= PA_ALGS_FAPI;
    for (int i = 0; provider->client_keys && i < provider->client_keys->nelts; i++) {
        const pa_private_key *key = APR_ARRAY_IDX(provider->client_keys, i, const pa_private_key *);
        const pa_alg_set both = best(key->algs & algs);
        if (both) {
            *alg = both;
            return key;
        }
    }
    return NULL;
}

static int add(apr_pool_t *pool, const pa_private_key *key, const char *use, const char *alg,
               json_t *keys)
{
    return json_array_append(keys, pa_private_key_publish(pool, key, use, alg)) == 0;
}

int pa_client_key_publish(apr_pool_t *pool, const pa_private_key *key, json_t *keys)
{
    /* NULL of several: an RSA key signs by whichever the provider takes. EdDSA is what more of them
     * know than Ed25519. */
    const char *alg = pa_alg_name(key->algs & PA_ALG_EDDSA ? PA_ALG_EDDSA : key->algs);

    if (key->algs && !add(pool, key, "sig", alg, keys))
        return 0;
    for (pa_jwe_alg_set bit = 1; bit & PA_JWE_ALGS; bit <<= 1)
        if ((key->jwe_algs & bit) && !add(pool, key, "enc", pa_jwe_alg_name(bit), keys))
            return 0;
    return 1;
}
