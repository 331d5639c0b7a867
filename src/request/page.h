/* page.h: what people see: pages from templates. */
#ifndef PA_PAGE_H
#define PA_PAGE_H

#include "../base/bytes.h"
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

/* A page's text before it is sent, and the Content-Security-Policy that goes with it. When the
 * templates fail, the reason is logged and the text is a small page of ours that says the same. */
typedef struct pa_rendered {
    pa_bytes body;
    const char *csp;
} pa_rendered;

pa_rendered pa_page_render(request_rec *r, const pa_page *page);

/* The header fields of every page and error of ours; `csp` may be NULL. */
void pa_page_set_headers(apr_table_t *headers, const char *csp);

/* Whether the client is a program that prefers JSON to HTML, by what it says of itself: Accept,
 * X-Requested-With and Sec-Fetch-Mode. */
int pa_page_prefers_json(request_rec *r);

#endif
