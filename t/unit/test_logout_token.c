/* test_logout_token.c: a good logout token passes, and for every rule there is one that breaks it
 * alone. Time stands still at NOW. */
#include "../../src/protocol/logout_token.h"

#include <apr_strings.h>

#include "../../src/base/json.h"
#include "signer.h"
#include "tap.h"

#define NOW 1700000000
#define ISSUER "https://tenant.plusauth.com"
#define EVENT "http://schemas.openid.net/event/backchannel-logout"
#define ID_TOKEN                                                                                   \
    "{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"aud\":\"client\",\"nonce\":\"n\",\"sid\":\"s\","      \
    "\"exp\":1700000600,\"iat\":1700000000}"

/* What good() starts from. */
#define GOOD                                                                                       \
    "{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"sid\":\"s\",\"aud\":\"client\",\"jti\":\"j\","        \
    "\"exp\":1700000120,\"iat\":1700000000,\"events\":{\"" EVENT "\":{}}}"

static const pa_provider provider = {
    .name = "",
    .issuer = ISSUER,
    .client_id = "client",
    .clock_skew = PA_CLOCK_SKEW,
    .signing_algs = PA_ALGS_PUBLIC_KEY,
};

static json_t *parse(apr_pool_t *pool, const char *text)
{
    json_t *out = NULL;
    const char *why = pa_json_object_parse(pool, pa_bytes_text(text), &out);

    signer_must(!why, "read the JSON of the test itself");
    return out;
}

/* The good claims and the changes: null in `changes` removes a claim, "null" sets it to null. */
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

static const char *check(apr_pool_t *pool, const char *changes, const char *typ)
{
    pa_jwt jwt = token_of(pool, changes);

    jwt.typ = typ;
    return pa_logout_token_check(&jwt, &provider, ISSUER, apr_time_from_sec(NOW));
}

static const struct {
    const char *what, *changes;
} taken[] = {
    { "a good token", "{}" },
    { "no sub", "{\"sub\":null}" },
    { "no sid", "{\"sid\":null}" },
    { "an event with members", "{\"events\":{\"" EVENT "\":{\"x\":1},\"y\":2}}" },
    { "a list of audiences", "{\"aud\":[\"other\",\"client\"]}" },
    { "exp 59 seconds ago", "{\"exp\":1699999941}" },
    { "exp with a fraction", "{\"exp\":1700000120.5}" },
    { "no exp, as Hydra and Casdoor send it", "{\"exp\":null}" },
    { "no exp, and iat ten minutes ago", "{\"exp\":null,\"iat\":1699999400}" },
    { "iat ten minutes ago", "{\"iat\":1699999400}" },
    { "iat 60 seconds ahead", "{\"iat\":1700000060}" },
    { "claims nobody knows", "{\"trace_id\":\"x\",\"https://x\":[1]}" },
};

