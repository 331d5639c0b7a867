/* test_token.c: who the client says it is, and what may come back for a code. */
#include "../../src/protocol/token.h"

#include "loopback.h"
#include "tap.h"

#define NOW (1000 * APR_USEC_PER_SEC)

static const pa_fault *read_answer(apr_pool_t *pool, int status, const char *type, const char *body,
                                   pa_client_auth used, pa_tokens *out)
{
    pa_http_response response = { .status = status, .content_type = type };
    pa_token_expected expected = { .used = used, .now = NOW };

    response.body = pa_bytes_text(body);
    memset(out, 0, sizeof(*out));
    return pa_token_response_read(pool, &response, &expected, out);
}

static const pa_fault *read_json(apr_pool_t *pool, const char *body, pa_tokens *out)
{
    return read_answer(pool, 200, "application/json", body, PA_CLIENT_AUTH_BASIC, out);
}

static void test_good(apr_pool_t *pool)
{
    pa_tokens t;

    ok(!read_json(pool,
                  "{\"access_token\":\"at\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\","
                  "\"refresh_token\":\"rt\",\"scope\":\"openid email\",\"expires_in\":300,\"x\":1}",
                  &t),
       "a whole response");
    is(t.access_token, "at", "access token");
    is(t.id_token, "a.b.c", "ID token");
    is(t.refresh_token, "rt", "refresh token");
    is(t.scope, "openid email", "scope");
    ok(t.expires == NOW + 300 * APR_USEC_PER_SEC, "expiry");
    ok(!read_json(pool, "{\"access_token\":\"at\",\"token_type\":\"bEaReR\",\"scope\":null}", &t),
       "the least there must be; the type in any case");
    ok(!t.id_token && !t.refresh_token && !t.scope && !t.expires, "the rest is not there");
}

static const struct {
    const char *value;
    apr_int64_t seconds; /* -1: unknown */
} expiries[] = {
    { "0", 0 },          { "1", 1 },           { "315360000", 315360000 },
    { "-1", -1 },        { "\"3600\"", -1 },   { "3600.0", 3600 },
    { "1e308", -1 },     { "null", -1 },       { "true", -1 },
    { "[300]", -1 },     { "400000000", -1 },  { "9223372036854775807", -1 },
    { "-9223372036854775808", -1 },
    { "3599.9", 3599 }, { "-0.5", -1 }, { "99999999999999999999", -1 }, { "1e999", -1 },
};

static void test_expiries(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(expiries) / sizeof(*expiries); i++) {
        apr_int64_t seconds = expiries[i].seconds;
        pa_tokens t;

        ok(!read_json(pool,
                      apr_psprintf(pool,
                                   "{\"access_token\":\"at\",\"token_type\":\"Bearer\","
                                   "\"expires_in\":%s}",
                                   expiries[i].value),
                      &t)
               && t.expires == (seconds < 0 ? 0 : NOW + apr_time_from_sec(seconds)),
           "expires_in %s", expiries[i].value);
    }
}

#define AT "\"access_token\":\"at\",\"token_type\":\"Bearer\""

/* Members that a login does not rest on, and what becomes of them. */
static const struct {
    const char *member, *scope, *refresh_token;
} unused[] = {
    { "\"scope\":\"a b\"", "a b", NULL },
    { "\"scope\":[\"a\",\"b\"]", "a b", NULL },
    { "\"scope\":[]", "", NULL },
    { "\"scope\":\"\"", "", NULL },
    { "\"scope\":[\"a\",1,null,\"b\"]", "a b", NULL },
    { "\"scope\":7", "", NULL },
    { "\"scope\":{\"a\":true}", "", NULL },
    { "\"scope\":null", NULL, NULL },
    { "\"scope\":\"a\\u001bb\"", "", NULL },
    { "\"scope\":[\"a\\nb\"]", "", NULL },
    { "\"refresh_token\":\"r\"", NULL, "r" },
    { "\"refresh_token\":\"\"", NULL, NULL },
    { "\"refresh_token\":null", NULL, NULL },
    { "\"refresh_token\":1", NULL, NULL },
    { "\"refresh_token\":[\"r\"]", NULL, NULL },
    { "\"refresh_token\":\"a\\nb\"", NULL, NULL },
    { "\"refresh_expires_in\":\"soon\",\"id\":99999999999999999999,\"error_uri\":[],\"x\":1e999", NULL, NULL },
};

