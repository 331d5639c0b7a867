/* backchannel.h: the provider ends sessions here, by itself or through the user's browser. */
#ifndef PA_BACKCHANNEL_H
#define PA_BACKCHANNEL_H

#include "../plusauth.h"

/* The handler of the back-channel logout path: the provider posts a logout token
 * (OpenID Connect Back-Channel Logout 1.0). 200 for a valid one, 400 for any other. */
int pa_backchannel_handler(request_rec *r);

/* The handler of the front-channel logout path: a frame on the provider's page
 * (OpenID Connect Front-Channel Logout 1.0). Ends the session that the browser has, when iss and
 * sid are its own. */
int pa_frontchannel_handler(request_rec *r);

#endif
