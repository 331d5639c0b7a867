/* test_metadata.c: a discovery document as it should be, and one change at a time away from it. */
#include "../../src/protocol/metadata.h"

#include <apr_strings.h>

#include "../../src/base/json.h"
#include "tap.h"

static const char good[] =
    "{\"issuer\":\"https://op.example\","
    "\"authorization_endpoint\":\"https://op.example/auth?tenant=1\","
    "\"token_endpoint\":\"https://op.example/oauth2/token\","
    "\"jwks_uri\":\"https://keys.op.example/jwks.json\","
    "\"userinfo_endpoint\":\"https://op.example/oidc/userinfo\","
    "\"end_session_endpoint\":\"https://op.example/oidc/logout\","
    "\"response_types_supported\":[\"code id_token\",\"code\"],"
    "\"subject_types_supported\":[\"public\"],"
    "\"id_token_signing_alg_values_supported\":[\"RS256\",\"ES256\",\"none\",\"XX\",7],"
    "\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"none\"],"
    "\"authorization_response_iss_parameter_supported\":true,"
    "\"code_challenge_methods_supported\":[\"plain\"],\"filler\":{\"a\":[1,2,3]}}";

static pa_provider provider = { .issuer = "https://op.example" };

/* The good document with a member set to `value` (JSON), or without it when that is NULL. */
static pa_bytes changed(apr_pool_t *pool, const char *name, const char *value)
{
    json_t *document = pa_json_own(pool, json_loads(good, 0, NULL));

    if (!value)
        json_object_del(document, name);
    else
        json_object_set_new(document, name, json_loads(value, JSON_DECODE_ANY, NULL));
    return pa_bytes_text(pa_json_dump(pool, document, 0));
}

static void test_good(apr_pool_t *pool, pa_bytes document, const char *what)
{
    pa_metadata *metadata;

    if (!is(pa_metadata_parse(pool, &provider, document, &metadata), NULL, "%s is taken", what))
        return;
    is(metadata->issuer, "https://op.example", "issuer");
    is(metadata->authorization_endpoint, "https://op.example/auth?tenant=1",
       "authorization endpoint");
    is(metadata->token_endpoint, "https://op.example/oauth2/token", "token endpoint");
    is(metadata->jwks_uri, "https://keys.op.example/jwks.json", "key set");
    is(metadata->userinfo_endpoint, "https://op.example/oidc/userinfo", "userinfo endpoint");
    is(metadata->end_session_endpoint, "https://op.example/oidc/logout", "end session endpoint");
    ok(metadata->iss_parameter_supported, "iss is promised");
    ok(metadata->auth_methods
           == (PA_CLIENT_AUTH_BIT(PA_CLIENT_AUTH_POST) | PA_CLIENT_AUTH_BIT(PA_CLIENT_AUTH_NONE)),
       "auth methods");
}

static void test_reduced(apr_pool_t *pool)
{
    pa_bytes reduced = pa_bytes_text("");

    is(pa_metadata_reduce(pool, pa_bytes_text(good), &reduced), NULL, "a document is reduced");
    ok(reduced.len < strlen(good) && !strstr((const char *)reduced.at, "filler"), "to less");
    test_good(pool, reduced, "the reduced document");
    has(pa_metadata_reduce(pool, pa_bytes_text("[]"), &reduced), "not an object",
        "what is no object cannot be");
}

static void test_optional(apr_pool_t *pool)
{
    pa_metadata *metadata;

    pa_metadata_parse(pool, &provider, changed(pool, "userinfo_endpoint", NULL), &metadata);
    is(metadata->userinfo_endpoint, NULL, "no userinfo endpoint");
    pa_metadata_parse(pool, &provider, changed(pool, "end_session_endpoint", "null"), &metadata);
    is(metadata->end_session_endpoint, NULL, "null is no end session endpoint");
    pa_metadata_parse(pool, &provider,
                      changed(pool, "authorization_response_iss_parameter_supported", NULL),
                      &metadata);
    ok(!metadata->iss_parameter_supported, "iss is not promised");
    pa_metadata_parse(pool, &provider,
                      changed(pool, "token_endpoint_auth_methods_supported", NULL), &metadata);
    ok(metadata->auth_methods == PA_CLIENT_AUTH_BIT(PA_CLIENT_AUTH_BASIC),
       "client_secret_basic is the default (Discovery 1.0 section 3)");
    pa_metadata_parse(pool, &provider,
                      changed(pool, "token_endpoint_auth_methods_supported", "[]"), &metadata);
    ok(metadata->auth_methods == 0, "but not when another list is there");
}

