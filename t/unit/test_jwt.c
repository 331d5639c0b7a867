/* test_jwt.c: published signatures verify, and every known way around a signature does not. */
#include "../../src/base/jwt.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "../../src/base/jwk.h"
#include "../../src/base/json.h"
#include "signer.h"
#include "tap.h"
#include "vectors/jws.h"

#define CLAIMS "{\"iss\":\"https://op.example\",\"sub\":\"u\"}"
#define ALL (PA_ALGS_PUBLIC_KEY | PA_ALGS_HMAC)

/* The provider's keys; the RSA one may sign with any RSA algorithm. */
static struct {
    EVP_PKEY *rsa, *p256, *p384, *p521, *ed25519, *ed448;
    apr_array_header_t *set;
} op;

static apr_array_header_t *parse_set(apr_pool_t *pool, const char *keys)
{
    apr_array_header_t *set = NULL;
    const char *text = apr_psprintf(pool, "{\"keys\":[%s]}", keys);

    is(pa_jwks_parse(pool, pa_bytes_text(text), &set), NULL, "a key set");
    return set;
}

static void make_keys(apr_pool_t *pool)
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

static const char *header_of(apr_pool_t *pool, const char *alg, const char *kid)
{
    return kid ? apr_psprintf(pool, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid)
               : apr_psprintf(pool, "{\"alg\":\"%s\"}", alg);
}

/* Parses and verifies; the reason of whichever fails. */
static const char *verify(apr_pool_t *pool, const char *token, const apr_array_header_t *keys,
                          pa_alg_set allowed)
{
    pa_jwt *jwt;
    const char *why = pa_jwt_parse(pool, token, &jwt);

    if (!why)
        why = pa_jwt_verify(pool, jwt, keys, allowed);
    if (ERR_peek_error())
        why = "something was left in OpenSSL's error queue";
    return why;
}

static const char *verify_with_secret(apr_pool_t *pool, const char *token, pa_bytes secret,
                                      pa_alg_set allowed)
{
    pa_jwt *jwt;
    const char *why = pa_jwt_parse(pool, token, &jwt);

    return why ? why : pa_jwt_verify_hmac(jwt, secret, allowed);
}

static const char *verify_jws(apr_pool_t *pool, const char *text, const apr_array_header_t *keys,
                              pa_alg_set allowed)
{
    pa_bytes payload;
    pa_jwt *jws;
    const char *why = pa_jws_parse(pool, text, &jws, &payload);

    return why ? why : pa_jwt_verify(pool, jws, keys, allowed);
}

static char *flip(apr_pool_t *pool, const char *text, apr_size_t at)
{
    char *copy = apr_pstrdup(pool, text);

    copy[at] = copy[at] == 'A' ? 'B' : 'A';
    return copy;
}

static void test_signature_vectors(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(signature_vectors) / sizeof(*signature_vectors); i++) {
        const char *name = signature_vectors[i].name, *jws = signature_vectors[i].jws;
        apr_array_header_t *keys = parse_set(pool, signature_vectors[i].jwk);
        pa_alg_set alg = pa_alg_named(signature_vectors[i].alg);
        apr_size_t payload = (apr_size_t)(strchr(jws, '.') - jws) + 3;
        apr_size_t signature = (apr_size_t)(strrchr(jws, '.') - jws) + 9;

        is(verify_jws(pool, jws, keys, alg), NULL, "%s verifies", name);
        has(verify_jws(pool, jws, keys, ALL & ~alg), "not an allowed one",
            "%s is refused when not "
            "allowed",
            name);
        has(verify_jws(pool, flip(pool, jws, payload), keys, ALL), "signature is wrong",
            "%s with another payload is refused", name);
        has(verify_jws(pool, flip(pool, jws, signature), keys, ALL), "signature is wrong",
            "%s with another signature is refused", name);
        ok(verify_jws(pool, jws, op.set, ALL) != NULL, "%s with other keys is refused", name);
    }
}

