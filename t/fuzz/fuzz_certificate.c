/* fuzz_certificate.c: any text as the PEM of a client certificate and its key: what is taken has a
 * thumbprint, always the same, and nothing is left in OpenSSL's error queue. */
#include <openssl/err.h>
#include <stdint.h>
#include <string.h>

#include "../../src/base/certificate.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *one = NULL, *two = NULL;

    if (!pa_certificate_check(pool, pa_bytes_of(data, size), &one)) {
        fuzz_must(strlen(one) == 43);
        fuzz_must(!pa_certificate_check(pool, pa_bytes_of(data, size), &two) && !strcmp(one, two));
    }
    fuzz_must(!ERR_peek_error());
    apr_pool_destroy(pool);
    return 0;
}
