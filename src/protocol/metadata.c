/* metadata.c: discovery documents, read strictly: what they say decides where secrets go. */
#include "metadata.h"

#include <apr_strings.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "../base/json.h"
#include "../base/text.h"
#include "../base/url.h"

/* What an endpoint must be, and where it goes. */
static const struct {
    const char *name;
    apr_size_t offset;
    int required;
    int ours; /* this server asks there, not the browser: it may have an alias for mutual TLS */
} endpoints[] = {
    { "authorization_endpoint", offsetof(pa_metadata, authorization_endpoint), 1, 0 },
    { "token_endpoint", offsetof(pa_metadata, token_endpoint), 1, 1 },
    { "jwks_uri", offsetof(pa_metadata, jwks_uri), 1, 0 },
    { "userinfo_endpoint", offsetof(pa_metadata, userinfo_endpoint), 0, 1 },
    { "end_session_endpoint", offsetof(pa_metadata, end_session_endpoint), 0, 0 },
    { "revocation_endpoint", offsetof(pa_metadata, revocation_endpoint), 0, 1 },
    { "pushed_authorization_request_endpoint", offsetof(pa_metadata, par_endpoint), 0, 1 },
};

#define AUTH_METHODS "token_endpoint_auth_methods_supported"
#define AUTH_ALGS "token_endpoint_auth_signing_alg_values_supported"
#define REQUEST_ALGS "request_object_signing_alg_values_supported"
#define REQUEST_JWE_ALGS "request_object_encryption_alg_values_supported"
#define REQUEST_JWE_ENCS "request_object_encryption_enc_values_supported"
#define REQUEST_PARAMETER "request_parameter_supported"
#define RESPONSE_MODES "response_modes_supported"
#define DPOP_ALGS "dpop_signing_alg_values_supported"
#define CHALLENGES "code_challenge_methods_supported"
#define ALIASES "mtls_endpoint_aliases"

/* Lists of names. Discovery 1.0 section 3 requires three of them. */
static const struct {
    const char *name;
    int required;
} lists[] = {
    { "response_types_supported", 1 },
    { "subject_types_supported", 1 },
    { "id_token_signing_alg_values_supported", 1 },
    { AUTH_METHODS, 0 },
    { AUTH_ALGS, 0 },
    { REQUEST_ALGS, 0 },
    { REQUEST_JWE_ALGS, 0 },
    { REQUEST_JWE_ENCS, 0 },
    { CHALLENGES, 0 },
};

#define ISSUER_SHOWN 200
#define PROMPTS "prompt_values_supported"
#define ISS_PARAMETER "authorization_response_iss_parameter_supported"
#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* NULL for what is absent; a null says the same in some providers' documents. */
static const json_t *member(const json_t *document, const char *name)
{
    const json_t *value = json_object_get(document, name);
    return json_is_null(value) ? NULL : value;
}

int pa_metadata_is_issuer(const pa_provider *provider, const char *issuer)
{
    const apr_size_t len = strlen(issuer);
    return strncmp(provider->issuer, issuer, len) == 0
           && (!provider->issuer[len] || strcmp(provider->issuer + len, "/") == 0);
}

/* Discovery 1.0 4.3: the document must be the issuer's own. */
static const char *check_issuer(apr_pool_t *pool, const pa_provider *provider,
                                const json_t *document, pa_metadata *metadata)
{
    const char *issuer = pa_json_text(document, "issuer");
    if (!issuer)
        return "issuer is missing or no string";
    if (!pa_metadata_is_issuer(provider, issuer))
        return apr_psprintf(pool,
                            "its issuer is %s, which is not the %s that is configured: "
                            "PlusAuthIssuer (AUTH_URL) has to be the same to the letter",
                            pa_text_printable(pool, issuer, ISSUER_SHOWN), provider->issuer);
    metadata->issuer = apr_pstrdup(pool, issuer);
    return NULL;
}

static const char *check_endpoint(apr_pool_t *pool, const pa_provider *provider, const char *name,
                                  const char *url)
{
    const char *why = pa_url_check_endpoint(url);
    if (why)
        return apr_psprintf(pool, "%s is refused: %s", name, why);
    /* RFC 9700 2.6: what an https issuer protects must not leave over http, not even to here. */
    if (strncasecmp(provider->issuer, "https:", 6) == 0 && strncasecmp(url, "https:", 6) != 0)
        return apr_psprintf(pool, "%s is http although the issuer is https", name);
    return NULL;
}

