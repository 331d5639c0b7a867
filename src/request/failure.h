/* failure.h: what a browser is told when a login or a session fails, logged once. */
#ifndef PA_FAILURE_H
#define PA_FAILURE_H

#include "../base/fault.h"
#include "../plusauth.h"

/* The page for what failed between us and the provider. `doing` says at what. Returns the status.
 */
int pa_failure_provider(request_rec *r, const char *doing, const pa_fault *fault);

/* The session store did not answer: 503, never a login (which would end in a loop) and never open.
 * `rv` is what pa_session_load or pa_session_begin gave. Returns the status. */
int pa_failure_session(request_rec *r, apr_status_t rv);

#endif
