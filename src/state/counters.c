/* counters.c: see counters.h. In memory of the process, found again after a reload, as the stores
 * are (store.c). */
#include "counters.h"

#include <stdatomic.h>

#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>

#include "../plusauth.h"

typedef _Atomic apr_uint64_t counter;

/* Atomics that are locks in disguise would be locks of one process alone. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics are needed");

/* Beside the counts: the sum of pa_counters_growth, and when it was told. */
#define TOLD_SUM PA_COUNT_KINDS
#define TOLD_AT (PA_COUNT_KINDS + 1)
#define COUNTERS (PA_COUNT_KINDS + 2)

/* Mapped before httpd forks, and so the same for all children. Written in post_config alone. */
static counter *counters;

/* Another version of this module, loaded by a reload, may count other things: it starts anew. */
static const char *retained_key(apr_pool_t *pool)
{
    return apr_psprintf(pool, "mod_plusauth/counters/%d", COUNTERS);
}

int pa_counters_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    apr_pool_t *process = s->process->pool;
    apr_size_t size = COUNTERS * sizeof(counter);
    counter **retained = ap_retained_data_get(retained_key(ptemp));
    apr_shm_t *memory;
    apr_status_t rv;

    (void)pconf;
    (void)plog;
    if (!retained) {
        if ((rv = apr_shm_create(&memory, size, NULL, process)) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, rv, s,
                         "mod_plusauth: no shared memory for its counters");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        retained = ap_retained_data_create(retained_key(process), sizeof(*retained));
        *retained = memset(apr_shm_baseaddr_get(memory), 0, size);
    }
    counters = *retained;
    return OK;
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
