/* key.c: OpenSSL keys from the members of a JWK and back (RFC 7518 section 6; RFC 8037 section 2).
 *
 * What a key says of itself is checked before OpenSSL sees it, and a key that is odd in any way is
 * refused rather than mended. Failures leave nothing in OpenSSL's error queue: mod_ssl shares it.
 */
#include "key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
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
#define RSA_NUMBERS 8         /* n, e, d and what speeds them up */

#define RSA_ALGS                                                                                   \
    (PA_ALG_RS256 | PA_ALG_RS384 | PA_ALG_RS512 | PA_ALG_PS256 | PA_ALG_PS384 | PA_ALG_PS512)

static const pa_key_kind kinds[] = {
    { "RSA", NULL, "RSA", NULL, 0, RSA_ALGS, PA_JWE_ALGS_RSA },
    { "EC", "P-256", "EC", "prime256v1", 32, PA_ALG_ES256, PA_JWE_ALGS_ECDH },
    { "EC", "P-384", "EC", "secp384r1", 48, PA_ALG_ES384, PA_JWE_ALGS_ECDH },
    { "EC", "P-521", "EC", "secp521r1", 66, PA_ALG_ES512, PA_JWE_ALGS_ECDH },
    { "OKP", "Ed25519", "ED25519", NULL, 32, PA_ALG_EDDSA | PA_ALG_ED25519, 0 },
    { "OKP", "Ed448", "ED448", NULL, 57, PA_ALG_EDDSA | PA_ALG_ED448, 0 },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static apr_status_t release(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

EVP_PKEY *pa_key_own(apr_pool_t *pool, EVP_PKEY *key)
{
    if (key)
        apr_pool_cleanup_register(pool, key, release, apr_pool_cleanup_null);
    return key;
}

static EVP_PKEY *make_key(apr_pool_t *pool, const char *type, int selection, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (context && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, selection, params);
    EVP_PKEY_CTX_free(context);
    return pa_key_own(pool, key);
}

/* Decoded bytes belong to the reader alone until they are a key. */
static unsigned char *writable(pa_bytes bytes)
{
    return (unsigned char *)bytes.at;
}

static void wipe(pa_bytes bytes)
{
    OPENSSL_cleanse(writable(bytes), bytes.len);
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

/* OSSL_PARAM wants numbers in the machine's own byte order: turns it round where it lies. */
static OSSL_PARAM native_number(const char *name, pa_bytes big_endian)
{
#if !APR_IS_BIGENDIAN
    unsigned char *low = writable(big_endian), *high = low + big_endian.len;

    while (low < high) {
        unsigned char byte = *low;

        *low++ = *--high;
        *high = byte;
    }
#endif
    return OSSL_PARAM_construct_BN(name, writable(big_endian), big_endian.len);
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
static const char *read_rsa_public(apr_pool_t *pool, const json_t *jwk, pa_bytes *modulus,
                                   pa_bytes *exponent)
{
    const char *why;

    if ((why = read_number(pool, jwk, "n", RSA_BITS_MAX / 8, modulus)))
        return why;
    if ((why = read_number(pool, jwk, "e", RSA_EXPONENT_LEN_MAX, exponent)))
        return why;
    if (bits_of(*modulus) < RSA_BITS_MIN)
        return "an RSA key below 2048 bits";
    if (!is_odd(*modulus))
        return "an RSA key with an even modulus";
    if (!is_odd(*exponent) || (exponent->len == 1 && exponent->at[0] < 3))
        return "an RSA key with an exponent that is even or 1";
    return NULL;
}

static const char *public_rsa(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                              EVP_PKEY **out)
{
    pa_bytes modulus, exponent;
    OSSL_PARAM params[3];
    const char *why = read_rsa_public(pool, jwk, &modulus, &exponent);

    if (why)
        return why;
    params[0] = native_number(OSSL_PKEY_PARAM_RSA_N, modulus);
    params[1] = native_number(OSSL_PKEY_PARAM_RSA_E, exponent);
    params[2] = OSSL_PARAM_construct_end();
    *out = make_key(pool, kind->type, EVP_PKEY_PUBLIC_KEY, params);
    return *out ? NULL : "OpenSSL refuses the RSA key";
}

/* RFC 7518 6.3.2: d, and all or none of the rest. */
static const struct {
    const char *member, *param;
} rsa_private_members[] = {
    { "d", OSSL_PKEY_PARAM_RSA_D },          { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
    { "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },    { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
    { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 }, { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};

#define RSA_PRIVATE_MEMBERS (sizeof(rsa_private_members) / sizeof(*rsa_private_members))

static int has_more_than_d(const json_t *jwk)
{
    apr_size_t i;

    for (i = 1; i < RSA_PRIVATE_MEMBERS; i++)
        if (json_object_get(jwk, rsa_private_members[i].member))
            return 1;
    return 0;
}

/* Reads the private numbers after n and e into params; *read counts those that must be wiped. */
static const char *read_rsa_private(apr_pool_t *pool, const json_t *jwk, pa_bytes *numbers,
                                    OSSL_PARAM *params, apr_size_t *read)
{
    apr_size_t wanted = has_more_than_d(jwk) ? RSA_PRIVATE_MEMBERS : 1;
    const char *why;
    apr_size_t i;

    if (json_object_get(jwk, "oth"))
        return "an RSA key of more than two primes";
    for (i = 0; i < wanted; i++) {
        pa_bytes *number = &numbers[*read];

        if ((why = read_number(pool, jwk, rsa_private_members[i].member, RSA_BITS_MAX / 8, number)))
            return why;
        if (number->len == 0)
            return "a private number that is zero";
        params[(*read)++] = native_number(rsa_private_members[i].param, *number);
    }
    params[*read] = OSSL_PARAM_construct_end();
    return NULL;
}

static const char *private_rsa(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                               EVP_PKEY **out)
{
    pa_bytes numbers[RSA_NUMBERS];
    OSSL_PARAM params[RSA_NUMBERS + 1];
    apr_size_t read = 2;
    const char *why = read_rsa_public(pool, jwk, &numbers[0], &numbers[1]);

    if (why)
        return why;
    params[0] = native_number(OSSL_PKEY_PARAM_RSA_N, numbers[0]);
    params[1] = native_number(OSSL_PKEY_PARAM_RSA_E, numbers[1]);
    why = read_rsa_private(pool, jwk, numbers, params, &read);
    if (!why) {
        *out = make_key(pool, kind->type, EVP_PKEY_KEYPAIR, params);
        why = *out ? NULL : "OpenSSL refuses the RSA key";
    }
    while (read > 0)
        wipe(numbers[--read]);
    return why;
}

/* A coordinate, or d, of exactly the curve's length (RFC 7518 6.2.1.2, 6.2.2.1). */
static const char *read_exactly(apr_pool_t *pool, const json_t *jwk, const char *name,
                                apr_size_t len, pa_bytes *out)
{
    const char *why = read_bytes(pool, jwk, name, len, out);

    if (why)
        return why;
    return out->len == len ? NULL : "a member of another length than its curve's";
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

static const char *read_point(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                              unsigned char point[1 + 2 * COORDINATE_LEN_MAX])
{
    pa_bytes x, y;
    const char *why;

    if ((why = read_exactly(pool, jwk, "x", kind->len, &x)))
        return why;
    if ((why = read_exactly(pool, jwk, "y", kind->len, &y)))
        return why;
    point[0] = 4; /* SEC 1 2.3.3: uncompressed */
    memcpy(point + 1, x.at, x.len);
    memcpy(point + 1 + x.len, y.at, y.len);
    return NULL;
}

/* `d` is NULL for the public key alone. */
static const char *make_ec(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                           const pa_bytes *d, EVP_PKEY **out)
{
    unsigned char point[1 + 2 * COORDINATE_LEN_MAX];
    OSSL_PARAM params[4], *next = params;
    const char *why = read_point(pool, jwk, kind, point);
    EVP_PKEY *key;

    if (why)
        return why;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)kind->group, 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * kind->len);
    if (d)
        *next++ = native_number(OSSL_PKEY_PARAM_PRIV_KEY, *d);
    *next = OSSL_PARAM_construct_end();
    key = make_key(pool, kind->type, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
    if (!key || !is_on_curve(key))
        return "a point that is not on its curve";
    *out = key;
    return NULL;
}

static const char *public_ec(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                             EVP_PKEY **out)
{
    return make_ec(pool, jwk, kind, NULL, out);
}

static const char *private_ec(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                              EVP_PKEY **out)
{
    pa_bytes d;
    const char *why = read_exactly(pool, jwk, "d", kind->len, &d);

    if (why)
        return why;
    why = make_ec(pool, jwk, kind, &d, out);
    wipe(d);
    return why;
}

static const char *public_okp(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                              EVP_PKEY **out)
{
    pa_bytes x;
    const char *why = read_exactly(pool, jwk, "x", kind->len, &x);

    if (why)
        return why;
    *out = pa_key_own(pool, EVP_PKEY_new_raw_public_key_ex(NULL, kind->type, NULL, x.at, x.len));
    return *out ? NULL : "OpenSSL refuses the public key";
}

/* OpenSSL derives the public key itself: one that disagrees would give the private one away with
 * the first signature. */
static const char *private_okp(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                               EVP_PKEY **out)
{
    EVP_PKEY *claimed, *key;
    pa_bytes d;
    const char *why = public_okp(pool, jwk, kind, &claimed);

    if (why)
        return why;
    if ((why = read_exactly(pool, jwk, "d", kind->len, &d)))
        return why;
    key = pa_key_own(pool, EVP_PKEY_new_raw_private_key_ex(NULL, kind->type, NULL, d.at, d.len));
    wipe(d);
    if (!key || EVP_PKEY_eq(key, claimed) != 1)
        return "a private key of another public one";
    *out = key;
    return NULL;
}

typedef const char *reader(apr_pool_t *pool, const json_t *jwk, const pa_key_kind *kind,
                           EVP_PKEY **out);

static const struct {
    const char *kty;
    reader *read_public, *read_private;
} types[] = {
    { "RSA", public_rsa, private_rsa },
    { "EC", public_ec, private_ec },
    { "OKP", public_okp, private_okp },
};

static const pa_key_kind *find_kind(const char *kty, const char *crv)
{
    apr_size_t i;

    for (i = 0; i < KINDS; i++)
        if (!strcmp(kinds[i].kty, kty) && (!kinds[i].crv || (crv && !strcmp(kinds[i].crv, crv))))
            return &kinds[i];
    return NULL;
}

static const char *read_key(apr_pool_t *pool, const json_t *jwk, int is_private,
                            const pa_key_kind **kind, EVP_PKEY **out)
{
    const char *kty = pa_json_text(jwk, "kty");
    apr_size_t i;

    if (!kty)
        return "no key: it has no kty";
    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        reader *read = is_private ? types[i].read_private : types[i].read_public;

        if (strcmp(types[i].kty, kty) != 0)
            continue;
        *kind = find_kind(kty, pa_json_text(jwk, "crv"));
        return *kind ? read(pool, jwk, *kind, out) : "a curve that is not supported";
    }
    return "a key type that is not supported";
}

const char *pa_key_read_public(apr_pool_t *pool, const json_t *jwk, const pa_key_kind **kind,
                               EVP_PKEY **out)
{
    const char *why;

    ERR_set_mark();
    why = read_key(pool, jwk, 0, kind, out);
    ERR_pop_to_mark();
    return why;
}

const char *pa_key_read_private(apr_pool_t *pool, const json_t *jwk, const pa_key_kind **kind,
                                EVP_PKEY **out)
{
    const char *why;

    ERR_set_mark();
    why = read_key(pool, jwk, 1, kind, out);
    ERR_pop_to_mark();
    return why;
}

/* The kind of a key that came from elsewhere, such as a PEM file. */
static const pa_key_kind *kind_of(const EVP_PKEY *key)
{
    char group[32] = "";
    apr_size_t i;

    if (EVP_PKEY_is_a(key, "EC"))
        EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    for (i = 0; i < KINDS; i++)
        if (EVP_PKEY_is_a(key, kinds[i].type)
            && (!kinds[i].group || !strcmp(kinds[i].group, group)))
            return &kinds[i];
    return NULL;
}

static int put_text(json_t *jwk, const char *name, const char *text)
{
    return json_object_set_new(jwk, name, json_string(text)) == 0;
}

static int put_bytes(apr_pool_t *pool, json_t *jwk, const char *name, pa_bytes bytes)
{
    return put_text(jwk, name, pa_base64url_encode(pool, bytes));
}

/* `len` is what the number is padded to; 0 for its own length. */
static int put_number(apr_pool_t *pool, json_t *jwk, const char *name, const EVP_PKEY *key,
                      const char *param, apr_size_t len)
{
    unsigned char bytes[RSA_BITS_MAX / 8];
    BIGNUM *number = NULL;
    int written;

    if (EVP_PKEY_get_bn_param(key, param, &number) != 1)
        return 0;
    if (len == 0)
        len = (apr_size_t)BN_num_bytes(number);
    written = len <= sizeof(bytes) ? BN_bn2binpad(number, bytes, (int)len) : -1;
    BN_free(number);
    return written > 0 && put_bytes(pool, jwk, name, pa_bytes_of(bytes, (apr_size_t)written));
}

static int put_members(apr_pool_t *pool, json_t *jwk, const pa_key_kind *kind, const EVP_PKEY *key)
{
    unsigned char raw[COORDINATE_LEN_MAX];
    size_t len = sizeof(raw);

    if (!put_text(jwk, "kty", kind->kty) || (kind->crv && !put_text(jwk, "crv", kind->crv)))
        return 0;
    if (!kind->crv)
        return put_number(pool, jwk, "n", key, OSSL_PKEY_PARAM_RSA_N, 0)
               && put_number(pool, jwk, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
    if (kind->group)
        return put_number(pool, jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, kind->len)
               && put_number(pool, jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, kind->len);
    return EVP_PKEY_get_raw_public_key(key, raw, &len) == 1
           && put_bytes(pool, jwk, "x", pa_bytes_of(raw, len));
}

const char *pa_key_write_public(apr_pool_t *pool, const EVP_PKEY *key, json_t **out)
{
    const pa_key_kind *kind = kind_of(key);
    json_t *jwk;
    int done;

    if (!kind)
        return "a key type or curve that is not supported";
    jwk = pa_json_own(pool, json_object());
    ERR_set_mark();
    done = jwk && put_members(pool, jwk, kind, key);
    ERR_pop_to_mark();
    if (!done)
        return "OpenSSL does not tell the public key";
    *out = jwk;
    return NULL;
}
