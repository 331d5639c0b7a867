/* end_session.c: see end_session.h. */
#include "end_session.h"

#include "../base/jwt.h"
#include "../base/trace.h"
#include "../base/url.h"

/* Servers commonly take 8 KB of request line, some firewalls 4. */
#define URL_MAX 4000

const char *pa_end_session_hint(const pa_client *client, apr_pool_t *pool,
                                const pa_provider *provider, const pa_metadata *metadata,
                                const char *id_token)
{
    const apr_array_header_t *keys;
    pa_jwt *jwt;

    if (!id_token || pa_jwt_parse(pool, id_token, &jwt))
        return NULL;
    if (jwt->alg & PA_ALGS_HMAC)
        return id_token;
    keys = pa_discovery_known_keys(client, pool, provider, metadata);
    return !keys || pa_jwt_has_key(jwt, keys) ? id_token : NULL;
}

const char *pa_end_session_url(apr_pool_t *pool, const pa_provider *provider,
                               const pa_metadata *metadata, const char *id_token_hint,
                               const char *post_logout_redirect_uri, const char *state)
{
    const char *form = NULL, *url;

    if (!metadata->end_session_endpoint)
        return NULL;
    if (id_token_hint)
        form = pa_form_add(pool, form, "id_token_hint", id_token_hint);
    form = pa_form_add(pool, form, "client_id", provider->client_id);
    form = pa_form_add(pool, form, "post_logout_redirect_uri", post_logout_redirect_uri);
    form = pa_form_add(pool, form, "state", state);
    url = pa_url_with_query(pool, metadata->end_session_endpoint, form);
    pa_trace(pool, "the browser goes on to %s with client_id, post_logout_redirect_uri, state%s",
             metadata->end_session_endpoint, id_token_hint ? " and id_token_hint" : "");
    if (id_token_hint && strlen(url) > URL_MAX)
        return pa_end_session_url(pool, provider, metadata, NULL, post_logout_redirect_uri, state);
    return url;
}
