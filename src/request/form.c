/* form.c: see form.h. */
#include "form.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "../base/url.h"

/* For the whole body, however slowly it drips; httpd's Timeout bounds each wait. */
#define READ_TIME_MAX apr_time_from_sec(20)

static int is_form(request_rec *r)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    apr_size_t len = sizeof(form) - 1;

    return type && ap_cstr_casecmpn(type, form, len) == 0
           && (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

static int read_body(request_rec *r, char *body, apr_size_t max)
{
    apr_time_t until = apr_time_now() + READ_TIME_MAX;
    apr_size_t len = 0;
    long got;

    while ((got = ap_get_client_block(r, body + len, max + 1 - len)) > 0) {
        len += (apr_size_t)got;
        if (len > max)
            return HTTP_REQUEST_ENTITY_TOO_LARGE;
        if (apr_time_now() > until)
            return HTTP_REQUEST_TIME_OUT;
    }
    body[len] = '\0';
    return got < 0 || memchr(body, '\0', len) ? HTTP_BAD_REQUEST : OK;
}

int pa_form_read(request_rec *r, apr_table_t **out)
{
    char *body;
    int status;

    if (!is_form(r))
        return HTTP_UNSUPPORTED_MEDIA_TYPE;
    if ((status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK)) != OK)
        return status;
    if (r->remaining > PA_FORM_MAX)
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    body = apr_palloc(r->pool, PA_FORM_MAX + 2);
    body[0] = '\0';
    if (ap_should_client_block(r) && (status = read_body(r, body, PA_FORM_MAX)) != OK)
        return status;
    return pa_form_parse(r->pool, body, out) ? HTTP_BAD_REQUEST : OK;
}
