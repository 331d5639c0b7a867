/* revocation.c: see revocation.h. */
#include "revocation.h"

#include <apr_strings.h>

#include "../base/url.h"
#include "endpoint.h"

/* No DPoP proof goes along, whatever the token is bound to: RFC 9449 has proofs where tokens are
 * asked for (5), where they are used (7) and with pushed requests (10.1); whose token may be
 * revoked is told by client authentication (RFC 7009 2.1). */
const pa_fault *pa_revocation_send(const pa_client *client, apr_pool_t *pool,
                                   const pa_provider *provider, const pa_metadata *metadata,
                                   const char *token, const char *hint)
{
    pa_endpoint_request request = { .what = "revocation",
                                    .url = metadata->revocation_endpoint,
                                    .form = pa_form_add(pool, NULL, "token", token),
                                    .now = apr_time_now() };
    pa_http_response response;
    const pa_fault *fault;

    if (!metadata->revocation_endpoint)
        return NULL;
    request.form = pa_form_add(pool, request.form, "token_type_hint", hint);
    if ((fault = pa_endpoint_post(client, pool, provider, metadata, &request, &response)))
        return fault;
    /* 2.2: 200 also for a token that it does not know. */
    return response.status == 200
               ? NULL
               : pa_fault_new(pool, PA_FAULT_NONSENSE,
                              apr_psprintf(pool, "revocation: status %d", response.status));
}
