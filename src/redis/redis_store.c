/* redis_store.c: see redis_store.h. Each operation is one command, and one step for all servers. */
#include "redis_store.h"

#include <apr_strings.h>
#include <httpd.h>

#include "../base/cache_key.h"
#include "redis_route.h"
#include "redis_tls.h"

#define PREFIX "plusauth:"
/* A record never lives shorter, so that clocks which differ a little remove nothing at once. */
#define MILLISECONDS_MIN 1000

static const char *create(apr_pool_t *pconf, server_rec *s, const char *url, void **out)
{
    pa_redis_settings *settings = apr_palloc(pconf, sizeof(*settings));
    const char *err = pa_redis_url_parse(pconf, url, settings);

    if (!err && settings->tls)
        err = pa_redis_tls_prepare(pconf, settings);
    if (err)
        return err;
    *out = pa_redis_route_create(pconf, s, settings);
    return *out ? NULL : "there is no memory for its connections";
}

/* The arguments of one command. */
typedef struct arguments {
    const char *argv[8];
    size_t lengths[8];
    int count;
} arguments;

static void add_bytes(arguments *list, pa_bytes value)
{
    list->argv[list->count] = (const char *)value.at;
    list->lengths[list->count++] = value.len;
}

static void add_text(arguments *list, const char *text)
{
    add_bytes(list, pa_bytes_text(text));
}

static const char *name_of(const unsigned char *key, apr_pool_t *pool)
{
    char *name = apr_palloc(pool, sizeof(PREFIX) + 2 * PA_CACHE_KEY_LEN);

    memcpy(name, PREFIX, sizeof(PREFIX) - 1);
    ap_bin2hex(key, PA_CACHE_KEY_LEN, name + sizeof(PREFIX) - 1);
    return name;
}

/* PX: milliseconds from now on. */
static const char *milliseconds_to(apr_time_t expiry, apr_pool_t *pool)
{
    apr_int64_t left = apr_time_as_msec(expiry - apr_time_now());

    return apr_psprintf(pool, "%" APR_INT64_T_FMT,
                        left > MILLISECONDS_MIN ? left : MILLISECONDS_MIN);
}

static apr_status_t ask(void *store, const char *name, const arguments *list, int is_write,
                        apr_pool_t *pool, redisReply **out)
{
    pa_redis_command command = { .pool = pool,
                                 .argc = list->count,
                                 .argv = (const char **)list->argv,
                                 .lengths = list->lengths,
                                 .is_write = is_write };

    return pa_redis_route_ask(store, name, &command, out);
}

static apr_status_t get(void *store, const unsigned char *key, apr_pool_t *pool, pa_bytes *out)
{
    const char *name = name_of(key, pool);
    arguments list = { .count = 0 };
    redisReply *reply;
    apr_status_t rv;

    add_text(&list, "GET");
    add_text(&list, name);
    if ((rv = ask(store, name, &list, 0, pool, &reply)) != APR_SUCCESS)
        return rv;
    if (reply->type == REDIS_REPLY_STRING)
        *out = pa_bytes_of(apr_pmemdup(pool, reply->str, reply->len + 1), reply->len);
    else
        rv = reply->type == REDIS_REPLY_NIL ? APR_NOTFOUND : APR_EGENERAL;
    freeReplyObject(reply);
    return rv;
}

/* SET, with NX or without: a nil answer means that something was there. */
static apr_status_t set(void *store, const unsigned char *key, apr_time_t expiry, pa_bytes value,
                        int only_new, apr_pool_t *pool)
{
    const char *name = name_of(key, pool);
    arguments list = { .count = 0 };
    redisReply *reply;
    apr_status_t rv;

    add_text(&list, "SET");
    add_text(&list, name);
    add_bytes(&list, value);
    add_text(&list, "PX");
    add_text(&list, milliseconds_to(expiry, pool));
    if (only_new)
        add_text(&list, "NX");
    if ((rv = ask(store, name, &list, 1, pool, &reply)) != APR_SUCCESS)
        return rv;
    rv = reply->type == REDIS_REPLY_NIL ? APR_EEXIST : APR_SUCCESS;
    freeReplyObject(reply);
    return rv;
}

static apr_status_t put(void *store, const unsigned char *key, apr_time_t expiry, pa_bytes value,
                        apr_pool_t *pool)
{
    return set(store, key, expiry, value, 0, pool);
}

static apr_status_t add(void *store, const unsigned char *key, apr_time_t expiry, pa_bytes value,
                        apr_pool_t *pool)
{
    return set(store, key, expiry, value, 1, pool);
}

static apr_status_t replace(void *store, const unsigned char *key, apr_time_t expiry,
                            pa_bytes present, pa_bytes value, apr_pool_t *pool)
{
    static const char script[] = "if redis.call('GET', KEYS[1]) == ARGV[1] then "
                                 "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 "
                                 "end return 0";
    const char *name = name_of(key, pool);
    arguments list = { .count = 0 };
    redisReply *reply;
    apr_status_t rv;

    add_text(&list, "EVAL");
    add_text(&list, script);
    add_text(&list, "1");
    add_text(&list, name);
    add_bytes(&list, present);
    add_bytes(&list, value);
    add_text(&list, milliseconds_to(expiry, pool));
    if ((rv = ask(store, name, &list, 1, pool, &reply)) != APR_SUCCESS)
        return rv;
    rv = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1 ? APR_SUCCESS : APR_EEXIST;
    freeReplyObject(reply);
    return rv;
}

static apr_status_t remove_record(void *store, const unsigned char *key, apr_pool_t *pool)
{
    const char *name = name_of(key, pool);
    arguments list = { .count = 0 };
    redisReply *reply;
    apr_status_t rv;

    add_text(&list, "DEL");
    add_text(&list, name);
    if ((rv = ask(store, name, &list, 1, pool, &reply)) == APR_SUCCESS)
        freeReplyObject(reply);
    return rv;
}

const pa_store_provider pa_redis_store = {
    .create = create,
    .get = get,
    .put = put,
    .add = add,
    .replace = replace,
    .remove = remove_record,
};
