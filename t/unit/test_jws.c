/* test_jws.c: what this module signs, its own rules and OpenSSL's believe. */
#include "../../src/base/jws.h"

#include "../../src/base/json.h"
#include "keyring.h"
#include "own_keys.h"
#include "vectors/jws.h"
#include "vectors/private_keys.h"

static apr_array_header_t *published(apr_pool_t *pool, const pa_private_key *own)
{
    return parse_set(pool, pa_json_dump(pool, pa_private_key_publish(pool, own, "sig", NULL), 0));
}

/* Signatures that are the same each time: RSASSA-PKCS1-v1_5, Ed25519 and HMAC. */
static const struct {
    const char *name, *jwk;
} deterministic[] = {
    { "RFC 7515 A.2 (RS256)", rfc7515_a2_rsa },
    { "RFC 7520 4.1 (RS256)", rfc7520_34_rsa },
    { "RFC 8037 A.4 (Ed25519)", rfc8037_a1_ed25519 },
};

static const char *resign(apr_pool_t *pool, const char *jwk, const char *alg, const char *jws)
{
    pa_bytes input = pa_bytes_of(jws, (apr_size_t)(strrchr(jws, '.') - jws)), signature;
    const char *why =
        pa_jws_signature(pool, own_key(pool, jwk, NULL), pa_alg_named(alg), input, &signature);

    return why ? why : signer_join(pool, apr_pstrmemdup(pool, jws, input.len), signature);
}

static void test_vectors(apr_pool_t *pool)
{
    apr_size_t i, j, found = 0;

    for (i = 0; i < sizeof(signature_vectors) / sizeof(*signature_vectors); i++) {
        for (j = 0; j < sizeof(deterministic) / sizeof(*deterministic); j++) {
            if (strcmp(signature_vectors[i].name, deterministic[j].name) != 0)
                continue;
            found++;
            is(resign(pool, deterministic[j].jwk, signature_vectors[i].alg,
                      signature_vectors[i].jws),
               signature_vectors[i].jws, "%s", signature_vectors[i].name);
        }
    }
    ok(found == j, "that is every one of them");
    for (i = 0; i < sizeof(hmac_vectors) / sizeof(*hmac_vectors); i++) {
        const char *jws = hmac_vectors[i].jws;
        pa_bytes input = pa_bytes_of(jws, (apr_size_t)(strrchr(jws, '.') - jws)), key, tag;

        pa_base64url_decode(pool, hmac_vectors[i].k, strlen(hmac_vectors[i].k), &key);
        is(pa_jws_hmac(pool, key, PA_ALG_HS256, input, &tag), NULL, "%s", hmac_vectors[i].name);
        is(signer_join(pool, apr_pstrmemdup(pool, jws, input.len), tag), jws, "is the same");
    }
}

static const struct {
    const char *type, *detail;
    pa_alg_set algs;
} kinds[] = {
    { "RSA", "2048",
      PA_ALG_RS256 | PA_ALG_RS384 | PA_ALG_RS512 | PA_ALG_PS256 | PA_ALG_PS384 | PA_ALG_PS512 },
    { "EC", "P-256", PA_ALG_ES256 },
    { "EC", "P-384", PA_ALG_ES384 },
    { "EC", "P-521", PA_ALG_ES512 },
    { "ED25519", "", PA_ALG_EDDSA | PA_ALG_ED25519 },
    { "ED448", "", PA_ALG_EDDSA | PA_ALG_ED448 },
};

static json_t *claims_of(apr_pool_t *pool)
{
    json_t *claims;

    pa_json_object_parse(pool, pa_bytes_text(CLAIMS), &claims);
    return claims;
}

/* Many times over: an ECDSA signature is shorter now and then, and must be padded. */
#define ROUNDS 300

static void test_every_algorithm(apr_pool_t *pool)
{
    json_t *claims = claims_of(pool);
    apr_size_t i;
    unsigned int bit;

    for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        pa_private_key *own = new_key(pool, kinds[i].type, kinds[i].detail, "k");
        apr_array_header_t *keys = published(pool, own);

        for (bit = 0; bit <= 12; bit++) {
            pa_alg_set alg = 1u << bit;
            const char *token = NULL;
            const char *why = pa_jwt_sign(pool, own, alg, "JWT", NULL, claims, &token);

            if (!(kinds[i].algs & alg)) {
                has(why, "not one for", "%s %s makes no %s", kinds[i].type, kinds[i].detail,
                    pa_alg_name(alg));
                continue;
            }
            is(why, NULL, "%s %s signs %s", kinds[i].type, kinds[i].detail, pa_alg_name(alg));
            is(verify(pool, token, keys, alg), NULL, "and it verifies");
            has(verify(pool, token, op.set, alg), "no key", "but not with other keys");
        }
    }
}

