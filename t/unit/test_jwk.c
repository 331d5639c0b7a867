/* test_jwk.c: which keys of a provider's set may verify what, and which are left out and why. */
#include "../../src/base/jwk.h"

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "../../src/base/json.h"
#include "signer.h"
#include "tap.h"
#include "vectors/jwks.h"

#define RSA_ALGS                                                                                   \
    (PA_ALG_RS256 | PA_ALG_RS384 | PA_ALG_RS512 | PA_ALG_PS256 | PA_ALG_PS384 | PA_ALG_PS512)

/* On P-256: RFC 7515 A.3's key. */
#define X256 "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y256 "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define ED25519 "\"kty\":\"OKP\",\"crv\":\"Ed25519\""
#define ED25519_X "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static const struct {
    const char *what, *jwk, *part;
} refused[] = {
    { "nothing", "{}", "kty" },
    { "a kty that is no text", "{\"kty\":1}", "kty" },
    { "an unknown kty", "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\"}", "key type" },
    { "a symmetric key", "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ\"}",
      "key type" },
    { "kty in another case",
      "{\"kty\":\"ec\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", "key type" },
    { "secp256k1", "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}",
      "curve" },
    { "no curve", "{\"kty\":\"EC\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", "curve" },
    { "X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\"," ED25519_X "}", "curve" },
    { "Ed25519 as an EC curve", "{\"kty\":\"EC\",\"crv\":\"Ed25519\"," ED25519_X "}", "curve" },
    { "a point off its curve",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" X256 "\"}",
      "not on its curve" },
    { "the point 0, 0",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
      "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
      "not on its curve" },
    { "coordinates beyond the field",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"__________________________________________8\","
      "\"y\":\"__________________________________________8\"}",
      "not on its curve" },
    { "a short coordinate",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA"
      "\",\"y\":\"" Y256 "\"}",
      "length" },
    { "a long coordinate",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AH_NzidwiUVdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF"
      "\",\"y\":\"" Y256 "\"}",
      "too long" },
    { "no y", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\"}", "missing" },
    { "a padded coordinate",
      "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRV=="
      "\",\"y\":\"" Y256 "\"}",
      "alphabet" },
    { "a key of P-256 that calls itself P-384",
      "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", "length" },
    { "a short Ed25519 key", "{" ED25519 ",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ\"}",
      "length" },
    { "an Ed25519 key without x", "{" ED25519 "}", "missing" },
    { "use enc", "{" ED25519 "," ED25519_X ",\"use\":\"enc\"}", "alg" },
    { "use that is no text", "{" ED25519 "," ED25519_X ",\"use\":[\"sig\"]}", "use" },
    { "key_ops without verify", "{" ED25519 "," ED25519_X ",\"key_ops\":[\"sign\"]}", "key_ops" },
    { "empty key_ops", "{" ED25519 "," ED25519_X ",\"key_ops\":[]}", "key_ops" },
    { "key_ops that is no list", "{" ED25519 "," ED25519_X ",\"key_ops\":\"verify\"}", "key_ops" },
    { "a private key", "{" ED25519 "," ED25519_X ",\"d\":\"AA\"}", "private" },
    { "an alg of another type", "{" ED25519 "," ED25519_X ",\"alg\":\"ES256\"}", "alg" },
    { "an alg of encryption", "{" ED25519 "," ED25519_X ",\"alg\":\"ECDH-ES\"}", "alg" },
    { "the alg none", "{" ED25519 "," ED25519_X ",\"alg\":\"none\"}", "alg" },
    { "HS256 with a public key", "{" ED25519 "," ED25519_X ",\"alg\":\"HS256\"}", "alg" },
    { "an alg that is no text", "{" ED25519 "," ED25519_X ",\"alg\":null}", "alg" },
    { "a kid that is no text", "{" ED25519 "," ED25519_X ",\"kid\":7}", "kid" },
};

static const char *parse(apr_pool_t *pool, const char *text, pa_jwk **out)
{
    json_t *json = NULL;
    const char *why = pa_json_object_parse(pool, pa_bytes_text(text), &json);

    return why ? why : pa_jwk_parse(pool, json, out);
}

static void test_refused(apr_pool_t *pool)
{
    pa_jwk *out = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        has(parse(pool, refused[i].jwk, &out), refused[i].part, "refuses %s", refused[i].what);
    ok(out == NULL, "leaves the result alone when it refuses");
    ok(ERR_peek_error() == 0, "leaves nothing in OpenSSL's error queue");
    ok(pa_jwk_parse(pool, NULL, &out) != NULL, "refuses no key at all");
}

/* An RSA key of given modulus size and exponent; its modulus is not the product of two primes,
 * which nobody can see. */