static void test_hmac_vectors(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(hmac_vectors) / sizeof(*hmac_vectors); i++) {
        const char *name = hmac_vectors[i].name, *jws = hmac_vectors[i].jws;
        pa_bytes key, payload;
        pa_jwt *jwt, *other;

        pa_base64url_decode(pool, hmac_vectors[i].k, strlen(hmac_vectors[i].k), &key);
        is(pa_jws_parse(pool, jws, &jwt, &payload), NULL, "%s is read", name);
        is(pa_jwt_verify_hmac(jwt, key, PA_ALG_HS256), NULL, "%s verifies", name);
        has(pa_jwt_verify_hmac(jwt, key, PA_ALGS_PUBLIC_KEY), "not an allowed one",
            "%s is refused when not allowed", name);
        has(pa_jwt_verify(pool, jwt, op.set, ALL), "not an allowed one",
            "%s is none of a public key", name);
        pa_jws_parse(pool, flip(pool, jws, strlen(jws) - 9), &other, &payload);
        has(pa_jwt_verify_hmac(other, key, PA_ALG_HS256), "signature is wrong",
            "%s with another tag is refused", name);
    }
    has(verify(pool, unsecured_jws, op.set, ALL), "without a signature", "RFC 7515 A.5 is refused");
}

static const struct {
    const char *alg, *kid;
    EVP_PKEY **key;
} signers[] = {
    { "RS256", "rsa", &op.rsa },     { "RS384", "rsa", &op.rsa },
    { "RS512", "rsa", &op.rsa },     { "PS256", "rsa", &op.rsa },
    { "PS384", "rsa", &op.rsa },     { "PS512", "rsa", &op.rsa },
    { "ES256", "p256", &op.p256 },   { "ES384", "p384", &op.p384 },
    { "ES512", "p521", &op.p521 },   { "EdDSA", "ed25519", &op.ed25519 },
    { "EdDSA", "ed448", &op.ed448 },
};

static void test_every_algorithm(apr_pool_t *pool)
{
    apr_size_t i, j;

    for (i = 0; i < sizeof(signers) / sizeof(*signers); i++) {
        const char *alg = signers[i].alg;
        EVP_PKEY *key = *signers[i].key;
        const char *token =
            signer_sign(pool, key, alg, header_of(pool, alg, signers[i].kid), CLAIMS);

        is(verify(pool, token, op.set, pa_alg_named(alg)), NULL, "%s of %s verifies", alg,
           signers[i].kid);
        is(verify(pool, signer_sign(pool, key, alg, header_of(pool, alg, NULL), CLAIMS), op.set,
                  ALL),
           NULL, "%s of %s verifies without kid", alg, signers[i].kid);
        for (j = 0; j < sizeof(signers) / sizeof(*signers); j++) {
            const char *claimed = signers[j].alg;

            if (!strcmp(claimed, alg))
                continue;
            ok(verify(pool,
                      signer_sign(pool, key, alg, header_of(pool, claimed, signers[i].kid), CLAIMS),
                      op.set, ALL)
                   != NULL,
               "%s of %s that calls itself %s is refused", alg, signers[i].kid, claimed);
        }
    }
}

static const struct {
    const char *what, *header, *part; /* NULL: taken */
} headers[] = {
    { "alg none", "{\"alg\":\"none\"}", "no signature algorithm" },
    { "alg None", "{\"alg\":\"None\"}", "no signature algorithm" },
    { "alg nOnE", "{\"alg\":\"nOnE\"}", "no signature algorithm" },
    { "an empty alg", "{\"alg\":\"\"}", "no signature algorithm" },
    { "no alg", "{}", "no signature algorithm" },
    { "an alg that is no text", "{\"alg\":[\"ES256\"]}", "wrong type" },
    { "alg null", "{\"alg\":null}", "wrong type" },
    { "alg twice", "{\"alg\":\"ES256\",\"alg\":\"none\"}", "twice" },
    { "an alg of encryption", "{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}", "no signature" },
    { "crit", "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", "critical" },
    { "an empty crit", "{\"alg\":\"ES256\",\"crit\":[]}", "critical" },
    { "b64 false", "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}", "critical" },
    { "b64 without crit", "{\"alg\":\"ES256\",\"b64\":false}", "critical" },
    { "a kid that is no text", "{\"alg\":\"ES256\",\"kid\":1}", "wrong type" },
    { "a typ that is no text", "{\"alg\":\"ES256\",\"typ\":{}}", "wrong type" },
    { "a kid with NUL", "{\"alg\":\"ES256\",\"kid\":\"p256\\u0000x\"}", "not valid JSON" },
    { "a kid that is a path", "{\"alg\":\"ES256\",\"kid\":\"../../x\"}", "no key" },
    { "a kid of another key", "{\"alg\":\"ES256\",\"kid\":\"p384\"}", "no key" },
    { "an empty kid", "{\"alg\":\"ES256\",\"kid\":\"\"}", "no key" },
    { "a kid in another case", "{\"alg\":\"ES256\",\"kid\":\"P256\"}", "no key" },
    { "the right kid", "{\"alg\":\"ES256\",\"kid\":\"p256\"}", NULL },
    { "typ and cty", "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"cty\":\"x\",\"kid\":\"p256\"}", NULL },
};

