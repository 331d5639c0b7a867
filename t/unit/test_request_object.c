/* test_request_object.c: signed requests (RFC 9101), and pushed ones (RFC 9126). */
#include "../../src/protocol/request_object.h"

#include "../../src/base/json.h"
#include "../../src/base/jwt.h"
#include "../../src/protocol/authorization.h"
#include "loopback.h"
#include "own_keys.h"
#include "tap.h"

#define NOW (1000 * APR_USEC_PER_SEC)

static pa_provider provider = { .client_id = "my client", .client_secret = "s e",
                                .issuer = "https://op.example", .scope = "openid",
                                .client_auth = PA_CLIENT_AUTH_POST,
                                .http = { 5 * APR_USEC_PER_SEC, 20 * APR_USEC_PER_SEC, NULL, NULL,
                                          NULL } };

static json_int_t number(const json_t *claims, const char *name)
{
    return json_integer_value(json_object_get(claims, name));
}

static void test_object(apr_pool_t *pool)
{
    pa_metadata metadata = { .issuer = "https://op.example" };
    apr_table_t *parameters = apr_table_make(pool, 2);
    const char *text = NULL, *again = NULL;
    pa_jwt *jwt = NULL;

    apr_table_setn(parameters, "client_id", "my client");
    apr_table_setn(parameters, "state", "S&\xc3\xa9");
    apr_table_setn(parameters, "max_age", "300");
    apr_table_setn(parameters, "claims", "{\"userinfo\":{}}");
    is(pa_request_object(pool, &provider, &metadata, parameters, NOW, &text), NULL, "is made");
    is(pa_jwt_parse(pool, text, &jwt), NULL, "a JWT");
    is(jwt->typ, "oauth-authz-req+jwt", "its type (RFC 9101 10.8)");
    is(jwt->kid, "k1", "its key");
    is(pa_json_text(jwt->claims, "iss"), "my client", "iss");
    is(pa_json_text(jwt->claims, "aud"), "https://op.example", "aud");
    is(pa_json_text(jwt->claims, "client_id"), "my client", "a parameter");
    is(pa_json_text(jwt->claims, "state"), "S&\xc3\xa9", "another, as it is");
    ok(number(jwt->claims, "max_age") == 300, "a number is one");
    ok(json_is_object(json_object_get(jwt->claims, "claims")), "JSON is such");
    ok(!json_object_get(jwt->claims, "sub"), "no sub: it is no client assertion (RFC 9101 10.8)");
    ok(number(jwt->claims, "iat") == 1000 && number(jwt->claims, "nbf") == 1000, "iat, nbf");
    ok(number(jwt->claims, "exp") == 1300, "good for five minutes");
    pa_request_object(pool, &provider, &metadata, parameters, NOW, &again);
    ok(again && strcmp(text, again) != 0, "another jti each time");
    metadata.request_algs = PA_ALG_PS256;
    has(pa_request_object(pool, &provider, &metadata, parameters, NOW, &again), "PlusAuthClientKey",
        "an algorithm that the provider does not take is not used");
    metadata.request_algs = PA_ALG_PS256 | PA_ALG_ES256;
    is(pa_request_object(pool, &provider, &metadata, parameters, NOW, &again), NULL, "one that it does, is");
}

