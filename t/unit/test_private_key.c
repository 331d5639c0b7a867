/* test_private_key.c: which keys this module takes for its own, what they may do, what it
 * publishes. */
#include "../../src/base/private_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "../../src/base/json.h"
#include "../../src/base/jwk.h"
#include "signer.h"
#include "tap.h"
#include "vectors/private_keys.h"

#define RSA_ALGS                                                                                   \
    (PA_ALG_RS256 | PA_ALG_RS384 | PA_ALG_RS512 | PA_ALG_PS256 | PA_ALG_PS384 | PA_ALG_PS512)

static const char *parse(apr_pool_t *pool, const char *text, const char *kid, pa_private_key **out)
{
    const char *why = pa_private_key_parse(pool, pa_bytes_text(text), kid, out);

    if (ERR_peek_error())
        return "something was left in OpenSSL's error queue";
    return why;
}

typedef enum form { PKCS8, TRADITIONAL, ENCRYPTED, ENCRYPTED_TRADITIONAL, PUBLIC } form;

static const char *pem(apr_pool_t *pool, EVP_PKEY *key, form how)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char passphrase[] = "secret";
    char *data, *text;
    long len;
    int done = 0;

    switch (how) {
    case PKCS8:
        done = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        break;
    case TRADITIONAL:
        done = PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
        break;
    case ENCRYPTED:
        done =
            PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), passphrase, 6, NULL, NULL);
        break;
    case ENCRYPTED_TRADITIONAL:
        done = PEM_write_bio_PrivateKey_traditional(bio, key, EVP_aes_128_cbc(),
                                                    (unsigned char *)passphrase, 6, NULL, NULL);
        break;
    case PUBLIC:
        done = PEM_write_bio_PUBKEY(bio, key);
        break;
    }
    signer_must(done == 1, "write PEM");
    len = BIO_get_mem_data(bio, &data);
    text = apr_pstrmemdup(pool, data, (apr_size_t)len);
    BIO_free(bio);
    return text;
}

static const struct {
    const char *type, *detail;
    int traditional;
    pa_alg_set algs;
    pa_jwe_alg_set jwe_algs;
} kinds[] = {
    { "RSA", "2048", 1, RSA_ALGS, PA_JWE_ALGS_RSA },
    { "RSA", "3072", 1, RSA_ALGS, PA_JWE_ALGS_RSA },
    { "EC", "P-256", 1, PA_ALG_ES256, PA_JWE_ALGS_ECDH },
    { "EC", "P-384", 1, PA_ALG_ES384, PA_JWE_ALGS_ECDH },
    { "EC", "P-521", 1, PA_ALG_ES512, PA_JWE_ALGS_ECDH },
    { "ED25519", "", 0, PA_ALG_EDDSA | PA_ALG_ED25519, 0 },
    { "ED448", "", 0, PA_ALG_EDDSA | PA_ALG_ED448, 0 },
};

/* The public JWK is that of signer.h, which knows the key from OpenSSL. */
static void publishes(apr_pool_t *pool, const pa_private_key *own, EVP_PKEY *key)
{
    const char *members =
        apr_psprintf(pool, "\"kid\":\"%s\",\"use\":\"sig\",\"alg\":\"x\"", own->kid);
    json_t *jwk = pa_private_key_publish(pool, own, "sig", "x"), *wanted;

    pa_json_object_parse(pool, pa_bytes_text(signer_jwk(pool, key, members)), &wanted);
    is(pa_json_dump(pool, jwk, 0), pa_json_dump(pool, wanted, 0),
       "publishes its public half alone");
    jwk = pa_private_key_publish(pool, own, NULL, NULL);
    ok(jwk && !json_object_get(jwk, "use") && !json_object_get(jwk, "alg"), "without use and alg");
    is(pa_json_text(jwk, "kid"), own->kid, "but with kid");
}

