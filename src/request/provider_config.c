/* provider_config.c: see provider_config.h. A merge is one line a field. */
#include "provider_config.h"

#include <apr_strings.h>

#include "../base/crypto.h"
#include "../base/url.h"
#include "../protocol/client_key.h"

#define DEFAULT_SCOPE "openid profile email"
#define DEFAULT_CONNECT_TIMEOUT apr_time_from_sec(3)
/* Forward secrecy and authenticated encryption: FAPI 1 Advanced 8.5, BCP 195 for FAPI 2 5.2.1. */
#define FAPI_CIPHERS "ECDHE+AESGCM:DHE+AESGCM"
#define DEFAULT_TOTAL_TIMEOUT apr_time_from_sec(10)

/* Variables of a PlusAuthEnvFile: the first that is set counts. */
static const char *const env_issuers[] = { "AUTH_URL", "PLUSAUTH_ISSUER", "PLUSAUTH_ISSUER_URL",
                                           NULL };
static const char *const env_ids[] = { "CLIENT_ID", "PLUSAUTH_CLIENT_ID", NULL };
static const char *const env_secrets[] = { "CLIENT_SECRET", "PLUSAUTH_CLIENT_SECRET", NULL };
static const char *const env_audiences[] = { "PLUSAUTH_AUDIENCE", NULL };

/* Whether a value is what an example has in its place: {YOUR-CLIENT-ID}, <your_client_id>. */
static int is_placeholder(const char *value)
{
    const char *at = strpbrk(value, "{<");

    return ap_cstr_casecmpn(at ? at + 1 : value, "your", 4) == 0;
}

