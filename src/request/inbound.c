/* inbound.c: applications believe what this module exports, so nobody else may say it. Scrubbed
 * once, at the top of every request, whatever becomes of it later. */
#include "inbound.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "config.h"

/* A character of a header's name as CGI sees it, where '-' and '_' and cases are one. */
static char fold(char c)
{
    return c == '_' ? '-' : (char)apr_tolower(c);
}

/* Whether the name begins with the (folded) prefix; the whole of it when `whole`. */
static int matches(const char *name, const char *folded, int whole)
{
    while (*folded && fold(*name) == *folded) {
        name++;
        folded++;
    }
    return !*folded && (!whole || !*name);
}

/* Of the same name, in whatever spelling. */
static int same_name(const char *a, const char *b)
{
    while (*a && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return fold(*a) == fold(*b);
}

static int is_forged(const pa_server_conf *conf, const char *name)
{
    char first = fold(name[0]);

    if ((first == 'p' && matches(name, "plusauth-", 0))
        || (first == 'r' && matches(name, "remote-user", 1)))
        return 1;
    for (int i = 0; i < conf->exported->nelts; i++)
        if (same_name(name, APR_ARRAY_IDX(conf->exported, i, const char *)))
            return 1;
    return 0;
}

static void scrub(request_rec *r, const pa_server_conf *conf)
{
    const apr_array_header_t *headers = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)headers->elts;

    for (int i = 0; i < headers->nelts; i++) {
        if (!is_forged(conf, entry[i].key))
            continue;
        apr_table_unset(r->headers_in, entry[i].key);
        i = -1; /* the table has moved: look again */
    }
}

/* The code and the state that a browser brings back are for nobody who reads an access log or
 * server-status: not those either that come to the path of a provider which is no longer here. */
static void hide_answer(request_rec *r, const pa_server_conf *conf)
{
    const char *query = r->args ? strchr(r->the_request, '?') : NULL, *protocol;
    const char *callback = conf->path[PA_PATH_CALLBACK];
    apr_size_t len = strlen(callback);

    if (!query || strncmp(r->uri, callback, len) != 0 || (r->uri[len] && r->uri[len] != '/'))
        return;
    protocol = strchr(query, ' ');
    r->the_request =
        apr_pstrcat(r->pool, apr_pstrmemdup(r->pool, r->the_request, query - r->the_request),
                    protocol ? protocol : "", NULL);
}

int pa_inbound(request_rec *r)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);

    /* What continues a request carries its headers. One that httpd refuses while it reads it, as
     * one without Host, was never here: its ErrorDocument is the first to come. */
    if (!conf->enabled || r->main || (r->prev && pa_visit_of(r)))
        return DECLINED;
    scrub(r, conf);
    hide_answer(r, conf);
    while (r->prev)
        r = r->prev;
    pa_visit_begin(r, &conf->visit);
    return DECLINED;
}
