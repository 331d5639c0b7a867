/* logout.c: OpenID Connect RP-Initiated Logout 1.0. The local session is gone before the provider
 * is asked, whatever it answers. Another site can make a browser visit the logout path; then a
 * person has to confirm. */
#include "logout.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

#include "../base/url.h"
#include "../protocol/end_session.h"
#include "../protocol/revocation.h"
#include "../state/audit.h"
#include "../state/log.h"
#include "../state/session.h"
#include "authn.h"
#include "config.h"
#include "redirect.h"
#include "refusal.h"
#include "failure.h"
#include "form.h"
#include "login.h"
#include "page.h"
#include "ticket.h"

/* How long a confirmation page, or a visit to the provider's logout page, may take. */
#define TICKET_LIFETIME apr_time_from_sec(30 * 60)

static const pa_refusal bad_method = { .status = HTTP_METHOD_NOT_ALLOWED,
                                       .error = "invalid_request",
                                       .message = "Signing out is a visit or a form." };

/* Bound to the session that it ends. */
static const char *confirm_purpose(request_rec *r)
{
    return apr_pstrcat(r->pool, "confirm ", pa_visit_of(r)->id, NULL);
}

/* Whether a page of ours, or the person at the browser, sent this request: not another site. Nor an
 * image on a page, or a browser that guesses where the person goes next (Sec-Purpose: prefetch). */
static int is_own_request(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *mode = apr_table_get(r->headers_in, "Sec-Fetch-Mode");

    if (pa_authn_is_prefetch(r))
        return 0;
    if (r->method_number == M_GET && (r->header_only || (mode && strcmp(mode, "navigate") != 0)))
        return 0;
    return site && (strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0);
}

/* The confirmation that a POST carries; NULL when there is none. */
static const char *posted_confirm(request_rec *r)
{
    apr_table_t *form;

    return pa_form_read(r, &form) == OK ? apr_table_get(form, "confirm") : NULL;
}

static int ask_person(request_rec *r)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    pa_page page = { .file = "goodbye.html", .status = HTTP_OK, .title = "Sign out?" };
    const char *why = pa_ticket_seal(r, confirm_purpose(r), "", &page.confirm);
    const pa_provider *provider = pa_config_session_provider(r);
    const pa_fault *fault = NULL;
    pa_metadata *metadata;

    if (why)
        return pa_failure_provider(r, "logout", pa_fault_new(r->pool, PA_FAULT_OURS, why));
    /* The form's answer redirects to the provider, which the page's policy must allow. */
    if (provider)
        fault = pa_discovery_metadata(conf->client, r->pool, provider, r->request_time, &metadata);
    if (provider && !fault && metadata->end_session_endpoint)
        page.form_target = pa_url_origin(r->pool, metadata->end_session_endpoint);
    else if (provider && provider->logout_url)
        page.form_target = pa_url_origin(r->pool, provider->logout_url);
    return pa_page_send(r, &page);
}

/* Tokens that outlive the provider's session (offline_access) end with ours. The refresh token
 * takes its access tokens along (RFC 7009 2.1). The logout goes on whether this works or not. */
static const pa_fault *revoke_token(request_rec *r, const pa_provider *provider,
                                    const pa_metadata *metadata, const pa_session *session)
{
    const char *refresh = session->refresh_token;
    const char *token = refresh ? refresh : session->access_token;
    const pa_fault *fault;

    if (!token)
        return NULL;
    fault = pa_revocation_send(pa_server_conf_get(r->server)->client, r->pool, provider, metadata,
                               token, refresh ? "refresh_token" : "access_token");
    if (fault)
        pa_log_limited(r, APLOG_WARNING, 0, "logout: a token was not revoked: %s", fault->why);
    return fault;
}

