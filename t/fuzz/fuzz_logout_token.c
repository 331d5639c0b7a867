/* fuzz_logout_token.c: any JSON as the claims of a token that the provider signed (the first byte
 * chooses its typ), and any text as one: what passes ends sessions, so that it says whose, and is
 * no token of another kind. */
#include <apr_strings.h>
#include <stdint.h>

#include "../../src/base/json.h"
#include "../../src/protocol/logout_token.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const typs[] = { "logout+jwt", NULL, "JWT", "at+jwt" };
    const pa_provider signs_all = { .name = "",
                                    .issuer = FUZZ_ISSUER,
                                    .client_id = "client",
                                    .client_secret = FUZZ_SECRET,
                                    .signing_algs = PA_ALG_HS256 };
    const pa_metadata metadata = { .issuer = FUZZ_ISSUER };
    const apr_time_t now = apr_time_from_sec(1700000000);
    const int typ = size > 0 ? data[0] % 4 : 0;
    apr_pool_t *pool = fuzz_pool();
    const char *text = fuzz_signed(pool, typs[typ], pa_bytes_of(data + 1, size > 0 ? size - 1 : 0));
    pa_logout_token out = { 0 };
    pa_jwt *jwt;

    if (text && !pa_logout_token_validate(NULL, pool, &signs_all, &metadata, text, 0, now, &out)) {
        fuzz_must(typ != 3 && out.jti && (out.sub || out.sid));
        fuzz_must(strlen(out.jti) <= 255 && (!out.sid || strlen(out.sid) <= 255));
        fuzz_must(!pa_jwt_parse(pool, text, &jwt));
        fuzz_must(pa_json_holds(jwt->claims, "iss", FUZZ_ISSUER));
        fuzz_must(pa_json_holds(jwt->claims, "aud", "client"));
        fuzz_must(json_is_object(json_object_get(jwt->claims, "events")));
        fuzz_must(!json_object_get(jwt->claims, "nonce"));
        fuzz_must(pa_logout_token_validate(NULL, pool, &signs_all, &metadata, text, PA_ALG_RS256,
                                           now, &out)
                  != NULL);
    }
    text = size > 0 ? apr_pstrmemdup(pool, (const char *)data, size) : "";
    pa_logout_token_validate(NULL, pool, &signs_all, &metadata, text, 0, now, &out);
    apr_pool_destroy(pool);
    return 0;
}
