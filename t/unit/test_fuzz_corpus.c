/* test_fuzz_corpus.c: what the fuzz targets start from, and what they once found, again and again.
 * A target that is not content aborts this test. */
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "tap.h"

#define LLVMFuzzerTestOneInput fuzz_jwt
#include "../fuzz/fuzz_jwt.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_jwks
#include "../fuzz/fuzz_jwks.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_id_token
#include "../fuzz/fuzz_id_token.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_metadata
#include "../fuzz/fuzz_metadata.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_token_response
#include "../fuzz/fuzz_token_response.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_form
#include "../fuzz/fuzz_form.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_cookie
#include "../fuzz/fuzz_cookie.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_envfile
#include "../fuzz/fuzz_envfile.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_jwe
#include "../fuzz/fuzz_jwe.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_private_key
#include "../fuzz/fuzz_private_key.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_answer
#include "../fuzz/fuzz_answer.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_logout_token
#include "../fuzz/fuzz_logout_token.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_login_state
#include "../fuzz/fuzz_login_state.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_session
#include "../fuzz/fuzz_session.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_ended_list
#include "../fuzz/fuzz_ended_list.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_certificate
#include "../fuzz/fuzz_certificate.c"
#undef LLVMFuzzerTestOneInput

#define LLVMFuzzerTestOneInput fuzz_json
#include "../fuzz/fuzz_json.c"
#undef LLVMFuzzerTestOneInput

#define CORPUS "t/fuzz/corpus/"
#define INPUT_MAX 65536

static const struct {
    const char *name;
    int (*target)(const uint8_t *data, size_t size);
} targets[] = {
    { "jwt", fuzz_jwt },
    { "jwks", fuzz_jwks },
    { "id_token", fuzz_id_token },
    { "metadata", fuzz_metadata },
    { "token_response", fuzz_token_response },
    { "form", fuzz_form },
    { "cookie", fuzz_cookie },
    { "envfile", fuzz_envfile },
    { "jwe", fuzz_jwe },
    { "private_key", fuzz_private_key },
    { "answer", fuzz_answer },
    { "logout_token", fuzz_logout_token },
    { "login_state", fuzz_login_state },
    { "session", fuzz_session },
    { "ended_list", fuzz_ended_list },
    { "certificate", fuzz_certificate },
    { "json", fuzz_json },
};

static pa_bytes read_file(apr_pool_t *pool, const char *path)
{
    char *data = apr_palloc(pool, INPUT_MAX);
    apr_size_t len = INPUT_MAX;
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_FOPEN_READ, APR_OS_DEFAULT, pool)
        || apr_file_read(file, data, &len))
        return pa_bytes_of(NULL, 0);
    return pa_bytes_of(data, len);
}

static int replay(apr_pool_t *pool, const char *name, int (*target)(const uint8_t *, size_t))
{
    const char *directory = apr_pstrcat(pool, CORPUS, name, NULL);
    apr_finfo_t entry;
    apr_dir_t *dir;
    int count = 0;

    if (apr_dir_open(&dir, directory, pool))
        return 0;
    while (!apr_dir_read(&entry, APR_FINFO_NAME | APR_FINFO_TYPE, dir)) {
        pa_bytes input = { NULL, 0 };

        if (entry.filetype == APR_REG)
            input = read_file(pool, apr_pstrcat(pool, directory, "/", entry.name, NULL));
        if (input.len > 0) {
            target(input.at, input.len);
            count++;
        }
    }
    apr_dir_close(dir);
    return count;
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    apr_size_t i;

    for (i = 0; i < sizeof(targets) / sizeof(*targets); i++)
        ok(replay(pool, targets[i].name, targets[i].target) >= 5, "%s replays its corpus",
           targets[i].name);
    return tap_end();
}