static void test_pem(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        const char *type = kinds[i].type, *detail = kinds[i].detail;
        EVP_PKEY *key = signer_key(pool, type, detail);
        pa_private_key *own = NULL;
        const char *thumbprint = NULL;

        is(parse(pool, pem(pool, key, PKCS8), NULL, &own), NULL, "takes %s %s", type, detail);
        ok(own->algs == kinds[i].algs, "for its signature algorithms");
        ok(own->jwe_algs == kinds[i].jwe_algs, "and those of encryption");
        ok(EVP_PKEY_eq(own->key, key) == 1, "it is the same key");
        pa_jwk_thumbprint(pool, own->public_members, &thumbprint);
        is(own->kid, thumbprint, "its kid is its thumbprint");
        publishes(pool, own, key);
        is(parse(pool, pem(pool, key, PKCS8), "given", &own), NULL, "takes it with a kid");
        is(own->kid, "given", "which it keeps");
        has(parse(pool, pem(pool, key, ENCRYPTED), NULL, &own), "encrypted", "never encrypted");
        has(parse(pool, pem(pool, key, PUBLIC), NULL, &own), "neither", "nor the public half");
        if (!kinds[i].traditional)
            continue;
        is(parse(pool, pem(pool, key, TRADITIONAL), NULL, &own), NULL, "takes it in its old form");
        ok(EVP_PKEY_eq(own->key, key) == 1, "it is the same key");
        has(parse(pool, pem(pool, key, ENCRYPTED_TRADITIONAL), NULL, &own), "encrypted",
            "never encrypted");
    }
}

static void test_pem_files(apr_pool_t *pool)
{
    EVP_PKEY *ec = signer_key(pool, "EC", "P-256"), *small = signer_key(pool, "RSA", "1024");
    EVP_PKEY *other_curve = signer_key(pool, "EC", "secp256k1");
    EVP_PKEY *x25519 = signer_key(pool, "X25519", "");
    const char *text = pem(pool, ec, PKCS8), *begin = "-----BEGIN CERTIFICATE-----\nMIIB\n"
                                                      "-----END CERTIFICATE-----\n";
    /* what `openssl ecparam -genkey` writes first: the object identifier of P-256 */
    const char *parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
                             "-----END EC PARAMETERS-----\n";
    char *huge = apr_pcalloc(pool, PA_PRIVATE_KEY_MAX + 2);
    const struct {
        const char *what, *text, *part;
    } files[] = {
        { "a certificate first", apr_pstrcat(pool, begin, text, NULL), NULL },
        { "a certificate last", apr_pstrcat(pool, text, begin, NULL), NULL },
        { "EC parameters", apr_pstrcat(pool, parameters, pem(pool, ec, TRADITIONAL), NULL), NULL },
        { "a comment and blank lines", apr_pstrcat(pool, "\n\nmine:\n", text, "\n\n", NULL), NULL },
        { "two keys", apr_pstrcat(pool, text, pem(pool, small, PKCS8), NULL), "several" },
        { "RSA of 1024 bits", pem(pool, small, PKCS8), "2048" },
        { "secp256k1", pem(pool, other_curve, PKCS8), "not supported" },
        { "X25519", pem(pool, x25519, PKCS8), "not supported" },
        { "nothing", "", "neither" },
        { "blanks", " \n\n ", "neither" },
        { "a certificate alone", begin, "neither" },
        { "a broken key", apr_pstrmemdup(pool, text, strlen(text) / 2), "neither" },
        { "another text", "hunter2", "neither" },
        { "too much", huge, "longer" },
    };
    pa_private_key *own;
    apr_size_t i;

    memset(huge, '\n', PA_PRIVATE_KEY_MAX + 1);
    for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
        own = NULL;
        if (files[i].part) {
            has(parse(pool, files[i].text, NULL, &own), files[i].part, "refuses %s", files[i].what);
            ok(own == NULL, "and gives out nothing");
            continue;
        }
        is(parse(pool, files[i].text, NULL, &own), NULL, "takes a key with %s", files[i].what);
        ok(own && EVP_PKEY_eq(own->key, ec) == 1, "as that key");
    }
    has(pa_private_key_parse(pool, pa_bytes_of("\0{}", 3), NULL, &own), "neither", "refuses NUL");
}

static const struct {
    const char *name, *jwk, *kid; /* NULL: the thumbprint */
    pa_alg_set algs;
    pa_jwe_alg_set jwe_algs;
} vectors[] = {
    { "RFC 7515 A.2", rfc7515_a2_rsa, NULL, RSA_ALGS, PA_JWE_ALGS_RSA },
    { "RFC 7515 A.3", rfc7515_a3_p256, NULL, PA_ALG_ES256, PA_JWE_ALGS_ECDH },
    { "RFC 7515 A.4", rfc7515_a4_p521, NULL, PA_ALG_ES512, PA_JWE_ALGS_ECDH },
    { "RFC 7520 3.2", rfc7520_32_p521, "bilbo.baggins@hobbiton.example", PA_ALG_ES512, 0 },
    { "RFC 7520 3.4", rfc7520_34_rsa, "bilbo.baggins@hobbiton.example", RSA_ALGS, 0 },
    { "RFC 8037 A.1", rfc8037_a1_ed25519, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
      PA_ALG_EDDSA | PA_ALG_ED25519, 0 },
};

