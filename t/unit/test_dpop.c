/* test_dpop.c: the key of a login, its proofs (RFC 9449), nonces, and what a token is bound to. */
#include "../../src/protocol/dpop.h"

#include <apr_strings.h>

#include "../../src/base/derived_key.h"
#include "../../src/base/json.h"
#include "../../src/base/jwk.h"
#include "../../src/base/jws.h"
#include "../../src/base/jwt.h"
#include "../../src/protocol/sender.h"
#include "own_keys.h"
#include "tap.h"

#define NOW (1000 * APR_USEC_PER_SEC)
#define SECRET "32 bytes that nobody else knows."
/* HMAC-SHA256 of it, twice, modulo the order less one, plus one; and that times the generator: by
 * Python's hmac and the curve's arithmetic done by hand. */
#define DERIVED_D "KCtHd26_iukj3NcvWLlPhgbQZK8hwEzaB3ZjNMMExRo"
#define DERIVED_X "ZMX8UDzbAJ3Etu7a-uk6hTBbVqYSL70e51Z2Vvcihw0"

/* The public half of JWK text, as a provider would read it. */
static apr_array_header_t *public_half(apr_pool_t *pool, const json_t *jwk, const char *kid)
{
    apr_array_header_t *keys = apr_array_make(pool, 1, sizeof(const pa_jwk *));
    pa_jwk *key = NULL;

    is(pa_jwk_parse(pool, jwk, &key), NULL, "a public key");
    key->kid = kid;
    APR_ARRAY_PUSH(keys, const pa_jwk *) = key;
    return keys;
}

static void test_derived(apr_pool_t *pool, pa_dpop *dpop)
{
    const char *one = NULL, *two = NULL, *other = NULL;

    is(pa_derived_key(pool, pa_bytes_text(SECRET), &one), NULL, "a secret leads to a key");
    pa_derived_key(pool, pa_bytes_text(SECRET), &two);
    pa_derived_key(pool, pa_bytes_text(SECRET "!"), &other);
    is(one, two, "always the same");
    ok(strcmp(one, other) != 0, "another secret to another");
    is(pa_dpop_read(pool, one, dpop), NULL, "it is a pair that signs and verifies");
    ok(strlen(dpop->key->kid) == 43, "named by its thumbprint");
    has(pa_dpop_read(pool, "{\"kty\":\"EC\"}", dpop), "", "what is no key is refused");
    pa_dpop_read(pool, one, dpop);
    has(one, "\"d\":\"" DERIVED_D "\"", "the private number is the right one");
    has(one, "\"x\":\"" DERIVED_X "\"", "and so is the point");
}

static const json_t *test_proof(apr_pool_t *pool, const pa_dpop *dpop, pa_http_request request,
                                const char *access_token)
{
    pa_jwt *jwt = NULL;
    const json_t *jwk;

    is(pa_dpop_prove(pool, dpop, access_token, NOW, &request), NULL, "a proof");
    is(pa_jwt_parse(pool, request.dpop, &jwt), NULL, "is a JWT");
    if (!jwt)
        return NULL;
    is(jwt->typ, "dpop+jwt", "its type");
    jwk = json_object_get(jwt->header, "jwk");
    ok(jwk && !json_object_get(jwk, "d"), "it tells the public key and not the private one");
    ok(json_object_size(jwt->header) == 3, "alg, typ and jwk: no other name of the key");
    is(pa_jwt_verify(pool, jwt, public_half(pool, jwk, jwt->kid), PA_ALG_ES256), NULL, "which verifies it");
    ok(json_integer_value(json_object_get(jwt->claims, "iat")) == 1000, "iat");
    return jwt->claims;
}