static const char *rsa_of(apr_pool_t *pool, apr_size_t bits, unsigned char last, const char *e)
{
    apr_size_t len = (bits + 7) / 8;
    unsigned char *modulus = apr_palloc(pool, len);

    memset(modulus, 0xa5, len);
    modulus[0] = (unsigned char)(1 << (bits + 7) % 8);
    modulus[len - 1] = last;
    return apr_psprintf(pool, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}",
                        pa_base64url_encode(pool, pa_bytes_of(modulus, len)), e);
}

static const struct {
    const char *what;
    apr_size_t bits;
    unsigned char last;
    const char *e, *part; /* NULL: taken */
} rsa_keys[] = {
    { "1024 bits", 1024, 0xa5, "AQAB", "2048" },
    { "2047 bits", 2047, 0xa5, "AQAB", "2048" },
    { "2048 bits", 2048, 0xa5, "AQAB", NULL },
    { "3072 bits", 3072, 0xa5, "AQAB", NULL },
    { "16384 bits", 16384, 0xa5, "AQAB", NULL },
    { "16392 bits", 16392, 0xa5, "AQAB", "too long" },
    { "100,000 bits", 100000, 0xa5, "AQAB", "too long" },
    { "an even modulus", 2048, 0xa4, "AQAB", "even modulus" },
    { "e = 0", 2048, 0xa5, "AA", "exponent" },
    { "e = 1", 2048, 0xa5, "AQ", "exponent" },
    { "e = 1 with leading zeroes", 2048, 0xa5, "AAAB", "exponent" },
    { "e = 2", 2048, 0xa5, "Ag", "exponent" },
    { "e = 3", 2048, 0xa5, "Aw", NULL },
    { "e = 65536", 2048, 0xa5, "AQAA", "exponent" },
    { "e of 64 bits", 2048, 0xa5, "gAAAAAAAAAE", NULL },
    { "e of 65 bits", 2048, 0xa5, "AQAAAAAAAAAB", "too long" },
    { "e of 2048 bits", 2048, 0xa5, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
      "too long" },
    { "no e", 2048, 0xa5, "", "missing" },
};

static void test_rsa(apr_pool_t *pool)
{
    pa_jwk *out = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(rsa_keys) / sizeof(*rsa_keys); i++) {
        const char *jwk = rsa_of(pool, rsa_keys[i].bits, rsa_keys[i].last, rsa_keys[i].e);

        if (rsa_keys[i].part)
            has(parse(pool, jwk, &out), rsa_keys[i].part, "refuses RSA with %s", rsa_keys[i].what);
        else
            is(parse(pool, jwk, &out), NULL, "takes RSA with %s", rsa_keys[i].what);
    }
    is(parse(pool, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AAAA\"}", &out),
       "an RSA key below 2048 bits", "refuses a modulus of zero");
}

/* Some encoders prefix a zero byte so that the number looks positive. */
static void test_leading_zero(apr_pool_t *pool)
{
    EVP_PKEY *key = signer_key(pool, "RSA", "2048");
    pa_jwk *plain, *padded;
    pa_bytes modulus;
    json_t *json;
    unsigned char *longer;

    is(parse(pool, signer_jwk(pool, key, ""), &plain), NULL, "takes an RSA key");
    ok(EVP_PKEY_eq(plain->key, key) == 1, "it is the same key");
    pa_json_object_parse(pool, pa_bytes_text(signer_jwk(pool, key, "")), &json);
    pa_base64url_decode(pool, pa_json_text(json, "n"), strlen(pa_json_text(json, "n")), &modulus);
    longer = apr_pcalloc(pool, modulus.len + 1);
    memcpy(longer + 1, modulus.at, modulus.len);
    json_object_set_new(
        json, "n", json_string(pa_base64url_encode(pool, pa_bytes_of(longer, modulus.len + 1))));
    is(pa_jwk_parse(pool, json, &padded), NULL, "takes it with a leading zero byte");
    ok(EVP_PKEY_eq(padded->key, key) == 1, "it is the same key");
}

static const struct {
    const char *type, *detail, *more;
    pa_alg_set algs;
} usable[] = {
    { "RSA", "2048", "", RSA_ALGS },
    { "RSA", "2048", "\"alg\":\"PS512\"", PA_ALG_PS512 },
    { "EC", "P-256", "", PA_ALG_ES256 },
    { "EC", "P-256", "\"alg\":\"ES256\",\"use\":\"sig\"", PA_ALG_ES256 },
    { "EC", "P-384", "", PA_ALG_ES384 },
    { "EC", "P-521", "", PA_ALG_ES512 },
    { "ED25519", "", "\"key_ops\":[\"verify\"]", PA_ALG_EDDSA | PA_ALG_ED25519 },
    { "ED448", "", "", PA_ALG_EDDSA | PA_ALG_ED448 },
    { "ED25519", "", "\"alg\":\"Ed25519\"", PA_ALG_EDDSA | PA_ALG_ED25519 },
    { "ED25519", "", "\"alg\":\"EdDSA\"", PA_ALG_EDDSA | PA_ALG_ED25519 },
};