static void test_unused(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(unused) / sizeof(*unused); i++) {
        pa_tokens t;

        ok(!read_json(pool, apr_psprintf(pool, "{" AT ",%s}", unused[i].member), &t),
           "no reason to refuse a login: %.60s", unused[i].member);
        is(t.scope, unused[i].scope, "its scope");
        is(t.refresh_token, unused[i].refresh_token, "its refresh token");
    }
}

static const struct {
    int status;
    const char *type, *body, *why;
} nonsense[] = {
    { 200, "application/json", "", "not valid JSON" },
    { 200, "application/json", "{" AT, "not valid JSON" },
    { 200, "application/json", "{" AT "} x", "not valid JSON" },
    { 200, "application/json", "{" AT ",\"access_token\":\"b\"}", "twice" },
    { 200, "application/json", "[]", "not an object" },
    { 200, "application/json", "<html>", "not valid JSON" },
    { 200, "text/html", "{" AT "}", "Content-Type" },
    { 200, "", "{" AT "}", "Content-Type" },
    { 200, "application/json", "{}", "token_type" },
    { 200, "application/json", "{\"access_token\":\"at\"}", "token_type" },
    { 200, "application/json", "{\"access_token\":\"at\",\"token_type\":\"mac\"}", "token_type" },
    { 200, "application/json", "{\"access_token\":\"at\",\"token_type\":\"N_A\"}", "token_type" },
    { 200, "application/json", "{\"access_token\":\"at\",\"token_type\":[\"Bearer\"]}",
      "token_type" },
    { 200, "application/json", "{\"access_token\":\"at\",\"token_type\":\"Bearer \"}",
      "token_type" },
    { 200, "application/json", "{\"token_type\":\"Bearer\"}", "access_token" },
    { 200, "application/json", "{\"token_type\":\"Bearer\",\"access_token\":\"\"}",
      "access_token" },
    { 200, "application/json", "{\"token_type\":\"Bearer\",\"access_token\":7}", "access_token" },
    { 200, "application/json", "{\"token_type\":\"Bearer\",\"access_token\":\"a\\r\\nX: y\"}",
      "access_token" },
    { 200, "application/json", "{\"token_type\":\"Bearer\",\"access_token\":\"a b\"}",
      "access_token" },
    { 200, "application/json", "{" AT ",\"id_token\":\"\"}", "its id_token is no string or empty" },
    { 200, "application/json", "{" AT ",\"id_token\":{}}", "its id_token is no string or empty" },
    { 200, "application/json", "{\"error\":7}", "error" },
    { 400, "application/json", "{}", "error" },
    { 400, "text/html", "<h1>", "status 400" },
    { 401, "application/json", "nonsense", "status 401" },
    { 201, "application/json", "{" AT "}", "status 201" },
    { 302, "application/json", "{" AT "}", "status 302" },
    { 403, "text/html", "<h1>", "status 403" },
    { 503, "application/json", "{\"error\":\"x\"}", "status 503" },
};

