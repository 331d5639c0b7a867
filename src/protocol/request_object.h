/* request_object.h: an authorization request as a signed JWT (RFC 9101, OpenID Connect Core 6). */
#ifndef PA_REQUEST_OBJECT_H
#define PA_REQUEST_OBJECT_H

#include <apr_tables.h>

#include "metadata.h"

/* Signs the parameters with the first client key that the provider takes an algorithm of. It is
 * good for five minutes, at this provider alone. NULL and *out set, or the reason. */
const char *pa_request_object(apr_pool_t *pool, const pa_provider *provider,
                              const pa_metadata *metadata, const apr_table_t *parameters,
                              apr_time_t now, const char **out);

#endif
