/* userinfo.c: the user's claims, and whether they are this user's: without the comparison of sub
 * an access token of somebody else would do (OpenID Connect Core 5.3.2). */
#include "userinfo.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/json.h"
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

/* A signed, perhaps encrypted answer (5.3.2): of this provider, for us, and of JSON after all. */
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
    fault = pa_signature_verify(client, pool, provider, metadata, jwt, apr_time_now());
    if (fault)
        return fault->kind == PA_FAULT_RULE ? broken(pool, fault->why) : fault;
    if ((why = pa_jwt_claims_check_iss(jwt->claims, metadata->issuer))
        || (why = pa_jwt_claims_check_aud(jwt->claims, provider->client_id)))
        return broken(pool, why);
    /* RFC 8725 3.11: an ID token or a logout token is none. */
    if (json_object_get(jwt->claims, "nonce") || json_object_get(jwt->claims, "events"))
        return broken(pool, "it is another kind of token");
    *out = (json_t *)jwt->claims;
    return NULL;
}

static const pa_fault *read_json(apr_pool_t *pool, const pa_http_response *response, json_t **out)
{
    const char *why;

    if (strcmp(response->content_type, "application/json") != 0)
        return nonsense(pool, "its Content-Type is not application/json");
    why = pa_json_claims_parse(pool, response->body, out);
    return why ? nonsense(pool, why) : NULL;
}

/* Only a client with keys of its own has registered for signed or encrypted answers. */
static int takes_jwt(const pa_provider *provider)
{
    return provider->client_keys && provider->client_keys->nelts > 0;
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
    if (takes_jwt(provider) && strcmp(response->content_type, "application/jwt") == 0)
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
                                 .accept = takes_jwt(provider) ? "application/json, application/jwt"
                                                               : "application/json",
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
    *out = claims;
    return NULL;
}
