/* id_token.h: OpenID Connect Core 3.1.3.7 and RFC 8725, one function a rule. */
#ifndef PA_ID_TOKEN_H
#define PA_ID_TOKEN_H

#include "../base/jwt.h"
#include "discovery.h"
#include "jwt_claims.h"

/* What an ID token has to match; all of it comes from configuration and from our own request. */
typedef struct pa_id_token_expected {
    const pa_provider *provider;
    const char *issuer; /* as the provider's metadata writes it */
    const char *nonce;
    const char *access_token;    /* for at_hash when that claim is there */
    apr_interval_time_t max_age; /* as asked, negative when it was not */
    apr_time_t now;
} pa_id_token_expected;

/* Checks every claim of a token whose signature was verified. NULL, or the rule it breaks. */
const char *pa_id_token_check(const pa_jwt *jwt, const pa_id_token_expected *expected);

/* Parses, verifies (a key set that lacks the key is renewed, at most once a minute) and checks.
 * NULL and *out set, or a fault: RULE, or what fetching keys gave. */
const pa_fault *pa_id_token_validate(const pa_client *client, apr_pool_t *pool,
                                     const pa_metadata *metadata, const char *text,
                                     const pa_id_token_expected *expected, pa_jwt **out);

#endif
