/* authorization.h: the authorization request and its answer (RFC 6749 4.1.1, OpenID Connect
 * Core 3.1.2). */
#ifndef PA_AUTHORIZATION_H
#define PA_AUTHORIZATION_H

#include <apr_tables.h>

#include "../base/fault.h"
#include "metadata.h"

/* What is new in each request. */
typedef struct pa_authorization_request {
    const char *redirect_uri;
    const char *state;
    const char *nonce;
    const char *code_challenge; /* S256: RFC 7636 4.2 */
} pa_authorization_request;

/* The URL to send the browser to. */
const char *pa_authorization_url(apr_pool_t *pool, const pa_provider *provider,
                                 const pa_metadata *metadata,
                                 const pa_authorization_request *request);

/* Reads the answer's parameters, whose state was compared already. NULL and *code set, or a fault:
 * OAUTH for an error response, RULE for an answer that breaks RFC 9207 (iss of another provider, or
 * none where one must be) or is none. */
const pa_fault *pa_authorization_answer(apr_pool_t *pool, const pa_metadata *metadata,
                                        const apr_table_t *parameters, const char **code);

#endif