static const char *read_endpoints(apr_pool_t *pool, const pa_provider *provider,
                                  const json_t *document, pa_metadata *metadata)
{
    for (apr_size_t i = 0; i < COUNT(endpoints); i++) {
        const json_t *value = member(document, endpoints[i].name);
        if (!value && !endpoints[i].required)
            continue;
        const char *url = json_string_value(value);
        if (!url)
            return apr_psprintf(pool, "%s is missing or no string", endpoints[i].name);
        const char *why = check_endpoint(pool, provider, endpoints[i].name, url);
        if (why)
            return why;
        *(const char **)((char *)metadata + endpoints[i].offset) = apr_pstrdup(pool, url);
    }
    return NULL;
}

/* RFC 8705 section 5: where a client goes that shows a certificate. */
static const char *read_aliases(apr_pool_t *pool, const pa_provider *provider,
                                const json_t *document, pa_metadata *metadata)
{
    const json_t *aliases = member(document, ALIASES);
    if (aliases && !json_is_object(aliases))
        return ALIASES " is no object";
    for (apr_size_t i = 0; aliases && i < COUNT(endpoints); i++) {
        const json_t *value = member(aliases, endpoints[i].name);
        if (!value || !endpoints[i].ours)
            continue;
        const char *url = json_string_value(value);
        const char *why = url ? check_endpoint(pool, provider, endpoints[i].name, url)
                              : apr_psprintf(pool, "%s is no string", endpoints[i].name);
        if (why)
            return apr_psprintf(pool, ALIASES ": %s", why);
        if (provider->http.client_cert)
            *(const char **)((char *)metadata + endpoints[i].offset) = apr_pstrdup(pool, url);
    }
    return NULL;
}

static const char *check_lists(apr_pool_t *pool, const json_t *document)
{
    for (apr_size_t i = 0; i < COUNT(lists); i++) {
        const json_t *value = member(document, lists[i].name);
        if (value ? !json_is_array(value) : lists[i].required)
            return apr_psprintf(pool, "%s is missing or no array", lists[i].name);
    }
    if (!pa_json_holds(document, "response_types_supported", "code"))
        return "response_types_supported lacks \"code\"";
    return NULL;
}

/* FAPI 2 5.3.2.2, RFC 7636 4.2: a provider that knows `plain` alone would not protect the code. */
static const char *check_profile(const pa_provider *provider, const json_t *document)
{
    return provider->profile != PA_PROFILE_WEB && member(document, CHALLENGES)
                   && !pa_json_holds(document, CHALLENGES, "S256")
               ? CHALLENGES " lacks S256, which PlusAuthProfile needs"
               : NULL;
}

static void read_auth_methods(const json_t *document, pa_metadata *metadata)
{
    static const struct {
        const char *name;
        pa_client_auth method;
    } methods[] = {
        { "none", PA_CLIENT_AUTH_NONE },
        { "client_secret_basic", PA_CLIENT_AUTH_BASIC },
        { "client_secret_post", PA_CLIENT_AUTH_POST },
        { "client_secret_jwt", PA_CLIENT_AUTH_SECRET_JWT },
        { "private_key_jwt", PA_CLIENT_AUTH_PRIVATE_KEY_JWT },
        { "tls_client_auth", PA_CLIENT_AUTH_TLS },
        { "self_signed_tls_client_auth", PA_CLIENT_AUTH_SELF_SIGNED_TLS },
    };
    if (!member(document, AUTH_METHODS)) /* Discovery 1.0 section 3: the default */
        metadata->auth_methods = PA_CLIENT_AUTH_BIT(PA_CLIENT_AUTH_BASIC);
    for (apr_size_t i = 0; i < COUNT(methods); i++)
        if (pa_json_holds(document, AUTH_METHODS, methods[i].name))
            metadata->auth_methods |= PA_CLIENT_AUTH_BIT(methods[i].method);
}

/* The set of what `named` knows of a list. */
static unsigned int read_algs(const json_t *document, const char *list,
                              unsigned int (*named)(const char *name))
{
    const json_t *algs = member(document, list);
    unsigned int set = 0;
    for (size_t i = 0; i < json_array_size(algs); i++) {
        const char *name = json_string_value(json_array_get(algs, i));
        set |= name ? named(name) : 0;
    }
    return set;
}

static int lacks_request_objects(const pa_provider *provider, const json_t *document)
{
    return (provider->request == PA_REQUEST_JAR || provider->request == PA_REQUEST_PAR_JAR)
           && !json_is_true(member(document, REQUEST_PARAMETER)) && !member(document, REQUEST_ALGS);
}

static int lacks_jarm(const pa_provider *provider, const json_t *document)
{
    return provider->response == PA_RESPONSE_JWT && !pa_json_holds(document, RESPONSE_MODES, "jwt")
           && !pa_json_holds(document, RESPONSE_MODES, "query.jwt");
}

