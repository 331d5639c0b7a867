/* signature.h: the signature of what a provider issued, by its published keys or the client secret.
 */
#ifndef PA_SIGNATURE_H
#define PA_SIGNATURE_H

#include "../base/jwt.h"
#include "discovery.h"

/* Verifies a token of this provider. The algorithm must be one of provider->signing_algs. A key set
 * that lacks the key is renewed, at most once a minute: `renewal` says whether the token came from
 * the provider itself or from a stranger. NULL when it is genuine, or a fault: RULE,
 * or what fetching keys gave. */
const pa_fault *pa_signature_verify(const pa_client *client, apr_pool_t *pool,
                                    const pa_provider *provider, const pa_metadata *metadata,
                                    const pa_jwt *jwt, pa_renewal renewal, apr_time_t now);

#endif
