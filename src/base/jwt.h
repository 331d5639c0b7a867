/* jwt.h: JSON Web Tokens as compact JWS (RFC 7515, 7519), under the rules of RFC 8725. */
#ifndef PA_JWT_H
#define PA_JWT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

#include "bytes.h"
#include "jwa.h"

/* An ID token with 200 groups is 9 KB. */
#define PA_JWT_MAX 65536

/* A token as it was read: nothing in it is to be believed before pa_jwt_verify. */
typedef struct pa_jwt {
    pa_alg_set alg;  /* one algorithm that this module knows, as its header names it */
    const char *kid; /* NULL when it names none; at most PA_KID_MAX bytes */
    const char *typ; /* NULL when it names none */
    const json_t *header;
    const json_t *claims;
    pa_bytes signing_input; /* BASE64URL(header) '.' BASE64URL(payload) */
    pa_bytes signature;
} pa_jwt;

#define PA_KID_MAX 1024

/* Reads a compact JWS whose payload is a JSON object. `text` must outlive the result. Refused:
 * anything but three base64url parts, an alg that is not known (`none` never is), `crit` (none of
 * its extensions is understood), `b64`, over-long. `jwk`, `jku`, `x5u` and `x5c` are never looked
 * at. NULL and *out set, or the reason. */
const char *pa_jwt_parse(apr_pool_t *pool, const char *text, pa_jwt **out);

/* The same of a JWS with any payload, which is handed out in *payload: the result has no claims. */
const char *pa_jws_parse(apr_pool_t *pool, const char *text, pa_jwt **out, pa_bytes *payload);

/* Whether verification found no key that the token could mean: then a newer key set may help. */
extern const char PA_JWT_NO_KEY[];

/* Whether one of the keys (const pa_jwk *) is one that the token could mean. */
int pa_jwt_has_key(const pa_jwt *jwt, const apr_array_header_t *keys);

/* Verifies the signature with the keys (const pa_jwk *) of the provider. The algorithm must be one
 * of `allowed`. Keys are chosen by kid and algorithm together; a token without kid may be tried
 * with every key of the algorithm. NULL when it is genuine, PA_JWT_NO_KEY itself (compare the
 * pointer), or another reason. */
const char *pa_jwt_verify(apr_pool_t *pool, const pa_jwt *jwt, const apr_array_header_t *keys,
                          pa_alg_set allowed);

/* The same for HS256, HS384 and HS512 with a shared secret (a client secret's bytes). */
const char *pa_jwt_verify_hmac(const pa_jwt *jwt, pa_bytes secret, pa_alg_set allowed);

#endif
