/* status.c: see status.h. All numbers are of the whole server: of every process and virtual host.
 */
#include "status.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>

#include "../state/counters.h"
#include "../state/session_store.h"
#include "../state/store_status.h"
#include "config.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The rows of one metric follow each other; the first tells what it is. */
static const struct {
    const char *metric; /* of Prometheus, without what all have in common */
    const char *label;
    const char *key;  /* of server-status?auto */
    const char *text; /* for people */
    const char *help;
} rows[PA_COUNT_KINDS] = {
    [PA_COUNT_LOGIN] = { "logins", "", "Logins", "Logins", "Logins that ended well." },
    [PA_COUNT_REFUSED_RULE] = { "logins_refused", "{reason=\"rule\"}", "LoginsRefusedRule",
                                "Logins refused, a token or an answer breaks a rule",
                                "Logins that did not end well." },
    [PA_COUNT_REFUSED_DENIED] = { "logins_refused", "{reason=\"denied\"}", "LoginsRefusedDenied",
                                  "Logins refused by the provider", NULL },
    [PA_COUNT_REFUSED_PROVIDER] = { "logins_refused", "{reason=\"provider\"}",
                                    "LoginsRefusedProvider", "Logins refused, the provider fails",
                                    NULL },
    [PA_COUNT_REFUSED_STATE] = { "logins_refused", "{reason=\"state\"}", "LoginsRefusedState",
                                 "Logins refused, their browser waits for none", NULL },
    [PA_COUNT_REFUSED_LOOP] = { "logins_refused", "{reason=\"loop\"}", "LoginsRefusedLoop",
                                "Logins refused, going round in a loop", NULL },
    [PA_COUNT_REFUSED_SERVER] = { "logins_refused", "{reason=\"server\"}", "LoginsRefusedServer",
                                  "Logins refused, this server fails", NULL },
    [PA_COUNT_LOGOUT_USER] = { "logouts", "{kind=\"user\"}", "LogoutsUser", "Logouts by the user",
                               "Sessions ended by a logout." },
    [PA_COUNT_LOGOUT_BACK_CHANNEL] = { "logouts", "{kind=\"backchannel\"}", "LogoutsBackChannel",
                                       "Logouts by the provider, back channel", NULL },
    [PA_COUNT_LOGOUT_FRONT_CHANNEL] = { "logouts", "{kind=\"frontchannel\"}", "LogoutsFrontChannel",
                                        "Logouts by the provider, front channel", NULL },
    [PA_COUNT_EXPIRED_IDLE] = { "sessions_expired", "{limit=\"idle\"}", "SessionsExpiredIdle",
                                "Requests of a session that had idled too long",
                                "Requests of a session that its age had ended." },
    [PA_COUNT_EXPIRED_LIFETIME] = { "sessions_expired", "{limit=\"lifetime\"}",
                                    "SessionsExpiredLifetime",
                                    "Requests of a session at the end of its lifetime", NULL },
    [PA_COUNT_SESSION] = { "sessions_created", "", "SessionsCreated", "Sessions created",
                           "Sessions created, by logins and by other modules." },
    [PA_COUNT_STORE_ERROR] = { "store_errors", "", "StoreErrors", "Store errors",
                               "Times that the session store did not answer." },
    [PA_COUNT_PROVIDER_ERROR] = { "provider_errors", "", "ProviderErrors", "Provider errors",
                                  "Times that a provider did not answer as it should." },
};

/* The sessions' stores, each once, and how many sessions live in them. */
typedef struct overview {
    apr_array_header_t *stores; /* pa_cache * */
    const char *sessions;       /* a number; NULL when not all of them can tell */
} overview;

static int is_listed(const apr_array_header_t *stores, const pa_cache *store)
{
    for (int i = 0; i < stores->nelts; i++)
        if (pa_cache_is_same(APR_ARRAY_IDX(stores, i, const pa_cache *), store))
            return 1;
    return 0;
}

