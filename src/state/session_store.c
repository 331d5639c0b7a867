/* session_store.c: see session_store.h.
 * What mod_session 2.4 does with a record that has expired or cannot be decoded (PR 56052) loses logins, so that it
 * is never given one: such a session is none, and its id is not used again. */
#include "session_store.h"

#include <apr_strings.h>

#include "../base/base64url.h"
#include "../base/crypto.h"
#include "../plusauth.h"

/* A plain request writes at most so often; more often only where a session may idle for minutes at most. */
#define TOUCH_INTERVAL apr_time_from_sec(60)
#define TOUCH_FRACTION 4

static int is_touch_due(request_rec *r, const pa_visit_settings *settings,
                        const pa_session *session)
{
    apr_interval_time_t interval = settings->idle / TOUCH_FRACTION;

    if (interval > TOUCH_INTERVAL)
        interval = TOUCH_INTERVAL;
    return r->request_time - session->touched >= interval;
}

static apr_time_t expiry(const pa_visit_settings *settings, const pa_session *session)
{
    apr_time_t lifetime = session->created + settings->lifetime;
    apr_time_t idle = session->touched + settings->idle;

    return idle < lifetime ? idle : lifetime;
}

/* The record as the store keeps it, and back. Bound to the id, so that a store cannot exchange two. */
static const char *encode(request_rec *r, const pa_visit *visit, const pa_session *session,
                          pa_bytes *out)
{
    const pa_seal_keys *keys = visit->settings->record_keys;
    const char *why = pa_session_record_encode(r->pool, session, out);

    if (why || !keys)
        return why;
    return pa_seal(r->pool, keys, pa_bytes_of(visit->id, PA_SESSION_ID_LEN), *out, out);
}

static const char *decode(request_rec *r, const pa_visit *visit, pa_bytes record,
                          pa_session **out)
{
    const pa_seal_keys *keys = visit->settings->record_keys;
    const char *why = NULL;

    if (keys)
        why = pa_unseal(r->pool, keys, pa_bytes_of(visit->id, PA_SESSION_ID_LEN), record, &record);
    return why ? why : pa_session_record_decode(r->pool, record, out);
}

/* The same record with a new time of use, only if it is still there: what a logout ended stays so. */
static void touch(request_rec *r, pa_visit *visit, pa_session *session)
{
    const pa_visit_settings *settings = visit->settings;
    apr_status_t rv;
    pa_bytes record;

    session->touched = r->request_time;
    if (encode(r, visit, session, &record))
        return;
    rv = pa_cache_replace(settings->sessions, visit->key, expiry(settings, session), record,
                          r->pool);
    if (rv != APR_SUCCESS && rv != APR_NOTFOUND)
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, rv, r, "session: its last use was not stored");
}

/* Reads the record of the visit's id. A session that is not there or has ended leaves no id. */
static apr_status_t read_session(request_rec *r, pa_visit *visit)
{
    pa_session *session;
    pa_bytes record;
    apr_status_t rv;
    const char *why;

    rv = pa_cache_get(visit->settings->sessions, visit->key, r->pool, &record);
    if (rv == APR_NOTFOUND) {
        visit->id[0] = '\0';
        return APR_SUCCESS;
    }
    if (rv != APR_SUCCESS)
        return rv;
    why = decode(r, visit, record, &session);
    if (!why && expiry(visit->settings, session) <= r->request_time)
        why = "the session has ended by its age";
    if (why) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "session dropped: %s", why);
        visit->id[0] = '\0';
        return APR_SUCCESS;
    }
    visit->rec->encoded = session->entries;
    if (session->sub)
        visit->session = session;
    if (is_touch_due(r, visit->settings, session))
        touch(r, visit, session);
    return APR_SUCCESS;
}

static request_rec *first_request(request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return r;
}

