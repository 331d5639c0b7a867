/* user.c: see user.h. Another site's script cannot read the answer: it has no CORS headers. */
#include "user.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>

#include "../base/json.h"
#include "../state/session.h"
#include "authn.h"
#include "config.h"
#include "refusal.h"
#include "failure.h"

static const pa_refusal only_read = { .status = HTTP_METHOD_NOT_ALLOWED,
                                      .error = "invalid_request",
                                      .message = "This is to be read alone." };
static const pa_refusal nobody = { .status = HTTP_UNAUTHORIZED,
                                   .error = "login_required",
                                   .message = "Nobody is signed in.",
                                   .lines = PA_REFUSAL_ORDINARY_LINES };

static const char *variable(const pa_session *session, const char *name)
{
    for (unsigned int i = 0; i < session->variable_count; i++)
        if (strcmp(session->variables[i].name, name) == 0)
            return session->variables[i].value;
    return NULL;
}

static const char *describe(request_rec *r, const pa_session *session)
{
    const pa_visit_settings *settings = pa_visit_of(r)->settings;
    apr_time_t left = pa_visit_session_end(settings, session) - r->request_time;
    const char *userinfo = variable(session, "PLUSAUTH_USERINFO");
    json_t *user = pa_json_own(r->pool, json_object()), *claims = NULL;

    json_object_set_new(user, "sub", json_string(session->sub));
    json_object_set_new(user, "display_name",
                        json_string(variable(session, "PLUSAUTH_DISPLAY_NAME")));
    json_object_set_new(user, "expires_in", json_integer(apr_time_sec(left)));
    if (userinfo && !pa_json_claims_parse(r->pool, pa_bytes_text(userinfo), &claims))
        json_object_set(user, "userinfo", claims);
    return pa_json_dump(r->pool, user, 0);
}

/* Scripts ask here, whatever they say of what they accept. */
static void answer_in_json(request_rec *r)
{
    apr_table_setn(r->headers_in, "Accept", "application/json");
}

int pa_user_handler(request_rec *r)
{
    const pa_session *session = NULL;
    const char *text;
    apr_status_t rv;

    if (!pa_config_is_active(r))
        return HTTP_NOT_FOUND;
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS)
        return ap_send_http_options(r);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    answer_in_json(r);
    if (r->method_number != M_GET)
        return pa_refuse(r, &only_read, "user: method %s", r->method);
    if ((rv = pa_session_load(r, &session)) != APR_SUCCESS)
        return pa_failure_session(r, rv);
    if (!session)
        return pa_refuse(r, &nobody, "user: nobody is signed in");
    if (!(text = describe(r, session)))
        return pa_failure_provider(
            r, "user", pa_fault_new(r->pool, PA_FAULT_OURS, "the answer cannot be made"));
    ap_set_content_type(r, "application/json");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    ap_rputs(text, r);
    ap_rputs("\n", r);
    return OK;
}
