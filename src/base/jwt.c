/* jwt.c: compact JWS (RFC 7515), its algorithms (RFC 7518 section 3, RFC 8037), JWT (RFC 7519).
 *
 * The algorithm is the caller's choice and the key's; the token only names which of those it means
 * (RFC 8725 3.1). */
#include "jwt.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base64url.h"
#include "crypto.h"
#include "json.h"
#include "jwk.h"
#include "jws.h"

const char PA_JWT_NO_KEY[] =
    "the provider publishes no key that fits the token's kid and algorithm";

static const char WRONG_SIGNATURE[] = "the signature is wrong";
static const char NOT_ALLOWED[] = "the signature algorithm is not an allowed one";

static const char *split(const char *text, pa_bytes parts[3])
{
    apr_size_t len = strlen(text);
    int i;

    if (len > PA_JWT_MAX)
        return "a token longer than 64 KB";
    for (i = 0; i < 2; i++) {
        const char *dot = strchr(text, '.');

        if (!dot)
            return "a token with fewer than three parts";
        parts[i] = pa_bytes_of(text, (apr_size_t)(dot - text));
        text = dot + 1;
    }
    if (strchr(text, '.'))
        return "a token with more than three parts";
    parts[2] = pa_bytes_text(text);
    return parts[2].len > 0 ? NULL : "a token without a signature";
}

static const char *parse_json(apr_pool_t *pool, pa_bytes text, const json_t **out)
{
    json_t *json;
    const char *why = pa_json_object_parse(pool, text, &json);

    if (!why)
        *out = json;
    return why;
}

static const char *parse_claims(apr_pool_t *pool, pa_bytes text, const json_t **out)
{
    json_t *json;
    const char *why = pa_json_claims_parse(pool, text, &json);

    if (!why)
        *out = json;
    return why;
}

static const char *decode(apr_pool_t *pool, pa_bytes part, pa_bytes *out)
{
    return pa_base64url_decode(pool, (const char *)part.at, part.len, out);
}

/* A header member that is text when it is there. */
static const char *read_text(const json_t *header, const char *name, const char **out)
{
    const json_t *member = json_object_get(header, name);

    if (member && !json_is_string(member))
        return "a token header with a member of the wrong type";
    *out = json_string_value(member);
    return NULL;
}

static const char *read_header(const json_t *header, pa_jwt *out)
{
    const char *alg, *why;

    /* RFC 7515 4.1.11: an extension that must be understood and is not. RFC 7797 3: b64 is one of
     * them and comes with crit; without it the token is malformed. */
    if (json_object_get(header, "crit") || json_object_get(header, "b64"))
        return "a token with critical extensions";
    if ((why = read_text(header, "alg", &alg)) || (why = read_text(header, "kid", &out->kid))
        || (why = read_text(header, "typ", &out->typ)))
        return why;
    if (out->kid && strlen(out->kid) > PA_KID_MAX)
        return "a token whose kid is too long";
    out->alg = alg ? pa_alg_named(alg) : 0;
    return out->alg ? NULL : "a token with no signature algorithm that is known";
}

const char *pa_jws_parse(apr_pool_t *pool, const char *text, pa_jwt **out, pa_bytes *payload)
{
    pa_jwt *jwt = apr_pcalloc(pool, sizeof(*jwt));
    pa_bytes parts[3], header;
    const char *why;

    if ((why = split(text, parts)) || (why = decode(pool, parts[0], &header))
        || (why = parse_json(pool, header, &jwt->header)) || (why = read_header(jwt->header, jwt))
        || (why = decode(pool, parts[1], payload))
        || (why = decode(pool, parts[2], &jwt->signature)))
        return why;
    jwt->signing_input = pa_bytes_of(text, parts[0].len + 1 + parts[1].len);
    *out = jwt;
    return NULL;
}

const char *pa_jwt_parse(apr_pool_t *pool, const char *text, pa_jwt **out)
{
    pa_jwt *jwt;
    pa_bytes payload;
    const char *why;

    if ((why = pa_jws_parse(pool, text, &jwt, &payload))
        || (why = parse_claims(pool, payload, &jwt->claims)))
        return why;
    *out = jwt;
    return NULL;
}

/* RFC 7518 3.4 writes R || S, each as long as the curve's order; OpenSSL reads
 * SEQUENCE { INTEGER r, INTEGER s }. */
