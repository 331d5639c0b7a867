/* par.c: see par.h. */
#include "par.h"

#include <apr_strings.h>

#include "../base/json.h"
#include "../base/text.h"

#define WHAT "pushed authorization request"
#define REQUEST_URI_MAX 2048

/* RFC 9126 2.2: both members must be there. */
static const char *read_answer(apr_pool_t *pool, const json_t *json, const char **request_uri)
{
    const char *uri = pa_json_text(json, "request_uri");
    const json_t *expires = json_object_get(json, "expires_in");
    if (!uri || !pa_text_is_token(uri, REQUEST_URI_MAX))
        return WHAT " response: its request_uri is missing or malformed";
    if (json_number_value(expires) <= 0)
        return WHAT " response: its expires_in is missing or no positive number";
    *request_uri = apr_pstrdup(pool, uri);
    return NULL;
}

const pa_fault *pa_par_push(const pa_client *client, apr_pool_t *pool, const pa_provider *provider,
                            const pa_metadata *metadata, const pa_endpoint_request *request,
                            const char **request_uri)
{
    const pa_endpoint_expected expected = { .what = WHAT,
                                            .status = 201,
                                            .used = pa_client_auth_choose(provider, metadata),
                                            .provider = provider };
    pa_endpoint_request own = *request;
    pa_http_response response;
    json_t *json = NULL;
    own.what = WHAT;
    own.url = metadata->par_endpoint;
    if (!own.url)
        return pa_fault_new(pool, PA_FAULT_OURS,
                            "the provider has no pushed_authorization_request_endpoint, which "
                            "PlusAuthRequest par needs");
    const pa_fault *fault = pa_endpoint_post(client, pool, provider, metadata, &own, &response);
    if (!fault)
        fault = pa_endpoint_hide(pool, provider, &own,
                                 pa_endpoint_read(pool, &expected, &response, &json));
    if (fault)
        return fault;
    const char *why = read_answer(pool, json, request_uri);
    return why ? pa_fault_new(pool, PA_FAULT_NONSENSE, why) : NULL;
}
