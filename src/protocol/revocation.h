/* revocation.h: OAuth 2.0 Token Revocation (RFC 7009). */
#ifndef PA_REVOCATION_H
#define PA_REVOCATION_H

#include "discovery.h"

/* Has the provider forget a token; `hint` is "refresh_token" or "access_token". NULL when it did,
 * or when it has no revocation_endpoint; else a fault. */
const pa_fault *pa_revocation_send(const pa_client *client, apr_pool_t *pool,
                                   const pa_provider *provider, const pa_metadata *metadata,
                                   const char *token, const char *hint);

#endif
