/* place_check.c: see place_check.h. */
#include "place_check.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mod_session.h>

#include "config_tree.h"
#include "file_check.h"
#include "template.h"

/* Where the directive that is looked at stands. */
typedef struct place {
    apr_pool_t *pool;
    server_rec *main_server;
    const server_rec *host;         /* of the virtual host; NULL: in the main server, for all */
    const ap_directive_t *section;  /* the innermost; NULL: none */
    const ap_directive_t *siblings; /* the first directive there */
} place;

static const char *where(const place *at, const ap_directive_t *directive)
{
    return apr_psprintf(at->pool, "%s %s (line %d of %s)", directive->directive, directive->args,
                        directive->line_num, directive->filename);
}

static const char *name_of(const server_rec *s)
{
    return s->server_hostname ? s->server_hostname : "this host";
}

/* Whether a check of hosts holds in one of those that the place is in. Hosts that PlusAuthEngine
 * keeps out are not asked; where no host is left, nothing is wrong. */
static int holds(const place *at, const void *baton,
                 int (*check)(const server_rec *s, const pa_server_conf *conf, const void *baton))
{
    int asked = 0;

    for (const server_rec *s = at->main_server; s; s = s->next) {
        const pa_server_conf *conf = pa_server_conf_get(s);

        if ((at->host && s != at->host) || conf->engine == 0)
            continue;
        if (check(s, conf, baton))
            return 1;
        asked = 1;
    }
    return !asked;
}

static int has_provider(const server_rec *s, const pa_server_conf *conf, const void *name)
{
    return conf->enabled && apr_hash_get(conf->providers, name, APR_HASH_KEY_STRING) != NULL;
}

static int has_any_provider(const server_rec *s, const pa_server_conf *conf, const void *unused)
{
    return conf->enabled;
}

/* Of the place itself. That of an outer one is merged in by httpd, and found by a request. */
static const ap_directive_t *sibling(const place *at, const char *name)
{
    const ap_directive_t *found = NULL;

    for (const ap_directive_t *one = at->siblings; one; one = one->next)
        if (pa_config_tree_is(one, name))
            found = one;
    return found;
}

static int is_off(const place *at, const char *name)
{
    const ap_directive_t *said = sibling(at, name);

    return said && ap_cstr_casecmp(pa_config_tree_argument(at->pool, said), "off") == 0;
}

/* mod_session's own configuration: whether it says Session On, Off (0), or nothing (-1). */
static int session_said(const ap_conf_vector_t *vector)
{
    const module *mod_session = ap_find_linked_module("mod_session.c");
    const session_dir_conf *conf = ap_get_module_config(vector, mod_session);

    return conf && conf->enabled_set ? conf->enabled : -1;
}

/* Whether this <Location> has the path, as httpd compares them. */
static int covers(const core_dir_config *location, const char *path)
{
    apr_size_t len = location->d ? strlen(location->d) : 0;

    if (location->r)
        return ap_regexec(location->r, path, 0, NULL, 0) == 0;
    if (location->d_is_fnmatch)
        return apr_fnmatch(location->d, path, APR_FNM_PATHNAME) == APR_SUCCESS;
    return len && strncmp(location->d, path, len) == 0
           && (location->d[len - 1] == '/' || path[len] == '/' || !path[len]);
}

static int session_is_on(const server_rec *s, const char *path)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    int on = session_said(s->lookup_defaults);

    for (int i = 0; i < core->sec_url->nelts; i++) {
        const ap_conf_vector_t *vector = APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *);
        int said = session_said(vector);

        if (said >= 0 && covers(ap_get_core_module_config(vector), path))
            on = said;
    }
    return on == 1;
}

static int has_session(const server_rec *s, const pa_server_conf *conf, const void *path)
{
    return session_is_on(s, path);
}

