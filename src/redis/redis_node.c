/* redis_node.c: see redis_node.h. Connections are hiredis', which are not for two threads at once:
 * a thread takes one from the list, or opens one, and puts it back when its answer was read whole.
 */
#include "redis_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <apr_errno.h>
#include <apr_strings.h>

#include "redis_tls.h"

/* After a failure nobody connects for the first pause; each further failure doubles it. */
#define PAUSE_MIN apr_time_from_msec(100)
#define PAUSE_MAX apr_time_from_sec(2)
/* Connections that are kept while nobody uses them. */
#define IDLE_MAX 64
/* "$", a number, and the line end. */
#define HEAD_MAX 24

typedef struct connection {
    redisContext *context;
    struct connection *next;
} connection;

static struct timeval timeval_of(apr_interval_time_t time)
{
    return (struct timeval){ .tv_sec = apr_time_sec(time), .tv_usec = apr_time_usec(time) };
}

/* Closes the idle connections when the process, or the configuration, goes. */
static apr_status_t node_goes(void *data)
{
    pa_redis_node_close(data);
    return APR_SUCCESS;
}

pa_redis_node *pa_redis_node_create(apr_pool_t *pool, const pa_redis_settings *settings,
                                    pa_redis_address address, int sentinel)
{
    pa_redis_node *node = apr_pcalloc(pool, sizeof(*node));

    node->settings = settings;
    node->address = address;
    node->sentinel = sentinel;
    if (apr_thread_mutex_create(&node->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS)
        return NULL;
    apr_pool_cleanup_register(pool, node, node_goes, apr_pool_cleanup_null);
    return node;
}

/* Takes an idle connection. APR_SUCCESS and *out, NULL when a new one has to be opened;
 * APR_ECONNREFUSED while the server is left alone. One caller tries it after the pause. */
static apr_status_t take(pa_redis_node *node, connection **out)
{
    apr_time_t now = apr_time_now();
    apr_status_t rv = APR_SUCCESS;

    apr_thread_mutex_lock(node->lock);
    *out = node->idle;
    if (*out)
        node->idle = (*out)->next;
    else if (node->down_until > now)
        rv = APR_ECONNREFUSED;
    else if (node->down_until)
        node->down_until = now + PA_REDIS_CONNECT_TIMEOUT + PA_REDIS_ANSWER_TIMEOUT;
    apr_thread_mutex_unlock(node->lock);
    return rv;
}

static void close_connection(connection *used)
{
    redisFree(used->context);
    free(used);
}

static void put_back(pa_redis_node *node, connection *used)
{
    int count = 0;

    apr_thread_mutex_lock(node->lock);
    for (const connection *one = node->idle; one; one = one->next)
        count++;
    if (count < IDLE_MAX) {
        used->next = node->idle;
        node->idle = used;
        used = NULL;
    }
    node->down_until = 0;
    node->pause = 0;
    apr_thread_mutex_unlock(node->lock);
    if (used)
        close_connection(used);
}

void pa_redis_node_close(pa_redis_node *node)
{
    connection *idle, *next;

    apr_thread_mutex_lock(node->lock);
    idle = node->idle;
    node->idle = NULL;
    apr_thread_mutex_unlock(node->lock);
    for (; idle; idle = next) {
        next = idle->next;
        close_connection(idle);
    }
}

/* Notes a failure. Whether it is the first since the server answered. */
static int note_failure(pa_redis_node *node, const char *problem)
{
    int first;

    pa_redis_node_close(node);
    apr_thread_mutex_lock(node->lock);
    first = node->pause == 0;
    node->pause = first ? PAUSE_MIN : node->pause * 2 > PAUSE_MAX ? PAUSE_MAX : node->pause * 2;
    node->down_until = apr_time_now() + node->pause;
    apr_cpystrn(node->message, problem, PA_REDIS_MESSAGE_MAX);
    apr_thread_mutex_unlock(node->lock);
    return first;
}

/* Whether Redis answers a command of the introduction with anything but an error. NULL, or the
 * reason. */
static const char *say(redisContext *context, int argc, const char **argv, char *message,
                       apr_size_t size)
{
    redisReply *reply = redisCommandArgv(context, argc, argv, NULL);

    if (!reply)
        return context->errstr;
    if (reply->type == REDIS_REPLY_ERROR)
        apr_snprintf(message, size, "%s: %s", argv[0], reply->str);
    else
        *message = '\0';
    freeReplyObject(reply);
    return *message ? message : NULL;
}

/* A master that Sentinel has replaced may come back and not know it yet (Redis, "Guidelines for
 * Redis clients with support for Redis Sentinel"). NULL, or the reason. */
static const char *check_role(redisContext *context)
{
    redisReply *reply = redisCommandArgv(context, 1, (const char *[]){ "ROLE" }, NULL);
    int is_master;

    if (!reply)
        return context->errstr;
    is_master = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0
                && reply->element[0]->type == REDIS_REPLY_STRING
                && strcmp(reply->element[0]->str, "master") == 0;
    freeReplyObject(reply);
    return is_master ? NULL : "it is not the master any more";
}

/* AUTH, SELECT and ROLE. */
static const char *introduce(const pa_redis_node *node, redisContext *context, char *message,
                             apr_size_t size)
{
    const pa_redis_settings *settings = node->settings;
    const char *password = node->sentinel ? settings->sentinel_password : settings->password;
    const char *user = node->sentinel ? NULL : settings->user, *err = NULL;

    if (password && user)
        err = say(context, 3, (const char *[]){ "AUTH", user, password }, message, size);
    else if (password)
        err = say(context, 2, (const char *[]){ "AUTH", password }, message, size);
    if (!err && !node->sentinel && settings->db) {
        char number[16];

        apr_snprintf(number, sizeof(number), "%d", settings->db);
        err = say(context, 2, (const char *[]){ "SELECT", number }, message, size);
    }
    if (!err && !node->sentinel && settings->master)
        err = check_role(context);
    return err;
}

/* Opens a connection that is ready for commands. NULL and *out set, or the reason, which may be in
 * `message`. */
static const char *open_connection(const pa_redis_node *node, connection **out, char *message,
                                   apr_size_t size)
{
    const pa_redis_address *address = &node->address;
    redisContext *context =
        redisConnectWithTimeout(address->host, address->port, timeval_of(PA_REDIS_CONNECT_TIMEOUT));
    const char *err = NULL;

    if (!context)
        return "no memory for a connection";
    if (context->err || redisSetTimeout(context, timeval_of(PA_REDIS_ANSWER_TIMEOUT)) != REDIS_OK)
        err = context->errstr;
    if (!err && node->settings->tls)
        err = pa_redis_tls_start(context, node->settings, address->host);
    if (!err)
        err = introduce(node, context, message, size);
    if (!err && (*out = calloc(1, sizeof(**out)))) {
        (*out)->context = context;
        return NULL;
    }
    if (err != message)
        apr_cpystrn(message, err ? err : "no memory for a connection", size);
    redisFree(context);
    return message;
}

/* Whether enough replicas have what this connection wrote (WAIT). */
static int is_replicated(redisContext *context, int replicas)
{
    char number[16];
    redisReply *reply;
    int enough;

    apr_snprintf(number, sizeof(number), "%d", replicas);
    reply =
        redisCommandArgv(context, 3, (const char *[]){ "WAIT", number, PA_REDIS_WAIT_MS }, NULL);
    enough = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer >= replicas;
    if (reply)
        freeReplyObject(reply);
    return enough;
}

static char *put_head(char *at, char kind, size_t number)
{
    char digits[20];
    int count = 0;

    *at++ = kind;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10));
    while (count)
        *at++ = digits[--count];
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

