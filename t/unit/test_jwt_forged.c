/* test_jwt_forged.c: RFC 8725's attacks on signatures, and those that made the news since. */
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "keyring.h"

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

int main(void)
{
    apr_pool_t *pool = tap_begin();

    make_keys(pool);
    test_keys_in_header(pool);
    test_public_key_as_secret(pool);
    test_forged_ecdsa(pool);
    test_forged_others(pool);
    test_decoys(pool);
    test_pinning(pool);
    return tap_end();
}
