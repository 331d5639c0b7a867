/* route.c: see route.h. */
#include "route.h"

#include <http_core.h>
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

    for (apr_size_t i = 0; conf->enabled && i < sizeof(routes) / sizeof(routes[0]); i++)
        if (strcmp(r->uri, conf->path[routes[i].path]) == 0)
            return routes[i].handle;
    return NULL;
}

int pa_route_translate(request_rec *r)
{
    /* A page that includes one of our paths would sign its reader out. */
    if (r->main || !handler_of(r))
        return DECLINED;
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
