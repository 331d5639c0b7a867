/* export.c: see export.h. The variables were made ready at login; here they are pointed at. */
#include "export.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

#include "../state/session.h"
#include "caching.h"
#include "config.h"
#include "route.h"

static int is_ours(request_rec *r)
{
    return r->ap_auth_type && strcmp(r->ap_auth_type, "PlusAuth") == 0;
}

/* Connection names headers that a proxy takes out (RFC 9110 7.6.1): ours are not for the client to
 * name. */
static void keep_from_client(request_rec *r, const char *header)
{
    const char *said = apr_table_get(r->headers_in, "Connection");
    const char *kept = "keep-alive";

    if (!said || !ap_strcasestr(said, header))
        return;
    if (ap_find_token(r->pool, said, "close"))
        kept = "close";
    else if (ap_find_token(r->pool, said, "upgrade"))
        kept = "Upgrade";
    apr_table_setn(r->headers_in, "Connection", kept);
}

static void export_headers(request_rec *r, const pa_session *session,
                           const apr_array_header_t *headers)
{
    for (int i = 0; headers && i < headers->nelts; i++) {
        const pa_header_export *export = &APR_ARRAY_IDX(headers, i, pa_header_export);
        const char *value = pa_session_claim(session, export->claim);

        keep_from_client(r, export->header);
        if (value)
            apr_table_setn(r->headers_in, export->header, value);
    }
}

static int has_variables(const apr_table_t *env)
{
    const apr_array_header_t *all = apr_table_elts(env);

    for (int i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (*name == 'P' && strncmp(name, "PLUSAUTH_", 9) == 0)
            return 1;
    }
    return 0;
}

static void export_variables(request_rec *r, const pa_session *session)
{
    /* Their names differ, but begin alike, so that a table finds each of them last among all: it
     * only looks where some are there already, from SetEnv or an earlier run. */
    void (*put)(apr_table_t *, const char *, const char *) = apr_table_addn;

    if (has_variables(r->subprocess_env))
        put = apr_table_setn;
    for (unsigned int i = 0; i < session->variable_count; i++)
        put(r->subprocess_env, session->variables[i].name, session->variables[i].value);
}

int pa_export_fixup(request_rec *r)
{
    const pa_dir_conf *dir = pa_dir_conf_get(r);
    const pa_session *session = NULL;
    pa_visit *visit = pa_visit_of(r);
    int page = r->handler && strcmp(r->handler, "plusauth-page") == 0 && !pa_route_is(r);

    if (!visit || visit->exported == r || !pa_config_is_active(r) || !(page || is_ours(r)))
        return DECLINED;
    /* A page of ours greets whoever is signed in; it is there for everybody. */
    if (pa_session_load(r, &session) != APR_SUCCESS || !session)
        return DECLINED;
    if (page && !is_ours(r))
        pa_caching_mark(r, 1);
    if (dir->export == PA_EXPORT_HEADERS)
        export_headers(r, session, dir->headers);
    if (pa_dir_conf_exports_variables(r))
        export_variables(r, session);
    /* Another sub-request may have the place of this one in memory. */
    if (!r->main)
        visit->exported = r;
    return DECLINED;
}
