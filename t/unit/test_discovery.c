/* test_discovery.c: documents fetched once for all, kept, renewed, and missed; against a provider
 * on loopback. Documents of different paths have nothing to do with each other, so that every test
 * has a path of its own. */
#include "../../src/protocol/discovery.h"

#include <sched.h>

#include "../../src/base/jwk.h"
#include "../../src/protocol/document.h"
#include "loopback.h"
#include "memory_socache.h"
#include "tap.h"

/* RFC 7517 A.1, the EC key; with members that are not worth keeping. */
#define EC_KEY \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"sig\",\"kid\":\"%s\"," \
    "\"x5c\":[\"burden\"],\"iat\":1}"
#define LONGEST 102400
#define SECOND APR_USEC_PER_SEC

/* What the provider says to all requests now, and how. */
static struct {
    pthread_mutex_t mutex;
    int status;
    const char *type;
    const char *body; /* NULL: what is right for the path */
    const char *kid;
    loopback_after after; /* RESET and CLOSE without an answer */
    int silent;
    ap_socache_instance_t *await; /* with `reads`: answers only when it was read that often */
    int reads;
} says = { .mutex = PTHREAD_MUTEX_INITIALIZER, .status = 200, .type = "application/json" };

static const char *metadata_of(loopback *server, const char *head)
{
    apr_pool_t *pool = server->pool;
    const char *path = strchr(head, ' ') + 1;
    const char *end = strstr(path, "/.well-known/");
    const char *issuer = loopback_url(server, pool, apr_pstrmemdup(pool, path, end - path));

    return apr_psprintf(pool,
                        "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/auth\","
                        "\"token_endpoint\":\"%s/token\",\"jwks_uri\":\"%s/jwks\",\"burden\":1,"
                        "\"response_types_supported\":[\"code\"],\"subject_types_supported\":[],"
                        "\"id_token_signing_alg_values_supported\":[\"ES256\"]}",
                        issuer, issuer, issuer, issuer);
}

static void serve(void *context, const loopback_request *request, loopback_answer *answer)
{
    loopback *server = *(loopback **)context;
    const char *body;

    pthread_mutex_lock(&says.mutex);
    while (says.await && memory_reads(says.await) < says.reads)
        sched_yield();
    body = says.body;
    if (!body && strstr(request->head, "/.well-known/"))
        body = metadata_of(server, request->head);
    if (!body)
        body = apr_psprintf(server->pool, "{\"keys\":[" EC_KEY "]}", says.kid ? says.kid : "one");
    loopback_respond(answer, server->pool, says.status, says.type, body);
    if (says.status == 307)
        answer->bytes = "HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/\r\n"
                        "Content-Length: 0\r\n\r\n";
    if (says.silent || says.after != LOOPBACK_KEEP)
        answer->bytes = NULL;
    answer->len = answer->bytes ? strlen(answer->bytes) : 0;
    answer->after = says.after;
    pthread_mutex_unlock(&says.mutex);
}

static void say(int status, const char *type, const char *body)
{
    pthread_mutex_lock(&says.mutex);
    says.status = status;
    says.type = type;
    says.body = body;
    says.after = LOOPBACK_KEEP;
    says.silent = 0;
    says.await = NULL;
    says.kid = NULL;
    pthread_mutex_unlock(&says.mutex);
}

typedef struct fixture {
    apr_pool_t *pool;
    loopback *server;
    ap_socache_instance_t *memory;
    pa_client client;
    pa_provider provider;
    pa_metadata *metadata;
    apr_array_header_t *keys;
} fixture;

static void use_path(fixture *f, const char *path)
{
    f->provider.issuer = loopback_url(f->server, f->pool, path);
    f->metadata = NULL;
    say(200, "application/json", NULL);
}

static const pa_fault *ask(fixture *f, apr_time_t now)
{
    return pa_discovery_metadata(&f->client, f->pool, &f->provider, now, &f->metadata);
}

