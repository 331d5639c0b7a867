/* test_json.c: what is JSON, what is a date, and who owns a value. */
#include "../../src/base/json.h"

#include <apr_strings.h>

#include "tap.h"

static const struct {
    const char *text, *part, *what;
} refused[] = {
    { "", "not valid", "nothing" },
    { "{", "not valid", "half an object" },
    { "{}x", "not valid", "trailing text" },
    { "{}{}", "not valid", "two objects" },
    { "{\"a\":1,}", "not valid", "a trailing comma" },
    { "{'a':1}", "not valid", "single quotes" },
    { "{\"sub\":\"a\",\"sub\":\"b\"}", "twice", "a member twice" },
    { "{\"a\":{\"b\":1,\"b\":2}}", "twice", "a member twice, inside" },
    { "{\"sub\":\"a\",\"s\\u0075b\":\"b\"}", "twice", "a member twice, once escaped" },
    { "{\"a\":\"\xc3\x28\"}", "not valid", "invalid UTF-8" },
    { "{\"a\":\"\xc0\xaf\"}", "not valid", "overlong UTF-8" },
    { "{\"a\":\"\xed\xa0\x80\"}", "not valid", "a surrogate in UTF-8" },
    { "{\"a\":\"\\ud800\"}", "not valid", "a lone high surrogate" },
    { "{\"a\":\"\\udc00x\"}", "not valid", "a lone low surrogate" },
    { "{\"a\":\"x\\u0000y\"}", "not valid", "an escaped NUL" },
    { "{\"a\":\"x\ny\"}", "not valid", "a control character in a string" },
    { "{\"a\":9223372036854775808", "not valid", "half an object with an integer beyond 64 bits" },
    { "{\"a\":1e999}{}", "not valid", "two objects, one with a real beyond a double" },
    { "{\"a\":99999999999999999999x}", "not valid", "a large number with letters" },
    { "{\"a\":[1e999,]}", "not valid", "a trailing comma after a large number" },
    { "{\"a\":1e999 \"b\":1}", "not valid", "no comma after a large number" },
    { "{\"a\":1e999,\"b\"}", "not valid", "a member without a value after a large number" },
    { "{\"a\":1e999,b:1}", "not valid", "a bare name after a large number" },
    { "{\"a\":1e999,\"b\":\"\xff\"}", "not valid", "invalid UTF-8 after a large number" },
    { "{\"a\":1e999,\"b\":[1}", "not valid", "an array that ends as an object" },
    { "{\"a\":1e999,\"b\":}", "not valid", "nothing for a value" },
    { "{\"a\":1,\"a\":1.0}", "twice", "a member twice, once with a fraction" },
    { "{\"a\":{\"b\":1},\"a\":{\"b\":1,\"c\":2}}", "twice", "an object twice, once with more in it" },
    { "{\"a\":{\"b\":1,\"c\":2},\"a\":{\"b\":1}}", "twice", "and the other way round" },
    { "{\"a\":{\"b\":1,\"b\":2},\"a\":{\"b\":2}}", "twice", "twice within, the last as outside" },
    { "{\"a\":[1,2],\"a\":[2,1]}", "twice", "a list twice in another order" },
    { "{\"a\":\"1\",\"a\":1}", "twice", "a text and a number" },
    { "{\"a\":null,\"a\":false}", "twice", "null and false" },
    { "{\"a\":\"x\",\"b\":1,\"a\":\"x\",\"a\":\"X\"}", "twice", "the third of three differs" },
    { "{\"a\":[{\"b\":1,\"b\":2}]}", "twice", "a member twice, in an object in a list" },
    { "{\"a\\u0000\":1}", "not valid", "a name with an escaped NUL" },
    { "{\"a\":NaN}", "not valid", "NaN" },
    { "{\"a\":01}", "not valid", "a leading zero" },
    { "\xef\xbb\xbf{}", "not valid", "a byte order mark" },
    { "[]", "not an object", "an array" },
    { "\"text\"", "not", "a string" },
    { "null", "not", "null" },
};

