/* store_status.c: see store_status.h. */
#include "store_status.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <util_filter.h>

/* Set once, when the module is loaded. */
static ap_filter_rec_t *holder;

typedef struct counting {
    apr_pool_t *pool;
    apr_uint64_t count;
} counting;

static apr_status_t count_record(ap_socache_instance_t *instance, server_rec *s, void *context,
                                 const unsigned char *key, unsigned int key_len,
                                 const unsigned char *data, unsigned int data_len, apr_pool_t *pool)
{
    counting *sum = context;

    (void)instance, (void)s, (void)data, (void)data_len, (void)pool;
    if (key_len == PA_CACHE_KEY_LEN && pa_cache_key_counts(key))
        sum->count++;
    return APR_SUCCESS;
}

static apr_status_t count_all(void *context, const ap_socache_provider_t *provider,
                              ap_socache_instance_t *instance, server_rec *server)
{
    counting *sum = context;

    if (!provider->iterate)
        return APR_ENOTIMPL;
    return provider->iterate(instance, server, sum, count_record, sum->pool);
}

apr_status_t pa_store_count_sessions(pa_cache *store, apr_pool_t *pool, apr_uint64_t *count)
{
    counting sum = { pool, 0 };
    apr_status_t rv = pa_cache_run(store, count_all, &sum);

    *count = sum.count;
    return rv;
}

typedef struct showing {
    request_rec *r;
    int flags;
    int is_of_all; /* else of one, which tells enough: they share the records evenly */
    int instances;
} showing;

static apr_status_t show(void *context, const ap_socache_provider_t *provider,
                         ap_socache_instance_t *instance, server_rec *server)
{
    showing *what = context;

    (void)server;
    if ((what->instances++ == 0 || what->is_of_all) && provider->status)
        provider->status(instance, what->r, what->flags);
    return APR_SUCCESS;
}

static apr_status_t hold(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    apr_bucket_brigade *held = f->ctx;

    return ap_save_brigade(f, &held, &brigade, f->r->pool);
}

/* What is written while the store is locked is held back until it is not: a reader that takes its
 * time would otherwise stop everybody. */
void pa_store_show(request_rec *r, pa_cache *store, int flags)
{
    conn_rec *c = r->connection;
    apr_bucket_brigade *held = apr_brigade_create(r->pool, c->bucket_alloc);
    ap_filter_t *f = ap_add_output_filter_handle(holder, held, r, c);
    showing what = { r, flags, 0, 0 };

    pa_cache_run(store, show, &what);
    if (what.instances > 1 && !(flags & PA_STATUS_SHORT))
        ap_rprintf(r, "<p>That is one of %d like it.</p>\n", what.instances);
    ap_remove_output_filter(f);
    if (!APR_BRIGADE_EMPTY(held))
        ap_pass_brigade(f->next, held);
}

/* There is no other way to ask than for the report of server-status?auto: it is written for a
 * request that sends it nowhere. */
apr_uint64_t pa_store_dropped(request_rec *r, pa_cache *store)
{
    static const char name[] = "CacheDiscardCount: ";
    conn_rec *c = r->connection;
    request_rec reading = *r;
    apr_bucket_brigade *held = apr_brigade_create(r->pool, c->bucket_alloc);
    ap_filter_t end = { .frec = holder, .ctx = held, .r = &reading, .c = c };
    apr_uint64_t sum = 0;
    apr_size_t len;
    char *text;

    reading.output_filters = &end;
    pa_cache_run(store, show, &(showing){ &reading, PA_STATUS_SHORT, 1, 0 });
    ap_rflush(&reading);
    if (apr_brigade_pflatten(held, &text, &len, r->pool) != APR_SUCCESS)
        return 0;
    apr_brigade_destroy(held);
    text = apr_pstrmemdup(r->pool, text, len);
    while ((text = strstr(text, name))) {
        text += sizeof(name) - 1;
        sum += (apr_uint64_t)apr_atoi64(text);
    }
    return sum;
}

void pa_store_status_register(void)
{
    holder = ap_register_output_filter("PLUSAUTH_HOLD", hold, NULL, AP_FTYPE_RESOURCE);
}
