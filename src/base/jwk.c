/* jwk.c: JSON Web Keys as OpenSSL keys (RFC 7517; RFC 7518 section 6; RFC 8037 section 2).
 *
 * A provider's key set is data from the network: what a key says of itself is checked before
 * OpenSSL sees it, and a key that is odd in any way is left out rather than mended. */
#include "jwk.h"

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base64url.h"
#include "json.h"

#define RSA_BITS_MIN 2048  /* RFC 7518 3.3 */
#define RSA_BITS_MAX 16384 /* what OpenSSL verifies with; twice that takes seconds */
/* OpenSSL verifies with no larger one where the modulus is over 3072 bits. */
#define RSA_EXPONENT_LEN_MAX 8
#define COORDINATE_LEN_MAX 66 /* P-521 */

#define RSA_ALGS                                                                                   \
    (PA_ALG_RS256 | PA_ALG_RS384 | PA_ALG_RS512 | PA_ALG_PS256 | PA_ALG_PS384 | PA_ALG_PS512)

static const struct curve {
    const char *crv;
    const char *openssl_name;
    apr_size_t len; /* of a coordinate (EC) or of the public key (OKP) */
    pa_alg_set algs;
} ec_curves[] = {
    { "P-256", "P-256", 32, PA_ALG_ES256 },
    { "P-384", "P-384", 48, PA_ALG_ES384 },
    { "P-521", "P-521", 66, PA_ALG_ES512 },
}, okp_curves[] = {
    { "Ed25519", "ED25519", 32, PA_ALG_EDDSA },
    { "Ed448", "ED448", 57, PA_ALG_EDDSA },
};

static apr_status_t release(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

static EVP_PKEY *own(apr_pool_t *pool, EVP_PKEY *key)
{
    if (key)
        apr_pool_cleanup_register(pool, key, release, apr_pool_cleanup_null);
    return key;
}

static EVP_PKEY *make_key(apr_pool_t *pool, const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (context && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(context);
    return own(pool, key);
}

/* The bytes of a base64url member. */
static const char *read_bytes(apr_pool_t *pool, const json_t *jwk, const char *name,
                              apr_size_t bytes_max, pa_bytes *out)
{
    const char *text = pa_json_text(jwk, name);
    apr_size_t len;

    if (!text)
        return "a member of the key is missing";
    len = strlen(text);
    if (len > PA_BASE64URL_LEN(bytes_max))
        return "a member of the key is too long";
    return pa_base64url_decode(pool, text, len, out);
}

/* RFC 7518 section 2 wants no leading zero octets; some encoders prefix one all the same. */
static const char *read_number(apr_pool_t *pool, const json_t *jwk, const char *name,
                               apr_size_t bytes_max, pa_bytes *out)
{
    const char *why = read_bytes(pool, jwk, name, bytes_max + 1, out);

    if (why)
        return why;
    while (out->len > 0 && out->at[0] == 0) {
        out->at++;
        out->len--;
    }
    return out->len <= bytes_max ? NULL : "a number of the key is too long";
}

/* OSSL_PARAM wants numbers in the machine's own byte order. */
static OSSL_PARAM native_number(apr_pool_t *pool, const char *name, pa_bytes big_endian)
{
    unsigned char *native = apr_palloc(pool, big_endian.len);
    apr_size_t i;

    for (i = 0; i < big_endian.len; i++) {
#if APR_IS_BIGENDIAN
        native[i] = big_endian.at[i];
#else
        native[i] = big_endian.at[big_endian.len - 1 - i];
#endif
    }
    return OSSL_PARAM_construct_BN(name, native, big_endian.len);
}

static apr_size_t bits_of(pa_bytes number)
{
    apr_size_t bits = number.len * 8;
    unsigned int top = number.len > 0 ? number.at[0] : 0xff;

    for (; top < 0x80; top <<= 1)
        bits--;
    return bits;
}

static int is_odd(pa_bytes number)
{
    return number.len > 0 && (number.at[number.len - 1] & 1);
}

/* With e = 1 anything signs itself; an even e or modulus belongs to no RSA key. */
static const char *parse_rsa(apr_pool_t *pool, const json_t *jwk, pa_jwk *out)
{
    pa_bytes modulus, exponent;
    OSSL_PARAM params[3];
    const char *why;

    if ((why = read_number(pool, jwk, "n", RSA_BITS_MAX / 8, &modulus)))
        return why;
    if ((why = read_number(pool, jwk, "e", RSA_EXPONENT_LEN_MAX, &exponent)))
        return why;
    if (bits_of(modulus) < RSA_BITS_MIN)
        return "an RSA key below 2048 bits";
    if (!is_odd(modulus))
        return "an RSA key with an even modulus";
    if (!is_odd(exponent) || (exponent.len == 1 && exponent.at[0] < 3))
        return "an RSA key with an exponent that is even or 1";
    params[0] = native_number(pool, OSSL_PKEY_PARAM_RSA_N, modulus);
    params[1] = native_number(pool, OSSL_PKEY_PARAM_RSA_E, exponent);
    params[2] = OSSL_PARAM_construct_end();
    out->key = make_key(pool, "RSA", params);
    out->algs = RSA_ALGS;
    return out->key ? NULL : "OpenSSL refuses the RSA key";
}

static const struct curve *find_curve(const json_t *jwk, const struct curve *curves,
                                      apr_size_t count)
{
    const char *crv = pa_json_text(jwk, "crv");
    apr_size_t i;

    for (i = 0; crv && i < count; i++) {
        if (!strcmp(curves[i].crv, crv))
            return &curves[i];
    }
    return NULL;
}

/* A coordinate of exactly the curve's length (RFC 7518 6.2.1.2). */
static const char *read_coordinate(apr_pool_t *pool, const json_t *jwk, const char *name,
                                   const struct curve *curve, unsigned char *out)
{
    pa_bytes bytes;
    const char *why = read_bytes(pool, jwk, name, curve->len, &bytes);

    if (why)
        return why;
    if (bytes.len != curve->len)
        return "a coordinate of another length than its curve's";
    memcpy(out, bytes.at, bytes.len);
    return NULL;
}

/* OpenSSL refuses a point off its curve when it reads the point; asked once more, since everything
 * rests on it (RFC 8725 3.4). All three curves have the cofactor 1: the order needs no check. */
static int is_on_curve(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int on_curve = context && EVP_PKEY_public_check_quick(context) == 1;

    EVP_PKEY_CTX_free(context);
    return on_curve;
}

static const char *parse_ec(apr_pool_t *pool, const json_t *jwk, pa_jwk *out)
{
    const struct curve *curve = find_curve(jwk, ec_curves, 3);
    unsigned char point[1 + 2 * COORDINATE_LEN_MAX] = { 4 }; /* SEC 1 2.3.3: uncompressed */
    OSSL_PARAM params[3];
    const char *why;

    if (!curve)
        return "a curve that is not supported";
    if ((why = read_coordinate(pool, jwk, "x", curve, point + 1)))
        return why;
    if ((why = read_coordinate(pool, jwk, "y", curve, point + 1 + curve->len)))
        return why;
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char *)curve->openssl_name, 0);
    params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * curve->len);
    params[2] = OSSL_PARAM_construct_end();
    out->key = make_key(pool, "EC", params);
    out->algs = curve->algs;
    return out->key && is_on_curve(out->key) ? NULL : "a point that is not on its curve";
}

