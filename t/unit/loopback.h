/* loopback.h: a small HTTP server on 127.0.0.1 inside a test, with or without TLS. One thread
 * serves all its connections; a handler says what each request gets and what becomes of the
 * connection after it. It counts what came in, so that a test can say what did not. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <apr_pools.h>
#include <apr_strings.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_CONNECTIONS 32
#define LOOPBACK_REQUEST_MAX 131072

typedef struct loopback_request {
    int connection;   /* counted from 1 in the order they came */
    int number;       /* of all requests, from 1 */
    const char *head; /* request line and headers */
    const char *body;
} loopback_request;

typedef enum {
    LOOPBACK_KEEP,  /* more requests may follow; also leaves an unfinished answer unfinished */
    LOOPBACK_CLOSE, /* an orderly end */
    LOOPBACK_RESET  /* RST */
} loopback_after;

typedef struct loopback_answer {
    const char *bytes; /* raw; NULL for none */
    size_t len;
    int endless; /* sends the bytes again and again until the client goes */
    loopback_after after;
} loopback_answer;

typedef void loopback_handler(void *context, const loopback_request *request,
                              loopback_answer *answer);

typedef struct loopback_connection {
    int fd, number;
    SSL *ssl;
    size_t len;
    char *buffer;
} loopback_connection;

typedef struct loopback {
    apr_pool_t *pool; /* the handler's own: pools are not for two threads */
    loopback_handler *handler;
    void *context;
    int port, listener, wake[2];
    SSL_CTX *tls;
    pthread_t thread;
    pthread_mutex_t mutex; /* over all that follows */
    pthread_cond_t done;
    int connections, requests, stop, close_all;
    char last[LOOPBACK_REQUEST_MAX];
    loopback_connection open[LOOPBACK_CONNECTIONS];
} loopback;

static inline void loopback_die(const char *what)
{
    printf("Bail out! loopback server: %s\n", what);
    exit(255);
}

static inline void loopback_close(loopback_connection *c, int reset)
{
    struct linger linger = { 1, 0 };

    if (c->ssl) {
        if (!reset)
            SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(c->fd);
    free(c->buffer);
    memset(c, 0, sizeof(*c));
    c->fd = -1;
}

static inline int loopback_write(loopback_connection *c, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = c->ssl ? SSL_write(c->ssl, bytes, (int)len)
                              : send(c->fd, bytes, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return 0;
        bytes += sent;
        len -= (size_t)sent;
    }
    return 1;
}

/* Serves the request that the buffer begins with, if it is whole. */
static inline int loopback_serve(loopback *server, loopback_connection *c)
{
    char *end = strstr(c->buffer, "\r\n\r\n");
    char *length = end ? strcasestr(c->buffer, "\r\nContent-Length:") : NULL;
    size_t head = end ? (size_t)(end - c->buffer) + 4 : 0;
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    loopback_request request;
    loopback_answer answer = { 0 };
    char *copy;

    if (!end || c->len < head + body)
        return 0;
    copy = strndup(c->buffer, head + body);
    memmove(c->buffer, c->buffer + head + body, c->len - head - body + 1);
    c->len -= head + body;
    pthread_mutex_lock(&server->mutex);
    memcpy(server->last, copy, head + body + 1);
    request.number = ++server->requests;
    pthread_mutex_unlock(&server->mutex);
    request.connection = c->number;
    request.body = copy + head;
    copy[head - 1] = '\0';
    request.head = copy;
    server->handler(server->context, &request, &answer);
    if (answer.bytes) {
        while (loopback_write(c, answer.bytes, answer.len) && answer.endless)
            ;
    }
    free(copy);
    if (answer.after == LOOPBACK_KEEP && !answer.endless)
        return 1;
    loopback_close(c, answer.after == LOOPBACK_RESET);
    return 0;
}

static inline void loopback_read(loopback *server, loopback_connection *c)
{
    do {
        char *to = c->buffer + c->len;
        size_t room = LOOPBACK_REQUEST_MAX - 1 - c->len;
        ssize_t got = c->ssl ? SSL_read(c->ssl, to, (int)room) : recv(c->fd, to, room, 0);

        if (got <= 0) {
            loopback_close(c, 0);
            return;
        }
        c->len += (size_t)got;
        c->buffer[c->len] = '\0';
    } while (c->ssl && SSL_pending(c->ssl) > 0);
    while (c->fd >= 0 && loopback_serve(server, c))
        ;
}

static inline void loopback_accept(loopback *server)
{
    int fd = accept(server->listener, NULL, NULL);
    struct timeval patience = { 5, 0 };
    int on = 1, i = 0;
    loopback_connection *c;

    if (fd < 0)
        return;
    while (i < LOOPBACK_CONNECTIONS && server->open[i].fd >= 0)
        i++;
    if (i == LOOPBACK_CONNECTIONS)
        loopback_die("too many connections");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c = &server->open[i];
    c->fd = fd;
    c->buffer = calloc(1, LOOPBACK_REQUEST_MAX);
    pthread_mutex_lock(&server->mutex);
    c->number = ++server->connections;
    pthread_mutex_unlock(&server->mutex);
    if (!server->tls)
        return;
    c->ssl = SSL_new(server->tls);
    SSL_set_fd(c->ssl, fd);
    if (SSL_accept(c->ssl) != 1)
        loopback_close(c, 1);
}

/* What the test's own thread asked for. Whether to go on. */
static inline int loopback_orders(loopback *server)
{
    char byte;
    int i, go_on;

    if (read(server->wake[0], &byte, 1) != 1)
        loopback_die("no wake-up byte");
    pthread_mutex_lock(&server->mutex);
    for (i = 0; i < LOOPBACK_CONNECTIONS; i++)
        if (server->open[i].fd >= 0)
            loopback_close(&server->open[i], 0);
    server->close_all = 0;
    go_on = !server->stop;
    pthread_cond_broadcast(&server->done);
    pthread_mutex_unlock(&server->mutex);
    return go_on;
}

static inline void *loopback_run(void *data)
{
    loopback *server = data;

    for (;;) {
        struct pollfd polled[LOOPBACK_CONNECTIONS + 2] = { { server->wake[0], POLLIN, 0 },
                                                           { server->listener, POLLIN, 0 } };
        int i;

        for (i = 0; i < LOOPBACK_CONNECTIONS; i++)
            polled[i + 2] = (struct pollfd){ server->open[i].fd, POLLIN, 0 };
        if (poll(polled, LOOPBACK_CONNECTIONS + 2, -1) < 0)
            continue;
        for (i = 0; i < LOOPBACK_CONNECTIONS; i++)
            if (polled[i + 2].revents)
                loopback_read(server, &server->open[i]);
        if (polled[1].revents)
            loopback_accept(server);
        if (polled[0].revents && !loopback_orders(server))
            return NULL;
    }
}

static inline apr_status_t loopback_end(void *data)
{
    loopback *server = data;

    pthread_mutex_lock(&server->mutex);
    server->stop = 1;
    pthread_mutex_unlock(&server->mutex);
    if (write(server->wake[1], "x", 1) != 1)
        loopback_die("cannot stop");
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->wake[0]);
    close(server->wake[1]);
    SSL_CTX_free(server->tls);
    apr_pool_destroy(server->pool);
    return APR_SUCCESS;
}

