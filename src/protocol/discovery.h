/* discovery.h: fetches a provider's metadata and keys when they are first needed, keeps them for
 * all processes, renews them in time, and serves stale ones while the provider is down. */
#ifndef PA_DISCOVERY_H
#define PA_DISCOVERY_H

#include <apr_tables.h>

#include "../base/fault.h"
#include "document.h"
#include "metadata.h"

/* The provider's metadata, fetched from issuer/.well-known/openid-configuration at need.
 * NULL and *out set, or a fault: UNKNOWN as long as there was no document that can be used,
 * whatever the reason; OURS. */
const pa_fault *pa_discovery_metadata(const pa_client *client, apr_pool_t *pool,
                                      const pa_provider *provider, apr_time_t now,
                                      pa_metadata **out);

/* The provider's keys (const pa_jwk *). A renewal fetches the set unless one of its kind happened
 * within PA_JWKS_RENEW_INTERVAL: call it so after PA_JWT_NO_KEY. When that fails the set is the old
 * one. NULL and *out set, or a fault. */
#define PA_JWKS_RENEW_INTERVAL apr_time_from_sec(60)
const pa_fault *pa_discovery_keys(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  apr_time_t now, pa_renewal renewal, apr_array_header_t **out);

/* The keys that are known already, however old; NULL when none are. Nothing is fetched. */
const apr_array_header_t *pa_discovery_known_keys(const pa_client *client, apr_pool_t *pool,
                                                  const pa_provider *provider,
                                                  const pa_metadata *metadata);

#endif
