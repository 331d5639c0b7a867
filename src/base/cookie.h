/* cookie.h: the Cookie request header, one parser for all (RFC 6265 section 4.2). */
#ifndef PA_COOKIE_H
#define PA_COOKIE_H

#include <apr_pools.h>

#include "bytes.h"

typedef struct pa_cookie {
    pa_bytes name; /* empty where this is no name=value */
    pa_bytes value;
} pa_cookie;

/* Steps through a Cookie header. Only ';' divides (RFC 6265 5.4, RFC 9113 8.2.3): a comma is part
 * of a value, also the one by which httpd joins several Cookie fields. *cursor starts at the
 * header's text and moves behind each part and its ';'. 1 and *out set for each part; 0 at the end.
 * Nothing is copied. */
int pa_cookie_next(const char **cursor, pa_cookie *out);

#endif
