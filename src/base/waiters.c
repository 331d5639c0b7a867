/* waiters.c: see waiters.h. A place is taken first and given back when there were too many: two
 * that come at once may both be refused the last place, but never both get it. */
#include "waiters.h"

#include <stdatomic.h>

/* Atomics that are locks in disguise would be locks of one process only. */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "atomics without locks are needed");

/* One process. */
typedef struct slot {
    atomic_int pid; /* 0: free */
    atomic_int count[PA_WAIT_KINDS];
} slot;

struct pa_waiters {
    slot *slots; /* of all processes, this one's among them */
    int slot_count;
    slot *own;
    int total_max;
    int own_max;
};

/* A kind's part of the places: one of so many. */
static const int part_of[PA_WAIT_KINDS] = { 1, 2, 8 };

apr_size_t pa_waiters_size(int processes)
{
    return (apr_size_t)processes * sizeof(slot);
}

static slot *take_slot(slot *slots, int count, int pid)
{
    for (int i = 0; i < count; i++) {
        int nobody = 0;

        if (atomic_compare_exchange_strong(&slots[i].pid, &nobody, pid))
            return &slots[i];
    }
    return NULL;
}

pa_waiters *pa_waiters_join(apr_pool_t *pool, void *memory, int processes, int pid, int total_max,
                            int own_max)
{
    pa_waiters *waiters = apr_pcalloc(pool, sizeof(*waiters));

    waiters->total_max = total_max > 1 ? total_max : 1;
    waiters->own_max = own_max > 1 ? own_max : 1;
    waiters->own = memory ? take_slot(memory, processes, pid) : NULL;
    if (waiters->own) {
        waiters->slots = memory;
        waiters->slot_count = processes;
    }
    else {
        waiters->own = waiters->slots = apr_pcalloc(pool, sizeof(slot));
        waiters->slot_count = 1;
    }
    return waiters;
}

void pa_waiters_forget(void *memory, int processes, int pid)
{
    slot *slots = memory;

    for (int i = 0; i < processes; i++) {
        if (slots[i].pid != pid)
            continue;
        for (int kind = 0; kind < PA_WAIT_KINDS; kind++)
            slots[i].count[kind] = 0;
        slots[i].pid = 0;
    }
}

static int sum(const slot *slots, int count, int first, int last)
{
    int waiting = 0;

    for (int i = 0; i < count; i++)
        for (int kind = first; kind <= last; kind++)
            waiting += slots[i].count[kind];
    return waiting;
}

/* Whether at most `max` wait in these slots, and of this kind at most its part of them. */
static int fits(const slot *slots, int count, pa_wait kind, int max)
{
    int part = max / part_of[kind];

    return sum(slots, count, 0, PA_WAIT_KINDS - 1) <= max
           && sum(slots, count, kind, kind) <= (part > 1 ? part : 1);
}

int pa_waiters_enter(pa_waiters *waiters, pa_wait kind)
{
    atomic_fetch_add(&waiters->own->count[kind], 1);
    if (fits(waiters->own, 1, kind, waiters->own_max)
        && fits(waiters->slots, waiters->slot_count, kind, waiters->total_max))
        return 1;
    pa_waiters_leave(waiters, kind);
    return 0;
}

void pa_waiters_leave(pa_waiters *waiters, pa_wait kind)
{
    atomic_fetch_sub(&waiters->own->count[kind], 1);
}
