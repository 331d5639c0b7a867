/* end_session.h: OpenID Connect RP-Initiated Logout 1.0. */
#ifndef PA_END_SESSION_H
#define PA_END_SESSION_H

#include "discovery.h"

/* The ID token as an id_token_hint. NULL for none, also when the provider's keys that are known
 * here have that of the token no more: then the provider would refuse the logout for it (2). */
const char *pa_end_session_hint(const pa_client *client, apr_pool_t *pool,
                                const pa_provider *provider, const pa_metadata *metadata,
                                const char *id_token);

/* The URL to send the browser to after the local logout; NULL when the provider has no
 * end_session_endpoint. client_id is always there; id_token_hint (NULL for none) is left out where
 * it would make the URL longer than proxies and servers take. */
const char *pa_end_session_url(apr_pool_t *pool, const pa_provider *provider,
                               const pa_metadata *metadata, const char *id_token_hint,
                               const char *post_logout_redirect_uri, const char *state);

#endif
