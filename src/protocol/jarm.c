/* jarm.c: see jarm.h. */
#include "jarm.h"

#include <apr_strings.h>

#include "../base/json.h"
#include "jwt_claims.h"
#include "nested.h"
#include "signature.h"

/* JARM 2.1 recommends ten minutes at most; an answer that lives longer can be replayed longer. */
#define LIFETIME_MAX apr_time_from_sec(15 * 60)

const char *pa_jarm_read(apr_pool_t *pool, const pa_provider *provider, const char *response,
                         pa_jarm *out)
{
    const char *text, *why;
    pa_jwt *jwt;

    if ((why = pa_nested_open(pool, provider, response, &text))
        || (why = pa_jwt_parse(pool, text, &jwt)))
        return why;
    out->jwt = jwt;
    out->state = pa_json_text(jwt->claims, "state");
    return NULL;
}

static const char *check_exp(const json_t *claims, apr_time_t now, apr_interval_time_t skew)
{
    apr_time_t exp = 0;
    int present;

    if (pa_json_date(claims, "exp", &present, &exp) || !present)
        return "exp is missing or no date";
    if (now >= exp + skew)
        return "exp has passed";
    return exp - now <= LIFETIME_MAX ? NULL : "exp is too far ahead";
}

/* RFC 8725 3.11: an ID token, a logout token or our own request object is no answer. */
static const char *check_kind(const json_t *claims)
{
    static const char *const others[] = { "nonce", "events", "at_hash", "redirect_uri" };

    for (apr_size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (json_object_get(claims, others[i]))
            return "it is another kind of token";
    return NULL;
}

static const char *check_claims(const json_t *claims, const pa_provider *provider,
                                const pa_metadata *metadata, apr_time_t now)
{
    const char *why;

    if ((why = pa_jwt_claims_check_iss(claims, metadata->issuer))
        || (why = pa_jwt_claims_check_aud(claims, provider->client_id))
        || (why = check_exp(claims, now, provider->clock_skew)))
        return why;
    return check_kind(claims);
}

static const pa_fault *broken(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_RULE, apr_pstrcat(pool, "JARM response: ", why, NULL));
}

const pa_fault *pa_jarm_check(const pa_client *client, apr_pool_t *pool,
                              const pa_provider *provider, const pa_metadata *metadata,
                              const pa_jarm *jarm, apr_time_t now, apr_table_t **parameters)
{
    const pa_fault *fault = pa_signature_verify(client, pool, provider, metadata, jarm->jwt,
                                                PA_RENEW_FOR_STRANGER, now);
    const char *why, *name;
    apr_table_t *read;
    json_t *value;

    if (fault)
        return fault->kind == PA_FAULT_RULE ? broken(pool, fault->why) : fault;
    if ((why = check_claims(jarm->jwt->claims, provider, metadata, now)))
        return broken(pool, pa_jwt_claims_explain(pool, jarm->jwt->claims, why, metadata->issuer,
                                                  provider->client_id, now));
    read = apr_table_make(pool, 6);
    /* jansson's iterator wants an object that is not const, yet changes nothing. */
    json_object_foreach ((json_t *)jarm->jwt->claims, name, value) {
        if (!json_is_string(value))
            continue;
        if (strlen(json_string_value(value)) != json_string_length(value))
            return broken(pool, "a parameter with a NUL");
        apr_table_setn(read, name, json_string_value(value));
    }
    *parameters = read;
    return NULL;
}
