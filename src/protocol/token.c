/* token.c: a code becomes tokens. What comes back is read strictly: it is what the login rests on.
 */
#include "token.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "../base/json.h"
#include "../base/jwt.h"
#include "../base/text.h"
#include "../base/url.h"

#define RESPONSE_MAX (256 * 1024)
#define TOKEN_MAX 65536 /* no header takes a longer one */
#define SCOPE_MAX 8192
#define ERROR_MAX 64
#define DESCRIPTION_MAX 300
#define EXPIRES_IN_MAX (10LL * 366 * 24 * 60 * 60) /* seconds: ten years; more is a mistake */

/* RFC 6749 2.3.1: both are form-encoded first, so that a ':' in them divides nothing. */
static const char *basic(apr_pool_t *pool, const pa_provider *provider)
{
    const char *pair = apr_pstrcat(pool, pa_form_encode(pool, provider->client_id), ":",
                                   pa_form_encode(pool, provider->client_secret), NULL);
    const apr_size_t len = strlen(pair);
    unsigned char *base64 = apr_palloc(pool, (len + 2) / 3 * 4 + 1);
    EVP_EncodeBlock(base64, (const unsigned char *)pair, (int)len);
    return apr_pstrcat(pool, "Basic ", (const char *)base64, NULL);
}

static pa_client_auth choose(const pa_provider *provider, const pa_metadata *metadata)
{
    if (!provider->client_secret)
        return PA_CLIENT_AUTH_NONE;
    if (provider->client_auth != PA_CLIENT_AUTH_AUTO)
        return provider->client_auth;
    return metadata->auth_basic ? PA_CLIENT_AUTH_BASIC : PA_CLIENT_AUTH_POST;
}

pa_client_auth pa_token_authenticate(apr_pool_t *pool, const pa_provider *provider,
                                     const pa_metadata *metadata, const char **form,
                                     const char **authorization)
{
    const pa_client_auth used = choose(provider, metadata);
    *authorization = NULL;
    if (used == PA_CLIENT_AUTH_BASIC) {
        *authorization = basic(pool, provider);
        return used;
    }
    *form = pa_form_add(pool, *form, "client_id", provider->client_id);
    if (used == PA_CLIENT_AUTH_POST)
        *form = pa_form_add(pool, *form, "client_secret", provider->client_secret);
    return used;
}

/* As PlusAuth's dashboard calls them. */
static const char *auth_name(pa_client_auth used)
{
    switch (used) {
    case PA_CLIENT_AUTH_BASIC:
        return "Basic";
    case PA_CLIENT_AUTH_POST:
        return "Post";
    default:
        return "None";
    }
}

static const pa_fault *nonsense(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_NONSENSE, apr_pstrcat(pool, "token response: ", why, NULL));
}

/* RFC 6749 5.2 */
static const pa_fault *error_response(apr_pool_t *pool, const json_t *json, pa_client_auth used)
{
    const char *error = pa_json_text(json, "error");
    const char *description = pa_json_text(json, "error_description");
    if (!error)
        return nonsense(pool, "its error is no string");
    error = pa_text_printable(pool, error, ERROR_MAX);
    const char *why =
        apr_psprintf(pool, "the token endpoint says %s%s%s", error, description ? ": " : "",
                     description ? pa_text_printable(pool, description, DESCRIPTION_MAX) : "");
    if (strcmp(error, "invalid_client") == 0) {
        why =
            apr_psprintf(pool,
                         "%s. Check client id and secret; and in the PlusAuth dashboard the "
                         "client's \"Token Endpoint Authentication Method\" must be %s, which was "
                         "used, or PlusAuthClientAuth here be what the dashboard says "
                         "(Basic, Post or None)",
                         why, auth_name(used));
    }
    return pa_fault_oauth(pool, error, why);
}

/* A member that may be absent or null. NULL, or the reason that it cannot be used. */
static const char *optional_text(const json_t *json, const char *name, const char **out)
{
    const json_t *value = json_object_get(json, name);
    *out = pa_json_text(json, name);
    return !value || json_is_null(value) || *out ? NULL : "a member is no string or empty";
}

static apr_time_t expiry(const json_t *json, apr_time_t now)
{
    const json_t *value = json_object_get(json, "expires_in");
    const json_int_t seconds = json_is_integer(value) ? json_integer_value(value) : -1;
    return seconds < 0 || seconds > EXPIRES_IN_MAX ? 0 : now + apr_time_from_sec(seconds);
}

