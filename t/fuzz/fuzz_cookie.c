/* fuzz_cookie.c: any text as a Cookie header: pairs lie in it one after the other. */
#include <apr_strings.h>
#include <stdint.h>
#include <string.h>

#include "../../src/base/cookie.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *header = size > 0 ? apr_pstrndup(pool, (const char *)data, size) : "";
    const unsigned char *at = (const unsigned char *)header;
    const unsigned char *end = at + strlen(header);
    const char *cursor = header;
    pa_cookie cookie;

    while (pa_cookie_next(&cursor, &cookie)) {
        fuzz_must((const char *)at < cursor && cursor <= (const char *)end);
        fuzz_must(cursor == (const char *)end || cursor[-1] == ';');
        if (cookie.name.len > 0) {
            fuzz_must(cookie.name.at >= at && !memchr(cookie.name.at, '=', cookie.name.len));
            fuzz_must(cookie.name.at[cookie.name.len] == '=');
            fuzz_must(cookie.value.at == cookie.name.at + cookie.name.len + 1);
            fuzz_must(!memchr(cookie.value.at, ';', cookie.value.len));
            fuzz_must(cookie.value.at + cookie.value.len <= (const unsigned char *)cursor);
        }
        at = (const unsigned char *)cursor;
    }
    fuzz_must(cursor == (const char *)end);
    apr_pool_destroy(pool);
    return 0;
}
