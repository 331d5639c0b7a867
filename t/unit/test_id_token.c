/* test_id_token.c: a good ID token passes, and for every rule there is a token that breaks it
 * alone. Time stands still at NOW. */
#include "../../src/protocol/id_token.h"

#include <apr_strings.h>

#include "../../src/base/json.h"
#include "../../src/base/jwk.h"
#include "signer.h"
#include "tap.h"

#define NOW 1700000000
#define ISSUER "https://tenant.plusauth.com"
#define ACCESS_TOKEN "SlAV32hkKG"

/* What good() starts from; OpenID Connect Core's own examples lend their values. */
#define GOOD                                                                                       \
    "{\"iss\":\"" ISSUER "\",\"sub\":\"24400320\",\"aud\":\"client\",\"nonce\":\"n-0S6_WzA2Mj\","  \
    "\"exp\":1700000600,\"iat\":1700000000}"

static const pa_provider provider = {
    .name = "",
    .issuer = ISSUER,
    .client_id = "client",
    .clock_skew = PA_CLOCK_SKEW,
    .signing_algs = PA_ALGS_PUBLIC_KEY,
};

static pa_id_token_expected expect(void)
{
    return (pa_id_token_expected){
        .provider = &provider,
        .issuer = ISSUER,
        .nonce = "n-0S6_WzA2Mj",
        .access_token = ACCESS_TOKEN,
        .max_age = -1,
        .now = apr_time_from_sec(NOW),
    };
}

static json_t *parse(apr_pool_t *pool, const char *text)
{
    json_t *out = NULL;
    const char *why = pa_json_object_parse(pool, pa_bytes_text(text), &out);

    signer_must(!why, "read the JSON of the test itself");
    return out;
}

/* A token as if it had been verified, with the good claims and the changes: null in `changes`
 * removes a claim, "null" sets it to null. */
static pa_jwt token_of(apr_pool_t *pool, const char *changes)
{
    json_t *claims = parse(pool, GOOD), *changed = parse(pool, changes);
    const char *name;
    json_t *value;

    json_object_foreach(changed, name, value)
    {
        if (json_is_null(value))
            json_object_del(claims, name);
        else if (json_is_string(value) && !strcmp(json_string_value(value), "null"))
            json_object_set_new(claims, name, json_null());
        else
            json_object_set(claims, name, value);
    }
    return (pa_jwt){ .alg = PA_ALG_RS256, .claims = claims, .header = parse(pool, "{}") };
}

static const char *check(apr_pool_t *pool, const char *changes)
{
    pa_id_token_expected expected = expect();
    pa_jwt jwt = token_of(pool, changes);

    return pa_id_token_check(&jwt, &expected);
}

static const struct {
    const char *what, *changes;
} taken[] = {
    { "a good token", "{}" },
    { "a list of one audience", "{\"aud\":[\"client\"]}" },
    { "our azp", "{\"azp\":\"client\"}" },
    { "several audiences with our azp", "{\"aud\":[\"api\",\"client\"],\"azp\":\"client\"}" },
    { "exp 59 seconds ago", "{\"exp\":1699999941}" },
    { "exp in the year 9999", "{\"exp\":253402300799}" },
    { "iat 60 seconds ahead", "{\"iat\":1700000060}" },
    { "iat of last year", "{\"iat\":1670000000}" },
    { "nbf now", "{\"nbf\":1700000000}" },
    { "nbf 60 seconds ahead", "{\"nbf\":1700000060}" },
    { "a sub of one byte", "{\"sub\":\"0\"}" },
    { "a sub of other scripts", "{\"sub\":\"caf\\u00e9|\\u2603\"}" },
    { "auth_time though max_age was not asked", "{\"auth_time\":1}" },
    { "dates with fractions", "{\"exp\":1700000600.5,\"iat\":1699999999.999,\"nbf\":1700000000.1}" },
    { "an exp written with an exponent", "{\"exp\":1.7000006e+09}" },
    { "an auth_time with a fraction", "{\"auth_time\":1699999999.25}" },
    { "auth_time null", "{\"auth_time\":\"null\"}" },
    { "azp null", "{\"azp\":\"null\"}" },
    { "nbf null", "{\"nbf\":\"null\"}" },
    { "at_hash null", "{\"at_hash\":\"null\"}" },
    { "claims nobody knows", "{\"https://x/roles\":[\"admin\"],\"acr\":\"0\",\"amr\":[\"pwd\"]}" },
    { "the right at_hash", "{\"at_hash\":\"RS256\"}" }, /* see test_at_hash */
};

