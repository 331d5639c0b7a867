/* session.c: see session.h. Saves are made here, at once and with their result looked at: the
 * output filter of mod_session ignores it. */
#include "session.h"

#include "../plusauth.h"
#include "counters.h"
#include "session_entry.h"

static APR_OPTIONAL_FN_TYPE(ap_session_load) * session_load;
static APR_OPTIONAL_FN_TYPE(ap_session_save) * session_save;

void pa_session_retrieve_functions(void)
{
    session_load = APR_RETRIEVE_OPTIONAL_FN(ap_session_load);
    session_save = APR_RETRIEVE_OPTIONAL_FN(ap_session_save);
    pa_session_entry_retrieve_functions();
}

static int is_within_mod_session(const pa_visit *visit)
{
    return visit && visit->settings->backend->within_mod_session;
}

static apr_status_t load_record(request_rec *r, session_rec **out)
{
    pa_visit *visit = pa_visit_of(r);
    session_rec *rec = NULL;
    apr_status_t rv;
    int passing;

    if (!session_load || !visit)
        return APR_ENOTIMPL;
    if (!is_within_mod_session(visit)) {
        /* Filters behind mod_session's run while it passes by: this one does not. */
        passing = visit->passing;
        visit->passing = 0;
        rv = session_load(r, &rec);
        visit->passing = passing;
    }
    else if ((rv = visit->loaded ? visit->status : pa_session_entry_load(r, visit)) == APR_SUCCESS)
        rec = visit->rec;
    if (rv != APR_SUCCESS)
        return rv;
    if (!rec)
        return APR_ENOTIMPL;
    *out = rec;
    return APR_SUCCESS;
}

apr_status_t pa_session_load(request_rec *r, const pa_session **out)
{
    pa_visit *visit = pa_visit_of(r);
    session_rec *rec;
    apr_status_t rv;

    /* Within one visit the store is asked once, also when it did not answer. */
    if (visit && visit->loaded) {
        *out = visit->session;
        return visit->status;
    }
    if ((rv = load_record(r, &rec)) != APR_SUCCESS)
        return rv;
    /* With a record there is a visit: load_record says so. */
    *out = visit ? visit->session : NULL;
    return APR_SUCCESS;
}

/* Also what was saved before: mod_session would take a second time for a mistake. */
static apr_status_t save_record(request_rec *r, session_rec *rec)
{
    rec->dirty = 1;
    rec->written = 0;
    return session_save(r, rec);
}

static int is_same_user(const pa_session *a, const pa_session *b)
{
    return strcmp(a->provider, b->provider) == 0 && strcmp(a->sub, b->sub) == 0;
}

apr_status_t pa_session_begin(request_rec *r, pa_session *session)
{
    pa_visit *visit = pa_visit_of(r);
    session_rec *rec;
    apr_status_t rv = load_record(r, &rec);

    if (rv != APR_SUCCESS)
        return rv;
    /* What other modules keep stays with the browser, but not with its next user. */
    if (visit->session && !is_same_user(visit->session, session))
        apr_table_clear(rec->entries);
    visit->session = session;
    visit->renew_id = 1;
    if (!is_within_mod_session(visit))
        return save_record(r, rec);
    if ((rv = visit->settings->backend->create(r, visit, session)) == APR_SUCCESS)
        pa_counters_add(PA_COUNT_SESSION);
    return rv;
}

apr_status_t pa_session_end(request_rec *r)
{
    pa_visit *visit = pa_visit_of(r);
    session_rec *rec;
    apr_status_t rv = load_record(r, &rec);

    if (rv != APR_SUCCESS)
        return rv;
    visit->session = NULL;
    apr_table_clear(rec->entries);
    return is_within_mod_session(visit) ? visit->settings->backend->end(r, visit)
                                        : save_record(r, rec);
}
