/* export.c: see export.h. The variables were made ready at login; here they are pointed at. */
#include "export.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "../state/session.h"
#include "config.h"
#include "route.h"

#define PRIVATE_FILTER "PLUSAUTH_PRIVATE"

static ap_filter_rec_t *private_filter;

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

    for (int i = 0; i < all->nelts; i++)
        if (strncmp(APR_ARRAY_IDX(all, i, apr_table_entry_t).key, "PLUSAUTH_", 9) == 0)
            return 1;
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
    int page = r->handler && strcmp(r->handler, "plusauth-page") == 0 && !pa_route_is(r);

    if (!pa_config_is_active(r) || !(page || is_ours(r)))
        return DECLINED;
    /* A page of ours greets whoever is signed in; it is there for everybody. */
    if (pa_session_load(r, &session) != APR_SUCCESS || !session)
        return DECLINED;
    if (page && !is_ours(r))
        pa_export_mark_private(r);
    if (dir->export == PA_EXPORT_HEADERS)
        export_headers(r, session, dir->headers);
    if (dir->export != PA_EXPORT_HEADERS && dir->export != PA_EXPORT_NONE)
        export_variables(r, session);
    return DECLINED;
}

/* Says `private` in Cache-Control, beside whatever the application says there. */
static void say_private(request_rec *r)
{
    apr_table_t *headers =
        apr_table_get(r->err_headers_out, "Cache-Control") ? r->err_headers_out : r->headers_out;
    const char *said = apr_table_get(headers, "Cache-Control");

    if (!said)
        apr_table_setn(headers, "Cache-Control", "private, no-cache");
    else if (!ap_find_token(r->pool, said, "private") && !ap_find_token(r->pool, said, "no-store"))
        apr_table_setn(headers, "Cache-Control", apr_pstrcat(r->pool, "private, ", said, NULL));
}

static apr_status_t private_out(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    say_private(f->r);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

/* A page that includes parts sends its header before the first of them, which may be a user's. */
static void guard_includes(request_rec *r)
{
    const pa_visit *visit = r->main ? NULL : pa_visit_of(r);

    if (!visit || (!visit->id[0] && !visit->brought))
        return;
    for (ap_filter_t *f = r->output_filters; f && f != r->proto_output_filters; f = f->next) {
        if (strcmp(f->frec->name, "includes") == 0) {
            pa_export_mark_private(r);
            return;
        }
    }
}

/* httpd's own answers too: that something is not there is for this user alone. */
static void guard_errors(request_rec *r)
{
    if (r->user && is_ours(r))
        pa_export_mark_private(r);
}

void pa_export_register_filter(void)
{
    ap_hook_insert_error_filter(guard_errors, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(guard_includes, NULL, NULL, APR_HOOK_LAST);
    private_filter =
        ap_register_output_filter(PRIVATE_FILTER, private_out, NULL, AP_FTYPE_CONTENT_SET);
}

void pa_export_mark_private(request_rec *r)
{
    if (!r->main) {
        ap_add_output_filter_handle(private_filter, NULL, r, r->connection);
        return;
    }
    /* Part of another answer, which is made already and so has its say in Cache-Control. */
    while (r->main)
        r = r->main;
    say_private(r);
}
