/* http.h: HTTP requests to a provider, on libcurl. */
#ifndef PA_HTTP_H
#define PA_HTTP_H

#include <apr_pools.h>
#include <apr_time.h>

#include "bytes.h"
#include "fault.h"
#include "waiters.h"

/* How a provider is reached: immutable, part of its configuration. */
typedef struct pa_http_settings {
    apr_interval_time_t connect_timeout;
    apr_interval_time_t total_timeout;
    const char *ca_file;     /* PEM bundle, NULL for the system's */
    const char *proxy;       /* URL, NULL for none (the environment is not asked) */
    const char *client_cert; /* PEM text of the certificate and the key to present, or NULL */
    const char *ciphers;     /* of TLS 1.2, as OpenSSL lists them; NULL for its own choice */
} pa_http_settings;

typedef struct pa_http_request {
    const char *url;           /* absolute; http only where the configuration allows it */
    const char *accept;        /* media type for the Accept header */
    const char *authorization; /* value of the Authorization header, or NULL */
    const char *form;          /* form-urlencoded body, which makes it a POST; or NULL */
    apr_size_t max_body;       /* bytes of answer at most */
    const char *dpop;          /* value of the DPoP header (RFC 9449), or NULL */
} pa_http_request;

typedef struct pa_http_response {
    int status;               /* the HTTP status code */
    const char *content_type; /* media type alone, lower case, without parameters; "" when none */
    pa_bytes body;            /* with a NUL after its end */
    const char *dpop_nonce;   /* of the DPoP-Nonce header (RFC 9449 8.1), NULL when none */
} pa_http_response;

/* The pool of libcurl handles of one process, each with its own kept-alive connections. The handle
 * used last is used first, so that a warm login opens no connection. */
typedef struct pa_http pa_http;

/* Once per child process. `waiters` says how many requests may wait for providers at once, so that
 * a slow provider does not take every worker from what has nothing to do with it; NULL: any number.
 * NULL and *out set, or the reason. Closed when `pool` ends. */
const char *pa_http_create(apr_pool_t *pool, pa_waiters *waiters, pa_http **out);

/* Counts a request among those that wait, or returns the fault UNKNOWN when there are enough. Each
 * that was counted leaves again. */
const pa_fault *pa_http_enter(pa_http *http, apr_pool_t *pool, pa_wait kind);
void pa_http_leave(pa_http *http, pa_wait kind);

/* Sends one request and reads its answer into `pool`, whatever its status. Redirects are not
 * followed, a POST is never sent a second time, TLS 1.2 or later with certificate and host
 * verified, cookies and compression off. NULL and *out set, or a fault: UNREACHABLE, TIMEOUT,
 * NONSENSE for a body over max_body, OURS for a request that no header may hold. */
const pa_fault *pa_http_send(pa_http *http, apr_pool_t *pool, const pa_http_settings *settings,
                             const pa_http_request *request, pa_http_response *out);

#endif
