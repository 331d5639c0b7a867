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
#include "template.h"

/* Between two lines in the log that tell of lost sessions. */
#define DROPPED_INTERVAL apr_time_from_sec(60)
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

/* A store, and what is known of it. */
typedef struct seen_store {
    pa_cache *cache;
    const char *name;     /* "shmcb"; "shmcb-2" for another one of that kind */
    const char *sessions; /* how many live in it; NULL where nobody can tell, or nobody lives */
    int keeps_sessions;
} seen_store;

static int is_seen(const apr_array_header_t *stores, const pa_cache *cache)
{
    for (int i = 0; i < stores->nelts; i++)
        if (pa_cache_is_same(APR_ARRAY_IDX(stores, i, seen_store).cache, cache))
            return 1;
    return 0;
}

static const char *name_of(apr_pool_t *pool, const apr_array_header_t *stores,
                           const pa_cache *cache)
{
    const char *kind = pa_cache_provider_name(cache);
    int number = 1;

    for (int i = 0; i < stores->nelts; i++)
        number +=
            strcmp(pa_cache_provider_name(APR_ARRAY_IDX(stores, i, seen_store).cache), kind) == 0;
    return number == 1 ? kind : apr_psprintf(pool, "%s-%d", kind, number);
}

/* Every store of sessions once, and every list of ended ones: seen_store. */
static apr_array_header_t *find_stores(apr_pool_t *pool)
{
    apr_array_header_t *stores = apr_array_make(pool, 1, sizeof(seen_store));

    for (const server_rec *s = ap_server_conf; s; s = s->next) {
        const pa_visit_settings *visit = &pa_server_conf_get(s)->visit;
        seen_store seen = { .cache = visit->sessions,
                            .keeps_sessions = visit->backend == &pa_session_store };

        if (!seen.cache || is_seen(stores, seen.cache))
            continue;
        seen.name = name_of(pool, stores, seen.cache);
        APR_ARRAY_PUSH(stores, seen_store) = seen;
    }
    return stores;
}

static apr_array_header_t *look(apr_pool_t *pool)
{
    apr_array_header_t *stores = find_stores(pool);

    for (int i = 0; i < stores->nelts; i++) {
        seen_store *seen = &APR_ARRAY_IDX(stores, i, seen_store);
        apr_uint64_t count;

        if (seen->keeps_sessions
            && pa_store_count_sessions(seen->cache, pool, &count) == APR_SUCCESS)
            seen->sessions = apr_psprintf(pool, "%" APR_UINT64_T_FMT, count);
    }
    return stores;
}

void pa_status_tell_dropped(request_rec *r)
{
    const apr_array_header_t *stores = find_stores(r->pool);
    apr_uint64_t dropped = 0;

    for (int i = 0; i < stores->nelts; i++)
        if (APR_ARRAY_IDX(stores, i, seen_store).keeps_sessions)
            dropped += pa_store_dropped(r, APR_ARRAY_IDX(stores, i, seen_store).cache);
    dropped = pa_counters_growth(dropped, r->request_time, DROPPED_INTERVAL);
    if (dropped)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->server,
                     "the session store is full: up to %" APR_UINT64_T_FMT
                     " sessions were lost before their time. PlusAuthSessionStore "
                     "shmcb:path(size) gives it more room",
                     dropped);
}

static void show_counts(request_rec *r, int is_short)
{
    if (!is_short)
        ap_rputs("<hr />\n<h2>PlusAuth</h2>\n<dl>", r);
    for (int i = 0; i < PA_COUNT_KINDS; i++)
        ap_rprintf(r,
                   is_short ? "PlusAuth%s: %" APR_UINT64_T_FMT "\n"
                            : "<dt>%s: %" APR_UINT64_T_FMT "</dt>\n",
                   is_short ? rows[i].key : rows[i].text, pa_counters_read((pa_count)i));
    if (!is_short)
        ap_rputs("</dl>\n", r);
}

/* mod_status's hook. */
static int show(request_rec *r, int flags)
{
    const apr_array_header_t *stores = look(r->pool);
    int is_short = flags & PA_STATUS_SHORT;

    show_counts(r, is_short);
    for (int i = 0; i < stores->nelts; i++) {
        const seen_store *seen = &APR_ARRAY_IDX(stores, i, seen_store);

        ap_rprintf(r,
                   is_short ? "PlusAuthStore: %s\nPlusAuthSessions: %s\n"
                            : "<h3>Store: %s</h3>\n<p>Sessions: %s</p>\n",
                   seen->name, seen->sessions ? seen->sessions : "unknown");
        pa_store_show(r, seen->cache, flags);
    }
    return OK;
}

static void show_stores(request_rec *r)
{
    const apr_array_header_t *stores = look(r->pool);

    ap_rputs("# HELP plusauth_sessions Sessions that live in a store.\n"
             "# TYPE plusauth_sessions gauge\n",
             r);
    for (int i = 0; i < stores->nelts; i++) {
        const seen_store *seen = &APR_ARRAY_IDX(stores, i, seen_store);

        if (seen->sessions)
            ap_rprintf(r, "plusauth_sessions{store=\"%s\"} %s\n", seen->name, seen->sessions);
    }
    ap_rputs(
        "# HELP plusauth_store_dropped_total Records that a full store lost before their time.\n"
        "# TYPE plusauth_store_dropped_total counter\n",
        r);
    for (int i = 0; i < stores->nelts; i++) {
        const seen_store *seen = &APR_ARRAY_IDX(stores, i, seen_store);

        if (seen->sessions)
            ap_rprintf(r, "plusauth_store_dropped_total{store=\"%s\"} %" APR_UINT64_T_FMT "\n",
                       seen->name, pa_store_dropped(r, seen->cache));
    }
}

/* https://prometheus.io/docs/instrumenting/exposition_formats */
static void show_metrics(request_rec *r)
{
    show_stores(r);
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
    if (!r->handler || strcmp(r->handler, "plusauth-metrics") != 0)
        return DECLINED;
    pa_template_shield(r);
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS)
        return ap_send_http_options(r);
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    ap_set_content_type(r, METRICS_TYPE);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    show_metrics(r);
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
