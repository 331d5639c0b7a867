/* refusal.c: see refusal.h.
 *
 * An error is the status that a hook returns, and our page is httpd's "custom response" to it, so
 * no phase after the failed one runs: nothing here could serve what was to be protected. */
#include "refusal.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>

#include "../base/json.h"
#include "../state/log.h"
#include "config.h"
#include "page.h"

#define JSON_TYPE "application/json"
#define HTML_TYPE "text/html; charset=utf-8"
#define TYPE_FILTER "PLUSAUTH_ERROR_TYPE"

static const struct {
    int status;
    const char *title;
} titles[] = {
    { HTTP_BAD_REQUEST, "Sign-in was not completed" },
    { HTTP_UNAUTHORIZED, "You are not signed in" },
    { HTTP_FORBIDDEN, "Access denied" },
    { HTTP_METHOD_NOT_ALLOWED, "Not possible here" },
    { HTTP_BAD_GATEWAY, "The sign-in service cannot be reached" },
    { HTTP_SERVICE_UNAVAILABLE, "Temporarily unavailable" },
    { HTTP_GATEWAY_TIME_OUT, "The sign-in service does not answer" },
};

static const char *error_title(int status)
{
    for (apr_size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Something went wrong";
}

static const char *json_error(request_rec *r, const pa_page *page, const char *location)
{
    json_t *object = pa_json_own(r->pool, json_object());
    const char *text;

    /* A text that is no UTF-8 is left out. */
    json_object_set_new(object, "error", json_string(page->error));
    json_object_set_new(object, "message", json_string(page->message));
    json_object_set_new(object, "request_id", json_string(pa_log_request_id(r)));
    if (location)
        json_object_set_new(object, "location", json_string(location));
    text = pa_json_dump(r->pool, object, 0);
    return apr_pstrcat(r->pool, text ? text : "{}", "\n", NULL);
}

/* Where the media type of our answer to an error with this status is noted. */
static const char *type_note(request_rec *r, int status)
{
    return apr_psprintf(r->pool, "plusauth-error-type-%d", status);
}

static void answer_error(request_rec *r, const pa_page *page, const char *location)
{
    const char *type = JSON_TYPE;
    const char *body;

    if (pa_page_prefers_json(r)) {
        body = json_error(r, page, location);
        pa_page_set_headers(r->err_headers_out, NULL);
    }
    else {
        pa_rendered html = pa_page_render(r, page);

        type = HTML_TYPE;
        /* The line end: httpd takes a text that begins as a path or an URL does for one. */
        body = apr_psprintf(r->pool, "\n%.*s", (int)html.body.len, (const char *)html.body.at);
        pa_page_set_headers(r->err_headers_out, html.csp);
    }
    apr_table_setn(r->notes, type_note(r, page->status), type);
    ap_custom_response(r, page->status, body);
}

/* RFC 9110 11.6.1: a 401 names a way in. */
static const char *way_in(request_rec *r)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const char *location = apr_pstrcat(r->pool, conf->origin, conf->path[PA_PATH_LOGIN], NULL);

    apr_table_setn(r->err_headers_out, "WWW-Authenticate",
                   apr_psprintf(r->pool, "PlusAuth location=\"%s\"", location));
    return location;
}

static void answer(request_rec *r, const pa_refusal *what)
{
    pa_page page = { .file = "error.html",
                     .status = what->status,
                     .title = what->title ? what->title : error_title(what->status),
                     .error = what->error,
                     .message = what->message };
    int answered = apr_table_get(r->notes, type_note(r, what->status)) != NULL;
    const char *location = what->status == HTTP_UNAUTHORIZED ? way_in(r) : NULL;

    apr_table_setn(r->subprocess_env, "PLUSAUTH_ERROR", what->error);
    apr_table_setn(r->subprocess_env, "PLUSAUTH_MESSAGE", what->message);
    /* Who made a sub-request makes his own of its failure. */
    if (!r->main && (answered || !ap_response_code_string(r, ap_index_of_response(what->status))))
        answer_error(r, &page, location);
}

int pa_refuse(request_rec *r, const pa_refusal *what, const char *format, ...)
{
    pa_log_kind kind = { what->kind ? what->kind : format,
                         what->lines ? what->lines : PA_LOG_KIND_LINES };
    int level = ap_is_HTTP_SERVER_ERROR(what->status) ? APLOG_ERR : APLOG_WARNING;
    va_list args;

    va_start(args, format);
    pa_log_limited_kind(r, level, what->rv, &kind, format, args);
    va_end(args);
    answer(r, what);
    return what->status;
}

/* httpd calls every custom response ISO 8859-1 HTML, after this hook: a filter says what it is. */
static void insert_error_filter(request_rec *r)
{
    if (apr_table_get(r->notes, type_note(r, r->status)))
        ap_add_output_filter(TYPE_FILTER, NULL, r, r->connection);
}

static apr_status_t set_error_type(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    const char *type = apr_table_get(f->r->notes, type_note(f->r, f->r->status));

    if (type)
        ap_set_content_type(f->r, type);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void pa_refusal_register(void)
{
    ap_register_output_filter(TYPE_FILTER, set_error_type, NULL, AP_FTYPE_RESOURCE);
    ap_hook_insert_error_filter(insert_error_filter, NULL, NULL, APR_HOOK_MIDDLE);
}
