/* key.h: OpenSSL keys from the members of a JWK and back (RFC 7518 section 6, RFC 8037 section 2),
 * whatever they are for: `use`, `alg`, `key_ops` and `kid` are the caller's to look at. */
#ifndef PA_KEY_H
#define PA_KEY_H

#include <apr_pools.h>
#include <jansson.h>
#include <openssl/types.h>

#include "jwa.h"

/* What kty and crv say of a key. */
typedef struct pa_key_kind {
    const char *kty, *crv;   /* crv: NULL for RSA */
    const char *type;        /* OpenSSL's name of the key type */
    const char *group;       /* and of the curve, NULL for other than EC */
    apr_size_t len;          /* of a coordinate (EC) or of the public key (OKP) */
    pa_alg_set algs;         /* signatures it can make */
    pa_jwe_alg_set jwe_algs; /* key encryption it can take part in */
} pa_key_kind;

/* Ties a key to `pool` (EVP_PKEY_free is the cleanup) and returns it. */
EVP_PKEY *pa_key_own(apr_pool_t *pool, EVP_PKEY *key);

/* The public key. Refused: unknown kty or crv, RSA below 2048 or above 16384 bits or with a weak
 * exponent, a point off its curve, members of wrong length. It ends with `pool`. *kind may be set
 * although the key is refused. NULL and *out set, or the reason. */
const char *pa_key_read_public(apr_pool_t *pool, const json_t *jwk, const pa_key_kind **kind,
                               EVP_PKEY **out);

/* The private key that the same rules allow. What was decoded of it is wiped; `jwk` itself is not.
 */
const char *pa_key_read_private(apr_pool_t *pool, const json_t *jwk, const pa_key_kind **kind,
                                EVP_PKEY **out);

/* The public members (kty, crv, n, e, x, y) of a key of a kind that is known: a new JWK that ends
 * with `pool`. NULL and *out set, or the reason. */
const char *pa_key_write_public(apr_pool_t *pool, const EVP_PKEY *key, json_t **out);

#endif
