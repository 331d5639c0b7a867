/* store.c: see store.h. A store of shared memory that lived in the configuration's pool would lose
 * every session at each reload, and Debian's logrotate reloads every day. */
#include "store.h"

#include <dlfcn.h>

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_config.h>
#include <util_mutex.h>

#include "store_timeout.h"

#define MUTEX_TYPE "plusauth"

/* What outlives a reload. Its strings are copied: the module's own text is unloaded meanwhile. */
typedef struct retained {
    ap_socache_instance_t *instance;
    apr_global_mutex_t *lock;
    const char *lockfile;
    struct retained *next; /* in the list of this configuration */
} retained;

/* The stores of the present configuration, for child_init. Written in post_config alone. */
static retained *opened;

apr_status_t pa_store_register(apr_pool_t *pconf)
{
    opened = NULL;
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

static const char *create(server_rec *s, const ap_socache_provider_t *provider,
                          const char *arguments, const pa_store_options *options, retained *store)
{
    apr_pool_t *process = s->process->pool;
    struct ap_socache_hints hints = { PA_CACHE_KEY_LEN, options->average, options->lifetime };
    const char *label = apr_pstrdup(process, options->label), *why = pin(provider);
    apr_status_t rv;

    if (why)
        return why;
    why = provider->create(&store->instance, arguments ? apr_pstrdup(process, arguments) : NULL,
                           process, process);
    if (why)
        return why;
    if ((provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE)
        && (rv = ap_global_mutex_create(&store->lock, &store->lockfile, MUTEX_TYPE, label, s,
                                        process, 0))
               != APR_SUCCESS)
        return "its lock cannot be created";
    rv = provider->init(store->instance, label, &hints, s, process);
    return rv == APR_SUCCESS ? NULL : apr_psprintf(process, "it cannot be opened: %pm", &rv);
}

/* Several virtual hosts may share a store: it is listed once. Whether it was listed before. */
static int remember(retained *store)
{
    for (const retained *known = opened; known; known = known->next)
        if (known == store)
            return 1;
    store->next = opened;
    opened = store;
    return 0;
}

/* The provider of "name[:arguments]", NULL when none of that name is loaded. */
static const ap_socache_provider_t *provider_of(apr_pool_t *pool, const char *spec)
{
    const char *name = apr_pstrmemdup(pool, spec, strcspn(spec, ":"));

    return ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name, AP_SOCACHE_PROVIDER_VERSION);
}

const char *pa_store_check(apr_pool_t *pool, const char *spec)
{
    int len = (int)strcspn(spec, ":");

    return provider_of(pool, spec) ? NULL
                                   : apr_psprintf(pool,
                                                  "there is no store \"%.*s\": is "
                                                  "mod_socache_%.*s loaded?",
                                                  len, spec, len, spec);
}

const char *pa_store_open(server_rec *s, apr_pool_t *pconf, const pa_store_options *options,
                          pa_cache **out)
{
    const char *colon = strchr(options->spec, ':');
    const char *key = apr_pstrcat(pconf, "mod_plusauth/", options->label, "/", options->spec, NULL);
    const ap_socache_provider_t *provider = provider_of(pconf, options->spec);
    retained *store;
    const char *why;

    if (!provider)
        return pa_store_check(pconf, options->spec);
    store = ap_retained_data_get(key);
    if (!store) {
        retained made = { 0 };

        if ((why = create(s, provider, colon ? colon + 1 : NULL, options, &made)))
            return why;
        store = ap_retained_data_create(apr_pstrdup(s->process->pool, key), sizeof(*store));
        *store = made;
    }
    if (!remember(store))
        pa_store_timeout(provider, store->instance, colon ? colon + 1 : NULL, pconf);
    *out = pa_cache_create(pconf, provider, store->instance, store->lock, s, options->longest);
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
