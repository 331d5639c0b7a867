/* test_url.c: forms, endpoints, and the places a browser may be sent to. */
#include "../../src/base/url.h"

#include <apr_strings.h>

#include "tap.h"

static void test_encode(apr_pool_t *pool)
{
    is(pa_form_encode(pool, ""), "", "nothing encodes to nothing");
    is(pa_form_encode(pool, "azAZ09*-._"), "azAZ09*-._", "what stays");
    is(pa_form_encode(pool, "a b"), "a+b", "a space");
    is(pa_form_encode(pool, ":%+&=/?#~\r\n\x7f"), "%3A%25%2B%26%3D%2F%3F%23%7E%0D%0A%7F",
       "delimiters and control characters");
    is(pa_form_encode(pool, "\xc3\xa9\xff"), "%C3%A9%FF", "bytes over 0x7f");
    is(pa_form_add(pool, NULL, "a", "1"), "a=1", "the first field");
    is(pa_form_add(pool, "", "a", "1"), "a=1", "the first field of an empty form");
    is(pa_form_add(pool, "a=1", "login_hint", "x&prompt=none"),
       "a=1&login_hint=x%26prompt%3Dnone", "a value cannot add a field");
    is(pa_form_add(pool, "a=1", "b&c", ""), "a=1&b%26c=", "nor can a name");
}

static void test_with_query(apr_pool_t *pool)
{
    is(pa_url_with_query(pool, "https://op/a", "x=1"), "https://op/a?x=1", "no query before");
    is(pa_url_with_query(pool, "https://op/a?y=2", "x=1"), "https://op/a?y=2&x=1", "a query");
    is(pa_url_with_query(pool, "https://op/a?", "x=1"), "https://op/a?x=1", "an empty query");
    is(pa_url_with_query(pool, "https://op/a?y&", "x=1"), "https://op/a?y&x=1", "an open query");
    is(pa_url_with_query(pool, "https://op/a", ""), "https://op/a", "an empty form");
    is(pa_url_with_query(pool, "https://op/a", NULL), "https://op/a", "no form");
}

static const struct {
    const char *text, *name, *value;
} parsed[] = {
    { "code=abc&state=x", "code", "abc" },
    { "code=abc&state=x", "state", "x" },
    { "a=1&&&b=2&", "b", "2" },
    { "&?&", "?", "" },
    { "a", "a", "" },
    { "a=", "a", "" },
    { "a=b=c", "a", "b=c" },
    { "a+b=c+d", "a b", "c d" },
    { "a%3Db=%26%3d", "a=b", "&=" },
    { "e=%c3%A9", "e", "\xc3\xa9" },
    { "e=\xc3\xa9", "e", "\xc3\xa9" },
    { "code=%0d%0aX:y", "code", "\r\nX:y" },
    { "a=1", "b", NULL },
    { "", "a", NULL },
};

static const struct {
    const char *text, *why;
} unparsed[] = {
    { "code=1&code=2", "twice" },
    { "code=1&code=1", "twice" },
    { "code=1&Code=2", "twice" },
    { "code=1&c%6fde=2", "twice" },
    { "state&state", "twice" },
    { "a=%", "bad %-escape" },
    { "a=%4", "bad %-escape" },
    { "a=%4&b=1", "bad %-escape" },
    { "a=%g1", "bad %-escape" },
    { "a=%1g", "bad %-escape" },
    { "a=%%31", "bad %-escape" },
    { "%=1", "bad %-escape" },
    { "a=x%00y", "encoded NUL" },
    { "a%00=x", "encoded NUL" },
};

static void test_parse(apr_pool_t *pool)
{
    apr_table_t *fields;
    apr_size_t i;

    for (i = 0; i < sizeof(parsed) / sizeof(*parsed); i++) {
        is(pa_form_parse(pool, parsed[i].text, &fields), NULL, "parses \"%s\"", parsed[i].text);
        is(apr_table_get(fields, parsed[i].name), parsed[i].value, "its \"%s\"", parsed[i].name);
    }
    for (i = 0; i < sizeof(unparsed) / sizeof(*unparsed); i++) {
        fields = NULL;
        has(pa_form_parse(pool, unparsed[i].text, &fields), unparsed[i].why, "refuses \"%s\"",
            unparsed[i].text);
        ok(!fields, "and hands out nothing");
    }
}

