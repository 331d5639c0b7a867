/* config.c: the structures that directives fill: create and merge. Unset is NULL or -1; a merge is
 * one line a field. The directives are in directives.c; what they say together is checked and
 * completed in config_check.c. */
#include "config.h"

void *pa_server_conf_create(apr_pool_t *pool, server_rec *s)
{
    pa_server_conf *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)s;
    conf->own = pa_provider_directives_create(pool);
    conf->named = apr_hash_make(pool);
    conf->engine = -1;
    conf->lifetime = -1;
    conf->idle = -1;
    conf->exported = apr_array_make(pool, 2, sizeof(const char *));
    conf->auth_params = apr_array_make(pool, 2, sizeof(pa_auth_param));
    return conf;
}

/* A section of the same name takes the whole place of the main server's. */
static apr_array_header_t *merge_auth_params(apr_pool_t *pool, const pa_server_conf *base,
                                             const pa_server_conf *add)
{
    apr_array_header_t *merged = apr_array_make(pool, 2, sizeof(pa_auth_param));

    for (int i = 0; i < base->auth_params->nelts; i++) {
        const pa_auth_param *param = &APR_ARRAY_IDX(base->auth_params, i, pa_auth_param);

        if (!apr_hash_get(add->named, param->provider, APR_HASH_KEY_STRING))
            APR_ARRAY_PUSH(merged, pa_auth_param) = *param;
    }
    apr_array_cat(merged, add->auth_params);
    return merged;
}

void *pa_server_conf_merge(apr_pool_t *pool, void *base_conf, void *add_conf)
{
    const pa_server_conf *base = base_conf, *add = add_conf;
    pa_server_conf *m = apr_pcalloc(pool, sizeof(*m));

    m->own = pa_provider_directives_merge(pool, base->own, add->own);
    m->named = apr_hash_overlay(pool, add->named, base->named);
    m->engine = add->engine >= 0 ? add->engine : base->engine;
    m->origin_said = add->origin_said ? add->origin_said : base->origin_said;
    m->origin_inherited = m->origin_said && !add->origin_said;
    for (int i = 0; i < PA_PATH_COUNT; i++)
        m->path[i] = add->path[i] ? add->path[i] : base->path[i];
    m->after_logout = add->after_logout ? add->after_logout : base->after_logout;
    m->lifetime = add->lifetime >= 0 ? add->lifetime : base->lifetime;
    m->idle = add->idle >= 0 ? add->idle : base->idle;
    m->store = add->store ? add->store : base->store;
    m->keys = add->keys ? add->keys : base->keys;
    m->cookie_name = add->cookie_name ? add->cookie_name : base->cookie_name;
    m->cookie_samesite = add->cookie_samesite ? add->cookie_samesite : base->cookie_samesite;
    m->cookie_domain = add->cookie_domain ? add->cookie_domain : base->cookie_domain;
    m->auth_params = merge_auth_params(pool, base, add);
    m->templates = add->templates ? add->templates : base->templates;
    m->title = add->title ? add->title : base->title;
    m->brand = add->title ? add->brand : base->brand;
    m->exported = apr_array_append(pool, base->exported, add->exported);
    return m;
}

void *pa_dir_conf_create(apr_pool_t *pool, char *dir)
{
    pa_dir_conf *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)dir;
    conf->engine = -1;
    conf->unauthenticated = PA_UNAUTHENTICATED_UNSET;
    conf->export = PA_EXPORT_UNSET;
    conf->connection_lifetime = -1;
    return conf;
}

void *pa_dir_conf_merge(apr_pool_t *pool, void *base_conf, void *add_conf)
{
    const pa_dir_conf *base = base_conf, *add = add_conf;
    pa_dir_conf *m = apr_palloc(pool, sizeof(*m));

    m->engine = add->engine >= 0 ? add->engine : base->engine;
    m->provider = add->provider ? add->provider : base->provider;
    m->unauthenticated = add->unauthenticated >= 0 ? add->unauthenticated : base->unauthenticated;
    m->user = add->user ? add->user : base->user;
    m->export = add->export >= 0 ? add->export : base->export;
    m->headers = add->headers ? add->headers : base->headers;
    m->auth_params = !base->auth_params ? add->auth_params
                     : !add->auth_params
                         ? base->auth_params
                         : apr_array_append(pool, base->auth_params, add->auth_params);
    m->page = add->page ? add->page : base->page;
    m->connection_lifetime =
        add->connection_lifetime >= 0 ? add->connection_lifetime : base->connection_lifetime;
    return m;
}

pa_server_conf *pa_server_conf_get(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &plusauth_module);
}

const pa_dir_conf *pa_dir_conf_get(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &plusauth_module);
}

int pa_config_is_active(const request_rec *r)
{
    return pa_server_conf_get(r->server)->enabled && pa_dir_conf_get(r)->engine != 0;
}

int pa_dir_conf_exports_variables(const request_rec *r)
{
    int export = pa_dir_conf_get(r)->export;

    return export != PA_EXPORT_HEADERS && export != PA_EXPORT_NONE;
}

const pa_provider *pa_config_provider(const request_rec *r)
{
    const pa_dir_conf *dir = pa_dir_conf_get(r);

    return apr_hash_get(pa_server_conf_get(r->server)->providers,
                        dir->provider ? dir->provider : "", APR_HASH_KEY_STRING);
}

int pa_config_is_callback(const pa_server_conf *conf, const char *uri, const pa_provider **provider)
{
    const char *base = conf->path[PA_PATH_CALLBACK];
    apr_size_t len = conf->callback_len;

    /* Asked for each request, of which few are for it. */
    if (strncmp(uri, base, len) != 0)
        return 0;
    *provider = conf->first_callback;
    if (!uri[len])
        return 1;
    /* The server's own provider has no name. */
    if (uri[len] != '/' || !uri[len + 1] || apr_hash_count(conf->providers) < 2)
        return 0;
    *provider = apr_hash_get(conf->providers, uri + len + 1, APR_HASH_KEY_STRING);
    return *provider != NULL;
}

const pa_provider *pa_config_session_provider(request_rec *r)
{
    const pa_session *session = pa_visit_of(r)->session;

    return session ? apr_hash_get(pa_server_conf_get(r->server)->providers, session->provider,
                                  APR_HASH_KEY_STRING)
                   : NULL;
}