static void test_jwk_vectors(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
        pa_private_key *own = NULL;
        const char *thumbprint = NULL;

        is(parse(pool, vectors[i].jwk, NULL, &own), NULL, "takes %s", vectors[i].name);
        ok(own->algs == vectors[i].algs && own->jwe_algs == vectors[i].jwe_algs,
           "for its algorithms");
        pa_jwk_thumbprint(pool, own->public_members, &thumbprint);
        is(own->kid, vectors[i].kid ? vectors[i].kid : thumbprint, "with its kid");
        is(parse(pool, vectors[i].jwk, "given", &own), NULL, "takes it again");
        is(own->kid, "given", "with another");
        ok(!json_object_get(pa_private_key_publish(pool, own, "sig", NULL), "d"), "d stays here");
    }
}

/* One member changed (NULL value: taken out). */
static const char *changed(apr_pool_t *pool, const char *jwk, const char *member, const char *value)
{
    json_t *json, *with;

    pa_json_object_parse(pool, pa_bytes_text(jwk), &json);
    if (!value) {
        json_object_del(json, member);
        return pa_json_dump(pool, json, 0);
    }
    with = pa_json_own(pool, json_loads(value, JSON_DECODE_ANY, NULL));
    signer_must(with != NULL, "read a value");
    json_object_set(json, member, with);
    return pa_json_dump(pool, json, 0);
}

