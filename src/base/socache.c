/* socache.c: see socache.h. mod_socache_dbm refuses what is longer than 949 bytes with its key:
 * there a record is kept in parts. Each begins with a stamp, which tells the parts of one record
 * from what an older one left; the first has their number before it. */
#include "socache.h"

#include "crypto.h"

#define DBM_PART 880
#define STAMP_LEN 8
#define PARTS_MAX 255

/* Redis and memcached count whole seconds from now on, and take zero for something else. */
#define TTL_MIN apr_time_from_sec(2)
/* memcached takes more for a date. */
#define TTL_MAX apr_time_from_sec(30 * 86400)

static int is_in_parts(const pa_socache *cache)
{
    return strcmp(cache->provider->name, "dbm") == 0;
}

/* shmcb compares keys of the same length alone: those of sessions, which requests look for, are
 * longer by the last byte, so that it passes the others by. */
static unsigned int key_len(const unsigned char *key)
{
    return pa_cache_key_counts(key) ? PA_CACHE_KEY_LEN : PA_CACHE_KEY_LEN - 1;
}

static apr_status_t store_one(const pa_socache *cache, const unsigned char *key, apr_time_t expiry,
                              const unsigned char *data, apr_size_t len, apr_pool_t *pool)
{
    /* The provider's prototype lacks a const. */
    return cache->provider->store(cache->instance, cache->server, key, key_len(key), expiry,
                                  (unsigned char *)data, (unsigned int)len, pool);
}

static apr_status_t retrieve_one(const pa_socache *cache, const unsigned char *key,
                                 unsigned char *buffer, unsigned int *len, apr_pool_t *pool)
{
    apr_status_t rv = cache->provider->retrieve(cache->instance, cache->server, key, key_len(key),
                                                buffer, len, pool);

    /* What mod_socache_dbm says of a key that Berkeley DB does not have. */
    return rv == APR_EGENERAL && is_in_parts(cache) ? APR_NOTFOUND : rv;
}

static apr_status_t remove_one(const pa_socache *cache, const unsigned char *key, apr_pool_t *pool)
{
    return cache->provider->remove(cache->instance, cache->server, key, key_len(key), pool);
}

/* The key of a part; the first has the record's own. Whoever counts records by their keys
 * (pa_visit_key_is_session) does not count these. */
static apr_status_t part_key(const unsigned char *key, int part, unsigned char *out)
{
    unsigned char text[PA_CACHE_KEY_LEN + 1];

    memcpy(text, key, PA_CACHE_KEY_LEN);
    text[PA_CACHE_KEY_LEN] = (unsigned char)part;
    if (part == 0)
        memcpy(out, key, PA_CACHE_KEY_LEN);
    else if (pa_sha256(pa_bytes_of(text, sizeof(text)), out))
        return APR_EGENERAL;
    if (part > 0)
        out[PA_CACHE_KEY_LEN - 1] &= 0xfe;
    return APR_SUCCESS;
}

/* The first part is stored last: until then the record is the old one, or none. */
static apr_status_t store_parts(const pa_socache *cache, const unsigned char *key,
                                apr_time_t expiry, pa_bytes value, apr_pool_t *pool)
{
    unsigned char part[1 + STAMP_LEN + DBM_PART], part_of[PA_CACHE_KEY_LEN];
    apr_size_t count = value.len / DBM_PART + 1;
    apr_status_t rv = APR_SUCCESS;

    if (count > PARTS_MAX)
        return APR_ENOSPC;
    part[0] = (unsigned char)count;
    if (pa_random(part + 1, STAMP_LEN))
        return APR_EGENERAL;
    for (int i = (int)count - 1; i >= 0 && rv == APR_SUCCESS; i--) {
        apr_size_t from = (apr_size_t)i * DBM_PART, len = value.len - from;

        if (len > DBM_PART)
            len = DBM_PART;
        memcpy(part + 1 + STAMP_LEN, value.at + from, len);
        rv = part_key(key, i, part_of);
        if (rv == APR_SUCCESS)
            rv = store_one(cache, part_of, expiry, part, 1 + STAMP_LEN + len, pool);
    }
    return rv;
}

