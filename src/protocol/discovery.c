/* discovery.c: the two documents of a provider that every login needs: its metadata (OpenID Connect
 * Discovery 1.0 section 4) and its key set (RFC 7517 section 5). */
#include "discovery.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/json.h"
#include "../base/jwk.h"
#include "document.h"

#define METADATA_MAX (128 * 1024)
#define JWKS_MAX_BODY (512 * 1024)

static const char *reduce_metadata(apr_pool_t *pool, const pa_provider *provider, pa_bytes body,
                                   pa_bytes *out)
{
    pa_metadata *metadata;
    const char *why = pa_metadata_parse(pool, provider, body, &metadata);
    return why ? why : pa_metadata_reduce(pool, body, out);
}

/* Discovery 1.0 4.1: a slash at the end of the issuer is left out first. */
static const char *metadata_url(apr_pool_t *pool, const char *issuer)
{
    apr_size_t len = strlen(issuer);
    if (len > 0 && issuer[len - 1] == '/')
        len--;
    return apr_pstrcat(pool, apr_pstrmemdup(pool, issuer, len), "/.well-known/openid-configuration",
                       NULL);
}

/* The reason with what an administrator can do about it. */
static const char *with_cure(apr_pool_t *pool, const pa_provider *provider, const pa_fault *fault)
{
    if (fault->kind == PA_FAULT_NONSENSE)
        return apr_psprintf(pool,
                            "%s. PlusAuthIssuer (AUTH_URL) is %s: is it the provider's issuer?",
                            fault->why, provider->issuer);
    return apr_psprintf(pool,
                        "%s. Check that PlusAuthIssuer (AUTH_URL) is right and that this "
                        "server reaches it (PlusAuthHTTPProxy, PlusAuthHTTPTimeout; for its "
                        "certificate PlusAuthCAFile)",
                        fault->why);
}

const pa_fault *pa_discovery_metadata(const pa_client *client, apr_pool_t *pool,
                                      const pa_provider *provider, apr_time_t now,
                                      pa_metadata **out)
{
    const pa_document document = { .client = client,
                                   .provider = provider,
                                   .what = "discovery document",
                                   .url = metadata_url(pool, provider->issuer),
                                   .accept = "application/json",
                                   .max_body = METADATA_MAX,
                                   .reduce = reduce_metadata };
    pa_bytes text;
    const pa_fault *fault = pa_document_get(&document, pool, now, PA_RENEW_NOT, 0, &text);
    if (fault) {
        return fault->kind == PA_FAULT_OURS
                   ? fault
                   : pa_fault_new(pool, PA_FAULT_UNKNOWN, with_cure(pool, provider, fault));
    }
    const char *why = pa_metadata_parse(pool, provider, text, out);
    return why ? pa_fault_new(pool, PA_FAULT_UNKNOWN, why) : NULL;
}

/* Public members of the key types that are of use, and what tells keys apart. */
static const char *const key_members[] = { "kty", "kid", "use", "key_ops", "alg",
                                           "crv", "n",   "e",   "x",       "y" };

static json_t *reduce_key(const json_t *key)
{
    json_t *kept = json_object();
    for (apr_size_t i = 0; i < sizeof(key_members) / sizeof(*key_members); i++) {
        json_t *value = json_object_get(key, key_members[i]);
        if (value && json_object_set(kept, key_members[i], value) != 0) {
            json_decref(kept);
            return NULL;
        }
    }
    return kept;
}

/* Only keys that pa_jwks_parse would use, without certificates and other burden. */
static const char *reduce_keys(apr_pool_t *pool, const pa_provider *provider, pa_bytes body,
                               pa_bytes *out)
{
    json_t *set;
    pa_jwk *usable;
    const char *why = pa_json_object_parse(pool, body, &set);
    (void)provider;
    if (why)
        return why;
    const json_t *keys = json_object_get(set, "keys");
    if (!json_is_array(keys))
        return "it has no array \"keys\"";
    json_t *small = pa_json_own(pool, json_object());
    json_t *kept = pa_json_own(pool, json_array());
    for (size_t i = 0; i < json_array_size(keys) && i < PA_JWKS_MAX; i++) {
        const json_t *key = json_array_get(keys, i);
        if (!pa_jwk_parse(pool, key, &usable) && json_array_append_new(kept, reduce_key(key)) != 0)
            return "no memory to keep it";
    }
    const int complete = json_object_set(small, "keys", kept) == 0;
    const char *text = complete ? pa_json_dump(pool, small, 0) : NULL;
    if (!text)
        return "no memory to keep it";
    *out = pa_bytes_text(text);
    return NULL;
}

static pa_document key_set(const pa_client *client, const pa_provider *provider,
                           const pa_metadata *metadata)
{
    return (pa_document){ .client = client,
                          .provider = provider,
                          .what = "key set",
                          .url = metadata->jwks_uri,
                          .accept = "application/jwk-set+json, application/json",
                          .max_body = JWKS_MAX_BODY,
                          .reduce = reduce_keys };
}

const apr_array_header_t *pa_discovery_known_keys(const pa_client *client, apr_pool_t *pool,
                                                  const pa_provider *provider,
                                                  const pa_metadata *metadata)
{
    const pa_document document = key_set(client, provider, metadata);
    apr_array_header_t *keys;
    pa_bytes text;
    return pa_document_known(&document, pool, &text) && !pa_jwks_parse(pool, text, &keys) ? keys
                                                                                          : NULL;
}

const pa_fault *pa_discovery_keys(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  apr_time_t now, pa_renewal renewal, apr_array_header_t **out)
{
    const pa_document document = key_set(client, provider, metadata);
    pa_bytes text;
    const pa_fault *fault =
        pa_document_get(&document, pool, now, renewal, PA_JWKS_RENEW_INTERVAL, &text);
    if (fault)
        return fault;
    if (text.len == 0) {
        *out = apr_array_make(pool, 1, sizeof(const pa_jwk *));
        return NULL;
    }
    const char *why = pa_jwks_parse(pool, text, out);
    return why ? pa_fault_new(pool, PA_FAULT_NONSENSE, why) : NULL;
}