const char *pa_provider_check_env(apr_pool_t *pool, const apr_table_t *env)
{
    const char *const *const lists[] = { env_issuers, env_ids, env_secrets, env_audiences };
    int found = 0;

    for (apr_size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (const char *const *name = lists[i]; *name; name++) {
            const char *value = apr_table_get(env, *name);

            if (value && is_placeholder(value))
                return apr_psprintf(pool,
                                    "%s still has the example's value: write that of your tenant "
                                    "and client, from the provider's dashboard",
                                    *name);
            found = found || value;
        }
    return found ? NULL : "it sets neither AUTH_URL nor CLIENT_ID nor CLIENT_SECRET";
}

pa_provider_directives *pa_provider_directives_create(apr_pool_t *pool)
{
    pa_provider_directives *provider = apr_pcalloc(pool, sizeof(*provider));

    provider->client_auth = -1;
    provider->profile = -1;
    provider->request = -1;
    provider->response = -1;
    provider->sender_constrain = -1;
    provider->userinfo = -1;
    provider->clock_skew = -1;
    provider->connect_timeout = -1;
    provider->total_timeout = -1;
    return provider;
}

/* The first of these variables that a PlusAuthEnvFile sets. */
static const char *env_value(const apr_table_t *env, const char *const *names)
{
    for (; env && *names; names++) {
        const char *value = apr_table_get(env, *names);

        if (value && *value)
            return value;
    }
    return NULL;
}

/* A virtual host's own directive, else its own PlusAuthEnvFile, else the main server's directive,
 * which must not hide that file. */
static const char *merge_identity(const char *base, const char *add, const apr_table_t *add_env,
                                  const char *const *names)
{
    if (add)
        return add;
    return env_value(add_env, names) ? NULL : base;
}

pa_provider_directives *pa_provider_directives_merge(apr_pool_t *pool,
                                                     const pa_provider_directives *base,
                                                     const pa_provider_directives *add)
{
    pa_provider_directives *m = apr_palloc(pool, sizeof(*m));

    m->issuer = merge_identity(base->issuer, add->issuer, add->env, env_issuers);
    m->client_id = merge_identity(base->client_id, add->client_id, add->env, env_ids);
    m->client_secret =
        merge_identity(base->client_secret, add->client_secret, add->env, env_secrets);
    m->scope = add->scope ? add->scope : base->scope;
    m->audience = merge_identity(base->audience, add->audience, add->env, env_audiences);
    m->client_auth = add->client_auth >= 0 ? add->client_auth : base->client_auth;
    m->client_auth_alg = add->client_auth >= 0 ? add->client_auth_alg : base->client_auth_alg;
    m->client_auth_at_token_endpoint = add->client_auth >= 0 ? add->client_auth_at_token_endpoint
                                                             : base->client_auth_at_token_endpoint;
    m->client_keys = add->client_keys ? add->client_keys : base->client_keys;
    m->client_cert = add->client_cert ? add->client_cert : base->client_cert;
    m->client_cert_thumbprint =
        add->client_cert ? add->client_cert_thumbprint : base->client_cert_thumbprint;
    m->profile = add->profile >= 0 ? add->profile : base->profile;
    m->request = add->request >= 0 ? add->request : base->request;
    m->request_jwe_algs = add->request >= 0 ? add->request_jwe_algs : base->request_jwe_algs;
    m->request_jwe_encs = add->request >= 0 ? add->request_jwe_encs : base->request_jwe_encs;
    m->response = add->response >= 0 ? add->response : base->response;
    m->sender_constrain =
        add->sender_constrain >= 0 ? add->sender_constrain : base->sender_constrain;
    m->userinfo = add->userinfo >= 0 ? add->userinfo : base->userinfo;
    m->signing_algs = add->signing_algs ? add->signing_algs : base->signing_algs;
    m->clock_skew = add->clock_skew >= 0 ? add->clock_skew : base->clock_skew;
    m->logout_url = add->logout_url ? add->logout_url : base->logout_url;
    m->connect_timeout = add->connect_timeout >= 0 ? add->connect_timeout : base->connect_timeout;
    m->total_timeout = add->total_timeout >= 0 ? add->total_timeout : base->total_timeout;
    m->ca_file = add->ca_file ? add->ca_file : base->ca_file;
    m->proxy = add->proxy ? add->proxy : base->proxy;
    m->env = add->env ? add->env : base->env;
    return m;
}

pa_provider_directives *pa_provider_directives_inherit(apr_pool_t *pool,
                                                       const pa_provider_directives *own)
{
    pa_provider_directives *base = apr_pmemdup(pool, own, sizeof(*own));

    base->issuer = base->client_id = base->client_secret = base->audience = NULL;
    base->logout_url = NULL;
    base->env = NULL;
    base->client_keys = NULL;
    base->client_cert = base->client_cert_thumbprint = NULL;
    base->client_auth = -1;
    base->client_auth_alg = 0;
    base->client_auth_at_token_endpoint = 0;
    return base;
}

/* Presets (PlusAuthProfile): what a directive does not say. */
static const struct {
    pa_client_auth client_auth;
    pa_request_mode request;
    pa_response_mode response;
    pa_sender_constrain sender_constrain;
    pa_alg_set signing_algs;
} profiles[] = {
    [PA_PROFILE_WEB] = { PA_CLIENT_AUTH_AUTO, PA_REQUEST_QUERY, PA_RESPONSE_QUERY,
                         PA_SENDER_CONSTRAIN_OFF, PA_ALGS_PUBLIC_KEY },
    /* PlusAuth's "Fintech Service": FAPI 1 Advanced with JARM. */
    [PA_PROFILE_FINANCIAL] = { PA_CLIENT_AUTH_PRIVATE_KEY_JWT, PA_REQUEST_JAR, PA_RESPONSE_JWT,
                               PA_SENDER_CONSTRAIN_OFF, PA_ALGS_FAPI },
    /* FAPI 2 Security Profile. */
    [PA_PROFILE_FAPI2] = { PA_CLIENT_AUTH_PRIVATE_KEY_JWT, PA_REQUEST_PAR, PA_RESPONSE_QUERY,
                           PA_SENDER_CONSTRAIN_DPOP, PA_ALGS_FAPI },
};

/* Who the provider and the client are; an env file's values where no directive says. */
static void complete_identity(apr_pool_t *pool, const pa_provider_directives *said,
                              pa_provider *out)
{
    out->issuer = said->issuer ? said->issuer : env_value(said->env, env_issuers);
    out->client_id = said->client_id ? said->client_id : env_value(said->env, env_ids);
    out->client_secret =
        said->client_secret ? said->client_secret : env_value(said->env, env_secrets);
    if (out->client_secret)
        pa_wipe(pool, out->client_secret, strlen(out->client_secret));
    out->audience = said->audience ? said->audience : env_value(said->env, env_audiences);
}

static void complete_modes(apr_pool_t *pool, const pa_provider_directives *said, pa_provider *out)
{
    int profile = said->profile >= 0 ? said->profile : PA_PROFILE_WEB;

    out->profile = (pa_profile)profile;
    out->client_auth =
        said->client_auth >= 0 ? (pa_client_auth)said->client_auth : profiles[profile].client_auth;
    out->client_auth_alg = said->client_auth_alg;
    out->client_auth_at_token_endpoint = said->client_auth_at_token_endpoint;
    out->client_keys = said->client_keys ? said->client_keys
                                         : apr_array_make(pool, 1, sizeof(const pa_private_key *));
    out->request = said->request >= 0 ? (pa_request_mode)said->request : profiles[profile].request;
    out->request_jwe_algs = said->request_jwe_algs;
    out->request_jwe_encs = said->request_jwe_encs;
    out->response =
        said->response >= 0 ? (pa_response_mode)said->response : profiles[profile].response;
    out->sender_constrain = said->sender_constrain >= 0
                                ? (pa_sender_constrain)said->sender_constrain
                                : profiles[profile].sender_constrain;
    out->signing_algs = said->signing_algs ? said->signing_algs : profiles[profile].signing_algs;
    out->named_algs = said->signing_algs;
    out->scope = said->scope ? said->scope : DEFAULT_SCOPE;
    out->userinfo = said->userinfo != 0;
    out->clock_skew = said->clock_skew >= 0 ? said->clock_skew : PA_CLOCK_SKEW;
    out->logout_url = said->logout_url;
    out->http.connect_timeout =
        said->connect_timeout >= 0 ? said->connect_timeout : DEFAULT_CONNECT_TIMEOUT;
    out->http.total_timeout =
        said->total_timeout >= 0 ? said->total_timeout : DEFAULT_TOTAL_TIMEOUT;
    out->http.ciphers = profile == PA_PROFILE_WEB ? NULL : FAPI_CIPHERS;
    out->http.ca_file = said->ca_file;
    out->http.proxy = said->proxy;
    out->http.client_cert = said->client_cert;
    out->client_cert_thumbprint = said->client_cert_thumbprint;
}

/* Whether one of the client's keys signs by one of the algorithms. */
static int signs(const pa_provider *provider, pa_alg_set algs)
{
    pa_alg_set alg;

    return pa_client_key_choose(provider, algs, &alg) != NULL;
}

static const char *check_key_auth(const pa_provider *provider)
{
    pa_alg_set algs = provider->client_auth_alg ? provider->client_auth_alg : PA_ALGS_PUBLIC_KEY;

    if (provider->client_keys->nelts == 0)
        return "PlusAuthClientAuth private_key_jwt needs PlusAuthClientKey";
    return signs(provider, algs & PA_ALGS_PUBLIC_KEY)
               ? NULL
               : "PlusAuthClientAuth private_key_jwt: no PlusAuthClientKey signs by that algorithm";
}

/* RFC 7518 3.2: the key of an HMAC is as long as its digest. */
static const char *check_secret_jwt(const pa_provider *provider)
{
    pa_alg_set alg = provider->client_auth_alg ? provider->client_auth_alg : PA_ALG_HS256;
    apr_size_t least = alg == PA_ALG_HS256 ? 32 : alg == PA_ALG_HS384 ? 48 : 64;

    if (!(alg & PA_ALGS_HMAC))
        return "PlusAuthClientAuth client_secret_jwt signs by HS256, HS384 or HS512";
    return strlen(provider->client_secret) >= least
               ? NULL
               : "PlusAuthClientAuth client_secret_jwt: the client secret is too short for that "
                 "algorithm; HS256 takes 32 characters, HS384 48, HS512 64";
}

/* What each method of client authentication needs. */
static const char *check_client_auth(const pa_provider *provider)
{
    switch (provider->client_auth) {
    case PA_CLIENT_AUTH_BASIC:
    case PA_CLIENT_AUTH_POST:
    case PA_CLIENT_AUTH_SECRET_JWT:
        if (!provider->client_secret)
            return "PlusAuthClientAuth needs a secret: write "
                   "PlusAuthClientSecret, or CLIENT_SECRET in PlusAuthEnvFile";
        return provider->client_auth == PA_CLIENT_AUTH_SECRET_JWT ? check_secret_jwt(provider)
                                                                  : NULL;
    case PA_CLIENT_AUTH_PRIVATE_KEY_JWT:
        return check_key_auth(provider);
    case PA_CLIENT_AUTH_TLS:
    case PA_CLIENT_AUTH_SELF_SIGNED_TLS:
        return provider->http.client_cert ? NULL
                                          : "PlusAuthClientAuth by TLS needs PlusAuthClientCert";
    default:
        return NULL;
    }
}

/* What has to go together. */
static const char *check_modes(apr_pool_t *pool, const pa_provider *provider)
{
    if ((provider->request == PA_REQUEST_JAR || provider->request == PA_REQUEST_PAR_JAR)
        && !signs(provider, PA_ALGS_PUBLIC_KEY))
        return "PlusAuthRequest jar signs the request: write PlusAuthClientKey";
    if (provider->sender_constrain == PA_SENDER_CONSTRAIN_MTLS && !provider->http.client_cert)
        return "PlusAuthSenderConstrain mtls needs PlusAuthClientCert";
    if ((provider->signing_algs & PA_ALGS_HMAC) && !provider->client_secret)
        return "PlusAuthSigningAlgs names an HS algorithm, which needs PlusAuthClientSecret";
    if (!strstr(apr_pstrcat(pool, " ", provider->scope, " ", NULL), " openid "))
        return "PlusAuthScope lacks openid, which makes it a login";
    return NULL;
}

/* What directives may not take from a profile: FAPI 1 Advanced 5.2.2, 5.2.3 and 8.6, FAPI 2 5.3.3
 * and 5.4.1. */
static const char *check_profile(const pa_provider *provider)
{
    const pa_client_auth auth = provider->client_auth;

    if (provider->profile == PA_PROFILE_WEB)
        return NULL;
    if (auth != PA_CLIENT_AUTH_PRIVATE_KEY_JWT && auth != PA_CLIENT_AUTH_TLS
        && auth != PA_CLIENT_AUTH_SELF_SIGNED_TLS)
        return "this PlusAuthProfile takes PlusAuthClientAuth private_key_jwt, tls_client_auth or "
               "self_signed_tls_client_auth";
    if (provider->client_auth_at_token_endpoint)
        return "PlusAuthClientAuth: aud=token_endpoint is for PlusAuthProfile web alone: the "
               "others name the issuer";
    if (provider->signing_algs & ~(pa_alg_set)PA_ALGS_FAPI)
        return "this PlusAuthProfile takes PlusAuthSigningAlgs of PS256, ES256, EdDSA and their "
               "kin";
    if (provider->profile == PA_PROFILE_FINANCIAL
        && (provider->response != PA_RESPONSE_JWT
            || (provider->request != PA_REQUEST_JAR && provider->request != PA_REQUEST_PAR_JAR)))
        return "PlusAuthProfile financial takes PlusAuthRequest jar or par+jar, and "
               "PlusAuthResponse jwt";
    if (provider->profile == PA_PROFILE_FAPI2
        && (provider->sender_constrain == PA_SENDER_CONSTRAIN_OFF
            || (provider->request != PA_REQUEST_PAR && provider->request != PA_REQUEST_PAR_JAR)))
        return "PlusAuthProfile fapi2 takes PlusAuthRequest par or par+jar, and "
               "PlusAuthSenderConstrain dpop or mtls";
    return NULL;
}

const char *pa_provider_complete(apr_pool_t *pool, const char *name,
                                 const pa_provider_directives *said, pa_provider *out)
{
    const char *why;

    out->name = name;
    complete_identity(pool, said, out);
    complete_modes(pool, said, out);
    if (!out->issuer)
        return "no provider is named: write PlusAuthTenant, PlusAuthIssuer, or AUTH_URL in "
               "PlusAuthEnvFile";
    if (strstr(out->issuer, "/.well-known/"))
        return apr_psprintf(pool,
                            "PlusAuthIssuer (AUTH_URL): %s is the address of a document, not "
                            "the issuer: write what stands in front of /.well-known",
                            out->issuer);
    if ((why = pa_url_check_endpoint(out->issuer)))
        return apr_psprintf(pool, "PlusAuthIssuer (AUTH_URL): %s: %s", out->issuer, why);
    if (!out->client_id)
        return "no client is named: write PlusAuthClientID, or CLIENT_ID in PlusAuthEnvFile";
    if ((why = check_profile(out)) || (why = check_client_auth(out)))
        return why;
    return check_modes(pool, out);
}
