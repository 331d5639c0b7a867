/* cache.c: see cache.h. The lock is held for one provider call, or for the two that make up an
 * add or an update; never while anything is waited for.
 *
 * Redis and memcached can be away. httpd's providers then say that there is no such record, for
 * five seconds after each failure, and each request would wait for its own timeout. So a failure
 * closes the cache for a while, in which nobody waits; then one caller tries, the others see it
 * closed; and "not found" is believed again once something was stored. */
#include "cache.h"

#include <stdatomic.h>

#include <apr_strings.h>

#include "socache.h"

#define CLOSED_FOR apr_time_from_sec(1)
/* At most so long the one who tries keeps the others away. */
#define TRY_FOR apr_time_from_sec(10)
#define PROBE_KEPT apr_time_from_sec(60)
#define PROBE_TRIES 3

struct pa_cache {
    pa_socache *parts;
    int count;
    apr_global_mutex_t *lock;
    apr_size_t longest;
    _Atomic apr_time_t closed_until; /* 0: open. In each process its own. */
    atomic_int doubtful;             /* what is not found may be there */
};

pa_cache *pa_cache_create(apr_pool_t *pool, const ap_socache_provider_t *provider,
                          ap_socache_instance_t *const *instances, int count,
                          apr_global_mutex_t *lock, server_rec *server, apr_size_t longest)
{
    pa_cache *cache = apr_pcalloc(pool, sizeof(*cache));

    cache->parts = apr_palloc(pool, (apr_size_t)count * sizeof(*cache->parts));
    cache->count = count;
    for (int i = 0; i < count; i++)
        cache->parts[i] = (pa_socache){ provider, instances[i], server, lock == NULL };
    cache->lock = lock;
    cache->longest = longest;
    return cache;
}

static const pa_socache *part_of(const pa_cache *cache, const unsigned char *key)
{
    return &cache->parts[key[1] % cache->count];
}

static int is_closed(pa_cache *cache)
{
    apr_time_t until = cache->closed_until, now;

    if (until == 0)
        return 0;
    now = apr_time_now();
    return now < until
           || !atomic_compare_exchange_strong(&cache->closed_until, &until, now + TRY_FOR);
}

/* Whether an answer means that the store is away, and not that it declines. */
static int is_failure(apr_status_t rv)
{
    return rv != APR_SUCCESS && rv != APR_NOTFOUND && rv != APR_EEXIST && rv != APR_ENOSPC
           && rv != APR_ENOMEM && rv != APR_EINVAL && rv != APR_EGENERAL;
}

static apr_status_t close_cache(pa_cache *cache, apr_status_t rv)
{
    cache->doubtful = 1;
    cache->closed_until = apr_time_now() + CLOSED_FOR;
    return rv;
}

/* What to make of "not found" after a failure: whether a server answers. One that declines is
 * there; so seems one whose connection was cut, the first time. */
static apr_status_t probe(pa_cache *cache, apr_pool_t *pool)
{
    static const unsigned char key[PA_CACHE_KEY_LEN] = "probe";
    apr_status_t rv = APR_EGENERAL;

    for (int tries = 0; rv == APR_EGENERAL && tries < PROBE_TRIES; tries++)
        rv = pa_socache_store(part_of(cache, key), key, apr_time_now() + PROBE_KEPT,
                              pa_bytes_of("", 1), pool);
    if (rv != APR_SUCCESS && rv != APR_EGENERAL)
        return close_cache(cache, APR_ECONNREFUSED);
    if (rv == APR_SUCCESS)
        cache->doubtful = 0;
    cache->closed_until = 0;
    return APR_NOTFOUND;
}

/* Learns from the answer of a distant store how it is. */
static apr_status_t judge(pa_cache *cache, apr_status_t rv, apr_pool_t *pool)
{
    if (cache->lock)
        return rv;
    if (is_failure(rv))
        return close_cache(cache, rv);
    /* A full server, or a connection that was cut. */
    if (rv == APR_EGENERAL)
        cache->doubtful = 1;
    if (rv == APR_NOTFOUND && cache->doubtful)
        return probe(cache, pool);
    if (rv == APR_SUCCESS && cache->doubtful)
        cache->doubtful = 0;
    if (cache->closed_until != 0)
        cache->closed_until = 0;
    return rv;
}

