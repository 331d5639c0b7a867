/* store_timeout.c: see store_timeout.h. What the clients of httpd 2.4 and APR 1 leave out. */
#include "store_timeout.h"

#include <ap_mpm.h>
#include <apr_memcache.h>
#include <apr_redis.h>
#include <apr_reslist.h>
#include <apu_version.h>
#include <httpd.h>

/* What an instance of either provider begins with, in every httpd 2.4. */
typedef struct instance_head {
    const char *servers;
    void *client;
} instance_head;

/* No RedisTimeout is longer, in seconds. */
#define REDIS_TIMEOUT_MAX 3600

/* mod_socache_redis hands RedisTimeout on in microseconds, where apr_redis_server_create wants
 * seconds: a server that hangs would hold each worker that asks it for two months. */
static void mend_redis(apr_redis_t *client)
{
    for (int i = 0; i < client->ntotal; i++) {
        apr_redis_server_t *server = client->live_servers[i];

        if (server->rwto > REDIS_TIMEOUT_MAX)
            server->rwto = (server->rwto + APR_USEC_PER_SEC - 1) / APR_USEC_PER_SEC;
    }
}

#define MEMCACHED_TIMEOUT apr_time_from_sec(5)
/* As mod_socache_memcache's own for a connection that nobody uses. */
#define MEMCACHED_IDLE apr_time_from_sec(15)

/* What APR 1's connection to memcached is; `server` tells whether it is so. */
typedef struct memcached_connection {
    char *buffer;
    apr_size_t buffer_len;
    apr_pool_t *pool, *transient;
    apr_socket_t *socket;
    apr_bucket_brigade *in, *line;
    apr_memcache_server_t *server;
} memcached_connection;

/* A server whose connections come from a list of ours, which takes them from its own. That one is
 * NULL once the server has gone. */
typedef struct limited {
    apr_memcache_server_t *server;
    apr_reslist_t *unlimited;
} limited;

static apr_status_t connect_limited(void **connection, void *data, apr_pool_t *pool)
{
    const limited *of = data;
    apr_status_t rv = apr_reslist_acquire(of->unlimited, connection);
    const memcached_connection *made = *connection;

    (void)pool;
    if (rv == APR_SUCCESS && made->server == of->server)
        rv = apr_socket_timeout_set(made->socket, MEMCACHED_TIMEOUT);
    return rv;
}

static apr_status_t disconnect(void *connection, void *data, apr_pool_t *pool)
{
    const limited *of = data;

    (void)pool;
    return of->unlimited ? apr_reslist_invalidate(of->unlimited, connection) : APR_SUCCESS;
}

static apr_status_t server_goes(void *data)
{
    ((limited *)data)->unlimited = NULL;
    return APR_SUCCESS;
}

static apr_status_t configuration_goes(void *data)
{
    limited *of = data;

    if (of->unlimited) {
        of->server->conns = of->unlimited;
        apr_pool_cleanup_kill(of->server->p, of, server_goes);
    }
    return APR_SUCCESS;
}

/* The server is the process's, and what we give it is the configuration's, as our code is: which of
 * them goes first differs between a reload and the end of a child. */
static void limit_server(apr_memcache_server_t *server, int connections, apr_pool_t *pconf)
{
    limited *of = apr_palloc(pconf, sizeof(*of));
    apr_reslist_t *ours;

    *of = (limited){ server, server->conns };
    apr_pool_cleanup_register(pconf, of, configuration_goes, apr_pool_cleanup_null);
    apr_pool_pre_cleanup_register(server->p, of, server_goes);
    if (apr_reslist_create(&ours, 0, 1, connections, MEMCACHED_IDLE, connect_limited, disconnect,
                           of, pconf)
        == APR_SUCCESS)
        server->conns = ours;
}

/* apr_memcache waits without end for what a server says. */
static void mend_memcached(apr_memcache_t *client, apr_pool_t *pconf)
{
    int threads = 0;

    if (APU_MAJOR_VERSION != 1 || ap_mpm_query(AP_MPMQ_HARD_LIMIT_THREADS, &threads) != APR_SUCCESS)
        return;
    for (int i = 0; i < client->ntotal; i++)
        limit_server(client->live_servers[i], threads > 0 ? threads : 1, pconf);
}

void pa_store_timeout(const ap_socache_provider_t *provider, ap_socache_instance_t *instance,
                      const char *arguments, apr_pool_t *pconf)
{
    const instance_head *head = (const void *)instance;
    const int redis = strcmp(provider->name, "redis") == 0;

    if ((!redis && strcmp(provider->name, "memcache") != 0) || !arguments || !head->servers
        || strcmp(head->servers, arguments) != 0)
        return;
    if (redis)
        mend_redis(head->client);
    else
        mend_memcached(head->client, pconf);
}
