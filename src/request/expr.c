/* expr.c: see expr.h. Expressions are asked for before there is a user: <If> first of all. */
#include "expr.h"

#include <http_core.h>
#include <http_request.h>

#include "../state/session.h"
#include "caching.h"
#include "config.h"

/* The session that counts in this place; NULL for nobody. What the answer says depends on it from
 * now on. */
static const pa_session *find_session(request_rec *r)
{
    const pa_session *session = NULL;
    const pa_provider *provider;

    if (!r || !pa_visit_of(r) || !pa_config_is_active(r))
        return NULL;
    pa_caching_mark(r, 1);
    if (pa_session_load(r, &session) != APR_SUCCESS || !session)
        return NULL;
    provider = pa_config_provider(r);
    if (!provider && !pa_dir_conf_get(r)->provider)
        provider = pa_config_session_provider(r); /* a place of none in particular */
    return provider && strcmp(session->provider, provider->name) == 0 ? session : NULL;
}

static const char *claim(ap_expr_eval_ctx_t *ctx, const void *data, const char *name)
{
    const pa_session *session = find_session(ctx->r);
    const char *value = session ? pa_session_claim(session, name) : NULL;

    (void)data;
    return value ? value : "";
}

/* A variable that export.c will set once it is known who asks. */
static const char *variable(ap_expr_eval_ctx_t *ctx, const void *data, const char *name)
{
    request_rec *r = ctx->r;
    const char *value = r ? apr_table_get(r->subprocess_env, name) : NULL;
    const char *type = r && !value ? ap_auth_type(r) : NULL;
    const pa_session *session;

    (void)data;
    if (!type || ap_cstr_casecmp(type, "PlusAuth") != 0 || !pa_dir_conf_exports_variables(r)
        || !(session = find_session(r)))
        return value ? value : "";
    for (unsigned int i = 0; i < session->variable_count; i++)
        if (ap_cstr_casecmp(session->variables[i].name, name) == 0)
            return session->variables[i].value;
    return "";
}

static int is_exported(const char *name)
{
    return name
           && (strncasecmp(name, PA_CLAIM_PREFIX, sizeof(PA_CLAIM_PREFIX) - 1) == 0
               || ap_cstr_casecmp(name, "PLUSAUTH_USERINFO") == 0
               || ap_cstr_casecmp(name, "PLUSAUTH_DISPLAY_NAME") == 0);
}

int pa_expr_lookup(ap_expr_lookup_parms *parms)
{
    ap_expr_string_func_t *function = NULL;

    if (parms->type != AP_EXPR_FUNC_STRING)
        return DECLINED;
    if (ap_cstr_casecmp(parms->name, "plusauth_claim") == 0)
        function = claim;
    else if ((ap_cstr_casecmp(parms->name, "reqenv") == 0
              || ap_cstr_casecmp(parms->name, "env") == 0)
             && is_exported(parms->arg))
        function = variable;
    if (!function)
        return DECLINED;
    *parms->func = (const void *)function;
    *parms->data = NULL;
    return OK;
}
