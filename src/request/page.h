/* page.h: what people see: pages from templates, and errors as a page or as JSON. */
#ifndef PA_PAGE_H
#define PA_PAGE_H

#include "../plusauth.h"

/* A page. What is NULL is not on it. */
typedef struct pa_page {
    const char *file; /* in the templates directory, such as "goodbye.html" */
    int status;
    const char *title;       /* the heading of an error, before the site's name in <title> */
    const char *error;       /* a code, such as access_denied */
    const char *message;     /* a sentence for people */
    const char *confirm;     /* token for the logout confirmation form in goodbye.html */
    const char *form_target; /* origin to which the answer to that form redirects (CSP) */
    const char
        *provider_logout; /* URL of the provider's logout, for who was signed out here alone */
} pa_page;

/* The tail of a content handler: sends the page with its status. Returns what the handler should:
 * OK, or the status of a request body that cannot be read. When the templates fail, the reason is
 * logged and a small page of ours says the same. */
int pa_page_send(request_rec *r, const pa_page *page);

/* In any phase: has httpd answer with `status`, and tells `error` and `message` on error.html or,
 * to a client that prefers it, in JSON. A 401 says where to log in. Returns `status`, for the hook
 * to return: that httpd then serves nothing else is httpd's own rule. An ErrorDocument for the
 * status wins; it finds the texts in REDIRECT_PLUSAUTH_ERROR and REDIRECT_PLUSAUTH_MESSAGE. Headers
 * such as Retry-After belong in r->err_headers_out. */
int pa_page_error(request_rec *r, int status, const char *error, const char *message);

/* Names the request on the page and in the log: mod_unique_id's, else httpd's own log id, else
 * random. The same for all of a request's sub-requests and internal redirects. */
const char *pa_page_request_id(request_rec *r);

/* Whether the client is a program that prefers JSON to HTML, by what it says of itself: Accept,
 * X-Requested-With and Sec-Fetch-Mode. */
int pa_page_prefers_json(request_rec *r);

/* Content handler of `SetHandler plusauth-page`: serves the place's PlusAuthPage. */
int pa_page_handler(request_rec *r);

/* Registers the handler, what gives error responses their type, and the 403 of a user who is signed
 * in and not allowed. */
void pa_page_register(apr_pool_t *pool);

#endif
