/* logout.h: ending a session here and, by the browser, at the provider. */
#ifndef PA_LOGOUT_H
#define PA_LOGOUT_H

#include "../plusauth.h"

/* The handler of the logout path: both where a logout begins and where the provider returns to. */
int pa_logout_handler(request_rec *r);

#endif
