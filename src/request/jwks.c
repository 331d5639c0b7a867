/* jwks.c: see jwks.h. Only public halves are ever here: they are kept apart from the keys. */
#include "jwks.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>

#include "../base/json.h"
#include "../protocol/client_key.h"
#include "config.h"

/* A new key is published so long before it signs, at the least. */
#define CACHED "public, max-age=300"

/* Providers may share a key: it is there once. */
static int add_keys(apr_pool_t *pool, const pa_provider *provider, apr_hash_t *seen, json_t *out)
{
    json_t *keys = pa_json_own(pool, json_array()), *key;
    size_t at;

    for (int i = 0; i < provider->client_keys->nelts; i++)
        if (!pa_client_key_publish(
                pool, APR_ARRAY_IDX(provider->client_keys, i, const pa_private_key *), keys))
            return 0;
    json_array_foreach (keys, at, key) {
        const char *text = pa_json_dump(pool, key, 0);

        if (!text)
            return 0;
        if (apr_hash_get(seen, text, APR_HASH_KEY_STRING))
            continue;
        apr_hash_set(seen, text, APR_HASH_KEY_STRING, key);
        if (json_array_append(out, key) != 0)
            return 0;
    }
    return 1;
}

static const char *key_set(request_rec *r, const pa_server_conf *conf)
{
    json_t *set = pa_json_own(r->pool, json_object());
    json_t *keys = pa_json_own(r->pool, json_array());
    apr_hash_t *seen = apr_hash_make(r->pool);

    for (apr_hash_index_t *i = apr_hash_first(r->pool, conf->providers); i; i = apr_hash_next(i))
        if (!add_keys(r->pool, apr_hash_this_val(i), seen, keys))
            return NULL;
    return json_object_set(set, "keys", keys) ? NULL : pa_json_dump(r->pool, set, 0);
}

int pa_jwks_handler(request_rec *r)
{
    const char *text;

    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS)
        return ap_send_http_options(r);
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    if (!(text = key_set(r, pa_server_conf_get(r->server))))
        return HTTP_INTERNAL_SERVER_ERROR;
    ap_set_content_type(r, "application/jwk-set+json");
    apr_table_setn(r->headers_out, "Cache-Control", CACHED);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    ap_set_content_length(r, (apr_off_t)strlen(text));
    ap_rputs(text, r);
    return OK;
}
