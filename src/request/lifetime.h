/* lifetime.h: how long a request that was let in may last (PlusAuthConnectionLifetime): a
 * WebSocket, a long answer, a long upload. */
#ifndef PA_LIFETIME_H
#define PA_LIFETIME_H

#include "../plusauth.h"

/* A fixups hook: from the end of its place's limit, or of its session's lifetime if that comes
 * first, nothing is read for a request, or sent. */
int pa_lifetime_fixup(request_rec *r);

void pa_lifetime_register(void);

#endif
