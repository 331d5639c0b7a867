/* redis_route.c: see redis_route.h. The lock is held to look at the map, never while a server is
 * asked. */
#include "redis_route.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <http_log.h>

#define SLOTS 16384
/* A command goes to at most so many servers: a slot that moves, a master that fails. */
#define HOPS_MAX 6
#define PORT_MAX 65535

APLOG_USE_MODULE(plusauth_redis);

struct pa_redis_route {
    const pa_redis_settings *settings;
    server_rec *server;
    apr_pool_t *pool; /* of the nodes; used under the lock */
    apr_thread_mutex_t *lock;
    pa_redis_node *nodes;     /* all that were ever met */
    pa_redis_node *sentinels; /* first of their list; NULL without */
    pa_redis_node *master;    /* behind Sentinels; NULL: not known */
    pa_redis_node **slots;    /* of a cluster; NULL until a server says that it is one */
};

pa_redis_route *pa_redis_route_create(apr_pool_t *pool, server_rec *s,
                                      const pa_redis_settings *settings)
{
    pa_redis_route *route = apr_pcalloc(pool, sizeof(*route));
    pa_redis_node **last = settings->master ? &route->sentinels : &route->nodes;

    route->settings = settings;
    route->server = s;
    apr_pool_create(&route->pool, pool);
    if (apr_thread_mutex_create(&route->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS)
        return NULL;
    for (int i = 0; i < settings->addresses->nelts; i++) {
        *last = pa_redis_node_create(pool, settings,
                                     APR_ARRAY_IDX(settings->addresses, i, pa_redis_address),
                                     settings->master != NULL);
        if (!*last)
            return NULL;
        last = &(*last)->next;
    }
    return route;
}

/* The node of an address that a server named; NULL where its port is none. The lock is held. */
static pa_redis_node *node_at(pa_redis_route *route, const char *host, const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    pa_redis_node *node;

    if (*end || port < 1 || port > PORT_MAX)
        return NULL;

    for (node = route->nodes; node; node = node->next)
        if (node->address.port == port && strcmp(node->address.host, host) == 0)
            return node;
    node = pa_redis_node_create(route->pool, route->settings,
                                (pa_redis_address){ apr_pstrdup(route->pool, host), (int)port }, 0);
    if (node) {
        node->next = route->nodes;
        route->nodes = node;
    }
    return node;
}

static void log_failure(const pa_redis_route *route, const pa_redis_node *node)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, route->server, "%s %s:%d cannot be asked: %s",
                 node->sentinel ? "Redis Sentinel" : "Redis", node->address.host,
                 node->address.port, node->message);
}

static apr_status_t ask_node(const pa_redis_route *route, pa_redis_node *node,
                             const pa_redis_command *command, redisReply **out)
{
    int first;
    apr_status_t rv = pa_redis_node_ask(node, command, out, &first);

    if (first)
        log_failure(route, node);
    return rv;
}

/* "SENTINEL get-master-addr-by-name": the node that one Sentinel names, or NULL. */
static pa_redis_node *ask_sentinel(pa_redis_route *route, pa_redis_node *sentinel, apr_pool_t *pool)
{
    const char *name = route->settings->master;
    const pa_redis_command command = {
        .pool = pool,
        .argc = 3,
        .argv = (const char *[]){ "SENTINEL", "get-master-addr-by-name", name },
        .lengths = (const size_t[]){ 8, 23, strlen(name) },
    };
    pa_redis_node *master = NULL;
    redisReply *reply;

    if (ask_node(route, sentinel, &command, &reply) != APR_SUCCESS)
        return NULL;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
        && reply->element[0]->type == REDIS_REPLY_STRING
        && reply->element[1]->type == REDIS_REPLY_STRING) {
        apr_thread_mutex_lock(route->lock);
        master = node_at(route, reply->element[0]->str, reply->element[1]->str);
        apr_thread_mutex_unlock(route->lock);
    }
    else
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, route->server,
                     "Redis Sentinel %s:%d does not know the master \"%s\"", sentinel->address.host,
                     sentinel->address.port, route->settings->master);
    freeReplyObject(reply);
    return master;
}

static pa_redis_node *find_master(pa_redis_route *route, apr_pool_t *pool)
{
    pa_redis_node *master = NULL;

    for (pa_redis_node *sentinel = route->sentinels; sentinel && !master; sentinel = sentinel->next)
        master = ask_sentinel(route, sentinel, pool);
    apr_thread_mutex_lock(route->lock);
    route->master = master;
    apr_thread_mutex_unlock(route->lock);
    return master;
}