/* The command as Redis reads it (RESP, "Sending commands to a Redis server"), in one piece: hiredis
 * would make it of many, which costs a request more than all else in here. */
static const char *format(const pa_redis_command *command, size_t *len)
{
    size_t size = HEAD_MAX;
    char *text, *at;

    for (int i = 0; i < command->argc; i++)
        size += HEAD_MAX + command->lengths[i] + 2;
    text = apr_palloc(command->pool, size);
    at = put_head(text, '*', (size_t)command->argc);
    for (int i = 0; i < command->argc; i++) {
        at = put_head(at, '$', command->lengths[i]);
        memcpy(at, command->argv[i], command->lengths[i]);
        at += command->lengths[i];
        *at++ = '\r';
        *at++ = '\n';
    }
    *len = (size_t)(at - text);
    return text;
}

/* One command on one connection; NULL when it was cut or took too long. */
static redisReply *send_command(redisContext *context, const pa_redis_command *command)
{
    void *reply = NULL;
    size_t len;
    const char *text = format(command, &len);

    if (command->asking) {
        reply = redisCommandArgv(context, 1, (const char *[]){ "ASKING" }, NULL);
        if (!reply)
            return NULL;
        freeReplyObject(reply);
        reply = NULL;
    }
    if (redisAppendFormattedCommand(context, text, len) != REDIS_OK
        || redisGetReply(context, &reply) != REDIS_OK)
        return NULL;
    return reply;
}

/* Uses one connection up: puts it back, or closes it. *stale says that it had been idle and was
 * cut, which is no failure of the server. */
static apr_status_t ask_by(pa_redis_node *node, connection *used, const pa_redis_command *command,
                           redisReply **out, char *message, int *stale)
{
    int replicas = command->is_write ? node->settings->replicas : 0;
    redisReply *reply = send_command(used->context, command);

    *stale = !reply && errno != EAGAIN && errno != ETIMEDOUT;
    if (reply && replicas && reply->type != REDIS_REPLY_ERROR
        && !is_replicated(used->context, replicas)) {
        freeReplyObject(reply);
        close_connection(used);
        return APR_EAGAIN;
    }
    if (reply) {
        put_back(node, used);
        *out = reply;
        return APR_SUCCESS;
    }
    apr_cpystrn(message, used->context->errstr, PA_REDIS_MESSAGE_MAX);
    close_connection(used);
    return APR_ECONNRESET;
}

apr_status_t pa_redis_node_ask(pa_redis_node *node, const pa_redis_command *command,
                               redisReply **out, int *first)
{
    char message[PA_REDIS_MESSAGE_MAX] = "";
    apr_status_t rv = APR_ECONNRESET;
    int stale = 1, fresh = 0;

    *first = 0;
    while (stale && !fresh) {
        connection *used;

        if ((rv = take(node, &used)) != APR_SUCCESS)
            return rv;
        fresh = !used;
        if (fresh && open_connection(node, &used, message, PA_REDIS_MESSAGE_MAX)) {
            *first = note_failure(node, message);
            return APR_ECONNREFUSED;
        }
        rv = ask_by(node, used, command, out, message, &stale);
        if (rv == APR_SUCCESS || rv == APR_EAGAIN)
            return rv;
    }
    *first = note_failure(node, message);
    return rv;
}