static const char *many_fields(apr_pool_t *pool, int count)
{
    const char *form = NULL;
    int i;

    for (i = 0; i < count; i++)
        form = pa_form_add(pool, form, apr_itoa(pool, i), "v");
    return form;
}

static void test_round_trip(apr_pool_t *pool)
{
    char bytes[256];
    apr_table_t *fields;
    int i;

    for (i = 1; i < 256; i++)
        bytes[i - 1] = (char)i;
    bytes[255] = '\0';
    is(pa_form_parse(pool, pa_form_add(pool, "a=b", bytes + 200, bytes), &fields), NULL,
       "every byte but NUL comes through a form");
    is(apr_table_get(fields, bytes + 200), bytes, "unchanged");
    is(pa_form_parse(pool, many_fields(pool, PA_FORM_FIELDS_MAX), &fields), NULL,
       "as many fields as are allowed");
    has(pa_form_parse(pool, many_fields(pool, PA_FORM_FIELDS_MAX + 1), &fields), "too many",
        "one more");
}

static const char *const endpoints[] = {
    "https://op.example",
    "https://op.example/",
    "https://op.example:8443/token?x=1&y=%20",
    "HTTPS://OP.Example/",
    "https://192.0.2.1/",
    "https://[2001:db8::1]:443/x",
    "https://a_b-c.example/",
    "http://localhost:3001",
    "http://LOCALHOST/",
    "http://127.0.0.1:80/",
    "http://127.255.0.99/",
    "http://[::1]:3001/x",
};

static const struct {
    const char *url, *why;
} refused_endpoints[] = {
    { "", "no absolute" },
    { "op.example", "no absolute" },
    { "/token", "no absolute" },
    { "//op.example/", "no absolute" },
    { "https:/op.example/", "no absolute" },
    { "https:op.example", "no absolute" },
    { "ftp://op.example/", "no absolute" },
    { "file:///etc/passwd", "no absolute" },
    { "javascript://op.example/", "no absolute" },
    { " https://op.example/", "character" },
    { "https://", "no host" },
    { "https:///path", "no host" },
    { "https://?x", "no host" },
    { "https://:443/", "no host" },
    { "https://[]/", "no host" },
    { "https://user@op.example/", "user name" },
    { "https://user:secret@op.example/", "user name" },
    { "https://op.example\\@evil.example/", "character" },
    { "https://op.example#@evil.example/", "character" },
    { "https://op.example/#fragment", "fragment" },
    { "https://op.example/a b", "character" },
    { "https://op.example/a\r\nX: y", "character" },
    { "https://op.example/\x7f", "character" },
    { "https://\xc3\xa9.example/", "character" },
    { "https://op.example/\"x", "character" },
    { "https://op%2eexample/", "malformed" },
    { "https://op.example:/", "malformed" },
    { "https://op.example:0/", "malformed" },
    { "https://op.example:65536/", "malformed" },
    { "https://op.example:99999999999999999999/", "malformed" },
    { "https://op.example:4a/", "malformed" },
    { "https://op.example:+443/", "malformed" },
    { "https://[::1/", "IPv6" },
    { "https://[::1]x/", "malformed" },
    { "https://[::g]/", "IPv6" },
    { "http://op.example/", "loopback" },
    { "http://localhost.evil.example/", "loopback" },
    { "http://127.evil.example/", "loopback" },
    { "http://127.0.0.1.evil.example/", "loopback" },
    { "http://127.0.0.256/", "loopback" },
    { "http://127.1/", "loopback" },
    { "http://127.0.0.01/", "loopback" },
    { "http://0127.0.0.1/", "loopback" },
    { "http://2130706433/", "loopback" },
    { "http://128.0.0.1/", "loopback" },
    { "http://169.254.169.254/latest", "loopback" },
    { "http://[::2]/", "loopback" },
    { "http://0.0.0.0/", "loopback" },
};

static void test_endpoints(apr_pool_t *pool)
{
    char *longest = apr_pcalloc(pool, 2050);
    apr_size_t i;

    for (i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++)
        is(pa_url_check_endpoint(endpoints[i]), NULL, "may be talked to: %s", endpoints[i]);
    for (i = 0; i < sizeof(refused_endpoints) / sizeof(*refused_endpoints); i++)
        has(pa_url_check_endpoint(refused_endpoints[i].url), refused_endpoints[i].why,
            "endpoint %d is refused", (int)i);
    memset(longest, 'a', 2049);
    memcpy(longest, "https://op/", 11);
    has(pa_url_check_endpoint(longest), "too long", "2049 bytes are too long");
    longest[2048] = '\0';
    is(pa_url_check_endpoint(longest), NULL, "2048 are not");
}

