/* authn.h: the decision whether a request has a user. */
#ifndef PA_AUTHN_H
#define PA_AUTHN_H

#include "../plusauth.h"

/* A check_authn hook, where AuthType is PlusAuth. */
int pa_authn_check(request_rec *r);

/* A fixups hook: where PlusAuthUnauthenticated is pass and nothing demands a user, so that the
 * decision above was not asked for, whoever is signed in is the user all the same. */
int pa_authn_pass(request_rec *r);

/* The session store did not answer: 503, never a login (which would end in a loop) and never open.
 * `rv` is what pa_session_load gave. */
int pa_authn_store_failure(request_rec *r, apr_status_t rv);

#endif