static const struct {
    const char *configured, *issuer;
    int fine;
} issuers[] = {
    { "https://op.example", "https://op.example", 1 },
    { "https://op.example/", "https://op.example", 1 },
    { "https://op.example", "https://op.example/", 0 },
    { "https://op.example/", "https://op.example/", 1 },
    { "https://op.example/t/", "https://op.example/t", 1 },
    { "https://op.example", "https://op.example//", 0 },
    { "https://op.example//", "https://op.example", 0 },
    { "https://op.example", "https://OP.example", 0 },
    { "https://op.example", "http://op.example", 0 },
    { "https://op.example", "https://op.example:443", 0 },
    { "https://op.example", "https://op.example.evil", 0 },
    { "https://op.example", "https://op.exampl", 0 },
    { "https://op.example/t", "https://op.example", 0 },
    { "https://op.example", "https://evil.example", 0 },
    { "https://op.example", "", 0 },
    { "https://op.example", "/", 0 },
};

/* What the directives ask for, what the document says, and what is missing in it. */
static const struct {
    pa_request_mode request;
    pa_response_mode response;
    pa_sender_constrain sender_constrain;
    pa_client_auth client_auth;
    const char *name, *value, *lacks;
} modes[] = {
    { PA_REQUEST_QUERY, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_AUTO, "x", "1", NULL },
    { PA_REQUEST_JAR, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_AUTO, "request_parameter_supported", "false", "jar" },
    { PA_REQUEST_JAR, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_AUTO, "request_parameter_supported", "true", NULL },
    { PA_REQUEST_PAR_JAR, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_AUTO, "request_object_signing_alg_values_supported", "[\"PS256\"]", NULL },
    { PA_REQUEST_QUERY, PA_RESPONSE_JWT, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_AUTO, "response_modes_supported", "[\"query\"]", "PlusAuthResponse" },
    { PA_REQUEST_QUERY, PA_RESPONSE_JWT, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_AUTO, "response_modes_supported", "[\"query\",\"jwt\"]", NULL },
    { PA_REQUEST_QUERY, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_DPOP, PA_CLIENT_AUTH_AUTO, "x", "1", "DPoP" },
    { PA_REQUEST_QUERY, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_DPOP, PA_CLIENT_AUTH_AUTO, "dpop_signing_alg_values_supported", "[\"ES256\"]", NULL },
    { PA_REQUEST_QUERY, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_PRIVATE_KEY_JWT, "token_endpoint_auth_methods_supported", "[\"client_secret_basic\"]", "private_key_jwt" },
    { PA_REQUEST_QUERY, PA_RESPONSE_QUERY, PA_SENDER_CONSTRAIN_OFF, PA_CLIENT_AUTH_PRIVATE_KEY_JWT, "token_endpoint_auth_methods_supported", "[\"private_key_jwt\"]", NULL },
};

static void test_lacks(apr_pool_t *pool)
{
    for (apr_size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        pa_provider own = provider;
        pa_metadata *metadata = NULL;
        pa_bytes reduced = { NULL, 0 };

        own.request = modes[i].request;
        own.response = modes[i].response;
        own.sender_constrain = modes[i].sender_constrain;
        own.client_auth = modes[i].client_auth;
        is(pa_metadata_reduce(pool, changed(pool, modes[i].name, modes[i].value), &reduced), NULL,
           "a document with %s %s", modes[i].name, modes[i].value);
        is(pa_metadata_parse(pool, &own, reduced, &metadata), NULL, "is fine");
        if (modes[i].lacks)
            has(metadata->lacks, modes[i].lacks, "but lacks what the directives ask for");
        else
            is(metadata->lacks, NULL, "and lacks nothing");
    }
}

static void test_issuers(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(issuers) / sizeof(*issuers); i++) {
        pa_provider configured = { .issuer = issuers[i].configured };
        pa_metadata *metadata = NULL;
        pa_bytes document = changed(pool, "issuer",
                                    apr_pstrcat(pool, "\"", issuers[i].issuer, "\"", NULL));
        const char *why = pa_metadata_parse(pool, &configured, document, &metadata);

        if (issuers[i].fine)
            is(metadata ? metadata->issuer : why, issuers[i].issuer,
               "%s is the document's own spelling where %s is configured", issuers[i].issuer,
               issuers[i].configured);
        else
            has(why, "issuer", "\"%s\" is not %s", issuers[i].issuer, issuers[i].configured);
    }
}

