/* fuzz_id_token.c: any JSON as the claims of an ID token: who passes has what the rules demand. The
 * first byte chooses the algorithm and whether max_age was asked, the rest is the claims; then they
 * go to where applications get them from. */
#include <apr_strings.h>
#include <stdint.h>

#include "../../src/base/json.h"
#include "../../src/protocol/claims.h"
#include "../../src/protocol/id_token.h"
#include "fuzz.h"

static const pa_provider provider = {
    .name = "",
    .issuer = "https://op.example",
    .client_id = "client",
    .signing_algs = PA_ALGS_PUBLIC_KEY,
};

static void check_flat(apr_pool_t *pool, const json_t *claims)
{
    apr_array_header_t *flat = pa_claims_flatten(
        pool, claims, claims, apr_array_make(pool, 1, sizeof(const char *)));
    const char *name = pa_claims_display_name(pool, claims, NULL);
    const char *at;
    int i;

    for (i = 0; i < flat->nelts; i++) {
        pa_claim claim = APR_ARRAY_IDX(flat, i, pa_claim);

        fuzz_must(strlen(claim.value) <= PA_CLAIM_MAX);
        for (at = claim.value; *at; at++)
            fuzz_must((unsigned char)*at >= 0x20);
        for (at = claim.name; *at; at++)
            fuzz_must(*at > ' ' && *at < 0x7f && *at != '=' && *at != '-');
    }
    for (at = name ? name : ""; *at; at++)
        fuzz_must((unsigned char)*at >= 0x20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    pa_id_token_expected expected = {
        .provider = &provider,
        .issuer = provider.issuer,
        .nonce = "nonce",
        .access_token = "token",
        .max_age = size && (data[0] & 0x10) ? apr_time_from_sec(300) : -1,
        .now = apr_time_from_sec(1700000000),
    };
    pa_jwt jwt = { .alg = size ? 1u << (data[0] & 0x0f) : 0 };
    json_t *claims;
    int present;
    apr_time_t exp;

    if (size > 1 && !pa_json_claims_parse(pool, pa_bytes_of(data + 1, size - 1), &claims)) {
        jwt.claims = jwt.header = claims;
        if (!pa_id_token_check(&jwt, &expected)) {
            fuzz_must((jwt.alg & PA_ALGS_PUBLIC_KEY) != 0);
            fuzz_must(pa_json_text(claims, "sub") != NULL);
            fuzz_must(pa_json_holds(claims, "iss", "https://op.example"));
            fuzz_must(pa_json_holds(claims, "aud", "client"));
            fuzz_must(pa_json_holds(claims, "nonce", "nonce"));
            fuzz_must(!pa_json_date(claims, "exp", &present, &exp) && present);
        }
        check_flat(pool, claims);
    }
    apr_pool_destroy(pool);
    return 0;
}
