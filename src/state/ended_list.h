/* ended_list.h: the list of what was ended, where sessions are kept by others who may bring a copy
 * back: ids of sessions, sids and subs. An entry is kept until every session that it means is over
 * by its age. When the list is full, the time of its oldest entry becomes a watermark: sessions
 * from before it count as ended. */
#ifndef PA_ENDED_LIST_H
#define PA_ENDED_LIST_H

#include <apr_pools.h>
#include <apr_time.h>

#include "../base/bytes.h"

typedef enum {
    PA_ENDED_SESSION, /* by the key of its id */
    PA_ENDED_SID,
    PA_ENDED_SUB /* ends the sessions that were made before it, not those of a later login */
} pa_ended_kind;

/* What an entry means: its kind, and a hash of at least PA_ENDED_NAME_LEN bytes. */
typedef struct pa_ended_name {
    pa_ended_kind kind;
    const unsigned char *hash;
} pa_ended_name;

#define PA_ENDED_NAME_LEN 11

/* No list holds more. One of them is 32 KB, which a request reads. */
#define PA_ENDED_MAX 1360

typedef struct pa_ended_list {
    apr_time_t written;   /* the last change */
    apr_time_t watermark; /* sessions made before it count as ended */
    const unsigned char *entries;
    apr_size_t count;
} pa_ended_list;

/* Points into `record`. NULL, or the reason: it is no list. */
const char *pa_ended_list_read(pa_bytes record, pa_ended_list *out);

/* Whether a session is ended that was made then and goes by these names. */
int pa_ended_list_ends(const pa_ended_list *list, const pa_ended_name *names, int count,
                       apr_time_t created);

/* The record of the list with one more entry (none when `name` is NULL), kept for `span` from now,
 * and without those that are over. */
pa_bytes pa_ended_list_write(apr_pool_t *pool, const pa_ended_list *list, const pa_ended_name *name,
                             apr_time_t now, apr_interval_time_t span);

#endif
