/* client_auth.h: how this client tells the provider who it is (RFC 6749 2.3, OpenID Connect Core 9,
 * RFC 7523, RFC 8705). */
#ifndef PA_CLIENT_AUTH_H
#define PA_CLIENT_AUTH_H

#include "metadata.h"

/* The configured method, or for `auto` the best that discovery offers and secret, keys and
 * certificate at hand allow. */
pa_client_auth pa_client_auth_choose(const pa_provider *provider, const pa_metadata *metadata);

/* Adds to the request's form, or sets its Authorization, what the chosen method needs. An assertion
 * is new each time: no request may be sent again with an old one. NULL, or the reason. */
const char *pa_client_authenticate(apr_pool_t *pool, const pa_provider *provider,
                                   const pa_metadata *metadata, apr_time_t now,
                                   pa_http_request *request);

/* What to look at when the provider says invalid_client: a sentence. */
const char *pa_client_auth_advice(apr_pool_t *pool, const pa_provider *provider,
                                  pa_client_auth used);

/* The method as the standards call it. */
const char *pa_client_auth_name(pa_client_auth method);

#endif
