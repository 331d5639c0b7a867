/* lifetime.c: see lifetime.h. Filters of the connection see all that is read and sent, also by a
 * tunnel of mod_proxy. They look at the clock when something passes: what is silent ends with
 * httpd's Timeout. */
#include "lifetime.h"

#include <http_protocol.h>
#include <util_filter.h>

#include "../state/session.h"
#include "config.h"
#include "route.h"

/* So much is sent to a client that takes its time before the clock is looked at again. */
#define PIECE 65536

/* Stays with its connection. */
typedef struct deadline {
    apr_time_t end; /* of the present request; 0: it has none */
    apr_bucket_brigade *rest;
} deadline;

static ap_filter_rec_t *reader, *writer;

static int is_over(ap_filter_t *f)
{
    const deadline *limit = f->ctx;

    if (!limit->end || apr_time_now() < limit->end)
        return 0;
    if (!f->c->aborted)
        ap_log_cerror(APLOG_MARK, APLOG_INFO, 0, f->c, "ended by PlusAuthConnectionLifetime");
    f->c->aborted = 1;
    return 1;
}

static apr_status_t read_in(ap_filter_t *f, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t bytes)
{
    return is_over(f) ? APR_ECONNABORTED : ap_get_brigade(f->next, brigade, mode, block, bytes);
}

/* Otherwise httpd would take a whole file at once, and send it without asking again. */
static apr_status_t send_pieces(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    deadline *limit = f->ctx;
    apr_status_t rv = APR_SUCCESS;
    apr_bucket *cut;

    while (rv == APR_SUCCESS && limit->end
           && apr_brigade_partition(brigade, PIECE, &cut) == APR_SUCCESS) {
        apr_brigade_split_ex(brigade, cut, limit->rest);
        rv = is_over(f) ? APR_ECONNABORTED : ap_fflush(f->next, brigade);
        apr_brigade_cleanup(brigade);
        APR_BRIGADE_CONCAT(brigade, limit->rest);
    }
    return rv;
}

static apr_status_t write_out(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    conn_rec *c = f->c;
    int was_over = c->aborted;
    apr_status_t rv = send_pieces(f, brigade);

    if (rv == APR_SUCCESS && !is_over(f))
        return ap_pass_brigade(f->next, brigade);
    apr_brigade_cleanup(brigade);
    /* A stream of HTTP/2 would stay open without another word. */
    if (c->master && !was_over) {
        APR_BRIGADE_INSERT_TAIL(
            brigade, ap_bucket_error_create(HTTP_GATEWAY_TIME_OUT, NULL, c->pool, c->bucket_alloc));
        ap_pass_brigade(f->next, brigade);
        apr_brigade_cleanup(brigade);
    }
    return APR_ECONNABORTED;
}

static deadline *limit_of(request_rec *r)
{
    conn_rec *c = r->connection;
    deadline *made;

    for (const ap_filter_t *f = c->output_filters; f; f = f->next)
        if (f->frec == writer)
            return f->ctx;
    made = apr_pcalloc(c->pool, sizeof(*made));
    made->rest = apr_brigade_create(c->pool, c->bucket_alloc);
    ap_add_input_filter_handle(reader, made, r, c);
    ap_add_output_filter_handle(writer, made, r, c);
    return made;
}

static apr_status_t lift(void *data)
{
    ((deadline *)data)->end = 0;
    return APR_SUCCESS;
}

int pa_lifetime_fixup(request_rec *r)
{
    apr_interval_time_t longest = pa_dir_conf_get(r)->connection_lifetime;
    const pa_session *session = NULL;
    apr_time_t end;
    deadline *limit;

    if (longest <= 0 || r->main || pa_route_is(r) || !pa_config_is_active(r)
        || pa_session_load(r, &session) != APR_SUCCESS || !session)
        return DECLINED;
    end = session->created + pa_visit_of(r)->settings->lifetime;
    limit = limit_of(r);
    limit->end = r->request_time + longest < end ? r->request_time + longest : end;
    apr_pool_cleanup_register(r->pool, limit, lift, apr_pool_cleanup_null);
    return DECLINED;
}

void pa_lifetime_register(void)
{
    reader = ap_register_input_filter("PLUSAUTH_LIFETIME_IN", read_in, NULL, AP_FTYPE_CONNECTION);
    writer =
        ap_register_output_filter("PLUSAUTH_LIFETIME_OUT", write_out, NULL, AP_FTYPE_CONNECTION);
}
