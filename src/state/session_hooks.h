/* session_hooks.h: our part in mod_session: it asks for the session of a request, and has it saved.
 */
#ifndef PA_SESSION_HOOKS_H
#define PA_SESSION_HOOKS_H

#include "visit.h"

/* Answers mod_session's session_load and session_save hooks, before its own backends do. For the
 * pre_config phase: every LoadModule line has been read then, so that their order does not matter.
 * mod_session's functions are looked up by name, because a symbol that is linked would have to be
 * there when this module is loaded. NULL, or what is wrong and its cure. */
const char *pa_session_hooks_register(apr_pool_t *pconf);

/* Hooks around mod_session's own, which load and save the session of each request: nothing is read
 * for them where nothing else asks for it. */
void pa_session_hooks_register_passing(void);

/* Reads the visit's session from its backend, and notes now and then that it was used. One that is
 * not there, or has ended by its age, leaves no id. APR_SUCCESS, or what is wrong with the store.
 */
apr_status_t pa_session_use(request_rec *r, pa_visit *visit);

#endif
