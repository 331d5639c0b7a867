/* client_auth.c: see client_auth.h. */
#include "client_auth.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <string.h>

#include "../base/base64url.h"
#include "../base/crypto.h"
#include "../base/json.h"
#include "../base/jws.h"
#include "../base/url.h"
#include "client_key.h"

#define ASSERTION_LIFETIME 60 /* seconds: the provider sees it at once */
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" /* RFC 7523 2.2 */
#define JTI_LEN 16

/* The algorithms that an assertion may be signed by: as configured, else as the provider says. */
static pa_alg_set assertion_algs(const pa_provider *provider, const pa_metadata *metadata,
                                 pa_alg_set kind)
{
    if (provider->client_auth_alg)
        return provider->client_auth_alg & kind;
    return metadata->auth_algs ? metadata->auth_algs & kind : kind;
}

static int has_key(const pa_provider *provider, const pa_metadata *metadata)
{
    pa_alg_set alg;
    return pa_client_key_choose(provider, assertion_algs(provider, metadata, PA_ALGS_PUBLIC_KEY),
                                &alg)
           != NULL;
}

static int has_certificate(const pa_provider *provider, const pa_metadata *metadata)
{
    (void)metadata;
    return provider->http.client_cert != NULL;
}

static int has_secret(const pa_provider *provider, const pa_metadata *metadata)
{
    (void)metadata;
    return provider->client_secret != NULL;
}

/* Best first. client_secret_jwt comes after the plain secrets although it is better: nearly every
 * provider offers all three to all clients, but a client registered for it is rare, and trying one
 * method for another is a failed login. Whoever has it names it. */
static const struct {
    pa_client_auth method;
    int (*can)(const pa_provider *provider, const pa_metadata *metadata);
} preference[] = {
    { PA_CLIENT_AUTH_PRIVATE_KEY_JWT, has_key },
    { PA_CLIENT_AUTH_TLS, has_certificate },
    { PA_CLIENT_AUTH_SELF_SIGNED_TLS, has_certificate },
    { PA_CLIENT_AUTH_BASIC, has_secret },
    { PA_CLIENT_AUTH_POST, has_secret },
    { PA_CLIENT_AUTH_SECRET_JWT, has_secret },
};

pa_client_auth pa_client_auth_choose(const pa_provider *provider, const pa_metadata *metadata)
{
    const pa_client_auth said = provider->client_auth;
    const int needs_secret = said == PA_CLIENT_AUTH_BASIC || said == PA_CLIENT_AUTH_POST
                             || said == PA_CLIENT_AUTH_SECRET_JWT;
    if (said != PA_CLIENT_AUTH_AUTO)
        return needs_secret && !provider->client_secret ? PA_CLIENT_AUTH_NONE : said;
    for (apr_size_t i = 0; i < sizeof(preference) / sizeof(*preference); i++)
        if ((metadata->auth_methods & PA_CLIENT_AUTH_BIT(preference[i].method))
            && preference[i].can(provider, metadata))
            return preference[i].method;
    return provider->client_secret ? PA_CLIENT_AUTH_POST : PA_CLIENT_AUTH_NONE;
}

/* RFC 6749 2.3.1: both are form-encoded first, so that a ':' in them divides nothing. */
static const char *basic(apr_pool_t *pool, const pa_provider *provider)
{
    const char *pair = apr_pstrcat(pool, pa_form_encode(pool, provider->client_id), ":",
                                   pa_form_encode(pool, provider->client_secret), NULL);
    const apr_size_t len = strlen(pair);
    unsigned char *base64 = apr_palloc(pool, (len + 2) / 3 * 4 + 1);
    EVP_EncodeBlock(base64, (const unsigned char *)pair, (int)len);
    return apr_pstrcat(pool, "Basic ", (const char *)base64, NULL);
}

/* OpenID Connect Core 9. FAPI 2 5.3.3.1: the audience is the issuer, as a text, wherever the
 * assertion goes: an endpoint that an attacker names cannot have one that is good elsewhere. Some
 * providers (Hydra) take the token endpoint's URL alone. */
static const char *assertion_claims(apr_pool_t *pool, const pa_provider *provider,
                                    const pa_metadata *metadata, apr_time_t now, json_t **out)
{
    const json_int_t seconds = apr_time_sec(now);
    const char *audience =
        provider->client_auth_at_token_endpoint ? metadata->token_endpoint : metadata->issuer;
    unsigned char jti[JTI_LEN];
    const char *why = pa_random(jti, sizeof(jti));
    if (why)
        return why;
    *out = pa_json_own(pool, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "iss", provider->client_id,
                                       "sub", provider->client_id, "aud", audience, "jti",
                                       pa_base64url_encode(pool, pa_bytes_of(jti, sizeof(jti))),
                                       "iat", seconds, "exp", seconds + ASSERTION_LIFETIME));
    return *out ? NULL : "the client id is no UTF-8";
}

static const char *sign_with_key(apr_pool_t *pool, const pa_provider *provider,
                                 const pa_metadata *metadata, const json_t *claims,
                                 const char **out)
{
    pa_alg_set alg;
    const pa_private_key *key = pa_client_key_choose(
        provider, assertion_algs(provider, metadata, PA_ALGS_PUBLIC_KEY), &alg);
    if (!key)
        return "no PlusAuthClientKey signs by an algorithm that the provider takes";
    return pa_jwt_sign(pool, key, alg, "JWT", NULL, claims, out);
}