static void test_nonsense(apr_pool_t *pool)
{
    char *long_token = apr_pcalloc(pool, 65537 + 1);
    pa_tokens t;
    apr_size_t i;

    for (i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
        const pa_fault *fault = read_answer(pool, nonsense[i].status, nonsense[i].type,
                                            nonsense[i].body, PA_CLIENT_AUTH_BASIC, &t);

        ok(fault && fault->kind == PA_FAULT_NONSENSE && !t.access_token, "nonsense %d", (int)i);
        has(fault ? fault->why : NULL, nonsense[i].why, "for its reason");
    }
    memset(long_token, 'a', 65537);
    ok(read_json(pool,
                 apr_psprintf(pool, "{\"token_type\":\"Bearer\",\"access_token\":\"%s\"}",
                              long_token),
                 &t),
       "an access token over 64 KB");
    ok(read_json(pool, apr_psprintf(pool, "{" AT ",\"id_token\":\"%s\"}", long_token), &t),
       "an ID token over 64 KB");
    ok(!read_json(pool, apr_psprintf(pool, "{" AT ",\"refresh_token\":\"%s\"}", long_token), &t)
           && !t.refresh_token,
       "a refresh token over 64 KB is as good as none");
}

static void test_errors(apr_pool_t *pool)
{
    static const int statuses[] = { 200, 400, 401, 403, 429 };
    static const struct {
        pa_client_auth used;
        const char *name;
    } methods[] = { { PA_CLIENT_AUTH_BASIC, "must be Basic" },
                    { PA_CLIENT_AUTH_POST, "must be Post" },
                    { PA_CLIENT_AUTH_NONE, "must be None" } };
    const pa_fault *fault;
    pa_tokens t;
    int i;

    for (i = 0; i < 5; i++) {
        fault = read_answer(pool, statuses[i], "application/json",
                            "{\"error\":\"invalid_grant\",\"error_description\":\"used\"," AT "}",
                            PA_CLIENT_AUTH_POST, &t);
        ok(fault && fault->kind == PA_FAULT_OAUTH && !t.access_token,
           "an error is one with status %d", statuses[i]);
        is(fault->error, "invalid_grant", "its code");
        has(fault->why, "invalid_grant: used", "the reason has its description");
        fault = read_answer(pool, statuses[i], "application/json", "{\"error\":\"invalid_client\"}",
                            methods[i % 3].used, &t);
        has(fault->why, "Token Endpoint Authentication Method", "invalid_client names the field");
        has(fault->why, methods[i % 3].name, "and the method used");
    }
    for (i = 0; i < 2; i++) {
        static const char *const errors[] = { "invalid_client", "unauthorized_client" };
        pa_provider keycloak = { .issuer = "https://id.example.com/realms/a" };
        pa_token_expected expected = { .used = PA_CLIENT_AUTH_BASIC, .provider = &keycloak };
        const char *body = apr_psprintf(
            pool, "{\"error\":\"%s\",\"error_description\":\"No such client.\"}", errors[i]);
        pa_http_response response = { .status = 401,
                                      .content_type = "application/json",
                                      .body = pa_bytes_text(body) };

        fault = pa_token_response_read(pool, &response, &expected, &t);
        has(fault->why, "must be client_secret_basic", "%s: advice in the standards' words", errors[i]);
        ok(!strstr(fault->why, "PlusAuth dashboard"), "another provider has no PlusAuth dashboard");
        ok(!strstr(fault->why, ".."), "one full stop");
    }
    fault = read_answer(pool, 400, "application/json",
                        apr_psprintf(pool,
                                     "{\"error\":\"a\\r\\n[error] b\\u001b\",\"error_description\":"
                                     "\"c\\nd\\u00e9 %0500d\"}",
                                     0),
                        PA_CLIENT_AUTH_BASIC, &t);
    is(fault->error, "a  [error] b ", "control characters in a code become spaces");
    ok(!strpbrk(fault->why, "\r\n\x1b\xc3") && strlen(fault->why) < 500,
       "the reason is one printable line of bounded length");
}

/* The whole exchange, with a provider that quotes what it was sent. */
static void serve(void *context, const loopback_request *request, loopback_answer *answer)
{
    loopback *server = *(loopback **)context;

    if (strstr(request->head, " /quotes "))
        loopback_respond(answer, server->pool, 400, "application/json",
                         "{\"error\":\"invalid_grant\",\"error_description\":\"the-code is bad\"}");
    else if (strstr(request->head, " /redirects ")) {
        answer->bytes = "HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
        answer->len = strlen(answer->bytes);
    }
    else if (strstr(request->head, " /resets "))
        answer->after = LOOPBACK_RESET;
    else
        loopback_respond(answer, server->pool, 200, "application/json;charset=utf-8", "{" AT "}");
}

