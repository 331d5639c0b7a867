/* fault.h: what went wrong between us and a provider, with its kind.
 * Most functions of this module answer with a plain `const char *` reason. Where the answer to the
 * browser depends on what kind of thing failed, they answer with one of these. NULL means fine. */
#ifndef PA_FAULT_H
#define PA_FAULT_H

#include <apr_pools.h>

typedef enum {
    PA_FAULT_UNREACHABLE, /* no connection, TLS not trusted, connection reset */
    PA_FAULT_TIMEOUT,     /* connected or not, it took longer than PlusAuthHTTPTimeout */
    PA_FAULT_NONSENSE,    /* an answer that is no valid one: wrong status, type, size or JSON */
    PA_FAULT_UNKNOWN,     /* nothing is known of the provider yet, and it was asked just now */
    PA_FAULT_OAUTH,       /* an OAuth error response (RFC 6749 4.1.2.1, 5.2): see `error` */
    PA_FAULT_RULE,        /* a token or a claim breaks a rule */
    PA_FAULT_OURS         /* configuration or this server: no memory, no random bytes */
} pa_fault_kind;

typedef struct pa_fault {
    pa_fault_kind kind;
    const char *why;   /* a sentence for the log, without secrets, printable */
    const char *error; /* the OAuth error code when kind is PA_FAULT_OAUTH, else NULL */
} pa_fault;

/* A new fault from `pool`; the texts are not copied. */
const pa_fault *pa_fault_new(apr_pool_t *pool, pa_fault_kind kind, const char *why);
const pa_fault *pa_fault_oauth(apr_pool_t *pool, const char *error, const char *why);

#endif
