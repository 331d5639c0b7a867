/* route.c: see route.h. Which request is for one of our paths is noted once, when its name is
 * translated: it was let in for that, and nothing else may answer it. */
#include "route.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "../state/log.h"
#include "authn.h"
#include "backchannel.h"
#include "caching.h"
#include "callback.h"
#include "config.h"
#include "jwks.h"
#include "login.h"
#include "logout.h"
#include "refusal.h"
#include "template.h"
#include "user.h"

#define HANDLER "plusauth-route"

/* What answers a path of ours. `name` stands in r->filename, which other modules log. No request
 * can name such a file: httpd makes absolute paths of what comes from outside. */
typedef struct pa_route {
    const char *name;
    int (*handle)(request_rec *r);
    pa_path path;
    int begins_or_ends_login; /* which a browser's guess must not */
} pa_route;

static const pa_refusal only_guessed = {
    .status = HTTP_FORBIDDEN,
    .error = "prefetch_refused",
    .message = "This page is for who goes there, not for a browser that prepares for it.",
    .lines = PA_REFUSAL_ORDINARY_LINES
};

static const pa_route routes[] = {
    { "PlusAuthPath login", pa_login_handler, PA_PATH_LOGIN, 1 },
    { "PlusAuthPath callback", pa_callback_handler, PA_PATH_CALLBACK, 1 },
    { "PlusAuthPath logout", pa_logout_handler, PA_PATH_LOGOUT, 0 },
    { "PlusAuthPath backchannel", pa_backchannel_handler, PA_PATH_BACKCHANNEL, 0 },
    { "PlusAuthPath frontchannel", pa_frontchannel_handler, PA_PATH_FRONTCHANNEL, 0 },
    { "PlusAuthPath user", pa_user_handler, PA_PATH_USER, 0 },
    { "PlusAuthPath register", pa_register_handler, PA_PATH_REGISTER, 1 },
    { "PlusAuthPath jwks", pa_jwks_handler, PA_PATH_JWKS, 0 },
};

static const pa_route *route_at(const request_rec *r)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    int active = pa_config_is_active(r);
    const pa_provider *provider;

    for (apr_size_t i = 0; active && i < sizeof(routes) / sizeof(routes[0]); i++)
        if (routes[i].path == PA_PATH_CALLBACK ? pa_config_is_callback(conf, r->uri, &provider)
                                               : strcmp(r->uri, conf->path[routes[i].path]) == 0)
            return &routes[i];
    return NULL;
}

/* The route that this request was let in as; NULL for any other request. */
static const pa_route *route_of(request_rec *r)
{
    const pa_visit *visit = pa_visit_of(r);

    return visit && visit->route_request == r ? visit->route : NULL;
}

int pa_route_is(request_rec *r)
{
    return route_of(r) != NULL;
}

/* What other modules made of the request meanwhile counts for nothing: a rewrite rule of its
 * <Location>, a FallbackResource, a SetHandler, a proxy. */
static void restore(request_rec *r, const pa_visit *visit)
{
    r->filename = apr_pstrdup(r->pool, visit->route->name);
    r->args = visit->route_args;
    r->path_info = NULL;
    r->proxyreq = PROXYREQ_NONE;
    r->handler = HANDLER;
}

/* An error page with a status of its own, which would sign in or out whoever meets the error. */
static int refuse_error_document(request_rec *r)
{
    pa_log_limited(
        r, APLOG_ERR, 0,
        "ErrorDocument %d %s: a path of PlusAuth's is no error page: write a page of the "
        "site, which may link there",
        r->status, r->uri);
    return r->status;
}

/* Whether a redirect sends the browser to another site, or to the same address once more, which a
 * proxy in front will then have reached by another scheme. A redirect to another path of this site,
 * such as one that appends a slash, is not meant for our paths. */
static int leaves(request_rec *r, const char *location)
{
    const char *here = ap_construct_url(r->pool, "", r);
    apr_size_t len = strlen(here);

    if (strncmp(location, here, len) != 0 || location[len] != '/')
        return 1;
    location += len;
    len = strcspn(location, "?");
    return strlen(r->uri) == len && strncmp(location, r->uri, len) == 0;
}