static const pa_fault *exchange(apr_pool_t *pool, pa_client *client, loopback *server,
                                const char *path, pa_tokens *out)
{
    pa_provider provider = { .client_id = "c",
                             .client_secret = "s e",
                             .http = { 5 * APR_USEC_PER_SEC, 20 * APR_USEC_PER_SEC, NULL, NULL, NULL } };
    pa_metadata metadata = { .token_endpoint = loopback_url(server, pool, path), 
                             .auth_methods = PA_CLIENT_AUTH_BIT(PA_CLIENT_AUTH_POST) };
    pa_token_grant grant = { "the-code\r\nX: y&z=1", "https://app/login/callback", "verifier", NULL };

    memset(out, 0, sizeof(*out));
    return pa_token_exchange(client, pool, &provider, &metadata, &grant, NOW, out);
}

static void test_exchange(apr_pool_t *pool)
{
    static loopback *server;
    pa_client client = { 0 };
    const pa_fault *fault;
    pa_tokens t;
    int requests;

    server = loopback_start(pool, serve, &server);
    is(pa_http_create(pool, 0, &client.http), NULL, "libcurl starts");
    ok(!exchange(pool, &client, server, "/token", &t), "a code is exchanged");
    is(t.access_token, "at", "for tokens");
    has(loopback_last(server, pool), "POST /token HTTP/1.1\r\n", "by a POST");
    has(loopback_last(server, pool),
        "\r\n\r\ngrant_type=authorization_code&code=the-code%0D%0AX%3A+y%26z%3D1"
        "&redirect_uri=https%3A%2F%2Fapp%2Flogin%2Fcallback&code_verifier=verifier"
        "&client_id=c&client_secret=s+e",
        "of a form that nothing in the code adds to");
    requests = loopback_requests(server);
    fault = exchange(pool, &client, server, "/redirects", &t);
    ok(fault && fault->kind == PA_FAULT_NONSENSE, "a redirect is no answer");
    fault = exchange(pool, &client, server, "/resets", &t);
    ok(fault && fault->kind == PA_FAULT_UNREACHABLE, "nor is a reset");
    ok(loopback_requests(server) == requests + 2, "nothing was sent twice or elsewhere");
    fault = exchange(pool, &client, server, "/quotes", &t);
    has(fault->why, "invalid_grant", "a description without our secrets is told");
}

/* The provider quotes the code to the byte. */
static void test_quoted(apr_pool_t *pool)
{
    static loopback *server;
    pa_client client = { 0 };
    pa_provider provider = { .client_id = "c",
                             .http = { 5 * APR_USEC_PER_SEC, 20 * APR_USEC_PER_SEC, NULL, NULL, NULL } };
    pa_metadata metadata = { 0 };
    pa_token_grant grant = { "the-code", "https://app/cb", "verifier", NULL };
    const pa_fault *fault;
    pa_tokens t;

    server = loopback_start(pool, serve, &server);
    pa_http_create(pool, 0, &client.http);
    metadata.token_endpoint = loopback_url(server, pool, "/quotes");
    fault = pa_token_exchange(&client, pool, &provider, &metadata, &grant, NOW, &t);
    ok(fault && fault->kind == PA_FAULT_OAUTH, "an error that quotes the code");
    is(fault->error, "invalid_grant", "keeps its own code");
    ok(!strstr(fault->why, "the-code"), "but the reason does not tell ours");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_good(pool);
    test_expiries(pool);
    test_unused(pool);
    test_nonsense(pool);
    test_errors(pool);
    test_exchange(pool);
    test_quoted(pool);
    return tap_end();
}
