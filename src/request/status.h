/* status.h: the counters and the stores, for those who watch this server: a section of mod_status,
 * and `SetHandler plusauth-metrics` in the text format of Prometheus. */
#ifndef PA_STATUS_H
#define PA_STATUS_H

#include "../plusauth.h"

void pa_status_register(apr_pool_t *pool);

/* After a login: the log tells, once a minute at most, when its store is too small for all. */
void pa_status_tell_dropped(request_rec *r);

#endif
