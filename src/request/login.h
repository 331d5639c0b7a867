/* login.h: leaving for the provider. */
#ifndef PA_LOGIN_H
#define PA_LOGIN_H

#include "../protocol/dpop.h"
#include "config.h"
#include "login_hints.h"

/* Sends the browser to the provider that the hints name. Returns what the hook or handler should: a
 * redirect, or an error page's status. */
int pa_login_start(request_rec *r, const pa_login_hints *hints);

/* Ends the logins of this browser: those on their way, and what is kept of others to notice a loop.
 */
void pa_login_forget(request_rec *r);

/* The path and query that the browser asked for, as it spelt it; "/" when it is no plain one. */
const char *pa_login_wanted(const request_rec *r);

/* The handlers of the login path, and of the one that leads to the provider's registration form. */
int pa_login_handler(request_rec *r);
int pa_register_handler(request_rec *r);

/* The key that this login's tokens are bound to, where the provider binds them (RFC 9449): it comes
 * from the login's secret, and so is the same when the browser comes back. NULL, and *jwk set with
 * *out (NULL when tokens are not bound); or a fault. */
const pa_fault *pa_login_dpop(request_rec *r, const pa_provider *provider,
                              const pa_login_state *login, const char **jwk, pa_dpop *out);

#endif