/* The paths at which a login begins and ends, and a session ends. */
static int has_session_at_paths(const server_rec *s, const pa_server_conf *conf, const void *unused)
{
    static const pa_path paths[] = { PA_PATH_LOGIN, PA_PATH_CALLBACK, PA_PATH_LOGOUT,
                                     PA_PATH_USER };

    if (!conf->enabled)
        return 1;
    for (apr_size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (!session_is_on(s, conf->path[paths[i]]))
            return 0;
    return 1;
}

static const char *check_session(const place *at, const ap_directive_t *directive)
{
    int literal =
        at->section && pa_config_tree_is(at->section, "<Location") && at->section->args[0] != '~';
    const char *path = literal ? pa_config_tree_argument(at->pool, at->section) : NULL;

    if (path)
        path = apr_pstrndup(at->pool, path, strcspn(path, ">"));
    if (is_off(at, "Session") || (path && *path == '/' && !holds(at, path, has_session)))
        return apr_pstrcat(at->pool, where(at, directive),
                           ": a login needs Session On, here and for the whole host", NULL);
    if (!holds(at, NULL, has_session_at_paths))
        return apr_pstrcat(
            at->pool, where(at, directive),
            ": Session On does not reach our own paths (PlusAuthPath, /login/callback "
            "among them), and no login could end: write it for the whole host",
            NULL);
    return NULL;
}

static const char *check_auth_type(const place *at, const ap_directive_t *directive)
{
    if (ap_cstr_casecmp(pa_config_tree_argument(at->pool, directive), "PlusAuth") != 0
        || is_off(at, "PlusAuthEngine"))
        return NULL;
    if (!holds(at, NULL, has_any_provider))
        return apr_psprintf(at->pool,
                            "%s: %s has no provider: write PlusAuthEnvFile, or PlusAuthTenant and "
                            "PlusAuthClientID, there or in the main server",
                            where(at, directive), name_of(at->host ? at->host : at->main_server));
    return check_session(at, directive);
}

static const char *check_provider(const place *at, const ap_directive_t *directive)
{
    const char *name = pa_config_tree_argument(at->pool, directive);

    if (holds(at, name, has_provider) || is_off(at, "PlusAuthEngine"))
        return NULL;
    return apr_psprintf(at->pool, "%s: no <PlusAuthProvider %s> is configured for %s",
                        where(at, directive), name, name_of(at->host ? at->host : at->main_server));
}

typedef struct wanted_page {
    apr_pool_t *pool;
    const char *file;
} wanted_page;

static int has_page(const server_rec *s, const pa_server_conf *conf, const void *baton)
{
    const wanted_page *wanted = baton;

    return !conf->enabled
           || pa_file_is_there(wanted->pool,
                               pa_template_path(wanted->pool, conf->templates, wanted->file));
}

static const char *check_page(const place *at, const ap_directive_t *directive)
{
    const wanted_page wanted = { at->pool, pa_config_tree_argument(at->pool, directive) };

    if (holds(at, &wanted, has_page))
        return NULL;
    return apr_psprintf(at->pool, "%s: no such file in PlusAuthTemplates", where(at, directive));
}

static const struct {
    const char *name;
    const char *(*check)(const place *at, const ap_directive_t *directive);
} checks[] = {
    { "AuthType", check_auth_type },
    { "PlusAuthProvider", check_provider },
    { "PlusAuthPage", check_page },
};

static const char *check_all(place at, const ap_directive_t *first);

static const char *check_one(const place *at, const ap_directive_t *directive)
{
    place within = *at;

    for (apr_size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (pa_config_tree_is(directive, checks[i].name))
            return checks[i].check(at, directive);
    if (!directive->first_child)
        return NULL;
    within.section = directive;
    if (pa_config_tree_is(directive, "<VirtualHost")) {
        within.host = pa_config_tree_host(at->main_server, directive);
        within.section = NULL;
        if (!within.host)
            return NULL;
    }
    return check_all(within, directive->first_child);
}

static const char *check_all(place at, const ap_directive_t *first)
{
    const char *why = NULL;

    at.siblings = first;
    for (const ap_directive_t *directive = first; directive && !why; directive = directive->next)
        why = check_one(&at, directive);
    return why;
}

const char *pa_place_check(apr_pool_t *pool, server_rec *main_server)
{
    place at = { pool, main_server, NULL, NULL, NULL };

    return check_all(at, ap_conftree);
}
