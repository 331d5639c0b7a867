/* test_revocation.c: what the revocation endpoint is sent (RFC 7009 2.1), and what becomes of its
 * answers. */
#include "../../src/protocol/revocation.h"

#include "loopback.h"
#include "tap.h"

static const struct answer {
    int status;
    const char *body;
    int kind; /* -1: fine */
} answers[] = {
    { 200, "", -1 },
    { 200, "{\"anything\":true}", -1 },
    { 400, "{\"error\":\"unsupported_token_type\"}", PA_FAULT_NONSENSE },
    { 401, "{\"error\":\"invalid_client\"}", PA_FAULT_NONSENSE },
    { 204, "", PA_FAULT_NONSENSE },
    { 302, "", PA_FAULT_NONSENSE },
    { 503, "later", PA_FAULT_NONSENSE },
};

static void serve(void *context, const loopback_request *request, loopback_answer *answer)
{
    loopback *server = *(loopback **)context;
    const char *path = strchr(request->head, '/');
    const struct answer *says = &answers[atoi(path + 1)];

    if (strncmp(path, "/gone", 5) == 0) {
        answer->after = LOOPBACK_RESET;
        return;
    }
    loopback_respond(answer, server->pool, says->status, "application/json", says->body);
}

typedef struct fixture {
    loopback *server;
    pa_client client;
    pa_provider provider;
    pa_metadata metadata;
} fixture;

static const pa_fault *send_revocation(fixture *f, apr_pool_t *pool, const char *path)
{
    f->metadata.revocation_endpoint = path ? loopback_url(f->server, pool, path) : NULL;
    return pa_revocation_send(&f->client, pool, &f->provider, &f->metadata, "t o&k=n",
                              "refresh_token");
}

static void test_request(fixture *f, apr_pool_t *pool)
{
    const char *sent;

    ok(!send_revocation(f, pool, "/0"), "revoked");
    sent = loopback_last(f->server, pool);
    has(sent, "POST /0 HTTP/1.1\r\n", "by a POST");
    has(sent, "\r\nContent-Type: application/x-www-form-urlencoded\r\n", "of a form");
    has(sent, "\r\nAuthorization: Basic Y2xpZW50OnMlM0FjJTI2cmV0\r\n",
        "with the client's name and secret, form-encoded first");
    has(sent, "\r\n\r\ntoken=t+o%26k%3Dn&token_type_hint=refresh_token", "the token and its kind");
    ok(!strstr(strstr(sent, "\r\n\r\n"), "client_secret"), "and the secret once");
    f->provider.client_auth = PA_CLIENT_AUTH_POST;
    ok(!send_revocation(f, pool, "/0"), "by the other method");
    sent = loopback_last(f->server, pool);
    has(sent, "client_id=client&client_secret=s%3Ac%26ret", "secret in the form");
    ok(!strstr(sent, "Authorization:"), "and not beside it");
    f->provider.client_secret = NULL;
    ok(!send_revocation(f, pool, "/0"), "a public client");
    sent = loopback_last(f->server, pool);
    has(sent, "client_id=client", "says its name");
    ok(!strstr(sent, "secret=") && !strstr(sent, "Authorization:"), "alone");
}

static void test_answers(fixture *f, apr_pool_t *pool)
{
    int before, i;

    for (i = 0; i < (int)(sizeof(answers) / sizeof(*answers)); i++) {
        const pa_fault *fault = send_revocation(f, pool, apr_psprintf(pool, "/%d", i));

        if (answers[i].kind < 0)
            ok(!fault, "answer %d is fine", i);
        else
            ok(fault && (int)fault->kind == answers[i].kind, "answer %d (status %d) is a fault", i,
               answers[i].status);
        ok(!fault || !strstr(fault->why, "t o"), "which does not tell the token");
    }
    ok(send_revocation(f, pool, "/gone")->kind == PA_FAULT_UNREACHABLE, "a provider that is not there");
    before = loopback_requests(f->server);
    ok(!send_revocation(f, pool, NULL), "where there is no endpoint nothing is wrong");
    ok(loopback_requests(f->server) == before, "and nothing is sent");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    static fixture f = {
        .provider = { .client_id = "client",
                      .client_secret = "s:c&ret",
                      .client_auth = PA_CLIENT_AUTH_BASIC,
                      .http = { 5 * APR_USEC_PER_SEC, 20 * APR_USEC_PER_SEC, NULL, NULL } },
    };

    f.server = loopback_start(pool, serve, &f.server);
    is(pa_http_create(pool, 0, &f.client.http), NULL, "libcurl starts");
    test_request(&f, pool);
    f.provider.client_secret = "s:c&ret";
    test_answers(&f, pool);
    return tap_end();
}
