/* cache.c: see cache.h. The lock is held for one call of the provider, or for the two that make up
 * an add or an update; never while anything is waited for. */
#include "cache.h"

#include <apr_strings.h>

/* How often an update of a record on another server is tried, when others change it meanwhile. */
#define UPDATE_TRIES 20

struct pa_cache {
    /* In shared memory. */
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *const *instances;
    int count;
    apr_global_mutex_t *lock;
    server_rec *server;
    /* On other servers. */
    const pa_store_provider *remote; /* NULL: in shared memory */
    void *store;

    const char *name;
    apr_size_t longest;
};

pa_cache *pa_cache_create(apr_pool_t *pool, const ap_socache_provider_t *provider,
                          ap_socache_instance_t *const *instances, int count,
                          apr_global_mutex_t *lock, server_rec *server, apr_size_t longest)
{
    pa_cache *cache = apr_pcalloc(pool, sizeof(*cache));

    cache->provider = provider;
    cache->instances =
        apr_pmemdup(pool, instances, (apr_size_t)count * sizeof(ap_socache_instance_t *));
    cache->count = count;
    cache->lock = lock;
    cache->server = server;
    cache->name = provider->name;
    cache->longest = longest;
    return cache;
}

pa_cache *pa_cache_create_remote(apr_pool_t *pool, const pa_store_provider *provider, void *store,
                                 const char *name, apr_size_t longest)
{
    pa_cache *cache = apr_pcalloc(pool, sizeof(*cache));

    cache->remote = provider;
    cache->store = store;
    cache->name = name;
    cache->longest = longest;
    return cache;
}

static ap_socache_instance_t *instance_of(const pa_cache *cache, const unsigned char *key)
{
    return cache->instances[key[1] % cache->count];
}

/* shmcb compares only keys of the same length: those of sessions, which requests look for, are
 * longer by the last byte, so that it passes the others by. */
static unsigned int key_len(const unsigned char *key)
{
    return pa_cache_key_counts(key) ? PA_CACHE_KEY_LEN : PA_CACHE_KEY_LEN - 1;
}

static apr_status_t enter(pa_cache *cache)
{
    return cache->lock ? apr_global_mutex_lock(cache->lock) : APR_SUCCESS;
}

static apr_status_t leave(pa_cache *cache, apr_status_t rv)
{
    apr_status_t unlocked = cache->lock ? apr_global_mutex_unlock(cache->lock) : APR_SUCCESS;

    return rv != APR_SUCCESS ? rv : unlocked;
}

static apr_status_t retrieve(pa_cache *cache, const unsigned char *key, apr_pool_t *pool,
                             pa_bytes *out)
{
    unsigned char *buffer = apr_palloc(pool, cache->longest + 1);
    unsigned int len = (unsigned int)cache->longest;
    apr_status_t rv = cache->provider->retrieve(instance_of(cache, key), cache->server, key,
                                                key_len(key), buffer, &len, pool);

    if (rv != APR_SUCCESS)
        return rv;
    buffer[len] = '\0';
    *out = pa_bytes_of(buffer, len);
    return APR_SUCCESS;
}

static apr_status_t store(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    /* The provider's prototype lacks a const. */
    return cache->provider->store(instance_of(cache, key), cache->server, key, key_len(key), expiry,
                                  (unsigned char *)value.at, (unsigned int)value.len, pool);
}

apr_status_t pa_cache_get(pa_cache *cache, const unsigned char *key, apr_pool_t *pool,
                          pa_bytes *out)
{
    apr_status_t rv;

    if (cache->remote)
        return cache->remote->get(cache->store, key, pool, out);
    if ((rv = enter(cache)) != APR_SUCCESS)
        return rv;
    return leave(cache, retrieve(cache, key, pool, out));
}

apr_status_t pa_cache_put(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    apr_status_t rv;

    if (value.len > cache->longest)
        return APR_ENOSPC;
    if (cache->remote)
        return cache->remote->put(cache->store, key, expiry, value, pool);
    if ((rv = enter(cache)) != APR_SUCCESS)
        return rv;
    return leave(cache, store(cache, key, expiry, value, pool));
}

apr_status_t pa_cache_add(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    pa_bytes present;
    apr_status_t rv;

    if (value.len > cache->longest)
        return APR_ENOSPC;
    if (cache->remote)
        return cache->remote->add(cache->store, key, expiry, value, pool);
    if ((rv = enter(cache)) != APR_SUCCESS)
        return rv;
    rv = retrieve(cache, key, pool, &present);
    if (rv == APR_NOTFOUND)
        return leave(cache, store(cache, key, expiry, value, pool));
    return leave(cache, rv == APR_SUCCESS ? APR_EEXIST : rv);
}

/* One try: APR_EEXIST when another server changed the record between our reading and writing. */
static apr_status_t update_remote(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                                  pa_cache_edit *edit, void *context, apr_pool_t *pool)
{
    const pa_store_provider *remote = cache->remote;
    pa_bytes present = pa_bytes_of("", 0), made;
    apr_status_t found = remote->get(cache->store, key, pool, &present), rv;

    if (found != APR_SUCCESS && found != APR_NOTFOUND)
        return found;
    if ((rv = edit(context, present, pool, &made)) != APR_SUCCESS)
        return rv;
    if (made.len > cache->longest)
        return APR_ENOSPC;
    return found == APR_SUCCESS ? remote->replace(cache->store, key, expiry, present, made, pool)
                                : remote->add(cache->store, key, expiry, made, pool);
}

apr_status_t pa_cache_update(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                             pa_cache_edit *edit, void *context, apr_pool_t *pool)
{
    pa_bytes present = pa_bytes_of("", 0), made = present;
    apr_status_t rv = APR_EEXIST;

    if (cache->remote) {
        for (int tries = 0; tries < UPDATE_TRIES && rv == APR_EEXIST; tries++)
            rv = update_remote(cache, key, expiry, edit, context, pool);
        return rv == APR_EEXIST ? APR_EAGAIN : rv;
    }
    if ((rv = enter(cache)) != APR_SUCCESS)
        return rv;
    rv = retrieve(cache, key, pool, &present);
    if (rv == APR_SUCCESS || rv == APR_NOTFOUND)
        rv = edit(context, present, pool, &made);
    if (rv == APR_SUCCESS)
        rv = made.len > cache->longest ? APR_ENOSPC : store(cache, key, expiry, made, pool);
    return leave(cache, rv);
}

apr_status_t pa_cache_remove(pa_cache *cache, const unsigned char *key, apr_pool_t *pool)
{
    apr_status_t rv;

    if (cache->remote)
        return cache->remote->remove(cache->store, key, pool);
    if ((rv = enter(cache)) != APR_SUCCESS)
        return rv;
    rv = cache->provider->remove(instance_of(cache, key), cache->server, key, key_len(key), pool);
    return leave(cache, rv == APR_NOTFOUND ? APR_SUCCESS : rv);
}

apr_status_t pa_cache_run(pa_cache *cache, pa_cache_task *task, void *context)
{
    apr_status_t rv;

    if (cache->remote)
        return APR_ENOTIMPL;
    if ((rv = enter(cache)) != APR_SUCCESS)
        return rv;
    for (int i = 0; i < cache->count && rv == APR_SUCCESS; i++)
        rv = task(context, cache->provider, cache->instances[i], cache->server);
    return leave(cache, rv);
}

int pa_cache_is_same(const pa_cache *a, const pa_cache *b)
{
    if (a->remote || b->remote)
        return a->store == b->store;
    return a->instances[0] == b->instances[0];
}

const char *pa_cache_provider_name(const pa_cache *cache)
{
    return cache->name;
}