static const struct {
    const char *what, *changes, *part;
} broken[] = {
    { "no iss", "{\"iss\":null}", "iss is missing" },
    { "another iss", "{\"iss\":\"https://other.plusauth.com\"}", "iss is not" },
    { "iss with a slash after it", "{\"iss\":\"" ISSUER "/\"}", "iss is not" },
    { "iss in another case", "{\"iss\":\"https://Tenant.plusauth.com\"}", "iss is not" },
    { "no aud", "{\"aud\":null}", "aud is missing" },
    { "another aud", "{\"aud\":\"other\"}", "aud does not" },
    { "an empty list of audiences", "{\"aud\":[]}", "aud does not" },
    { "an aud with a number in its list", "{\"aud\":[\"client\",7]}", "aud lists" },
    { "exp 60 seconds ago", "{\"exp\":1699999940}", "exp has passed" },
    { "exp as text", "{\"exp\":\"1700000120\"}", "exp is no date" },
    { "exp of 1e308", "{\"exp\":1e308}", "exp is no date" },
    { "neither exp nor iat", "{\"exp\":null,\"iat\":null}", "iat is missing" },
    { "no exp, and iat longer ago than ten minutes", "{\"exp\":null,\"iat\":1699999399}", "iat is too long ago" },
    { "no exp, and iat 61 seconds ahead", "{\"exp\":null,\"iat\":1700000061}", "iat is in the future" },
    { "no exp, and no jti", "{\"exp\":null,\"jti\":null}", "jti is missing" },
    { "no exp, and no events", "{\"exp\":null,\"events\":null}", "events does not" },
    { "no iat", "{\"iat\":null}", "iat is missing" },
    { "iat longer ago than ten minutes", "{\"iat\":1699999399}", "iat is too long ago" },
    { "iat of 1970", "{\"iat\":0}", "iat is too long ago" },
    { "iat 61 seconds ahead", "{\"iat\":1700000061}", "iat is in the future" },
    { "iat as text", "{\"iat\":\"1700000000\"}", "iat is no date" },
    { "nbf 61 seconds ahead", "{\"nbf\":1700000061}", "nbf is in the future" },
    { "no events", "{\"events\":null}", "events does not" },
    { "events null", "{\"events\":\"null\"}", "events does not" },
    { "events as text", "{\"events\":\"" EVENT "\"}", "events does not" },
    { "events as a list", "{\"events\":[\"" EVENT "\"]}", "events does not" },
    { "no event in it", "{\"events\":{}}", "events does not" },
    { "another event", "{\"events\":{\"" EVENT "2\":{}}}", "events does not" },
    { "the event in another case",
      "{\"events\":{\"HTTP://schemas.openid.net/event/backchannel-logout\":{}}}",
      "events does not" },
    { "an event that is null", "{\"events\":{\"" EVENT "\":null}}", "events does not" },
    { "an event that is true", "{\"events\":{\"" EVENT "\":true}}", "events does not" },
    { "an event that is text", "{\"events\":{\"" EVENT "\":\"{}\"}}", "events does not" },
    { "an event that is a list", "{\"events\":{\"" EVENT "\":[]}}", "events does not" },
    { "neither sub nor sid", "{\"sub\":null,\"sid\":null}", "neither sub nor sid" },
    { "an empty sub", "{\"sub\":\"\"}", "sub is no text" },
    { "a sub that is a number", "{\"sub\":1}", "sub is no text" },
    { "a sub that is null", "{\"sub\":\"null\"}", "sub is no text" },
    { "a sub that is a list", "{\"sub\":[\"u\"]}", "sub is no text" },
    { "an empty sid", "{\"sid\":\"\"}", "sid is no text" },
    { "a sid that is a number", "{\"sid\":1}", "sid is no text" },
    { "a sid that is null, beside a sub", "{\"sid\":\"null\"}", "sid is no text" },
    { "no jti", "{\"jti\":null}", "jti is missing" },
    { "an empty jti", "{\"jti\":\"\"}", "jti is no text" },
    { "a jti that is a number", "{\"jti\":1}", "jti is no text" },
    { "a nonce", "{\"nonce\":\"n\"}", "nonce makes it an ID token" },
    { "an empty nonce", "{\"nonce\":\"\"}", "nonce makes it an ID token" },
    { "a nonce that is null", "{\"nonce\":\"null\"}", "nonce makes it an ID token" },
};

static const struct {
    const char *typ;
    int good;
} types[] = {
    { NULL, 1 },     { "logout+jwt", 1 }, { "Logout+JWT", 1 },          { "application/logout+jwt", 1 },
    { "JWT", 1 },    { "jwt", 1 },        { "at+jwt", 0 },              { "application/at+jwt", 0 },
    { "", 0 },       { "logout", 0 },     { "oauth-authz-req+jwt", 0 }, { "dpop+jwt", 0 },
    { "logout+jwt ", 0 },
};

static void test_claims(apr_pool_t *pool)
{
    static const char *const texts[] = { "sub", "sid", "jti" };
    char text[257];
    apr_size_t i;

    for (i = 0; i < sizeof(taken) / sizeof(*taken); i++)
        is(check(pool, taken[i].changes, "logout+jwt"), NULL, "takes %s", taken[i].what);
    for (i = 0; i < sizeof(broken) / sizeof(*broken); i++)
        has(check(pool, broken[i].changes, "logout+jwt"), broken[i].part, "refuses %s",
            broken[i].what);
    memset(text, 'x', sizeof(text));
    text[256] = '\0';
    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const char *changes = apr_psprintf(pool, "{\"%s\":\"%s\"}", texts[i], text + 1);

        is(check(pool, changes, NULL), NULL, "takes a %s of 255 bytes", texts[i]);
        changes = apr_psprintf(pool, "{\"%s\":\"%s\"}", texts[i], text);
        has(check(pool, changes, NULL), texts[i], "refuses a %s of 256 bytes", texts[i]);
    }
}

