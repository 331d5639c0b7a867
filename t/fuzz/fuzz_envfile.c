/* fuzz_envfile.c: any text as a dotenv file: names are names, and reasons tell where, not what. */
#include <apr_strings.h>
#include <stdint.h>
#include <string.h>

#include "../../src/base/envfile.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char name[] = "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    apr_pool_t *pool = fuzz_pool();
    /* a copy of just that size, so that a read past its end is seen */
    char *text = malloc(size ? size : 1);
    apr_table_t *values;
    const char *why;

    if (size > 0)
        memcpy(text, data, size);
    why = pa_envfile_parse(pool, pa_bytes_of(text, size), &values);
    if (why)
        fuzz_must(!strncmp(why, "line ", 5) || !strcmp(why, "it is too long"));
    for (int i = 0; !why && i < apr_table_elts(values)->nelts; i++) {
        const char *key = APR_ARRAY_IDX(apr_table_elts(values), i, apr_table_entry_t).key;

        fuzz_must(*key && strspn(key, name) == strlen(key) && !strchr("0123456789", *key));
    }
    free(text);
    apr_pool_destroy(pool);
    return 0;
}
