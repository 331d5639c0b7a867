/* workers.h: of the workers of this server, how many may wait for providers at once: half of
 * MaxRequestWorkers, and half of each process's threads. */
#ifndef PA_WORKERS_H
#define PA_WORKERS_H

#include <ap_mpm.h>
#include <httpd.h>

#include "../base/waiters.h"

/* Finds or makes the counts' shared memory: a post_config hook. */
int pa_workers_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Forgets what a child waited for when it has ended: a child_status hook. */
void pa_workers_child_status(server_rec *s, pid_t pid, ap_generation_t generation, int slot,
                             mpm_child_status state);

/* This child's view of the counts, in child_init. */
pa_waiters *pa_workers_child_init(apr_pool_t *pchild);

#endif
