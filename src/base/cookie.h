/* cookie.h: the Cookie request header, one parser for all (RFC 6265 section 4.2). */
#ifndef PA_COOKIE_H
#define PA_COOKIE_H

#include <apr_pools.h>

#include "bytes.h"

typedef struct pa_cookie {
    pa_bytes name;
    pa_bytes value;
    pa_bytes whole; /* name=value as it stands in the header */
} pa_cookie;

/* Steps through a Cookie header. *cursor starts at its text and moves on. 1 and *out set for each
 * pair that has a name and '='; 0 at the end. Nothing is copied. */
int pa_cookie_next(const char **cursor, pa_cookie *out);

#endif
