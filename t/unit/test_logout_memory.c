/* test_logout_memory.c: what is remembered between logins and logouts, and for whom. */
#include "visit_names.h"

#include "../../src/state/logout_memory.c"

#include "memory_socache.h"
#include "tap.h"

#define A "\nhttps://a"
#define B "\nhttps://b"

static ap_socache_instance_t *memory;
static pa_visit_settings settings = { .lifetime = 3600 * APR_USEC_PER_SEC };

static apr_status_t use(apr_pool_t *pool, const char *client, const char *jti)
{
    return pa_logout_memory_use_jti(&settings, client, jti, apr_time_now() + APR_USEC_PER_SEC * 60,
                                    pool);
}

static void test_alg(apr_pool_t *pool)
{
    ok(pa_logout_memory_alg(&settings, A, pool) == 0, "nothing is known");
    ok(pa_logout_memory_note_alg(&settings, A, PA_ALG_ES256, apr_time_now(), pool) == APR_SUCCESS,
       "a login notes the algorithm");
    ok(pa_logout_memory_alg(&settings, A, pool) == PA_ALG_ES256, "which is known then");
    ok(pa_logout_memory_alg(&settings, B, pool) == 0, "of that client alone");
    pa_logout_memory_note_alg(&settings, A, PA_ALG_PS512, apr_time_now(), pool);
    ok(pa_logout_memory_alg(&settings, A, pool) == PA_ALG_PS512, "the last login counts");
    memory->down = 1;
    ok(pa_logout_memory_note_alg(&settings, A, PA_ALG_ES256, apr_time_now(), pool) != APR_SUCCESS,
       "a store that is down is told of");
    memory->down = 0;
}

static void test_jti(apr_pool_t *pool)
{
    ok(pa_logout_memory_check_jti(&settings, A, "one", pool) == APR_SUCCESS, "a new jti");
    ok(pa_logout_memory_check_jti(&settings, A, "one", pool) == APR_SUCCESS,
       "asking does not use it");
    ok(use(pool, A, "one") == APR_SUCCESS, "it is used");
    ok(pa_logout_memory_check_jti(&settings, A, "one", pool) == APR_EEXIST, "and known as used");
    ok(use(pool, A, "one") == APR_EEXIST, "of two at once one is the first");
    ok(pa_logout_memory_check_jti(&settings, A, "One", pool) == APR_SUCCESS, "another case");
    ok(pa_logout_memory_check_jti(&settings, A, "one ", pool) == APR_SUCCESS, "a longer one");
    ok(pa_logout_memory_check_jti(&settings, B, "one", pool) == APR_SUCCESS, "another client");
    pa_logout_memory_use_jti(&settings, A, "old", apr_time_now() - 1, pool);
    ok(pa_logout_memory_check_jti(&settings, A, "old", pool) == APR_SUCCESS,
       "it is forgotten when its token is too old anyway");
    ok(!memory_holds(memory, "one"), "the store does not say which");
    memory->down = 1;
    ok(pa_logout_memory_check_jti(&settings, A, "two", pool) != APR_SUCCESS
           && pa_logout_memory_check_jti(&settings, A, "two", pool) != APR_EEXIST,
       "a store that is down answers neither");
    ok(use(pool, A, "two") != APR_SUCCESS, "and keeps nothing");
    memory->down = 0;
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    settings.sessions = memory_cache(pool, 40960, &memory);
    test_alg(pool);
    test_jti(pool);
    return tap_end();
}
