/* session.h: who is signed in, through mod_session. */
#ifndef PA_SESSION_H
#define PA_SESSION_H

#include "visit.h"

/* Finds mod_session's functions once the configuration was read: an optional_fn_retrieve hook. */
void pa_session_retrieve_functions(void);

/* The session of this request, NULL for nobody. APR_SUCCESS; APR_ENOTIMPL where Session is Off or
 * no mod_session is loaded; anything else: the store is down. */
apr_status_t pa_session_load(request_rec *r, const pa_session **out);

/* A login: `session` (from the first request's pool) becomes this browser's, with a new id.
 * It is saved when this returns APR_SUCCESS. */
apr_status_t pa_session_begin(request_rec *r, pa_session *session);

/* A logout: the record is gone when this returns APR_SUCCESS, and the browser told to forget its
 * cookie in any case. */
apr_status_t pa_session_end(request_rec *r);

#endif
