/* log.h: lines in the error log that belong to a request. Each begins with the request's id, which
 * our error pages show, and the virtual host. */
#ifndef PA_LOG_H
#define PA_LOG_H

#include <stdarg.h>

#include "log_limit.h"

/* Names the request on a page and in the log: mod_unique_id's id, else httpd's own log id, else
 * random. The same for all of a request's sub-requests and internal redirects. */
const char *pa_log_request_id(request_rec *r);

/* For what a stranger can cause: writes a line at `level` (APLOG_WARNING ...) as often as the
 * limits of log_limit.h allow; beyond them it is a line at debug, and the next one tells how many
 * were left out. `format` is a literal: what it says is the kind of the line. No line end. */
void pa_log_limited(request_rec *r, int level, apr_status_t rv, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with a kind that is not the format, and with a bound of its own for all clients. */
typedef struct pa_log_kind {
    const char *name;
    unsigned int lines; /* a minute, such as PA_LOG_KIND_LINES */
} pa_log_kind;

void pa_log_limited_kind(request_rec *r, int level, apr_status_t rv, const pa_log_kind *kind,
                         const char *format, va_list args) __attribute__((format(printf, 5, 0)));

/* From now on, what pa_trace (base/trace.h) is told about this request is logged at debug, and
 * pa_log_step too: nothing of it costs anything where that level is off. */
void pa_log_trace(request_rec *r);

/* A step in the story of this request, at debug: names of cookies, paths and claims, no values. */
#define pa_log_step(r, ...)                                                                        \
    do {                                                                                           \
        if (APLOG_R_IS_LEVEL(r, APLOG_DEBUG))                                                      \
            pa_log_step_write(r, __VA_ARGS__);                                                     \
    } while (0)
void pa_log_step_write(request_rec *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
