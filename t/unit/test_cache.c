/* test_cache.c: records on other servers, updates that others disturb, several instances. */
#include <apr_strings.h>

#include "memory_socache.h"
#include "tap.h"

/* A store provider with one record in the test's memory. `rivals` other servers write between a get
 * and the write that follows it. */
static struct {
    char value[64];
    int there;
    int rivals;
    int writes;
    apr_status_t answer;
} far;

static const unsigned char key[PA_CACHE_KEY_LEN] = "a key";

static apr_status_t far_get(void *store, const unsigned char *k, apr_pool_t *pool, pa_bytes *out)
{
    if (far.answer)
        return far.answer;
    if (far.there)
        *out = pa_bytes_text(apr_pstrdup(pool, far.value));
    if (far.rivals > 0) {
        far.rivals--;
        far.there = 1;
        strcat(far.value, "r");
        return strlen(far.value) > 1 ? APR_SUCCESS : APR_NOTFOUND;
    }
    return far.there ? APR_SUCCESS : APR_NOTFOUND;
}

static apr_status_t far_put(void *store, const unsigned char *k, apr_time_t expiry, pa_bytes value,
                            apr_pool_t *pool)
{
    if (far.answer)
        return far.answer;
    far.writes++;
    far.there = 1;
    memcpy(far.value, value.at, value.len);
    far.value[value.len] = '\0';
    return APR_SUCCESS;
}

static apr_status_t far_add(void *store, const unsigned char *k, apr_time_t expiry, pa_bytes value,
                            apr_pool_t *pool)
{
    return far.there ? APR_EEXIST : far_put(store, k, expiry, value, pool);
}

static apr_status_t far_replace(void *store, const unsigned char *k, apr_time_t expiry,
                                pa_bytes present, pa_bytes value, apr_pool_t *pool)
{
    if (!far.there || strlen(far.value) != present.len
        || memcmp(far.value, present.at, present.len) != 0)
        return APR_EEXIST;
    return far_put(store, k, expiry, value, pool);
}

static apr_status_t far_remove(void *store, const unsigned char *k, apr_pool_t *pool)
{
    far.there = 0;
    far.value[0] = '\0';
    return far.answer;
}

static pa_cache *far_cache(apr_pool_t *pool)
{
    static const pa_store_provider provider = {
        .get = far_get, .put = far_put, .add = far_add, .replace = far_replace, .remove = far_remove
    };

    memset(&far, 0, sizeof(far));
    return pa_cache_create_remote(pool, &provider, &far, "far", 40);
}

static void test_remote(apr_pool_t *pool)
{
    pa_cache *cache = far_cache(pool);
    apr_time_t end = apr_time_now() + apr_time_from_sec(3600);
    pa_bytes found;

    ok(pa_cache_get(cache, key, pool, &found) == APR_NOTFOUND, "nothing is there");
    ok(pa_cache_add(cache, key, end, pa_bytes_text("a"), pool) == APR_SUCCESS, "added");
    ok(pa_cache_add(cache, key, end, pa_bytes_text("b"), pool) == APR_EEXIST, "once");
    ok(pa_cache_get(cache, key, pool, &found) == APR_SUCCESS && found.len == 1, "found");
    ok(pa_cache_put(cache, key, end, pa_bytes_of(far.value, 41), pool) == APR_ENOSPC,
       "a record that is too long is refused");
    ok(pa_cache_remove(cache, key, pool) == APR_SUCCESS
           && pa_cache_get(cache, key, pool, &found) == APR_NOTFOUND,
       "removed");
    far.answer = APR_ECONNREFUSED;
    ok(pa_cache_get(cache, key, pool, &found) == APR_ECONNREFUSED, "a store that is down is not empty");
    ok(pa_cache_run(cache, NULL, NULL) == APR_ENOTIMPL, "no task runs on other servers");
    ok(strcmp(pa_cache_provider_name(cache), "far") == 0 && pa_cache_is_same(cache, cache), "named");
}

/* Adds an x to what is there; refuses when `context` says so. */
static apr_status_t add_x(void *context, pa_bytes present, apr_pool_t *pool, pa_bytes *out)
{
    *out = pa_bytes_text(apr_pstrcat(pool, apr_pstrmemdup(pool, (const char *)present.at, present.len),
                                     "x", NULL));
    return context ? APR_EINVAL : APR_SUCCESS;
}

static void test_update(apr_pool_t *pool)
{
    pa_cache *cache = far_cache(pool);
    apr_time_t end = apr_time_now() + apr_time_from_sec(3600);

    ok(pa_cache_update(cache, key, end, add_x, NULL, pool) == APR_SUCCESS
           && strcmp(far.value, "x") == 0,
       "a new record");
    ok(pa_cache_update(cache, key, end, add_x, NULL, pool) == APR_SUCCESS
           && strcmp(far.value, "xx") == 0,
       "and a change of it");
    far.rivals = 3;
    ok(pa_cache_update(cache, key, end, add_x, NULL, pool) == APR_SUCCESS
           && strcmp(far.value, "xxrrrx") == 0,
       "what other servers wrote meanwhile stays");
    far.writes = 0;
    ok(pa_cache_update(cache, key, end, add_x, &far, pool) == APR_EINVAL && far.writes == 0,
       "a refusal writes nothing");
    far.rivals = 30;
    strcpy(far.value, "");
    ok(pa_cache_update(cache, key, end, add_x, NULL, pool) == APR_EAGAIN && far.writes == 0,
       "others that are faster each time");
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

    test_remote(pool);
    test_update(pool);
    test_instances(pool);
    return tap_end();
}
