/* authz.h: whether somebody who is signed in may open a place. */
#ifndef PA_AUTHZ_H
#define PA_AUTHZ_H

/* Registers the 403 of a user who is signed in and not allowed. */
void pa_authz_register(void);

#endif
