/* test_client_auth.c: which method the client uses, and what each of them sends. */
#include "../../src/protocol/client_auth.h"

#include <apr_strings.h>

#include "../../src/base/json.h"
#include "../../src/base/jwt.h"
#include "../../src/base/url.h"
#include "../../src/protocol/client_key.h"
#include "own_keys.h"
#include "tap.h"

#define NOW (1000 * APR_USEC_PER_SEC)
#define BIT(method) PA_CLIENT_AUTH_BIT(PA_CLIENT_AUTH_##method)
#define ISSUER "https://op.example/tenant"
#define TOKEN_ENDPOINT ISSUER "/token"
#define LONG_SECRET "a secret of more than sixty-four characters, which every HMAC may use as key"

static apr_array_header_t *keys_of(apr_pool_t *pool, const pa_private_key *key)
{
    apr_array_header_t *keys = apr_array_make(pool, 1, sizeof(const pa_private_key *));

    if (key)
        APR_ARRAY_PUSH(keys, const pa_private_key *) = key;
    return keys;
}

/* RFC 6749 2.3.1 names the encoding; the values are what Python's urllib.parse.quote_plus and
 * base64 make of them. */
static const struct {
    const char *id, *secret, *authorization;
} basics[] = {
    { "client", "secret", "Basic Y2xpZW50OnNlY3JldA==" },
    { "a:b", "p%q+r s", "Basic YSUzQWI6cCUyNXElMkJyK3M=" },
    { "client", "s\xc3\xa9" "cr\xc3\xa9t/?&=", "Basic Y2xpZW50OnMlQzMlQTljciVDMyVBOXQlMkYlM0YlMjYlM0Q=" },
};

#define ALL_METHODS                                                                                \
    (BIT(NONE) | BIT(BASIC) | BIT(POST) | BIT(SECRET_JWT) | BIT(PRIVATE_KEY_JWT) | BIT(TLS)        \
     | BIT(SELF_SIGNED_TLS))

static const struct {
    const char *secret;
    int key, certificate;
    pa_client_auth configured;
    unsigned int offered;
    pa_client_auth used;
} choices[] = {
    { "s", 0, 0, PA_CLIENT_AUTH_AUTO, BIT(BASIC) | BIT(POST) | BIT(NONE), PA_CLIENT_AUTH_BASIC },
    { "s", 0, 0, PA_CLIENT_AUTH_AUTO, BIT(BASIC), PA_CLIENT_AUTH_BASIC },
    { "s", 0, 0, PA_CLIENT_AUTH_AUTO, BIT(POST) | BIT(NONE), PA_CLIENT_AUTH_POST },
    { "s", 0, 0, PA_CLIENT_AUTH_AUTO, BIT(NONE), PA_CLIENT_AUTH_POST },
    { "s", 0, 0, PA_CLIENT_AUTH_AUTO, BIT(SECRET_JWT), PA_CLIENT_AUTH_SECRET_JWT },
    { "s", 0, 0, PA_CLIENT_AUTH_AUTO, ALL_METHODS, PA_CLIENT_AUTH_BASIC },
    { "s", 1, 1, PA_CLIENT_AUTH_AUTO, ALL_METHODS, PA_CLIENT_AUTH_PRIVATE_KEY_JWT },
    { "s", 0, 1, PA_CLIENT_AUTH_AUTO, ALL_METHODS, PA_CLIENT_AUTH_TLS },
    { "s", 0, 1, PA_CLIENT_AUTH_AUTO, BIT(SELF_SIGNED_TLS), PA_CLIENT_AUTH_SELF_SIGNED_TLS },
    { "s", 1, 1, PA_CLIENT_AUTH_AUTO, BIT(BASIC), PA_CLIENT_AUTH_BASIC },
    { "s", 0, 0, PA_CLIENT_AUTH_POST, BIT(BASIC), PA_CLIENT_AUTH_POST },
    { "s", 0, 0, PA_CLIENT_AUTH_BASIC, BIT(POST), PA_CLIENT_AUTH_BASIC },
    { "s", 1, 1, PA_CLIENT_AUTH_NONE, ALL_METHODS, PA_CLIENT_AUTH_NONE },
    { NULL, 0, 0, PA_CLIENT_AUTH_AUTO, ALL_METHODS, PA_CLIENT_AUTH_NONE },
    { NULL, 0, 0, PA_CLIENT_AUTH_BASIC, ALL_METHODS, PA_CLIENT_AUTH_NONE },
    { NULL, 0, 0, PA_CLIENT_AUTH_SECRET_JWT, ALL_METHODS, PA_CLIENT_AUTH_NONE },
};

