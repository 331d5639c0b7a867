/* session_hooks.h: our part in mod_session: it asks for the session of a request, and has it saved.
 */
#ifndef PA_SESSION_HOOKS_H
#define PA_SESSION_HOOKS_H

#include "visit.h"

/* Answers mod_session's session_load and session_save hooks, before its own backends do. */
void pa_session_hooks_register(apr_pool_t *pool);

/* Reads the visit's session from its backend, and notes now and then that it was used. One that is
 * not there, or has ended by its age, leaves no id. APR_SUCCESS, or what is wrong with the store.
 */
apr_status_t pa_session_use(request_rec *r, pa_visit *visit);

#endif
