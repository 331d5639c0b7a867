/* session_store.c: see session_store.h. */
#include "session_store.h"

#include "../plusauth.h"
#include "log.h"
#include "logout_memory.h"
#include "session_index.h"

/* The record as the store keeps it, and back. Bound to its key, so that a store cannot exchange
 * two. */
static const char *encode(const pa_visit *visit, const pa_session *session, apr_pool_t *pool,
                          pa_bytes *out)
{
    const pa_seal_keys *keys = visit->settings->record_keys;
    const char *why = pa_session_record_encode(pool, session, out);

    if (why || !keys)
        return why;
    return pa_seal(pool, keys, pa_bytes_of(visit->id, PA_SESSION_ID_LEN), *out, out);
}

static const char *decode(const pa_visit *visit, pa_bytes record, apr_pool_t *pool,
                          pa_session **out)
{
    const pa_seal_keys *keys = visit->settings->record_keys;
    const char *why = NULL;

    if (keys)
        why = pa_unseal(pool, keys, pa_bytes_of(visit->id, PA_SESSION_ID_LEN), record, &record);
    return why ? why : pa_session_record_decode(pool, record, out);
}

static apr_status_t read_record(request_rec *r, pa_visit *visit, pa_session **out)
{
    pa_bytes record;
    apr_status_t rv = pa_cache_get(visit->settings->sessions, visit->key, r->pool, &record);
    const char *why;

    if (rv != APR_SUCCESS)
        return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
    if ((why = decode(visit, record, r->pool, out)))
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "session dropped: %s", why);
    return APR_SUCCESS;
}

static apr_status_t not_encoded(request_rec *r, const char *why)
{
    pa_log_limited(r, APLOG_ERR, 0, "session not saved: %s", why);
    return APR_ENOSPC;
}

static apr_status_t create(request_rec *r, pa_visit *visit, const pa_session *session)
{
    const pa_visit_settings *settings = visit->settings;
    apr_status_t rv = APR_SUCCESS;
    const char *why;
    pa_bytes record;

    if (visit->id[0])
        rv = pa_logout_memory_end(settings, visit->key, r->pool);
    if (rv != APR_SUCCESS)
        return rv;
    if ((why = pa_visit_new_id(visit, r->pool))
        || (why = encode(visit, session, r->pool, &record))) {
        visit->id[0] = '\0';
        return not_encoded(r, why);
    }
    rv = pa_cache_put(settings->sessions, visit->key, pa_visit_session_end(settings, session),
                      record, r->pool);
    /* A session that its provider could not end is none. */
    if (rv == APR_SUCCESS && session->sub)
        rv = pa_session_index_add(settings, session, visit->key, r->pool);
    if (rv == APR_SUCCESS)
        pa_visit_set_session_cookie(r, settings, 0, visit->id);
    return rv;
}

/* What a request changes in a session. */
typedef struct change {
    request_rec *r;
    const pa_visit *visit;
    const pa_session *session;
} change;

/* Only what was changed is: another request may have renewed the tokens since this one read them.
 * A session that is gone was ended meanwhile, which must not be undone. */
static apr_status_t apply(void *context, pa_bytes present, apr_pool_t *pool, pa_bytes *out)
{
    const change *made = context;
    pa_session *session;
    const char *why;

    if (!present.len || decode(made->visit, present, pool, &session))
        return APR_NOTFOUND;
    session->touched = made->session->touched;
    session->entries = made->session->entries;
    why = encode(made->visit, session, pool, out);
    return why ? not_encoded(made->r, why) : APR_SUCCESS;
}

static apr_status_t rewrite(request_rec *r, pa_visit *visit, const pa_session *session)
{
    const pa_visit_settings *settings = visit->settings;
    change made = { r, visit, session };
    apr_status_t rv =
        pa_cache_update(settings->sessions, visit->key, pa_visit_session_end(settings, session),
                        apply, &made, r->pool);

    if (rv == APR_NOTFOUND)
        return APR_SUCCESS;
    if (rv == APR_SUCCESS && session->sub)
        rv = pa_session_index_add(settings, session, visit->key, r->pool);
    return rv;
}

static apr_status_t end(request_rec *r, pa_visit *visit)
{
    apr_status_t rv = APR_SUCCESS;

    if (visit->id[0])
        rv = pa_logout_memory_end(visit->settings, visit->key, r->pool);
    visit->id[0] = '\0';
    pa_visit_set_session_cookie(r, visit->settings, 0, NULL);
    return rv;
}

const pa_session_backend pa_session_store = {
    .read = read_record,
    .create = create,
    .rewrite = rewrite,
    .end = end,
    .end_by = pa_session_index_end,
};