/* Asks the modules that translate after us. A host that only redirects, as from http to https, must
 * redirect our paths too: a login that it answered would put its code and cookies on the wire. What
 * the other modules map to a file or a proxy does not count. DECLINED when they do not redirect or
 * refuse; else their status. */
static int ask_others(request_rec *r, pa_visit *visit)
{
    const request_rec before = *r;
    apr_table_t *notes = apr_table_copy(r->pool, r->notes);
    apr_table_t *headers = apr_table_copy(r->pool, r->headers_out);
    const char *location;
    int status;

    visit->asking_translate = 1;
    status = ap_run_translate_name(r);
    visit->asking_translate = 0;
    location = apr_table_get(r->headers_out, "Location");
    if (ap_is_HTTP_ERROR(status)
        || (ap_is_HTTP_REDIRECT(status) && location && leaves(r, location)))
        return status;
    r->uri = before.uri;
    r->args = before.args;
    r->filename = before.filename;
    r->path_info = before.path_info;
    r->handler = before.handler;
    r->proxyreq = before.proxyreq;
    r->status = before.status;
    r->notes = notes;
    r->headers_out = headers;
    return DECLINED;
}

int pa_route_translate(request_rec *r)
{
    const pa_route *route = r->main ? NULL : route_at(r);
    pa_visit *visit;
    int status;

    /* A page that includes one of our paths would sign its reader out: no sub-request is for one.
     */
    if (!route || !(visit = pa_visit_of(r)) || visit->asking_translate)
        return DECLINED;
    if (r->prev && r->status != HTTP_OK)
        return refuse_error_document(r);
    if ((status = ask_others(r, visit)) != DECLINED)
        return status;
    visit->route = route;
    visit->route_request = r;
    visit->route_args = r->args;
    restore(r, visit);
    return OK;
}

int pa_route_map(request_rec *r)
{
    return pa_route_is(r) ? OK : DECLINED;
}

/* Whatever AuthType and Require say: who signs in has no user yet, may come from anywhere that a
 * protected place admits, and a provider has no password of this site. */
int pa_route_access(request_rec *r)
{
    return pa_route_is(r) ? OK : DECLINED;
}

int pa_route_type(request_rec *r)
{
    return pa_route_is(r) ? OK : DECLINED;
}

int pa_route_fixup(request_rec *r)
{
    pa_visit *visit = pa_visit_of(r);

    if (!visit)
        return DECLINED;
    if (visit->index_of == r)
        visit->index_of = NULL; /* mod_dir has looked */
    if (visit->route && visit->route_request == r)
        restore(r, visit);
    return DECLINED;
}

/* It would use up a state, or a place among the logins on their way. A browser drops an answer like
 * this, and asks again when the person goes there. */
static int refuse_prefetch(request_rec *r)
{
    r->args = NULL; /* for no log, and no ErrorDocument */
    return pa_refuse(r, &only_guessed, "a prefetched request begins and ends no login");
}

int pa_route_handler(request_rec *r)
{
    const pa_route *route = route_of(r);

    if (route) {
        restore(r, pa_visit_of(r));
        pa_template_shield(r);
        pa_log_trace(r);
        pa_log_step(r, "our own path %s, method %s, cookies of ours: %s", r->uri, r->method,
                    pa_visit_cookie_names(r));
        if (route->path != PA_PATH_JWKS)
            pa_caching_forbid(r); /* whatever the site says of its pages */
        if (route->begins_or_ends_login && r->method_number == M_GET && pa_authn_is_prefetch(r))
            return refuse_prefetch(r);
        return route->handle(r);
    }
    if (!r->handler || strcmp(r->handler, "plusauth-user") != 0)
        return DECLINED;
    pa_template_shield(r);
    if (pa_visit_of(r))
        pa_caching_forbid(r);
    return pa_user_handler(r);
}
