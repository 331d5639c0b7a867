/* authn.c: see authn.h. Everything that is not a live session of this place's provider is no user.
 */
#include "authn.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>

#include "../protocol/jwt_claims.h"
#include "../state/counters.h"
#include "../state/log.h"
#include "../state/session.h"
#include "caching.h"
#include "config.h"
#include "refusal.h"
#include "export.h"
#include "failure.h"
#include "login.h"
#include "route.h"

static const pa_refusal nobody_401 = { .status = HTTP_UNAUTHORIZED,
                                       .error = "login_required",
                                       .message = "You need to sign in for this.",
                                       .lines = PA_REFUSAL_ORDINARY_LINES };
static const pa_refusal nobody_403 = { .status = HTTP_FORBIDDEN,
                                       .error = "login_required",
                                       .message = "You need to sign in for this.",
                                       .lines = PA_REFUSAL_ORDINARY_LINES };
static const pa_refusal no_claim = { .status = HTTP_FORBIDDEN,
                                     .error = "access_denied",
                                     .message = "Your account lacks what this place needs." };
static const pa_refusal no_provider = { .status = HTTP_INTERNAL_SERVER_ERROR,
                                        .error = "server_error",
                                        .message = "This place is not set up for signing in." };

/* Of the protocols that a request can change to, only this one has no page to show: h2c has. */
static int is_websocket(request_rec *r)
{
    const char *upgrade = apr_table_get(r->headers_in, "Upgrade");

    return upgrade && ap_cstr_casecmp(upgrade, "websocket") == 0;
}

int pa_authn_is_prefetch(request_rec *r)
{
    static const char *const names[] = { "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz" };

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (apr_table_get(r->headers_in, names[i]))
            return 1;
    return 0;
}

/* Whether a person waits in front of this request, who can be sent to a login page: not a script,
 * which would get a page of another origin where it asked for data. */
static int is_navigation(request_rec *r)
{
    const char *mode = apr_table_get(r->headers_in, "Sec-Fetch-Mode");
    const char *accept = apr_table_get(r->headers_in, "Accept");

    if (r->method_number != M_GET || apr_table_get(r->headers_in, "X-Requested-With")
        || is_websocket(r) || pa_authn_is_prefetch(r))
        return 0;
    if (mode)
        return strcmp(mode, "navigate") == 0;
    /* A browser that tells its mode sends this with a navigation too, for as long as it remembers
     * a password for this origin. */
    if (apr_table_get(r->headers_in, "Authorization"))
        return 0;
    return !accept || ap_strcasestr(accept, "text/html") || ap_strcasestr(accept, "xhtml")
           || strstr(accept, "*/*");
}

static int refuse(request_rec *r, const pa_refusal *what)
{
    return pa_refuse(r, what,
                     "nobody is signed in, and PlusAuthUnauthenticated asks for no login here");
}

int pa_authn_index(request_rec *r)
{
    pa_visit *visit = r->main ? NULL : pa_visit_of(r);

    if (visit && (r->finfo.filetype == APR_DIR || !r->handler))
        visit->index_of = r;
    return DECLINED;
}

/* The request that a browser waits for: of a start page that mod_dir looks up, that of its
 * directory, since mod_dir answers it with what the look-up ends with. NULL for any other part. */
static request_rec *waiting(request_rec *r)
{
    if (!r->main)
        return r;
    if (pa_visit_of(r)->index_of != r->main)
        return NULL;
    return r->finfo.filetype == APR_REG || r->proxyreq != PROXYREQ_NONE ? r->main : NULL;
}

/* All that is made lasts as long as `asked`: mod_dir ends the look-up before the answer. */
static int start_login(request_rec *r, request_rec *asked, const pa_provider *provider)
{
    const pa_login_hints hints = { .provider = provider, .return_to = pa_login_wanted(asked) };
    ap_conf_vector_t *config = asked->per_dir_config;
    int status;

    asked->per_dir_config = r->per_dir_config; /* PlusAuthAuthParam of the place itself */
    status = pa_login_start(asked, &hints);
    asked->per_dir_config = config;
    return status;
}

