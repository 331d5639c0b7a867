/* token.h: the token endpoint (RFC 6749 section 3.2, OpenID Connect Core 3.1.3). */
#ifndef PA_TOKEN_H
#define PA_TOKEN_H

#include "discovery.h"

typedef struct pa_tokens {
    const char *id_token; /* NULL when there is none */
    const char *access_token;
    const char *refresh_token; /* NULL when there is none */
    const char *scope;         /* NULL when it is what was asked for */
    apr_time_t expires;        /* of the access token, 0 when unknown */
} pa_tokens;

/* Exchanges an authorization code, once: the request is never repeated.
 * NULL and *out set, or a fault: OAUTH with the error code for an error response (a sentence naming
 * the dashboard's field when it is invalid_client), NONSENSE for any other answer that is no token
 * response. */
const pa_fault *pa_token_exchange(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  const char *code, const char *redirect_uri,
                                  const char *code_verifier, apr_time_t now, pa_tokens *out);

/* The two halves of it that ask nobody: how a request says who the client is, and what an answer
 * says. */

/* Chooses the method (a client without a secret has none but that) and adds what it needs to *form,
 * or sets *authorization. The method it was. */
pa_client_auth pa_token_authenticate(apr_pool_t *pool, const pa_provider *provider,
                                     const pa_metadata *metadata, const char **form,
                                     const char **authorization);

/* Reads an answer to a request that used the method `used`. Faults as above. */
const pa_fault *pa_token_response_read(apr_pool_t *pool, const pa_http_response *response,
                                       pa_client_auth used, apr_time_t now, pa_tokens *out);

#endif