static void test_refused(apr_pool_t *pool)
{
    char deep[20002];
    json_t *out = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        has(pa_json_object_parse(pool, pa_bytes_text(refused[i].text), &out), refused[i].part,
            "refuses %s", refused[i].what);
    memset(deep, '[', 10000);
    memset(deep + 10000, ']', 10000);
    deep[20000] = '\0';
    has(pa_json_object_parse(pool, pa_bytes_text(apr_pstrcat(pool, "{\"a\":", deep, "}", NULL)),
                             &out),
        "levels", "refuses 10,000 levels");
    deep[63] = deep[64] = '\0';
    memset(deep + 64, ']', 63);
    deep[127] = '\0';
    is(pa_json_object_parse(pool,
                            pa_bytes_text(apr_pstrcat(pool, "{\"a\":", deep, deep + 64, "}", NULL)),
                            &out),
       NULL, "takes 64");
    out = NULL;
    has(pa_json_object_parse(
            pool, pa_bytes_text(apr_pstrcat(pool, "{\"a\":[", deep, deep + 64, "]}", NULL)), &out),
        "levels", "and not 65");
    memset(deep, '[', 100);
    deep[100] = '\0';
    is(pa_json_object_parse(
           pool, pa_bytes_text(apr_pstrcat(pool, "{\"a\":\"\\\"", deep, "\"}", NULL)), &out),
       NULL, "brackets in text are no levels");
    out = NULL;
    has(pa_json_object_parse(pool, pa_bytes_of("{}\0", 3), &out), "not valid",
        "refuses a NUL after the end");
    has(pa_json_object_parse(pool, pa_bytes_of(NULL, 0), &out), "not valid",
        "refuses no bytes at all");
    ok(out == NULL, "leaves the result alone when it refuses");
}

/* What is said twice but says the same; and what it is then. */
static const struct {
    const char *text, *is;
} repeated[] = {
    { "{\"iss\":\"https://a\",\"iss\":\"https://a\"}", "{\"iss\":\"https://a\"}" },
    { "{\"a\":\"/\",\"\\u0061\":\"\\/\"}", "{\"a\":\"/\"}" },
    { "{\"a\":1,\"b\":[],\"a\":1,\"a\":1}", "{\"a\":1,\"b\":[]}" },
    { "{\"a\":1.0,\"a\":1.00}", "{\"a\":1.0}" },
    { " { \"a\" : { \"b\" : 1 , \"c\" : [ 2 , { } ] } ,\t\"a\":{\"c\":[2,{}],\"b\":1}\r\n} ",
      "{\"a\":{\"b\":1,\"c\":[2,{}]}}" },
    { "{\"a\":{\"b\":true,\"b\":true}}", "{\"a\":{\"b\":true}}" },
    { "{\"\xc3\xa9\":\"\xc3\xa9\",\"\\u00e9\":\"\\u00e9\",\"z\":null}",
      "{\"z\":null,\"\xc3\xa9\":\"\xc3\xa9\"}" },
};

static void test_repeated(apr_pool_t *pool)
{
    apr_size_t i;

    for (i = 0; i < sizeof(repeated) / sizeof(*repeated); i++) {
        json_t *out = NULL;

        is(pa_json_object_parse(pool, pa_bytes_text(repeated[i].text), &out), NULL,
           "a member twice with the same value is harmless: %.50s", repeated[i].text);
        is(pa_json_dump(pool, out, 0), repeated[i].is, "and is there once");
    }
}

/* Claims that a provider may well send, and what is made of them. */
static const struct {
    const char *text, *is;
} claims[] = {
    { "{\"id\":9223372036854775807}", "{\"id\":9223372036854775807}" },
    { "{\"id\":9223372036854775808}", "{\"id\":\"9223372036854775808\"}" },
    { "{\"id\":-123456789012345678901234567890}", "{\"id\":\"-123456789012345678901234567890\"}" },
    { "{\"a\":1e999,\"b\":2}", "{\"a\":\"1e999\",\"b\":2}" },
    { "{\"o\":{\"sub\":[1,18446744073709551616]}}", "{\"o\":{\"sub\":[1,\"18446744073709551616\"]}}" },
    { "{\"n\":\"a\\u0000b\",\"m\":1}", "{\"m\":1,\"n\":\"a\\u0000b\"}" },
    { "{\"a\\u0000b\":1,\"a\":2}", "{\"a\":2}" },
    { "{\"sub\":\"u\",\"sub\\u0000x\":\"admin\"}", "{\"sub\":\"u\"}" },
    { "{\"o\":{\"\\u0000\":[{}]},\"id\":99999999999999999999,\"id\":99999999999999999999}",
      "{\"id\":\"99999999999999999999\",\"o\":{}}" },
};