static void test_headers(apr_pool_t *pool)
{
    char kid[PA_KID_MAX + 3];
    apr_size_t i;

    for (i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        const char *token = signer_sign(pool, op.p256, "ES256", headers[i].header, CLAIMS);

        if (headers[i].part)
            has(verify(pool, token, op.set, ALL), headers[i].part, "refuses %s", headers[i].what);
        else
            is(verify(pool, token, op.set, ALL), NULL, "takes %s", headers[i].what);
    }
    memset(kid, 'k', sizeof(kid) - 1);
    kid[PA_KID_MAX] = '\0';
    has(verify(pool, signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", kid), CLAIMS),
               op.set, ALL),
        "no key", "reads a kid of the longest");
    kid[PA_KID_MAX] = 'k';
    kid[PA_KID_MAX + 1] = '\0';
    has(verify(pool, signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", kid), CLAIMS),
               op.set, ALL),
        "kid is too long", "refuses a longer one");
}

/* RFC 8725 3.10: an attacker's key that travels in the token's own header. */
static void test_keys_in_header(apr_pool_t *pool)
{
    EVP_PKEY *attacker = signer_key(pool, "EC", "P-256");
    const char *const members[] = {
        apr_pstrcat(pool, "\"jwk\":", signer_jwk(pool, attacker, ""), NULL),
        "\"jku\":\"https://evil.example/jwks\"",
        "\"x5u\":\"https://evil.example/cert\"",
        "\"x5c\":[\"MIIB\"]",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(members) / sizeof(*members); i++) {
        const char *header = apr_psprintf(pool, "{\"alg\":\"ES256\",%s}", members[i]);

        has(verify(pool, signer_sign(pool, attacker, "ES256", header, CLAIMS), op.set, ALL),
            "signature is wrong", "an attacker's key stays one with %.6s", members[i]);
        is(verify(pool, signer_sign(pool, op.p256, "ES256", header, CLAIMS), op.set, ALL), NULL,
           "%.6s changes nothing for a genuine token", members[i]);
    }
}

static void test_serialisation(apr_pool_t *pool)
{
    const char *token = signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", NULL), CLAIMS);
    const char *dot = strchr(token, '.'), *last = strrchr(token, '.');
    const char *input = apr_pstrmemdup(pool, token, (apr_size_t)(last - token));
    const char *head = apr_pstrmemdup(pool, token, (apr_size_t)(dot - token));
    struct {
        const char *what, *text, *part;
    } broken[] = {
        { "nothing", "", "fewer than three" },
        { "one part", head, "fewer than three" },
        { "two parts", input, "fewer than three" },
        { "an empty signature", apr_pstrcat(pool, input, ".", NULL), "without a signature" },
        { "four parts", apr_pstrcat(pool, token, ".", NULL), "more than three" },
        { "a JWE's five parts", apr_pstrcat(pool, token, ".AAAA.AAAA", NULL), "more than three" },
        { "padding", apr_pstrcat(pool, token, "==", NULL), "alphabet" },
        { "a line end", apr_pstrcat(pool, token, "\n", NULL), "alphabet" },
        { "a space inside",
          apr_pstrcat(pool, apr_pstrmemdup(pool, token, strlen(token) - 2), "  ", NULL),
          "alphabet" },
        { "an empty header", apr_pstrcat(pool, dot, NULL), "not valid JSON" },
        { "an empty payload", apr_pstrcat(pool, head, "..", last + 1, NULL), "not valid JSON" },
        { "the flattened JSON serialisation",
          apr_pstrcat(pool, "{\"protected\":\"", head, "\",\"payload\":\"e30\",\"signature\":\"",
                      last + 1, "\"}", NULL),
          "fewer than three" },
        { "a header that is an array", "W10.e30.AAAA", "not an object" },
        { "a payload that is an array", apr_pstrcat(pool, head, ".W10.AAAA", NULL),
          "not an object" },
        { "a signature that ends in half a byte", apr_pstrmemdup(pool, token, strlen(token) - 1),
          "impossible length" },
        { "a shortened signature", apr_pstrmemdup(pool, token, strlen(token) - 6),
          "signature is wrong" },
    };
    apr_size_t i;

    is(verify(pool, token, op.set, ALL), NULL, "the whole token verifies");
    for (i = 0; i < sizeof(broken) / sizeof(*broken); i++)
        has(verify(pool, broken[i].text, op.set, ALL), broken[i].part, "refuses %s",
            broken[i].what);
}

