/* token.h: the token endpoint (RFC 6749 section 3.2, OpenID Connect Core 3.1.3). */
#ifndef PA_TOKEN_H
#define PA_TOKEN_H

#include "discovery.h"
#include "dpop.h"

typedef struct pa_tokens {
    const char *id_token; /* NULL when there is none */
    const char *access_token;
    const char *refresh_token; /* NULL when there is none */
    const char *scope;         /* NULL: what was asked for; "": none that could be read */
    apr_time_t expires;        /* of the access token, 0 when unknown */
} pa_tokens;

/* What a code is exchanged with. */
typedef struct pa_token_grant {
    const char *code;
    const char *redirect_uri;
    const char *code_verifier;
    pa_dpop *dpop; /* NULL: the token is a Bearer's */
} pa_token_grant;

/* Exchanges an authorization code, once: see pa_endpoint_post for the one exception.
 * NULL and *out set, or a fault: OAUTH with the error code for an error response (with advice when
 * the client was not authenticated), NONSENSE for any other answer that is no token
 * response, RULE for a token that is bound to another key or certificate, or to none. */
const pa_fault *pa_token_exchange(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  const pa_token_grant *grant, apr_time_t now, pa_tokens *out);

typedef struct pa_token_expected {
    pa_client_auth used;         /* the method of authentication of the request */
    const pa_provider *provider; /* see pa_endpoint_expected */
    int dpop;                    /* whether the token must be bound to a DPoP key */
    apr_time_t now;
} pa_token_expected;

/* Reads an answer. Faults as above. */
const pa_fault *pa_token_response_read(apr_pool_t *pool, const pa_http_response *response,
                                       const pa_token_expected *expected, pa_tokens *out);

#endif
