/* cache.c: see cache.h. The lock is held for one provider call, or for the two that make up an
 * add or a replace; never while anything is waited for. */
#include "cache.h"

#include <apr_strings.h>

struct pa_cache {
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *instance;
    apr_global_mutex_t *lock;
    server_rec *server;
    apr_size_t longest;
};

void pa_cache_key_mark(unsigned char *key, int counts)
{
    unsigned char *last = key + PA_CACHE_KEY_LEN - 1;

    *last = (unsigned char)(counts ? *last | 1 : *last & 0xfe);
}

int pa_cache_key_counts(const unsigned char *key)
{
    return key[PA_CACHE_KEY_LEN - 1] & 1;
}

pa_cache *pa_cache_create(apr_pool_t *pool, const ap_socache_provider_t *provider,
                          ap_socache_instance_t *instance, apr_global_mutex_t *lock,
                          server_rec *server, apr_size_t longest)
{
    pa_cache *cache = apr_palloc(pool, sizeof(*cache));

    *cache = (pa_cache){ provider, instance, lock, server, longest };
    return cache;
}

static apr_status_t lock(pa_cache *cache)
{
    return cache->lock ? apr_global_mutex_lock(cache->lock) : APR_SUCCESS;
}

static apr_status_t unlock(pa_cache *cache, apr_status_t rv)
{
    apr_status_t unlocked = cache->lock ? apr_global_mutex_unlock(cache->lock) : APR_SUCCESS;

    return rv != APR_SUCCESS ? rv : unlocked;
}

static apr_status_t retrieve(pa_cache *cache, const unsigned char *key, apr_pool_t *pool,
                             pa_bytes *out)
{
    unsigned char *buffer = apr_palloc(pool, cache->longest + 1);
    unsigned int len = (unsigned int)cache->longest;
    apr_status_t rv = cache->provider->retrieve(cache->instance, cache->server, key,
                                                PA_CACHE_KEY_LEN, buffer, &len, pool);

    if (rv != APR_SUCCESS)
        return rv;
    buffer[len] = '\0';
    *out = pa_bytes_of(buffer, len);
    return APR_SUCCESS;
}

static apr_status_t store(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    /* A longer one could not be read back. The provider's prototype lacks a const. */
    if (value.len > cache->longest)
        return APR_ENOSPC;
    return cache->provider->store(cache->instance, cache->server, key, PA_CACHE_KEY_LEN, expiry,
                                  (unsigned char *)value.at, (unsigned int)value.len, pool);
}

apr_status_t pa_cache_get(pa_cache *cache, const unsigned char *key, apr_pool_t *pool,
                          pa_bytes *out)
{
    apr_status_t rv = lock(cache);

    if (rv != APR_SUCCESS)
        return rv;
    return unlock(cache, retrieve(cache, key, pool, out));
}

apr_status_t pa_cache_put(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    apr_status_t rv = lock(cache);

    if (rv != APR_SUCCESS)
        return rv;
    return unlock(cache, store(cache, key, expiry, value, pool));
}

/* Stores when what retrieve says of the present record is `when`. */
static apr_status_t store_when(pa_cache *cache, apr_status_t when, const unsigned char *key,
                               apr_time_t expiry, pa_bytes value, apr_pool_t *pool)
{
    apr_status_t rv = lock(cache);
    apr_pool_t *scratch;
    pa_bytes present;

    if (rv != APR_SUCCESS)
        return rv;
    apr_pool_create(&scratch, pool);
    rv = retrieve(cache, key, scratch, &present);
    apr_pool_destroy(scratch);
    if (rv == when)
        return unlock(cache, store(cache, key, expiry, value, pool));
    return unlock(cache, rv == APR_SUCCESS ? APR_EEXIST : rv);
}

apr_status_t pa_cache_add(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    return store_when(cache, APR_NOTFOUND, key, expiry, value, pool);
}

apr_status_t pa_cache_replace(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                              pa_bytes value, apr_pool_t *pool)
{
    return store_when(cache, APR_SUCCESS, key, expiry, value, pool);
}

apr_status_t pa_cache_update(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                             pa_cache_edit *edit, void *context, apr_pool_t *pool)
{
    pa_bytes present = { (const unsigned char *)"", 0 }, made = present;
    apr_status_t rv = lock(cache);

    if (rv != APR_SUCCESS)
        return rv;
    rv = retrieve(cache, key, pool, &present);
    if (rv == APR_SUCCESS || rv == APR_NOTFOUND)
        rv = edit(context, present, pool, &made);
    if (rv == APR_SUCCESS)
        rv = store(cache, key, expiry, made, pool);
    return unlock(cache, rv);
}

apr_status_t pa_cache_run(pa_cache *cache, pa_cache_task *task, void *context)
{
    apr_status_t rv = lock(cache);

    if (rv != APR_SUCCESS)
        return rv;
    return unlock(cache, task(context, cache->provider, cache->instance, cache->server));
}

int pa_cache_is_same(const pa_cache *a, const pa_cache *b)
{
    return a->instance == b->instance;
}

const char *pa_cache_provider_name(const pa_cache *cache)
{
    return cache->provider->name;
}

int pa_cache_is_locked(const pa_cache *cache)
{
    return cache->lock != NULL;
}

apr_status_t pa_cache_remove(pa_cache *cache, const unsigned char *key, apr_pool_t *pool)
{
    apr_status_t rv = lock(cache);

    if (rv != APR_SUCCESS)
        return rv;
    rv = cache->provider->remove(cache->instance, cache->server, key, PA_CACHE_KEY_LEN, pool);
    return unlock(cache, rv == APR_NOTFOUND ? APR_SUCCESS : rv);
}