/* CRC-16/XMODEM of the key (Redis cluster specification, "Keys distribution model"). Our keys have
 * no braces. */
static unsigned int slot_of(const char *key)
{
    unsigned int crc = 0;

    for (; *key; key++) {
        crc ^= (unsigned int)(unsigned char)*key << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc % SLOTS;
}

/* The next node after one that failed, in a cluster: any of them can tell who has the key. */
static pa_redis_node *another(const pa_redis_route *route, const pa_redis_node *failed)
{
    pa_redis_node *next = failed ? failed->next : route->nodes;

    return next ? next : route->nodes;
}

/* Where a command goes first. `failed` could not be asked just now, or is NULL. */
static pa_redis_node *node_for(pa_redis_route *route, const char *key, const pa_redis_node *failed,
                               apr_pool_t *pool)
{
    pa_redis_node *node;

    if (route->sentinels) {
        apr_thread_mutex_lock(route->lock);
        node = failed ? NULL : route->master;
        apr_thread_mutex_unlock(route->lock);
        return node ? node : find_master(route, pool);
    }
    apr_thread_mutex_lock(route->lock);
    node = route->slots ? route->slots[slot_of(key)] : NULL;
    if (!node || node == failed)
        node = another(route, failed);
    apr_thread_mutex_unlock(route->lock);
    return node;
}

/* "MOVED 3999 127.0.0.1:6381", "ASK 3999 :6381" (the same host): the node that has the slot now,
 * and whether it is so for good. NULL where the answer is another. */
static pa_redis_node *redirect(pa_redis_route *route, const pa_redis_node *from, const char *answer,
                               int *asking)
{
    int moved = strncmp(answer, "MOVED ", 6) == 0;
    const char *address, *colon;
    pa_redis_node *node;
    unsigned int slot;
    char *end;

    if (!moved && strncmp(answer, "ASK ", 4) != 0)
        return NULL;
    slot = (unsigned int)strtoul(strchr(answer, ' '), &end, 10);
    colon = strrchr(end, ':');
    if (*end != ' ' || slot >= SLOTS || !colon)
        return NULL;
    address = end + 1;
    apr_thread_mutex_lock(route->lock);
    node = node_at(route,
                   colon == address
                       ? from->address.host
                       : apr_pstrmemdup(route->pool, address, (apr_size_t)(colon - address)),
                   colon + 1);
    if (moved && !route->slots)
        route->slots = apr_pcalloc(route->pool, SLOTS * sizeof(pa_redis_node *));
    if (moved && node)
        route->slots[slot] = node;
    apr_thread_mutex_unlock(route->lock);
    *asking = !moved;
    return node;
}

/* What an error of Redis means: APR_ECONNREFUSED when another server, or the same later, may do it.
 */
static apr_status_t meaning_of(const pa_redis_route *route, const char *answer)
{
    static const char *const passing[] = { "READONLY", "LOADING",    "MASTERDOWN", "CLUSTERDOWN",
                                           "TRYAGAIN", "NOREPLICAS", "BUSY" };

    for (apr_size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (strncmp(answer, passing[i], strlen(passing[i])) == 0)
            return APR_ECONNREFUSED;
    if (strncmp(answer, "OOM", 3) == 0)
        return APR_ENOSPC;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, route->server, "Redis refuses a command: %s", answer);
    return APR_EGENERAL;
}

apr_status_t pa_redis_route_ask(pa_redis_route *route, const char *key, pa_redis_command *command,
                                redisReply **out)
{
    pa_redis_node *node = node_for(route, key, NULL, command->pool), *failed = NULL, *next;
    apr_status_t rv = APR_ECONNREFUSED;

    for (int hops = 0; node && hops < HOPS_MAX; hops++) {
        redisReply *reply;

        rv = ask_node(route, node, command, &reply);
        command->asking = 0;
        if (rv == APR_SUCCESS && reply->type != REDIS_REPLY_ERROR) {
            *out = reply;
            return APR_SUCCESS;
        }
        next = NULL;
        if (rv == APR_SUCCESS) {
            next = redirect(route, node, reply->str, &command->asking);
            rv = next ? APR_ECONNREFUSED : meaning_of(route, reply->str);
            freeReplyObject(reply);
        }
        if (rv != APR_ECONNREFUSED && rv != APR_ECONNRESET)
            return rv;
        if (!next) {
            /* The idle connections of a server that changed its role are of no use any more. */
            pa_redis_node_close(node);
            failed = node;
            next = node_for(route, key, failed, command->pool);
            if (next == failed)
                return rv;
        }
        node = next;
    }
    return rv;
}
