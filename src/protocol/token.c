/* token.c: a code becomes tokens. What comes back is read strictly: it is what the login rests on.
 */
#include "token.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "../base/json.h"
#include "../base/jwt.h"
#include "../base/text.h"
#include "../base/url.h"
#include "endpoint.h"
#include "sender.h"

#define WHAT "token"
#define TOKEN_MAX 65536 /* no header takes a longer one */
#define SCOPE_MAX 8192
#define EXPIRES_IN_MAX (10LL * 366 * 24 * 60 * 60) /* seconds: ten years; more is a mistake */

static const pa_fault *nonsense(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_NONSENSE, apr_pstrcat(pool, WHAT " response: ", why, NULL));
}

static apr_time_t expiry(const json_t *json, apr_time_t now)
{
    const json_t *value = json_object_get(json, "expires_in");
    const double seconds = json_is_number(value) ? json_number_value(value) : -1;
    return seconds < 0 || seconds > EXPIRES_IN_MAX ? 0
                                                   : now + apr_time_from_sec((apr_time_t)seconds);
}

/* Scopes are tokens with single spaces between (RFC 6749 3.3): nothing that ends a log line. */
static int is_printable(const char *text, apr_size_t max)
{
    for (apr_size_t len = 0; text[len]; len++)
        if (len == max || text[len] < ' ' || text[len] > '~')
            return 0;
    return 1;
}

/* Some providers (Twitch) send a list. What is there but cannot be read grants nothing that we know
 * of, which is another thing than no word of it: then what was asked for is granted. */
static const char *read_scope(apr_pool_t *pool, const json_t *json)
{
    const json_t *value = json_object_get(json, "scope"), *element;
    apr_array_header_t *scopes = apr_array_make(pool, 4, sizeof(const char *));
    size_t i;
    if (!value || json_is_null(value))
        return NULL;
    if (json_is_string(value))
        APR_ARRAY_PUSH(scopes, const char *) = json_string_value(value);
    json_array_foreach (value, i, element)
        if (json_is_string(element))
            APR_ARRAY_PUSH(scopes, const char *) = json_string_value(element);
    const char *scope = apr_array_pstrcat(pool, scopes, ' ');
    return is_printable(scope, SCOPE_MAX) ? scope : "";
}

/* What a login does not rest on is no reason to refuse it. */
static const char *read_refresh_token(apr_pool_t *pool, const json_t *json)
{
    const char *token = pa_json_text(json, "refresh_token");
    return token && is_printable(token, TOKEN_MAX) ? apr_pstrdup(pool, token) : NULL;
}

static const char *read_tokens(apr_pool_t *pool, const json_t *json,
                               const pa_token_expected *expected, pa_tokens *out)
{
    const char *type = pa_json_text(json, "token_type");
    const char *access_token = pa_json_text(json, "access_token");
    const char *id_token = pa_json_text(json, "id_token");
    const json_t *given = json_object_get(json, "id_token");
    const char *wanted = expected->dpop ? "DPoP" : "Bearer";
    if (!type || strcasecmp(type, wanted) != 0)
        return apr_psprintf(pool, "its token_type is not %s (it is %s)", wanted,
                            pa_json_describe(pool, json_object_get(json, "token_type")));
    if (!access_token || !pa_text_is_token(access_token, TOKEN_MAX))
        return "its access_token is missing or malformed";
    if (given && !json_is_null(given) && !id_token)
        return apr_psprintf(pool, "its id_token is no string or empty (it is %s)",
                            pa_json_type(given));
    if (id_token && strlen(id_token) > PA_JWT_MAX)
        return "its id_token is too long";
    out->id_token = id_token ? apr_pstrdup(pool, id_token) : NULL;
    out->access_token = apr_pstrdup(pool, access_token);
    out->refresh_token = read_refresh_token(pool, json);
    out->scope = read_scope(pool, json);
    out->expires = expiry(json, expected->now);
    return NULL;
}

const pa_fault *pa_token_response_read(apr_pool_t *pool, const pa_http_response *response,
                                       const pa_token_expected *expected, pa_tokens *out)
{
    const pa_endpoint_expected answer = {
        .what = WHAT, .status = 200, .used = expected->used, .provider = expected->provider
    };
    json_t *json;
    const pa_fault *fault = pa_endpoint_read(pool, &answer, response, &json);
    if (fault)
        return fault;
    const char *why = read_tokens(pool, json, expected, out);
    return why ? nonsense(pool, why) : NULL;
}

const pa_fault *pa_token_exchange(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  const pa_token_grant *grant, apr_time_t now, pa_tokens *out)
{
    const char *form = pa_form_add(pool, NULL, "grant_type", "authorization_code");
    form = pa_form_add(pool, form, "code", grant->code);
    form = pa_form_add(pool, form, "redirect_uri", grant->redirect_uri);
    form = pa_form_add(pool, form, "code_verifier", grant->code_verifier);

    const pa_endpoint_request request = {
        .what = WHAT, .url = metadata->token_endpoint, .form = form, .dpop = grant->dpop, .now = now
    };
    const pa_token_expected expected = { .used = pa_client_auth_choose(provider, metadata),
                                         .provider = provider,
                                         .dpop = grant->dpop != NULL,
                                         .now = now };
    pa_http_response response;
    const pa_fault *fault = pa_endpoint_post(client, pool, provider, metadata, &request, &response);
    if (!fault)
        fault = pa_endpoint_hide(pool, provider, &request,
                                 pa_token_response_read(pool, &response, &expected, out));
    return fault ? fault : pa_sender_check(pool, provider, grant->dpop, out->access_token);
}
