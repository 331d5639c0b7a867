/* fuzz.h: what fuzz targets need: a pool for one input, an assertion that is never compiled out,
 * and what a provider or this module itself put its key to. */
#ifndef FUZZ_H
#define FUZZ_H

#include <apr_general.h>
#include <apr_pools.h>
#include <stdlib.h>

#include "../../src/base/crypto.h"
#include "../../src/base/json.h"
#include "../../src/base/jws.h"
#include "../../src/base/seal.h"

#define FUZZ_ISSUER "https://op.example"
#define FUZZ_SECRET "a client secret that is long enough for HS256"

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

/* Keys that seal, the same for all inputs. */
static inline const pa_seal_keys *fuzz_keys(void)
{
    static pa_seal_keys *keys;

    if (!keys) {
        apr_pool_t *pool = fuzz_pool();
        apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(char *));

        APR_ARRAY_PUSH(secrets, const char *) = FUZZ_SECRET;
        fuzz_must(!pa_seal_keys_derive(pool, secrets, "fuzz", &keys));
    }
    return keys;
}

/* A token with those claims that a provider with the client's secret signed; NULL when they are no
 * JSON object. */
static inline const char *fuzz_signed(apr_pool_t *pool, const char *typ, pa_bytes claims)
{
    const char *out = NULL;
    json_t *json;

    if (!pa_json_object_parse(pool, claims, &json))
        fuzz_must(!pa_jwt_sign_hmac(pool, pa_bytes_text(FUZZ_SECRET), PA_ALG_HS256, typ, NULL, json,
                                    &out));
    return out;
}

#endif
