/* fuzz.h: what every fuzz target needs: a pool for one input, and an assertion that is never
 * compiled out. */
#ifndef FUZZ_H
#define FUZZ_H

#include <apr_general.h>
#include <apr_pools.h>
#include <stdlib.h>

#include "../../src/base/crypto.h"

static inline void fuzz_must(int holds)
{
    if (!holds)
        abort();
}

/* A new pool, with cryptography ready from the first call on. It may be kept: all end with the
 * process. */
static inline apr_pool_t *fuzz_pool(void)
{
    static apr_pool_t *process;
    apr_pool_t *pool;

    if (!process) {
        apr_initialize();
        fuzz_must(!atexit(apr_terminate));
        apr_pool_create(&process, NULL);
        fuzz_must(!pa_crypto_init(process));
    }
    apr_pool_create(&pool, process);
    return pool;
}

#endif