/* A server that runs until `pool` ends. */
static inline loopback *loopback_start_with(apr_pool_t *pool, SSL_CTX *tls,
                                            loopback_handler *handler, void *context)
{
    loopback *server = apr_pcalloc(pool, sizeof(*server));
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int i;

    signal(SIGPIPE, SIG_IGN);
    apr_pool_create(&server->pool, NULL);
    server->handler = handler;
    server->context = context;
    server->tls = tls;
    for (i = 0; i < LOOPBACK_CONNECTIONS; i++)
        server->open[i].fd = -1;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->done, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, len) || listen(server->listener, 64)
        || getsockname(server->listener, (struct sockaddr *)&address, &len) || pipe(server->wake)
        || pthread_create(&server->thread, NULL, loopback_run, server))
        loopback_die("cannot start");
    server->port = ntohs(address.sin_port);
    apr_pool_cleanup_register(pool, server, loopback_end, apr_pool_cleanup_null);
    return server;
}

static inline loopback *loopback_start(apr_pool_t *pool, loopback_handler *handler, void *context)
{
    return loopback_start_with(pool, NULL, handler, context);
}

/* Closes every connection from the server's side and returns when that is done. */
static inline void loopback_close_all(loopback *server)
{
    pthread_mutex_lock(&server->mutex);
    server->close_all = 1;
    if (write(server->wake[1], "x", 1) != 1)
        loopback_die("cannot wake");
    while (server->close_all)
        pthread_cond_wait(&server->done, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
}

static inline int loopback_requests(loopback *server)
{
    int count;

    pthread_mutex_lock(&server->mutex);
    count = server->requests;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

static inline int loopback_connections(loopback *server)
{
    int count;

    pthread_mutex_lock(&server->mutex);
    count = server->connections;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

/* The last request as it came, from `pool`. */
static inline const char *loopback_last(loopback *server, apr_pool_t *pool)
{
    const char *last;

    pthread_mutex_lock(&server->mutex);
    last = apr_pstrdup(pool, server->last);
    pthread_mutex_unlock(&server->mutex);
    return last;
}

static inline const char *loopback_url(loopback *server, apr_pool_t *pool, const char *path)
{
    return apr_psprintf(pool, "%s://127.0.0.1:%d%s", server->tls ? "https" : "http", server->port,
                        path);
}

/* A complete answer; the texts must live until it is sent. */
static inline void loopback_respond(loopback_answer *answer, apr_pool_t *pool, int status,
                                    const char *type, const char *body)
{
    answer->bytes = apr_psprintf(pool,
                                 "HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %lu\r\n"
                                 "\r\n%s",
                                 status, type, (unsigned long)strlen(body), body);
    answer->len = strlen(answer->bytes);
    answer->after = LOOPBACK_KEEP;
}

/* A TLS context with a self-signed certificate for `san` ("IP:127.0.0.1"), valid from `from` to
 * `until` seconds from now; its PEM text goes to `ca_file` unless that is NULL. */
static inline SSL_CTX *loopback_tls(const char *san, long from, long until, const char *ca_file)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    FILE *file = ca_file ? fopen(ca_file, "w") : NULL;

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"loopback", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, extension, -1);
    if (X509_sign(certificate, key, EVP_sha256()) == 0
        || SSL_CTX_use_certificate(tls, certificate) != 1 || SSL_CTX_use_PrivateKey(tls, key) != 1
        || (file && !PEM_write_X509(file, certificate)))
        loopback_die("cannot make a certificate");
    if (file)
        fclose(file);
    X509_EXTENSION_free(extension);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

#endif
