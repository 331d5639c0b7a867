/* redirect.c: see redirect.h. */
#include "redirect.h"

#include <apr_strings.h>

#include "config.h"

int pa_redirect(request_rec *r, const char *url)
{
    apr_table_setn(r->headers_out, "Location", url);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return r->method_number == M_GET ? HTTP_MOVED_TEMPORARILY : HTTP_SEE_OTHER;
}

int pa_redirect_home(request_rec *r, const char *path)
{
    return pa_redirect(r, apr_pstrcat(r->pool, pa_server_conf_get(r->server)->origin, path, NULL));
}