static overview look(apr_pool_t *pool)
{
    overview seen = { apr_array_make(pool, 1, sizeof(pa_cache *)), NULL };
    apr_uint64_t sessions = 0, here;
    int known = 1;

    for (const server_rec *s = ap_server_conf; s; s = s->next) {
        const pa_visit_settings *visit = &pa_server_conf_get(s)->visit;

        if (visit->sessions && !is_listed(seen.stores, visit->sessions))
            APR_ARRAY_PUSH(seen.stores, pa_cache *) = visit->sessions;
        /* Elsewhere sessions are not kept here, but by browsers or other modules. */
        known &= !visit->backend || visit->backend == &pa_session_store;
    }
    for (int i = 0; known && i < seen.stores->nelts; i++) {
        pa_cache *store = APR_ARRAY_IDX(seen.stores, i, pa_cache *);

        known = pa_store_count_sessions(store, pool, &here) == APR_SUCCESS;
        sessions += here;
    }
    if (known)
        seen.sessions = apr_psprintf(pool, "%" APR_UINT64_T_FMT, sessions);
    return seen;
}

static void show_short(request_rec *r, const overview *seen)
{
    ap_rprintf(r, "PlusAuthSessions: %s\n", seen->sessions ? seen->sessions : "unknown");
    for (int i = 0; i < PA_COUNT_KINDS; i++)
        ap_rprintf(r, "PlusAuth%s: %" APR_UINT64_T_FMT "\n", rows[i].key,
                   pa_counters_read((pa_count)i));
}

static void show_html(request_rec *r, const overview *seen)
{
    ap_rprintf(r, "<hr />\n<h2>PlusAuth</h2>\n<dl><dt>Sessions: %s</dt>\n",
               seen->sessions ? seen->sessions : "unknown");
    for (int i = 0; i < PA_COUNT_KINDS; i++)
        ap_rprintf(r, "<dt>%s: %" APR_UINT64_T_FMT "</dt>\n", rows[i].text,
                   pa_counters_read((pa_count)i));
    ap_rputs("</dl>\n", r);
}

/* mod_status's hook. */
static int show(request_rec *r, int flags)
{
    overview seen = look(r->pool);

    if (flags & PA_STATUS_SHORT)
        show_short(r, &seen);
    else
        show_html(r, &seen);
    for (int i = 0; i < seen.stores->nelts; i++) {
        pa_cache *store = APR_ARRAY_IDX(seen.stores, i, pa_cache *);

        ap_rprintf(r, flags & PA_STATUS_SHORT ? "PlusAuthStore: %s\n" : "<h3>Store: %s</h3>\n",
                   pa_cache_provider_name(store));
        pa_store_show(r, store, flags);
    }
    return OK;
}

/* https://prometheus.io/docs/instrumenting/exposition_formats */
static void show_metrics(request_rec *r, const overview *seen)
{
    if (seen->sessions)
        ap_rprintf(r,
                   "# HELP plusauth_sessions Sessions in the stores.\n"
                   "# TYPE plusauth_sessions gauge\n"
                   "plusauth_sessions %s\n",
                   seen->sessions);
    for (int i = 0; i < PA_COUNT_KINDS; i++) {
        if (rows[i].help)
            ap_rprintf(r,
                       "# HELP plusauth_%s_total %s\n"
                       "# TYPE plusauth_%s_total counter\n",
                       rows[i].metric, rows[i].help, rows[i].metric);
        ap_rprintf(r, "plusauth_%s_total%s %" APR_UINT64_T_FMT "\n", rows[i].metric, rows[i].label,
                   pa_counters_read((pa_count)i));
    }
}

static int metrics_handler(request_rec *r)
{
    overview seen;

    if (!r->handler || strcmp(r->handler, "plusauth-metrics") != 0)
        return DECLINED;
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS)
        return ap_send_http_options(r);
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    ap_set_content_type(r, METRICS_TYPE);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    seen = look(r->pool);
    show_metrics(r, &seen);
    return OK;
}

void pa_status_register(apr_pool_t *pool)
{
    (void)pool;
    /* As APR_OPTIONAL_HOOK does with mod_status.h, which not every httpd comes with. */
    apr_optional_hook_add("status_hook", (void (*)(void))show, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(metrics_handler, NULL, NULL, APR_HOOK_MIDDLE);
    pa_store_status_register();
}
