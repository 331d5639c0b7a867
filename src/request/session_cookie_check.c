/* session_cookie_check.c: see session_cookie_check.h. */
#include "session_cookie_check.h"

#include <apr_strings.h>
#include <http_config.h>
#include <util_cfgtree.h>

/* What is looked at for one host. */
typedef struct search {
    apr_pool_t *pool;
    const server_rec *host;
    pa_server_conf *conf;
} search;

static int is_cookie_name(const ap_directive_t *at)
{
    static const char *const names[] = { "SessionCookieName", "SessionCookieName2",
                                         "SessionDBDCookieName", "SessionDBDCookieName2" };

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ap_cstr_casecmp(at->directive, names[i]) == 0)
            return 1;
    return 0;
}

/* Whether an attribute is among those after the name: "path=/;HttpOnly;Secure". */
static int has_attribute(apr_pool_t *pool, const char *attributes, const char *name)
{
    char *list = apr_pstrdup(pool, attributes), *state;

    for (char *one = apr_strtok(list, "; \t\"", &state); one;
         one = apr_strtok(NULL, "; \t\"", &state))
        if (ap_cstr_casecmp(one, name) == 0)
            return 1;
    return 0;
}

/* httpd adds HttpOnly and Secure by itself only where no attribute is said. */
static const char *check_directive(const search *of, const ap_directive_t *at)
{
    const char *attributes = at->args;
    const char *name = ap_getword_white(of->pool, &attributes);
    const char *missing = NULL;

    APR_ARRAY_PUSH(of->conf->visit.foreign_cookies, const char *) = name;
    if (!*attributes)
        return NULL;
    if (!has_attribute(of->pool, attributes, "HttpOnly"))
        missing = "HttpOnly";
    else if (of->conf->secure && !has_attribute(of->pool, attributes, "Secure"))
        missing = "Secure";
    if (!missing)
        return NULL;
    return apr_psprintf(of->pool,
                        "PlusAuthSessionStore mod_session: %s %s (line %d of %s) lacks %s, and "
                        "whoever gets that cookie has the session: write %s path=/;HttpOnly;%s"
                        "SameSite=Lax",
                        at->directive, at->args, at->line_num, at->filename, missing, name,
                        of->conf->secure ? "Secure;" : "");
}

/* Whether a section holds for the host: every one but those of other virtual hosts. */
static int is_of_host(const search *of, const ap_directive_t *section)
{
    if (ap_cstr_casecmp(section->directive, "<VirtualHost") != 0)
        return 1;
    return of->host->is_virtual && of->host->defn_name
           && section->line_num == (int)of->host->defn_line_number
           && strcmp(section->filename, of->host->defn_name) == 0;
}

static const char *check_tree(const search *of, const ap_directive_t *first)
{
    const char *why = NULL;

    for (const ap_directive_t *at = first; at && !why; at = at->next)
        if (is_cookie_name(at))
            why = check_directive(of, at);
        else if (at->first_child && is_of_host(of, at))
            why = check_tree(of, at->first_child);
    return why;
}

const char *pa_session_cookie_check(apr_pool_t *pool, const server_rec *s, pa_server_conf *conf)
{
    const search of = { pool, s, conf };

    conf->visit.foreign_cookies = apr_array_make(pool, 2, sizeof(const char *));
    if (!conf->store || conf->store->keeping != PA_KEEP_MOD_SESSION)
        return NULL;
    return check_tree(&of, ap_conftree);
}
