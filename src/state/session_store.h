/* session_store.h: our backend for mod_session, on an ap_socache store.
 * mod_session asks it for the session of a request, by its hooks. The browser holds a random id; the record is found
 * by the id's SHA-256, so that what can read the store cannot use what it finds there. */
#ifndef PA_SESSION_STORE_H
#define PA_SESSION_STORE_H

#include "visit.h"

/* Answers mod_session's session_load and session_save hooks, before its own backends do. */
void pa_session_store_register_hooks(apr_pool_t *pool);

#endif
