/* counters.c: see counters.h. In memory of the process, found again after a reload, as the stores
 * are (store.c). */
#include "counters.h"

#include <stdatomic.h>

#include "shared_memory.h"

typedef _Atomic apr_uint64_t counter;

/* Atomics that are locks in disguise would be locks of one process alone. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics are needed");

/* Beside the counts: the sum of pa_counters_growth, and when it was told. */
#define TOLD_SUM PA_COUNT_KINDS
#define TOLD_AT (PA_COUNT_KINDS + 1)
#define COUNTERS (PA_COUNT_KINDS + 2)

/* Mapped before httpd forks, and so the same for all children. Written in post_config alone. */
static counter *counters;

int pa_counters_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    counters = pa_shared_memory(s, "counters", COUNTERS * sizeof(counter));
    return counters ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

void pa_counters_add(pa_count which)
{
    atomic_fetch_add_explicit(&counters[which], 1, memory_order_relaxed);
}

apr_uint64_t pa_counters_read(pa_count which)
{
    return atomic_load_explicit(&counters[which], memory_order_relaxed);
}

apr_uint64_t pa_counters_growth(apr_uint64_t sum, apr_time_t now, apr_interval_time_t interval)
{
    apr_uint64_t told_at = counters[TOLD_AT], told = counters[TOLD_SUM];

    if (sum == told || (apr_time_t)told_at > now - interval
        || !atomic_compare_exchange_strong(&counters[TOLD_AT], &told_at, (apr_uint64_t)now))
        return 0;
    counters[TOLD_SUM] = sum;
    /* Other stores than before a reload may have dropped less. */
    return sum > told ? sum - told : 0;
}
