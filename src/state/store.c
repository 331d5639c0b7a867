/* store.c: see store.h. A store of shared memory that lived in the configuration's pool would lose
 * every session at each reload, and Debian's logrotate reloads every day. */
#include "store.h"

#include <dlfcn.h>

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_config.h>
#include <util_mutex.h>

#define MUTEX_TYPE "plusauth"
#define REMOTE "redis"

/* What outlives a reload. Its strings are copied: the module's own text is unloaded meanwhile. */
typedef struct retained {
    ap_socache_instance_t **instances;
    int count;
    apr_global_mutex_t *lock;
    const char *lockfile;
    struct retained *next; /* in the list of this configuration */
} retained;

/* The stores of the present configuration, for child_init. Written only while httpd starts. */
static retained *opened;

/* Those on other servers. */
typedef struct remote_store {
    const char *spec;
    void *store;
    struct remote_store *next;
} remote_store;

static remote_store *remotes;

apr_status_t pa_store_register(apr_pool_t *pconf)
{
    opened = NULL;
    remotes = NULL;
    return ap_mutex_register(pconf, MUTEX_TYPE, NULL, APR_LOCK_DEFAULT, 0);
}

/* Keeps the provider's code loaded for good. It registers cleanups with the pool that its instance
 * lives in, here the process's; httpd unloads modules at each reload and before it ends that pool.
 */
static const char *pin(const ap_socache_provider_t *provider)
{
    Dl_info object;

    if (!dladdr((const void *)provider, &object))
        return "its module cannot be found";
    return dlopen(object.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE)
               ? NULL
               : "its module cannot be kept loaded";
}

/* How shmcb:path(size) is divided: shmcb has at most 256 lists, each searched from end to end, so
 * that it becomes slow with its size. Several of it have more lists. */
typedef struct division {
    const char *path;
    int path_len;
    int count;
    apr_int64_t size; /* of each */
} division;

static division divide(const char *arguments, const pa_store_options *options)
{
    const char *bracket = arguments ? strrchr(arguments, '(') : NULL;
    apr_int64_t size = bracket ? apr_strtoi64(bracket + 1, NULL, 10) : 0, parts = 1;

    if (options->part && strncmp(options->spec, "shmcb:", 6) == 0)
        parts = size / (apr_int64_t)options->part;
    if (parts > PA_CACHE_INSTANCES_MAX)
        parts = PA_CACHE_INSTANCES_MAX;
    if (parts < 2)
        return (division){ NULL, 0, 1, 0 };
    return (division){ arguments, (int)(bracket - arguments), (int)parts, size / parts };
}

static const char *create_one(server_rec *s, apr_pool_t *pool,
                              const ap_socache_provider_t *provider, const char *arguments,
                              const pa_store_options *options, ap_socache_instance_t **out)
{
    struct ap_socache_hints hints = { PA_CACHE_KEY_LEN, options->average, options->lifetime };
    const char *why = provider->create(out, arguments, pool, pool);
    apr_status_t rv;

    if (why)
        return why;
    rv = provider->init(*out, apr_pstrdup(pool, options->label), &hints, s, pool);
    return rv == APR_SUCCESS ? NULL : apr_psprintf(pool, "it cannot be opened: %pm", &rv);
}

static const char *create_lock(server_rec *s, apr_pool_t *pool, const char *name, retained *store)
{
    apr_status_t rv = ap_global_mutex_create(&store->lock, &store->lockfile, MUTEX_TYPE,
                                             apr_pstrdup(pool, name), s, pool, 0);

    if (rv == APR_SUCCESS)
        return NULL;
    return apr_psprintf(pool,
                        "its lock cannot be created: %pm. Write Mutex file:/DIRECTORY " MUTEX_TYPE
                        " with a directory that httpd may write in, or DefaultRuntimeDir",
                        &rv);
}

/* The stores of shared memory that the options ask for, in the pool. NULL, or the reason. */
static const char *create(server_rec *s, apr_pool_t *pool, const ap_socache_provider_t *provider,
                          const pa_store_options *options, retained *store)
{
    const char *colon = strchr(options->spec, ':'), *arguments = colon ? colon + 1 : NULL;
    division parts = divide(arguments, options);
    const char *why = NULL;

    store->count = parts.count;
    store->instances = apr_pcalloc(pool, (apr_size_t)parts.count * sizeof(void *));
    for (int i = 0; i < parts.count && !why; i++) {
        const char *one = parts.path ? apr_psprintf(pool, "%.*s.%d(%" APR_INT64_T_FMT ")",
                                                    parts.path_len, parts.path, i, parts.size)
                                     : apr_pstrdup(pool, arguments);

        why = create_one(s, pool, provider, one, options, &store->instances[i]);
    }
    return why;
}

/* Several virtual hosts may share a store: it is listed once. */
static void remember(retained *store)
{
    for (const retained *known = opened; known; known = known->next)
        if (known == store)
            return;
    store->next = opened;
    opened = store;
}

