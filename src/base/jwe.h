/* jwe.h: compact JWE (RFC 7516) with the algorithms of RFC 7518 that jwa.h names. */
#ifndef PA_JWE_H
#define PA_JWE_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "bytes.h"
#include "jwa.h"
#include "jwk.h"
#include "private_key.h"

/* A token of PA_JWT_MAX, encrypted: a third longer, and its header. */
#define PA_JWE_MAX 98304
#define PA_JWE_HEADER_MAX 8192

/* A key that both sides have already: the content key (`dir`) or what wraps it (A128KW). */
typedef struct pa_jwe_secret {
    const char *kid; /* NULL: it has no name, and any that a token gives may be it */
    pa_bytes key;
} pa_jwe_secret;

/* What may be opened, and with what. A private key is chosen by kid and algorithm together, a
 * secret by kid and by the length that the token's algorithms want; a token without kid may be
 * tried with every one that fits. */
typedef struct pa_jwe_rules {
    pa_jwe_alg_set algs;
    pa_jwe_enc_set encs;
    const apr_array_header_t *keys;    /* const pa_private_key *; NULL: none */
    const apr_array_header_t *secrets; /* const pa_jwe_secret *; NULL: none */
} pa_jwe_rules;

/* The reason for everything that is found out after the header was accepted and there is a key for
 * it: which of wrong key, encrypted key, epk, IV, tag, padding or base64url it was is not told. */
extern const char PA_JWE_WRONG[];

/* Whether `text` has the five parts of a compact JWE, and not the three of a JWS. */
int pa_jwe_is(const char *text);

/* Opens a compact JWE. Refused by their header: algorithms that the rules do not name (RSA1_5,
 * PBES2 and A*GCMKW have no name), `zip`, `crit`, no key for kid and algorithm; each with its
 * reason. After that there is PA_JWE_WRONG alone (compare the pointer). *out is the plaintext; a
 * NUL byte follows that is not counted. Nothing proves who wrote it: an inner token must be signed.
 */
const char *pa_jwe_decrypt(apr_pool_t *pool, const char *text, const pa_jwe_rules *rules,
                           pa_bytes *out);

/* The same of a nested token (RFC 7519 A.2): the plaintext is text for pa_jwt_parse, PA_JWE_WRONG
 * when there is a NUL in it. */
const char *pa_jwe_decrypt_token(apr_pool_t *pool, const char *text, const pa_jwe_rules *rules,
                                 const char **out);

/* The keys that OpenID Connect Core 10.2 derives from a client secret, one of each length: for
 * `secrets` (const pa_jwe_secret *). NULL and *out set, or the reason. */
const char *pa_jwe_derive_secrets(apr_pool_t *pool, pa_bytes client_secret,
                                  apr_array_header_t **out);

/* Encrypts to a provider's key by one algorithm of the key's and one content encryption. `cty` is
 * "JWT" for a nested token (RFC 7519 5.2), NULL for none. NULL and *out set, or the reason. */
const char *pa_jwe_encrypt(apr_pool_t *pool, const pa_jwk *to, pa_jwe_alg_set alg,
                           pa_jwe_enc_set enc, const char *cty, pa_bytes plaintext,
                           const char **out);

#endif
