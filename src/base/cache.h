/* cache.h: small records shared by all processes, on httpd's ap_socache, with the lock some of its
 * providers need. What must be one step (take a lease, change what is still there) is one here. */
#ifndef PA_CACHE_H
#define PA_CACHE_H

#include <ap_socache.h>
#include <apr_errno.h>
#include <apr_global_mutex.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "bytes.h"
#include "cache_key.h"

typedef struct pa_cache pa_cache;

/* A cache on `count` instances of a socache provider that were initialised. `lock` is needed by
 * providers that do not lock themselves, and makes our compound operations one step; NULL for none.
 * `longest` is the size of the longest record that will be read. */
pa_cache *pa_cache_create(apr_pool_t *pool, const ap_socache_provider_t *provider,
                          ap_socache_instance_t *const *instances, int count,
                          apr_global_mutex_t *lock, server_rec *server, apr_size_t longest);

/* More than so many could not be told apart. */
#define PA_CACHE_INSTANCES_MAX 256

/* Finds a record that has not expired. APR_SUCCESS and *out (from `pool`, a NUL after its end);
 * APR_NOTFOUND; any other status: the store is down. */
apr_status_t pa_cache_get(pa_cache *cache, const unsigned char *key, apr_pool_t *pool,
                          pa_bytes *out);

/* Stores a record until `expiry`, whatever was there. */
apr_status_t pa_cache_put(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool);

/* Stores it only if nothing is there: APR_EEXIST otherwise. */
apr_status_t pa_cache_add(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool);

/* Rewrites a record in one step, as far as the store can (see pa_cache_is_locked). `edit` is given
 * what is there (empty when nothing is) and makes what shall be; it must not use the cache. Any
 * other status than APR_SUCCESS leaves all as it was and is returned. */
typedef apr_status_t pa_cache_edit(void *context, pa_bytes present, apr_pool_t *pool,
                                   pa_bytes *out);
apr_status_t pa_cache_update(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                             pa_cache_edit *edit, void *context, apr_pool_t *pool);

/* Whether the operations above are one step for all processes. Redis and memcached are not locked
 * by us: there another server can come between reading and writing. */
int pa_cache_is_locked(const pa_cache *cache);

/* For what no other function here does (counting records, the provider's report of itself): `task`
 * is handed the provider and each instance, with nobody else in the store. It should not take long.
 * Its first result that is no success. */
typedef apr_status_t pa_cache_task(void *context, const ap_socache_provider_t *provider,
                                   ap_socache_instance_t *instance, server_rec *server);
apr_status_t pa_cache_run(pa_cache *cache, pa_cache_task *task, void *context);

/* Whether both are the same store. */
int pa_cache_is_same(const pa_cache *a, const pa_cache *b);

/* The name of its provider: "shmcb". */
const char *pa_cache_provider_name(const pa_cache *cache);

/* Removes a record; it is no error when none is there. */
apr_status_t pa_cache_remove(pa_cache *cache, const unsigned char *key, apr_pool_t *pool);

#endif