static void test_usable(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(usable) / sizeof(*usable); i++) {
        EVP_PKEY *key = signer_key(pool, usable[i].type, usable[i].detail);
        pa_jwk *out = NULL;

        if (!is(parse(pool, signer_jwk(pool, key, usable[i].more), &out), NULL, "takes %s %s %s",
                usable[i].type, usable[i].detail, usable[i].more))
            continue;
        ok(EVP_PKEY_eq(out->key, key) == 1, "as that key");
        ok(out->algs == usable[i].algs, "for its algorithms alone");
        is(out->kid, NULL, "without a kid");
    }
}

static int count(apr_pool_t *pool, const char *set, apr_array_header_t **keys)
{
    const char *why = pa_jwks_parse(pool, pa_bytes_text(set), keys);

    return is(why, NULL, "takes the set") ? (*keys)->nelts : -1;
}

static void test_published_sets(apr_pool_t *pool)
{
    apr_array_header_t *keys;
    const pa_jwk *key;

    ok(count(pool, public_set, &keys) == 2, "RFC 7517 A.1 has two keys");
    key = APR_ARRAY_IDX(keys, 0, const pa_jwk *);
    is(key->kid, "1", "one for encryption");
    ok(!key->algs && key->jwe_algs == PA_JWE_ALGS_ECDH, "and nothing else");
    key = APR_ARRAY_IDX(keys, 1, const pa_jwk *);
    is(key->kid, "2011-04-25", "with its kid");
    ok(key->algs == PA_ALG_RS256, "and its algorithm alone");
    ok(EVP_PKEY_get_bits(key->key) == 2048, "and its size");
    ok(count(pool, private_set, &keys) == 0, "RFC 7517 A.2 has none that is not private");
    ok(count(pool, symmetric_set, &keys) == 0, "RFC 7517 A.3 has none that is public");
}

static void test_sets(apr_pool_t *pool)
{
    apr_array_header_t *keys = NULL;
    const char *key = "{" ED25519 "," ED25519_X ",\"kid\":\"k\"}";
    char *many, *at;
    int i;

    ok(count(pool, "{\"keys\":[]}", &keys) == 0, "an empty set is one");
    ok(count(pool,
             apr_pstrcat(pool, "{\"keys\":[null,1,\"x\",[],{},", key,
                         ",{\"kty\":\"AKP\"}],\"x\":1}", NULL),
             &keys)
           == 1,
       "what is no key is passed over");
    at = many = apr_palloc(pool, 10000 * (strlen(key) + 1) + 32);
    at += sprintf(at, "{\"keys\":[");
    for (i = 0; i < 10000; i++)
        at += sprintf(at, "%s%s", i ? "," : "", key);
    sprintf(at, "]}");
    ok(count(pool, many, &keys) == PA_JWKS_MAX, "of 10,000 keys 100 are looked at");
    keys = NULL;
    has(pa_jwks_parse(pool, pa_bytes_text(key), &keys), "keys", "a key is no set");
    has(pa_jwks_parse(pool, pa_bytes_text("{\"keys\":{}}"), &keys), "keys", "nor is an object");
    has(pa_jwks_parse(pool, pa_bytes_text("[]"), &keys), "object", "nor an array");
    has(pa_jwks_parse(pool, pa_bytes_text("<html>"), &keys), "JSON", "nor a page");
    has(pa_jwks_parse(pool, pa_bytes_text("{\"keys\":[],\"keys\":[1]}"), &keys), "twice",
        "nor one with keys twice");
    ok(keys == NULL, "nothing comes of those");
}

