/* session_use.h: a request uses the session that its browser brought. */
#ifndef PA_SESSION_USE_H
#define PA_SESSION_USE_H

#include "visit.h"

/* Reads the visit's session from its backend, and notes now and then that it was used. One that is
 * not there, or has ended by its age, leaves no id. APR_SUCCESS, or what is wrong with the store.
 */
apr_status_t pa_session_use(request_rec *r, pa_visit *visit);

#endif
