/* private_key.h: this module's own keys, from PEM or as private JWKs (RFC 7517, 7518, 8037). */
#ifndef PA_PRIVATE_KEY_H
#define PA_PRIVATE_KEY_H

#include <apr_pools.h>
#include <jansson.h>
#include <openssl/types.h>

#include "bytes.h"
#include "jwa.h"

/* An RSA key of 16384 bits is 13 KB of PEM; a certificate may stand beside it. */
#define PA_PRIVATE_KEY_MAX 65536

typedef struct pa_private_key {
    const char *kid;         /* never NULL */
    pa_alg_set algs;         /* what it may sign with: by type and curve, narrowed by its JWK */
    pa_jwe_alg_set jwe_algs; /* what it may decrypt; one of the two sets may be empty */
    EVP_PKEY *key;           /* ends with the pool it was read into */
    const json_t *public_members; /* kty, crv, n, e, x, y: a JWK that names neither use nor kid */
} pa_private_key;

/* Reads a key that is PEM text (PKCS #8, or the traditional forms of RSA and EC; certificates
 * beside it are passed over) or one private JWK. `kid` may be NULL: then it is the JWK's own, else
 * the thumbprint (RFC 7638). Refused: encrypted PEM (nobody is asked for a passphrase), several
 * keys, RSA below 2048 bits, curves other than P-256, P-384, P-521, Ed25519 and Ed448, a private
 * half that does not sign for its public one. The text stays the caller's to wipe; reasons quote
 * nothing of it. NULL and *out set, or the reason. */
const char *pa_private_key_parse(apr_pool_t *pool, pa_bytes text, const char *kid,
                                 pa_private_key **out);

/* The same of a parsed private JWK. `use`, `alg` and `key_ops` narrow what the key may do; one that
 * may do nothing is refused. */
const char *pa_private_key_parse_jwk(apr_pool_t *pool, const json_t *jwk, const char *kid,
                                     pa_private_key **out);

/* The public JWK to publish: with kid, and with `use` ("sig" or "enc") and `alg` where they are not
 * NULL. A new object of that pool; NULL when there is no memory. */
json_t *pa_private_key_publish(apr_pool_t *pool, const pa_private_key *key, const char *use,
                               const char *alg);

#endif
