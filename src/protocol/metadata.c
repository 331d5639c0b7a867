/* metadata.c: discovery documents, read strictly: what they say decides where secrets go. */
#include "metadata.h"

#include <apr_strings.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "../base/json.h"
#include "../base/url.h"

/* What an endpoint must be, and where it goes. */
static const struct {
    const char *name;
    apr_size_t offset;
    int required;
} endpoints[] = {
    { "authorization_endpoint", offsetof(pa_metadata, authorization_endpoint), 1 },
    { "token_endpoint", offsetof(pa_metadata, token_endpoint), 1 },
    { "jwks_uri", offsetof(pa_metadata, jwks_uri), 1 },
    { "userinfo_endpoint", offsetof(pa_metadata, userinfo_endpoint), 0 },
    { "end_session_endpoint", offsetof(pa_metadata, end_session_endpoint), 0 },
    { "revocation_endpoint", offsetof(pa_metadata, revocation_endpoint), 0 },
};

/* Lists of names. Discovery 1.0 section 3 requires three of them. */
static const struct {
    const char *name;
    int required;
} lists[] = {
    { "response_types_supported", 1 },
    { "subject_types_supported", 1 },
    { "id_token_signing_alg_values_supported", 1 },
    { "token_endpoint_auth_methods_supported", 0 },
};

#define ISS_PARAMETER "authorization_response_iss_parameter_supported"
#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* NULL for what is absent; a null says the same in some providers' documents. */
static const json_t *member(const json_t *document, const char *name)
{
    const json_t *value = json_object_get(document, name);
    return json_is_null(value) ? NULL : value;
}

/* Discovery 1.0 4.3: the document must be the issuer's own, to the byte. A slash that is configured
 * after it is forgiven: PlusAuth's own libraries take it either way. */
static const char *check_issuer(apr_pool_t *pool, const pa_provider *provider,
                                const json_t *document, pa_metadata *metadata)
{
    const char *issuer = pa_json_text(document, "issuer");
    if (!issuer)
        return "issuer is missing or no string";
    const apr_size_t len = strlen(issuer);
    const char *configured = provider->issuer;
    if (strncmp(configured, issuer, len) != 0
        || (configured[len] != '\0' && strcmp(configured + len, "/") != 0))
        return "issuer is not the one that is configured";
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

static void read_auth_methods(const json_t *document, pa_metadata *metadata)
{
    const char *name = "token_endpoint_auth_methods_supported";
    metadata->auth_basic =
        !member(document, name) || pa_json_holds(document, name, "client_secret_basic");
    metadata->auth_post = pa_json_holds(document, name, "client_secret_post");
    metadata->auth_none = pa_json_holds(document, name, "none");
}

static void read_algs(const json_t *document, pa_metadata *metadata)
{
    const json_t *algs = member(document, "id_token_signing_alg_values_supported");
    for (size_t i = 0; i < json_array_size(algs); i++) {
        const char *name = json_string_value(json_array_get(algs, i));
        metadata->id_token_algs |= name ? pa_alg_named(name) : 0;
    }
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
        || (why = check_lists(pool, json)))
        return why;
    const json_t *iss = member(json, ISS_PARAMETER);
    if (iss && !json_is_boolean(iss))
        return ISS_PARAMETER " is no boolean";
    metadata->iss_parameter_supported = json_is_true(iss);
    read_auth_methods(json, metadata);
    read_algs(json, metadata);
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
    int fine = kept && keep(kept, json, "issuer") && keep(kept, json, ISS_PARAMETER);
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