/* 86 characters carry 64 bytes and four bits that say nothing. */
static void test_unused_bits(apr_pool_t *pool)
{
    const char *token = signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", NULL), CLAIMS);
    char *other = apr_pstrdup(pool, token);

    other[strlen(other) - 1]++;
    has(verify(pool, other, op.set, ALL), "unused bits", "refuses a second spelling");
}

static void test_length(apr_pool_t *pool)
{
    char *claims = apr_palloc(pool, PA_JWT_MAX);
    const char *token;

    memset(claims, ' ', PA_JWT_MAX);
    memcpy(claims, "{\"a\":1}", 7);
    claims[PA_JWT_MAX / 2] = '\0';
    token = signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", NULL), claims);
    is(verify(pool, token, op.set, ALL), NULL, "takes a token of %d KB", (int)strlen(token) / 1024);
    claims[PA_JWT_MAX / 2] = ' ';
    claims[PA_JWT_MAX - 1] = '\0';
    token = signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", NULL), claims);
    has(verify(pool, token, op.set, ALL), "longer than", "refuses one of %d KB",
        (int)strlen(token) / 1024);
}

/* RFC 8725 2.1: HMAC keyed with what everybody knows, the public key in any of its spellings. */
static void test_public_key_as_secret(apr_pool_t *pool)
{
    EVP_PKEY *const keys[] = { op.rsa, op.p256 };
    apr_size_t i;

    for (i = 0; i < 2; i++) {
        BIO *pem = BIO_new(BIO_s_mem());
        unsigned char *der = NULL;
        char *text;
        int der_len = i2d_PUBKEY(keys[i], &der);
        pa_bytes spellings[3];
        int j;

        PEM_write_bio_PUBKEY(pem, keys[i]);
        spellings[0] = pa_bytes_of(text, (apr_size_t)BIO_get_mem_data(pem, &text));
        spellings[0].at = (unsigned char *)text;
        spellings[1] = pa_bytes_of(der, (apr_size_t)der_len);
        spellings[2] =
            pa_bytes_text(signer_jwk(pool, keys[i], i ? "\"kid\":\"p256\"" : "\"kid\":\"rsa\""));
        for (j = 0; j < 3; j++) {
            const char *token =
                signer_hmac(pool, spellings[j], "HS256", header_of(pool, "HS256", NULL), CLAIMS);

            has(verify(pool, token, op.set, ALL), "not an allowed one",
                "HS256 keyed with public key %d in spelling %d is refused", (int)i, j);
            has(verify_with_secret(pool, token, pa_bytes_text("the client secret, 32 bytes long"),
                                   PA_ALGS_HMAC),
                "signature is wrong", "nor is it one of the client secret");
        }
        BIO_free(pem);
        OPENSSL_free(der);
    }
}

static void test_hmac(apr_pool_t *pool)
{
    static const char *const algs[] = { "HS256", "HS384", "HS512" };
    pa_bytes secret = pa_bytes_text("a client secret of sixty-four bytes, "
                                    "as HS512 wants it to be....");
    const char *token;
    apr_size_t i;

    ok(secret.len == 64, "the secret is as long as it says");
    for (i = 0; i < 3; i++) {
        pa_alg_set alg = pa_alg_named(algs[i]);

        token = signer_hmac(pool, secret, algs[i], header_of(pool, algs[i], "unknown"), CLAIMS);
        is(verify_with_secret(pool, token, secret, alg), NULL, "%s verifies", algs[i]);
        has(verify_with_secret(pool, token, secret, ALL & ~alg), "not an allowed one",
            "%s is refused when not allowed", algs[i]);
        has(verify_with_secret(pool, token, pa_bytes_of(secret.at + 1, 63), alg),
            i == 2 ? "too short" : "signature is wrong", "%s with another secret is refused",
            algs[i]);
        token = apr_pstrmemdup(pool, token, strlen(token) - 4);
        ok(verify_with_secret(pool, token, secret, alg) != NULL, "a shortened %s is refused",
           algs[i]);
    }
    token =
        signer_hmac(pool, pa_bytes_text("short"), "HS256", header_of(pool, "HS256", NULL), CLAIMS);
    has(verify_with_secret(pool, token, pa_bytes_text("short"), ALL), "too short",
        "a secret shorter than the digest is refused");
    token = signer_hmac(pool, pa_bytes_text(""), "HS256", header_of(pool, "HS256", NULL), CLAIMS);
    has(verify_with_secret(pool, token, pa_bytes_text(""), ALL), "too short",
        "an empty secret is refused");
    token = signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", NULL), CLAIMS);
    has(verify_with_secret(pool, token, secret, ALL), "not an allowed one", "ES256 is no HMAC");
}