static const pa_fault *ask_keys(fixture *f, const char *path, int renew)
{
    pa_metadata metadata = { .jwks_uri = loopback_url(f->server, f->pool, path) };

    f->keys = NULL;
    return pa_discovery_keys(&f->client, f->pool, &f->provider, &metadata, apr_time_now(), renew,
                             &f->keys);
}

static const char *kid(const fixture *f)
{
    return f->keys && f->keys->nelts == 1 ? APR_ARRAY_IDX(f->keys, 0, const pa_jwk *)->kid : NULL;
}

static const char *why(const pa_fault *fault)
{
    return fault ? fault->why : NULL;
}

static int kind(const pa_fault *fault)
{
    return fault ? (int)fault->kind : -1;
}

static void test_kept(fixture *f)
{
    apr_time_t now = apr_time_now();
    int requests = loopback_requests(f->server);

    use_path(f, "/kept");
    is(why(ask(f, now)), NULL, "the document is fetched when it is first needed");
    is(f->metadata->token_endpoint, loopback_url(f->server, f->pool, "/kept/token"), "it is read");
    has(loopback_last(f->server, f->pool), "GET /kept/.well-known/openid-configuration HTTP/1.1",
        "from the well-known place");
    f->metadata = NULL;
    is(why(ask(f, now + 59 * 60 * SECOND)), NULL, "59 minutes later");
    is(f->metadata->issuer, f->provider.issuer, "it is still there");
    f->provider.issuer = apr_pstrcat(f->pool, f->provider.issuer, "/", NULL);
    is(why(ask(f, now)), NULL, "a slash after the configured issuer changes nothing");
    ok(loopback_requests(f->server) == requests + 1, "all of it with one request");
    ok(!memory_holds(f->memory, "burden"), "what nobody needs is not kept");
    is(why(ask(f, now + 61 * 60 * SECOND)), NULL, "61 minutes later");
    ok(loopback_requests(f->server) == requests + 2, "it is fetched anew");
}

static void test_stale(fixture *f)
{
    apr_time_t later = apr_time_now() + 3 * 24 * 3600 * SECOND;
    int requests, i;

    use_path(f, "/stale");
    is(why(ask(f, apr_time_now())), NULL, "a document is known");
    requests = loopback_requests(f->server);
    say(500, "application/json", "{}");
    for (i = 0; i < 5; i++) {
        f->metadata = NULL;
        is(why(ask(f, later)), NULL, "the provider fails three days later");
        ok(f->metadata, "the old document serves");
    }
    ok(loopback_requests(f->server) == requests + 1, "the provider is left alone after the first");
}

static const struct {
    int status;
    const char *type, *body, *why;
} unusable[] = {
    { 404, "application/json", NULL, "status 404" },
    { 500, "application/json", NULL, "status 500" },
    { 201, "application/json", NULL, "status 201" },
    { 307, "application/json", NULL, "status 307" },
    { 200, "text/html", "<html></html>", "its Content-Type is \"text/html\"" },
    { 200, "application/json", "<html></html>", "not valid JSON" },
    { 200, "application/json", "", "not valid JSON" },
    { 200, "application/json", "[]", "not an object" },
    { 200, "application/json", "{\"issuer\":\"https://evil.example\"}", "issuer" },
    { 200, "application/json", "{\"issuer\":\"a\",\"issuer\":\"b\"}", "twice" },
};

static const char *const types[] = { "application/vnd.op+json", "text/plain",
                                     "application/octet-stream", "text/html" };

