/* sender.h: whether an access token is good for us alone (RFC 8705 section 3, RFC 9449 section 6).
 */
#ifndef PA_SENDER_H
#define PA_SENDER_H

#include "../base/fault.h"
#include "dpop.h"
#include "provider.h"

/* A token that is a JWT says what it is bound to: that must be our certificate (x5t#S256) where
 * PlusAuthSenderConstrain is mtls, and the login's key (jkt) where it is dpop. Other tokens tell
 * nothing. NULL, or a fault: RULE. */
const pa_fault *pa_sender_check(apr_pool_t *pool, const pa_provider *provider, const pa_dpop *dpop,
                                const char *access_token);

#endif
