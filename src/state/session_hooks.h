/* session_hooks.h: our part in mod_session: it asks for the session of a request, and has it saved.
 */
#ifndef PA_SESSION_HOOKS_H
#define PA_SESSION_HOOKS_H

#include <apr_pools.h>

/* Answers mod_session's session_load and session_save hooks, before its own backends do. */
void pa_session_hooks_register(apr_pool_t *pool);

#endif
