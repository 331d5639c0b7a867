/* mod_fill.c: signs many users in at once, for t/bench/scale alone. It is linked into a
 * mod_plusauth.so of its own, next to the module's objects. Whoever asks the handler for
 * ?count=N&first=M gets N sessions that differ from the own one by their sub and sid, each stored by
 * the code that stores a login's, and is told their ids. */
#include <apr_strings.h>
#include <http_protocol.h>

#include "../../src/state/session.h"

/* Of a session's last use, from now: no request has to note its own. */
#define UNTOUCHED apr_time_from_sec(3600)

/* A name of the same length: what others hold takes as much room. */
static const char *renamed(apr_pool_t *pool, const char *name, int number)
{
    char *other = apr_pstrdup(pool, name);
    apr_size_t len = strlen(name);

    for (; len > 0 && number > 0; number /= 10)
        other[--len] = (char)('0' + number % 10);
    return other;
}

/* In a pool that ends with it: a request that creates thousands would hold them all. */
static apr_status_t create(request_rec *r, const pa_session *model, int number)
{
    const pa_visit_settings *settings = pa_visit_of(r)->settings;
    request_rec once = *r;
    pa_visit visit = { .settings = settings };
    pa_session session = *model;
    apr_status_t rv;

    apr_pool_create(&once.pool, r->pool);
    once.err_headers_out = apr_table_make(once.pool, 2);
    session.sub = renamed(once.pool, model->sub, number);
    session.sid = renamed(once.pool, model->sid, number);
    session.created = apr_time_now();
    session.touched = session.created + UNTOUCHED;
    rv = settings->backend->create(&once, &visit, &session);
    if (rv == APR_SUCCESS)
        ap_rprintf(r, "%s\n", visit.id);
    apr_pool_destroy(once.pool);
    return rv;
}

static int fill(request_rec *r)
{
    const pa_session *model = NULL;
    apr_status_t rv;
    int count = 0, first = 0;

    if (strcmp(r->handler, "plusauth-fill") != 0)
        return DECLINED;
    if (!r->args || sscanf(r->args, "count=%d&first=%d", &count, &first) != 2)
        return HTTP_BAD_REQUEST;
    rv = pa_session_load(r, &model);
    for (int i = 0; rv == APR_SUCCESS && model && i < count; i++)
        rv = create(r, model, first + i);
    return rv == APR_SUCCESS && model ? OK : HTTP_SERVICE_UNAVAILABLE;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(fill, NULL, NULL, APR_HOOK_MIDDLE);
}

__attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA fill_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE
};
