/* userinfo.c: the user's claims, and whether they are this user's: without the comparison of sub
 * an access token of somebody else would do (OpenID Connect Core 5.3.2). */
#include "userinfo.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/json.h"

#define USERINFO_MAX (256 * 1024)

static const pa_fault *nonsense(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_NONSENSE, apr_pstrcat(pool, "userinfo: ", why, NULL));
}

static const pa_fault *read_response(apr_pool_t *pool, const pa_provider *provider,
                                     const pa_http_response *response, json_t **out)
{
    if (response->status == 401 || response->status == 403) {
        return pa_fault_new(
            pool, PA_FAULT_RULE,
            apr_psprintf(pool, "userinfo refuses the access token: status %d%s", response->status,
                         provider->audience ? ". Some providers do so to a token for an audience: "
                                              "then PlusAuthUserInfo must be off"
                                            : ""));
    }
    if (response->status != 200)
        return nonsense(pool, apr_psprintf(pool, "status %d", response->status));
    /* 5.3.2: application/jwt would be a signed one, which nobody asked for */
    if (strcmp(response->content_type, "application/json") != 0)
        return nonsense(pool, "its Content-Type is not application/json");
    const char *why = pa_json_claims_parse(pool, response->body, out);
    return why ? nonsense(pool, why) : NULL;
}

const pa_fault *pa_userinfo_fetch(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  const char *access_token, const char *sub, json_t **out)
{
    const pa_http_request request = { .url = metadata->userinfo_endpoint,
                                      .accept = "application/json",
                                      .authorization =
                                          apr_pstrcat(pool, "Bearer ", access_token, NULL),
                                      .max_body = USERINFO_MAX };
    pa_http_response response;
    json_t *claims = NULL;
    const pa_fault *fault = pa_http_send(client->http, pool, &provider->http, &request, &response);
    if (!fault)
        fault = read_response(pool, provider, &response, &claims);
    if (fault)
        return fault;
    const char *theirs = pa_json_text(claims, "sub");
    if (!theirs)
        return pa_fault_new(pool, PA_FAULT_RULE, "userinfo has no sub");
    if (strcmp(theirs, sub) != 0)
        return pa_fault_new(pool, PA_FAULT_RULE, "userinfo is another user's: its sub differs");
    *out = claims;
    return NULL;
}
