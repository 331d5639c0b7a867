/* jwk.h: a provider's public JSON Web Keys (RFC 7517): those that verify, those to encrypt to. */
#ifndef PA_JWK_H
#define PA_JWK_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>
#include <openssl/types.h>

#include "bytes.h"
#include "jwa.h"

/* One usable public key. */
typedef struct pa_jwk {
    const char *kid; /* NULL when it has none */
    /* What it may verify and what may be encrypted to it, by kty, crv and size, narrowed by its own
     * `alg`: never both. */
    pa_alg_set algs;
    pa_jwe_alg_set jwe_algs;
    EVP_PKEY *key; /* ends with the pool it was parsed into */
} pa_jwk;

/* Parses a JWK set (RFC 7517 section 5). Keys that are of no use are skipped as the section says:
 * unknown kty or crv, symmetric, RSA below 2048 bits or with a weak exponent, a point off its
 * curve; and what is for neither purpose. To verify: `use` is sig or absent, key_ops, if there, has
 * verify. To encrypt: `use` is enc, or is absent where `alg` is one of key encryption; key_ops, if
 * there, has encrypt, wrapKey, deriveKey or deriveBits. At most PA_JWKS_MAX keys are looked at.
 * NULL and *out (const pa_jwk *, perhaps none) when it is a set; else the reason. */
#define PA_JWKS_MAX 100
const char *pa_jwks_parse(apr_pool_t *pool, pa_bytes text, apr_array_header_t **out);

/* The same of one parsed JWK; *why tells what makes it unusable. */
const char *pa_jwk_parse(apr_pool_t *pool, const json_t *jwk, pa_jwk **out);

/* The SHA-256 thumbprint (RFC 7638) of an RSA, EC or OKP key, public or private, as base64url. Only
 * that the required members are text is checked. NULL and *out set, or the reason. */
const char *pa_jwk_thumbprint(apr_pool_t *pool, const json_t *jwk, const char **out);

#endif
