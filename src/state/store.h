/* store.h: opens the stores of records: shared memory that outlives graceful reloads, or other
 * servers by a store provider ("redis://..."). */
#ifndef PA_STORE_H
#define PA_STORE_H

#include <httpd.h>

#include "../base/cache.h"

/* Registers the lock that `Mutex plusauth` configures: in pre_config. */
apr_status_t pa_store_register(apr_pool_t *pconf);

typedef struct pa_store_options {
    const char *label;            /* which of our stores it is: at most 14 characters */
    const char *spec;             /* "shmcb[:path(size)]", or the URL of another server */
    apr_size_t average;           /* typical size of a record: shmcb divides its memory by it */
    apr_size_t longest;           /* of a record */
    apr_interval_time_t lifetime; /* of a record */
    apr_size_t part; /* bytes of shared memory that are searched as one; 0: whatever there are */
} pa_store_options;

/* Whether a store can be opened: its module is loaded, its URL is right, there is memory for it and
 * its lock can be made, which is tried. Connects to nothing. In check_config, so that `configtest`
 * finds what would end a running server at its next reload. NULL, or the reason. */
const char *pa_store_check(server_rec *s, apr_pool_t *pconf, const pa_store_options *options);

/* Opens a store, or finds the one that was opened before a graceful reload under the same label and
 * spec: with its memory and lock, which belong to the process. In post_config, after
 * pa_store_check. NULL and *out set, or the reason. */
const char *pa_store_open(server_rec *s, apr_pool_t *pconf, const pa_store_options *options,
                          pa_cache **out);

/* Reopens the locks in a new child process. */
apr_status_t pa_store_child_init(apr_pool_t *pchild);

#endif