static void test_choices(apr_pool_t *pool, const pa_private_key *key)
{
    apr_size_t i;

    for (i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
        pa_provider provider = { .client_secret = choices[i].secret,
                                 .client_auth = choices[i].configured,
                                 .client_keys = keys_of(pool, choices[i].key ? key : NULL) };
        pa_metadata metadata = { .auth_methods = choices[i].offered };

        provider.http.client_cert = choices[i].certificate ? "PEM" : NULL;
        ok(pa_client_auth_choose(&provider, &metadata) == choices[i].used, "choice %d", (int)i);
    }
}

static void test_algorithms_offered(apr_pool_t *pool, const pa_private_key *key)
{
    pa_provider provider = { .client_secret = "s", .client_keys = keys_of(pool, key) };
    pa_metadata metadata = { .auth_methods = ALL_METHODS, .auth_algs = PA_ALG_RS256 };

    ok(pa_client_auth_choose(&provider, &metadata) == PA_CLIENT_AUTH_BASIC,
       "a key whose algorithm the provider does not take is no reason for private_key_jwt");
}

static pa_http_request authenticate(apr_pool_t *pool, const pa_provider *provider,
                                    const char *form)
{
    pa_metadata metadata = { .issuer = ISSUER, .token_endpoint = TOKEN_ENDPOINT };
    pa_http_request request = { .form = form };

    is(pa_client_authenticate(pool, provider, &metadata, NOW, &request), NULL, "authenticates");
    return request;
}

static void test_plain(apr_pool_t *pool)
{
    pa_provider provider = { .client_id = "c", .client_secret = "s" };
    pa_http_request request;
    apr_size_t i;

    provider.client_auth = PA_CLIENT_AUTH_POST;
    request = authenticate(pool, &provider, "a=b");
    is(request.form, "a=b&client_id=c&client_secret=s", "Post");
    is(request.authorization, NULL, "is all in the form");
    request = authenticate(pool, &provider, "client_id=c&x=y");
    is(request.form, "client_id=c&x=y&client_secret=s", "who names the client is not told again");
    request = authenticate(pool, &provider, "a=b&client_id=c");
    is(request.form, "a=b&client_id=c&client_secret=s", "wherever the name stands");
    request = authenticate(pool, &provider, "xclient_id=c");
    is(request.form, "xclient_id=c&client_id=c&client_secret=s", "but by its own name");
    provider.client_auth = PA_CLIENT_AUTH_TLS;
    request = authenticate(pool, &provider, "a=b");
    is(request.form, "a=b&client_id=c", "with a certificate the id is all");
    provider.client_auth = PA_CLIENT_AUTH_BASIC;
    for (i = 0; i < sizeof(basics) / sizeof(*basics); i++) {
        provider.client_id = basics[i].id;
        provider.client_secret = basics[i].secret;
        request = authenticate(pool, &provider, "a=b");
        is(request.authorization, basics[i].authorization, "form-encoded, then base64: %d", (int)i);
        is(request.form, "a=b", "and nothing in the form");
    }
}

