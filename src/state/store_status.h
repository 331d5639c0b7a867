/* store_status.h: what there is to say of a store of sessions. */
#ifndef PA_STORE_STATUS_H
#define PA_STORE_STATUS_H

#include "visit.h"

/* How many sessions live in the store: it is gone through under its lock, about 10 ms for 10,000.
 * APR_SUCCESS; APR_ENOTIMPL where the provider cannot tell, as Redis and memcached; or what is
 * wrong with it. */
apr_status_t pa_store_count_sessions(pa_cache *store, apr_pool_t *pool, apr_uint64_t *count);

/* Writes what the store's provider says of itself, as HTML or, with PA_STATUS_SHORT, without. */
#define PA_STATUS_SHORT 1 /* AP_STATUS_SHORT: not every httpd comes with mod_status.h */
void pa_store_show(request_rec *r, pa_cache *store, int flags);

/* How many records the store has dropped before their time, to make room. Only shmcb does that, and
 * says so. It counts whatever was dropped: sessions, what they are found by, older copies of both.
 */
apr_uint64_t pa_store_dropped(request_rec *r, pa_cache *store);

void pa_store_status_register(void);

#endif
