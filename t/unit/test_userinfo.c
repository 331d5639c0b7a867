/* test_userinfo.c: claims that are this user's, and everything else. */
#include "../../src/protocol/userinfo.h"

#include "../../src/base/json.h"
#include "loopback.h"
#include "tap.h"

#define JSON "application/json"

static const struct answer {
    int status;
    const char *type, *body;
    int kind; /* -1: fine */
    const char *why;
} answers[] = {
    { 200, JSON, "{\"sub\":\"alice\",\"email\":\"a@x\"}", -1, NULL },
    { 200, JSON, "{\"sub\":\"bob\"}", PA_FAULT_RULE, "another user" },
    { 200, JSON, "{\"sub\":\"Alice\"}", PA_FAULT_RULE, "another user" },
    { 200, JSON, "{\"sub\":\"alice \"}", PA_FAULT_RULE, "another user" },
    { 200, JSON, "{\"sub\":\"alic\"}", PA_FAULT_RULE, "another user" },
    { 200, JSON, "{\"email\":\"a@x\"}", PA_FAULT_RULE, "sub is missing" },
    { 200, JSON, "{\"sub\":7}", PA_FAULT_RULE, "sub is missing" },
    { 200, JSON, "{\"sub\":\"\"}", PA_FAULT_RULE, "sub is missing" },
    { 200, JSON, "{\"sub\":[\"alice\"]}", PA_FAULT_RULE, "sub is missing" },
    { 200, JSON, "{\"error\":\"invalid_token\"}", PA_FAULT_RULE, "sub is missing" },
    { 200, JSON, "{\"sub\":\"alice\\u0000\"}", PA_FAULT_RULE, "sub is missing" },
    { 200, JSON, "{\"sub\":\"alice\",\"sub\":\"bob\"}", PA_FAULT_NONSENSE, "twice" },
    { 200, JSON, "[\"alice\"]", PA_FAULT_NONSENSE, "not an object" },
    { 200, JSON, "", PA_FAULT_NONSENSE, "JSON" },
    { 200, "text/html", "{\"sub\":\"alice\"}", PA_FAULT_NONSENSE, "Content-Type" },
    { 200, "application/jwt", "a.b.c", PA_FAULT_RULE, "userinfo: " },
    { 401, JSON, "{\"sub\":\"alice\"}", PA_FAULT_RULE, "status 401" },
    { 403, JSON, "{\"sub\":\"alice\"}", PA_FAULT_RULE, "status 403" },
    { 302, JSON, "{\"sub\":\"alice\"}", PA_FAULT_NONSENSE, "status 302" },
    { 500, JSON, "{\"sub\":\"alice\"}", PA_FAULT_NONSENSE, "status 500" },
    { 200, JSON, "{\"sub\":\"alice\",\"email\":\"a@x\",\"email\":\"a@x\"}", -1, NULL },
};

static void serve(void *context, const loopback_request *request, loopback_answer *answer)
{
    loopback *server = *(loopback **)context;
    const struct answer *says = &answers[atoi(strchr(request->head, '/') + 1)];

    loopback_respond(answer, server->pool, says->status, says->type, says->body);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    static loopback *server;
    pa_client client = { 0 };
    pa_provider provider = { .http = { 5 * APR_USEC_PER_SEC, 20 * APR_USEC_PER_SEC, NULL, NULL, NULL } };
    pa_metadata metadata = { 0 };
    pa_userinfo_request request = { "token", "alice", NULL };
    pa_userinfo_request split = { "a\r\nX: y", "alice", NULL };
    const pa_fault *fault;
    json_t *claims;
    apr_size_t i;

    server = loopback_start(pool, serve, &server);
    is(pa_http_create(pool, 0, &client.http), NULL, "libcurl starts");
    for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        claims = NULL;
        metadata.userinfo_endpoint = loopback_url(server, pool,
                                                  apr_psprintf(pool, "/%d", (int)i));
        fault = pa_userinfo_fetch(&client, pool, &provider, &metadata, &request, &claims);
        if (answers[i].kind < 0) {
            ok(!fault, "answer %d is fine", (int)i);
            is(claims ? pa_json_text(claims, "email") : NULL, "a@x", "its claims are there");
            has(loopback_last(server, pool), "\r\nAuthorization: Bearer token\r\n",
                "the access token was sent as RFC 6750 2.1 says");
            continue;
        }
        ok(fault && (int)fault->kind == answers[i].kind, "answer %d is the right fault", (int)i);
        has(fault ? fault->why : NULL, answers[i].why, "for the right reason");
        ok(!claims, "and no claims are handed out");
    }
    metadata.userinfo_endpoint = loopback_url(server, pool, "/0");
    ok(pa_userinfo_fetch(&client, pool, &provider, &metadata, &split, &claims),
       "a token with a line end is not sent");
    metadata.userinfo_endpoint = loopback_url(server, pool, "/16");
    provider.audience = "https://api";
    fault = pa_userinfo_fetch(&client, pool, &provider, &metadata, &request, &claims);
    ok(!fault && !claims, "a token for an audience may be refused: the ID token's claims will do");
    return tap_end();
}
