/* log.c: see log.h. */
#include "log.h"

#include <apr_strings.h>

#include "../base/crypto.h"
#include "../base/trace.h"
#include "../plusauth.h"

#define ID_NOTE "plusauth-request-id"
#define RANDOM_LEN 16

static const char *random_id(apr_pool_t *pool)
{
    unsigned char bytes[RANDOM_LEN];
    char *hex = apr_palloc(pool, 2 * sizeof(bytes) + 1);

    if (pa_random(bytes, sizeof(bytes)))
        return "-";
    ap_bin2hex(bytes, sizeof(bytes), hex);
    return hex;
}

const char *pa_log_request_id(request_rec *r)
{
    const char *id;

    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    id = apr_table_get(r->notes, ID_NOTE);
    if (id)
        return id;
    id = apr_table_get(r->subprocess_env, "UNIQUE_ID");
    if (!id)
        id = r->log_id ? r->log_id : random_id(r->pool);
    apr_table_setn(r->notes, ID_NOTE, id);
    return id;
}

/* The virtual host as its ServerName says. */
static const char *host_of(const request_rec *r)
{
    const server_rec *s = r->server;

    return s->port ? apr_psprintf(r->pool, "%s:%u", s->server_hostname, (unsigned int)s->port)
                   : s->server_hostname;
}

void pa_log_limited_kind(request_rec *r, int level, apr_status_t rv, const pa_log_kind *kind,
                         const char *format, va_list args)
{
    apr_uint64_t left_out = 0;
    const char *more = "";

    if (!APLOG_R_IS_LEVEL(r, level))
        return;
    if (!pa_log_limit_take(r, kind->name, kind->lines, &left_out)) {
        level = APLOG_DEBUG;
        if (!APLOG_R_IS_LEVEL(r, level))
            return;
    }
    if (left_out)
        more = apr_psprintf(r->pool, " (%" APR_UINT64_T_FMT " more like this were not written)",
                            left_out);
    ap_log_rerror(APLOG_MARK, level, rv, r, "[%s] %s: %s%s", pa_log_request_id(r), host_of(r),
                  apr_pvsprintf(r->pool, format, args), more);
}

void pa_log_limited(request_rec *r, int level, apr_status_t rv, const char *format, ...)
{
    pa_log_kind kind = { format, PA_LOG_KIND_LINES };
    va_list args;

    va_start(args, format);
    pa_log_limited_kind(r, level, rv, &kind, format, args);
    va_end(args);
}

static void write_trace(void *context, const char *line)
{
    request_rec *r = context;

    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "[%s] %s", pa_log_request_id(r), line);
}

void pa_log_trace(request_rec *r)
{
    if (APLOG_R_IS_LEVEL(r, APLOG_DEBUG) && !pa_trace_is_on(r->pool))
        pa_trace_listen(r->pool, write_trace, r);
}

void pa_log_step_write(request_rec *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_trace(r, apr_pvsprintf(r->pool, format, args));
    va_end(args);
}
