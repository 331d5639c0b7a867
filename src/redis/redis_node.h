/* redis_node.h: one Redis server and this process's connections to it: opened when needed, kept
 * between requests, with time limits of ours. A server that failed is left alone for a while. */
#ifndef PA_REDIS_NODE_H
#define PA_REDIS_NODE_H

#include <apr_thread_mutex.h>
#include <apr_time.h>
#include <hiredis/hiredis.h>

#include "redis_url.h"

/* How long a request waits for a connection, and for each answer. */
#define PA_REDIS_CONNECT_TIMEOUT apr_time_from_sec(2)
#define PA_REDIS_ANSWER_TIMEOUT apr_time_from_sec(2)
/* How long a write waits for its replicas, in milliseconds: less than for an answer. */
#define PA_REDIS_WAIT_MS "1000"

#define PA_REDIS_MESSAGE_MAX 128

typedef struct pa_redis_node {
    const pa_redis_settings *settings;
    pa_redis_address address;
    int sentinel; /* it is asked for the master, and takes no other commands */
    apr_thread_mutex_t *lock;
    struct connection *idle;            /* the one used last comes first */
    apr_time_t down_until;              /* nobody connects before; 0: it answers */
    apr_interval_time_t pause;          /* the next one after a failure */
    char message[PA_REDIS_MESSAGE_MAX]; /* of the last failure */
    struct pa_redis_node *next;
} pa_redis_node;

/* A node of that address; it lives as long as the pool. NULL when there is no memory for it. */
pa_redis_node *pa_redis_node_create(apr_pool_t *pool, const pa_redis_settings *settings,
                                    pa_redis_address address, int sentinel);

/* One command, in Redis' own words. */
typedef struct pa_redis_command {
    apr_pool_t *pool; /* for what is sent */
    int argc;
    const char **argv;
    const size_t *lengths;
    int asking;   /* ASKING goes before it: a cluster moves the key's slot */
    int is_write; /* settings->replicas must have it before it counts */
} pa_redis_command;

/* Sends a command and waits for the answer. APR_SUCCESS and *out, which the caller frees with
 * freeReplyObject, also where the answer is an error of Redis; APR_EAGAIN when too few replicas
 * have the write; else the server cannot be asked now, node->message says why, and *first says
 * whether that is new. */
apr_status_t pa_redis_node_ask(pa_redis_node *node, const pa_redis_command *command,
                               redisReply **out, int *first);

/* Closes the connections that nobody uses: the server has changed its role. */
void pa_redis_node_close(pa_redis_node *node);

#endif
