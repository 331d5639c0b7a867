/* ended_sessions.h: the list of ended sessions (ended_list.h) in the store, one record for all, so
 * that a request asks once. */
#ifndef PA_ENDED_SESSIONS_H
#define PA_ENDED_SESSIONS_H

#include "ended_list.h"
#include "visit.h"

/* Makes sure that there is a list, before a session is made that it could name. */
apr_status_t pa_ended_sessions_begin(const pa_visit_settings *settings, const pa_session *session,
                                     apr_pool_t *pool);

/* Whether the session of that key is ended. */
apr_status_t pa_ended_sessions_ask(const pa_visit_settings *settings, const pa_session *session,
                                   const unsigned char *key, apr_pool_t *pool, int *ended);

/* Ends the session of that key. */
apr_status_t pa_ended_sessions_add(const pa_visit_settings *settings, const unsigned char *key,
                                   apr_pool_t *pool);

/* Ends what a provider says: see pa_session_backend. *ended stays empty: whose copies end is known
 * to their browsers alone. */
apr_status_t pa_ended_sessions_end_by(const pa_visit_settings *settings, const char *client,
                                      const char *sub, const char *sid, pa_bytes *ended,
                                      apr_pool_t *pool);

#endif
