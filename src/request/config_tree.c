/* config_tree.c: see config_tree.h. */
#include "config_tree.h"

#include <apr_strings.h>
#include <http_config.h>

int pa_config_tree_is(const ap_directive_t *directive, const char *name)
{
    return ap_cstr_casecmp(directive->directive, name) == 0;
}

const char *pa_config_tree_argument(apr_pool_t *pool, const ap_directive_t *directive)
{
    const char *args = directive->args;

    return ap_getword_conf(pool, &args);
}

static const ap_directive_t *last_of(const ap_directive_t *first, const char *const *names)
{
    const ap_directive_t *last = NULL;

    for (const ap_directive_t *at = first; at; at = at->next)
        for (int i = 0; names[i]; i++)
            if (pa_config_tree_is(at, names[i]))
                last = at;
    return last;
}

static int is_section_of(const ap_directive_t *at, const server_rec *s)
{
    return pa_config_tree_is(at, "<VirtualHost") && s->defn_name
           && at->line_num == (int)s->defn_line_number && strcmp(at->filename, s->defn_name) == 0;
}

const ap_directive_t *pa_config_tree_said(const server_rec *s, const char *const *names)
{
    const ap_directive_t *found = NULL, *last;

    if (!s->is_virtual)
        return last_of(ap_conftree, names);
    for (const ap_directive_t *at = ap_conftree; at; at = at->next)
        if (is_section_of(at, s) && (last = last_of(at->first_child, names)))
            found = last;
    return found;
}

server_rec *pa_config_tree_host(server_rec *main_server, const ap_directive_t *section)
{
    for (server_rec *s = main_server->next; s; s = s->next)
        if (is_section_of(section, s))
            return s;
    return NULL;
}
