/* inbound.h: what is taken from a request before anything else sees it. */
#ifndef PA_INBOUND_H
#define PA_INBOUND_H

#include "../plusauth.h"

/* A post_read_request hook: takes our cookies, and every header that could be mistaken for one of
 * ours. */
int pa_inbound(request_rec *r);

#endif
