/* request_object.h: an authorization request as a signed JWT, which may be encrypted (RFC 9101,
 * OpenID Connect Core 6). */
#ifndef PA_REQUEST_OBJECT_H
#define PA_REQUEST_OBJECT_H

#include <apr_tables.h>

#include "discovery.h"

/* Signs the parameters with the first client key that the provider takes an algorithm of. It is
 * good for five minutes, at this provider alone. NULL and *out set, or the reason. */
const char *pa_request_object(apr_pool_t *pool, const pa_provider *provider,
                              const pa_metadata *metadata, const apr_table_t *parameters,
                              apr_time_t now, const char **out);

/* Encrypts such an object, as PlusAuthRequest says, to the first key that the provider publishes
 * for it. NULL and *object replaced; or a fault, after which it is not to be sent: OURS when the
 * provider takes no encrypted ones or has no such key, or one of the fetch of its keys. */
const pa_fault *pa_request_object_encrypt(const pa_client *client, apr_pool_t *pool,
                                          const pa_provider *provider, const pa_metadata *metadata,
                                          apr_time_t now, const char **object);

#endif