/* The provider of "name[:arguments]", NULL when none of that name is loaded. */
static const ap_socache_provider_t *provider_of(apr_pool_t *pool, const char *spec)
{
    const char *name = apr_pstrmemdup(pool, spec, strcspn(spec, ":"));

    return ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name, AP_SOCACHE_PROVIDER_VERSION);
}

static int is_url(const char *spec)
{
    return strstr(spec, "://") != NULL;
}

/* The one module that keeps records on other servers. */
static const pa_store_provider *remote_provider(void)
{
    return ap_lookup_provider(PA_STORE_PROVIDER_GROUP, REMOTE, PA_STORE_PROVIDER_VERSION);
}

/* A store on other servers, made once for all hosts that name it. NULL and *out set, or the reason.
 */
static const char *create_remote(server_rec *s, apr_pool_t *pconf, const char *spec, void **out)
{
    const pa_store_provider *provider = remote_provider();
    const char *err;

    if (!provider)
        return "mod_plusauth_redis is not loaded: a2enmod plusauth_redis, or LoadModule "
               "plusauth_redis_module modules/mod_plusauth_redis.so";
    for (const remote_store *known = remotes; known; known = known->next) {
        if (strcmp(known->spec, spec) == 0) {
            *out = known->store;
            return NULL;
        }
    }
    if (!(err = provider->create(pconf, s, spec, out))) {
        remote_store *made = apr_palloc(pconf, sizeof(*made));

        *made = (remote_store){ spec, *out, remotes };
        remotes = made;
    }
    return err;
}

/* The same store as opening would make, and away with it. */
static const char *try_to_open(server_rec *s, apr_pool_t *pconf,
                               const ap_socache_provider_t *provider,
                               const pa_store_options *options)
{
    retained tried = { 0 };
    apr_pool_t *pool;
    const char *why;

    apr_pool_create(&pool, pconf);
    why = create(s, pool, provider, options, &tried);
    if (!why && (provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE))
        why = create_lock(s, pool, apr_pstrcat(pool, options->label, "-try", NULL), &tried);
    why = why ? apr_pstrdup(pconf, why) : NULL;
    apr_pool_destroy(pool);
    return why;
}

static const char *retained_key(apr_pool_t *pool, const pa_store_options *options)
{
    return apr_pstrcat(pool, "mod_plusauth/", options->label, "/", options->spec, NULL);
}

const char *pa_store_check(server_rec *s, apr_pool_t *pconf, const pa_store_options *options)
{
    const ap_socache_provider_t *provider;
    void *store;

    if (is_url(options->spec))
        return create_remote(s, pconf, options->spec, &store);
    if (!(provider = provider_of(pconf, options->spec)))
        return "mod_socache_shmcb is not loaded: a2enmod socache_shmcb, or "
               "LoadModule socache_shmcb_module modules/mod_socache_shmcb.so";
    return ap_retained_data_get(retained_key(pconf, options))
               ? NULL
               : try_to_open(s, pconf, provider, options);
}

/* What was opened before a reload, or else is now. */
static const char *open_retained(server_rec *s, apr_pool_t *pconf,
                                 const ap_socache_provider_t *provider,
                                 const pa_store_options *options, retained **out)
{
    apr_pool_t *process = s->process->pool;
    const char *key = retained_key(process, options), *why;
    retained made = { 0 };

    if ((*out = ap_retained_data_get(key)))
        return NULL;
    if ((why = pin(provider)) || (why = create(s, process, provider, options, &made))
        || ((provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE)
            && (why = create_lock(s, process, options->label, &made))))
        return why;
    *out = ap_retained_data_create(key, sizeof(**out));
    **out = made;
    return NULL;
}

const char *pa_store_open(server_rec *s, apr_pool_t *pconf, const pa_store_options *options,
                          pa_cache **out)
{
    const ap_socache_provider_t *provider = provider_of(pconf, options->spec);
    retained *store;
    const char *why;
    void *remote;

    if (is_url(options->spec)) {
        if ((why = create_remote(s, pconf, options->spec, &remote)))
            return why;
        *out = pa_cache_create_remote(pconf, remote_provider(), remote, REMOTE, options->longest);
        return NULL;
    }
    if ((why = open_retained(s, pconf, provider, options, &store)))
        return why;
    remember(store);
    *out = pa_cache_create(pconf, provider, store->instances, store->count, store->lock, s,
                           options->longest);
    return NULL;
}

apr_status_t pa_store_child_init(apr_pool_t *pchild)
{
    for (retained *store = opened; store; store = store->next) {
        apr_status_t rv = store->lock
                              ? apr_global_mutex_child_init(&store->lock, store->lockfile, pchild)
                              : APR_SUCCESS;

        if (rv != APR_SUCCESS)
            return rv;
    }
    return APR_SUCCESS;
}
