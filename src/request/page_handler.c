/* page_handler.c: see page_handler.h. */
#include "page_handler.h"

#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>

#include "config.h"
#include "refusal.h"
#include "page.h"
#include "template.h"

static const pa_refusal only_read = { .status = HTTP_METHOD_NOT_ALLOWED,
                                      .error = "method_not_allowed",
                                      .message = "This page can only be read." };
static const pa_refusal no_page = { .status = HTTP_INTERNAL_SERVER_ERROR,
                                    .error = "misconfigured",
                                    .message = "This server is not set up completely." };

static int handle(request_rec *r)
{
    pa_page page = { .file = pa_dir_conf_get(r)->page, .status = HTTP_OK };

    if (!r->handler || strcmp(r->handler, "plusauth-page") != 0 || pa_dir_conf_get(r)->engine == 0)
        return DECLINED;
    pa_template_shield(r);
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS)
        return ap_send_http_options(r);
    if (r->method_number != M_GET)
        return pa_refuse(r, &only_read, "page: method %s", r->method);
    if (page.file)
        return pa_page_send(r, &page);
    return pa_refuse(
        r, &no_page,
        "SetHandler plusauth-page without a page: write PlusAuthPage index.html beside "
        "it");
}

/* mod_dir looks for an index file wherever a path is a directory, and redirects there. */
static int fix_directory(request_rec *r)
{
    if (r->handler && strcmp(r->handler, "plusauth-page") == 0)
        r->finfo.filetype = APR_NOFILE;
    return DECLINED;
}

void pa_page_handler_register(void)
{
    static const char *const readers[] = { "mod_dir.c", NULL };

    ap_hook_fixups(fix_directory, NULL, readers, APR_HOOK_MIDDLE);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}