/* Asks the provider what can be asked from here. Its fault is what keeps a browser from it too. */
static const pa_fault *tell_provider(request_rec *r, const pa_provider *provider,
                                     const pa_session *session, pa_metadata **metadata)
{
    const pa_fault *fault = pa_discovery_metadata(pa_server_conf_get(r->server)->client, r->pool,
                                                  provider, r->request_time, metadata);

    if (fault)
        *metadata = NULL;
    else
        fault = revoke_token(r, provider, *metadata, session);
    if (fault)
        pa_counters_add(PA_COUNT_PROVIDER_ERROR);
    if (fault && *metadata && fault->kind != PA_FAULT_UNREACHABLE
        && fault->kind != PA_FAULT_TIMEOUT)
        return NULL;
    return fault;
}

/* A page instead of a redirect into nowhere. `url` is where to try it again, or NULL. */
static int say_signed_out(request_rec *r, const char *why, const char *url)
{
    pa_page page = { .file = "goodbye.html",
                     .status = HTTP_OK,
                     .title = "Signed out here",
                     .provider_logout = url };

    pa_log_limited(r, APLOG_WARNING, 0, "logout: the provider was not asked: %s", why);
    return pa_page_send(r, &page);
}

/* Ends the session here, then sends the browser to the provider to end its own. */
static int sign_out(request_rec *r, const pa_session *session)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const pa_provider *provider = pa_config_session_provider(r);
    const char *url, *hint, *state = NULL;
    const pa_fault *fault;
    pa_metadata *metadata;
    apr_status_t rv = pa_session_end(r);

    if (rv != APR_SUCCESS)
        return pa_failure_session(r, rv);
    pa_log_step(r, "logout: the session has ended here; now the provider's");
    pa_login_forget(r);
    pa_audit_end(r, PA_COUNT_LOGOUT_USER, pa_visit_of(r)->key);
    if (!provider)
        return say_signed_out(r, "it is not configured any more", NULL);
    fault = tell_provider(r, provider, session, &metadata);
    if (!metadata)
        return say_signed_out(r, fault->why, NULL);
    if (pa_ticket_seal(r, "logout", "", &state))
        return say_signed_out(r, "no state can be sealed", NULL);
    hint = pa_end_session_hint(conf->client, r->pool, provider, metadata, session->id_token);
    url = pa_end_session_url(r->pool, provider, metadata, hint,
                             apr_pstrcat(r->pool, conf->origin, conf->path[PA_PATH_LOGOUT], NULL),
                             state);
    if (!url && provider->logout_url)
        url = provider->logout_url;
    if (!url) {
        pa_visit_mark_out(r, pa_visit_of(r)->settings, 1);
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "logout: the provider names no end_session_endpoint, so that its own session "
                      "goes on: the next login of this browser asks it for prompt=login. Write "
                      "PlusAuthLogoutURL if it has an address for logouts");
        return pa_redirect_home(r, conf->after_logout);
    }
    if (fault)
        return say_signed_out(r, fault->why, url);
    return pa_redirect(r, url);
}

int pa_logout_handler(request_rec *r)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const pa_session *session = NULL;
    apr_table_t *parameters;
    apr_status_t rv;

    if (r->method_number != M_GET && r->method_number != M_POST) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, -1);
        return pa_refuse(r, &bad_method, "logout: method %s", r->method);
    }
    if ((rv = pa_session_load(r, &session)) != APR_SUCCESS)
        return pa_failure_session(r, rv);
    /* Never signed in, signed out already, or back from the provider. */
    if (!session)
        pa_log_step(r, "logout: nobody is signed in");
    if (!session
        || (r->args && !pa_form_parse(r->pool, r->args, &parameters)
            && pa_ticket_open(r, "logout", apr_table_get(parameters, "state"), TICKET_LIFETIME)))
        return pa_redirect_home(r, conf->after_logout);
    if (is_own_request(r)
        || (r->method_number == M_POST
            && pa_ticket_open(r, confirm_purpose(r), posted_confirm(r), TICKET_LIFETIME)))
        return sign_out(r, session);
    pa_log_step(r, "logout: the request comes from another site or says nothing of its origin: the "
                   "person is asked");
    return ask_person(r);
}