static const char *parse_okp(apr_pool_t *pool, const json_t *jwk, pa_jwk *out)
{
    const struct curve *curve = find_curve(jwk, okp_curves, 2);
    pa_bytes bytes;
    const char *why;

    if (!curve)
        return "a curve that is not supported";
    if ((why = read_bytes(pool, jwk, "x", curve->len, &bytes)))
        return why;
    if (bytes.len != curve->len)
        return "a public key of another length than its curve's";
    out->key = own(
        pool, EVP_PKEY_new_raw_public_key_ex(NULL, curve->openssl_name, NULL, bytes.at, bytes.len));
    out->algs = curve->algs;
    return out->key ? NULL : "OpenSSL refuses the public key";
}

static const struct {
    const char *kty;
    const char *(*parse)(apr_pool_t *pool, const json_t *jwk, pa_jwk *out);
} types[] = {
    { "RSA", parse_rsa },
    { "EC", parse_ec },
    { "OKP", parse_okp },
};

/* What a key is for: RFC 7517 4.2 (use), 4.3 (key_ops). */
static const char *check_purpose(const json_t *jwk)
{
    if (json_object_get(jwk, "d"))
        return "a private key, published: it is nobody's secret any more";
    if (json_object_get(jwk, "use")
        && (!json_is_string(json_object_get(jwk, "use")) || !pa_json_holds(jwk, "use", "sig")))
        return "a key that is not for signatures (use)";
    if (json_object_get(jwk, "key_ops")
        && (!json_is_array(json_object_get(jwk, "key_ops"))
            || !pa_json_holds(jwk, "key_ops", "verify")))
        return "a key that is not for verifying (key_ops)";
    return NULL;
}

/* The key's own `alg` (RFC 7517 4.4) narrows what its type allows. */
static const char *narrow(const json_t *jwk, pa_jwk *out)
{
    const json_t *alg = json_object_get(jwk, "alg");

    if (alg)
        out->algs &= json_is_string(alg) ? pa_alg_named(json_string_value(alg)) : 0;
    return out->algs ? NULL : "a key whose alg is unknown or not of its type";
}

static const char *parse(apr_pool_t *pool, const json_t *jwk, pa_jwk *out)
{
    const json_t *kid = json_object_get(jwk, "kid");
    const char *kty = pa_json_text(jwk, "kty");
    const char *why;
    apr_size_t i;

    if (!kty)
        return "no key: it has no kty";
    if (kid && !json_is_string(kid))
        return "a key whose kid is no string";
    if ((why = check_purpose(jwk)))
        return why;
    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (strcmp(types[i].kty, kty) != 0)
            continue;
        if ((why = types[i].parse(pool, jwk, out)))
            return why;
        out->kid = kid ? apr_pstrdup(pool, json_string_value(kid)) : NULL;
        return narrow(jwk, out);
    }
    return "a key type that verifies no public signature";
}

const char *pa_jwk_parse(apr_pool_t *pool, const json_t *jwk, pa_jwk **out)
{
    pa_jwk *key = apr_pcalloc(pool, sizeof(*key));
    const char *why;

    ERR_set_mark();
    why = parse(pool, jwk, key);
    ERR_pop_to_mark();
    if (!why)
        *out = key;
    return why;
}

const char *pa_jwks_parse(apr_pool_t *pool, pa_bytes text, apr_array_header_t **out)
{
    apr_array_header_t *usable;
    json_t *set, *keys, *jwk;
    const char *why;
    size_t i;

    if ((why = pa_json_object_parse(pool, text, &set)))
        return why;
    keys = json_object_get(set, "keys");
    if (!json_is_array(keys))
        return "no key set: it has no array `keys`";
    usable = apr_array_make(pool, 4, sizeof(const pa_jwk *));
    json_array_foreach(keys, i, jwk)
    {
        pa_jwk *key;

        if (i == PA_JWKS_MAX)
            break;
        if (!pa_jwk_parse(pool, jwk, &key))
            APR_ARRAY_PUSH(usable, const pa_jwk *) = key;
    }
    *out = usable;
    return NULL;
}
