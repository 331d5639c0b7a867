/* route.c: see route.h. */
#include "route.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "backchannel.h"
#include "callback.h"
#include "config.h"
#include "jwks.h"
#include "login.h"
#include "logout.h"
#include "user.h"

#define HANDLER "plusauth-route"
/* No request can name such a file: httpd makes absolute paths of what comes from outside. */
#define FILENAME "plusauth:route"

static const struct {
    pa_path path;
    int (*handle)(request_rec *r);
} routes[] = {
    { PA_PATH_LOGIN, pa_login_handler },
    { PA_PATH_CALLBACK, pa_callback_handler },
    { PA_PATH_LOGOUT, pa_logout_handler },
    { PA_PATH_BACKCHANNEL, pa_backchannel_handler },
    { PA_PATH_FRONTCHANNEL, pa_frontchannel_handler },
    { PA_PATH_USER, pa_user_handler },
    { PA_PATH_REGISTER, pa_register_handler },
    { PA_PATH_JWKS, pa_jwks_handler },
};

static int is_route(const request_rec *r)
{
    return r->filename && strcmp(r->filename, FILENAME) == 0;
}

static int (*handler_of(const request_rec *r))(request_rec *)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    int active = pa_config_is_active(r);

    for (apr_size_t i = 0; active && i < sizeof(routes) / sizeof(routes[0]); i++)
        if (strcmp(r->uri, conf->path[routes[i].path]) == 0)
            return routes[i].handle;
    return NULL;
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
    pa_visit *visit;
    int status;

    /* A page that includes one of our paths would sign its reader out. */
    if (r->main || !handler_of(r) || !(visit = pa_visit_of(r)) || visit->asking_translate)
        return DECLINED;
    if ((status = ask_others(r, visit)) != DECLINED)
        return status;
    r->filename = (char *)FILENAME;
    return OK;
}

int pa_route_map(request_rec *r)
{
    return is_route(r) ? OK : DECLINED;
}

int pa_route_access(request_rec *r)
{
    const char *type = is_route(r) ? ap_auth_type(r) : NULL;

    return type && ap_cstr_casecmp(type, "PlusAuth") == 0 ? OK : DECLINED;
}

int pa_route_type(request_rec *r)
{
    return is_route(r) ? OK : DECLINED;
}

int pa_route_fixup(request_rec *r)
{
    if (!is_route(r))
        return DECLINED;
    r->handler = HANDLER;
    return OK;
}

int pa_route_handler(request_rec *r)
{
    int (*handle)(request_rec *);

    if (r->handler && strcmp(r->handler, "plusauth-user") == 0)
        return pa_user_handler(r);
    if (!r->handler || strcmp(r->handler, HANDLER) != 0 || !is_route(r))
        return DECLINED;
    handle = handler_of(r);
    return handle ? handle(r) : DECLINED;
}
