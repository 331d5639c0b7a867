/* jwt_claims.c: see jwt_claims.h. Text may hold a NUL: the getters of json.h take none that does.
 */
#include "jwt_claims.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/json.h"

const char *pa_jwt_claims_check_iss(const json_t *claims, const char *issuer)
{
    const char *iss = pa_json_text(claims, "iss");

    if (!iss)
        return "iss is missing or no text";
    return strcmp(iss, issuer) ? "iss is not the issuer" : NULL;
}

const char *pa_jwt_claims_check_aud(const json_t *claims, const char *client_id)
{
    const json_t *aud = json_object_get(claims, "aud");
    const json_t *element;
    size_t i;

    if (!json_is_string(aud) && !json_is_array(aud))
        return "aud is missing or neither text nor a list";
    json_array_foreach (aud, i, element)
        if (!json_is_string(element))
            return "aud lists what is no text";
    return pa_json_holds(claims, "aud", client_id) ? NULL : "aud does not name our client_id";
}

const char *pa_jwt_claims_check_exp(const json_t *claims, apr_time_t now, apr_interval_time_t skew)
{
    apr_time_t exp = 0;
    int present;

    if (pa_json_date(claims, "exp", &present, &exp))
        return "exp is no date";
    if (!present)
        return "exp is missing";
    return now < exp + skew ? NULL : "exp has passed";
}

static const char *check_iat(const json_t *claims, apr_time_t now, apr_interval_time_t skew)
{
    apr_time_t iat = 0;
    int present;

    if (pa_json_date(claims, "iat", &present, &iat))
        return "iat is no date";
    if (!present)
        return "iat is missing";
    return iat <= now + skew ? NULL : "iat is in the future";
}

static const char *check_nbf(const json_t *claims, apr_time_t now, apr_interval_time_t skew)
{
    apr_time_t nbf = 0;
    int present;

    if (pa_json_date(claims, "nbf", &present, &nbf))
        return "nbf is no date";
    return nbf <= now + skew ? NULL : "nbf is in the future";
}

const char *pa_jwt_claims_check_issued(const json_t *claims, apr_time_t now,
                                       apr_interval_time_t skew)
{
    const char *why = check_iat(claims, now, skew);

    return why ? why : check_nbf(claims, now, skew);
}

const char *pa_jwt_claims_check_dates(const json_t *claims, apr_time_t now,
                                      apr_interval_time_t skew)
{
    const char *why = pa_jwt_claims_check_exp(claims, now, skew);

    return why ? why : pa_jwt_claims_check_issued(claims, now, skew);
}

/* Claims whose values a reason may show: nothing that is a secret, or that tells of a user. */
static const struct {
    const char *name;
    int is_date;
} shown[] = {
    { "iss", 0 }, { "aud", 0 }, { "azp", 0 },       { "exp", 1 },
    { "iat", 1 }, { "nbf", 1 }, { "auth_time", 1 },
};

/* How far a date is from now, or what else it is. */
static const char *describe_date(apr_pool_t *pool, const json_t *claims, const char *name,
                                 apr_time_t now)
{
    apr_time_t date = 0;
    apr_int64_t off;
    int present;

    if (pa_json_date(claims, name, &present, &date))
        return pa_json_describe(pool, json_object_get(claims, name));
    off = (apr_int64_t)apr_time_sec(date - now);
    return apr_psprintf(pool,
                        "%" APR_INT64_T_FMT " seconds %s: is the clock right here and at the "
                        "provider?",
                        off < 0 ? -off : off, off < 0 ? "ago" : "from now");
}

const char *pa_jwt_claims_explain(apr_pool_t *pool, const json_t *claims, const char *why,
                                  const char *issuer, const char *client_id, apr_time_t now)
{
    for (apr_size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
        const char *name = shown[i].name;
        apr_size_t len = strlen(name);
        const json_t *value = json_object_get(claims, name);

        if (!value || strncmp(why, name, len) != 0 || why[len] != ' ')
            continue;
        if (shown[i].is_date)
            return apr_psprintf(pool, "%s (%s)", why, describe_date(pool, claims, name, now));
        return apr_psprintf(pool, "%s (it is %s, and %s is %s)", why, pa_json_describe(pool, value),
                            strcmp(name, "iss") == 0 ? "the provider's issuer" : "PlusAuthClientID",
                            strcmp(name, "iss") == 0 ? issuer : client_id);
    }
    return why;
}
