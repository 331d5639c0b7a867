/* dpop.h: tokens bound to a key by its proofs (RFC 9449). */
#ifndef PA_DPOP_H
#define PA_DPOP_H

#include <apr_time.h>

#include "../base/http.h"
#include "../base/private_key.h"

/* One login's key, and the nonce that the provider last gave: pa_endpoint_post begins with that of
 * the login before. */
typedef struct pa_dpop {
    const pa_private_key *key; /* for ES256; its kid is its thumbprint */
    const char *nonce;         /* NULL as long as there was none */
} pa_dpop;

/* Reads a private JWK, as a session keeps it. NULL and *out set, or the reason. */
const char *pa_dpop_read(apr_pool_t *pool, const char *jwk, pa_dpop *out);

/* Sets the request's DPoP header: a proof for its URL and its method, with the nonce there is.
 * `access_token` goes along with it, or is NULL. No request may be sent again with an old proof.
 * NULL, or the reason. */
const char *pa_dpop_prove(apr_pool_t *pool, const pa_dpop *dpop, const char *access_token,
                          apr_time_t now, pa_http_request *request);

/* Takes a new nonce from the answer. Whether the request was refused for the lack of it, and is to
 * be sent anew, once (sections 8 and 9). */
int pa_dpop_take_nonce(apr_pool_t *pool, pa_dpop *dpop, const pa_http_response *response);

#endif
