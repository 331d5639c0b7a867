/* refusal.h: every request that this module refuses is refused here: the client is told on a page
 * or in JSON, and the error log tells the administrator, in one line with the id that the client
 * sees.
 */
#ifndef PA_REFUSAL_H
#define PA_REFUSAL_H

#include "../plusauth.h"

/* What the client is told. Written down once, as a constant, for each thing that can be wrong. */
typedef struct pa_refusal {
    const char *error;   /* a code for programs, such as access_denied */
    const char *message; /* a sentence for people */
    const char *title;   /* of the page; NULL: what goes with the status */
    int status;          /* of HTTP */
    /* About the log; 0 or NULL for what is usual. */
    apr_status_t rv;
    const char *kind;   /* of the line, see pa_log_kind: else the line's format */
    unsigned int lines; /* of its kind that one minute may have: else PA_LOG_KIND_LINES */
} pa_refusal;

/* What happens all the time on a server where nothing is wrong: a script that asks before somebody
 * has signed in. Nobody reads its id to a helpdesk, so it gets few lines (pa_refusal.lines). */
#define PA_REFUSAL_ORDINARY_LINES 10

/* In any phase: has httpd answer with `what->status`, and tells the error and the message on
 * error.html or, to a client that prefers it, in JSON. A 401 says where to log in. Returns the
 * status, for the hook to return: that httpd then serves nothing else is httpd's own rule. An
 * ErrorDocument for the status wins; it finds the texts in REDIRECT_PLUSAUTH_ERROR and
 * REDIRECT_PLUSAUTH_MESSAGE. Headers such as Retry-After belong in r->err_headers_out.
 *
 * `format` makes the line in the log: what is wrong and, where an administrator can cure it, which
 * directive to write where. The id and the host are put in front. At `error` for a status from 500
 * on, else at `warn`: the default LogLevel shows it. Strangers can cause most refusals, so the line
 * is written as often as pa_log_limited writes one. */
int pa_refuse(request_rec *r, const pa_refusal *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Registers what gives error responses their media type. */
void pa_refusal_register(void);

#endif