/* What the endpoint says, by its path. */
static const struct {
    int status;
    const char *type, *body;
    int kind; /* -1: fine; else a pa_fault_kind */
} answers[] = {
    { 201, "application/json", "{\"request_uri\":\"urn:x:1\",\"expires_in\":60}", -1 },
    { 200, "application/json", "{\"request_uri\":\"urn:x:1\",\"expires_in\":60}", PA_FAULT_NONSENSE },
    { 201, "text/html", "{\"request_uri\":\"urn:x:1\",\"expires_in\":60}", PA_FAULT_NONSENSE },
    { 201, "application/json", "{\"request_uri\":\"urn:x:1\"}", PA_FAULT_NONSENSE },
    { 201, "application/json", "{\"request_uri\":\"urn:x:1\",\"expires_in\":0}", PA_FAULT_NONSENSE },
    { 201, "application/json", "{\"request_uri\":\"urn:x:1\",\"expires_in\":1.5}", -1 },
    { 201, "application/json", "{\"request_uri\":\"a b\",\"expires_in\":60}", PA_FAULT_NONSENSE },
    { 201, "application/json", "{\"request_uri\":\"\",\"expires_in\":60}", PA_FAULT_NONSENSE },
    { 201, "application/json", "{\"expires_in\":60}", PA_FAULT_NONSENSE },
    { 201, "application/json", "{\"error\":\"invalid_request\"}", PA_FAULT_OAUTH },
    { 400, "application/json", "{\"error\":\"invalid_request\"}", PA_FAULT_OAUTH },
    { 401, "application/json", "{\"error\":\"invalid_client\"}", PA_FAULT_OAUTH },
    { 503, "text/html", "later", PA_FAULT_NONSENSE },
};

static void serve(void *context, const loopback_request *request, loopback_answer *answer)
{
    loopback *server = *(loopback **)context;
    int i = atoi(strchr(request->head, '/') + 1);

    loopback_respond(answer, server->pool, answers[i].status, answers[i].type, answers[i].body);
}

static void test_pushed(apr_pool_t *pool)
{
    static loopback *server;
    pa_client client = { 0 };
    pa_metadata metadata = { .issuer = "https://op.example",
                             .authorization_endpoint = "https://op.example/auth?a=b" };
    pa_authorization_request request = { .redirect_uri = "https://rp/cb",
                                         .state = "S",
                                         .nonce = "N",
                                         .code_challenge = "C",
                                         .now = NOW };
    apr_size_t i;

    server = loopback_start(pool, serve, &server);
    is(pa_http_create(pool, 0, &client.http), NULL, "libcurl starts");
    provider.request = PA_REQUEST_PAR;
    for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        const char *url = "untouched";
        const pa_fault *fault;

        metadata.par_endpoint = loopback_url(server, pool, apr_psprintf(pool, "/%d", (int)i));
        fault = pa_authorization_url(&client, pool, &provider, &metadata, &request, &url);
        ok((fault ? (int)fault->kind : -1) == answers[i].kind, "answer %d", (int)i);
        is(url, fault ? "untouched"
                      : "https://op.example/auth?a=b&client_id=my+client&request_uri=urn%3Ax%3A1",
           "attack 68: a pushed request, or none at all");
    }
    has(loopback_last(server, pool),
        "\r\n\r\nresponse_type=code&client_id=my+client&redirect_uri=https%3A%2F%2Frp%2Fcb&scope=openid"
        "&state=S&nonce=N&code_challenge=C&code_challenge_method=S256&client_secret=s+e",
        "what is pushed is all of it, with who the client is");
    metadata.par_endpoint = NULL;
    ok(pa_authorization_url(&client, pool, &provider, &metadata, &request, &(const char *){ NULL }),
       "a provider without such an endpoint");
}

static void test_by_browser(apr_pool_t *pool)
{
    pa_metadata metadata = { .issuer = "https://op.example",
                             .authorization_endpoint = "https://op.example/auth" };
    pa_authorization_request request = { .redirect_uri = "https://rp/cb",
                                         .state = "S",
                                         .nonce = "N",
                                         .code_challenge = "C",
                                         .now = NOW };
    const char *url = NULL;

    provider.request = PA_REQUEST_JAR;
    ok(!pa_authorization_url(NULL, pool, &provider, &metadata, &request, &url), "a signed request");
    has(url, "?response_type=code&client_id=my+client&scope=openid&request=eyJ",
        "what OpenID Connect Core 6.1 wants beside it");
    ok(!strstr(url, "state") && !strstr(url, "nonce"), "and nothing else");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    apr_array_header_t *keys = apr_array_make(pool, 1, sizeof(const pa_private_key *));

    APR_ARRAY_PUSH(keys, const pa_private_key *) = new_key(pool, "EC", "P-256", "k1");
    provider.client_keys = keys;
    test_object(pool);
    test_pushed(pool);
    test_by_browser(pool);
    return tap_end();
}
