/* test_session_sealed.c: a session that others keep comes back as it was, or not at all; and what
 * does not fit goes without its tokens. */
#include "../../src/state/session_sealed.h"

#include <apr_strings.h>

#include "../../src/base/base64url.h"
#include "tap.h"

static const char id[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

static pa_variable variables[] = {
    { "PLUSAUTH_USERINFO", "{\"sub\":\"a\",\"email\":\"a@example.test\"}" },
    { "PLUSAUTH_CLAIM_sub", "a" },
    { "PLUSAUTH_CLAIM_email", "a@example.test" },
};

static pa_session example(void)
{
    return (pa_session){
        .created = 5,
        .touched = 6,
        .provider = "",
        .issuer = "https://op.example.test",
        .sub = "a",
        .sid = "s",
        .variables = variables,
        .variable_count = 3,
    };
}

static pa_session_seal seal_of(apr_pool_t *pool, const char *const *secrets, const char *realm)
{
    apr_array_header_t *list = apr_array_make(pool, 2, sizeof(const char *));
    pa_seal_keys *keys = NULL;

    for (; *secrets; secrets++)
        APR_ARRAY_PUSH(list, const char *) = *secrets;
    is(pa_seal_keys_derive(pool, list, "test", &keys), NULL, "keys");
    return (pa_session_seal){ keys, pa_bytes_text(realm) };
}

/* Text that no compression makes shorter. */
static const char *random_text(apr_pool_t *pool, apr_size_t len)
{
    unsigned char *bytes = apr_palloc(pool, len);

    is(pa_random(bytes, len), NULL, "random");
    return apr_pstrndup(pool, pa_base64url_encode(pool, pa_bytes_of(bytes, len)), len);
}

static const char *encode(apr_pool_t *pool, const pa_session_seal *seal, const pa_session *session,
                          apr_size_t longest, const char **left_out)
{
    const char *text = NULL;

    *left_out = NULL;
    is(pa_session_sealed_encode(pool, seal, id, session, longest, &text, left_out), NULL,
       "encodes");
    return text ? text : "";
}

static void test_round_trip(apr_pool_t *pool, const pa_session_seal *seal)
{
    pa_session in = example(), *out = NULL;
    char found[PA_SESSION_ID_LEN + 1] = "";
    const char *left_out, *text = encode(pool, seal, &in, 4000, &left_out);

    is(left_out, NULL, "whole");
    is(pa_session_sealed_decode(pool, seal, pa_bytes_text(text), found, &out), NULL, "decodes");
    is(found, id, "its id");
    is(out ? out->sub : NULL, "a", "who it is");
    ok(out && out->created == 5 && out->variable_count == 3, "and the rest");
    ok(strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
           == strlen(text),
       "of characters that need no escape anywhere");
}

/* A record of zeros is shorter deflated; a short random one is not, and travels as it is. */
static void test_compression(apr_pool_t *pool, const pa_session_seal *seal)
{
    pa_session session = example(), *out = NULL;
    char found[PA_SESSION_ID_LEN + 1], *zeros = apr_palloc(pool, 20001);
    const char *left_out, *text;

    memset(zeros, '0', 20000);
    zeros[20000] = '\0';
    session.access_token = zeros;
    text = encode(pool, seal, &session, 4000, &left_out);
    ok(strlen(text) < 1000 && !left_out, "20,000 zeros take %d characters", (int)strlen(text));
    is(pa_session_sealed_decode(pool, seal, pa_bytes_text(text), found, &out), NULL, "and decode");
    ok(out && strcmp(out->access_token, zeros) == 0, "to what they were");
}

static void test_left_out(apr_pool_t *pool, const pa_session_seal *seal)
{
    static const struct {
        apr_size_t longest;
        const char *left_out, *has[3];
    } cases[] = {
        { 9000, NULL, { "access", "refresh", "id" } },
        { 6600, "access token", { NULL, "refresh", "id" } },
        { 3600, "access token, refresh token", { NULL, NULL, "id" } },
        { 1200, "access token, refresh token, ID token", { NULL, NULL, NULL } },
    };
    pa_session session = example(), *out;
    char found[PA_SESSION_ID_LEN + 1];

    session.access_token = random_text(pool, 2700);
    session.refresh_token = random_text(pool, 2700);
    session.id_token = random_text(pool, 2000);
    for (int i = 0; i < 4; i++) {
        const char *left_out, *text = encode(pool, seal, &session, cases[i].longest, &left_out);

        is(left_out, cases[i].left_out, "left out of %d characters", (int)cases[i].longest);
        ok(strlen(text) <= cases[i].longest, "which %d are", (int)strlen(text));
        out = NULL;
        is(pa_session_sealed_decode(pool, seal, pa_bytes_text(text), found, &out), NULL, "decodes");
        ok(out && !out->access_token == !cases[i].has[0] && !out->refresh_token == !cases[i].has[1]
               && !out->id_token == !cases[i].has[2],
           "with the others");
    }
    ok(session.access_token != NULL, "the session itself keeps them");
}

static void test_too_large(apr_pool_t *pool, const pa_session_seal *seal)
{
    pa_session session = example();
    const char *text, *left_out;

    session.acr = random_text(pool, 5000);
    has(pa_session_sealed_encode(pool, seal, id, &session, 4000, &text, &left_out),
        "characters without its tokens", "too large without tokens");
    session.acr = random_text(pool, 40000);
    has(pa_session_sealed_encode(pool, seal, id, &session, 400000, &text, &left_out),
        "more than the", "larger than a record");
    session.acr = NULL;
    session.access_token = random_text(pool, 40000);
    text = encode(pool, seal, &session, 4000, &left_out);
    is(left_out, "access token", "a token larger than a record is left out");
}

static void test_forged(apr_pool_t *pool, const pa_session_seal *seal)
{
    pa_session session = example(), *out;
    char found[PA_SESSION_ID_LEN + 1];
    const char *left_out, *text = encode(pool, seal, &session, 4000, &left_out);
    apr_size_t len = strlen(text);
    int taken = 0;

    for (apr_size_t i = 0; i < len; i++) {
        char *changed = apr_pstrdup(pool, text);

        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (!pa_session_sealed_decode(pool, seal, pa_bytes_text(changed), found, &out))
            taken++;
        if (!pa_session_sealed_decode(pool, seal, pa_bytes_of(text, i), found, &out))
            taken++;
    }
    ok(taken == 0, "nothing changed or cut off is taken");
    has(pa_session_sealed_decode(pool, seal, pa_bytes_text(apr_pstrcat(pool, text, "A", NULL)),
                                 found, &out),
        "", "nor anything longer");
}

/* What was sealed, well, by somebody who writes another version, or damages on purpose. */
static void test_contents(apr_pool_t *pool, const pa_session_seal *seal)
{
    static const struct {
        const char *name, *bytes;
        apr_size_t len;
        const char *why;
    } cases[] = {
        { "nothing", "", 0, "empty" },
        { "another form", "\2abc", 4, "another version" },
        { "no length", "\1abc", 4, "cut off" },
        { "a length beyond all", "\1\377\377\377\377x", 6, "too long" },
        { "nothing deflated", "\1\20\0\0\0x", 6, "inflated" },
        { "a short id", "\0abc", 4, "cut off" },
        { "no record",
          "\0"
          "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
          44, "version" },
        { "another record's version",
          "\0"
          "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG\377",
          45, "version" },
    };
    pa_session *out;
    char found[PA_SESSION_ID_LEN + 1];

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pa_bytes sealed = { NULL, 0 };

        is(pa_seal(pool, seal->keys, seal->realm, pa_bytes_of(cases[i].bytes, cases[i].len),
                   &sealed),
           NULL, "sealed");
        has(pa_session_sealed_decode(pool, seal, pa_bytes_text(pa_base64url_encode(pool, sealed)),
                                     found, &out),
            cases[i].why, "%s", cases[i].name);
    }
    has(pa_session_sealed_decode(pool, seal, pa_bytes_of(random_text(pool, 60000), 60000), found,
                                 &out),
        "too long", "a text beyond all");
}

