/* jws.c: signing compact JWS (RFC 7515; RFC 7518 section 3; RFC 8037 section 3.1) and JWT. */
#include "jws.h"

#include <apr_strings.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base64url.h"
#include "json.h"

#define SIGNATURE_MAX 2048 /* RSA of 16384 bits */

static const char FAILED[] = "OpenSSL failed to sign";
static const char NOT_OF_KEY[] = "the key is not one for that signature algorithm";

int pa_jws_set_padding(EVP_PKEY_CTX *options, pa_alg_set alg)
{
    if (!(alg & (PA_ALG_PS256 | PA_ALG_PS384 | PA_ALG_PS512)))
        return 1;
    /* RFC 7518 3.5: the salt is as long as the digest, MGF1 uses the same digest. */
    return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1
           && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
}

const char *pa_jws_digest(pa_alg_set alg)
{
    return alg & PA_ALGS_EDDSA ? NULL : pa_alg_digest(alg);
}

static int sign(EVP_PKEY *key, pa_alg_set alg, pa_bytes input, unsigned char *out, size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    int done =
        context
        && EVP_DigestSignInit_ex(context, &options, pa_jws_digest(alg), NULL, NULL, key, NULL) == 1
        && pa_jws_set_padding(options, alg)
        && EVP_DigestSign(context, out, len, input.at, input.len) == 1;

    EVP_MD_CTX_free(context);
    return done;
}

/* OpenSSL writes SEQUENCE { INTEGER r, INTEGER s }, RFC 7518 3.4 wants R || S, each as long as the
 * curve's order. */
static int der_to_raw(pa_bytes der, int width, unsigned char *raw)
{
    const unsigned char *at = der.at;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    int done = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, width) == width
               && BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + width, width) == width;

    ECDSA_SIG_free(signature);
    return done;
}

static const char *sign_ecdsa(apr_pool_t *pool, EVP_PKEY *key, pa_alg_set alg, pa_bytes input,
                              pa_bytes *out)
{
    int width = (EVP_PKEY_get_bits(key) + 7) / 8;
    unsigned char *raw = apr_palloc(pool, 2 * (apr_size_t)width);
    unsigned char der[SIGNATURE_MAX];
    size_t len = sizeof(der);

    if (!sign(key, alg, input, der, &len) || !der_to_raw(pa_bytes_of(der, len), width, raw))
        return FAILED;
    *out = pa_bytes_of(raw, 2 * (apr_size_t)width);
    return NULL;
}

static const char *sign_plain(apr_pool_t *pool, EVP_PKEY *key, pa_alg_set alg, pa_bytes input,
                              pa_bytes *out)
{
    unsigned char signature[SIGNATURE_MAX];
    size_t len = sizeof(signature);

    if (!sign(key, alg, input, signature, &len))
        return FAILED;
    *out = pa_bytes_of(apr_pmemdup(pool, signature, len), len);
    return NULL;
}

const char *pa_jws_signature(apr_pool_t *pool, const pa_private_key *key, pa_alg_set alg,
                             pa_bytes input, pa_bytes *out)
{
    const char *why;

    if (!(key->algs & alg) || !pa_alg_name(alg))
        return NOT_OF_KEY;
    ERR_set_mark();
    if (alg & (PA_ALG_ES256 | PA_ALG_ES384 | PA_ALG_ES512))
        why = sign_ecdsa(pool, key->key, alg, input, out);
    else
        why = sign_plain(pool, key->key, alg, input, out);
    ERR_pop_to_mark();
    return why;
}

const char *pa_jws_hmac(apr_pool_t *pool, pa_bytes secret, pa_alg_set alg, pa_bytes input,
                        pa_bytes *out)
{
    unsigned char tag[EVP_MAX_MD_SIZE];
    size_t len = 0;
    int done;

    if (!(alg & PA_ALGS_HMAC) || !pa_alg_name(alg))
        return NOT_OF_KEY;
    ERR_set_mark();
    done = EVP_Q_mac(NULL, "HMAC", NULL, pa_alg_digest(alg), NULL, secret.at, secret.len, input.at,
                     input.len, tag, sizeof(tag), &len)
           != NULL;
    ERR_pop_to_mark();
    if (!done)
        return FAILED;
    if (secret.len < len)
        return "the client secret is too short for that HMAC";
    *out = pa_bytes_of(apr_pmemdup(pool, tag, len), len);
    return NULL;
}

/* BASE64URL(header) '.' BASE64URL(claims) */
static const char *make_input(apr_pool_t *pool, json_t *header, const json_t *claims,
                              const char **out)
{
    const char *head = pa_json_dump(pool, header, 0);
    const char *body = pa_json_dump(pool, claims, 0);

    if (!head || !body)
        return "no memory";
    *out = apr_pstrcat(pool, pa_base64url_encode(pool, pa_bytes_text(head)), ".",
                       pa_base64url_encode(pool, pa_bytes_text(body)), NULL);
    return NULL;
}

static const char *make_header(apr_pool_t *pool, pa_alg_set alg, const char *kid, const char *typ,
                               const json_t *more, json_t **out)
{
    const char *name = pa_alg_name(alg);
    json_t *header = pa_json_own(pool, more ? json_copy((json_t *)more) : json_object());

    if (!name)
        return NOT_OF_KEY;
    if (json_object_set_new(header, "alg", json_string(name))
        || (kid && json_object_set_new(header, "kid", json_string(kid)))
        || (typ && json_object_set_new(header, "typ", json_string(typ))))
        return "a header that is no JSON object, or text in it that is no UTF-8";
    *out = header;
    return NULL;
}

static const char *join(apr_pool_t *pool, const char *input, pa_bytes signature)
{
    return apr_pstrcat(pool, input, ".", pa_base64url_encode(pool, signature), NULL);
}

const char *pa_jwt_sign(apr_pool_t *pool, const pa_private_key *key, pa_alg_set alg,
                        const char *typ, const json_t *more, const json_t *claims, const char **out)
{
    const char *input, *why;
    pa_bytes signature;
    json_t *header;

    if ((why = make_header(pool, alg, key->kid, typ, more, &header))
        || (why = make_input(pool, header, claims, &input))
        || (why = pa_jws_signature(pool, key, alg, pa_bytes_text(input), &signature)))
        return why;
    *out = join(pool, input, signature);
    return NULL;
}

const char *pa_jwt_sign_hmac(apr_pool_t *pool, pa_bytes secret, pa_alg_set alg, const char *typ,
                             const json_t *more, const json_t *claims, const char **out)
{
    const char *input, *why;
    pa_bytes signature;
    json_t *header;

    if ((why = make_header(pool, alg, NULL, typ, more, &header))
        || (why = make_input(pool, header, claims, &input))
        || (why = pa_jws_hmac(pool, secret, alg, pa_bytes_text(input), &signature)))
        return why;
    *out = join(pool, input, signature);
    return NULL;
}
