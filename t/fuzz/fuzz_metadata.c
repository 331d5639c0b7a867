/* fuzz_metadata.c: any text as a discovery document: what is taken is safe to send secrets to, and
 * keeping only what counts changes nothing. */
#include <stdint.h>
#include <string.h>

#include "../../src/base/url.h"
#include "../../src/protocol/metadata.h"
#include "fuzz.h"

static void same_text(const char *a, const char *b)
{
    fuzz_must(a ? b && !strcmp(a, b) : !b);
}

static void safe_endpoint(const char *url, int required)
{
    fuzz_must(url || !required);
    fuzz_must(!url || (!pa_url_check_endpoint(url) && !strncasecmp(url, "https://", 8)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const pa_provider configured = { .issuer = "https://op.example/" };
    apr_pool_t *pool = fuzz_pool();
    pa_metadata *one, *two;
    pa_bytes reduced;

    if (!pa_metadata_parse(pool, &configured, pa_bytes_of(data, size), &one)) {
        fuzz_must(!strncmp(one->issuer, "https://op.example", 18) && strlen(one->issuer) <= 19);
        safe_endpoint(one->authorization_endpoint, 1);
        safe_endpoint(one->token_endpoint, 1);
        safe_endpoint(one->jwks_uri, 1);
        safe_endpoint(one->userinfo_endpoint, 0);
        safe_endpoint(one->end_session_endpoint, 0);
        fuzz_must(!pa_metadata_reduce(pool, pa_bytes_of(data, size), &reduced));
        fuzz_must(!pa_metadata_parse(pool, &configured, reduced, &two));
        same_text(one->issuer, two->issuer);
        same_text(one->token_endpoint, two->token_endpoint);
        same_text(one->end_session_endpoint, two->end_session_endpoint);
        fuzz_must(one->auth_methods == two->auth_methods);
        fuzz_must(one->iss_parameter_supported == two->iss_parameter_supported);
    }
    apr_pool_destroy(pool);
    return 0;
}