static const struct {
    const char *what, *changes, *part;
} broken[] = {
    { "no iss", "{\"iss\":null}", "iss is missing" },
    { "an iss that is a list", "{\"iss\":[\"" ISSUER "\"]}", "iss is missing or no text" },
    { "another iss", "{\"iss\":\"https://other.plusauth.com\"}", "iss is not the issuer" },
    { "iss with a slash after it", "{\"iss\":\"" ISSUER "/\"}", "iss is not the issuer" },
    { "iss in another case", "{\"iss\":\"https://Tenant.plusauth.com\"}", "iss is not the issuer" },
    { "iss with its port", "{\"iss\":\"" ISSUER ":443\"}", "iss is not the issuer" },
    { "iss cut short", "{\"iss\":\"https://tenant.plusauth.co\"}", "iss is not the issuer" },
    { "iss with a space", "{\"iss\":\"" ISSUER " \"}", "iss is not the issuer" },
    { "no sub", "{\"sub\":null}", "sub is missing" },
    { "an empty sub", "{\"sub\":\"\"}", "sub is missing" },
    { "a sub that is a number", "{\"sub\":24400320}", "sub is missing or no text" },
    { "a sub with a line end", "{\"sub\":\"a\\nb\"}", "sub has control characters" },
    { "a sub with a tab", "{\"sub\":\"a\\tb\"}", "sub has control characters" },
    { "a sub with DEL", "{\"sub\":\"a\\u007f\"}", "sub has control characters" },
    { "no aud", "{\"aud\":null}", "aud is missing" },
    { "an aud that is a number", "{\"aud\":1}", "aud is missing or neither" },
    { "an aud that is an object", "{\"aud\":{\"client\":true}}", "aud is missing or neither" },
    { "an empty aud", "{\"aud\":\"\"}", "aud does not name" },
    { "an empty list of audiences", "{\"aud\":[]}", "aud does not name" },
    { "another aud", "{\"aud\":\"other\"}", "aud does not name" },
    { "aud in another case", "{\"aud\":\"Client\"}", "aud does not name" },
    { "other audiences", "{\"aud\":[\"a\",\"b\"],\"azp\":\"client\"}", "aud does not name" },
    { "an aud with a number in its list", "{\"aud\":[\"client\",7],\"azp\":\"client\"}",
      "aud lists" },
    { "an aud with a list in its list", "{\"aud\":[[\"client\"]]}", "aud lists" },
    { "several audiences without azp", "{\"aud\":[\"client\",\"other\"]}", "azp is missing" },
    { "several audiences with another azp", "{\"aud\":[\"client\",\"other\"],\"azp\":\"other\"}",
      "azp is not our client_id" },
    { "one audience with another azp", "{\"azp\":\"other\"}", "azp is not our client_id" },
    { "an empty azp", "{\"azp\":\"\"}", "azp is not our client_id" },
    { "an azp that is a list", "{\"azp\":[\"client\"]}", "azp is not our client_id" },
    { "exp null", "{\"exp\":\"null\"}", "exp is missing" },
    { "iat null", "{\"iat\":\"null\"}", "iat is missing" },
    { "no exp", "{\"exp\":null}", "exp is missing" },
    { "exp 60 seconds ago", "{\"exp\":1699999940}", "exp has passed" },
    { "exp zero", "{\"exp\":0}", "exp has passed" },
    { "a negative exp", "{\"exp\":-1}", "exp is no date" },
    { "exp as text", "{\"exp\":\"1700000600\"}", "exp is no date" },
    { "exp of 1e308", "{\"exp\":1e308}", "exp is no date" },
    { "exp of 2^63", "{\"exp\":9223372036854775808.0}", "exp is no date" },
    { "exp of less than nothing", "{\"exp\":-0.5}", "exp is no date" },
    { "exp passed by a fraction", "{\"exp\":1699999939.9}", "exp has passed" },
    { "exp of 2^63 - 1", "{\"exp\":9223372036854775807}", "exp is no date" },
    { "exp 1e308", "{\"exp\":1e308}", "exp is no date" },
    { "no iat", "{\"iat\":null}", "iat is missing" },
    { "iat 61 seconds ahead", "{\"iat\":1700000061}", "iat is in the future" },
    { "iat as text", "{\"iat\":\"1700000000\"}", "iat is no date" },
    { "nbf 61 seconds ahead", "{\"nbf\":1700000061}", "nbf is in the future" },
    { "nbf in the future by a fraction", "{\"nbf\":1700000060.1}", "nbf is in the future" },
    { "no nonce", "{\"nonce\":null}", "nonce is missing" },
    { "an empty nonce", "{\"nonce\":\"\"}", "nonce is missing" },
    { "a nonce that is a list", "{\"nonce\":[\"n-0S6_WzA2Mj\"]}", "nonce is missing or no text" },
    { "another nonce", "{\"nonce\":\"n-0S6_WzA2Mk\"}", "nonce is not the one" },
    { "a nonce in another case", "{\"nonce\":\"N-0S6_WzA2Mj\"}", "nonce is not the one" },
    { "a nonce cut short", "{\"nonce\":\"n-0S6_WzA2M\"}", "nonce is not the one" },
    { "a longer nonce", "{\"nonce\":\"n-0S6_WzA2Mjj\"}", "nonce is not the one" },
    { "at_hash of another token", "{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}", "at_hash is not" },
    { "at_hash that is a number", "{\"at_hash\":1}", "at_hash is no text" },
    { "an empty at_hash", "{\"at_hash\":\"\"}", "at_hash is no text" },
    { "auth_time as text", "{\"auth_time\":\"1700000000\"}", "auth_time is no date" },
    { "auth_time in the future", "{\"auth_time\":1700000061}", "auth_time is in the future" },
    { "a logout token's events",
      "{\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}}", "events" },
    { "empty events", "{\"events\":{}}", "events" },
};

