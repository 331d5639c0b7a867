/* fuzz_login_state.c: any text as the cookie of a login attempt, and any bytes as what is sealed in
 * one: what opens is whole, and seals and opens again as the same. */
#include <stdint.h>
#include <string.h>

#include "../../src/base/base64url.h"
#include "../../src/state/login_state.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const apr_time_t now = apr_time_from_sec(1700000000);
    const pa_seal_keys *keys = fuzz_keys();
    apr_pool_t *pool = fuzz_pool();
    pa_login_state *login, *again;
    pa_bytes sealed;
    const char *text;

    /* nobody can make one of a text */
    fuzz_must(pa_login_state_open(pool, keys, pa_bytes_of(data, size), now, &login) != NULL);
    fuzz_must(!pa_seal(pool, keys, pa_bytes_text("login"), pa_bytes_of(data, size), &sealed));
    text = pa_base64url_encode(pool, sealed);
    if (!pa_login_state_open(pool, keys, pa_bytes_text(text), now, &login)) {
        fuzz_must(strlen(login->provider) + strlen(login->return_to) < size);
        fuzz_must(login->begun <= now + apr_time_from_sec(60));
        fuzz_must(strlen(login->nonce) == 43 && strlen(login->code_verifier) == 43);
        fuzz_must(strcmp(login->code_verifier, login->nonce) != 0);
        fuzz_must(!pa_login_state_seal(pool, keys, login, &text));
        fuzz_must(!pa_login_state_open(pool, keys, pa_bytes_text(text), now, &again));
        fuzz_must(!strcmp(login->return_to, again->return_to));
        fuzz_must(!strcmp(login->provider, again->provider));
        fuzz_must(!memcmp(login->mark, again->mark, sizeof(login->mark)) && login->max_age == again->max_age);
        fuzz_must(pa_login_state_open(pool, keys, pa_bytes_text(text),
                                      login->begun + PA_LOGIN_LIFETIME + 1, &again)
                  != NULL);
    }
    apr_pool_destroy(pool);
    return 0;
}
