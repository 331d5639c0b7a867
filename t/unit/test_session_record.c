/* test_session_record.c: what goes into a record comes out of it; what is not one is refused. */
#include "../../src/state/session_record.h"

#include <apr_strings.h>

#include "tap.h"

static pa_variable variables[] = {
    { "PLUSAUTH_USERINFO", "{\"sub\":\"a\"}" },
    { "PLUSAUTH_CLAIM_sub", "a" },
    { "PLUSAUTH_CLAIM_empty", "" },
};

static pa_session example(void)
{
    return (pa_session){
        .created = 1, .touched = apr_time_from_sec(1795532940), .provider = "", .issuer = "https://op",
        .sub = "a", .id_token = "h.p.s", .access_token = "t", .dpop_key = "{}", .entries = "x=y",
        .variables = variables, .variable_count = 3,
    };
}

static void test_round_trip(apr_pool_t *pool)
{
    pa_session in = example(), *out = NULL;
    pa_bytes record = { NULL, 0 };

    is(pa_session_record_encode(pool, &in, &record), NULL, "encodes");
    is(pa_session_record_decode(pool, record, &out), NULL, "decodes");
    if (!out)
        return;
    ok(out->created == in.created && out->touched == in.touched && out->auth_time == 0, "times");
    is(out->provider, "", "an empty text stays one");
    is(out->sub, "a", "sub");
    is(out->sid, NULL, "a text that is not there stays away");
    is(out->dpop_key, "{}", "the key of the tokens");
    is(out->entries, "x=y", "what other modules keep");
    ok(out->variable_count == 3, "variables");
    is(pa_session_claim(out, "sub"), "a", "finds a claim");
    is(pa_session_claim(out, "empty"), "", "finds an empty claim");
    is(pa_session_claim(out, "su"), NULL, "finds no claim by a part of its name");
    is(pa_session_claim(out, "USERINFO"), NULL, "finds no claim that is a variable of ours");
}

/* Every prefix of a record, in a block of its own, so that a sanitizer sees the byte after it. */
static void test_truncated(apr_pool_t *pool, pa_bytes record)
{
    int taken = 0;

    for (apr_size_t len = 0; len < record.len; len++) {
        unsigned char *copy = malloc(len ? len : 1);
        pa_session *out;

        memcpy(copy, record.at, len);
        if (!pa_session_record_decode(pool, pa_bytes_of(copy, len), &out))
            taken++;
        free(copy);
    }
    ok(taken == 0, "no truncated record of %d is taken", (int)record.len);
}

/* Each byte changed to each value: no crash, and no text without its end. */
static void test_damaged(apr_pool_t *pool, pa_bytes record)
{
    unsigned char *copy = apr_palloc(pool, record.len);
    int decoded = 0;

    for (apr_size_t i = 0; i < record.len; i++) {
        for (int value = 0; value < 256; value += 5) {
            pa_session *out;

            memcpy(copy, record.at, record.len);
            copy[i] = (unsigned char)value;
            if (pa_session_record_decode(pool, pa_bytes_of(copy, record.len), &out))
                continue;
            decoded++;
            for (unsigned int v = 0; v < out->variable_count; v++)
                decoded += strlen(out->variables[v].value) > record.len;
        }
    }
    ok(decoded > 0, "damage inside a text is not the layout's to notice");
}

static void test_limits(apr_pool_t *pool)
{
    pa_session in = example(), *out;
    pa_bytes record;
    char *huge = apr_pcalloc(pool, PA_SESSION_RECORD_MAX + 1);
    unsigned char version[] = { 255 };

    memset(huge, 'a', PA_SESSION_RECORD_MAX);
    in.access_token = huge;
    has(pa_session_record_encode(pool, &in, &record), "bytes", "refuses what is too large");
    has(pa_session_record_decode(pool, pa_bytes_of(version, 1), &out), "version",
        "refuses another version");
    has(pa_session_record_decode(pool, pa_bytes_of(NULL, 0), &out), "version", "refuses nothing");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    pa_session in = example();
    pa_bytes record;

    test_round_trip(pool);
    if (!pa_session_record_encode(pool, &in, &record)) {
        test_truncated(pool, record);
        test_damaged(pool, record);
    }
    test_limits(pool);
    return tap_end();
}
