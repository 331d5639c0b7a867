/* userinfo.h: the UserInfo endpoint (OpenID Connect Core 5.3). */
#ifndef PA_USERINFO_H
#define PA_USERINFO_H

#include <jansson.h>

#include "discovery.h"
#include "dpop.h"

typedef struct pa_userinfo_request {
    const char *access_token;
    const char *sub; /* whose it must be */
    pa_dpop *dpop;   /* NULL: the token is a Bearer's */
} pa_userinfo_request;

/* Asks for the user's claims with the access token; the answer's sub must be `sub` to the byte.
 * NULL and *out set (it lives as long as `pool`; NULL when the provider refuses a token that is for
 * an audience: then the ID token's claims are all there is), or a fault: RULE when sub is absent or
 * another, the token is refused, or a signed answer is not genuine; NONSENSE for what is no JSON
 * object of type application/json. */
const pa_fault *pa_userinfo_fetch(const pa_client *client, apr_pool_t *pool,
                                  const pa_provider *provider, const pa_metadata *metadata,
                                  const pa_userinfo_request *request, json_t **out);

#endif