static int lacks_dpop(const pa_provider *provider, const json_t *document)
{
    return provider->sender_constrain == PA_SENDER_CONSTRAIN_DPOP && !member(document, DPOP_ALGS);
}

/* A document may leave out what the provider can do, so that this refuses nothing; but where it is
 * right, no login can succeed. */
static const char *find_lacks(apr_pool_t *pool, const pa_provider *provider, const json_t *document,
                              const pa_metadata *metadata)
{
    static const struct {
        int (*lacks)(const pa_provider *provider, const json_t *document);
        const char *what;
    } modes[] = {
        { lacks_request_objects, "request objects (PlusAuthRequest jar)" },
        { lacks_jarm, "answers in a JWT (PlusAuthResponse jwt)" },
        { lacks_dpop, "DPoP (PlusAuthSenderConstrain dpop)" },
    };
    apr_array_header_t *lacks = apr_array_make(pool, COUNT(modes) + 1, sizeof(const char *));

    for (apr_size_t i = 0; i < COUNT(modes); i++)
        if (modes[i].lacks(provider, document))
            APR_ARRAY_PUSH(lacks, const char *) = modes[i].what;
    if (provider->client_auth == PA_CLIENT_AUTH_PRIVATE_KEY_JWT
        && !(metadata->auth_methods & PA_CLIENT_AUTH_BIT(PA_CLIENT_AUTH_PRIVATE_KEY_JWT)))
        APR_ARRAY_PUSH(lacks, const char *) = "private_key_jwt (PlusAuthClientAuth)";
    return lacks->nelts > 0 ? apr_array_pstrcat(pool, lacks, ',') : NULL;
}

const char *pa_metadata_parse(apr_pool_t *pool, const pa_provider *provider, pa_bytes document,
                              pa_metadata **out)
{
    json_t *json;
    pa_metadata *metadata = apr_pcalloc(pool, sizeof(*metadata));
    const char *why = pa_json_object_parse(pool, document, &json);
    if (why)
        return why;
    if ((why = check_issuer(pool, provider, json, metadata))
        || (why = read_endpoints(pool, provider, json, metadata))
        || (why = read_aliases(pool, provider, json, metadata)) || (why = check_lists(pool, json))
        || (why = check_profile(provider, json)))
        return why;
    const json_t *iss = member(json, ISS_PARAMETER);
    if (iss && !json_is_boolean(iss))
        return ISS_PARAMETER " is no boolean";
    /* FAPI 2 5.3.2.2: the provider sends it whether it says so or not. */
    metadata->iss_parameter_supported = json_is_true(iss) || provider->profile == PA_PROFILE_FAPI2;
    metadata->prompt_create_supported = pa_json_holds(json, PROMPTS, "create");
    read_auth_methods(json, metadata);
    metadata->auth_algs = read_algs(json, AUTH_ALGS, pa_alg_named);
    metadata->request_algs = read_algs(json, REQUEST_ALGS, pa_alg_named);
    metadata->request_jwe_algs = read_algs(json, REQUEST_JWE_ALGS, pa_jwe_alg_named);
    metadata->request_jwe_encs = read_algs(json, REQUEST_JWE_ENCS, pa_jwe_enc_named);
    metadata->lacks = find_lacks(pool, provider, json, metadata);
    *out = metadata;
    return NULL;
}

/* Copies one member, if it is there. Whether there was memory for it. */
static int keep(json_t *kept, const json_t *document, const char *name)
{
    json_t *value = json_object_get(document, name);
    return !value || json_object_set(kept, name, value) == 0;
}

const char *pa_metadata_reduce(apr_pool_t *pool, pa_bytes document, pa_bytes *out)
{
    json_t *json;
    const char *why = pa_json_object_parse(pool, document, &json);
    if (why)
        return why;
    json_t *kept = pa_json_own(pool, json_object());
    int fine = kept && keep(kept, json, "issuer") && keep(kept, json, ISS_PARAMETER)
               && keep(kept, json, PROMPTS) && keep(kept, json, ALIASES)
               && keep(kept, json, REQUEST_PARAMETER) && keep(kept, json, RESPONSE_MODES)
               && keep(kept, json, DPOP_ALGS);
    for (apr_size_t i = 0; fine && i < COUNT(endpoints); i++)
        fine = keep(kept, json, endpoints[i].name);
    for (apr_size_t i = 0; fine && i < COUNT(lists); i++)
        fine = keep(kept, json, lists[i].name);
    const char *text = fine ? pa_json_dump(pool, kept, 0) : NULL;
    if (!text)
        return "no memory to keep it";
    *out = pa_bytes_text(text);
    return NULL;
}
