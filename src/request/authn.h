/* authn.h: the decision whether a request has a user. */
#ifndef PA_AUTHN_H
#define PA_AUTHN_H

#include "../plusauth.h"

/* A check_authn hook, where AuthType is PlusAuth. */
int pa_authn_check(request_rec *r);

/* A fixups hook: where PlusAuthUnauthenticated is pass and nothing demands a user, so that the
 * decision above was not asked for, whoever is signed in is the user all the same. */
int pa_authn_pass(request_rec *r);

/* A fixups hook, just before mod_dir looks for a start page. */
int pa_authn_index(request_rec *r);

/* Whether a browser only guesses that the person goes there next: what has an effect waits for the
 * person. */
int pa_authn_is_prefetch(request_rec *r);

#endif
