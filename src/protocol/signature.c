/* signature.c: see signature.h. */
#include "signature.h"

#include <apr_strings.h>

static const pa_fault *broken(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_RULE, why);
}

/* A client secret verifies only what the configuration names (HS256 and its kin). */
static const char *verify_hmac(const pa_jwt *jwt, const pa_provider *provider)
{
    if (!provider->client_secret)
        return "its HMAC needs a client secret";
    return pa_jwt_verify_hmac(jwt, pa_bytes_text(provider->client_secret), provider->signing_algs);
}

/* A token without kid may mean a key that is newer than our set, whatever the set holds. */
static int may_mean_newer_key(const pa_jwt *jwt, const char *why)
{
    return why == PA_JWT_NO_KEY || !jwt->kid;
}

const pa_fault *pa_signature_verify(const pa_client *client, apr_pool_t *pool,
                                    const pa_provider *provider, const pa_metadata *metadata,
                                    const pa_jwt *jwt, pa_renewal renewal, apr_time_t now)
{
    const pa_fault *fault;
    apr_array_header_t *keys;
    const char *why = NULL;

    /* RFC 8725 3.1: the algorithm is ours to choose. */
    if (!(jwt->alg & provider->signing_algs))
        return broken(pool, apr_psprintf(pool,
                                         "alg is not an allowed one (PlusAuthSigningAlgs), "
                                         "but %s",
                                         pa_alg_name(jwt->alg)));
    if (jwt->alg & PA_ALGS_HMAC) {
        why = verify_hmac(jwt, provider);
        return why ? broken(pool, why) : NULL;
    }
    for (int renew = 0; renew < 2; renew++) {
        fault = pa_discovery_keys(client, pool, provider, metadata, now,
                                  renew ? renewal : PA_RENEW_NOT, &keys);
        if (fault)
            return fault;
        why = pa_jwt_verify(pool, jwt, keys, provider->signing_algs);
        if (!why)
            return NULL;
        if (!may_mean_newer_key(jwt, why))
            break;
    }
    return broken(pool, why);
}