/* Takes the lock, where there is one; fails where there is no use in asking. */
static apr_status_t enter(pa_cache *cache)
{
    if (cache->lock)
        return apr_global_mutex_lock(cache->lock);
    return is_closed(cache) ? APR_ECONNREFUSED : APR_SUCCESS;
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
    apr_status_t rv =
        judge(cache, pa_socache_retrieve(part_of(cache, key), key, buffer, &len, pool), pool);

    if (rv != APR_SUCCESS)
        return rv;
    buffer[len] = '\0';
    *out = pa_bytes_of(buffer, len);
    return APR_SUCCESS;
}

static apr_status_t store(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    apr_status_t rv;

    /* A longer one could not be read back. */
    if (value.len > cache->longest)
        return APR_ENOSPC;
    rv = pa_socache_store(part_of(cache, key), key, expiry, value, pool);
    /* Nothing has to be found to be stored: so say the providers of a server that is away. */
    return judge(cache, rv == APR_NOTFOUND ? APR_ECONNREFUSED : rv, pool);
}

apr_status_t pa_cache_get(pa_cache *cache, const unsigned char *key, apr_pool_t *pool,
                          pa_bytes *out)
{
    apr_status_t rv = enter(cache);

    if (rv != APR_SUCCESS)
        return rv;
    return leave(cache, retrieve(cache, key, pool, out));
}

apr_status_t pa_cache_put(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    apr_status_t rv = enter(cache);

    if (rv != APR_SUCCESS)
        return rv;
    return leave(cache, store(cache, key, expiry, value, pool));
}

apr_status_t pa_cache_add(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                          pa_bytes value, apr_pool_t *pool)
{
    apr_status_t rv = enter(cache);
    pa_bytes present;

    if (rv != APR_SUCCESS)
        return rv;
    rv = retrieve(cache, key, pool, &present);
    if (rv == APR_NOTFOUND)
        return leave(cache, store(cache, key, expiry, value, pool));
    return leave(cache, rv == APR_SUCCESS ? APR_EEXIST : rv);
}

apr_status_t pa_cache_update(pa_cache *cache, const unsigned char *key, apr_time_t expiry,
                             pa_cache_edit *edit, void *context, apr_pool_t *pool)
{
    pa_bytes present = { (const unsigned char *)"", 0 }, made = present;
    apr_status_t rv = enter(cache);

    if (rv != APR_SUCCESS)
        return rv;
    rv = retrieve(cache, key, pool, &present);
    if (rv == APR_SUCCESS || rv == APR_NOTFOUND)
        rv = edit(context, present, pool, &made);
    if (rv == APR_SUCCESS)
        rv = store(cache, key, expiry, made, pool);
    return leave(cache, rv);
}

apr_status_t pa_cache_run(pa_cache *cache, pa_cache_task *task, void *context)
{
    /* Not `enter`: what it learns of a distant store would be lost, and the store stay closed. */
    apr_status_t rv = cache->lock ? apr_global_mutex_lock(cache->lock) : APR_SUCCESS;

    if (rv != APR_SUCCESS)
        return rv;
    for (int i = 0; i < cache->count && rv == APR_SUCCESS; i++)
        rv = task(context, cache->parts[i].provider, cache->parts[i].instance,
                  cache->parts[i].server);
    return leave(cache, rv);
}

int pa_cache_is_same(const pa_cache *a, const pa_cache *b)
{
    return a->parts[0].instance == b->parts[0].instance;
}

const char *pa_cache_provider_name(const pa_cache *cache)
{
    return cache->parts[0].provider->name;
}

int pa_cache_is_locked(const pa_cache *cache)
{
    return cache->lock != NULL;
}

apr_status_t pa_cache_remove(pa_cache *cache, const unsigned char *key, apr_pool_t *pool)
{
    apr_status_t rv = enter(cache);

    if (rv != APR_SUCCESS)
        return rv;
    rv = judge(cache, pa_socache_remove(part_of(cache, key), key, pool), pool);
    return leave(cache, rv == APR_NOTFOUND ? APR_SUCCESS : rv);
}
