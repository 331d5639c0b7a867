/* trace.h: the story of one request for whoever reads the log at debug: what was asked of whom, how
 * long it took, what came, which rules were checked. The layers below src/request know no request:
 * they tell it to the pool that the request's work is done in, and where nobody listens to that
 * pool it costs one look-up. No credential: names of members and claims, never their values. */
#ifndef PA_TRACE_H
#define PA_TRACE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

typedef void pa_trace_sink(void *context, const char *line);

/* From now on, what is told to `pool` itself goes to `sink`. */
void pa_trace_listen(apr_pool_t *pool, pa_trace_sink *sink, void *context);

/* Whether anybody listens: before work that is only for pa_trace. */
int pa_trace_is_on(apr_pool_t *pool);

/* A line without an end of line. */
void pa_trace(apr_pool_t *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "NAME has a, b, c": the names of an object's members, of a table's entries. */
void pa_trace_members(apr_pool_t *pool, const char *name, const json_t *object);
void pa_trace_names(apr_pool_t *pool, const char *name, const apr_table_t *table);

#endif
