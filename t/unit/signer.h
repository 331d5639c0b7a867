/* signer.h: what a provider does: makes keys, publishes them as JWKs and signs tokens. It shares no
 * code with what it tests but base64url. Failures of OpenSSL end the test. */
#ifndef SIGNER_H
#define SIGNER_H

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/base64url.h"

static inline void signer_must(int done, const char *what)
{
    if (done)
        return;
    printf("Bail out! cannot %s\n", what);
    exit(255);
}

static inline apr_status_t signer_release(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

/* A new key: `detail` is RSA's size in bits, or the curve of EC; unused by ED25519 and ED448. */
static inline EVP_PKEY *signer_key(apr_pool_t *pool, const char *type, const char *detail)
{
    EVP_PKEY *key;

    if (!strcmp(type, "RSA"))
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(detail));
    else if (!strcmp(type, "EC"))
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", (char *)detail);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, type);
    signer_must(key != NULL, "make a key");
    apr_pool_cleanup_register(pool, key, signer_release, apr_pool_cleanup_null);
    return key;
}

static inline char *signer_number(apr_pool_t *pool, EVP_PKEY *key, const char *param, int len)
{
    BIGNUM *number = NULL;
    unsigned char bytes[2048];

    signer_must(EVP_PKEY_get_bn_param(key, param, &number) == 1, "read a key");
    if (len == 0)
        len = BN_num_bytes(number);
    signer_must(BN_bn2binpad(number, bytes, len) == len, "write a number");
    BN_free(number);
    return pa_base64url_encode(pool, pa_bytes_of(bytes, (apr_size_t)len));
}

/* The public half as a JWK with further members, such as "\"kid\":\"1\"" ("" for none). */
static inline const char *signer_jwk(apr_pool_t *pool, EVP_PKEY *key, const char *more)
{
    const char *comma = *more ? "," : "";
    char curve[32] = "";
    unsigned char raw[64];
    size_t len = sizeof(raw);

    if (EVP_PKEY_is_a(key, "RSA"))
        return apr_psprintf(pool, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s%s}",
                            signer_number(pool, key, OSSL_PKEY_PARAM_RSA_N, 0),
                            signer_number(pool, key, OSSL_PKEY_PARAM_RSA_E, 0), comma, more);
    if (EVP_PKEY_is_a(key, "EC")) {
        int width = (EVP_PKEY_get_bits(key) + 7) / 8;

        EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve), NULL);
        return apr_psprintf(pool, "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"%s%s}",
                            !strcmp(curve, "prime256v1")  ? "P-256"
                            : !strcmp(curve, "secp384r1") ? "P-384"
                            : !strcmp(curve, "secp521r1") ? "P-521"
                                                          : curve,
                            signer_number(pool, key, OSSL_PKEY_PARAM_EC_PUB_X, width),
                            signer_number(pool, key, OSSL_PKEY_PARAM_EC_PUB_Y, width), comma, more);
    }
    signer_must(EVP_PKEY_get_raw_public_key(key, raw, &len) == 1, "read a raw key");
    return apr_psprintf(pool, "{\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"%s%s}",
                        EVP_PKEY_is_a(key, "ED448") ? "Ed448" : "Ed25519",
                        pa_base64url_encode(pool, pa_bytes_of(raw, len)), comma, more);
}

/* BASE64URL(header) '.' BASE64URL(payload) */
static inline const char *signer_input(apr_pool_t *pool, const char *header, const char *payload)
{
    return apr_pstrcat(pool, pa_base64url_encode(pool, pa_bytes_text(header)), ".",
                       pa_base64url_encode(pool, pa_bytes_text(payload)), NULL);
}

static inline const char *signer_join(apr_pool_t *pool, const char *input, pa_bytes signature)
{
    return apr_pstrcat(pool, input, ".", pa_base64url_encode(pool, signature), NULL);
}

static inline pa_bytes signer_raw_ecdsa(apr_pool_t *pool, EVP_PKEY *key, pa_bytes der)
{
    const unsigned char *at = der.at;
    int width = (EVP_PKEY_get_bits(key) + 7) / 8;
    unsigned char *raw = apr_palloc(pool, 2 * (apr_size_t)width);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der.len);

    signer_must(signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, width) == width
                    && BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + width, width) == width,
                "write a signature");
    ECDSA_SIG_free(signature);
    return pa_bytes_of(raw, 2 * (apr_size_t)width);
}

/* The signature as OpenSSL makes it (DER for EC): `digest` is NULL for EdDSA, `salt` PSS's salt
 * length or -1 for PKCS #1. */
static inline pa_bytes signer_bytes(apr_pool_t *pool, EVP_PKEY *key, const char *digest, int salt,
                                    const char *input)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    unsigned char *out = apr_palloc(pool, 4096);
    size_t len = 4096;
    int done = EVP_DigestSignInit_ex(context, &options, digest, NULL, NULL, key, NULL) == 1;

    if (done && salt >= 0)
        done = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1
               && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt) == 1;
    done = done
           && EVP_DigestSign(context, out, &len, (const unsigned char *)input, strlen(input)) == 1;
    EVP_MD_CTX_free(context);
    signer_must(done, "sign");
    return pa_bytes_of(out, len);
}

/* A compact JWS made as `alg` says, whatever the header says. */
static inline const char *signer_sign(apr_pool_t *pool, EVP_PKEY *key, const char *alg,
                                      const char *header, const char *payload)
{
    const char *input = signer_input(pool, header, payload);
    char digest[] = "SHA256";
    pa_bytes signature;

    if (!strncmp(alg, "Ed", 2))
        return signer_join(pool, input, signer_bytes(pool, key, NULL, -1, input));
    memcpy(digest + 3, alg + 2, 3);
    signature = signer_bytes(pool, key, digest, alg[0] == 'P' ? atoi(alg + 2) / 8 : -1, input);
    if (alg[0] == 'E')
        signature = signer_raw_ecdsa(pool, key, signature);
    return signer_join(pool, input, signature);
}

static inline const char *signer_hmac(apr_pool_t *pool, pa_bytes secret, const char *alg,
                                      const char *header, const char *payload)
{
    const char *input = signer_input(pool, header, payload);
    char digest[] = "SHA256";
    unsigned char *tag = apr_palloc(pool, EVP_MAX_MD_SIZE);
    size_t len = 0;

    memcpy(digest + 3, alg + 2, 3);
    signer_must(EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, secret.at, secret.len,
                          (const unsigned char *)input, strlen(input), tag, EVP_MAX_MD_SIZE, &len)
                    != NULL,
                "authenticate");
    return signer_join(pool, input, pa_bytes_of(tag, len));
}

#endif
