/* session_store.h: sessions as records in an ap_socache store. The browser holds a random id; the
 * record is found by a hash of it, so that what can read the store cannot use what it finds there.
 */
#ifndef PA_SESSION_STORE_H
#define PA_SESSION_STORE_H

#include "visit.h"

extern const pa_session_backend pa_session_store;

/* Ends the session of that key, whoever asks: no request that is under way brings it back.
 * APR_SUCCESS, also when there was none; or what the store said. */
apr_status_t pa_session_store_end(const pa_visit_settings *settings, const unsigned char *key,
                                  apr_pool_t *pool);

#endif
