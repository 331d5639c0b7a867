/* client_key.h: which of the client's own keys signs, and what the world gets to see of them. */
#ifndef PA_CLIENT_KEY_H
#define PA_CLIENT_KEY_H

#include "provider.h"

/* The first client key that may sign by one of these algorithms, and the best of those in *alg.
 * NULL when there is none. */
const pa_private_key *pa_client_key_choose(const pa_provider *provider, pa_alg_set algs,
                                           pa_alg_set *alg);

/* The public half of a key, as providers are told. One that both signs and decrypts names no use
 * (RFC 7517 4.2). NULL when there is no memory. */
json_t *pa_client_key_publish(apr_pool_t *pool, const pa_private_key *key);

#endif
