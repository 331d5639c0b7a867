/* keyring.h: a provider's keys, one of each kind, and the way a token takes past them. */
#ifndef KEYRING_H
#define KEYRING_H

#include <openssl/err.h>

#include "../../src/base/jwk.h"
#include "../../src/base/jwt.h"
#include "signer.h"
#include "tap.h"

#define CLAIMS "{\"iss\":\"https://op.example\",\"sub\":\"u\"}"
#define ALL (PA_ALGS_PUBLIC_KEY | PA_ALGS_HMAC)

/* The provider's keys; the RSA one may sign with any RSA algorithm. */
static struct {
    EVP_PKEY *rsa, *p256, *p384, *p521, *ed25519, *ed448;
    apr_array_header_t *set;
} op;

static inline apr_array_header_t *parse_set(apr_pool_t *pool, const char *keys)
{
    apr_array_header_t *set = NULL;
    const char *text = apr_psprintf(pool, "{\"keys\":[%s]}", keys);

    is(pa_jwks_parse(pool, pa_bytes_text(text), &set), NULL, "a key set");
    return set;
}

static inline void make_keys(apr_pool_t *pool)
{
    op.rsa = signer_key(pool, "RSA", "2048");
    op.p256 = signer_key(pool, "EC", "P-256");
    op.p384 = signer_key(pool, "EC", "P-384");
    op.p521 = signer_key(pool, "EC", "P-521");
    op.ed25519 = signer_key(pool, "ED25519", "");
    op.ed448 = signer_key(pool, "ED448", "");
    op.set = parse_set(pool, apr_pstrcat(pool, signer_jwk(pool, op.rsa, "\"kid\":\"rsa\""), ",",
                                         signer_jwk(pool, op.p256, "\"kid\":\"p256\""), ",",
                                         signer_jwk(pool, op.p384, "\"kid\":\"p384\""), ",",
                                         signer_jwk(pool, op.p521, "\"kid\":\"p521\""), ",",
                                         signer_jwk(pool, op.ed25519, "\"kid\":\"ed25519\""), ",",
                                         signer_jwk(pool, op.ed448, "\"kid\":\"ed448\""), NULL));
    ok(op.set->nelts == 6, "has every key");
}

static inline const char *header_of(apr_pool_t *pool, const char *alg, const char *kid)
{
    return kid ? apr_psprintf(pool, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid)
               : apr_psprintf(pool, "{\"alg\":\"%s\"}", alg);
}

/* Parses and verifies; the reason of whichever fails. */
static inline const char *verify(apr_pool_t *pool, const char *token,
                                 const apr_array_header_t *keys, pa_alg_set allowed)
{
    pa_jwt *jwt;
    const char *why = pa_jwt_parse(pool, token, &jwt);

    if (!why)
        why = pa_jwt_verify(pool, jwt, keys, allowed);
    if (ERR_peek_error())
        why = "something was left in OpenSSL's error queue";
    return why;
}

static inline const char *verify_with_secret(apr_pool_t *pool, const char *token, pa_bytes secret,
                                             pa_alg_set allowed)
{
    pa_jwt *jwt;
    const char *why = pa_jwt_parse(pool, token, &jwt);

    return why ? why : pa_jwt_verify_hmac(jwt, secret, allowed);
}

#endif
