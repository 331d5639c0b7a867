/* fuzz_answer.c: any text as the query of a callback and as its `response`, and any JSON as the
 * claims of a JARM response that the provider signed: a code comes of none that is of another
 * issuer or client, or of another kind. */
#include <apr_strings.h>
#include <stdint.h>
#include <string.h>

#include "../../src/base/json.h"
#include "../../src/base/url.h"
#include "../../src/protocol/authorization.h"
#include "../../src/protocol/jarm.h"
#include "fuzz.h"

#define ANSWER_NOW apr_time_from_sec(1700000000)

static const pa_provider answer_provider = {
    .name = "",
    .issuer = FUZZ_ISSUER,
    .client_id = "client",
    .client_secret = FUZZ_SECRET,
    .signing_algs = PA_ALG_HS256,
    .response = PA_RESPONSE_JWT,
};

static const char *code_of(apr_pool_t *pool, const apr_table_t *parameters)
{
    pa_metadata metadata = { .issuer = FUZZ_ISSUER, .iss_parameter_supported = 1 };
    const char *code = NULL, *other = NULL;
    const pa_fault *fault = pa_authorization_answer(pool, &metadata, parameters, &code);

    fuzz_must(!fault == (code != NULL));
    if (fault) {
        fuzz_must(!fault->error || strlen(fault->error) <= 64);
        return NULL;
    }
    fuzz_must(*code && strlen(code) <= 4096 && !apr_table_get(parameters, "error"));
    fuzz_must(!strcmp(apr_table_get(parameters, "iss"), FUZZ_ISSUER));
    metadata.issuer = "https://other.example";
    fuzz_must(pa_authorization_answer(pool, &metadata, parameters, &other) && !other);
    return code;
}

static void answer_query(apr_pool_t *pool, const char *text)
{
    apr_table_t *parameters;
    pa_jarm jarm;

    if (!pa_form_parse(pool, text, &parameters))
        code_of(pool, parameters);
    if (!pa_jarm_read(pool, &answer_provider, text, &jarm))
        fuzz_must(jarm.jwt && jarm.jwt->claims);
}

static void answer_claims(apr_pool_t *pool, pa_bytes text)
{
    const pa_metadata metadata = { .issuer = FUZZ_ISSUER };
    const char *response = fuzz_signed(pool, NULL, text);
    apr_table_t *parameters = NULL;
    pa_jarm jarm;

    if (!response || pa_jarm_read(pool, &answer_provider, response, &jarm)
        || pa_jarm_check(NULL, pool, &answer_provider, &metadata, &jarm, ANSWER_NOW, &parameters))
        return;
    fuzz_must(pa_json_holds(jarm.jwt->claims, "iss", FUZZ_ISSUER));
    fuzz_must(pa_json_holds(jarm.jwt->claims, "aud", "client"));
    fuzz_must(!json_object_get(jarm.jwt->claims, "nonce"));
    code_of(pool, parameters);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();

    answer_query(pool, size > 0 ? apr_pstrmemdup(pool, (const char *)data, size) : "");
    answer_claims(pool, pa_bytes_of(data, size));
    apr_pool_destroy(pool);
    return 0;
}
