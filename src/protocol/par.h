/* par.h: Pushed Authorization Requests (RFC 9126). */
#ifndef PA_PAR_H
#define PA_PAR_H

#include "endpoint.h"

/* Pushes the request's form (its `what` and `url` are set here). What is got for it is good for one
 * login. NULL and *request_uri set, or a fault. */
const pa_fault *pa_par_push(const pa_client *client, apr_pool_t *pool, const pa_provider *provider,
                            const pa_metadata *metadata, const pa_endpoint_request *request,
                            const char **request_uri);

#endif
