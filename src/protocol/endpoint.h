/* endpoint.h: a form posted to one of the provider's endpoints by a client that says who it is, and
 * the JSON that comes back (RFC 6749 2.3, 5.2; RFC 9449 section 8). */
#ifndef PA_ENDPOINT_H
#define PA_ENDPOINT_H

#include <jansson.h>

#include "client_auth.h"
#include "discovery.h"
#include "dpop.h"

typedef struct pa_endpoint_request {
    const char *what; /* "token": for reasons */
    const char *url;
    const char *form; /* without client authentication */
    pa_dpop *dpop;    /* NULL: no proof is sent */
    apr_time_t now;
} pa_endpoint_request;

/* Posts it. A provider that wants a DPoP nonce first gets the request once more, with it and with
 * everything fresh; nothing else is ever sent twice. NULL and *out set, whatever its status, or a
 * fault. */
const pa_fault *pa_endpoint_post(const pa_client *client, apr_pool_t *pool,
                                 const pa_provider *provider, const pa_metadata *metadata,
                                 const pa_endpoint_request *request, pa_http_response *out);

/* What an answer is read with: the status that means success, and the method of authentication that
 * the request used. */
typedef struct pa_endpoint_expected {
    const char *what;
    int status;
    pa_client_auth used;
    const pa_provider *provider; /* whose words the advice uses; NULL: PlusAuth's */
} pa_endpoint_expected;

/* NULL and *out set to the JSON object of a success, or a fault: OAUTH with the error code for an
 * error response (with advice when the client was not authenticated), NONSENSE for
 * any other answer. */
const pa_fault *pa_endpoint_read(apr_pool_t *pool, const pa_endpoint_expected *expected,
                                 const pa_http_response *response, json_t **out);

/* The same fault, but without what the provider quotes of the request's secrets. */
const pa_fault *pa_endpoint_hide(apr_pool_t *pool, const pa_provider *provider,
                                 const pa_endpoint_request *request, const pa_fault *fault);

#endif
