/* client_key.h: which of the client's own keys signs, and what the world gets to see of them. */
#ifndef PA_CLIENT_KEY_H
#define PA_CLIENT_KEY_H

#include "provider.h"

/* The first client key that may sign by one of these algorithms, and the best of those in *alg.
 * NULL when there is none. */
const pa_private_key *pa_client_key_choose(const pa_provider *provider, pa_alg_set algs,
                                           pa_alg_set *alg);

/* Adds the public half of a key to `keys`, a JSON array, as providers are told it: once for
 * signatures, and once for each algorithm that may encrypt to it. OpenID Connect Discovery 3
 * (jwks_uri): where a set has keys for both, `use` is on all of them; Keycloak finds a key to
 * encrypt to by its `alg` alone. It is one key, so that its kid is the same in all (RFC 7517 4.5).
 * Whether there was memory for it. */
int pa_client_key_publish(apr_pool_t *pool, const pa_private_key *key, json_t *keys);

#endif
