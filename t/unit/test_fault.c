/* test_fault.c: a fault keeps its kind and its texts. */
#include "../../src/base/fault.h"

#include "tap.h"

int main(void)
{
    apr_pool_t *pool = tap_begin();
    const pa_fault *timeout = pa_fault_new(pool, PA_FAULT_TIMEOUT, "it took too long");
    const pa_fault *denied = pa_fault_oauth(pool, "access_denied", "the user said no");

    ok(timeout->kind == PA_FAULT_TIMEOUT, "a fault has its kind");
    is(timeout->why, "it took too long", "and its reason");
    is(timeout->error, NULL, "and no OAuth error");
    ok(denied->kind == PA_FAULT_OAUTH, "an OAuth fault is one");
    is(denied->error, "access_denied", "and has the code");
    is(denied->why, "the user said no", "and the reason");
    return tap_end();
}