/* Signatures no signer makes, with the genuine one's length but where they cannot have it. */
static void test_forged_ecdsa(apr_pool_t *pool)
{
    const char *input = signer_input(pool, header_of(pool, "ES256", NULL), CLAIMS);
    pa_bytes der = signer_bytes(pool, op.p256, "SHA256", -1, input);
    pa_bytes raw = signer_raw_ecdsa(pool, op.p256, der);
    static const unsigned char order[32] = {
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
        0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    };
    unsigned char forged[66];
    int i;

    is(verify(pool, signer_join(pool, input, raw), op.set, ALL), NULL, "R || S verifies");
    has(verify(pool, signer_join(pool, input, der), op.set, ALL), "signature is wrong",
        "DER is refused");
    memset(forged, 0, sizeof(forged));
    for (i = 62; i <= 66; i++)
        has(verify(pool, signer_join(pool, input, pa_bytes_of(forged, (apr_size_t)i)), op.set, ALL),
            "signature is wrong", "%d zeroes are refused (CVE-2022-21449)", i);
    memcpy(forged, raw.at, 64);
    memcpy(forged, order, 32);
    has(verify(pool, signer_join(pool, input, pa_bytes_of(forged, 64)), op.set, ALL),
        "signature is wrong", "r = n is refused");
    memcpy(forged, raw.at, 32);
    memcpy(forged + 32, order, 32);
    has(verify(pool, signer_join(pool, input, pa_bytes_of(forged, 64)), op.set, ALL),
        "signature is wrong", "s = n is refused");
    memset(forged, 0xff, 64);
    has(verify(pool, signer_join(pool, input, pa_bytes_of(forged, 64)), op.set, ALL),
        "signature is wrong", "r, s > n are refused");
    memset(forged, 0, sizeof(forged));
    memcpy(forged + 1, raw.at, 32);
    memcpy(forged + 34, raw.at + 32, 32);
    has(verify(pool, signer_join(pool, input, pa_bytes_of(forged, 66)), op.set, ALL),
        "signature is wrong", "leading zeroes are refused");
}

static void test_forged_others(apr_pool_t *pool)
{
    const char *input = signer_input(pool, header_of(pool, "EdDSA", "ed25519"), CLAIMS);
    pa_bytes signature = signer_bytes(pool, op.ed25519, NULL, -1, input);
    unsigned char *longer = apr_pcalloc(pool, 257);
    static const int salts[] = { 0, 20, 31, 33, 64 };
    apr_size_t i;

    has(verify(pool, signer_join(pool, input, pa_bytes_of(signature.at, 63)), op.set, ALL),
        "signature is wrong", "a short Ed25519 signature is refused");
    memcpy(longer, signature.at, 64);
    has(verify(pool, signer_join(pool, input, pa_bytes_of(longer, 65)), op.set, ALL),
        "signature is wrong", "a long one is refused");
    input = signer_input(pool, header_of(pool, "RS256", "rsa"), CLAIMS);
    signature = signer_bytes(pool, op.rsa, "SHA256", -1, input);
    memcpy(longer + 1, signature.at, 256);
    has(verify(pool, signer_join(pool, input, pa_bytes_of(longer, 257)), op.set, ALL),
        "signature is wrong", "an RSA signature with a leading zero is refused");
    has(verify(pool, signer_join(pool, input, pa_bytes_of(signature.at, 255)), op.set, ALL),
        "signature is wrong", "a short RSA signature is refused");
    memset(longer, 0, 257);
    has(verify(pool, signer_join(pool, input, pa_bytes_of(longer, 256)), op.set, ALL),
        "signature is wrong", "an RSA signature of zeroes is refused");
    input = signer_input(pool, header_of(pool, "PS256", "rsa"), CLAIMS);
    for (i = 0; i < sizeof(salts) / sizeof(*salts); i++)
        has(verify(pool,
                   signer_join(pool, input, signer_bytes(pool, op.rsa, "SHA256", salts[i], input)),
                   op.set, ALL),
            "signature is wrong", "PS256 with a salt of %d bytes is refused", salts[i]);
}

