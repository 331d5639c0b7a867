/* socache.h: one record in a provider of httpd's, whatever that provider makes of it: records
 * longer than it takes, and times to live that it would misunderstand. The caller holds the lock.
 */
#ifndef PA_SOCACHE_H
#define PA_SOCACHE_H

#include <ap_socache.h>
#include <apr_pools.h>

#include "bytes.h"
#include "cache_key.h"

typedef struct pa_socache {
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *instance;
    server_rec *server;
    int distant; /* Redis or memcached: something that counts time in its own way, and can be away
                  */
} pa_socache;

/* Reads into `buffer`, of *len bytes, and sets *len. */
apr_status_t pa_socache_retrieve(const pa_socache *cache, const unsigned char *key,
                                 unsigned char *buffer, unsigned int *len, apr_pool_t *pool);
apr_status_t pa_socache_store(const pa_socache *cache, const unsigned char *key, apr_time_t expiry,
                              pa_bytes value, apr_pool_t *pool);
apr_status_t pa_socache_remove(const pa_socache *cache, const unsigned char *key, apr_pool_t *pool);

#endif