/* An Ed25519 key never; the others when they say that they are for encryption. */
static const struct {
    const char *what, *type, *more;
    pa_jwe_alg_set algs; /* 0: never */
} encryption_keys[] = {
    { "RSA with use enc", "RSA", "\"use\":\"enc\"", PA_JWE_ALGS_RSA },
    { "EC with use enc", "EC", "\"use\":\"enc\"", PA_JWE_ALGS_ECDH },
    { "its alg", "RSA", "\"use\":\"enc\",\"alg\":\"RSA-OAEP-256\"", PA_JWE_RSA_OAEP_256 },
    { "an alg of encryption without use", "EC", "\"alg\":\"ECDH-ES+A256KW\"", PA_JWE_ECDH_ES_A256KW },
    { "key_ops", "RSA", "\"use\":\"enc\",\"key_ops\":[\"x\",\"wrapKey\"]", PA_JWE_ALGS_RSA },
    { "deriveBits", "EC", "\"use\":\"enc\",\"key_ops\":[\"deriveBits\"]", PA_JWE_ALGS_ECDH },
    { "neither use nor alg", "RSA", "", 0 },
    { "use sig", "RSA", "\"use\":\"sig\"", 0 },
    { "use sig with an alg of encryption", "RSA", "\"use\":\"sig\",\"alg\":\"RSA-OAEP\"", 0 },
    { "use that is no text", "RSA", "\"use\":[\"enc\"]", 0 },
    { "key_ops alone", "RSA", "\"key_ops\":[\"wrapKey\"]", 0 },
    { "key_ops of signatures", "RSA", "\"use\":\"enc\",\"key_ops\":[\"verify\"]", 0 },
    { "an alg of signatures", "RSA", "\"alg\":\"RS256\"", 0 },
    { "use enc with an alg of signatures", "RSA", "\"use\":\"enc\",\"alg\":\"RS256\"", 0 },
    { "RSA1_5", "RSA", "\"use\":\"enc\",\"alg\":\"RSA1_5\"", 0 },
    { "dir", "RSA", "\"use\":\"enc\",\"alg\":\"dir\"", 0 },
    { "an alg of another type", "EC", "\"use\":\"enc\",\"alg\":\"RSA-OAEP\"", 0 },
    { "an alg that is no text", "EC", "\"use\":\"enc\",\"alg\":1", 0 },
    { "a private key", "EC", "\"use\":\"enc\",\"d\":\"AA\"", 0 },
    { "Ed25519", "ED25519", "\"use\":\"enc\"", 0 },
};

static void test_encryption_keys(apr_pool_t *pool)
{
    EVP_PKEY *keys[] = { signer_key(pool, "RSA", "2048"), signer_key(pool, "EC", "P-384"),
                         signer_key(pool, "ED25519", "") };
    apr_size_t i;

    for (i = 0; i < sizeof(encryption_keys) / sizeof(*encryption_keys); i++) {
        const char *type = encryption_keys[i].type, *what = encryption_keys[i].what;
        EVP_PKEY *key = keys[!strcmp(type, "RSA") ? 0 : !strcmp(type, "EC") ? 1 : 2];
        const char *text = signer_jwk(pool, key, encryption_keys[i].more);
        pa_jwk *out = NULL;
        const char *why = parse(pool, text, &out);

        if (!encryption_keys[i].algs) {
            ok(why || !out->jwe_algs, "never encrypts to %s", what);
            continue;
        }
        is(why, NULL, "encrypts to %s", what);
        ok(out && out->jwe_algs == encryption_keys[i].algs && EVP_PKEY_eq(out->key, key) == 1,
           "by its algorithms alone");
        ok(out && !out->algs, "and does not verify with it");
    }
}

static const char *thumbprint(apr_pool_t *pool, const char *text)
{
    const char *out = NULL;
    json_t *json;
    const char *why = pa_json_object_parse(pool, pa_bytes_text(text), &json);

    return why || (why = pa_jwk_thumbprint(pool, json, &out)) ? why : out;
}

static void test_thumbprints(apr_pool_t *pool)
{
    json_t *set;

    pa_json_object_parse(pool, pa_bytes_text(public_set), &set);
    is(thumbprint(pool, pa_json_dump(pool, json_array_get(json_object_get(set, "keys"), 1), 0)),
       "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "RFC 7638 3.1");
    is(thumbprint(pool, "{\"use\":\"sig\",\"d\":\"AA\"," ED25519_X "," ED25519 "}"),
       "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "RFC 8037 A.3, whatever is said beside it");
    has(thumbprint(pool, "{" ED25519 "}"), "missing", "none of half a key");
    has(thumbprint(pool, "{" ED25519 ",\"x\":1}"), "missing", "nor of one that is no text");
    has(thumbprint(pool, "{\"kty\":\"oct\",\"k\":\"AA\"}"), "key type", "nor of a secret");
    has(thumbprint(pool, "{}"), "key type", "nor of nothing");
}

static void test_lifetime(apr_pool_t *pool)
{
    apr_pool_t *child;
    apr_array_header_t *keys;
    EVP_PKEY *kept;

    apr_pool_create(&child, pool);
    pa_jwks_parse(child, pa_bytes_text(public_set), &keys);
    kept = APR_ARRAY_IDX(keys, 1, const pa_jwk *)->key;
    ok(EVP_PKEY_up_ref(kept) == 1, "a key that is held elsewhere");
    apr_pool_destroy(child);
    ok(EVP_PKEY_get_bits(kept) == 2048, "outlives its pool");
    EVP_PKEY_free(kept);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_refused(pool);
    test_rsa(pool);
    test_leading_zero(pool);
    test_usable(pool);
    test_published_sets(pool);
    test_sets(pool);
    test_encryption_keys(pool);
    test_thumbprints(pool);
    test_lifetime(pool);
    return tap_end();
}