static void test_proofs(apr_pool_t *pool, pa_dpop dpop)
{
    pa_http_request post = { .url = "https://op.example/token?tenant=a#b", .form = "a=b" };
    pa_http_request get = { .url = "https://op.example/userinfo" };
    const json_t *first = test_proof(pool, &dpop, post, NULL), *second;

    is(pa_json_text(first, "htm"), "POST", "htm");
    is(pa_json_text(first, "htu"), "https://op.example/token", "htu, without query and fragment");
    ok(!json_object_get(first, "ath") && !json_object_get(first, "nonce"), "no more");
    dpop.nonce = "n";
    /* RFC 9449 section 7.1's example. */
    second = test_proof(pool, &dpop, get, "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    is(pa_json_text(second, "htm"), "GET", "the other method");
    is(pa_json_text(second, "ath"), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", "ath");
    is(pa_json_text(second, "nonce"), "n", "the nonce");
    ok(strcmp(pa_json_text(first, "jti"), pa_json_text(second, "jti")) != 0, "a fresh jti");
}

static const struct {
    int status;
    const char *body, *nonce, *before;
    int again;
    const char *after;
} nonces[] = {
    { 400, "{\"error\":\"use_dpop_nonce\"}", "n1", NULL, 1, "n1" },
    { 401, "{\"error\":\"use_dpop_nonce\"}", "n2", "n1", 1, "n2" },
    { 400, "{\"error\":\"use_dpop_nonce\"}", "n1", "n1", 0, "n1" },
    { 400, "{\"error\":\"use_dpop_nonce\"}", NULL, "n1", 0, "n1" },
    { 400, "{\"error\":\"invalid_grant\"}", "n1", NULL, 0, "n1" },
    { 401, "{\"error\":\"invalid_token\"}", "n1", NULL, 0, "n1" },
    { 401, "", "n1", NULL, 1, "n1" },
    { 400, "", "n1", NULL, 0, "n1" },
    { 200, "{\"error\":\"use_dpop_nonce\"}", "n1", NULL, 0, "n1" },
    { 503, "", "n1", NULL, 0, "n1" },
};

static void test_nonces(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(nonces) / sizeof(*nonces); i++) {
        pa_dpop dpop = { .nonce = nonces[i].before };
        pa_http_response response = { .status = nonces[i].status, .dpop_nonce = nonces[i].nonce };

        response.body = pa_bytes_text(nonces[i].body);
        ok(pa_dpop_take_nonce(pool, &dpop, &response) == nonces[i].again, "answer %d", (int)i);
        is(dpop.nonce, nonces[i].after, "the nonce after it");
    }
}

static const char *token_bound(apr_pool_t *pool, const char *cnf)
{
    const char *token = NULL;
    json_t *claims =
        json_loads(apr_psprintf(pool, "{\"iss\":\"a\"%s}", cnf), JSON_REJECT_DUPLICATES, NULL);
    pa_private_key *key = new_key(pool, "EC", "P-256", "op");

    pa_jwt_sign(pool, key, PA_ALG_ES256, "at+jwt", NULL, claims, &token);
    json_decref(claims);
    return token;
}

static void test_sender(apr_pool_t *pool, const pa_dpop *dpop)
{
    pa_provider mtls = { .sender_constrain = PA_SENDER_CONSTRAIN_MTLS, .client_cert_thumbprint = "T" };
    pa_provider off = { 0 };
    const char *ours = apr_psprintf(pool, ",\"cnf\":{\"jkt\":\"%s\"}", dpop->key->kid);

    ok(!pa_sender_check(pool, &off, dpop, "opaque"), "a token that tells nothing");
    ok(!pa_sender_check(pool, &off, dpop, token_bound(pool, ours)), "one bound to our key");
    ok(pa_sender_check(pool, &off, dpop, token_bound(pool, ",\"cnf\":{\"jkt\":\"x\"}")), "to another");
    ok(pa_sender_check(pool, &off, dpop, token_bound(pool, "")), "to none");
    ok(!pa_sender_check(pool, &off, NULL, token_bound(pool, "")), "which is fine for a Bearer");
    ok(!pa_sender_check(pool, &mtls, NULL, "opaque"), "certificates: a token that tells nothing");
    ok(!pa_sender_check(pool, &mtls, NULL, token_bound(pool, ",\"cnf\":{\"x5t#S256\":\"T\"}")),
       "one bound to our certificate");
    ok(pa_sender_check(pool, &mtls, NULL, token_bound(pool, ",\"cnf\":{\"x5t#S256\":\"U\"}")),
       "to another");
    ok(pa_sender_check(pool, &mtls, NULL, token_bound(pool, ours)), "to a key");
    ok(pa_sender_check(pool, &mtls, NULL, token_bound(pool, ",\"cnf\":\"T\"")), "oddly");
    mtls.client_cert_thumbprint = NULL;
    ok(pa_sender_check(pool, &mtls, NULL, token_bound(pool, ",\"cnf\":{\"x5t#S256\":\"T\"}")),
       "without a certificate none is ours");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    pa_dpop dpop = { 0 };

    test_derived(pool, &dpop);
    test_proofs(pool, dpop);
    test_nonces(pool);
    test_sender(pool, &dpop);
    return tap_end();
}
