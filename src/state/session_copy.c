/* session_copy.c: see session_copy.h. */
#include "session_copy.h"

#include "../plusauth.h"
#include "ended_sessions.h"
#include "log.h"

static pa_session_seal seal_of(const pa_visit *visit)
{
    return (pa_session_seal){ visit->settings->sealed_keys,
                              pa_bytes_of(visit->settings->realm, PA_REALM_LEN) };
}

static void log_dropped(request_rec *r, const char *why)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "session dropped: %s", why);
}

apr_status_t pa_session_copy_open(request_rec *r, pa_visit *visit, pa_bytes text, pa_session **out)
{
    const pa_session_seal seal = seal_of(visit);
    pa_session *session;
    apr_status_t rv;
    int ended = 0;
    const char *why = pa_session_sealed_decode(r->pool, &seal, text, visit->id, &session);

    if (!why)
        why = pa_visit_hash_id(visit);
    if (why) {
        visit->id[0] = '\0';
        log_dropped(r, why);
        return APR_SUCCESS;
    }
    rv = pa_ended_sessions_ask(visit->settings, session, visit->key, r->pool, &ended);
    if (rv != APR_SUCCESS)
        return rv;
    if (ended)
        log_dropped(r, "it was ended before");
    else
        *out = session;
    return APR_SUCCESS;
}

apr_status_t pa_session_copy_renew(request_rec *r, pa_visit *visit, const pa_session *session)
{
    apr_status_t rv = visit->id[0] ? pa_ended_sessions_add(visit->settings, visit->key, r->pool)
                                   : pa_ended_sessions_begin(visit->settings, session, r->pool);
    const char *why;

    visit->id[0] = '\0';
    if (rv != APR_SUCCESS || !(why = pa_visit_new_id(visit, r->pool)))
        return rv;
    visit->id[0] = '\0';
    pa_log_limited(r, APLOG_ERR, 0, "session not saved: %s", why);
    return APR_EGENERAL;
}

apr_status_t pa_session_copy_make(request_rec *r, const pa_visit *visit, const pa_session *session,
                                  apr_size_t longest, const char **out)
{
    const pa_session_seal seal = seal_of(visit);
    const char *left_out = NULL;
    const char *why =
        pa_session_sealed_encode(r->pool, &seal, visit->id, session, longest, out, &left_out);

    if (why) {
        pa_log_limited(r, APLOG_ERR, 0, "session not saved: %s", why);
        return APR_ENOSPC;
    }
    if (left_out)
        pa_log_limited(r, APLOG_WARNING, 0,
                       "the session is too large for its cookies: it goes without %s", left_out);
    return APR_SUCCESS;
}

apr_status_t pa_session_copy_end(request_rec *r, pa_visit *visit)
{
    apr_status_t rv = APR_SUCCESS;

    if (visit->id[0])
        rv = pa_ended_sessions_add(visit->settings, visit->key, r->pool);
    visit->id[0] = '\0';
    return rv;
}