static const struct {
    const char *jwk, *member, *value; /* JSON; NULL: no such member */
    const char *part;
} refused[] = {
    { rfc7515_a3_p256, "d", NULL, "a public key" },
    { rfc7515_a3_p256, "kty", NULL, "no key" },
    { rfc7515_a3_p256, "kty", "\"oct\"", "key type" },
    { rfc7515_a3_p256, "kty", "\"ec\"", "key type" },
    { rfc7515_a3_p256, "crv", "\"secp256k1\"", "curve" },
    { rfc7515_a3_p256, "crv", "\"P-384\"", "length" },
    { rfc7515_a3_p256, "y", "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"", "not on its curve" },
    { rfc7515_a3_p256, "d", "\"AQ\"", "length" },
    { rfc7515_a3_p256, "d", "7", "missing" },
    { rfc7515_a3_p256, "d", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "" },
    { rfc7515_a3_p256, "d", "\"__________________________________________8\"", "" },
    { rfc7515_a3_p256, "d", "\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"", "public half" },
    { rfc8037_a1_ed25519, "d", "\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2E\"",
      "another public" },
    { rfc8037_a1_ed25519, "crv", "\"X25519\"", "curve" },
    { rfc8037_a1_ed25519, "x", NULL, "missing" },
    { rfc7515_a2_rsa, "n", "\"AQAB\"", "2048" },
    { rfc7515_a2_rsa, "e", "\"AQ\"", "exponent" },
    { rfc7515_a2_rsa, "e", "\"Aw\"", "public half" },
    { rfc7515_a2_rsa, "d", "\"AA\"", "zero" },
    { rfc7515_a2_rsa, "q", NULL, "missing" },
    { rfc7515_a2_rsa, "dp", NULL, "missing" },
    { rfc7515_a2_rsa, "qi", "\"\"", "missing" },
    { rfc7515_a2_rsa, "oth", "[]", "two primes" },
    { rfc7515_a3_p256, "kid", "7", "kid" },
    { rfc7515_a3_p256, "kid", "\"\"", "kid" },
    { rfc7515_a3_p256, "use", "\"\"", "neither" },
    { rfc7515_a3_p256, "use", "[\"sig\"]", "wrong type" },
    { rfc7515_a3_p256, "key_ops", "\"sign\"", "wrong type" },
    { rfc7515_a3_p256, "key_ops", "[\"verify\"]", "neither" },
    { rfc7515_a3_p256, "alg", "[]", "wrong type" },
    { rfc7515_a3_p256, "alg", "\"ES384\"", "neither" },
    { rfc7515_a3_p256, "alg", "\"none\"", "neither" },
    { rfc7515_a3_p256, "alg", "\"HS256\"", "neither" },
    { rfc7520_34_rsa, "alg", "\"RSA-OAEP\"", "neither" },
    { rfc8037_a1_ed25519, "use", "\"enc\"", "neither" },
    { rfc8037_a1_ed25519, "alg", "\"Ed448\"", "neither" },
};

static void test_refused(apr_pool_t *pool)
{
    pa_private_key *own = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        has(parse(pool, changed(pool, refused[i].jwk, refused[i].member, refused[i].value), NULL,
                  &own),
            refused[i].part, "refuses a key with %s %s", refused[i].member,
            refused[i].value ? refused[i].value : "left out");
    has(parse(pool, "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}", NULL, &own), "symmetric",
        "refuses a symmetric key");
    has(parse(pool, "{", NULL, &own), "JSON", "refuses half a JWK");
    has(parse(pool, "[]", NULL, &own), "neither", "refuses a list");
    ok(own == NULL, "nothing comes of those");
}

static const struct {
    const char *jwk, *member, *value;
    pa_alg_set algs;
    pa_jwe_alg_set jwe_algs;
} narrowed[] = {
    { rfc7515_a2_rsa, "use", "\"sig\"", RSA_ALGS, 0 },
    { rfc7515_a2_rsa, "use", "\"enc\"", 0, PA_JWE_ALGS_RSA },
    { rfc7515_a2_rsa, "alg", "\"PS256\"", PA_ALG_PS256, 0 },
    { rfc7515_a2_rsa, "alg", "\"RSA-OAEP-256\"", 0, PA_JWE_RSA_OAEP_256 },
    { rfc8037_a1_ed25519, "alg", "\"Ed25519\"", PA_ALG_ED25519, 0 },
    { rfc8037_a1_ed25519, "alg", "\"EdDSA\"", PA_ALG_EDDSA | PA_ALG_ED25519, 0 },
    { rfc7515_a2_rsa, "key_ops", "[\"verify\",\"sign\"]", RSA_ALGS, 0 },
    { rfc7515_a2_rsa, "key_ops", "[\"unwrapKey\"]", 0, PA_JWE_ALGS_RSA },
    { rfc7515_a3_p256, "key_ops", "[\"deriveBits\"]", 0, PA_JWE_ALGS_ECDH },
    { rfc7515_a3_p256, "alg", "\"ECDH-ES+A256KW\"", 0, PA_JWE_ECDH_ES_A256KW },
};

static void test_narrowed(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(narrowed) / sizeof(*narrowed); i++) {
        pa_private_key *own = NULL;

        is(parse(pool, changed(pool, narrowed[i].jwk, narrowed[i].member, narrowed[i].value), NULL,
                 &own),
           NULL, "takes a key with %s %s", narrowed[i].member, narrowed[i].value);
        ok(own && own->algs == narrowed[i].algs && own->jwe_algs == narrowed[i].jwe_algs,
           "for that alone");
    }
}

/* RFC 7518 6.3.2: the five numbers that make signing fast may be absent. */
static void test_bare_rsa(apr_pool_t *pool)
{
    static const char *const members[] = { "p", "q", "dp", "dq", "qi" };
    const char *jwk = rfc7515_a2_rsa;
    pa_private_key *own = NULL;
    apr_size_t i;

    for (i = 0; i < 5; i++)
        jwk = changed(pool, jwk, members[i], NULL);
    is(parse(pool, jwk, NULL, &own), NULL, "takes an RSA key of n, e and d");
    ok(own && own->algs == RSA_ALGS, "as a whole one");
}

static void test_lifetime(apr_pool_t *pool)
{
    apr_pool_t *child;
    pa_private_key *own;
    EVP_PKEY *kept;

    apr_pool_create(&child, pool);
    pa_private_key_parse(child, pa_bytes_text(rfc7515_a3_p256), NULL, &own);
    kept = own->key;
    ok(EVP_PKEY_up_ref(kept) == 1, "a key that is held elsewhere");
    apr_pool_destroy(child);
    ok(EVP_PKEY_get_bits(kept) == 256, "outlives its pool");
    EVP_PKEY_free(kept);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_pem(pool);
    test_pem_files(pool);
    test_jwk_vectors(pool);
    test_refused(pool);
    test_narrowed(pool);
    test_bare_rsa(pool);
    test_lifetime(pool);
    return tap_end();
}
