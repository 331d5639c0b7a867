/* redis_route.h: which server has a key now. Three kinds of Redis, told apart by the URL and by
 * what the servers answer: one server; a master behind Sentinels, found again when it fails; a
 * cluster, whose slots are learned from MOVED answers (Redis cluster specification). */
#ifndef PA_REDIS_ROUTE_H
#define PA_REDIS_ROUTE_H

#include <httpd.h>

#include "redis_node.h"

typedef struct pa_redis_route pa_redis_route;

/* Lives as long as the pool, which `settings` outlives. NULL when there is no memory for it. */
pa_redis_route *pa_redis_route_create(apr_pool_t *pool, server_rec *s,
                                      const pa_redis_settings *settings);

/* Sends a command to the server that has the key, wherever that is by now. APR_SUCCESS and *out, an
 * answer that is no error, for freeReplyObject; APR_ENOSPC: Redis is full; APR_EAGAIN: too few
 * replicas have it; APR_EGENERAL: Redis refuses, and the log says why; else no server can be asked.
 */
apr_status_t pa_redis_route_ask(pa_redis_route *route, const char *key, pa_redis_command *command,
                                redisReply **out);

#endif
