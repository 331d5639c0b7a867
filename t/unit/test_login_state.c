/* test_login_state.c: a login comes back out of its cookie, in time and untouched, or not at all. */
#include "../../src/state/login_state.h"

#include <apr_strings.h>

#include "../../src/base/base64url.h"
#include "tap.h"

#define NOW apr_time_from_sec(1795532940)

static const pa_seal_keys *keys_of(apr_pool_t *pool, const char *secret)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(char *));
    pa_seal_keys *keys = NULL;

    APR_ARRAY_PUSH(secrets, const char *) = secret;
    is(pa_seal_keys_derive(pool, secrets, "login", &keys), NULL, "derives keys");
    return keys;
}

static const char *sealed_login(apr_pool_t *pool, const pa_seal_keys *keys, const char *return_to,
                                pa_login_state **login)
{
    const char *value = "";

    is(pa_login_state_new(pool, "", return_to, NOW, login), NULL, "begins");
    is(pa_login_state_seal(pool, keys, *login, &value), NULL, "seals");
    return value;
}

static void test_round_trip(apr_pool_t *pool, const pa_seal_keys *keys)
{
    pa_login_state *in, *out = NULL;
    const char *value = sealed_login(pool, keys, "/a?b=c", &in);

    is(pa_login_state_open(pool, keys, pa_bytes_text(value), NOW + PA_LOGIN_LIFETIME, &out), NULL,
       "opens");
    if (!out)
        return;
    is(out->return_to, "/a?b=c", "return_to");
    is(out->provider, "", "provider");
    ok(!memcmp(out->mark, in->mark, sizeof(in->mark)), "mark");
    is(out->nonce, in->nonce, "nonce");
    is(out->code_verifier, in->code_verifier, "code verifier");
    ok(strlen(in->code_verifier) == 43, "the verifier has the 43 characters of RFC 7636 4.1");
    ok(strcmp(in->nonce, in->code_verifier)
           && strcmp(in->code_verifier, in->code_challenge), "each value is its own");
    ok(out->round == 0 && !out->done && !out->hop, "marks");
}

static void test_refusals(apr_pool_t *pool, const pa_seal_keys *keys)
{
    pa_login_state *in, *out;
    const char *value = sealed_login(pool, keys, "/", &in);
    int opened = 0;

    has(pa_login_state_open(pool, keys, pa_bytes_text(value),
                            NOW + PA_LOGIN_LIFETIME + apr_time_from_sec(1), &out), "too long",
        "refuses one that took too long");
    has(pa_login_state_open(pool, keys, pa_bytes_text(value), NOW - apr_time_from_sec(61), &out),
        "too long", "refuses one from the future");
    ok(pa_login_state_open(pool, keys_of(pool, "another secret of 32 characters.."),
                           pa_bytes_text(value), NOW, &out) != NULL, "refuses one of another key");
    ok(pa_login_state_open(pool, keys, pa_bytes_text(""), NOW, &out) != NULL, "refuses nothing");
    for (apr_size_t i = 0; value[i]; i++) {
        char *copy = apr_pstrdup(pool, value);

        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        opened += !pa_login_state_open(pool, keys, pa_bytes_text(copy), NOW, &out);
        copy[i] = '\0';
        opened += !pa_login_state_open(pool, keys, pa_bytes_text(copy), NOW, &out);
    }
    ok(opened == 0, "refuses any change and any truncation");
}