static void test_claims(apr_pool_t *pool)
{
    static const char *const numbers[] = { "sub", "iss", "aud", "nonce", "azp", "sid", "jti" };
    apr_time_t date = 42;
    json_t *out = NULL;
    int present;
    apr_size_t i;

    for (i = 0; i < sizeof(claims) / sizeof(*claims); i++) {
        is(pa_json_claims_parse(pool, pa_bytes_text(claims[i].text), &out), NULL,
           "claims: takes %.60s", claims[i].text);
        is(pa_json_dump(pool, out, 0), claims[i].is, "and hands it on unchanged");
    }
    for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        const char *text = apr_psprintf(pool, "{\"%s\":99999999999999999999}", numbers[i]);

        is(pa_json_claims_parse(pool, pa_bytes_text(text), &out), NULL, "reads %s", text);
        ok(!pa_json_text(out, numbers[i]) && !pa_json_holds(out, numbers[i], "99999999999999999999"),
           "a number stays no text");
    }
    is(pa_json_claims_parse(pool, pa_bytes_text("{\"aud\":[\"c\",99999999999999999999]}"), &out),
       NULL, "a number in a list of audiences");
    ok(json_is_number(json_array_get(json_object_get(out, "aud"), 1)), "is a number there too");
    is(pa_json_claims_parse(pool, pa_bytes_text("{\"exp\":99999999999999999999}"), &out), NULL,
       "a date of twenty digits");
    ok(pa_json_date(out, "exp", &present, &date) && present && date == 42, "is no date");
    has(pa_json_claims_parse(pool, pa_bytes_text("{\"sub\":\"a\",\"sub\":\"b\"}"), &out), "twice",
        "claims: a member twice with different values");
    is(pa_json_object_parse(pool, pa_bytes_text("{\"a\":99999999999999999999}"), &out), NULL,
       "a large number in any other document");
    ok(json_is_real(json_object_get(out, "a")), "is a number");
}

static json_t *parse(apr_pool_t *pool, const char *text)
{
    json_t *out = NULL;

    is(pa_json_object_parse(pool, pa_bytes_text(text), &out), NULL, "parses %.60s", text);
    return out;
}

static void test_text(apr_pool_t *pool)
{
    json_t *object = parse(pool, " {\"s\":\"caf\\u00e9\",\"e\":\"\",\"n\":null,\"i\":1,"
                                 "\"a\":[\"s\"]} ");

    is(pa_json_text(object, "s"), "caf\xc3\xa9", "a text");
    is(pa_json_text(object, "e"), NULL, "an empty one is none");
    is(pa_json_text(object, "n"), NULL, "null is none");
    is(pa_json_text(object, "i"), NULL, "a number is none");
    is(pa_json_text(object, "a"), NULL, "an array is none");
    is(pa_json_text(object, "x"), NULL, "an absent one is none");
    is(pa_json_text(NULL, "s"), NULL, "no object has none");
}

static const struct {
    const char *text;
    apr_int64_t seconds; /* -1: refused, -2: as good as absent */
} dates[] = {
    { "0", 0 },
    { "1700000000", 1700000000 },
    { "2147483648", 2147483648LL }, /* past 2038 */
    { "253402300799", 253402300799LL },
    { "253402300800", -1 },
    { "9223372036854775807", -1 },
    { "-1", -1 },
    { "-9223372036854775808", -1 },
    { "-1.5", -1 },
    { "-0.0", 0 },
    { "1700000000.0", 1700000000 },
    { "1.7e9", 1700000000 },
    { "1.7e+09", 1700000000 },
    { "1e300", -1 },
    { "1e308", -1 },
    { "9223372036854775808", -1 },
    { "253402300799.5", -1 },
    { "\"1700000000\"", -1 },
    { "true", -1 },
    { "null", -2 },
    { "[1700000000]", -1 },
    { "{}", -1 },
};

