/* http.h: HTTP requests to a provider, on libcurl. */
#ifndef PA_HTTP_H
#define PA_HTTP_H

#include <apr_pools.h>
#include <apr_time.h>

#include "bytes.h"
#include "fault.h"

/* How a provider is reached: immutable, part of its configuration. */
typedef struct pa_http_settings {
    apr_interval_time_t connect_timeout;
    apr_interval_time_t total_timeout;
    const char *ca_file; /* PEM bundle, NULL for the system's */
    const char *proxy;   /* URL, NULL for none (the environment is not asked) */
    const char
        *client_cert; /* PEM file with the certificate and its key to present; NULL for none */
} pa_http_settings;

typedef struct pa_http_request {
    const char *url;           /* absolute; http only where the configuration allows it */
    const char *accept;        /* media type for the Accept header */
    const char *authorization; /* value of the Authorization header, or NULL */
    const char *form;          /* form-urlencoded body, which makes it a POST; or NULL */
    apr_size_t max_body;       /* bytes of answer at most */
} pa_http_request;

typedef struct pa_http_response {
    int status;               /* the HTTP status code */
    const char *content_type; /* media type alone, lower case, without parameters; "" when none */
    pa_bytes body;            /* with a NUL after its end */
} pa_http_response;

/* The pool of libcurl handles of one process, each with its own kept-alive connections. The handle
 * used last is used first, so that a warm login opens no connection. */
typedef struct pa_http pa_http;

/* Once per child process. NULL and *out set, or the reason. Closed when `pool` ends. */
const char *pa_http_create(apr_pool_t *pool, pa_http **out);

/* Sends one request and reads its answer into `pool`, whatever its status. Redirects are not
 * followed, a POST is never sent a second time, TLS 1.2 or later with certificate and host
 * verified, cookies and compression off. NULL and *out set, or a fault: UNREACHABLE, TIMEOUT,
 * NONSENSE for a body over max_body, OURS for a request that no header may hold. */
const pa_fault *pa_http_send(pa_http *http, apr_pool_t *pool, const pa_http_settings *settings,
                             const pa_http_request *request, pa_http_response *out);

#endif
