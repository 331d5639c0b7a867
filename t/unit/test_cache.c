/* test_cache.c: what cache.c makes of providers that take little, count in their own way, or are
 * away. */
#include "memory_socache.h"
#include "tap.h"

/* A provider that behaves as httpd's for Redis and memcached: an error first, then, for as long as
 * it believes its server dead, "not found" for everything. */
static struct {
    int calls;
    apr_status_t answer;
    apr_time_t expiry;
    apr_size_t longest; /* that was stored */
    ap_socache_instance_t *memory;
} far;

static apr_status_t far_store(ap_socache_instance_t *instance, server_rec *s,
                              const unsigned char *key, unsigned int key_len, apr_time_t expiry,
                              unsigned char *data, unsigned int len, apr_pool_t *pool)
{
    (void)instance;
    far.calls++;
    far.expiry = expiry;
    if (len > far.longest)
        far.longest = len;
    return far.answer ? far.answer
                      : memory_store(far.memory, s, key, key_len, expiry, data, len, pool);
}

static apr_status_t far_retrieve(ap_socache_instance_t *instance, server_rec *s,
                                 const unsigned char *key, unsigned int key_len,
                                 unsigned char *data, unsigned int *len, apr_pool_t *pool)
{
    (void)instance;
    far.calls++;
    return far.answer ? far.answer : memory_retrieve(far.memory, s, key, key_len, data, len, pool);
}

static apr_status_t far_remove(ap_socache_instance_t *instance, server_rec *s,
                               const unsigned char *key, unsigned int key_len, apr_pool_t *pool)
{
    (void)instance;
    far.calls++;
    return far.answer ? far.answer : memory_remove(far.memory, s, key, key_len, pool);
}

static pa_cache *far_cache(apr_pool_t *pool, const char *name, int locked)
{
    static ap_socache_provider_t provider;
    apr_global_mutex_t *lock = NULL;

    memset(&far, 0, sizeof(far));
    memory_cache(pool, 1, &far.memory);
    provider = (ap_socache_provider_t){
        .name = name, .store = far_store, .retrieve = far_retrieve, .remove = far_remove
    };
    if (locked)
        apr_global_mutex_create(&lock, NULL, APR_LOCK_PROC_PTHREAD, pool);
    return pa_cache_create(pool, &provider, (ap_socache_instance_t *[1]){ NULL }, 1, lock, NULL, 20000);
}

static const unsigned char key[PA_CACHE_KEY_LEN] = "a key";

static void test_times(apr_pool_t *pool)
{
    pa_cache *cache = far_cache(pool, "redis", 0);
    apr_time_t now = apr_time_now();

    ok(pa_cache_put(cache, key, now - 1, pa_bytes_text("x"), pool) == APR_SUCCESS, "over already");
    ok(far.expiry - apr_time_now() > apr_time_from_sec(1), "is a second at least");
    pa_cache_put(cache, key, now + apr_time_from_sec(90 * 86400), pa_bytes_text("x"), pool);
    ok(far.expiry - now <= apr_time_from_sec(30 * 86400 + 60), "and a month at most");
    pa_cache_put(cache, key, now + apr_time_from_sec(3600), pa_bytes_text("x"), pool);
    ok(far.expiry == now + apr_time_from_sec(3600), "else as it was said");
}

static void test_away(apr_pool_t *pool)
{
    pa_cache *cache = far_cache(pool, "redis", 0);
    apr_time_t end = apr_time_now() + apr_time_from_sec(3600);
    pa_bytes found;

    ok(pa_cache_get(cache, key, pool, &found) == APR_NOTFOUND && far.calls == 1,
       "not found, and nothing more is asked");
    ok(pa_cache_put(cache, key, end, pa_bytes_text("x"), pool) == APR_SUCCESS, "stored");
    far.answer = APR_ECONNREFUSED;
    ok(pa_cache_get(cache, key, pool, &found) == APR_ECONNREFUSED, "then away");
    far.calls = 0;
    ok(pa_cache_get(cache, key, pool, &found) != APR_SUCCESS
           && pa_cache_remove(cache, key, pool) != APR_SUCCESS
           && pa_cache_put(cache, key, end, pa_bytes_text("x"), pool) != APR_SUCCESS,
       "for all");
    ok(far.calls == 0, "and nobody waits");
}

/* What is not found after a failure may only seem so. */
static void test_doubt(apr_pool_t *pool)
{
    pa_cache *cache = far_cache(pool, "redis", 0);
    apr_time_t end = apr_time_now() + apr_time_from_sec(3600);
    pa_bytes found;
    apr_status_t rv;

    pa_cache_put(cache, key, end, pa_bytes_text("x"), pool);
    far.answer = APR_NOTFOUND;
    rv = pa_cache_put(cache, key, end, pa_bytes_text("x"), pool);
    ok(rv != APR_SUCCESS && rv != APR_NOTFOUND, "nothing is stored in a server that is away");
    far.calls = 0;
    while (far.calls == 0)
        rv = pa_cache_get(cache, key, pool, &found);
    ok(rv != APR_SUCCESS && rv != APR_NOTFOUND && far.calls == 2, "nor is there nothing");
    far.calls = 0;
    while (far.calls == 0)
        rv = pa_cache_remove(cache, key, pool);
    ok(rv != APR_SUCCESS, "nor anything removed");
    far.answer = APR_SUCCESS;
    while ((rv = pa_cache_get(cache, key, pool, &found)) == APR_ECONNREFUSED)
        ;
    ok(rv == APR_SUCCESS, "once it answers the record is there");
    far.calls = 0;
    pa_cache_remove(cache, key, pool);
    ok(pa_cache_get(cache, key, pool, &found) == APR_NOTFOUND && far.calls == 2,
       "and what is not found is believed again");
}

