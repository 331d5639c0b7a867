/* jws.h: signing compact JWS (RFC 7515) and JWT (RFC 7519); jwt.h reads and verifies them. */
#ifndef PA_JWS_H
#define PA_JWS_H

#include <apr_pools.h>
#include <jansson.h>
#include <openssl/types.h>

#include "bytes.h"
#include "jwa.h"
#include "private_key.h"

/* For signing and verifying alike: the digest that OpenSSL wants named (RFC 8032 hashes by itself:
 * NULL), and RSA's padding. */
const char *pa_jws_digest(pa_alg_set alg);
int pa_jws_set_padding(EVP_PKEY_CTX *options, pa_alg_set alg);

/* A signed JWT: its header has alg, the key's kid, typ where it is not NULL, and the members of
 * `more` (NULL for none; such as DPoP's jwk), which change none of those three. The algorithm must
 * be one of the key's. NULL and *out set, or the reason. */
const char *pa_jwt_sign(apr_pool_t *pool, const pa_private_key *key, pa_alg_set alg,
                        const char *typ, const json_t *more, const json_t *claims,
                        const char **out);

/* The same with HS256, HS384 or HS512 and a shared secret (a client secret's bytes), which must be
 * as long as the digest (RFC 7518 3.2). It names no kid. */
const char *pa_jwt_sign_hmac(apr_pool_t *pool, pa_bytes secret, pa_alg_set alg, const char *typ,
                             const json_t *more, const json_t *claims, const char **out);

/* The signature of any signing input, as a JWS carries it: R || S for ECDSA. */
const char *pa_jws_signature(apr_pool_t *pool, const pa_private_key *key, pa_alg_set alg,
                             pa_bytes input, pa_bytes *out);

/* The same by HMAC. */
const char *pa_jws_hmac(apr_pool_t *pool, pa_bytes secret, pa_alg_set alg, pa_bytes input,
                        pa_bytes *out);

#endif
