/* mod_plusauth_redis: sessions of mod_plusauth in Redis, by hiredis. A module of its own, so that a
 * site without Redis needs no hiredis. It has no directives: PlusAuthSessionStore names the server.
 */
#include <httpd.h>

#include <ap_provider.h>
#include <http_config.h>

#include "redis_store.h"

static void register_hooks(apr_pool_t *pool)
{
    ap_register_provider(pool, PA_STORE_PROVIDER_GROUP, "redis", PA_STORE_PROVIDER_VERSION,
                         &pa_redis_store);
}

__attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA plusauth_redis_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE
};
