/* test_jwt.c: what is a token, and whose. The ways around a signature are in test_jwt_forged.c. */
#include "../../src/base/jwt.h"

#include "../../src/base/json.h"
#include "keyring.h"
#include "vectors/jws.h"

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
    { "EdDSA", "ed448", &op.ed448 }, { "Ed25519", "ed25519", &op.ed25519 },
    { "Ed448", "ed448", &op.ed448 },
};

/* RFC 9864: one signature has two names, that of all Edwards curves and that of its own. */
static int is_other_name(const char *alg, EVP_PKEY *key, const char *claimed)
{
    const char *own = key == op.ed448 ? "Ed448" : "Ed25519";

    return !strncmp(alg, "Ed", 2) && (!strcmp(claimed, "EdDSA") || !strcmp(claimed, own));
}

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

            if (!strcmp(claimed, alg) || is_other_name(alg, key, claimed))
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
    test_serialisation(pool);
    test_unused_bits(pool);
    test_length(pool);
    test_hmac(pool);
    return tap_end();
}
