/* callback.h: coming back from the provider. */
#ifndef PA_CALLBACK_H
#define PA_CALLBACK_H

#include "../plusauth.h"

/* The handler of the callback path (redirect_uri). */
int pa_callback_handler(request_rec *r);

#endif