static void test_keys(apr_pool_t *pool)
{
    static const char *const old_keys[] = { "the old key, of some length", NULL };
    static const char *const both[] = { "the new key, of some length",
                                        "the old key, of some length", NULL };
    static const char *const new_keys[] = { "the new key, of some length", NULL };
    pa_session_seal before = seal_of(pool, old_keys, "realm"), now = seal_of(pool, both, "realm"),
                    later = seal_of(pool, new_keys, "realm"), elsewhere = before;
    pa_session session = example(), *out;
    char found[PA_SESSION_ID_LEN + 1];
    const char *left_out, *text = encode(pool, &before, &session, 4000, &left_out);

    elsewhere.realm = pa_bytes_text("other");
    is(pa_session_sealed_decode(pool, &now, pa_bytes_text(text), found, &out), NULL,
       "the old key opens beside the new");
    has(pa_session_sealed_decode(pool, &later, pa_bytes_text(text), found, &out), "sealed",
        "and alone the new one does not");
    has(pa_session_sealed_decode(pool, &elsewhere, pa_bytes_text(text), found, &out), "sealed",
        "nor does another realm");
    text = encode(pool, &now, &session, 4000, &left_out);
    is(pa_session_sealed_decode(pool, &later, pa_bytes_text(text), found, &out), NULL,
       "the new key seals");
}

int main(void)
{
    static const char *const secrets[] = { "a secret of some length", NULL };
    apr_pool_t *pool = tap_begin();
    pa_session_seal seal = seal_of(pool, secrets, "realm");

    test_round_trip(pool, &seal);
    test_compression(pool, &seal);
    test_left_out(pool, &seal);
    test_too_large(pool, &seal);
    test_forged(pool, &seal);
    test_contents(pool, &seal);
    test_keys(pool);
    return tap_end();
}