static void test_types(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        const char *why = check(pool, "{}", types[i].typ);

        if (types[i].good)
            is(why, NULL, "takes typ %s", types[i].typ ? types[i].typ : "(none)");
        else
            has(why, "typ names", "refuses typ %s", types[i].typ);
    }
}

/* HS* needs no keys of a provider's: the whole way in. */
static const char *validate_named(apr_pool_t *pool, const char *text, pa_alg_set alg,
                                  pa_alg_set named, pa_logout_token *out)
{
    pa_provider hmac = provider;
    pa_metadata metadata = { .issuer = ISSUER };
    const pa_fault *fault;

    hmac.client_secret = "a client secret that is long enough";
    hmac.signing_algs = named ? named : PA_ALG_HS256 | PA_ALG_HS512;
    hmac.named_algs = named;
    fault = pa_logout_token_validate(NULL, pool, &hmac, &metadata, text, alg,
                                     apr_time_from_sec(NOW), out);
    if (!fault)
        return NULL;
    return fault->kind == PA_FAULT_RULE ? fault->why : "another kind of fault";
}

static const char *validate(apr_pool_t *pool, const char *text, pa_alg_set alg,
                            pa_logout_token *out)
{
    return validate_named(pool, text, alg, 0, out);
}

static const char *signed_with(apr_pool_t *pool, const char *secret, const char *alg,
                               const char *claims)
{
    return signer_hmac(pool, pa_bytes_text(secret), alg,
                       apr_psprintf(pool, "{\"alg\":\"%s\"}", alg), claims);
}

static void test_validate(apr_pool_t *pool)
{
    const char *secret = "a client secret that is long enough";
    const char *good = signed_with(pool, secret, "HS256", GOOD);
    pa_logout_token token = { 0 };

    is(validate(pool, good, 0, &token), NULL, "where no algorithm is known, an allowed one");
    is(token.sub, "u", "its sub");
    is(token.sid, "s", "its sid");
    is(token.jti, "j", "its jti");
    token = (pa_logout_token){ 0 };
    is(validate(pool, good, PA_ALG_HS256, &token), NULL, "the algorithm of the ID tokens");
    has(validate(pool, signed_with(pool, secret, "HS512", GOOD), PA_ALG_HS256, &token),
        "alg is not the one that this client's ID tokens have", "another that is allowed too");
    has(validate(pool, signed_with(pool, secret, "HS384", GOOD), 0, &token), "alg is not",
        "one that is not allowed");
    is(validate_named(pool, good, PA_ALG_ES256, PA_ALG_ES256 | PA_ALG_HS256, &token), NULL,
       "but one that PlusAuthSigningAlgs names is taken beside that of the ID tokens");
    token = (pa_logout_token){ 0 };
    has(validate_named(pool, good, PA_ALG_ES256, PA_ALG_ES256 | PA_ALG_RS256, &token),
        "alg is not the one that this client's ID tokens have", "and one that it lacks is not");
    token = (pa_logout_token){ 0 };
    has(validate(pool, signed_with(pool, "another secret of the same size", "HS256", GOOD), 0,
                 &token),
        "logout token: the signature is wrong", "a forged one");
    has(validate(pool, signed_with(pool, secret, "HS256", ID_TOKEN), 0, &token), "events",
        "an ID token");
    has(validate(pool, signer_join(pool, signer_input(pool, "{\"alg\":\"none\"}", GOOD),
                                   pa_bytes_of("", 0)),
                 0, &token),
        "logout token: ", "an unsigned one");
    has(validate(pool, "a.b.c.d.e", 0, &token), "logout token: ", "an encrypted one");
    has(validate(pool, "", 0, &token), "logout token: ", "nothing");
    ok(!token.sub && !token.sid && !token.jti, "and of none of these is anything handed out");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_claims(pool);
    test_types(pool);
    test_validate(pool);
    return tap_end();
}