/* One part, when it is of the record that `first` begins. Its data is added to the buffer. */
static apr_status_t retrieve_part(const pa_socache *cache, const unsigned char *key, int number,
                                  const unsigned char *first, pa_bytes *room, apr_pool_t *pool)
{
    unsigned char part[1 + STAMP_LEN + DBM_PART], part_of[PA_CACHE_KEY_LEN];
    unsigned int len = sizeof(part);
    apr_status_t rv = part_key(key, number, part_of);

    if (rv == APR_SUCCESS)
        rv = retrieve_one(cache, part_of, part, &len, pool);
    if (rv != APR_SUCCESS)
        return rv;
    if (len < 1 + STAMP_LEN || memcmp(part, first, 1 + STAMP_LEN) != 0)
        return APR_NOTFOUND;
    len -= 1 + STAMP_LEN;
    if (len > room->len)
        return APR_ENOSPC;
    memcpy((unsigned char *)room->at, part + 1 + STAMP_LEN, len);
    *room = pa_bytes_of(room->at + len, room->len - len);
    return APR_SUCCESS;
}

static apr_status_t retrieve_parts(const pa_socache *cache, const unsigned char *key,
                                   unsigned char *buffer, unsigned int *len, apr_pool_t *pool)
{
    unsigned char first[1 + STAMP_LEN + DBM_PART];
    unsigned int first_len = sizeof(first);
    pa_bytes room = pa_bytes_of(buffer, *len);
    apr_status_t rv = retrieve_one(cache, key, first, &first_len, pool);

    if (rv != APR_SUCCESS)
        return rv;
    if (first_len < 1 + STAMP_LEN)
        return APR_NOTFOUND;
    first_len -= 1 + STAMP_LEN;
    if (first_len > room.len)
        return APR_ENOSPC;
    memcpy(buffer, first + 1 + STAMP_LEN, first_len);
    room = pa_bytes_of(buffer + first_len, room.len - first_len);
    for (int i = 1; i < first[0] && rv == APR_SUCCESS; i++)
        rv = retrieve_part(cache, key, i, first, &room, pool);
    *len = (unsigned int)(room.at - buffer);
    return rv;
}

static apr_status_t remove_parts(const pa_socache *cache, const unsigned char *key,
                                 apr_pool_t *pool)
{
    unsigned char first[1 + STAMP_LEN + DBM_PART], part_of[PA_CACHE_KEY_LEN];
    unsigned int len = sizeof(first);
    apr_status_t rv = retrieve_one(cache, key, first, &len, pool);

    if (rv != APR_SUCCESS)
        return rv;
    rv = remove_one(cache, key, pool);
    for (int i = 1; i < first[0] && rv == APR_SUCCESS; i++)
        if ((rv = part_key(key, i, part_of)) == APR_SUCCESS)
            rv = remove_one(cache, part_of, pool);
    return rv;
}

apr_status_t pa_socache_retrieve(const pa_socache *cache, const unsigned char *key,
                                 unsigned char *buffer, unsigned int *len, apr_pool_t *pool)
{
    return is_in_parts(cache) ? retrieve_parts(cache, key, buffer, len, pool)
                              : retrieve_one(cache, key, buffer, len, pool);
}

apr_status_t pa_socache_store(const pa_socache *cache, const unsigned char *key, apr_time_t expiry,
                              pa_bytes value, apr_pool_t *pool)
{
    apr_time_t now = cache->distant ? apr_time_now() : 0;

    if (is_in_parts(cache))
        return store_parts(cache, key, expiry, value, pool);
    if (cache->distant && expiry < now + TTL_MIN)
        expiry = now + TTL_MIN;
    if (cache->distant && expiry > now + TTL_MAX)
        expiry = now + TTL_MAX;
    return store_one(cache, key, expiry, value.at, value.len, pool);
}

apr_status_t pa_socache_remove(const pa_socache *cache, const unsigned char *key, apr_pool_t *pool)
{
    return is_in_parts(cache) ? remove_parts(cache, key, pool) : remove_one(cache, key, pool);
}
