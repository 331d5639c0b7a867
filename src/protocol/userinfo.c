/* userinfo.c: the user's claims, and whether they are this user's: without the comparison of sub
 * an access token of somebody else would do (OpenID Connect Core 5.3.2). */
#include "userinfo.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/json.h"
#include "../base/trace.h"
#include "../base/jwt.h"
#include "jwt_claims.h"
#include "nested.h"
#include "signature.h"

#define USERINFO_MAX (256 * 1024)

static const pa_fault *broken(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_RULE, apr_pstrcat(pool, "userinfo: ", why, NULL));
}

static const pa_fault *nonsense(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_NONSENSE, apr_pstrcat(pool, "userinfo: ", why, NULL));
}

/* A signed answer says whose it is and for whom (5.3.2); what it leaves out is no reason: it came
 * from the endpoint itself, as plain JSON would, and its sub is compared. */
static const char *check_claims(const json_t *claims, const pa_provider *provider,
                                const pa_metadata *metadata)
{
    const char *why = NULL;

    if (json_object_get(claims, "iss"))
        why = pa_jwt_claims_check_iss(claims, metadata->issuer);
    if (!why && json_object_get(claims, "aud"))
        why = pa_jwt_claims_check_aud(claims, provider->client_id);
    if (why)
        return why;
    /* RFC 8725 3.11: an ID token or a logout token is none. */
    return json_object_get(claims, "nonce") || json_object_get(claims, "events")
               ? "it is another kind of token"
               : NULL;
}

/* A signed, perhaps encrypted answer (5.3.2). Whether a client gets one is its registration's to
 * say; the provider's keys verify it for any client. */
static const pa_fault *read_jwt(const pa_client *client, apr_pool_t *pool,
                                const pa_provider *provider, const pa_metadata *metadata,
                                const char *text, json_t **out)
{
    const pa_fault *fault;
    const char *why;
    pa_jwt *jwt;

    if ((why = pa_nested_open(pool, provider, text, &text))
        || (why = pa_jwt_parse(pool, text, &jwt)))
        return broken(pool, why);
    fault = pa_signature_verify(client, pool, provider, metadata, jwt, PA_RENEW_FOR_PROVIDER,
                                apr_time_now());
    if (fault)
        return fault->kind == PA_FAULT_RULE ? broken(pool, fault->why) : fault;
    if ((why = check_claims(jwt->claims, provider, metadata)))
        return broken(pool, why);
    *out = (json_t *)jwt->claims;
    return NULL;
}

static const pa_fault *read_json(apr_pool_t *pool, const pa_http_response *response, json_t **out)
{
    const char *why;

    if (strcmp(response->content_type, "application/json") != 0)
        return nonsense(pool, "its Content-Type is neither application/json nor application/jwt");
    why = pa_json_claims_parse(pool, response->body, out);
    return why ? nonsense(pool, why) : NULL;
}

static int is_refusal(const pa_http_response *response)
{
    return response->status == 401 || response->status == 403;
}

/* A token that the provider refuses here although it is good: some do so to one that is for an
 * audience. */
static int is_for_others(const pa_provider *provider, const pa_http_response *response)
{
    return provider->audience && is_refusal(response);
}

static const pa_fault *read_response(const pa_client *client, apr_pool_t *pool,
                                     const pa_provider *provider, const pa_metadata *metadata,
                                     const pa_http_response *response, json_t **out)
{
    if (is_refusal(response))
        return broken(pool, apr_psprintf(pool, "the access token is refused with status %d",
                                         response->status));
    if (response->status != 200)
        return nonsense(pool, apr_psprintf(pool, "status %d", response->status));
    if (strcmp(response->content_type, "application/jwt") == 0)
        return read_jwt(client, pool, provider, metadata, (const char *)response->body.at, out);
    return read_json(pool, response, out);
}

static const pa_fault *check_sub(apr_pool_t *pool, const json_t *claims, const char *sub)
{
    const char *theirs = pa_json_text(claims, "sub");

    if (!theirs)
        return broken(pool, "sub is missing");
    return strcmp(theirs, sub) == 0 ? NULL : broken(pool, "it is another user's: its sub differs");
}

/* RFC 9449 7.1: a token that is bound to a key goes with a proof of it; 9: the provider may want a
 * nonce in that first. */
static const pa_fault *ask(const pa_client *client, apr_pool_t *pool, const pa_provider *provider,
                           const pa_metadata *metadata, const pa_userinfo_request *request,
                           pa_http_response *out)
{
    for (int attempt = 1;; attempt++) {
        pa_http_request http = { .url = metadata->userinfo_endpoint,
                                 .accept = "application/json, application/jwt",
                                 .authorization =
                                     apr_pstrcat(pool, request->dpop ? "DPoP " : "Bearer ",
                                                 request->access_token, NULL),
                                 .max_body = USERINFO_MAX };
        const char *why = request->dpop ? pa_dpop_prove(pool, request->dpop, request->access_token,
                                                        apr_time_now(), &http)
                                        : NULL;
        const pa_fault *fault = why ? pa_fault_new(pool, PA_FAULT_OURS, why)
                                    : pa_http_send(client->http, pool, &provider->http, &http, out);

        if (fault || !request->dpop || !pa_dpop_take_nonce(pool, request->dpop, out)
            || attempt == 2)
            return fault;
    }
}

const pa_fault *pa_userinfo_fetch(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  const pa_userinfo_request *request, json_t **out)
{
    pa_http_response response = { 0 };
    json_t *claims = NULL;
    const pa_fault *fault = ask(client, pool, provider, metadata, request, &response);

    if (fault)
        return fault;
    if (is_for_others(provider, &response)) {
        *out = NULL;
        return NULL;
    }
    if ((fault = read_response(client, pool, provider, metadata, &response, &claims))
        || (fault = check_sub(pool, claims, request->sub)))
        return fault;
    pa_trace_members(pool, "userinfo, whose sub is the ID token's,", claims);
    *out = claims;
    return NULL;
}