/* session_load: always the same record for all the requests of one visit. */
static apr_status_t load(request_rec *r, session_rec **out)
{
    pa_visit *visit = pa_visit_of(r);

    if (!visit || !visit->settings->sessions)
        return DECLINED;
    if (!visit->loaded) {
        request_rec *first = first_request(r);

        visit->loaded = 1;
        visit->rec = apr_pcalloc(first->pool, sizeof(*visit->rec));
        visit->rec->pool = first->pool;
        visit->rec->entries = apr_table_make(first->pool, 2);
        if (visit->id[0])
            visit->status = read_session(first, visit);
    }
    if (visit->status == APR_SUCCESS)
        *out = visit->rec;
    return visit->status;
}

/* A new random id, and with it the key of its record. */
static const char *new_id(request_rec *r, pa_visit *visit)
{
    unsigned char id[PA_SESSION_ID_BYTES];
    const char *why = pa_random(id, sizeof(id));

    if (why)
        return why;
    apr_cpystrn(visit->id, pa_base64url_encode(r->pool, pa_bytes_of(id, sizeof(id))),
                sizeof(visit->id));
    return pa_visit_hash_id(visit);
}

static apr_status_t end_session(request_rec *r, pa_visit *visit)
{
    apr_status_t rv = APR_SUCCESS;

    if (visit->id[0])
        rv = pa_cache_remove(visit->settings->sessions, visit->key, r->pool);
    visit->id[0] = '\0';
    pa_visit_set_session_cookie(r, visit->settings, NULL);
    return rv;
}

/* A login gets a new id, whatever the browser brought (session fixation), and the old record ends. */
static apr_status_t store_new(request_rec *r, pa_visit *visit, const pa_session *session)
{
    pa_cache *sessions = visit->settings->sessions;
    apr_status_t rv;
    const char *why;
    pa_bytes record;

    if (visit->id[0]
        && (rv = pa_cache_remove(sessions, visit->key, r->pool)) != APR_SUCCESS)
        return rv;
    if ((why = new_id(r, visit)) || (why = encode(r, visit, session, &record))) {
        visit->id[0] = '\0';
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "session not saved: %s", why);
        return APR_EGENERAL;
    }
    rv = pa_cache_put(sessions, visit->key, expiry(visit->settings, session), record, r->pool);
    if (rv == APR_SUCCESS)
        pa_visit_set_session_cookie(r, visit->settings, visit->id);
    return rv;
}

/* session_save. Nothing changed: nothing is written, and an anonymous visitor gets no cookie. */
static apr_status_t save(request_rec *r, session_rec *rec)
{
    pa_visit *visit = pa_visit_of(r);
    pa_session *session, anonymous = { 0 };
    apr_status_t rv;
    const char *why;
    pa_bytes record;

    if (!visit || !visit->settings->sessions)
        return DECLINED;
    if (!rec->dirty)
        return OK;
    if (!visit->session && apr_is_empty_table(rec->entries))
        return end_session(r, visit);

    session = visit->session ? visit->session : &anonymous;
    session->entries = rec->encoded && rec->encoded[0] ? rec->encoded : NULL;
    if (!session->created)
        session->created = r->request_time;
    session->touched = r->request_time;
    if (!visit->id[0] || visit->renew_id)
        return store_new(r, visit, session);
    if ((why = encode(r, visit, session, &record))) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "session not saved: %s", why);
        return APR_ENOSPC;
    }
    /* Gone meanwhile: a logout in another request, which must not be undone. */
    rv = pa_cache_replace(visit->settings->sessions, visit->key,
                          expiry(visit->settings, session), record, r->pool);
    return rv == APR_NOTFOUND ? OK : rv;
}

void pa_session_store_register_hooks(apr_pool_t *pool)
{
    static const char *const backends[] = { "mod_session_cookie.c", "mod_session_dbd.c", NULL };

    (void)pool;
    ap_hook_session_load(load, NULL, backends, APR_HOOK_FIRST);
    ap_hook_session_save(save, NULL, backends, APR_HOOK_FIRST);
}
