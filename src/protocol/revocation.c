/* revocation.c: see revocation.h. */
#include "revocation.h"

#include <apr_strings.h>

#include "../base/url.h"
#include "token.h"

#define RESPONSE_MAX 16384

const pa_fault *pa_revocation_send(const pa_client *client, apr_pool_t *pool,
                                   const pa_provider *provider, const pa_metadata *metadata,
                                   const char *token, const char *hint)
{
    const char *form = pa_form_add(pool, NULL, "token", token), *authorization;
    pa_http_request request = { .url = metadata->revocation_endpoint,
                                .accept = "application/json",
                                .max_body = RESPONSE_MAX };
    pa_http_response response;
    const pa_fault *fault;

    if (!metadata->revocation_endpoint)
        return NULL;
    form = pa_form_add(pool, form, "token_type_hint", hint);
    pa_token_authenticate(pool, provider, metadata, &form, &authorization);
    request.form = form;
    request.authorization = authorization;
    if ((fault = pa_http_send(client->http, pool, &provider->http, &request, &response)))
        return fault;
    /* 2.2: 200 also for a token that it does not know. */
    return response.status == 200
               ? NULL
               : pa_fault_new(pool, PA_FAULT_NONSENSE,
                              apr_psprintf(pool, "revocation: status %d", response.status));
}