/* Computes at_hash by itself: half of a digest, base64url. */
static const char *at_hash_of(apr_pool_t *pool, const char *digest, apr_size_t len)
{
    unsigned char hash[114];
    EVP_MD *type = EVP_MD_fetch(NULL, digest, NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    EVP_DigestInit_ex(context, type, NULL);
    EVP_DigestUpdate(context, ACCESS_TOKEN, strlen(ACCESS_TOKEN));
    if (!strcmp(digest, "SHAKE256"))
        EVP_DigestFinalXOF(context, hash, len);
    else
        EVP_DigestFinal_ex(context, hash, NULL);
    EVP_MD_CTX_free(context);
    EVP_MD_free(type);
    return pa_base64url_encode(pool, pa_bytes_of(hash, len / 2));
}

static void test_taken(apr_pool_t *pool)
{
    const char *at_hash =
        apr_psprintf(pool, "{\"at_hash\":\"%s\"}", at_hash_of(pool, "SHA256", 32));
    apr_size_t i;

    for (i = 0; i < sizeof(taken) / sizeof(*taken); i++)
        is(check(pool, strstr(taken[i].changes, "RS256") ? at_hash : taken[i].changes), NULL,
           "takes %s", taken[i].what);
}

static void test_broken(apr_pool_t *pool)
{
    char sub[300];
    apr_size_t i;

    for (i = 0; i < sizeof(broken) / sizeof(*broken); i++)
        has(check(pool, broken[i].changes), broken[i].part, "refuses %s", broken[i].what);
    memset(sub, 's', sizeof(sub));
    sub[255] = '\0';
    is(check(pool, apr_psprintf(pool, "{\"sub\":\"%s\"}", sub)), NULL, "takes a sub of 255 bytes");
    sub[255] = 's';
    sub[256] = '\0';
    has(check(pool, apr_psprintf(pool, "{\"sub\":\"%s\"}", sub)), "sub is longer",
        "refuses a sub of 256 bytes");
}

static const struct {
    const char *what;
    pa_alg_set alg;
    apr_size_t signature_len;
    const char *digest;
    apr_size_t len;
} at_hashes[] = {
    { "RS256", PA_ALG_RS256, 256, "SHA256", 32 },  { "RS384", PA_ALG_RS384, 256, "SHA384", 48 },
    { "RS512", PA_ALG_RS512, 256, "SHA512", 64 },  { "PS256", PA_ALG_PS256, 256, "SHA256", 32 },
    { "PS512", PA_ALG_PS512, 256, "SHA512", 64 },  { "ES256", PA_ALG_ES256, 64, "SHA256", 32 },
    { "ES384", PA_ALG_ES384, 96, "SHA384", 48 },   { "ES512", PA_ALG_ES512, 132, "SHA512", 64 },
    { "EdDSA with Ed25519", PA_ALG_EDDSA, 64, "SHA512", 64 },
    { "EdDSA with Ed448", PA_ALG_EDDSA, 114, "SHAKE256", 114 },
    { "Ed25519", PA_ALG_ED25519, 64, "SHA512", 64 },
    { "Ed448", PA_ALG_ED448, 114, "SHAKE256", 114 },
};

static void test_at_hash(apr_pool_t *pool)
{
    pa_id_token_expected expected = expect();
    apr_size_t i, j;

    for (i = 0; i < sizeof(at_hashes) / sizeof(*at_hashes); i++) {
        for (j = 0; j < sizeof(at_hashes) / sizeof(*at_hashes); j++) {
            int same = !strcmp(at_hashes[i].digest, at_hashes[j].digest);
            const char *hash = at_hash_of(pool, at_hashes[j].digest, at_hashes[j].len);
            pa_jwt jwt = token_of(pool, apr_psprintf(pool, "{\"at_hash\":\"%s\"}", hash));
            const char *why;

            jwt.alg = at_hashes[i].alg;
            jwt.signature.len = at_hashes[i].signature_len;
            why = pa_id_token_check(&jwt, &expected);
            if (same)
                is(why, NULL, "%s takes the at_hash of %s", at_hashes[i].what, at_hashes[j].what);
            else
                has(why, "at_hash is not", "%s refuses the at_hash of %s", at_hashes[i].what,
                    at_hashes[j].what);
        }
    }
}

/* OpenID Connect Core A.3's own example: an access token and its at_hash under RS256. */
static void test_published_at_hash(apr_pool_t *pool)
{
    pa_id_token_expected expected = expect();
    pa_jwt jwt = token_of(pool, "{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}");

    expected.access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    is(pa_id_token_check(&jwt, &expected), NULL, "OpenID Connect Core A.3's at_hash");
    expected.access_token = NULL;
    has(pa_id_token_check(&jwt, &expected), "at_hash", "at_hash without an access token");
}

static const struct {
    const char *what, *changes;
    int max_age;
    const char *part; /* NULL: taken */
} ages[] = {
    { "a fresh login", "{\"auth_time\":1699999990}", 300, NULL },
    { "a login just within it", "{\"auth_time\":1699999640}", 300, NULL },
    { "one too long ago", "{\"auth_time\":1699999639}", 300, "longer ago" },
    { "no auth_time", "{}", 300, "auth_time is missing" },
    { "auth_time as text", "{\"auth_time\":\"1699999990\"}", 300, "no date" },
    { "max_age 0 and a login just now", "{\"auth_time\":1700000000}", 0, NULL },
    { "max_age 0 and a login of yesterday", "{\"auth_time\":1699913600}", 0, "longer ago" },
};

static void test_max_age(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
        pa_id_token_expected expected = expect();
        pa_jwt jwt = token_of(pool, ages[i].changes);
        const char *why;

        expected.max_age = apr_time_from_sec(ages[i].max_age);
        why = pa_id_token_check(&jwt, &expected);
        if (ages[i].part)
            has(why, ages[i].part, "max_age refuses %s", ages[i].what);
        else
            is(why, NULL, "max_age takes %s", ages[i].what);
    }
}

