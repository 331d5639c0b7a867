/* audit.h: one line in the log, and one more in the counters, for each login and each end of one. A
 * session is named by the first digits of its record's key, never by its id. */
#ifndef PA_AUDIT_H
#define PA_AUDIT_H

#include "counters.h"

void pa_audit_login(request_rec *r, const unsigned char *key);

/* `key` is NULL where it is not known. `how` is one of PA_COUNT_LOGOUT_* and PA_COUNT_EXPIRED_*. */
void pa_audit_end(request_rec *r, pa_count how, const unsigned char *key);

#endif
