/* counters.h: what happened since the server started, in numbers. Counted for all processes and all
 * virtual hosts together, without a lock; graceful reloads count on. */
#ifndef PA_COUNTERS_H
#define PA_COUNTERS_H

#include <httpd.h>

/* One for each thing that is logged. A plain request of somebody who is signed in is none. */
typedef enum {
    PA_COUNT_LOGIN,
    PA_COUNT_REFUSED_RULE,     /* logins: a token or an answer broke a rule */
    PA_COUNT_REFUSED_DENIED,   /* the provider said no: an OAuth error */
    PA_COUNT_REFUSED_PROVIDER, /* the provider was not there, or talked nonsense */
    PA_COUNT_REFUSED_STATE,    /* an answer that no login of its browser waits for */
    PA_COUNT_REFUSED_LOOP,     /* the browser never brings the session back */
    PA_COUNT_REFUSED_SERVER,   /* this server's own fault */
    PA_COUNT_LOGOUT_USER,
    PA_COUNT_LOGOUT_BACK_CHANNEL,
    PA_COUNT_LOGOUT_FRONT_CHANNEL,
    PA_COUNT_EXPIRED_IDLE,     /* requests of a session that had idled too long */
    PA_COUNT_EXPIRED_LIFETIME, /* or had lived long enough */
    PA_COUNT_SESSION,          /* made, with those that other modules keep for anonymous visitors */
    PA_COUNT_STORE_ERROR,
    PA_COUNT_PROVIDER_ERROR,
    PA_COUNT_KINDS
} pa_count;

/* Finds or makes the shared memory: a post_config hook. */
int pa_counters_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Adds one. */
void pa_counters_add(pa_count which);

apr_uint64_t pa_counters_read(pa_count which);

/* For a line in the log that says of a growing sum how much it grew since the last such line, of
 * whatever process, which was at least `interval` ago. 0: there is nothing to be said now. */
apr_uint64_t pa_counters_growth(apr_uint64_t sum, apr_time_t now, apr_interval_time_t interval);

#endif
