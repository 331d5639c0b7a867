/* inbound.c: applications believe what this module exports, so nobody else may say it. Scrubbed
 * once, at the top of every request, whatever becomes of it later. */
#include "inbound.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "config.h"

/* One of the names that only this module may say. */
typedef struct reserved_name {
    const char *folded;
    apr_size_t len;
    int whole; /* or what a name begins with */
} reserved_name;

/* A character of a header's name as it may reach an application: CGI makes '_' of '-', PHP of '.',
 * and lighttpd of whatever is no letter or digit; none of them tells cases apart. */
static char fold(char c)
{
    return apr_isalnum(c) ? (char)apr_tolower(c) : '-';
}

static void reserve(apr_pool_t *pool, pa_server_conf *conf, const char *name, int whole)
{
    char *folded = apr_pstrdup(pool, name);

    for (char *at = folded; *at; at++)
        *at = fold(*at);
    APR_ARRAY_PUSH(conf->reserved, reserved_name) =
        (reserved_name){ folded, strlen(folded), whole };
    conf->reserved_begin[(unsigned char)folded[0]] = 1;
}

void pa_inbound_complete(apr_pool_t *pool, pa_server_conf *conf)
{
    conf->reserved = apr_array_make(pool, conf->exported->nelts + 2, sizeof(reserved_name));
    reserve(pool, conf, "plusauth-", 0);
    reserve(pool, conf, "remote-user", 1);
    for (int i = 0; i < conf->exported->nelts; i++)
        reserve(pool, conf, APR_ARRAY_IDX(conf->exported, i, const char *), 1);
}

static int is_name(const reserved_name *reserved, const char *name)
{
    for (apr_size_t i = 0; i < reserved->len; i++)
        if (fold(name[i]) != reserved->folded[i] || !name[i])
            return 0;
    return !reserved->whole || !name[reserved->len];
}

static int is_forged(const pa_server_conf *conf, const char *name)
{
    /* Most names do not even begin like one. */
    if (!conf->reserved_begin[(unsigned char)fold(name[0])])
        return 0;
    for (int i = 0; i < conf->reserved->nelts; i++)
        if (is_name(&APR_ARRAY_IDX(conf->reserved, i, reserved_name), name))
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
    apr_size_t len = conf->callback_len;

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
