/* test_claims.c: what applications get of the user's claims, and under what name. */
#include "../../src/protocol/claims.h"

#include <apr_strings.h>

#include "../../src/base/json.h"
#include "tap.h"

static json_t *parse(apr_pool_t *pool, const char *text)
{
    json_t *out = NULL;
    const char *why = text ? pa_json_object_parse(pool, pa_bytes_text(text), &out) : NULL;

    if (why) {
        printf("Bail out! the test's own JSON: %s\n", why);
        exit(255);
    }
    return out;
}

/* "name=value|name=value" in the order they come. */
static const char *flat(apr_pool_t *pool, const char *userinfo, const char *id_token)
{
    apr_array_header_t *left_out = apr_array_make(pool, 4, sizeof(const char *));
    apr_array_header_t *claims =
        pa_claims_flatten(pool, parse(pool, userinfo), parse(pool, id_token), left_out);
    const char *text = "";
    int i;

    for (i = 0; i < claims->nelts; i++) {
        pa_claim claim = APR_ARRAY_IDX(claims, i, pa_claim);

        text = apr_pstrcat(pool, text, i ? "|" : "", claim.name, "=", claim.value, NULL);
    }
    return text;
}

static const struct {
    const char *what, *userinfo, *id_token, *flat;
} cases[] = {
    { "nothing", NULL, NULL, "" },
    { "empty objects", "{}", "{}", "" },
    { "texts as they are", "{\"sub\":\"u\",\"name\":\"Zo\xc3\xab \\\"Q\\\"\"}", NULL,
      "sub=u|name=Zo\xc3\xab \"Q\"" },
    { "an empty text is a value", "{\"name\":\"\"}", NULL, "name=" },
    { "numbers, booleans, lists and objects as compact JSON",
      "{\"n\":42,\"r\":1.5,\"t\":true,\"f\":false,\"l\":[\"a\", \"b\"],\"o\":{\"b\": 1, \"a\": "
      "null}}",
      NULL, "n=42|r=1.5|t=true|f=false|l=[\"a\",\"b\"]|o={\"a\":null,\"b\":1}" },
    { "null is no value", "{\"name\":null,\"sub\":\"u\"}", NULL, "sub=u" },
    { "userinfo goes first", "{\"sub\":\"u\",\"email\":\"new\"}",
      "{\"email\":\"old\",\"acr\":\"2\"}", "sub=u|email=new|acr=2" },
    { "null in userinfo is filled in", "{\"email\":null}", "{\"email\":\"e\"}", "email=e" },
    { "what tells of the token stays behind", NULL,
      "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":1,\"iat\":1,\"nbf\":1,\"nonce\":\"n\",\"azp\":\"a\","
      "\"jti\":\"j\",\"at_hash\":\"h\",\"c_hash\":\"h\",\"s_hash\":\"h\",\"sid\":\"s\",\"sub\":"
      "\"u\","
      "\"auth_time\":1,\"amr\":[\"pwd\"]}",
      "sub=u|auth_time=1|amr=[\"pwd\"]" },
    { "CR, LF, tab and DEL become spaces", "{\"name\":\"a\\r\\nSet-Cookie: x\\t\x7f\"}", NULL,
      "name=a  Set-Cookie: x  " },
    { "control characters inside JSON stay escaped", "{\"l\":[\"a\\r\\n\"]}", NULL,
      "l=[\"a\\r\\n\"]" },
    { "names lose all but letters, digits and _",
      "{\"https://x.example/roles\":\"r\",\"a-b.c d\":\"v\",\"caf\xc3\xa9\":\"c\"}", NULL,
      "https___x_example_roles=r|a_b_c_d=v|caf__=c" },
    { "names that become one make no variable",
      "{\"a-b\":\"1\",\"a_b\":\"2\",\"a.b\":\"3\",\"sub\":\"u\"}", "{\"a_b\":\"4\"}", "sub=u" },
    { "nor those that differ in case", "{\"email\":\"1\",\"sub\":\"u\"}", "{\"EMAIL\":\"3\"}",
      "sub=u" },
    { "whichever comes first", "{\"Email\":\"1\",\"email\":\"2\",\"Email.\":\"3\"}", NULL,
      "Email_=3" },
    { "also when one of them has no value", "{\"Email\":\"1\",\"email\":null}", NULL, "" },
    { "an empty name is none", "{\"\":\"v\",\"sub\":\"u\"}", NULL, "sub=u" },
    { "a name that looks like two lines", "{\"a\\nB\":\"v\"}", NULL, "a_B=v" },
};

static void test_cases(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        is(flat(pool, cases[i].userinfo, cases[i].id_token), cases[i].flat, "%s", cases[i].what);
}

