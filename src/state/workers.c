/* workers.c: see workers.h. */
#include "workers.h"

#include <unistd.h>

#include "shared_memory.h"

/* Set in post_config only; the memory is mapped before httpd forks. */
static void *counts;
static int processes;

static int query(int what)
{
    int result = 0;

    return ap_mpm_query(what, &result) == APR_SUCCESS && result > 1 ? result : 1;
}

int pa_workers_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    /* Those of the last generation may still end their requests. */
    processes = 2 * query(AP_MPMQ_HARD_LIMIT_DAEMONS);
    counts = pa_shared_memory(s, "counts of waiting workers", pa_waiters_size(processes));
    return counts ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

void pa_workers_child_status(server_rec *s, pid_t pid, ap_generation_t generation, int slot,
                             mpm_child_status state)
{
    if (state == MPM_CHILD_EXITED && counts)
        pa_waiters_forget(counts, processes, (int)pid);
}

pa_waiters *pa_workers_child_init(apr_pool_t *pchild)
{
    int threads = query(AP_MPMQ_MAX_THREADS);

    return pa_waiters_join(pchild, counts, processes, (int)getpid(),
                           query(AP_MPMQ_MAX_DAEMONS) * threads / 2, threads / 2);
}
