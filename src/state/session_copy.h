/* session_copy.h: what the stores have in common that leave a session with others, as a sealed copy
 * (session_sealed.h). Copies cannot be taken back: those of an ended session are known by its id
 * (ended_sessions.h). */
#ifndef PA_SESSION_COPY_H
#define PA_SESSION_COPY_H

#include "visit.h"

/* The session of a copy, and the visit's id and key with it; NULL when it is none of ours or has
 * ended, which the log says. APR_SUCCESS, or what is wrong with the store. */
apr_status_t pa_session_copy_open(request_rec *r, pa_visit *visit, pa_bytes text, pa_session **out);

/* Ends the visit's session, if it has one, and gives it a new id for `session`. */
apr_status_t pa_session_copy_renew(request_rec *r, pa_visit *visit, const pa_session *session);

/* A copy of at most `longest` characters. The log says what was left out, or that it does not fit:
 * then APR_ENOSPC. */
apr_status_t pa_session_copy_make(request_rec *r, const pa_visit *visit, const pa_session *session,
                                  apr_size_t longest, const char **out);

/* Ends the visit's session, if it has one. */
apr_status_t pa_session_copy_end(request_rec *r, pa_visit *visit);

#endif