static void test_unusable(fixture *f)
{
    char *long_body = apr_pcalloc(f->pool, 128 * 1024 + 2);
    apr_size_t i;
    int requests;

    for (i = 0; i < sizeof(unusable) / sizeof(*unusable); i++) {
        const pa_fault *fault;

        use_path(f, apr_psprintf(f->pool, "/unusable%d", (int)i));
        say(unusable[i].status, unusable[i].type, unusable[i].body);
        requests = loopback_requests(f->server);
        fault = ask(f, apr_time_now());
        ok(kind(fault) == PA_FAULT_UNKNOWN && !f->metadata, "unusable document %d", (int)i);
        has(why(fault), unusable[i].why, "the reason says so");
        has(why(fault), "/.well-known/openid-configuration", "and where");
        say(200, "application/json", NULL);
        fault = ask(f, apr_time_now());
        ok(kind(fault) == PA_FAULT_UNKNOWN, "asked again at once: still unknown");
        has(why(fault), unusable[i].why, "for the same reason");
        ok(loopback_requests(f->server) == requests + 1, "without another request");
    }
    use_path(f, "/long");
    memset(long_body, ' ', 128 * 1024 + 1);
    say(200, "application/json", long_body);
    has(why(ask(f, apr_time_now())), "too long", "more than 128 KB");
    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        use_path(f, apr_psprintf(f->pool, "/types%d", (int)i));
        say(200, types[i], NULL);
        is(why(ask(f, apr_time_now())), NULL, "what is in it decides, not %s", types[i]);
    }
}

static void test_unreachable(fixture *f)
{
    use_path(f, "/unreachable");
    says.after = LOOPBACK_RESET;
    ok(kind(ask(f, apr_time_now())) == PA_FAULT_UNKNOWN, "a reset connection: unknown");
    ok(kind(ask_keys(f, "/reset-jwks", 0)) == PA_FAULT_UNREACHABLE, "keys: unreachable");
    ok(kind(ask_keys(f, "/reset-jwks", 0)) == PA_FAULT_UNREACHABLE, "and still so at once after");
    say(404, "application/json", NULL);
    ok(kind(ask_keys(f, "/no-jwks", 0)) == PA_FAULT_NONSENSE, "no key set: nonsense");
    f->provider.http.ca_file = "/nonexistent/ca.pem";
    f->provider.issuer = "https://127.0.0.1:1";
    ok(kind(ask(f, apr_time_now())) != -1, "a CA file that is not there is a fault");
    f->provider.http.ca_file = NULL;
}

static void test_keys(fixture *f)
{
    int requests = loopback_requests(f->server);

    say(200, "application/jwk-set+json", NULL);
    is(why(ask_keys(f, "/keys", 0)), NULL, "keys are fetched when they are first needed");
    is(kid(f), "one", "and read");
    is(why(ask_keys(f, "/keys", 0)), NULL, "and kept");
    is(kid(f), "one", "whole");
    ok(loopback_requests(f->server) == requests + 1, "one request");
    ok(!memory_holds(f->memory, "burden") && !memory_holds(f->memory, "iat"),
       "what nobody needs is not kept");
    says.kid = "two";
    is(why(ask_keys(f, "/keys", 1)), NULL, "an unknown kid renews them at once");
    is(kid(f), "two", "the new set is there");
    says.kid = "three";
    for (int i = 0; i < 20; i++)
        ask_keys(f, "/keys", 1);
    is(kid(f), "two", "a flood of them does not");
    ok(loopback_requests(f->server) == requests + 2, "and causes no request");

    say(200, "application/json", NULL);
    is(why(ask_keys(f, "/keys-lost", 0)), NULL, "another set");
    say(500, "application/json", NULL);
    is(why(ask_keys(f, "/keys-lost", 1)), NULL, "whose renewal fails");
    is(kid(f), "one", "stays as it was");
    say(200, "application/json", "{\"keys\":{}}");
    ok(kind(ask_keys(f, "/keys-object", 0)) == PA_FAULT_NONSENSE, "a set that is none: nonsense");
    say(200, "application/json", "{\"keys\":[{\"kty\":\"XX\"},7,{\"kty\":\"oct\",\"k\":\"AA\"}]}");
    is(why(ask_keys(f, "/keys-odd", 0)), NULL, "a set without usable keys is one");
    ok(f->keys && f->keys->nelts == 0, "and empty");
}

