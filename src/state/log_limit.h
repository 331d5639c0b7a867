/* log_limit.h: how often strangers can make this server write one kind of line into its error log.
 * In memory that all processes and virtual hosts share, without a lock; reloads go on with it. */
#ifndef PA_LOG_LIMIT_H
#define PA_LOG_LIMIT_H

#include <httpd.h>

/* Lines of one kind within one minute: for one client (an IPv4 address, an IPv6 /64), and for all
 * clients together. The first bound keeps the lines of others findable while one client floods. */
#define PA_LOG_CLIENT_LINES 10
#define PA_LOG_KIND_LINES 100

/* Finds or makes the shared memory: a post_config hook. */
int pa_log_limit_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Whether one more line of this kind may be written for the client of `r` now. `lines` is what all
 * clients may have of it in a minute. If it may, *left_out is how many were refused since the last
 * one that was not; else this one counts as left out. */
int pa_log_limit_take(request_rec *r, const char *kind, unsigned int lines, apr_uint64_t *left_out);

/* Logs how many lines were left out in the minutes that are over, for kinds of which no line has
 * told it: a monitor hook, which httpd runs in its parent process every ten seconds. */
int pa_log_limit_report(apr_pool_t *pool, server_rec *s);

#endif