static void test_dates(apr_pool_t *pool)
{
    apr_time_t out;
    int present;
    apr_size_t i;

    for (i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        json_t *object = parse(pool, apr_psprintf(pool, "{\"exp\":%s}", dates[i].text));
        const char *why;

        out = 42;
        why = pa_json_date(object, "exp", &present, &out);
        ok(present == (dates[i].seconds != -2), "%s is there or not", dates[i].text);
        if (dates[i].seconds == -2)
            ok(!why && out == 42, "%s is no date, but no mistake", dates[i].text);
        else if (dates[i].seconds < 0)
            ok(why && out == 42, "%s is no date", dates[i].text);
        else
            ok(!why && out == apr_time_from_sec(dates[i].seconds), "%s is a date", dates[i].text);
    }
    out = 42;
    is(pa_json_date(parse(pool, "{}"), "exp", &present, &out), NULL, "no date is no mistake");
    ok(!present && out == 42, "but is told");
    is(pa_json_date(parse(pool, "{\"exp\":1700000000.25}"), "exp", &present, &out), NULL,
       "a date with a fraction");
    ok(out == apr_time_from_sec(1700000000) + 250000, "to the microsecond");
}

static void test_holds(apr_pool_t *pool)
{
    json_t *object = parse(pool, "{\"s\":\"a\",\"l\":[\"b\",1,\"a\"],\"e\":[],\"n\":[[\"a\"]],"
                                 "\"o\":{\"a\":1}}");

    ok(pa_json_holds(object, "s", "a"), "a text is itself");
    ok(!pa_json_holds(object, "s", "A"), "not another");
    ok(!pa_json_holds(object, "s", ""), "nor nothing");
    ok(pa_json_holds(object, "l", "a"), "a list holds its last");
    ok(!pa_json_holds(object, "l", "1"), "a number is no text");
    ok(!pa_json_holds(object, "e", "a"), "an empty list holds nothing");
    ok(!pa_json_holds(object, "n", "a"), "a list in a list is not looked into");
    ok(!pa_json_holds(object, "o", "a"), "nor is an object");
    ok(!pa_json_holds(object, "x", "a"), "an absent member holds nothing");
}

static void test_dump(apr_pool_t *pool)
{
    json_t *object = parse(pool, "{\"b\":[1,2.5,null],\"a\":\"\\\"\\n\xc3\xa9\"}");

    is(pa_json_dump(pool, object, 0), "{\"a\":\"\\\"\\n\xc3\xa9\",\"b\":[1,2.5,null]}", "compact");
    is(pa_json_dump(pool, object, 2),
       "{\n  \"a\": \"\\\"\\n\xc3\xa9\",\n  \"b\": [\n    1,\n    2.5,\n    null\n  ]\n}",
       "indented");
    is(pa_json_dump(pool, json_array_get(json_object_get(object, "b"), 0), 0), "1", "a number");
    is(pa_json_dump(pool, json_object_get(object, "a"), 0), "\"\\\"\\n\xc3\xa9\"", "a text");
    is(pa_json_dump(pool, NULL, 0), NULL, "nothing");
}

static void test_owner(apr_pool_t *pool)
{
    apr_pool_t *child;
    json_t *json = json_string("x");

    apr_pool_create(&child, pool);
    ok(pa_json_own(child, json_incref(json)) == json && json->refcount == 2, "a pool owns one");
    apr_pool_destroy(child);
    ok(json->refcount == 1, "and gives it back when it ends");
    json_decref(json);
    ok(pa_json_own(pool, NULL) == NULL, "nothing is owned by nobody");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_refused(pool);
    test_repeated(pool);
    test_claims(pool);
    test_text(pool);
    test_dates(pool);
    test_holds(pool);
    test_dump(pool);
    test_owner(pool);
    return tap_end();
}
