/* store_timeout.h: no worker waits for a session store without end. */
#ifndef PA_STATE_STORE_TIMEOUT_H
#define PA_STATE_STORE_TIMEOUT_H

#include <ap_socache.h>
#include <apr_pools.h>

/* Gives the Redis or memcached client of an instance that was made of these arguments a limit for
 * how long a server may take to answer; other providers need none. For as long as pconf lives: to
 * be called for every configuration. */
void pa_store_timeout(const ap_socache_provider_t *provider, ap_socache_instance_t *instance,
                      const char *arguments, apr_pool_t *pconf);

#endif