/* The same kid on several keys, as while a provider changes algorithms. */
static void test_decoys(apr_pool_t *pool)
{
    const char *genuine = signer_jwk(pool, op.p256, "\"kid\":\"k\"");
    const char *token = signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", "k"), CLAIMS);
    EVP_PKEY *same_type = signer_key(pool, "EC", "P-256");
    const char *decoys = apr_pstrcat(pool, signer_jwk(pool, op.rsa, "\"kid\":\"k\""), ",",
                                     signer_jwk(pool, op.p384, "\"kid\":\"k\""), ",",
                                     signer_jwk(pool, same_type, "\"kid\":\"k\""), ",",
                                     signer_jwk(pool, op.ed25519, "\"kid\":\"k\""), NULL);
    const char *const useless[] = {
        "\"kid\":\"k\",\"use\":\"enc\"",
        "\"kid\":\"k\",\"key_ops\":[\"sign\"]",
        "\"kid\":\"k\",\"alg\":\"ES384\"",
        "\"kid\":\"k\",\"alg\":\"ECDH-ES\"",
    };
    apr_size_t i;

    is(verify(pool, token, parse_set(pool, apr_pstrcat(pool, decoys, ",", genuine, NULL)), ALL),
       NULL, "the right one among keys of the same kid is found");
    has(verify(pool, token, parse_set(pool, decoys), ALL), "signature is wrong",
        "none of the decoys serves");
    for (i = 0; i < sizeof(useless) / sizeof(*useless); i++)
        ok(verify(pool, token, parse_set(pool, signer_jwk(pool, op.p256, useless[i])), ALL)
               == PA_JWT_NO_KEY,
           "a key with %s serves nothing", useless[i]);
    ok(verify(pool, token, parse_set(pool, ""), ALL) == PA_JWT_NO_KEY, "nor does an empty set");
    ok(verify(pool, token, parse_set(pool, signer_jwk(pool, op.p256, "")), ALL) == PA_JWT_NO_KEY,
       "nor a key without kid for a token with one");
}

/* RFC 8725 3.1: what is allowed is the caller's choice, even for keys the provider publishes. */
static void test_pinning(apr_pool_t *pool)
{
    const char *token =
        signer_sign(pool, op.p256, "ES256", header_of(pool, "ES256", "p256"), CLAIMS);

    has(verify(pool, token, op.set, PA_ALG_RS256), "not an allowed one", "ES256 for RS256");
    has(verify(pool, token, op.set, 0), "not an allowed one", "anything for nothing");
    token = signer_sign(pool, op.rsa, "PS256", header_of(pool, "PS256", "rsa"), CLAIMS);
    has(verify(pool, token, op.set, PA_ALG_RS256), "not an allowed one", "PS256 for RS256");
}

static void test_reading(apr_pool_t *pool)
{
    const char *token = signer_sign(pool, op.p256, "ES256",
                                    "{\"typ\":\"JWT\",\"kid\":\"p256\",\"alg\":\"ES256\"}", CLAIMS);
    pa_jwt *jwt = NULL;

    is(pa_jwt_parse(pool, token, &jwt), NULL, "a token is read");
    ok(jwt->alg == PA_ALG_ES256, "its alg");
    is(jwt->kid, "p256", "its kid");
    is(jwt->typ, "JWT", "its typ");
    is(pa_json_text(jwt->claims, "sub"), "u", "its claims");
    ok(jwt->signature.len == 64, "its signature");
    ok(jwt->signing_input.len == (apr_size_t)(strrchr(token, '.') - token), "what was signed");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    make_keys(pool);
    test_reading(pool);
    test_signature_vectors(pool);
    test_hmac_vectors(pool);
    test_every_algorithm(pool);
    test_headers(pool);
    test_keys_in_header(pool);
    test_serialisation(pool);
    test_unused_bits(pool);
    test_length(pool);
    test_public_key_as_secret(pool);
    test_hmac(pool);
    test_forged_ecdsa(pool);
    test_forged_others(pool);
    test_decoys(pool);
    test_pinning(pool);
    return tap_end();
}
