/* user.h: who is signed in, for a page's scripts. */
#ifndef PA_USER_H
#define PA_USER_H

#include "../plusauth.h"

/* The handler of the user path and of `SetHandler plusauth-user`: JSON of the signed-in user with
 * the seconds that the session has left; 401 when nobody is. */
int pa_user_handler(request_rec *r);

#endif