static void test_refusal(apr_pool_t *pool)
{
    pa_cache *cache = far_cache(pool, "redis", 0);
    apr_time_t end = apr_time_now() + apr_time_from_sec(3600);
    pa_bytes found;

    pa_cache_put(cache, key, end, pa_bytes_text("x"), pool);
    far.answer = APR_EGENERAL;
    ok(pa_cache_put(cache, key, end, pa_bytes_text("y"), pool) == APR_EGENERAL, "a full server");
    far.answer = APR_SUCCESS;
    ok(pa_cache_get(cache, key, pool, &found) == APR_SUCCESS, "can be read all the same");
    far.answer = APR_EGENERAL;
    ok(pa_cache_get(cache, key, pool, &found) == APR_EGENERAL, "a connection that was cut");
    far.answer = APR_NOTFOUND;
    ok(pa_cache_get(cache, key, pool, &found) == APR_ECONNREFUSED,
       "and then a server that is away is not an empty one");
}

static void test_parts(apr_pool_t *pool)
{
    static const apr_size_t sizes[] = { 1, 879, 880, 881, 1759, 1760, 5000, 20000 };
    pa_cache *cache = far_cache(pool, "dbm", 1);
    apr_time_t end = apr_time_now() + apr_time_from_sec(3600);
    unsigned char *record = apr_palloc(pool, 20000);
    pa_bytes found = { NULL, 0 };

    for (apr_size_t i = 0; i < 20000; i++)
        record[i] = (unsigned char)(i * 7 + i / 256);
    for (apr_size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        ok(pa_cache_put(cache, key, end, pa_bytes_of(record, sizes[i]), pool) == APR_SUCCESS
               && pa_cache_get(cache, key, pool, &found) == APR_SUCCESS && found.len == sizes[i]
               && memcmp(found.at, record, sizes[i]) == 0,
           "%d bytes", (int)sizes[i]);
    }
    ok(far.longest + PA_CACHE_KEY_LEN < 950, "in parts that mod_socache_dbm takes");
    ok(pa_cache_remove(cache, key, pool) == APR_SUCCESS, "removed");
    for (int i = 0, left = 0; i < MEMORY_RECORDS; i++) {
        left += far.memory->records[i].data != NULL;
        if (i == MEMORY_RECORDS - 1)
            ok(left == 0, "and nothing is left");
    }
}

/* Parts of two records in a row do not make one. */
static void test_mixed_parts(apr_pool_t *pool)
{
    pa_cache *cache = far_cache(pool, "dbm", 1);
    apr_time_t end = apr_time_now() + apr_time_from_sec(3600);
    unsigned char record[2000] = { 1 };
    struct memory_record old = { 0 };
    pa_bytes found;
    int second = -1;

    pa_cache_put(cache, key, end, pa_bytes_of(record, sizeof(record)), pool);
    for (int i = 0; i < MEMORY_RECORDS; i++)
        if (far.memory->records[i].data && memcmp(far.memory->records[i].key, key, sizeof(key)))
            second = i;
    old = far.memory->records[second];
    far.memory->records[second].data = NULL;
    pa_cache_put(cache, key, end, pa_bytes_of(record, sizeof(record)), pool);
    memory_drop(memory_find(far.memory, old.key));
    ok(pa_cache_get(cache, key, pool, &found) == APR_NOTFOUND, "one part is missing");
    for (int i = 0; i < MEMORY_RECORDS; i++)
        if (!far.memory->records[i].data) {
            far.memory->records[i] = old;
            break;
        }
    ok(pa_cache_get(cache, key, pool, &found) == APR_NOTFOUND, "one part is of another record");
}

static apr_status_t note_instance(void *context, const ap_socache_provider_t *provider,
                                  ap_socache_instance_t *instance, server_rec *server)
{
    int *records = context;

    (void)provider, (void)server;
    for (int i = 0; i < MEMORY_RECORDS; i++)
        records[1] += instance->records[i].data != NULL;
    return ++records[0] == 4 ? APR_EGENERAL : APR_SUCCESS;
}

static void test_instances(apr_pool_t *pool)
{
    ap_socache_instance_t *instances[4];
    pa_cache *cache;
    unsigned char other[PA_CACHE_KEY_LEN] = "";
    int found = 0, most = 0, seen[2] = { 0 };
    pa_bytes record;

    for (int i = 0; i < 4; i++)
        memory_cache(pool, 100, &instances[i]);
    cache = pa_cache_create(pool, &memory_provider, instances, 4, NULL, NULL, 100);
    for (int i = 0; i < 200; i++) {
        other[1] = (unsigned char)i;
        pa_cache_put(cache, other, apr_time_now() + apr_time_from_sec(3600), pa_bytes_of(&i, sizeof(i)), pool);
    }
    for (int i = 0; i < 200; i++) {
        other[1] = (unsigned char)i;
        found += pa_cache_get(cache, other, pool, &record) == APR_SUCCESS && record.at[0] == i;
    }
    ok(found == 200, "of several instances, each record is found in its own");
    for (int i = 0; i < MEMORY_RECORDS; i++)
        most += instances[2]->records[i].data != NULL;
    ok(most == 50, "which hold as many each");
    ok(pa_cache_run(cache, note_instance, seen) == APR_EGENERAL && seen[0] == 4 && seen[1] == 200, "a task sees all");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_times(pool);
    test_away(pool);
    test_doubt(pool);
    test_refusal(pool);
    test_parts(pool);
    test_mixed_parts(pool);
    test_instances(pool);
    return tap_end();
}