static void test_store_fails(fixture *f)
{
    pa_cache *large = f->client.documents;
    ap_socache_instance_t *tiny;
    int requests = loopback_requests(f->server), i;

    f->memory->down = 1;
    use_path(f, "/down");
    for (i = 0; i < 3; i++)
        is(why(ask(f, apr_time_now())), NULL, "the store is down: fetched for this request");
    ok(loopback_requests(f->server) == requests + 3, "each time");
    is(why(ask_keys(f, "/down/jwks", 1)), NULL, "but renewals, which nothing can limit,");
    ok(f->keys && f->keys->nelts == 0, "bring nothing");
    ok(loopback_requests(f->server) == requests + 3, "and cause no request");
    f->memory->down = 0;

    f->client.documents = memory_cache(f->pool, 64, &tiny);
    use_path(f, "/tiny");
    for (i = 0; i < 3; i++)
        is(why(ask(f, apr_time_now())), NULL, "too large for the store: fetched for this request");
    ok(loopback_requests(f->server) == requests + 6, "each time");
    f->client.documents = large;
}

typedef struct visitor {
    fixture f;
    pthread_t thread;
    int kind;
    const char *why;
} visitor;

static void *visit(void *data)
{
    visitor *v = data;
    const pa_fault *fault = ask(&v->f, apr_time_now());

    v->kind = kind(fault);
    v->why = why(fault);
    return NULL;
}

static void begin(visitor *v, const fixture *f)
{
    *v = (visitor){ .f = *f };
    apr_pool_create(&v->f.pool, NULL);
    pthread_create(&v->thread, NULL, visit, v);
}

/* Eight at once; the provider answers only after each of them looked into the cache. */
static int burst(fixture *f, int wanted)
{
    visitor visitors[8];
    int i, as_wanted = 0;

    pthread_mutex_lock(&says.mutex);
    says.reads = memory_reads(f->memory) + 8;
    says.await = f->memory;
    pthread_mutex_unlock(&says.mutex);
    for (i = 0; i < 8; i++)
        begin(&visitors[i], f);
    for (i = 0; i < 8; i++) {
        pthread_join(visitors[i].thread, NULL);
        as_wanted += visitors[i].kind == wanted;
        apr_pool_destroy(visitors[i].f.pool);
    }
    return as_wanted;
}

static void test_burst(fixture *f)
{
    int requests = loopback_requests(f->server);

    use_path(f, "/burst");
    ok(burst(f, -1) == 8, "eight visitors at once: all get the document");
    ok(loopback_requests(f->server) == requests + 1, "with one request");
    use_path(f, "/burst-failing");
    says.status = 500;
    ok(burst(f, PA_FAULT_UNKNOWN) == 8, "the provider fails: all are told");
    ok(loopback_requests(f->server) == requests + 2, "after one request");
}

static void test_stuck(fixture *f)
{
    int requests = loopback_requests(f->server);
    visitor stuck, impatient;

    use_path(f, "/stuck");
    says.silent = 1;
    begin(&stuck, f);
    while (loopback_requests(f->server) == requests)
        sched_yield();
    f->provider.http.total_timeout = apr_time_from_msec(120);
    begin(&impatient, f);
    pthread_join(impatient.thread, NULL);
    ok(impatient.kind == PA_FAULT_UNKNOWN, "nobody waits longer for another's fetch than allowed");
    has(impatient.why, "another request asks for it", "and the reason says so");
    ok(loopback_requests(f->server) == requests + 1, "nor asks beside it");
    say(500, "application/json", NULL); /* libcurl repeats a GET whose kept connection ends */
    loopback_close_all(f->server);
    pthread_join(stuck.thread, NULL);
    ok(stuck.kind == PA_FAULT_UNKNOWN, "the one that fetches learns of its end");
    apr_pool_destroy(stuck.f.pool);
    apr_pool_destroy(impatient.f.pool);
}

int main(void)
{
    fixture f = { .pool = tap_begin(),
                  .provider.http = { .connect_timeout = 5 * SECOND,
                                     .total_timeout = 20 * SECOND } };

    f.client.documents = memory_cache(f.pool, LONGEST, &f.memory);
    f.server = loopback_start(f.pool, serve, &f.server);
    is(pa_http_create(f.pool, 0, &f.client.http), NULL, "libcurl starts");
    test_kept(&f);
    test_stale(&f);
    test_unusable(&f);
    test_unreachable(&f);
    test_keys(&f);
    test_store_fails(&f);
    test_burst(&f);
    test_stuck(&f);
    return tap_end();
}