static const struct {
    const char *name, *value, *why;
} bad[] = {
    { "issuer", NULL, "issuer" },
    { "issuer", "7", "issuer" },
    { "issuer", "null", "issuer" },
    { "issuer", "[\"https://op.example\"]", "issuer" },
    { "authorization_endpoint", NULL, "authorization_endpoint" },
    { "authorization_endpoint", "null", "authorization_endpoint" },
    { "authorization_endpoint", "\"\"", "authorization_endpoint" },
    { "authorization_endpoint", "\"javascript://op.example/\"", "authorization_endpoint" },
    { "authorization_endpoint", "\"https://op.example/\\r\\nX: y\"", "authorization_endpoint" },
    { "authorization_endpoint", "\"https://op.example/#x\"", "authorization_endpoint" },
    { "token_endpoint", NULL, "token_endpoint" },
    { "token_endpoint", "{}", "token_endpoint" },
    { "token_endpoint", "\"/oauth2/token\"", "token_endpoint" },
    { "token_endpoint", "\"http://op.example/oauth2/token\"", "token_endpoint" },
    { "token_endpoint", "\"http://127.0.0.1/oauth2/token\"", "although the issuer is https" },
    { "token_endpoint", "\"http://169.254.169.254/\"", "token_endpoint" },
    { "jwks_uri", NULL, "jwks_uri" },
    { "jwks_uri", "true", "jwks_uri" },
    { "jwks_uri", "\"file:///etc/passwd\"", "jwks_uri" },
    { "jwks_uri", "\"http://localhost/jwks\"", "although the issuer is https" },
    { "userinfo_endpoint", "1", "userinfo_endpoint" },
    { "userinfo_endpoint", "\"http://op.example/\"", "userinfo_endpoint" },
    { "end_session_endpoint", "[]", "end_session_endpoint" },
    { "end_session_endpoint", "\"//op.example/logout\"", "end_session_endpoint" },
    { "response_types_supported", NULL, "response_types_supported" },
    { "response_types_supported", "\"code\"", "response_types_supported" },
    { "response_types_supported", "[\"id_token\"]", "lacks" },
    { "subject_types_supported", NULL, "subject_types_supported" },
    { "id_token_signing_alg_values_supported", NULL, "id_token_signing_alg_values_supported" },
    { "id_token_signing_alg_values_supported", "\"RS256\"",
      "id_token_signing_alg_values_supported" },
    { "token_endpoint_auth_methods_supported", "\"none\"",
      "token_endpoint_auth_methods_supported" },
    { "authorization_response_iss_parameter_supported", "\"true\"", "iss_parameter_supported" },
    { "authorization_response_iss_parameter_supported", "1", "iss_parameter_supported" },
};

static const char *const no_documents[] = {
    "", "null", "[]", "\"x\"", "{", "{\"issuer\":\"a\",\"issuer\":\"b\"}", "<html></html>",
};

static void test_profiles(apr_pool_t *pool)
{
    static const char name[] = "code_challenge_methods_supported";
    pa_provider strict = provider;
    pa_metadata *metadata;

    strict.profile = PA_PROFILE_FAPI2;
    has(pa_metadata_parse(pool, &strict, pa_bytes_text(good), &metadata), "lacks S256",
        "FAPI does not take PKCE by plain alone");
    is(pa_metadata_parse(pool, &strict, changed(pool, name, "[\"plain\",\"S256\"]"), &metadata), NULL,
       "beside S256 it does");
    is(pa_metadata_parse(pool, &strict, changed(pool, name, NULL), &metadata), NULL,
       "nor need it be said");
    json_t *silent = pa_json_own(pool, json_loads(good, 0, NULL));
    json_object_del(silent, name);
    json_object_del(silent, "authorization_response_iss_parameter_supported");
    is(pa_metadata_parse(pool, &strict, pa_bytes_text(pa_json_dump(pool, silent, 0)), &metadata),
       NULL, "nor that iss is sent");
    ok(metadata->iss_parameter_supported, "which FAPI 2 expects all the same");
}

static void test_loopback(apr_pool_t *pool)
{
    pa_provider local = { .issuer = "http://localhost:3001" };
    pa_metadata *metadata;
    pa_bytes document = pa_bytes_text(
        "{\"issuer\":\"http://localhost:3001\","
        "\"authorization_endpoint\":\"http://localhost:3001/a\","
        "\"token_endpoint\":\"http://localhost:3001/t\",\"jwks_uri\":\"http://127.0.0.1:3001/j\","
        "\"response_types_supported\":[\"code\"],\"subject_types_supported\":[],"
        "\"id_token_signing_alg_values_supported\":[]}");

    is(pa_metadata_parse(pool, &local, document, &metadata), NULL,
       "an http issuer on loopback has http endpoints");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    pa_metadata *metadata = NULL;
    apr_size_t i;

    test_good(pool, pa_bytes_text(good), "a whole document");
    test_reduced(pool);
    test_optional(pool);
    test_issuers(pool);
    test_lacks(pool);
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        const char *value = bad[i].value;

        metadata = NULL;
        has(pa_metadata_parse(pool, &provider, changed(pool, bad[i].name, value), &metadata),
            bad[i].why, "%s as %s is refused", bad[i].name, value ? value : "nothing");
        ok(!metadata, "and nothing handed out");
    }
    for (i = 0; i < sizeof(no_documents) / sizeof(*no_documents); i++)
        ok(pa_metadata_parse(pool, &provider, pa_bytes_text(no_documents[i]), &metadata),
           "no document: %s", no_documents[i]);
    test_profiles(pool);
    test_loopback(pool);
    return tap_end();
}
