/* cache.h: small records that all processes share: in httpd's shared memory (shmcb) under a lock,
 * or on other servers by a store provider. Every operation here is one step for all of them.
 *
 *   key    32 bytes: a hash of what the record is about
 *   value  up to `longest` bytes, kept until a time that is given with it */
#ifndef PA_CACHE_H
#define PA_CACHE_H

#include <ap_socache.h>
#include <apr_errno.h>
#include <apr_global_mutex.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "bytes.h"
#include "cache_key.h"
#include "store_provider.h"

typedef struct pa_cache pa_cache;

/* A cache on `count` instances of a socache provider that are initialised and belong to this
 * server. `lock` makes our operations one step; NULL for a provider that is used by one thread
 * (tests). `longest` is the size of the longest record. It lives as long as the pool. */
pa_cache *pa_cache_create(apr_pool_t *pool, const ap_socache_provider_t *provider,
                          ap_socache_instance_t *const *instances, int count,
                          apr_global_mutex_t *lock, server_rec *server, apr_size_t longest);

/* The same on other servers: `store` is what provider->create made, `name` what status pages call
 * it. */
pa_cache *pa_cache_create_remote(apr_pool_t *pool, const pa_store_provider *provider, void *store,
                                 const char *name, apr_size_t longest);

/* A key has so many bits to choose an instance. */
#define PA_CACHE_INSTANCES_MAX 256

/* Finds a record that has not expired. APR_SUCCESS and *out (from `pool`, a NUL after its end);
 * APR_NOTFOUND; any other status: the store is down. */
apr_status_t pa_cache_get(pa_cache *cache, const unsigned char *key, apr_pool_t *pool,
                          pa_bytes *out);

/* Stores a record until `expiry`, whatever was there. APR_ENOSPC: it is too long. */
apr_status_t pa_cache_put(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool);

/* Stores it only if nothing is there: APR_EEXIST otherwise. */
apr_status_t pa_cache_add(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool);

/* Rewrites a record. `edit` is given what is there (empty when nothing is) and makes what shall be;
 * it must not use the cache, and is called again when another server was faster. Any other status
 * than APR_SUCCESS leaves all as it was and is returned. APR_EAGAIN: others were faster each time.
 */
typedef apr_status_t pa_cache_edit(void *context, pa_bytes present, apr_pool_t *pool,
                                   pa_bytes *out);
apr_status_t pa_cache_update(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                             pa_cache_edit *edit, void *context, apr_pool_t *pool);

/* Removes a record; it is no error when none is there. */
apr_status_t pa_cache_remove(pa_cache *cache, const unsigned char *key, apr_pool_t *pool);

/* For what no other function here does (counting records, the provider's report of itself): `task`
 * is handed the provider and each instance, with nobody else in the store. It should not take long.
 * Its first result that is no success; APR_ENOTIMPL where records are on other servers. */
typedef apr_status_t pa_cache_task(void *context, const ap_socache_provider_t *provider,
                                   ap_socache_instance_t *instance, server_rec *server);
apr_status_t pa_cache_run(pa_cache *cache, pa_cache_task *task, void *context);

/* Whether both are the same store. */
int pa_cache_is_same(const pa_cache *a, const pa_cache *b);

/* The name of its provider: "shmcb", "redis". */
const char *pa_cache_provider_name(const pa_cache *cache);

#endif
