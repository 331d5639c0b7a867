/* test_authorization.c: the authorization request's URL, and which answers are taken. */
#include "../../src/protocol/authorization.h"

#include <apr_strings.h>

#include "../../src/base/url.h"
#include "../../src/protocol/end_session.h"
#include "tap.h"

static const pa_provider provider = {
    .name = "", .issuer = "https://op.example", .client_id = "my client", .scope = "openid email",
};

static const pa_authorization_request request = { .redirect_uri = "https://rp.example/login/callback",
                                                  .state = "S",
                                                  .nonce = "N",
                                                  .code_challenge = "C" };

/* Nothing is asked of the provider for it. */
static const char *url_of(apr_pool_t *pool, const pa_provider *what, const pa_metadata *metadata)
{
    const char *url = NULL;
    const pa_fault *fault = pa_authorization_url(NULL, pool, what, metadata, &request, &url);

    return fault ? fault->why : url;
}

static void test_url(apr_pool_t *pool)
{
    pa_metadata metadata = { .authorization_endpoint = "https://op.example/auth?tenant=a" };
    pa_provider api = provider;

    is(url_of(pool, &provider, &metadata),
       "https://op.example/auth?tenant=a&response_type=code&client_id=my+client"
       "&redirect_uri=https%3A%2F%2Frp.example%2Flogin%2Fcallback&scope=openid+email&state=S"
       "&nonce=N&code_challenge=C&code_challenge_method=S256", "the whole URL, encoded");
    api.audience = "https://api.example";
    has(url_of(pool, &api, &metadata), "&audience=https%3A%2F%2Fapi.example",
        "an audience when one is configured");
    ok(!strstr(url_of(pool, &api, &metadata), "response_mode"), "by query is the default");
    api.response = PA_RESPONSE_FORM_POST;
    has(url_of(pool, &api, &metadata), "&response_mode=form_post", "an answer by POST");
    api.response = PA_RESPONSE_JWT;
    has(url_of(pool, &api, &metadata), "&response_mode=jwt", "an answer in a JWT");
}

static const struct {
    const char *name;
    const char *query;
    int iss_supported;
    int wanted; /* -1: the code is taken; else the kind of fault */
} answers[] = {
    { "a code", "code=c&state=S", 0, -1 },
    { "a code with the right iss", "code=c&iss=https%3A%2F%2Fop.example", 1, -1 },
    { "an iss that was not announced", "code=c&iss=https%3A%2F%2Fop.example", 0, -1 },
    { "attack 6: iss is missing though announced", "code=c", 1, PA_FAULT_RULE },
    { "attack 6: iss of another", "code=c&iss=https%3A%2F%2Fevil.example", 1, PA_FAULT_RULE },
    { "attack 7: iss of another, not announced", "code=c&iss=https%3A%2F%2Fevil.example", 0,
      PA_FAULT_RULE },
    { "iss differing by a slash", "code=c&iss=https%3A%2F%2Fop.example%2F", 0, PA_FAULT_RULE },
    { "an error", "error=access_denied", 0, PA_FAULT_OAUTH },
    { "an error of another provider", "error=access_denied&iss=https%3A%2F%2Fevil.example", 0,
      PA_FAULT_RULE },
    { "attack 11: both code and error", "code=c&error=e", 0, PA_FAULT_RULE },
    { "nothing", "", 0, PA_FAULT_RULE },
    { "an empty code", "code=", 0, PA_FAULT_RULE },
    { "an ID token beside the code", "code=c&id_token=h.p.s", 0, PA_FAULT_RULE },
    { "attack 15: JARM that was not asked for", "code=c&response=h.p.s", 0, PA_FAULT_RULE },
};

static void test_answers(apr_pool_t *pool)
{
    for (apr_size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        pa_metadata metadata = { .issuer = "https://op.example",
                                 .iss_parameter_supported = answers[i].iss_supported };
        const pa_fault *fault;
        const char *code = NULL;
        apr_table_t *parameters;

        is(pa_form_parse(pool, answers[i].query, &parameters), NULL, "parses");
        fault = pa_authorization_answer(pool, &metadata, parameters, &code);
        if (answers[i].wanted < 0)
            ok(!fault && code && !strcmp(code, "c"), "takes %s", answers[i].name);
        else
            ok(fault && (int)fault->kind == answers[i].wanted && !code, "refuses %s",
               answers[i].name);
    }
}

static void test_error_text(apr_pool_t *pool)
{
    pa_metadata metadata = { .issuer = "https://op.example" };
    const pa_fault *fault;
    const char *code = NULL;
    apr_table_t *parameters;

    is(pa_form_parse(pool, "error=a%0Ab&error_description=c%0D%0Ad", &parameters), NULL, "parses");
    fault = pa_authorization_answer(pool, &metadata, parameters, &code);
    is(fault->error, "a b", "a line end in the error is gone");
    is(fault->why, "c  d", "and in its description");
}

static void test_end_session(apr_pool_t *pool)
{
    pa_metadata metadata = { .end_session_endpoint = "https://op.example/logout" };
    pa_metadata none = { 0 };
    char *hint = apr_pcalloc(pool, 5001);

    is(pa_end_session_url(pool, &provider, &none, "h", "https://rp/logout", "S"), NULL,
       "no URL where the provider has no logout");
    is(pa_end_session_url(pool, &provider, &metadata, "h.p.s", "https://rp/logout", "S"),
       "https://op.example/logout?id_token_hint=h.p.s&client_id=my+client"
       "&post_logout_redirect_uri=https%3A%2F%2Frp%2Flogout&state=S", "the whole URL");
    memset(hint, 'h', 5000);
    is(pa_end_session_url(pool, &provider, &metadata, hint, "https://rp/logout", "S"),
       "https://op.example/logout?client_id=my+client"
       "&post_logout_redirect_uri=https%3A%2F%2Frp%2Flogout&state=S",
       "a hint that would make the URL too long is left out");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_url(pool);
    test_answers(pool);
    test_error_text(pool);
    test_end_session(pool);
    return tap_end();
}