static const struct {
    const char *typ;
    int good;
} types[] = {
    { NULL, 1 },
    { "JWT", 1 },
    { "jwt", 1 },
    { "application/jwt", 1 },
    { "logout+jwt", 0 },
    { "at+jwt", 0 },
    { "AT+JWT", 0 },
    { "application/at+jwt", 0 },
    { "oauth-authz-req+jwt", 0 },
    { "dpop+jwt", 0 },
    { "secevent+jwt", 0 },
};

static void test_typ_and_alg(apr_pool_t *pool)
{
    pa_id_token_expected expected = expect();
    pa_provider pinned = provider;
    pa_jwt jwt = token_of(pool, "{}");
    apr_size_t i;

    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        const char *why;

        jwt.typ = types[i].typ;
        why = pa_id_token_check(&jwt, &expected);
        if (types[i].good)
            is(why, NULL, "takes typ %s", types[i].typ ? types[i].typ : "(none)");
        else
            has(why, "typ names", "refuses typ %s", types[i].typ);
    }
    jwt.typ = NULL;
    jwt.alg = PA_ALG_HS256;
    has(pa_id_token_check(&jwt, &expected), "alg is not", "refuses HS256 unless named");
    jwt.alg = 0;
    has(pa_id_token_check(&jwt, &expected), "alg is not", "refuses no algorithm");
    pinned.signing_algs = PA_ALG_PS256;
    expected.provider = &pinned;
    jwt.alg = PA_ALG_RS256;
    has(pa_id_token_check(&jwt, &expected), "alg is not", "refuses RS256 where PS256 is due");
}

