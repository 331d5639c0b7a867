/* endpoint.c: see endpoint.h. */
#include "endpoint.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/crypto.h"
#include "../base/json.h"
#include "../base/text.h"
#include "../base/trace.h"
#include "../base/url.h"

#define RESPONSE_MAX (256 * 1024)
#define ERROR_MAX 64
#define DESCRIPTION_MAX 300
/* A quotation may be cut: so much of a secret at its beginning is the secret. */
#define QUOTED_MAX 32
#define NONCE_KEPT apr_time_from_sec(24 * 60 * 60)

/* RFC 9449 8.2: the newest nonce is the next login's too, whichever process it comes to. That of a
 * resource server (9) is another and stays with its login. */
static const char *nonce_key(apr_pool_t *pool, const pa_provider *provider,
                             const pa_metadata *metadata, unsigned char key[PA_CACHE_KEY_LEN])
{
    return pa_sha256(pa_bytes_text(apr_pstrcat(pool, "plusauth DPoP nonce\n", metadata->issuer,
                                               "\n", provider->client_id, NULL)),
                     key);
}

/* The cache reads into a buffer for its longest record. */
static const char *recall_nonce(pa_cache *cache, apr_pool_t *pool, const unsigned char *key)
{
    const char *nonce = NULL;
    apr_pool_t *scratch;
    pa_bytes record;
    apr_pool_create(&scratch, pool);
    if (pa_cache_get(cache, key, scratch, &record) == APR_SUCCESS)
        nonce = apr_pstrmemdup(pool, (const char *)record.at, record.len);
    apr_pool_destroy(scratch);
    return nonce;
}

/* Keeps a nonce that is new; forgets one that was refused with no other in its place. */
static void remember_nonce(pa_cache *cache, apr_pool_t *pool, const unsigned char *key,
                           const char *recalled, const char *now, int refused)
{
    if (now && (!recalled || strcmp(now, recalled) != 0))
        (void)pa_cache_put(cache, key, apr_time_now() + NONCE_KEPT, pa_bytes_text(now), pool);
    else if (recalled && refused)
        (void)pa_cache_remove(cache, key, pool);
}

static const pa_fault *post(const pa_client *client, apr_pool_t *pool, const pa_provider *provider,
                            const pa_metadata *metadata, const pa_endpoint_request *request,
                            pa_http_response *out)
{
    for (int attempt = 1;; attempt++) {
        pa_http_request http = { .url = request->url,
                                 .accept = "application/json",
                                 .form = request->form,
                                 .max_body = RESPONSE_MAX };
        pa_trace(pool, "the client authenticates with %s%s",
                 pa_client_auth_name(pa_client_auth_choose(provider, metadata)),
                 request->dpop ? ", and proves a key (DPoP)" : "");
        const char *why = pa_client_authenticate(pool, provider, metadata, request->now, &http);
        if (!why && request->dpop)
            why = pa_dpop_prove(pool, request->dpop, NULL, request->now, &http);
        if (why)
            return pa_fault_new(pool, PA_FAULT_OURS, why);
        const pa_fault *fault = pa_http_send(client->http, pool, &provider->http, &http, out);
        if (fault || !request->dpop)
            return fault;
        /* RFC 9449 8: the provider has done nothing yet, and wants the same with a nonce. */
        if (!pa_dpop_take_nonce(pool, request->dpop, out) || attempt == 2)
            return NULL;
    }
}

const pa_fault *pa_endpoint_post(const pa_client *client, apr_pool_t *pool,
                                 const pa_provider *provider, const pa_metadata *metadata,
                                 const pa_endpoint_request *request, pa_http_response *out)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    const char *why;
    if (!request->dpop)
        return post(client, pool, provider, metadata, request, out);
    if ((why = nonce_key(pool, provider, metadata, key)))
        return pa_fault_new(pool, PA_FAULT_OURS, why);
    const char *recalled = request->dpop->nonce = recall_nonce(client->documents, pool, key);
    const pa_fault *fault = post(client, pool, provider, metadata, request, out);
    if (!fault)
        remember_nonce(client->documents, pool, key, recalled, request->dpop->nonce,
                       out->status >= 400);
    return fault;
}