/* Scopes are tokens with single spaces between (RFC 6749 3.3): nothing that ends a log line. */
static int is_printable(const char *text, apr_size_t max)
{
    for (apr_size_t len = 0; text[len]; len++)
        if (len == max || text[len] < ' ' || text[len] > '~')
            return 0;
    return 1;
}

static const char *read_tokens(apr_pool_t *pool, const json_t *json, apr_time_t now, pa_tokens *out)
{
    const char *type = pa_json_text(json, "token_type");
    pa_tokens t = { .access_token = pa_json_text(json, "access_token"),
                    .expires = expiry(json, now) };
    const char *why;
    if (!type || strcasecmp(type, "Bearer") != 0)
        return "its token_type is not Bearer";
    if (!t.access_token || !pa_text_is_token(t.access_token, TOKEN_MAX))
        return "its access_token is missing or malformed";
    if ((why = optional_text(json, "id_token", &t.id_token))
        || (why = optional_text(json, "refresh_token", &t.refresh_token))
        || (why = optional_text(json, "scope", &t.scope)))
        return why;
    if (t.id_token && strlen(t.id_token) > PA_JWT_MAX)
        return "its id_token is too long";
    if (t.refresh_token && !is_printable(t.refresh_token, TOKEN_MAX))
        return "its refresh_token is malformed";
    if (t.scope && !is_printable(t.scope, SCOPE_MAX))
        return "its scope is malformed";
    out->id_token = t.id_token ? apr_pstrdup(pool, t.id_token) : NULL;
    out->access_token = apr_pstrdup(pool, t.access_token);
    out->refresh_token = t.refresh_token ? apr_pstrdup(pool, t.refresh_token) : NULL;
    out->scope = t.scope ? apr_pstrdup(pool, t.scope) : NULL;
    out->expires = t.expires;
    return NULL;
}

const pa_fault *pa_token_response_read(apr_pool_t *pool, const pa_http_response *response,
                                       pa_client_auth used, apr_time_t now, pa_tokens *out)
{
    json_t *json;
    const int refused = response->status == 400 || response->status == 401;
    if (response->status != 200 && !refused)
        return nonsense(pool, apr_psprintf(pool, "status %d", response->status));
    const char *why = strcmp(response->content_type, "application/json") != 0
                          ? "its Content-Type is not application/json"
                          : pa_json_object_parse(pool, response->body, &json);
    if (why) {
        return nonsense(
            pool, refused ? apr_psprintf(pool, "status %d, and %s", response->status, why) : why);
    }
    if (refused || json_object_get(json, "error"))
        return error_response(pool, json, used);
    why = read_tokens(pool, json, now, out);
    return why ? nonsense(pool, why) : NULL;
}

/* A provider may quote what it was sent: that must not get into a log. */
static const pa_fault *without_secrets(apr_pool_t *pool, const pa_fault *fault,
                                       const char *const *secrets)
{
    for (; *secrets; secrets++) {
        if (**secrets && strstr(fault->why, *secrets)) {
            const int echoed = fault->error && strstr(fault->error, *secrets);
            return pa_fault_oauth(pool, echoed ? "server_error" : fault->error,
                                  "the token endpoint's error quotes the request: left out here");
        }
    }
    return fault;
}

const pa_fault *pa_token_exchange(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  const char *code, const char *redirect_uri,
                                  const char *code_verifier, apr_time_t now, pa_tokens *out)
{
    const char *form = pa_form_add(pool, NULL, "grant_type", "authorization_code");
    form = pa_form_add(pool, form, "code", code);
    form = pa_form_add(pool, form, "redirect_uri", redirect_uri);
    form = pa_form_add(pool, form, "code_verifier", code_verifier);

    pa_http_request request = { .url = metadata->token_endpoint,
                                .accept = "application/json",
                                .max_body = RESPONSE_MAX };
    const pa_client_auth used =
        pa_token_authenticate(pool, provider, metadata, &form, &request.authorization);
    request.form = form;
    pa_http_response response;
    const pa_fault *fault = pa_http_send(client->http, pool, &provider->http, &request, &response);
    if (fault)
        return fault;
    fault = pa_token_response_read(pool, &response, used, now, out);
    if (!fault || fault->kind != PA_FAULT_OAUTH)
        return fault;
    const char *const secrets[] = { code, code_verifier,
                                    provider->client_secret ? provider->client_secret : "", NULL };
    return without_secrets(pool, fault, secrets);
}
