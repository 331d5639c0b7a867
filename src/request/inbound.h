/* inbound.h: what is taken from a request before anything else sees it. */
#ifndef PA_INBOUND_H
#define PA_INBOUND_H

#include "config.h"

/* Makes ready, at start, what to look for in every request. */
void pa_inbound_complete(apr_pool_t *pool, pa_server_conf *conf);

/* A post_read_request hook: takes our cookies, and every header that could be mistaken for one of
 * ours. */
int pa_inbound(request_rec *r);

#endif
