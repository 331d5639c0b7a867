/* mod_plusauth: OpenID Connect sign-in with PlusAuth for anything that httpd serves.
 *
 * This file is the table of contents: what happens to a request, in the order in which it happens.
 * The layers below only look down: src/request   what httpd asks of us: configuration, our paths,
 * the decision, pages src/state     what is remembered of a browser: its session, its logins on
 * their way src/protocol  what OpenID Connect says: discovery, tokens, claims (knows no request)
 *   src/base      JSON, JOSE, AEAD, HTTP, shared caches (knows no request) */
#include "src/plusauth.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#include "src/request/authn.h"
#include "src/request/authz.h"
#include "src/request/caching.h"
#include "src/request/config.h"
#include "src/request/refusal.h"
#include "src/request/export.h"
#include "src/request/expr.h"
#include "src/request/inbound.h"
#include "src/request/lifetime.h"
#include "src/request/page_handler.h"
#include "src/request/route.h"
#include "src/request/status.h"
#include "src/request/template.h"
#include "src/state/counters.h"
#include "src/state/log_limit.h"
#include "src/state/session.h"
#include "src/state/session_entry.h"
#include "src/state/session_hooks.h"
#include "src/state/store.h"
#include "src/state/workers.h"

/* Modules without which httpd would not even know the directives that go with ours: Session,
 * AuthType and Require. It would say "Invalid command", and not which module is missing. */
static const char *check_modules(apr_pool_t *pool)
{
    static const char *const names[] = { "session", "authn_core", "authz_core" };

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!ap_find_linked_module(apr_psprintf(pool, "mod_%s.c", names[i])))
            return apr_psprintf(pool,
                                "mod_plusauth needs mod_%s: write LoadModule %s_module "
                                "modules/mod_%s.so (on Debian: a2enmod %s)",
                                names[i], names[i], names[i], names[i]);
    return NULL;
}

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    const char *why = check_modules(ptemp);

    (void)plog;
    if (!why && !(why = pa_session_hooks_register(pconf)))
        return pa_store_register(pconf) == APR_SUCCESS ? OK : HTTP_INTERNAL_SERVER_ERROR;
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, 0, NULL, "%s", why);
    return HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *pool)
{
    /* Modules that would give our paths to something else, or read what export_fixup sets. */
    static const char *const mappers[] = { "mod_rewrite.c", "mod_alias.c",       "mod_proxy.c",
                                           "mod_userdir.c", "mod_vhost_alias.c", NULL };
    static const char *const typers[] = { "mod_negotiation.c", "mod_mime.c", NULL };
    static const char *const readers[] = { "mod_rewrite.c", "mod_headers.c", NULL };
    static const char *const indexers[] = { "mod_dir.c", NULL };
    /* Modules that would answer for our paths. */
    static const char *const servers[] = { "mod_cache.c", "mod_proxy.c", "mod_rewrite.c", NULL };
    /* Whoever decides before us whether a request needs a user. */
    static const char *const deciders[] = { "mod_authz_core.c", NULL };

    /* Once per start: everything is checked and opened before the first request. */
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pa_config_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(pa_config_open_stores, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(pa_counters_open, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(pa_log_limit_open, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(pa_log_limit_report, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(pa_workers_open, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_optional_fn_retrieve(pa_session_retrieve_functions, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(pa_config_child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_status(pa_workers_child_status, NULL, NULL, APR_HOOK_MIDDLE);

    ap_hook_expr_lookup(pa_expr_lookup, NULL, NULL, APR_HOOK_FIRST);

    /* Once per request, in this order: first take away what only we may say, then find our own
     * paths, decide who it is, hand on the claims, answer. */
    ap_hook_post_read_request(pa_inbound, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(pa_route_translate, NULL, mappers, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(pa_route_map, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_check_access_ex(pa_route_access, NULL, deciders, APR_HOOK_FIRST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(pa_authn_check, NULL, NULL, APR_HOOK_MIDDLE, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_type_checker(pa_route_type, NULL, typers, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(pa_route_fixup, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(pa_authn_pass, NULL, readers, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(pa_export_fixup, NULL, readers, APR_HOOK_FIRST);
    ap_hook_fixups(pa_lifetime_fixup, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(pa_authn_index, mappers, indexers, APR_HOOK_LAST);
    ap_hook_fixups(pa_route_fixup, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(pa_route_handler, NULL, servers, APR_HOOK_REALLY_FIRST);

    /* Pages and answers get their headers. (pre_config registers what mod_session asks of us.) */
    pa_session_hooks_register_passing();
    pa_session_entry_register();
    pa_caching_register();
    pa_lifetime_register();
    pa_template_register();
    pa_page_handler_register();
    pa_authz_register();
    pa_refusal_register();

    /* To be seen: a section of mod_status, and a handler. */
    pa_status_register(pool);
}

/* The one name that other modules see. */
__attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA plusauth_module = {
    STANDARD20_MODULE_STUFF, pa_dir_conf_create, pa_dir_conf_merge, pa_server_conf_create,
    pa_server_conf_merge,    pa_commands,        register_hooks,    AP_MODULE_FLAG_NONE
};
