/* request_object.c: see request_object.h. */
#include "request_object.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/base64url.h"
#include "../base/crypto.h"
#include "../base/json.h"
#include "../base/jwe.h"
#include "../base/jws.h"
#include "client_key.h"

#define LIFETIME 300 /* seconds; FAPI 1 Advanced 5.2.2 allows 60 minutes after nbf */
#define JTI_LEN 16

/* RFC 9101 4: iss and aud keep the object from being good for or at somebody else. */
static const char *make_claims(apr_pool_t *pool, const pa_provider *provider,
                               const pa_metadata *metadata, apr_time_t now, json_t **out)
{
    const json_int_t seconds = apr_time_sec(now);
    unsigned char jti[JTI_LEN];
    const char *why = pa_random(jti, sizeof(jti));
    if (why)
        return why;
    *out = pa_json_own(pool, json_pack("{s:s,s:s,s:s,s:I,s:I,s:I}", "iss", provider->client_id,
                                       "aud", metadata->issuer, "jti",
                                       pa_base64url_encode(pool, pa_bytes_of(jti, sizeof(jti))),
                                       "iat", seconds, "nbf", seconds, "exp", seconds + LIFETIME));
    return *out ? NULL : "the client id is no UTF-8";
}

/* OpenID Connect Core 6.1: numbers and JSON are such, and no text of it. */
static json_t *value_of(const apr_table_entry_t *entry)
{
    const char *text = entry->val;
    if (strcmp(entry->key, "max_age") == 0 && *text && strlen(text) < 16
        && strspn(text, "0123456789") == strlen(text))
        return json_integer(apr_atoi64(text));
    if (strcmp(entry->key, "claims") == 0)
        return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    return json_string(text);
}

const char *pa_request_object(apr_pool_t *pool, const pa_provider *provider,
                              const pa_metadata *metadata, const apr_table_t *parameters,
                              apr_time_t now, const char **out)
{
    const apr_array_header_t *entries = apr_table_elts(parameters);
    const pa_alg_set algs = metadata->request_algs ? metadata->request_algs : PA_ALGS_PUBLIC_KEY;
    pa_alg_set alg;
    json_t *claims;
    const pa_private_key *key = pa_client_key_choose(provider, algs & PA_ALGS_PUBLIC_KEY, &alg);
    if (!key)
        return "no PlusAuthClientKey signs by an algorithm that the provider takes for request "
               "objects";
    const char *why = make_claims(pool, provider, metadata, now, &claims);
    if (why)
        return why;
    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
        if (json_object_set_new(claims, entry->key, value_of(entry)))
            return "a parameter is no UTF-8, or claims is no JSON";
    }
    return pa_jwt_sign(pool, key, alg, "oauth-authz-req+jwt", NULL, claims, out);
}

/* Of each kind jwa.h names the weakest first. */
static unsigned int strongest(unsigned int set)
{
    while (set & (set - 1))
        set &= set - 1;
    return set;
}

/* The key with the strongest of these algorithms, which becomes *alg. A kid tells nothing here:
 * keys for other things may have the same. NULL when there is none. */
static const pa_jwk *choose_key(const apr_array_header_t *keys, pa_jwe_alg_set algs,
                                pa_jwe_alg_set *alg)
{
    const pa_jwk *chosen = NULL;
    *alg = 0;
    for (int i = 0; i < keys->nelts; i++) {
        const pa_jwk *key = APR_ARRAY_IDX(keys, i, const pa_jwk *);
        const pa_jwe_alg_set own = strongest(key->jwe_algs & algs);
        if (own > *alg) {
            *alg = own;
            chosen = key;
        }
    }
    return chosen;
}

const pa_fault *pa_request_object_encrypt(const pa_client *client, apr_pool_t *pool,
                                          const pa_provider *provider, const pa_metadata *metadata,
                                          apr_time_t now, const char **object)
{
    const pa_jwe_alg_set algs = metadata->request_jwe_algs & provider->request_jwe_algs;
    const pa_jwe_enc_set encs = metadata->request_jwe_encs & provider->request_jwe_encs;
    const pa_jwk *key = NULL;
    apr_array_header_t *keys;
    pa_jwe_alg_set alg = 0;
    if (!algs || !encs)
        return pa_fault_new(pool, PA_FAULT_OURS,
                            "PlusAuthRequest encrypted: the provider offers nothing of that in "
                            "request_object_encryption_alg_values_supported and "
                            "request_object_encryption_enc_values_supported");
    for (int renew = 0; renew < 2 && !key; renew++) {
        const pa_fault *fault =
            pa_discovery_keys(client, pool, provider, metadata, now,
                              renew ? PA_RENEW_FOR_STRANGER : PA_RENEW_NOT, &keys);
        if (fault)
            return fault;
        key = choose_key(keys, algs, &alg);
    }
    if (!key)
        return pa_fault_new(pool, PA_FAULT_OURS,
                            "PlusAuthRequest encrypted: the provider's key set has no usable key "
                            "with use \"enc\" for one of its "
                            "request_object_encryption_alg_values_supported");
    /* RFC 9101 6.1: nested, signed first. */
    const char *why =
        pa_jwe_encrypt(pool, key, alg, strongest(encs), "JWT", pa_bytes_text(*object), object);
    return why ? pa_fault_new(pool, PA_FAULT_OURS, why) : NULL;
}
