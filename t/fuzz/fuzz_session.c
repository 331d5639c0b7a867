/* fuzz_session.c: any text as a session that a browser keeps, any bytes as what is sealed in one,
 * and as a session's record: what is taken is whole and bounded, and says the same when it is
 * written and read again. */
#include <stdint.h>
#include <string.h>

#include "../../src/base/base64url.h"
#include "../../src/state/session_sealed.h"
#include "fuzz.h"

static void session_text(const char *one, const char *two)
{
    fuzz_must(one ? two && !strcmp(one, two) : !two);
}

static void session_again(apr_pool_t *pool, const pa_session *one)
{
    pa_bytes record;
    pa_session *two;

    fuzz_must(one->variable_count <= PA_SESSION_VARIABLES_MAX);
    if (pa_session_record_encode(pool, one, &record))
        return; /* too large */
    fuzz_must(record.len <= PA_SESSION_RECORD_MAX);
    fuzz_must(!pa_session_record_decode(pool, record, &two));
    fuzz_must(one->created == two->created && one->access_expires == two->access_expires);
    session_text(one->provider, two->provider);
    session_text(one->sub, two->sub);
    session_text(one->entries, two->entries);
    fuzz_must(one->variable_count == two->variable_count);
    for (unsigned int i = 0; i < one->variable_count; i++) {
        session_text(one->variables[i].name, two->variables[i].name);
        session_text(one->variables[i].value, two->variables[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const pa_session_seal seal = { fuzz_keys(), pa_bytes_text("realm") };
    const pa_bytes input = pa_bytes_of(data, size);
    char id[PA_SESSION_ID_LEN + 1];
    apr_pool_t *pool = fuzz_pool();
    pa_session *session;
    pa_bytes sealed;

    fuzz_must(pa_session_sealed_decode(pool, &seal, input, id, &session) != NULL);
    if (!pa_session_record_decode(pool, input, &session))
        session_again(pool, session);
    fuzz_must(!pa_seal(pool, seal.keys, seal.realm, input, &sealed));
    sealed = pa_bytes_text(pa_base64url_encode(pool, sealed));
    if (!pa_session_sealed_decode(pool, &seal, sealed, id, &session))
        session_again(pool, session);
    apr_pool_destroy(pool);
    return 0;
}
