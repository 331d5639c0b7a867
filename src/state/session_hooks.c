/* session_hooks.c: see session_hooks.h.
 * What mod_session 2.4 does with a record that has expired or cannot be decoded (PR 56052) loses
 * logins, so that it is never given one: such a session is none, and its id is not used again. */
#include "session_hooks.h"

#include <apr_dso.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_session.h>
#include <util_filter.h>

#include "../plusauth.h"
#include "audit.h"
#include "log.h"
#include "session_entry.h"

/* A plain request writes at most every eighth of the time that a session may idle, since an old
 * copy stays in shared memory until it would have ended; and at most once a minute, unless a
 * session may idle for minutes at most: then every fourth. */
#define TOUCHES 8
#define TOUCHES_SHORT 4
#define TOUCH_INTERVAL apr_time_from_sec(60)

static int is_touch_due(request_rec *r, const pa_visit_settings *settings,
                        const pa_session *session)
{
    apr_interval_time_t interval = settings->idle / TOUCHES;

    if (interval < TOUCH_INTERVAL) {
        interval = settings->idle / TOUCHES_SHORT;
        interval = interval < TOUCH_INTERVAL ? interval : TOUCH_INTERVAL;
    }
    return r->request_time - session->touched >= interval;
}

/* Notes that the session was used. That this fails ends nothing yet. */
static void touch(request_rec *r, pa_visit *visit, pa_session *session)
{
    apr_status_t rv;

    session->touched = r->request_time;
    if ((rv = visit->settings->backend->rewrite(r, visit, session)) == APR_SUCCESS)
        return;
    pa_counters_add(PA_COUNT_STORE_ERROR);
    pa_log_limited(r, APLOG_WARNING, rv, "session: its last use was not stored");
}

/* Whether its age has ended it. A browser that brings it again is told again: to take the cookie
 * away could take that of a login which ends at the same time. */
static int is_over(request_rec *r, const pa_visit *visit, const pa_session *session)
{
    const pa_visit_settings *settings = visit->settings;

    if (pa_visit_session_end(settings, session) > r->request_time)
        return 0;
    if (session->sub)
        pa_audit_end(r,
                     session->created + settings->lifetime <= r->request_time
                         ? PA_COUNT_EXPIRED_LIFETIME
                         : PA_COUNT_EXPIRED_IDLE,
                     visit->key);
    return 1;
}

apr_status_t pa_session_use(request_rec *r, pa_visit *visit)
{
    pa_session *session = NULL;
    apr_status_t rv = visit->settings->backend->read(r, visit, &session);

    if (rv != APR_SUCCESS)
        return rv;
    if (!session || is_over(r, visit, session)) {
        visit->id[0] = '\0';
        return APR_SUCCESS;
    }
    visit->session_entries = session->entries;
    if (session->sub)
        visit->session = session;
    if (is_touch_due(r, visit->settings, session))
        touch(r, visit, session);
    return APR_SUCCESS;
}

static session_rec *new_record(request_rec *r)
{
    session_rec *rec = apr_pcalloc(r->pool, sizeof(*rec));

    rec->pool = r->pool;
    rec->entries = apr_table_make(r->pool, 2);
    return rec;
}

static void read_session(request_rec *r, pa_visit *visit)
{
    visit->loaded = 1;
    if (visit->id[0] || visit->brought)
        visit->status = pa_session_use(r, visit);
}

/* session_load: always the same record for all the requests of one visit. It stays empty while
 * mod_session only passes by. */
static apr_status_t load(request_rec *r, session_rec **out)
{
    pa_visit *visit = pa_visit_of(r);

    if (!visit || visit->settings->backend->within_mod_session)
        return DECLINED;
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    if (!visit->rec)
        visit->rec = new_record(r);
    if (!visit->loaded && !visit->passing) {
        read_session(r, visit);
        if (visit->session_entries)
            visit->rec->encoded = visit->session_entries;
    }
    if (visit->status == APR_SUCCESS)
        *out = visit->rec;
    return visit->status;
}

/* A module wrote into the record while mod_session passed by: of one name, what comes last counts.
 */
static apr_status_t read_late(request_rec *r, pa_visit *visit, session_rec *rec)
{
    read_session(r, visit);
    if (visit->session_entries && rec->encoded)
        rec->encoded = apr_pstrcat(r->pool, visit->session_entries, "&", rec->encoded, NULL);
    return visit->status;
}

/* session_save. Nothing changed: nothing is written, and an anonymous visitor gets no cookie. */
static apr_status_t save(request_rec *r, session_rec *rec)
{
    pa_visit *visit = pa_visit_of(r);
    pa_session *session, anonymous = { 0 };
    apr_status_t rv;

    if (!visit || visit->settings->backend->within_mod_session)
        return DECLINED;
    if (!rec->dirty)
        return OK;
    if (!visit->loaded && (rv = read_late(r, visit, rec)) != APR_SUCCESS)
        return rv;
    if (!visit->session && apr_is_empty_table(rec->entries))
        return visit->settings->backend->end(r, visit);

    /* What other modules keep is kept beside, also for somebody who is not signed in. */
    session = visit->session ? visit->session : &anonymous;
    session->entries = rec->encoded && rec->encoded[0] ? rec->encoded : NULL;
    if (!session->created)
        session->created = r->request_time;
    session->touched = r->request_time;
    if (visit->id[0] && !visit->renew_id)
        return visit->settings->backend->rewrite(r, visit, session);
    rv = visit->settings->backend->create(r, visit, session);
    if (rv == APR_SUCCESS)
        pa_counters_add(PA_COUNT_SESSION);
    return rv;
}

