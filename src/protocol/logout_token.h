/* logout_token.h: OpenID Connect Back-Channel Logout 1.0 section 2.6, one function a rule. */
#ifndef PA_LOGOUT_TOKEN_H
#define PA_LOGOUT_TOKEN_H

#include "../base/jwt.h"
#include "discovery.h"

/* No logout token that is older is taken, whatever its exp: so long its jti is remembered. */
#define PA_LOGOUT_TOKEN_AGE_MAX apr_time_from_sec(600)

/* What a valid one says. sub or sid may be NULL, not both. */
typedef struct pa_logout_token {
    const char *jti;
    const char *sub;
    const char *sid;
} pa_logout_token;

/* Checks the claims of a token whose signature was verified. NULL, or the rule they break. */
const char *pa_logout_token_check(const pa_jwt *jwt, const pa_provider *provider,
                                  const char *issuer, apr_time_t now);

/* Reads a token, which may be encrypted to the provider's client (2.4): nothing in it is to be
 * believed before pa_logout_token_validate. NULL and *out set, or the reason. */
const char *pa_logout_token_read(apr_pool_t *pool, const pa_provider *provider, const char *text,
                                 pa_jwt **out);

/* Reads, verifies and checks. `alg` is the algorithm that this client's ID tokens are signed with,
 * when it is known (0 otherwise): section 2.6 demands the same, unless PlusAuthSigningAlgs names
 * the token's own. NULL and *out set, or a fault: RULE, or what fetching keys gave. */
const pa_fault *pa_logout_token_validate(const pa_client *client, apr_pool_t *pool,
                                         const pa_provider *provider, const pa_metadata *metadata,
                                         const char *text, pa_alg_set alg, apr_time_t now,
                                         pa_logout_token *out);

#endif