static void test_padding(apr_pool_t *pool)
{
    static const struct {
        const char *curve;
        pa_alg_set alg;
        apr_size_t len;
    } curves[] = { { "P-256", PA_ALG_ES256, 64 },
                   { "P-384", PA_ALG_ES384, 96 },
                   { "P-521", PA_ALG_ES512, 132 } };
    apr_size_t i;
    int round, shorter, whole;

    for (i = 0; i < 3; i++) {
        pa_private_key *own = new_key(pool, "EC", curves[i].curve, "k");

        for (round = shorter = whole = 0; round < ROUNDS; round++) {
            pa_bytes signature, input = pa_bytes_of(&round, sizeof(round));

            if (pa_jws_signature(pool, own, curves[i].alg, input, &signature))
                break;
            whole += signature.len == curves[i].len;
            shorter += signature.at[0] == 0 || signature.at[signature.len / 2] == 0;
        }
        ok(whole == ROUNDS, "every signature of %s is as long as its order (%d began with 0)",
           curves[i].curve, shorter);
    }
}

static void test_header(apr_pool_t *pool)
{
    pa_private_key *own = new_key(pool, "EC", "P-256", "k");
    json_t *claims = claims_of(pool), *more;
    const char *token = NULL;
    pa_bytes signature;
    pa_jwt *jwt;

    is(pa_jwt_sign(pool, own, PA_ALG_ES256, NULL, NULL, claims, &token), NULL, "without typ");
    pa_jwt_parse(pool, token, &jwt);
    is(pa_json_dump(pool, jwt->header, 0), "{\"alg\":\"ES256\",\"kid\":\"k\"}",
       "the header has alg and kid");
    is(pa_json_dump(pool, jwt->claims, 0), pa_json_dump(pool, claims, 0), "the claims are there");
    pa_json_object_parse(
        pool, pa_bytes_text("{\"alg\":\"none\",\"kid\":\"x\",\"typ\":\"x\",\"jwk\":{\"a\":1}}"),
        &more);
    is(pa_jwt_sign(pool, own, PA_ALG_ES256, "dpop+jwt", more, claims, &token), NULL, "with more");
    pa_jwt_parse(pool, token, &jwt);
    is(pa_json_dump(pool, jwt->header, 0),
       "{\"alg\":\"ES256\",\"jwk\":{\"a\":1},\"kid\":\"k\",\"typ\":\"dpop+jwt\"}",
       "which overrides nothing");
    is(pa_json_text(more, "alg"), "none", "and is left as it was");
    has(pa_jwt_sign(pool, own, PA_ALG_ES256 | PA_ALG_RS256, NULL, NULL, claims, &token), "not one",
        "two algorithms are none");
    has(pa_jws_signature(pool, own, PA_ALG_ES256 | PA_ALG_RS256, pa_bytes_text("x"), &signature),
        "not one", "wherever they are asked for");
    has(pa_jwt_sign(pool, own, 0, NULL, NULL, claims, &token), "not one", "nor is nothing");
    has(pa_jwt_sign(pool, own, PA_ALG_ES256, NULL, json_object_get(more, "typ"), claims, &token),
        "no JSON object", "a header must be an object");
}

static void test_hmac(apr_pool_t *pool)
{
    static const pa_alg_set algs[] = { PA_ALG_HS256, PA_ALG_HS384, PA_ALG_HS512 };
    pa_bytes secret = pa_bytes_text("a client secret of sixty-four bytes, "
                                    "as HS512 wants it to be....");
    json_t *claims = claims_of(pool);
    const char *token = NULL;
    apr_size_t i;
    pa_jwt *jwt;

    for (i = 0; i < 3; i++) {
        is(pa_jwt_sign_hmac(pool, secret, algs[i], "JWT", NULL, claims, &token), NULL, "signs %s",
           pa_alg_name(algs[i]));
        is(verify_with_secret(pool, token, secret, algs[i]), NULL, "and it verifies");
        has(pa_jwt_sign_hmac(pool, pa_bytes_of(secret.at, 31 + 16 * i), algs[i], NULL, NULL, claims,
                             &token),
            "too short", "not with a secret shorter than the digest");
    }
    pa_jwt_parse(pool, token, &jwt);
    is(pa_json_dump(pool, jwt->header, 0), "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
       "it names no kid");
    has(pa_jwt_sign_hmac(pool, secret, PA_ALG_ES256, NULL, NULL, claims, &token), "not one",
        "a secret makes no ES256");
    has(pa_jwt_sign_hmac(pool, secret, PA_ALGS_HMAC, NULL, NULL, claims, &token), "not one",
        "nor three at once");
}

/* A key for encryption signs nothing, whatever its type could. */
static void test_purpose(apr_pool_t *pool)
{
    json_t *jwk, *claims = claims_of(pool);
    pa_private_key *own = NULL;
    const char *token = NULL;

    pa_json_object_parse(pool, pa_bytes_text(rfc7515_a2_rsa), &jwk);
    json_object_set_new(jwk, "use", json_string("enc"));
    is(pa_private_key_parse_jwk(pool, jwk, NULL, &own), NULL, "a key with use enc");
    has(pa_jwt_sign(pool, own, PA_ALG_RS256, NULL, NULL, claims, &token), "not one for",
        "signs nothing");
    ok(token == NULL && ERR_peek_error() == 0, "and leaves nothing behind");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    make_keys(pool);
    test_vectors(pool);
    test_every_algorithm(pool);
    test_padding(pool);
    test_header(pool);
    test_hmac(pool);
    test_purpose(pool);
    return tap_end();
}