/* The assertion in a form; its jti for comparison. */
static const char *test_assertion_for(apr_pool_t *pool, const char *text, const char *alg,
                                      const char *kid, const char *aud)
{
    apr_table_t *form;
    pa_jwt *jwt = NULL;
    const json_t *claims;

    pa_form_parse(pool, text, &form);
    is(apr_table_get(form, "client_assertion_type"),
       "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "the type of RFC 7523");
    is(apr_table_get(form, "client_id"), "my client", "the id beside it");
    is(pa_jwt_parse(pool, apr_table_get(form, "client_assertion"), &jwt), NULL, "a JWT");
    if (!jwt)
        return NULL;
    claims = jwt->claims;
    is(pa_alg_name(jwt->alg), alg, "its algorithm");
    is(jwt->kid, kid, "its kid");
    is(pa_json_text(claims, "iss"), "my client", "iss");
    is(pa_json_text(claims, "sub"), "my client", "sub");
    is(pa_json_text(claims, "aud"), aud, "aud is one text");
    ok(json_integer_value(json_object_get(claims, "iat")) == 1000, "iat");
    ok(json_integer_value(json_object_get(claims, "exp")) == 1060, "exp, a minute on");
    return pa_json_text(claims, "jti");
}

static const char *test_assertion(apr_pool_t *pool, const char *text, const char *alg,
                                  const char *kid)
{
    return test_assertion_for(pool, text, alg, kid, ISSUER);
}

static void test_assertions(apr_pool_t *pool, const pa_private_key *key)
{
    pa_provider provider = { .client_id = "my client",
                             .client_secret = LONG_SECRET,
                             .client_keys = keys_of(pool, key),
                             .client_auth = PA_CLIENT_AUTH_PRIVATE_KEY_JWT };
    pa_http_request request = authenticate(pool, &provider, "a=b");
    const char *first = test_assertion(pool, request.form, "ES256", "k1"), *second;

    request = authenticate(pool, &provider, "a=b");
    second = test_assertion(pool, request.form, "ES256", "k1");
    ok(first && second && strcmp(first, second) != 0, "attack 70: jti is fresh each time");
    provider.client_auth = PA_CLIENT_AUTH_SECRET_JWT;
    request = authenticate(pool, &provider, "a=b");
    test_assertion(pool, request.form, "HS256", NULL);
    provider.client_auth_alg = PA_ALG_HS512;
    request = authenticate(pool, &provider, "a=b");
    test_assertion(pool, request.form, "HS512", NULL);
    provider.client_auth = PA_CLIENT_AUTH_PRIVATE_KEY_JWT;
    provider.client_auth_alg = 0;
    provider.client_auth_at_token_endpoint = 1;
    request = authenticate(pool, &provider, "a=b");
    test_assertion_for(pool, request.form, "ES256", "k1", TOKEN_ENDPOINT);
}

static void test_refused(apr_pool_t *pool, const pa_private_key *key)
{
    pa_provider provider = { .client_id = "c",
                             .client_secret = "short",
                             .client_keys = keys_of(pool, key),
                             .client_auth = PA_CLIENT_AUTH_SECRET_JWT };
    pa_metadata metadata = { .issuer = ISSUER };
    pa_http_request request = { .form = "a=b" };

    has(pa_client_authenticate(pool, &provider, &metadata, NOW, &request), "too short",
        "a secret that is too short for HS256");
    metadata.auth_algs = PA_ALG_RS256;
    has(pa_client_authenticate(pool, &provider, &metadata, NOW, &request), "takes no HS256",
        "a provider that takes no HMAC");
    provider.client_auth = PA_CLIENT_AUTH_PRIVATE_KEY_JWT;
    has(pa_client_authenticate(pool, &provider, &metadata, NOW, &request), "PlusAuthClientKey",
        "a provider that does not take the key's algorithm");
}

/* FAPI 1 Advanced 8.6, FAPI 2 5.4.1. */
static void test_profiles(apr_pool_t *pool)
{
    pa_provider provider = { .client_id = "c",
                             .client_keys = keys_of(pool, new_key(pool, "RSA", "2048", "k2")),
                             .client_auth = PA_CLIENT_AUTH_PRIVATE_KEY_JWT };
    pa_metadata metadata = { .issuer = ISSUER, .auth_algs = PA_ALG_RS256 };
    pa_http_request request = { .form = "a=b" };

    is(pa_client_authenticate(pool, &provider, &metadata, NOW, &request), NULL,
       "RS256, when the provider takes nothing else");
    provider.profile = PA_PROFILE_FAPI2;
    has(pa_client_authenticate(pool, &provider, &metadata, NOW, &request), "PlusAuthClientKey",
        "but not by a FAPI profile");
}

/* What a key is published as: "sig ES256", "enc RSA-OAEP" and so on, in their order. */
static const struct {
    pa_alg_set algs;
    pa_jwe_alg_set jwe_algs;
    const char *entries;
} published[] = {
    { PA_ALG_ES256, PA_JWE_ALGS_ECDH,
      "sig ES256, enc ECDH-ES, enc ECDH-ES+A128KW, enc ECDH-ES+A192KW, enc ECDH-ES+A256KW" },
    { PA_ALG_RS256 | PA_ALG_PS256, PA_JWE_ALGS_RSA, "sig -, enc RSA-OAEP, enc RSA-OAEP-256" },
    { PA_ALG_EDDSA | PA_ALG_ED25519, 0, "sig EdDSA" },
    { PA_ALG_ED25519, 0, "sig Ed25519" },
    { PA_ALG_PS256, 0, "sig PS256" },
    { 0, PA_JWE_RSA_OAEP_256, "enc RSA-OAEP-256" },
};

static void test_published(apr_pool_t *pool, const pa_private_key *key)
{
    for (apr_size_t i = 0; i < sizeof(published) / sizeof(*published); i++) {
        pa_private_key own = *key;
        json_t *keys = pa_json_own(pool, json_array()), *jwk;
        const char *entries = "";
        int clean = 1;
        size_t at;

        own.algs = published[i].algs;
        own.jwe_algs = published[i].jwe_algs;
        ok(pa_client_key_publish(pool, &own, keys), "key %d is published", (int)i);
        json_array_foreach (keys, at, jwk) {
            const char *alg = pa_json_text(jwk, "alg");

            clean &= !json_object_get(jwk, "d") && pa_json_holds(jwk, "kid", key->kid);
            entries = apr_pstrcat(pool, entries, at ? ", " : "", pa_json_text(jwk, "use"), " ",
                                  alg ? alg : "-", NULL);
        }
        is(entries, published[i].entries, "with its use and algorithm");
        ok(clean, "by its name, without its private half");
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    const pa_private_key *key = new_key(pool, "EC", "P-256", "k1");

    test_choices(pool, key);
    test_algorithms_offered(pool, key);
    test_plain(pool);
    test_assertions(pool, key);
    test_refused(pool, key);
    test_profiles(pool);
    test_published(pool, key);
    return tap_end();
}