static const char *sign_with_secret(apr_pool_t *pool, const pa_provider *provider,
                                    const pa_metadata *metadata, const json_t *claims,
                                    const char **out)
{
    static const pa_alg_set algs[] = { PA_ALG_HS256, PA_ALG_HS384, PA_ALG_HS512 };
    const pa_alg_set allowed = assertion_algs(provider, metadata, PA_ALGS_HMAC);
    const pa_bytes secret = pa_bytes_text(provider->client_secret);
    for (apr_size_t i = 0; i < sizeof(algs) / sizeof(*algs); i++)
        if (allowed & algs[i])
            return pa_jwt_sign_hmac(pool, secret, algs[i], "JWT", NULL, claims, out);
    return "the provider takes no HS256, HS384 or HS512 for client_secret_jwt";
}

static const char *add_assertion(apr_pool_t *pool, const pa_provider *provider,
                                 const pa_metadata *metadata, apr_time_t now,
                                 pa_http_request *request)
{
    const int by_secret = pa_client_auth_choose(provider, metadata) == PA_CLIENT_AUTH_SECRET_JWT;
    const char *assertion = NULL;
    json_t *claims;
    const char *why = assertion_claims(pool, provider, metadata, now, &claims);
    if (!why)
        why = (by_secret ? sign_with_secret : sign_with_key)(pool, provider, metadata, claims,
                                                             &assertion);
    if (why)
        return why;
    request->form = pa_form_add(pool, request->form, "client_assertion_type", ASSERTION_TYPE);
    request->form = pa_form_add(pool, request->form, "client_assertion", assertion);
    return NULL;
}

/* An authorization request that is pushed names it by itself (RFC 9126 2.1). */
static int names_client(const char *form)
{
    static const char name[] = "client_id=";
    return form && (strncmp(form, name, sizeof(name) - 1) == 0 || strstr(form, "&client_id="));
}

const char *pa_client_authenticate(apr_pool_t *pool, const pa_provider *provider,
                                   const pa_metadata *metadata, apr_time_t now,
                                   pa_http_request *request)
{
    const pa_client_auth method = pa_client_auth_choose(provider, metadata);
    if (method == PA_CLIENT_AUTH_BASIC) {
        request->authorization = basic(pool, provider);
        return NULL;
    }
    if (!names_client(request->form))
        request->form = pa_form_add(pool, request->form, "client_id", provider->client_id);
    switch (method) {
    case PA_CLIENT_AUTH_POST:
        request->form = pa_form_add(pool, request->form, "client_secret", provider->client_secret);
        return NULL;
    case PA_CLIENT_AUTH_SECRET_JWT:
    case PA_CLIENT_AUTH_PRIVATE_KEY_JWT:
        return add_assertion(pool, provider, metadata, now, request);
    default: /* the connection says it, or nothing does */
        return NULL;
    }
}

/* What the standards and PlusAuth's dashboard call them, and what else may be wrong. */
static const struct {
    const char *name, *in_dashboard, *check;
} methods[] = {
    [PA_CLIENT_AUTH_AUTO] = { "none", "None", "PlusAuthClientID" },
    [PA_CLIENT_AUTH_NONE] = { "none", "None", "PlusAuthClientID" },
    [PA_CLIENT_AUTH_BASIC] = { "client_secret_basic", "Basic",
                               "PlusAuthClientID and PlusAuthClientSecret" },
    [PA_CLIENT_AUTH_POST] = { "client_secret_post", "Post",
                              "PlusAuthClientID and PlusAuthClientSecret" },
    [PA_CLIENT_AUTH_SECRET_JWT] = { "client_secret_jwt", "JWT",
                                    "PlusAuthClientID and PlusAuthClientSecret" },
    [PA_CLIENT_AUTH_PRIVATE_KEY_JWT] = { "private_key_jwt", "Private Key JWT",
                                         "PlusAuthClientID, and that the provider has the public "
                                         "half of PlusAuthClientKey" },
    [PA_CLIENT_AUTH_TLS] = { "tls_client_auth", "TLS", "PlusAuthClientID and PlusAuthClientCert" },
    [PA_CLIENT_AUTH_SELF_SIGNED_TLS] = { "self_signed_tls_client_auth", "Self Signed TLS",
                                         "PlusAuthClientID and PlusAuthClientCert" },
};

/* A tenant of PlusAuth, whose dashboard has its own words. */
static int is_plusauth(const pa_provider *provider)
{
    static const char end[] = ".plusauth.com";
    const char *at = strstr(provider->issuer, end);
    return at && (!at[sizeof(end) - 1] || at[sizeof(end) - 1] == '/');
}

const char *pa_client_auth_advice(apr_pool_t *pool, const pa_provider *provider,
                                  pa_client_auth used)
{
    const int plusauth = !provider || is_plusauth(provider);
    return apr_psprintf(pool,
                        "Check %s; and %s the client's \"Token Endpoint Authentication Method\" "
                        "must be %s, which was used (PlusAuthClientAuth)",
                        methods[used].check,
                        plusauth ? "in the PlusAuth dashboard" : "at the provider",
                        plusauth ? methods[used].in_dashboard : methods[used].name);
}

const char *pa_client_auth_name(pa_client_auth method)
{
    return methods[method].name;
}