/* Session On also stands where nobody can sign in, and then mod_session would write two warnings a
 * request if no backend answered. What another module wants to keep there fails as it did. */
static apr_status_t load_nothing(request_rec *r, session_rec **out)
{
    const pa_visit *visit = pa_visit_of(r);

    if (visit)
        return visit->settings->backend->within_mod_session ? APR_EINIT : DECLINED;
    *out = new_record(r);
    return OK;
}

static apr_status_t save_nothing(request_rec *r, session_rec *rec)
{
    return pa_visit_of(r) || rec->dirty ? DECLINED : OK;
}

static const module *mod_session;
static ap_filter_rec_t *passing_filter;

/* Whether mod_session itself does nothing with the session of this request but load and save it. */
static int only_passes(request_rec *r, const pa_visit *visit)
{
    const session_dir_conf *conf;

    if (!visit || visit->loaded || !(visit->id[0] || visit->brought) || !mod_session
        || visit->settings->backend->within_mod_session)
        return 0;
    conf = ap_get_module_config(r->per_dir_config, mod_session);
    return !conf->env && !conf->header_set;
}

/* Around mod_session's fixup. What asks for the session at another time gets it. */
static int pass(request_rec *r)
{
    pa_visit *visit = pa_visit_of(r);

    if (only_passes(r, visit))
        visit->passing = 1;
    return DECLINED;
}

static int have_passed(request_rec *r)
{
    pa_visit *visit = pa_visit_of(r);

    if (visit)
        visit->passing = 0;
    return DECLINED;
}

/* Around mod_session's output filter, which saves what was changed. */
static void insert_passing_filter(request_rec *r)
{
    if (only_passes(r, pa_visit_of(r)))
        ap_add_output_filter_handle(passing_filter, NULL, r, r->connection);
}

static apr_status_t pass_out(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    pa_visit *visit = pa_visit_of(f->r);
    apr_status_t rv;

    ap_remove_output_filter(f);
    visit->passing = !visit->loaded;
    rv = ap_pass_brigade(f->next, brigade);
    visit->passing = 0;
    return rv;
}

/* mod_session's functions that register a hook. */
typedef struct {
    void (*load)(ap_HOOK_session_load_t *function, const char *const *before,
                 const char *const *after, int order);
    void (*save)(ap_HOOK_session_save_t *function, const char *const *before,
                 const char *const *after, int order);
} hook_functions;

/* Looks them up in the loaded mod_session.so, or in httpd itself where mod_session is built in. */
static apr_status_t find_hook_functions(apr_pool_t *pool, const module *session,
                                        hook_functions *out)
{
    apr_dso_handle_t *from = session->dynamic_load_handle;
    apr_dso_handle_sym_t load_symbol, save_symbol;
    apr_status_t rv = from ? APR_SUCCESS : apr_dso_load(&from, NULL, pool);

    if (rv != APR_SUCCESS || (rv = apr_dso_sym(&load_symbol, from, "ap_hook_session_load"))
        || (rv = apr_dso_sym(&save_symbol, from, "ap_hook_session_save")))
        return rv;
    out->load = load_symbol;
    out->save = save_symbol;
    return APR_SUCCESS;
}

const char *pa_session_hooks_register(apr_pool_t *pconf)
{
    static const char *const backends[] = { "mod_session_cookie.c", "mod_session_dbd.c", NULL };
    const module *session = ap_find_linked_module("mod_session.c");
    const char *registering = apr_hook_debug_current;
    hook_functions hook = { 0 };
    apr_status_t rv;
    char why[128];

    mod_session = session;
    if (!session)
        return "mod_session is not loaded";
    if ((rv = find_hook_functions(pconf, session, &hook)) != APR_SUCCESS)
        return apr_psprintf(pconf, "mod_session does not offer its hooks: %s",
                            apr_strerror(rv, why, sizeof(why)));
    /* The name that other modules' lists of predecessors and successors are compared with. */
    apr_hook_debug_current = "mod_plusauth.c";
    hook.load(load, NULL, backends, APR_HOOK_FIRST);
    hook.save(save, NULL, backends, APR_HOOK_FIRST);
    hook.load(load_nothing, NULL, NULL, APR_HOOK_REALLY_LAST);
    hook.save(save_nothing, NULL, NULL, APR_HOOK_REALLY_LAST);
    apr_hook_debug_current = registering;
    return NULL;
}

void pa_session_hooks_register_passing(void)
{
    static const char *const session[] = { "mod_session.c", NULL };

    ap_hook_fixups(pass, NULL, session, APR_HOOK_MIDDLE);
    ap_hook_fixups(have_passed, session, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(insert_passing_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(insert_passing_filter, NULL, NULL, APR_HOOK_MIDDLE);
    passing_filter =
        ap_register_output_filter("PLUSAUTH_SESSION_OUT", pass_out, NULL, AP_FTYPE_CONTENT_SET - 1);
}
