/* request_object.c: see request_object.h. */
#include "request_object.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/base64url.h"
#include "../base/crypto.h"
#include "../base/json.h"
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