/* `demanded`: no Require lets anybody through who is not signed in, not even with `pass`. */
static int without_user(request_rec *r, const pa_provider *provider, int demanded)
{
    request_rec *asked = waiting(r);

    if (!demanded) {
        apr_table_unset(r->headers_in, "Authorization");
        return OK;
    }
    /* A part of another page. */
    if (!asked)
        return HTTP_UNAUTHORIZED;
    switch (pa_dir_conf_get(r)->unauthenticated) {
    case PA_UNAUTHENTICATED_401:
        return refuse(asked, &nobody_401);
    case PA_UNAUTHENTICATED_403:
        return refuse(asked, &nobody_403);
    case PA_UNAUTHENTICATED_LOGIN:
        if (pa_authn_is_prefetch(asked))
            return pa_refuse(asked, &nobody_401,
                             "nobody is signed in, and this is only a prefetch");
        break;
    default:
        if (!is_navigation(asked))
            return pa_refuse(asked, &nobody_401,
                             "nobody is signed in, and this is no visit of a page");
    }
    return start_login(r, asked, provider);
}

static int with_user(request_rec *r, const pa_session *session)
{
    const char *claim = pa_dir_conf_get(r)->user;
    const char *user = claim ? pa_session_claim(session, claim) : session->sub;

    if (!user || !*user)
        return pa_refuse(r, &no_claim,
                         "user refused: no claim \"%s\", which PlusAuthUser makes REMOTE_USER",
                         claim ? claim : "sub");
    r->user = (char *)user;
    r->ap_auth_type = (char *)"PlusAuth";
    /* What the client sends there is not for the application: it would take it for checked. */
    apr_table_unset(r->headers_in, "Authorization");
    pa_caching_mark(r, 0);
    /* Now and not with the fixups: those who decide what the user may look at claims. */
    pa_export_fixup(r);
    return OK;
}

/* Why this place asks for a login, for the log. */
static const char *login_reason(const request_rec *r, const pa_provider *provider,
                                const pa_session *session)
{
    const pa_visit *visit = pa_visit_of((request_rec *)r);

    if (session && strcmp(session->provider, provider->name) != 0)
        return "the session is of another provider than this place's (PlusAuthProvider)";
    if (session)
        return "the user signed in longer ago than max_age (PlusAuthAuthParam) allows";
    return visit->named
               ? "the session that the browser's cookie names has ended or is not known here"
               : "the browser sent no session cookie";
}

/* Whether the user proved who they are longer ago than the place's PlusAuthAuthParam max_age
 * allows, as it is checked when they sign in. 0 asks for that at each login, and says nothing of
 * sessions: no session is younger. */
static int is_too_old(request_rec *r, const pa_provider *provider, const pa_session *session)
{
    int max_age = pa_login_place_max_age(r, provider);
    apr_time_t since = session->auth_time ? session->auth_time : session->created;

    return max_age > 0
           && r->request_time - since > apr_time_from_sec(max_age) + provider->clock_skew;
}

static int is_ours(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type && ap_cstr_casecmp(type, "PlusAuth") == 0;
}

/* The place says AuthType PlusAuth: without this module nothing lets anybody in. */
static int engine_is_off(request_rec *r)
{
    return pa_server_conf_get(r->server)->engine == 0 || pa_dir_conf_get(r)->engine == 0;
}

static int decide(request_rec *r, int demanded)
{
    const pa_session *session = NULL;
    const pa_provider *provider;
    apr_status_t rv;

    if (!pa_config_is_active(r) || !(provider = pa_config_provider(r)))
        return pa_refuse(r, &no_provider, "AuthType PlusAuth%s",
                         engine_is_off(r)
                             ? " where PlusAuthEngine is off: write AuthType None here, or "
                               "PlusAuthEngine on"
                             : ", but no provider: write PlusAuthTenant and PlusAuthClientID for "
                               "this server, or PlusAuthProvider with the name of one here");
    if ((rv = pa_session_load(r, &session)) != APR_SUCCESS)
        return pa_failure_session(r, rv);
    if (!session || strcmp(session->provider, provider->name) != 0
        || is_too_old(r, provider, session)) {
        pa_log_trace(r);
        pa_log_step(r, "nobody is signed in for %s: %s; cookies of ours: %s; %s", r->uri,
                    login_reason(r, provider, session), pa_visit_cookie_names(r),
                    demanded ? "Require demands a user" : "Require lets anybody in");
        return without_user(r, provider, demanded);
    }
    return with_user(r, session);
}

int pa_authn_check(request_rec *r)
{
    return is_ours(r) ? decide(r, 1) : DECLINED;
}

int pa_authn_pass(request_rec *r)
{
    int status;

    if (r->user || pa_dir_conf_get(r)->unauthenticated != PA_UNAUTHENTICATED_PASS || !is_ours(r)
        || pa_route_is(r))
        return DECLINED;
    pa_caching_mark(r, 1);
    status = decide(r, 0);
    return status == OK ? DECLINED : status;
}