static void test_nothing_sent(apr_pool_t *pool)
{
    pa_id_token_expected expected = expect();
    pa_jwt jwt = token_of(pool, "{}");

    expected.nonce = NULL;
    has(pa_id_token_check(&jwt, &expected), "never sent", "no nonce was sent: none is right");
    expected.nonce = "";
    has(pa_id_token_check(&jwt, &expected), "never sent", "nor an empty one");
}

/* As a login does it, but for fetching keys: what the provider signs, key set and rules. */
static void test_signed(apr_pool_t *pool)
{
    pa_id_token_expected expected = expect();
    EVP_PKEY *key = signer_key(pool, "EC", "P-256");
    const char *set = apr_psprintf(pool, "{\"keys\":[%s]}",
                                   signer_jwk(pool, key, "\"kid\":\"1\",\"use\":\"sig\""));
    const char *token =
        signer_sign(pool, key, "ES256", "{\"alg\":\"ES256\",\"kid\":\"1\",\"typ\":\"JWT\"}", GOOD);
    apr_array_header_t *keys;
    pa_jwt *jwt;

    is(pa_jwks_parse(pool, pa_bytes_text(set), &keys), NULL, "the provider's keys");
    is(pa_jwt_parse(pool, token, &jwt), NULL, "its token");
    is(pa_jwt_verify(pool, jwt, keys, provider.signing_algs), NULL, "its signature");
    is(pa_id_token_check(jwt, &expected), NULL, "its claims");
    is(pa_json_text(jwt->claims, "sub"), "24400320", "its user");
}

/* HS* needs neither keys nor a provider: the whole way in. */
static const char *validate(apr_pool_t *pool, const char *secret, pa_alg_set algs,
                            const char *token)
{
    pa_id_token_expected expected = expect();
    pa_provider hmac = provider;
    const pa_fault *fault;
    pa_jwt *jwt = NULL;

    hmac.client_secret = secret;
    hmac.signing_algs = algs;
    expected.provider = &hmac;
    fault = pa_id_token_validate(NULL, pool, NULL, token, &expected, &jwt);
    if (!fault)
        return jwt ? NULL : "no token";
    return fault->kind == PA_FAULT_RULE ? fault->why : "another kind of fault";
}

static void test_validate(apr_pool_t *pool)
{
    const char *secret = "a client secret that is long enough";
    const char *header = "{\"alg\":\"HS256\"}";
    const char *token = signer_hmac(pool, pa_bytes_text(secret), "HS256", header, GOOD);
    const char *other = signer_hmac(pool, pa_bytes_text("another secret of the same length!!"),
                                    "HS256", header, GOOD);
    const char *late = signer_hmac(pool, pa_bytes_text(secret), "HS256", header,
                                   "{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"aud\":\"client\","
                                   "\"nonce\":\"n-0S6_WzA2Mj\",\"exp\":1,\"iat\":1}");

    is(validate(pool, secret, PA_ALG_HS256, token), NULL, "HS256 when it is named");
    has(validate(pool, secret, PA_ALGS_PUBLIC_KEY, token), "ID token: alg is not",
        "HS256 when it is not");
    has(validate(pool, secret, PA_ALG_HS512, token), "ID token: alg is not",
        "HS256 when HS512 is named");
    has(validate(pool, NULL, PA_ALG_HS256, token), "ID token: its HMAC needs",
        "HS256 without a client secret");
    has(validate(pool, secret, PA_ALG_HS256, other), "ID token: the signature is wrong",
        "HS256 with another secret");
    has(validate(pool, secret, PA_ALG_HS256, late), "ID token: exp has passed",
        "rules follow the signature");
    has(validate(pool, secret, PA_ALG_HS256, "nonsense"), "ID token: a token with fewer",
        "what is no token");
    has(validate(pool, secret, PA_ALG_HS256, ""), "ID token: a token with fewer", "nothing");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_taken(pool);
    test_broken(pool);
    test_at_hash(pool);
    test_published_at_hash(pool);
    test_max_age(pool);
    test_typ_and_alg(pool);
    test_nothing_sent(pool);
    test_signed(pool);
    test_validate(pool);
    return tap_end();
}
