/* session_use.c: see session_use.h. */
#include "session_use.h"

#include "../plusauth.h"
#include "audit.h"

/* A plain request writes at most so often; more often only where a session may idle for minutes at
 * most. */
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

/* Notes that the session was used. That this fails ends nothing yet. */
static void touch(request_rec *r, pa_visit *visit, pa_session *session)
{
    apr_status_t rv;

    session->touched = r->request_time;
    if ((rv = visit->settings->backend->rewrite(r, visit, session)) == APR_SUCCESS)
        return;
    pa_counters_add(PA_COUNT_STORE_ERROR);
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, rv, r, "session: its last use was not stored");
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
