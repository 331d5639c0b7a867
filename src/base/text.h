/* text.h: text from elsewhere, made fit for a log line. */
#ifndef PA_TEXT_H
#define PA_TEXT_H

#include <apr_pools.h>

/* The first `max` bytes with a space for each that is no printable ASCII. */
char *pa_text_printable(apr_pool_t *pool, const char *text, apr_size_t max);

/* Whether it is printable ASCII without a space, not empty and of at most `max` bytes, as a token
 * must be that goes into a header (RFC 6750 2.1). */
int pa_text_is_token(const char *text, apr_size_t max);

#endif