static const char *const returns[] = {
    "/", "/app", "/app/?q=a%20b&c=//d", "/a//b", "/%2f/evil.example", "/app?next=https://x/",
    "/~user", "/a:b@c",
};

static const char *const refused_returns[] = {
    "", "app", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example",
    "/a\\b", "https://evil.example/", "https:evil.example", "javascript:alert(1)",
    "\t//evil.example", "/\t/evil.example", " /app", "/a b", "/a\r\nSet-Cookie:x=1", "/a\nb",
    "/\x7f", "/\xc3\xa9", "/a#b", "?x", "user@evil.example",
};

static void test_returns(void)
{
    apr_size_t i;

    for (i = 0; i < sizeof(returns) / sizeof(*returns); i++)
        is(pa_url_check_return(returns[i]), NULL, "may be returned to: %s", returns[i]);
    for (i = 0; i < sizeof(refused_returns) / sizeof(*refused_returns); i++)
        ok(pa_url_check_return(refused_returns[i]), "return path %d is refused", (int)i);
}

/* As browsers and other clients send them, and where the user is brought back to. */
static const struct {
    const char *wanted, *returned;
} respelt[] = {
    { "/a?path=C:\\temp", "/a?path=C:%5Ctemp" },
    { "/?q=\\d+", "/?q=%5Cd+" },
    { "/a?b?c=\\\\evil.example", "/a?b?c=%5C%5Cevil.example" },
    { "/a?q=caf\xc3\xa9", "/a?q=caf%C3%A9" },
    { "/a?q=\xff", "/a?q=%FF" },
    { "/a?c d", "/a?c%20d" },
    { "/caf\xe9?q", NULL },
    { "/a b?c", NULL },
    { "/a?q=%5C%c3&r=//x", "/a?q=%5C%c3&r=//x" },
    { "/", "/" },
    { "/\\evil.example?q", NULL },
    { "/a\\b?q=\\d", NULL },
    { "/\\?q", NULL },
    { "\\?q", NULL },
    { "//evil.example?q=\\", NULL },
    { "/a?q=\t", NULL },
    { "/a?q=\r\nx: y", NULL },
    { "/a?q=\x7f", NULL },
    { "/a?q#\\", NULL },
    { "?\\", NULL },
    { "https://evil.example/?\\", NULL },
    { "", NULL },
};

static void test_respelt(apr_pool_t *pool)
{
    for (apr_size_t i = 0; i < sizeof(respelt) / sizeof(*respelt); i++) {
        const char *got = pa_url_return(pool, respelt[i].wanted);

        is(got, respelt[i].returned, "wanted path %d", (int)i);
        ok(!got || !pa_url_check_return(got), "and what is returned to may be");
    }
}

static const struct {
    const char *url, *origin;
} origins[] = {
    { "https://op.example", "https://op.example" },
    { "https://op.example/path?query", "https://op.example" },
    { "HTTPS://Op.EXAMPLE:443/", "https://op.example" },
    { "http://localhost:80/", "http://localhost" },
    { "http://localhost:3000", "http://localhost:3000" },
    { "https://op.example:80", "https://op.example:80" },
    { "https://op.example:0443", "https://op.example" },
    { "https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443" },
    { "https://op.example?x", "https://op.example" },
    { "https://user@op.example/", NULL },
    { "https://op.example:x/", NULL },
    { "ftp://op.example/", NULL },
    { "/path", NULL },
    { "null", NULL },
    { "", NULL },
};

int main(void)
{
    apr_pool_t *pool = tap_begin();
    apr_size_t i;

    test_encode(pool);
    test_with_query(pool);
    test_parse(pool);
    test_round_trip(pool);
    test_endpoints(pool);
    test_returns();
    test_respelt(pool);
    for (i = 0; i < sizeof(origins) / sizeof(*origins); i++)
        is(pa_url_origin(pool, origins[i].url), origins[i].origin, "the origin of \"%s\"",
           origins[i].url);
    return tap_end();
}
