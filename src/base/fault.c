/* fault.c: faults are small, immutable and live in the caller's pool. */
#include "fault.h"

static const pa_fault *make(apr_pool_t *pool, pa_fault_kind kind, const char *error,
                            const char *why)
{
    pa_fault *fault = apr_palloc(pool, sizeof(*fault));

    fault->kind = kind;
    fault->error = error;
    fault->why = why;
    return fault;
}

const pa_fault *pa_fault_new(apr_pool_t *pool, pa_fault_kind kind, const char *why)
{
    return make(pool, kind, NULL, why);
}

const pa_fault *pa_fault_oauth(apr_pool_t *pool, const char *error, const char *why)
{
    return make(pool, PA_FAULT_OAUTH, error, why);
}
