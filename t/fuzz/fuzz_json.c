/* fuzz_json.c: any text as JSON, by the reader of json_reader.c and by jansson: where both take it
 * they read the same, and what only the one takes is what json_reader.h says. */
#include <stdint.h>

#include "../../src/base/json.h"
#include "../../src/base/json_reader.h"
#include "fuzz.h"

/* What jansson says of it that the reader forgives. */
static int is_forgiven(const json_error_t *error, int claims)
{
    const enum json_error_code code = json_error_code(error);

    return code == json_error_duplicate_key || code == json_error_numeric_overflow
           || (claims && code == json_error_null_byte_in_key);
}

static void compare(apr_pool_t *pool, pa_bytes text, int claims)
{
    static const char *const judged[] = { "sub", "exp", NULL };
    const pa_json_rules rules = { claims, judged };
    const size_t flags = JSON_REJECT_DUPLICATES | (claims ? JSON_ALLOW_NUL : 0);
    json_t *theirs, *ours = NULL;
    json_error_t error;
    const char *why = pa_json_read(text, &rules, &ours);

    pa_json_own(pool, ours);
    fuzz_must(!why == (ours != NULL));
    theirs = pa_json_own(pool, json_loadb((const char *)text.at, text.len, flags, &error));
    if (json_is_object(theirs))
        fuzz_must(ours && json_equal(ours, theirs));
    else if (ours)
        fuzz_must(!theirs && is_forgiven(&error, claims));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    json_t *out;

    /* Bounds the depth, which the reader leaves to it. */
    if (!pa_json_claims_parse(pool, pa_bytes_of(data, size), &out)
        || !pa_json_object_parse(pool, pa_bytes_of(data, size), &out)) {
        compare(pool, pa_bytes_of(data, size), 0);
        compare(pool, pa_bytes_of(data, size), 1);
    }
    apr_pool_destroy(pool);
    return 0;
}
