/* fuzz_token_response.c: any text as an answer of the token endpoint; the first byte chooses its
 * status. What is taken may go into a header, what is refused into a log. */
#include <stdint.h>
#include <string.h>

#include "../../src/base/text.h"
#include "../../src/protocol/token.h"
#include "fuzz.h"

#define FUZZ_NOW (1000 * APR_USEC_PER_SEC)

static void one_line(const char *text)
{
    fuzz_must(strlen(text) < 1000);
    for (; *text; text++)
        fuzz_must(*text >= ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 400, 401, 500 };
    apr_pool_t *pool = fuzz_pool();
    pa_http_response response = { .status = 200, .content_type = "application/json" };
    pa_token_expected expected = { .used = PA_CLIENT_AUTH_BASIC, .now = FUZZ_NOW };
    pa_tokens tokens = { 0 };
    const pa_fault *fault;

    response.status = statuses[size > 0 ? data[0] % 4 : 0];
    response.body = size > 0 ? pa_bytes_of(data + 1, size - 1) : pa_bytes_text("");
    fault = pa_token_response_read(pool, &response, &expected, &tokens);
    if (fault) {
        one_line(fault->why);
        fuzz_must((fault->kind == PA_FAULT_OAUTH) == (fault->error != NULL));
        fuzz_must(!tokens.access_token && !tokens.id_token);
        if (fault->error)
            one_line(fault->error);
    }
    else {
        fuzz_must(response.status == 200);
        fuzz_must(pa_text_is_token(tokens.access_token, 65536));
        fuzz_must(tokens.expires == 0 || tokens.expires >= FUZZ_NOW);
    }
    apr_pool_destroy(pool);
    return 0;
}
