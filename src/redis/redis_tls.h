/* redis_tls.h: TLS to a Redis server. hiredis before 1.0 (Debian 12) has none. */
#ifndef PA_REDIS_TLS_H
#define PA_REDIS_TLS_H

#include <hiredis/hiredis.h>

#include "redis_url.h"

/* Reads the files that rediss:// needs, when the server starts: settings->tls_context, which lives
 * as long as the pool. NULL, or the reason. */
const char *pa_redis_tls_prepare(apr_pool_t *pool, pa_redis_settings *settings);

/* Starts TLS on a new connection and checks the server's certificate and name. NULL, or the reason
 * (a static text). */
const char *pa_redis_tls_start(redisContext *context, const pa_redis_settings *settings,
                               const char *host);

#endif