static const pa_fault *nonsense(apr_pool_t *pool, const char *what, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_NONSENSE, apr_pstrcat(pool, what, " response: ", why, NULL));
}

/* RFC 6749 5.2 */
static const pa_fault *error_response(apr_pool_t *pool, const pa_endpoint_expected *expected,
                                      const json_t *json)
{
    const char *error = pa_json_text(json, "error");
    const char *description = pa_json_text(json, "error_description");
    if (!error)
        return nonsense(pool, expected->what, "its error is no string");
    error = pa_text_printable(pool, error, ERROR_MAX);
    const char *why = apr_psprintf(
        pool, "the %s endpoint says %s%s%s", expected->what, error, description ? ": " : "",
        description ? pa_text_printable(pool, description, DESCRIPTION_MAX) : "");
    /* Keycloak and others call a wrong secret unauthorized_client. */
    if (strcmp(error, "invalid_client") == 0 || strcmp(error, "unauthorized_client") == 0)
        why = apr_pstrcat(pool, why, why[strlen(why) - 1] == '.' ? " " : ". ",
                          pa_client_auth_advice(pool, expected->provider, expected->used), NULL);
    return pa_fault_oauth(pool, error, why);
}

const pa_fault *pa_endpoint_read(apr_pool_t *pool, const pa_endpoint_expected *expected,
                                 const pa_http_response *response, json_t **out)
{
    json_t *json;
    /* RFC 6749 5.2 says 400 and 401, RFC 9126 2.3 adds more; Auth0 and Keycloak also say 403. */
    const int refused = response->status >= 400 && response->status < 500;
    if (response->status != expected->status && !refused)
        return nonsense(pool, expected->what, apr_psprintf(pool, "status %d", response->status));
    const char *why = strcmp(response->content_type, "application/json") != 0
                          ? "its Content-Type is not application/json"
                          : pa_json_object_parse(pool, response->body, &json);
    if (why) {
        return nonsense(pool, expected->what,
                        refused ? apr_psprintf(pool, "status %d, and %s", response->status, why)
                                : why);
    }
    pa_trace_members(pool, apr_psprintf(pool, "the %s response", expected->what), json);
    if (refused || json_object_get(json, "error"))
        return error_response(pool, expected, json);
    *out = json;
    return NULL;
}

static int quotes(apr_pool_t *pool, const char *text, const char *secret)
{
    return secret && *secret && strstr(text, apr_pstrndup(pool, secret, QUOTED_MAX));
}

/* Whether a text has a part of the request that is nobody else's to know. */
static int tells(apr_pool_t *pool, const char *text, const char *client_secret,
                 const apr_table_t *form)
{
    static const char *const names[] = { "code", "code_verifier", "refresh_token", "token",
                                         "nonce" };
    /* Assertions and request objects: every JWS begins so. */
    if (quotes(pool, text, client_secret) || strstr(text, "eyJ"))
        return 1;
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (quotes(pool, text, apr_table_get(form, names[i])))
            return 1;
    return 0;
}

const pa_fault *pa_endpoint_hide(apr_pool_t *pool, const pa_provider *provider,
                                 const pa_endpoint_request *request, const pa_fault *fault)
{
    apr_table_t *form;
    if (!fault || fault->kind != PA_FAULT_OAUTH)
        return fault;
    const char *why = pa_form_parse(pool, request->form, &form);
    if (!why && !tells(pool, fault->why, provider->client_secret, form))
        return fault;
    const int by_code = why || tells(pool, fault->error, provider->client_secret, form);
    return pa_fault_oauth(pool, by_code ? "server_error" : fault->error,
                          apr_psprintf(pool,
                                       "the %s endpoint's error quotes the request: left out here",
                                       request->what));
}
