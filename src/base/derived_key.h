/* derived_key.h: a key pair that a secret leads to, so that nothing but the secret need be kept. */
#ifndef PA_DERIVED_KEY_H
#define PA_DERIVED_KEY_H

#include "private_key.h"

/* The P-256 key (for ES256) of a secret of full strength, as the text of a private JWK that
 * pa_private_key_parse takes. Always the same; the secret's other uses do not give it away.
 * NULL and *jwk set, or the reason. */
const char *pa_derived_key(apr_pool_t *pool, pa_bytes secret, const char **jwk);

#endif