/* What the state parameter says, and that it is no cookie, nor a cookie a state. */
static void test_parameter(apr_pool_t *pool, const pa_seal_keys *keys)
{
    const unsigned char none[PA_LOGIN_SECRET_LEN] = { 0 };
    pa_login_state *in, *out = NULL;
    const char *cookie = sealed_login(pool, keys, "/a?b=c", &in), *state = "";
    int opened = 0;

    in->slot = PA_LOGIN_SLOTS - 1;
    in->final = 1;
    is(pa_login_state_parameter(pool, keys, in, &state), NULL, "seals a state");
    is(pa_login_state_open_parameter(pool, keys, pa_bytes_text(state), NOW + PA_LOGIN_LIFETIME,
                                     &out), NULL, "opens");
    if (!out)
        return;
    is(out->return_to, "/a?b=c", "return_to");
    is(out->provider, "", "provider");
    ok(out->slot == PA_LOGIN_SLOTS - 1 && out->final, "slot and mark");
    ok(!memcmp(out->mark, in->mark, sizeof(in->mark)), "it names the login");
    ok(!memcmp(out->secret, none, sizeof(none)) && !out->code_verifier, "without its secret");
    ok(pa_login_state_open(pool, keys, pa_bytes_text(state), NOW, &out) != NULL,
       "it is no cookie");
    ok(pa_login_state_open_parameter(pool, keys, pa_bytes_text(cookie), NOW, &out) != NULL,
       "a cookie is no state");
    has(pa_login_state_open_parameter(pool, keys, pa_bytes_text(state),
                                      NOW + PA_LOGIN_LIFETIME + apr_time_from_sec(1), &out),
        "too long", "refuses an old one");
    for (apr_size_t i = 0; state[i]; i++) {
        char *copy = apr_pstrdup(pool, state);

        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        opened += !pa_login_state_open_parameter(pool, keys, pa_bytes_text(copy), NOW, &out);
        copy[i] = '\0';
        opened += !pa_login_state_open_parameter(pool, keys, pa_bytes_text(copy), NOW, &out);
    }
    ok(opened == 0, "refuses any change and any truncation");
}

static void test_size(apr_pool_t *pool, const pa_seal_keys *keys)
{
    char *query = apr_pstrcat(pool, "/path?", NULL), *path = apr_pstrdup(pool, "/");
    pa_login_state *login;
    const char *value;

    for (int i = 0; i < 100; i++) {
        query = apr_pstrcat(pool, query, "query", NULL);
        path = apr_pstrcat(pool, path, "path/", NULL);
    }
    value = sealed_login(pool, keys, query, &login);
    is(login->return_to, "/path", "a query that does not fit goes");
    value = sealed_login(pool, keys, path, &login);
    is(login->return_to, "/", "a path that does not fit goes");
    value = sealed_login(pool, keys, apr_pstrndup(pool, query, 200), &login);
    ok(strlen(login->return_to) == 200, "200 characters fit");
    value = sealed_login(pool, keys, apr_pstrndup(pool, query, 224), &login);
    ok(strlen(login->return_to) == 224, "as do 224");
    ok(strlen(value) <= PA_LOGIN_COOKIE_MAX, "the cookie keeps its limit: %d", (int)strlen(value));
    is(pa_login_state_parameter(pool, keys, login, &value), NULL, "seals its state");
    ok(strlen(value) <= PA_LOGIN_COOKIE_MAX, "which has the same limit: %d", (int)strlen(value));
    ok(PA_LOGIN_SLOTS * (PA_LOGIN_COOKIE_MAX + sizeof("__Host-plusauth-login-0=") - 1) <= 3200,
       "all cookies together keep theirs");
}

static void test_random(apr_pool_t *pool)
{
    pa_login_state *one, *two;

    is(pa_login_state_new(pool, "", "/", NOW, &one), NULL, "one");
    is(pa_login_state_new(pool, "", "/", NOW, &two), NULL, "two");
    ok(memcmp(one->mark, two->mark, sizeof(one->mark)) && strcmp(one->nonce, two->nonce)
           && strcmp(one->code_verifier, two->code_verifier), "no two are alike");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    const pa_seal_keys *keys = keys_of(pool, "a secret of more than 32 characters");

    test_round_trip(pool, keys);
    test_refusals(pool, keys);
    test_parameter(pool, keys);
    test_size(pool, keys);
    test_random(pool);
    return tap_end();
}