#define ORDER_LEN_MAX 66
#define DER_MAX (3 + 2 * (2 + 1 + ORDER_LEN_MAX))

static int raw_to_der(pa_bytes raw, unsigned char *der)
{
    int half = (int)raw.len / 2, len = 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.at, half, NULL), *s = BN_bin2bn(raw.at + half, half, NULL);

    if (r && s && pair && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        len = i2d_ECDSA_SIG(pair, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len > 0 ? len : 0;
}

static int verify(EVP_MD_CTX *context, const pa_jwt *jwt, EVP_PKEY *key, pa_bytes signature)
{
    EVP_PKEY_CTX *options;

    return EVP_DigestVerifyInit_ex(context, &options, pa_jws_digest(jwt->alg), NULL, NULL, key,
                                   NULL)
               == 1
           && pa_jws_set_padding(options, jwt->alg)
           && EVP_DigestVerify(context, signature.at, signature.len, jwt->signing_input.at,
                               jwt->signing_input.len)
                  == 1;
}

static int verify_with(const pa_jwt *jwt, EVP_PKEY *key)
{
    int ecdsa = (jwt->alg & (PA_ALG_ES256 | PA_ALG_ES384 | PA_ALG_ES512)) != 0;
    apr_size_t order_len = ((apr_size_t)EVP_PKEY_get_bits(key) + 7) / 8;
    apr_size_t len = ecdsa ? 2 * order_len : (apr_size_t)EVP_PKEY_get_size(key);
    pa_bytes signature = jwt->signature;
    unsigned char der[DER_MAX];
    EVP_MD_CTX *context;
    int genuine;

    if (signature.len != len || (ecdsa && order_len > ORDER_LEN_MAX))
        return 0;
    ERR_set_mark();
    if (ecdsa)
        signature = pa_bytes_of(der, (apr_size_t)raw_to_der(signature, der));
    context = EVP_MD_CTX_new();
    genuine = context && verify(context, jwt, key, signature);
    EVP_MD_CTX_free(context);
    ERR_pop_to_mark();
    return genuine;
}

static int is_meant(const pa_jwt *jwt, const pa_jwk *key)
{
    if (!(key->algs & jwt->alg))
        return 0;
    return !jwt->kid || (key->kid && !strcmp(key->kid, jwt->kid));
}

int pa_jwt_has_key(const pa_jwt *jwt, const apr_array_header_t *keys)
{
    for (int i = 0; i < keys->nelts; i++)
        if (is_meant(jwt, APR_ARRAY_IDX(keys, i, const pa_jwk *)))
            return 1;
    return 0;
}

const char *pa_jwt_verify(apr_pool_t *pool, const pa_jwt *jwt, const apr_array_header_t *keys,
                          pa_alg_set allowed)
{
    const char *why = PA_JWT_NO_KEY;
    int i;

    (void)pool;
    if (!(jwt->alg & allowed & PA_ALGS_PUBLIC_KEY))
        return NOT_ALLOWED;
    for (i = 0; i < keys->nelts; i++) {
        const pa_jwk *key = APR_ARRAY_IDX(keys, i, const pa_jwk *);

        if (!is_meant(jwt, key))
            continue;
        if (verify_with(jwt, key->key))
            return NULL;
        why = WRONG_SIGNATURE;
    }
    return why;
}

const char *pa_jwt_verify_hmac(const pa_jwt *jwt, pa_bytes secret, pa_alg_set allowed)
{
    unsigned char tag[EVP_MAX_MD_SIZE];
    const char *digest = pa_alg_digest(jwt->alg);
    size_t len = 0;
    int done;

    if (!(jwt->alg & allowed & PA_ALGS_HMAC))
        return NOT_ALLOWED;
    ERR_set_mark();
    done = EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, secret.at, secret.len, jwt->signing_input.at,
                     jwt->signing_input.len, tag, sizeof(tag), &len)
           != NULL;
    ERR_pop_to_mark();
    /* RFC 7518 3.2: a key shorter than the digest can be guessed from one token. */
    if (secret.len < len)
        return "the client secret is too short for the token's HMAC";
    return done && pa_equal(pa_bytes_of(tag, len), jwt->signature) ? NULL : WRONG_SIGNATURE;
}
