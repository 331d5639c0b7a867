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

static const char *read_tokens(apr_pool_t *pool, const json_t *json,
                               const pa_token_expected *expected, pa_tokens *out)
{
    const char *type = pa_json_text(json, "token_type");
    pa_tokens t = { .access_token = pa_json_text(json, "access_token"),
                    .expires = expiry(json, expected->now) };
    const char *why;
    const char *wanted = expected->dpop ? "DPoP" : "Bearer";
    if (!type || strcasecmp(type, wanted) != 0)
        return apr_psprintf(pool, "its token_type is not %s", wanted);
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
                                       const pa_token_expected *expected, pa_tokens *out)
{
    const pa_endpoint_expected answer = { .what = WHAT, .status = 200, .used = expected->used };
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
                                         .dpop = grant->dpop != NULL,
                                         .now = now };
    pa_http_response response;
    const pa_fault *fault = pa_endpoint_post(client, pool, provider, metadata, &request, &response);
    if (!fault)
        fault = pa_endpoint_hide(pool, provider, &request,
                                 pa_token_response_read(pool, &response, &expected, out));
    return fault ? fault : pa_sender_check(pool, provider, grant->dpop, out->access_token);
}
