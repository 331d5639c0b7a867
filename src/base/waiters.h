/* waiters.h: how many workers of all processes wait for providers. A worker that waits serves
 * nobody, so that a provider that hangs could stop the whole server. The counts are in memory that
 * all processes share: one slot for each process, which is cleared when the process is gone,
 * however it ended.
 *
 *   memory = zeroed, shared memory of pa_waiters_size(256);       before the processes are forked
 *   waiters = pa_waiters_join(pool, memory, 256, getpid(), 200, 12);             in each process
 *   if (pa_waiters_enter(waiters, PA_WAIT_ASKS)) { ...; pa_waiters_leave(waiters, PA_WAIT_ASKS); }
 */
#ifndef PA_WAITERS_H
#define PA_WAITERS_H

#include <apr_pools.h>

/* What a worker waits for. Those that ask a provider may take all places that there are, the others
 * only a part of them. */
typedef enum {
    PA_WAIT_ASKS,             /* an answer to its own request */
    PA_WAIT_WATCHES,          /* a document that another worker fetches: half of the places */
    PA_WAIT_WATCHES_STRANGER, /* the same, for a token that anybody can have made: an eighth */
    PA_WAIT_KINDS
} pa_wait;

/* The view that one process has of the counts. */
typedef struct pa_waiters pa_waiters;

/* Bytes of shared memory for so many processes. */
apr_size_t pa_waiters_size(int processes);

/* Takes a slot in `memory` (of pa_waiters_size(processes)) for the process `pid`. At most
 * `total_max` workers of all processes wait at once, at most `own_max` of this one; less than 1
 * counts as 1. When no slot is free, only this process's own workers are counted. `memory` NULL:
 * the same. Never NULL. */
pa_waiters *pa_waiters_join(apr_pool_t *pool, void *memory, int processes, int pid, int total_max,
                            int own_max);

/* Frees the slot of a process that has ended; its counts are gone with it. */
void pa_waiters_forget(void *memory, int processes, int pid);

/* Whether one more may wait; then it is counted until it leaves. */
int pa_waiters_enter(pa_waiters *waiters, pa_wait kind);
void pa_waiters_leave(pa_waiters *waiters, pa_wait kind);

#endif
