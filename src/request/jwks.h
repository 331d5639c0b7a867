/* jwks.h: the public keys of this server's clients, for their providers (RFC 7517 section 5). */
#ifndef PA_REQUEST_JWKS_H
#define PA_REQUEST_JWKS_H

#include <httpd.h>

/* The handler of the jwks path. */
int pa_jwks_handler(request_rec *r);

#endif
