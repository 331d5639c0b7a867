/* sender.c: see sender.h. The token is the provider's business, and its signature is not looked at:
 * it came from the provider just now. */
#include "sender.h"

#include <string.h>

#include "../base/json.h"
#include "../base/jwt.h"

static int is_bound(const json_t *claims, const char *member, const char *wanted)
{
    const char *value = pa_json_text(json_object_get(claims, "cnf"), member);
    return value && wanted && strcmp(value, wanted) == 0;
}

const pa_fault *pa_sender_check(apr_pool_t *pool, const pa_provider *provider, const pa_dpop *dpop,
                                const char *access_token)
{
    const char *why = NULL;
    pa_jwt *jwt;

    if ((!dpop && provider->sender_constrain != PA_SENDER_CONSTRAIN_MTLS)
        || pa_jwt_parse(pool, access_token, &jwt))
        return NULL;
    if (dpop && !is_bound(jwt->claims, "jkt", dpop->key->kid))
        why = "the access token is not bound to our key (cnf.jkt)";
    if (!dpop && !is_bound(jwt->claims, "x5t#S256", provider->client_cert_thumbprint))
        why = "the access token is not bound to our certificate (cnf.x5t#S256): is the client "
              "registered for tls_client_certificate_bound_access_tokens?";
    return why ? pa_fault_new(pool, PA_FAULT_RULE, why) : NULL;
}
