/* store_provider.h: what a module implements that keeps our records on other servers. It registers
 * the structure with httpd's provider mechanism (ap_register_provider) and is used for URLs of its
 * schemes: mod_plusauth_redis for redis://, rediss:// and redis+sentinel://.
 *
 * Keys are PA_CACHE_KEY_LEN raw bytes. Every function may be called by several threads at once.
 * APR_SUCCESS, or what each says; any other status means that the store cannot be asked now. */
#ifndef PA_STORE_PROVIDER_H
#define PA_STORE_PROVIDER_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "bytes.h"

#define PA_STORE_PROVIDER_GROUP "plusauth-store"
#define PA_STORE_PROVIDER_VERSION "1"

struct server_rec;

typedef struct pa_store_provider {
    /* Reads the URL when the server starts; connects to nothing yet. NULL and *out, or the reason.
     * *out lives as long as the pool. */
    const char *(*create)(apr_pool_t *pconf, struct server_rec *s, const char *url, void **out);

    /* A record that has not expired, with a NUL after its end: APR_NOTFOUND when there is none. */
    apr_status_t (*get)(void *store, const unsigned char *key, apr_pool_t *pool, pa_bytes *out);

    /* Stores a record until `expiry`, whatever was there. */
    apr_status_t (*put)(void *store, const unsigned char *key, apr_time_t expiry, pa_bytes value,
                        apr_pool_t *pool);

    /* Stores it only if nothing is there: APR_EEXIST otherwise. One step for all servers. */
    apr_status_t (*add)(void *store, const unsigned char *key, apr_time_t expiry, pa_bytes value,
                        apr_pool_t *pool);

    /* Stores it only if `present` is what is there: APR_EEXIST otherwise. One step for all
     * servers. */
    apr_status_t (*replace)(void *store, const unsigned char *key, apr_time_t expiry,
                            pa_bytes present, pa_bytes value, apr_pool_t *pool);

    /* Removes a record; it is no error when there was none. */
    apr_status_t (*remove)(void *store, const unsigned char *key, apr_pool_t *pool);
} pa_store_provider;

#endif
