/* session_hooks.c: see session_hooks.h.
 * What mod_session 2.4 does with a record that has expired or cannot be decoded (PR 56052) loses
 * logins, so that it is never given one: such a session is none, and its id is not used again. */
#include "session_hooks.h"

#include <mod_session.h>

#include "../plusauth.h"
#include "counters.h"
#include "session_use.h"

/* session_load: always the same record for all the requests of one visit. */
static apr_status_t load(request_rec *r, session_rec **out)
{
    pa_visit *visit = pa_visit_of(r);

    if (!visit || visit->settings->backend->within_mod_session)
        return DECLINED;
    if (!visit->loaded) {
        while (r->main || r->prev)
            r = r->main ? r->main : r->prev;
        visit->loaded = 1;
        visit->rec = apr_pcalloc(r->pool, sizeof(*visit->rec));
        visit->rec->pool = r->pool;
        visit->rec->entries = apr_table_make(r->pool, 2);
        if (visit->id[0] || visit->brought)
            visit->status = pa_session_use(r, visit);
        if (visit->session_entries)
            visit->rec->encoded = visit->session_entries;
    }
    if (visit->status == APR_SUCCESS)
        *out = visit->rec;
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

void pa_session_hooks_register(apr_pool_t *pool)
{
    static const char *const backends[] = { "mod_session_cookie.c", "mod_session_dbd.c", NULL };

    (void)pool;
    ap_hook_session_load(load, NULL, backends, APR_HOOK_FIRST);
    ap_hook_session_save(save, NULL, backends, APR_HOOK_FIRST);
}
