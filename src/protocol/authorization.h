/* authorization.h: the authorization request and its answer (RFC 6749 4.1.1, OpenID Connect
 * Core 3.1.2). */
#ifndef PA_AUTHORIZATION_H
#define PA_AUTHORIZATION_H

#include <apr_tables.h>

#include "../base/fault.h"
#include "discovery.h"
#include "dpop.h"

/* What is new in each request. */
typedef struct pa_authorization_request {
    const char *redirect_uri;
    const char *state;
    const char *nonce;
    const char *code_challenge; /* S256: RFC 7636 4.2 */
    const apr_table_t *more;    /* further parameters, which change none of ours; or NULL */
    pa_dpop *dpop;              /* the key that the tokens are bound to, or NULL */
    apr_time_t now;
} pa_authorization_request;

/* The URL to send the browser to, with the parameters as PlusAuthRequest says. Where they are
 * pushed, the provider is asked, and what goes wrong there ends the login: no parameter ever
 * travels by another way than the configured one. NULL and *url set, or a fault. */
const pa_fault *pa_authorization_url(const pa_client *client, apr_pool_t *pool,
                                     const pa_provider *provider, const pa_metadata *metadata,
                                     const pa_authorization_request *request, const char **url);

/* Reads the answer's parameters, whose state was compared already. NULL and *code set, or a fault:
 * OAUTH for an error response, RULE for an answer that breaks RFC 9207 (iss of another provider, or
 * none where one must be) or is none. */
const pa_fault *pa_authorization_answer(apr_pool_t *pool, const pa_metadata *metadata,
                                        const apr_table_t *parameters, const char **code);

#endif
