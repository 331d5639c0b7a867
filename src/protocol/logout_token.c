/* logout_token.c: see logout_token.h. Replay of jti is the caller's to notice. */
#include "logout_token.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include "../base/json.h"
#include "../base/trace.h"
#include "jwt_claims.h"
#include "nested.h"
#include "signature.h"

#define EVENT "http://schemas.openid.net/event/backchannel-logout"
#define TEXT_MAX 255

/* RFC 8725 3.11: what says that it is another kind of token is one. */
static const char *check_typ(const pa_jwt *jwt)
{
    if (!jwt->typ || apr_cstr_casecmp(jwt->typ, "logout+jwt") == 0
        || apr_cstr_casecmp(jwt->typ, "application/logout+jwt") == 0
        || apr_cstr_casecmp(jwt->typ, "JWT") == 0)
        return NULL;
    return "typ names another kind of token";
}

/* 2.4: an object that has the event as a member, whose value is an object. */
static const char *check_events(const json_t *claims)
{
    const json_t *events = json_object_get(claims, "events");

    return json_is_object(events) && json_is_object(json_object_get(events, EVENT))
               ? NULL
               : "events does not say that it is a logout token";
}

/* Text that is there, where it is there at all. */
static const char *check_text(const json_t *claims, const char *name, const char *why)
{
    const char *text = pa_json_text(claims, name);

    if (!json_object_get(claims, name))
        return NULL;
    return text && strlen(text) <= TEXT_MAX ? NULL : why;
}

static const char *check_subject(const json_t *claims)
{
    const char *why;

    if ((why = check_text(claims, "sub", "sub is no text of at most 255 bytes"))
        || (why = check_text(claims, "sid", "sid is no text of at most 255 bytes")))
        return why;
    return json_object_get(claims, "sub") || json_object_get(claims, "sid") ? NULL
                                                                            : "neither sub nor sid";
}

static const char *check_jti(const json_t *claims)
{
    if (!json_object_get(claims, "jti"))
        return "jti is missing";
    return check_text(claims, "jti", "jti is no text of at most 255 bytes");
}

/* 2.4 demands exp, but the drafts before it had none, and Hydra, Casdoor and others still send
 * none. A logout that is refused leaves somebody signed in, while the age of iat bounds how long a
 * token can be used anyway, and its jti is taken once: a token without exp is taken. One that has
 * passed is not. */
static const char *check_exp(const json_t *claims, apr_time_t now, apr_interval_time_t skew)
{
    const json_t *exp = json_object_get(claims, "exp");

    return exp && !json_is_null(exp) ? pa_jwt_claims_check_exp(claims, now, skew) : NULL;
}

static const char *check_age(const json_t *claims, apr_time_t now)
{
    apr_time_t iat = 0;
    int present;

    if (pa_json_date(claims, "iat", &present, &iat) || !present)
        return "iat is missing or no date";
    return now - iat <= PA_LOGOUT_TOKEN_AGE_MAX ? NULL : "iat is too long ago";
}

const char *pa_logout_token_check(const pa_jwt *jwt, const pa_provider *provider,
                                  const char *issuer, apr_time_t now)
{
    const json_t *claims = jwt->claims;
    const char *why;

    if ((why = check_typ(jwt)) || (why = pa_jwt_claims_check_iss(claims, issuer))
        || (why = pa_jwt_claims_check_aud(claims, provider->client_id))
        || (why = check_exp(claims, now, provider->clock_skew))
        || (why = pa_jwt_claims_check_issued(claims, now, provider->clock_skew))
        || (why = check_age(claims, now)) || (why = check_events(claims))
        || (why = check_subject(claims)) || (why = check_jti(claims)))
        return why;
    /* An ID token must not do as a logout token. */
    return json_object_get(claims, "nonce") ? "nonce makes it an ID token" : NULL;
}

const char *pa_logout_token_read(apr_pool_t *pool, const pa_provider *provider, const char *text,
                                 pa_jwt **out)
{
    const char *why = pa_nested_open(pool, provider, text, &text);

    return why ? why : pa_jwt_parse(pool, text, out);
}

/* 2.6: the algorithm of the ID tokens. Keycloak signs logout tokens by its realm's own instead:
 * then it is for the administrator to name both. */
static const char *check_alg(apr_pool_t *pool, const pa_jwt *jwt, const pa_provider *provider,
                             pa_alg_set alg)
{
    if (!alg || jwt->alg == alg || (jwt->alg & provider->named_algs))
        return NULL;
    if (jwt->alg & PA_ALGS_HMAC)
        return "alg is not the one that this client's ID tokens have";
    return apr_psprintf(pool,
                        "alg is not the one that this client's ID tokens have, but %s: if the "
                        "provider signs its logout tokens so, write PlusAuthSigningAlgs %s %s",
                        pa_alg_name(jwt->alg), pa_alg_name(alg), pa_alg_name(jwt->alg));
}

static const pa_fault *broken(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_RULE, apr_pstrcat(pool, "logout token: ", why, NULL));
}

const pa_fault *pa_logout_token_validate(const pa_client *client, apr_pool_t *pool,
                                         const pa_provider *provider, const pa_metadata *metadata,
                                         const char *text, pa_alg_set alg, apr_time_t now,
                                         pa_logout_token *out)
{
    const pa_fault *fault;
    const char *why;
    pa_jwt *jwt;

    if ((why = pa_logout_token_read(pool, provider, text, &jwt))
        || (why = check_alg(pool, jwt, provider, alg)))
        return broken(pool, why);
    if ((fault = pa_signature_verify(client, pool, provider, metadata, jwt, PA_RENEW_FOR_STRANGER,
                                     now)))
        return fault->kind == PA_FAULT_RULE ? broken(pool, fault->why) : fault;
    if ((why = pa_logout_token_check(jwt, provider, metadata->issuer, now)))
        return broken(pool, pa_jwt_claims_explain(pool, jwt->claims, why, metadata->issuer,
                                                  provider->client_id, now));
    pa_trace_members(pool, "the logout token, whose signature and rules hold,", jwt->claims);
    *out = (pa_logout_token){ pa_json_text(jwt->claims, "jti"), pa_json_text(jwt->claims, "sub"),
                              pa_json_text(jwt->claims, "sid") };
    return NULL;
}