static const char *text_of(apr_pool_t *pool, apr_size_t len)
{
    char *text = apr_palloc(pool, len + 1);

    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

static void test_limits(apr_pool_t *pool)
{
    const char *many = "{\"sub\":\"u\"";
    apr_array_header_t *claims, *left_out = apr_array_make(pool, 4, sizeof(const char *));
    int i;

    is(flat(pool, apr_pstrcat(pool, "{\"a\":\"", text_of(pool, PA_CLAIM_MAX), "\"}", NULL), NULL),
       apr_pstrcat(pool, "a=", text_of(pool, PA_CLAIM_MAX), NULL), "the longest value");
    is(flat(pool,
            apr_pstrcat(pool, "{\"a\":\"", text_of(pool, PA_CLAIM_MAX + 1), "\",\"b\":1}", NULL),
            NULL),
       "b=1", "a longer one is left out");
    is(flat(pool, apr_pstrcat(pool, "{\"a\":[\"", text_of(pool, PA_CLAIM_MAX), "\"]}", NULL), NULL),
       "", "as JSON too");
    is(flat(pool, apr_pstrcat(pool, "{\"", text_of(pool, 129), "\":1,\"b\":2}", NULL), NULL), "b=2",
       "a name over 128 characters is left out");
    for (i = 0; i < 1000; i++)
        many = apr_psprintf(pool, "%s,\"c%d\":%d", many, i, i);
    claims = pa_claims_flatten(pool, parse(pool, apr_pstrcat(pool, many, "}", NULL)), NULL,
                               left_out);
    ok(claims->nelts == 256, "of 1,000 claims 256 are handed out");
    is(APR_ARRAY_IDX(claims, 0, pa_claim).value, "u", "the first ones");
    ok(left_out->nelts == 745, "and of the others it is told that there are too many");
    is(APR_ARRAY_IDX(left_out, 0, const char *), "c255 (there are too many)", "by name");
}

static void test_left_out(apr_pool_t *pool)
{
    const char *userinfo = apr_psprintf(
        pool, "{\"sub\":\"u\",\"none\":null,\"groups\":[\"%s\"],\"%s\":1,\"Mail\":1,\"mail\":2,\"a\xc3\xa9\":\"%s\"}",
        text_of(pool, PA_CLAIM_MAX), text_of(pool, 129), text_of(pool, PA_CLAIM_MAX + 1));
    apr_array_header_t *left_out = apr_array_make(pool, 4, sizeof(const char *));

    pa_claims_flatten(pool, parse(pool, userinfo), NULL, left_out);
    is(apr_array_pstrcat(pool, left_out, '|'),
       apr_pstrcat(pool, text_of(pool, 128), "... (its name is too long)|"
                   "mail (another claim has that name as a variable)|"
                   "groups (longer than 8192 bytes)|"
                   "Mail (another claim has that name as a variable)|"
                   "a   (longer than 8192 bytes)", NULL),
       "what applications do not get is told by name, with the reason");
    left_out->nelts = 0;
    pa_claims_flatten(pool, parse(pool, "{\"groups\":null}"), parse(pool, "{\"groups\":[]}"), left_out);
    ok(left_out->nelts == 0, "nothing is told of null");
}

static void test_lifetime(apr_pool_t *pool)
{
    json_t *json = json_pack("{s:s}", "sub", "u");
    apr_array_header_t *claims =
        pa_claims_flatten(pool, json, NULL, apr_array_make(pool, 4, sizeof(const char *)));

    json_decref(json);
    is(APR_ARRAY_IDX(claims, 0, pa_claim).name, "sub", "a name outlives its object");
    is(APR_ARRAY_IDX(claims, 0, pa_claim).value, "u", "so does a value");
}

static const struct {
    const char *what, *userinfo, *id_token, *name;
} names[] = {
    { "username is first",
      "{\"sub\":\"u\",\"name\":\"n\",\"email\":\"e\",\"preferred_username\":\"p\","
      "\"username\":\"first\"}",
      NULL, "first" },
    { "then preferred_username",
      "{\"sub\":\"u\",\"name\":\"n\",\"email\":\"e\","
      "\"preferred_username\":\"p\"}",
      NULL, "p" },
    { "then email", "{\"sub\":\"u\",\"name\":\"n\",\"email\":\"e\"}", NULL, "e" },
    { "then name", "{\"sub\":\"u\",\"name\":\"n\"}", NULL, "n" },
    { "then sub", "{\"sub\":\"u\"}", NULL, "u" },
    { "an empty text is passed over", "{\"username\":\"\",\"sub\":\"u\"}", NULL, "u" },
    { "so is what is no text", "{\"username\":7,\"email\":[\"e\"],\"sub\":\"u\"}", NULL, "u" },
    { "userinfo before the ID token", "{\"sub\":\"u\",\"email\":\"new\"}", "{\"email\":\"old\"}",
      "new" },
    { "the ID token where userinfo has none", "{\"sub\":\"u\"}", "{\"sub\":\"u\",\"email\":\"e\"}",
      "e" },
    { "the ID token alone", NULL, "{\"sub\":\"u\",\"name\":\"n\"}", "n" },
    { "no control characters", "{\"name\":\"a\\r\\nb\"}", NULL, "a  b" },
    { "nobody", NULL, NULL, NULL },
};

static void test_display_name(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        is(pa_claims_display_name(pool, parse(pool, names[i].userinfo),
                                  parse(pool, names[i].id_token)),
           names[i].name, "display name: %s", names[i].what);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_cases(pool);
    test_limits(pool);
    test_left_out(pool);
    test_lifetime(pool);
    test_display_name(pool);
    return tap_end();
}
