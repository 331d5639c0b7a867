/* config_check.c: from what directives say to what requests need. Everything is checked before the
 * server starts (also by `apachectl configtest`) and immutable after. */
#include "config.h"

#include <ap_mpm.h>
#include <apr_escape.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mpm_common.h>

#include "../base/crypto.h"
#include "../state/store.h"
#include "../state/workers.h"
#include "file_check.h"
#include "origin.h"
#include "inbound.h"
#include "place_check.h"
#include "session_cookie_check.h"
#include "store_config.h"
#include "template.h"

/* Where a site puts templates of its own. */
#ifndef PA_SITE_TEMPLATES
#define PA_SITE_TEMPLATES "/etc/apache2/plusauth"
#endif

static const struct {
    const char *path[PA_PATH_COUNT];
    const char *after_logout;
    apr_interval_time_t lifetime, idle;
} defaults = {
    .path = { "/login", "/login/callback", "/logout", "/logout/backchannel", "/logout/frontchannel",
              "/login/user", "/login/jwks", "/register" },
    .after_logout = "/",
    .lifetime = apr_time_from_sec(8 * 3600),
    .idle = apr_time_from_sec(3600),
};

static const char *complete_providers(apr_pool_t *pool, pa_server_conf *conf)
{
    const pa_provider_directives *own = conf->own;
    pa_provider *provider;
    const char *why;

    conf->providers = apr_hash_make(pool);
    if (conf->engine == 0)
        return NULL;
    if (own->issuer || own->client_id || own->client_secret || own->env) {
        provider = apr_pcalloc(pool, sizeof(*provider));
        if ((why = pa_provider_complete(pool, "", own, provider)))
            return why;
        apr_hash_set(conf->providers, "", APR_HASH_KEY_STRING, provider);
    }
    for (apr_hash_index_t *i = apr_hash_first(pool, conf->named); i; i = apr_hash_next(i)) {
        const char *name = apr_hash_this_key(i);
        const pa_provider_directives *said = apr_hash_this_val(i);

        provider = apr_pcalloc(pool, sizeof(*provider));
        said = pa_provider_directives_merge(pool, pa_provider_directives_inherit(pool, own), said);
        if ((why = pa_provider_complete(pool, name, said, provider)))
            return apr_psprintf(pool, "<PlusAuthProvider %s>: %s", name, why);
        apr_hash_set(conf->providers, name, APR_HASH_KEY_STRING, provider);
    }
    conf->enabled = apr_hash_count(conf->providers) > 0;
    return NULL;
}

/* RFC 6265 5.3: a browser takes no cookie for a domain that is not the origin's host or above it.
 */
static const char *check_cookie_domain(apr_pool_t *pool, const pa_server_conf *conf)
{
    const char *domain = conf->cookie_domain;
    apr_uri_t origin;
    apr_size_t len, host_len;

    if (!domain)
        return NULL;
    domain += *domain == '.';
    len = strlen(domain);
    if (apr_uri_parse(pool, conf->origin, &origin) != APR_SUCCESS || !origin.hostname)
        return NULL;
    host_len = strlen(origin.hostname);
    if (len && host_len >= len && strcasecmp(origin.hostname + host_len - len, domain) == 0
        && (host_len == len || (strchr(domain, '.') && origin.hostname[host_len - len - 1] == '.')))
        return NULL;
    return apr_psprintf(pool,
                        "PlusAuthCookie: browsers take no cookie with Domain=%s from %s: name that "
                        "host, or a domain above it",
                        conf->cookie_domain, conf->origin);
}

/* The first of the templates without which an error, the question before a logout, and the goodbye
 * have only a plain page; NULL when all are there. */
static const char *missing_template(apr_pool_t *pool, const char *directory)
{
    static const char *const files[] = { "main.html", "error.html", "goodbye.html" };

    for (apr_size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (!pa_file_is_there(pool, pa_template_path(pool, directory, files[i])))
            return pa_template_path(pool, directory, files[i]);
    return NULL;
}

/* A directory that is named has to serve. Without the installed one logins work all the same, with
 * plain pages: as in a build that nobody has installed yet. */
static const char *check_templates(apr_pool_t *pool, server_rec *s, pa_server_conf *conf)
{
    int named = conf->templates != NULL;
    const char *missing;

    if (!named)
        conf->templates = PA_SITE_TEMPLATES;
    missing = missing_template(pool, conf->templates);
    if (missing && named)
        return apr_psprintf(pool,
                            "PlusAuthTemplates: there is no %s: write the directory where the "
                            "templates are installed",
                            missing);
    if (missing)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "there is no %s, so that pages are plain: make install, or write "
                     "PlusAuthTemplates with the directory of the templates",
                     missing);
    return ap_find_linked_module("mod_include.c")
               ? NULL
               : "PlusAuthTemplates: pages need mod_include: write LoadModule include_module "
                 "modules/mod_include.so (on Debian: a2enmod include)";
}

static const char *complete_cookies(apr_pool_t *pool, pa_server_conf *conf)
{
    const char *name = conf->cookie_name, *domain = conf->cookie_domain, *base;
    const char *samesite = conf->cookie_samesite ? conf->cookie_samesite : "Lax";
    const char *secure = conf->secure ? "; Secure" : "";
    /* A login in a frame of another site is cross-site. With Strict the provider's answer would
     * come without the login's cookie. */
    int framed = strcmp(samesite, "None") == 0;

    if (!name)
        name = !conf->secure ? "plusauth" : domain ? "__Secure-plusauth" : "__Host-plusauth";
    if (strncmp(name, "__Host-", 7) == 0 && domain)
        return "PlusAuthCookie: a name that begins with __Host- cannot have a Domain=";
    if (strncmp(name, "__", 2) == 0 && !conf->secure)
        return "PlusAuthCookie: browsers take __Host- and __Secure- names on https alone: set "
               "PlusAuthOrigin https://... if that is how this server is reached";
    if (framed && !conf->secure)
        return "PlusAuthCookie: browsers take SameSite=None on https alone";
    base = strncmp(name, "__Host-", 7) == 0     ? name + 7
           : strncmp(name, "__Secure-", 9) == 0 ? name + 9
                                                : name;
    conf->visit.cookie = name;
    conf->visit.cookie_attributes =
        apr_pstrcat(pool, "; Path=/; HttpOnly; SameSite=", samesite, secure,
                    domain ? "; Domain=" : "", domain ? domain : "", NULL);
    conf->visit.login_cookie =
        apr_pstrcat(pool, conf->secure ? "__Host-" : "", base, "-login-", NULL);
    conf->visit.login_attributes =
        apr_pstrcat(pool, "; Path=/; HttpOnly; SameSite=", framed ? "None" : "Lax", secure, NULL);
    return NULL;
}

/* The key of a server without PlusAuthKey: made at its start and kept over graceful reloads. What
 * it seals is read by this server only, and a client secret, which may be a word, is no key: a
 * login cookie would let everybody try what it is. */
static const char *random_secret(apr_pool_t *pool, const char **out)
{
    static const char key[] = "mod_plusauth/random key";
    unsigned char *bytes = ap_retained_data_get(key);
    const char *why;

    if (!bytes) {
        unsigned char made[PA_SHA256_LEN];

        if ((why = pa_random(made, sizeof(made))))
            return why;
        bytes = ap_retained_data_create(key, sizeof(made));
        memcpy(bytes, made, sizeof(made));
    }
    *out = apr_pescape_hex(pool, bytes, PA_SHA256_LEN, 0);
    return NULL;
}

static const char *complete_keys(apr_pool_t *pool, pa_server_conf *conf)
{
    const apr_array_header_t *secrets = conf->keys;
    const char *why, *login;

    if (!secrets) {
        apr_array_header_t *random = apr_array_make(pool, 1, sizeof(const char *));

        if (pa_store_config_needs_key(conf))
            return "PlusAuthSessionStore keeps sessions outside of this server: write PlusAuthKey "
                   "with a secret of this site, the same on all servers that share them. This "
                   "makes one: openssl rand -base64 32";
        if ((why = random_secret(pool, (const char **)apr_array_push(random))))
            return why;
        secrets = random;
    }
    /* Virtual hosts of other clients may share the key, and cookies by the name of their host: a
     * login that began at one provider must not end at another. */
    login = apr_pstrcat(pool, "mod_plusauth login ",
                        apr_pescape_hex(pool, conf->visit.realm, PA_REALM_LEN, 0), NULL);
    if ((why = pa_seal_keys_derive(pool, secrets, login, &conf->visit.login_keys))
        || (why = pa_seal_keys_derive(pool, secrets, "mod_plusauth ticket", &conf->ticket_keys)))
        return why;
    return pa_store_config_derive(pool, secrets, conf);
}

/* The same for the same clients, in whatever order a hash table gives them. */
static const char *complete_realm(apr_pool_t *pool, pa_server_conf *conf)
{
    for (apr_hash_index_t *i = apr_hash_first(pool, conf->providers); i; i = apr_hash_next(i)) {
        const pa_provider *provider = apr_hash_this_val(i);
        unsigned char digest[PA_SHA256_LEN];
        const char *text = apr_pstrcat(pool, provider->name, "\n", provider->issuer, "\n",
                                       provider->client_id, NULL);
        const char *why = pa_sha256(pa_bytes_text(text), digest);

        if (why)
            return why;
        for (int at = 0; at < PA_REALM_LEN; at++)
            conf->visit.realm[at] = (char)(conf->visit.realm[at] ^ digest[at]);
    }
    return NULL;
}

/* Of two routes with one path, the second could not be reached: a callback at the login path begins
 * logins for ever. */
static const char *check_paths(apr_pool_t *pool, const pa_server_conf *conf)
{
    for (int i = 0; i < PA_PATH_COUNT; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(conf->path[i], conf->path[j]) == 0)
                return apr_psprintf(pool, "PlusAuthPath: two of them are %s", conf->path[i]);
    return NULL;
}

/* Where each provider comes back to. A provider that is the only one has the callback path itself,
 * whatever its name: there is nobody to take it for. */
static const char *complete_callbacks(apr_pool_t *pool, pa_server_conf *conf)
{
    int several = apr_hash_count(conf->providers) > 1;

    conf->callback_len = strlen(conf->path[PA_PATH_CALLBACK]);
    for (apr_hash_index_t *i = apr_hash_first(pool, conf->providers); i; i = apr_hash_next(i)) {
        pa_provider *provider = apr_hash_this_val(i);
        int below = several && *provider->name;
        const char *path = apr_pstrcat(pool, conf->path[PA_PATH_CALLBACK], below ? "/" : "",
                                       below ? provider->name : "", NULL);

        for (int other = 0; below && other < PA_PATH_COUNT; other++)
            if (strcmp(path, conf->path[other]) == 0)
                return apr_psprintf(pool,
                                    "PlusAuthPath: %s is where <PlusAuthProvider %s> comes back: "
                                    "write another path",
                                    path, provider->name);
        provider->redirect_uri = apr_pstrcat(pool, conf->origin, path, NULL);
        if (!below)
            conf->first_callback = provider;
    }
    return NULL;
}

/* Whether the host answers to this name. */
static int is_named(const server_rec *s, const char *name)
{
    const apr_array_header_t *plain = s->names, *wild = s->wild_names;

    if (s->server_hostname && strcasecmp(s->server_hostname, name) == 0)
        return 1;
    for (int i = 0; plain && i < plain->nelts; i++)
        if (APR_ARRAY_IDX(plain, i, char *) && !strcasecmp(APR_ARRAY_IDX(plain, i, char *), name))
            return 1;
    for (int i = 0; wild && i < wild->nelts; i++)
        if (APR_ARRAY_IDX(wild, i, char *)
            && !ap_strcasecmp_match(name, APR_ARRAY_IDX(wild, i, char *)))
            return 1;
    return 0;
}

/* The main server's PlusAuthOrigin is that of its virtual hosts, too. One of another name sends
 * those who sign in there to the origin, where another host may answer. */
static void tell_of_inherited_origin(apr_pool_t *pool, const server_rec *s,
                                     const pa_server_conf *conf)
{
    apr_uri_t origin;

    if (!conf->origin_inherited || apr_uri_parse(pool, conf->origin, &origin) != APR_SUCCESS
        || !origin.hostname || is_named(s, origin.hostname))
        return;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                 "PlusAuthOrigin %s stands in the main server and is no name of the virtual host "
                 "%s (%s:%u): who signs in there goes on at %s. Write PlusAuthOrigin in this host, "
                 "or ServerAlias %s, or PlusAuthEngine off",
                 conf->origin, s->server_hostname ? s->server_hostname : "without ServerName",
                 s->defn_name ? s->defn_name : "", s->defn_line_number, conf->origin,
                 origin.hostname);
}

static void tell_of_public_client(const server_rec *s, const pa_provider *provider)
{
    if (provider->client_auth == PA_CLIENT_AUTH_AUTO && !provider->client_secret
        && provider->client_keys->nelts == 0 && !provider->http.client_cert)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "the client %s has neither secret nor key and is a public client: write "
                     "PlusAuthClientSecret (CLIENT_SECRET in PlusAuthEnvFile), or "
                     "PlusAuthClientAuth none if that is meant",
                     provider->client_id);
}

/* What a site's owner has to know of an origin: what the provider must know of it, too, or nobody
 * can sign in. */
static void tell_of_origin(apr_pool_t *pool, const server_rec *s, const pa_server_conf *conf)
{
    if (!conf->enabled)
        return;
    tell_of_inherited_origin(pool, s, conf);
    if (pa_origin_is_guessed(s, conf))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "this host has neither ServerName nor PlusAuthOrigin: the provider is told to "
                     "send browsers back to %s. Write ServerName with the name that browsers use",
                     conf->origin);
    for (apr_hash_index_t *i = apr_hash_first(pool, conf->providers); i; i = apr_hash_next(i)) {
        const pa_provider *provider = apr_hash_this_val(i);

        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "register at the provider%s%s: Redirect URI %s, Post Logout Redirect URI %s%s",
                     *provider->name ? " " : "", provider->name, provider->redirect_uri,
                     conf->origin, conf->path[PA_PATH_LOGOUT]);
        tell_of_public_client(s, provider);
    }
}

static const char *complete_server(apr_pool_t *pool, const server_rec *main_server, server_rec *s,
                                   pa_server_conf *conf)
{
    const char *why = complete_providers(pool, conf);

    if (why || !conf->enabled)
        return why;
    for (int i = 0; i < PA_PATH_COUNT; i++)
        if (!conf->path[i])
            conf->path[i] = defaults.path[i];
    if ((why = check_paths(pool, conf)))
        return why;
    if (!conf->after_logout)
        conf->after_logout = defaults.after_logout;
    conf->visit.lifetime = conf->lifetime >= 0 ? conf->lifetime : defaults.lifetime;
    conf->visit.idle = conf->idle >= 0 ? conf->idle : defaults.idle;
    if ((why = pa_store_config_check(pool, s, conf))
        || (why = pa_origin_complete(pool, main_server, s, conf)))
        return why;
    if ((why = complete_callbacks(pool, conf)) || (why = check_templates(pool, s, conf))
        || (why = check_cookie_domain(pool, conf)) || (why = complete_cookies(pool, conf))
        || (why = pa_session_cookie_check(pool, s, conf)) || (why = complete_realm(pool, conf)))
        return why;
    pa_inbound_complete(pool, conf);
    return complete_keys(pool, conf);
}

/* A virtual host without a directive of ours shares the main server's structure. What is completed
 * below differs from host to host: its origin above all. */
static void separate_servers(apr_pool_t *pconf, const server_rec *main_server)
{
    pa_server_conf *base = pa_server_conf_get(main_server);
    void *own;

    for (server_rec *s = main_server->next; s; s = s->next) {
        if (pa_server_conf_get(s) != base)
            continue;
        own = pa_server_conf_merge(pconf, base, pa_server_conf_create(pconf, s));
        ap_set_module_config(s->module_config, &plusauth_module, own);
    }
}

static int refuse(apr_pool_t *pool, const server_rec *s, const char *why)
{
    if (s && s->is_virtual)
        why = apr_psprintf(pool, "%s (virtual host %s, line %u of %s)", why,
                           s->server_hostname ? s->server_hostname : "without ServerName",
                           s->defn_line_number, s->defn_name ? s->defn_name : "");
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, 0, s, "%s", why);
    return HTTP_INTERNAL_SERVER_ERROR;
}

int pa_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    const char *why = pa_crypto_init(pconf);

    if (why)
        return refuse(ptemp, NULL, why);
    separate_servers(pconf, main_server);
    for (server_rec *s = main_server; s; s = s->next)
        if ((why = complete_server(pconf, main_server, s, pa_server_conf_get(s))))
            return refuse(ptemp, s, why);
    if ((why = pa_place_check(ptemp, main_server))
        || (why = pa_file_check_user(ptemp, main_server)))
        return refuse(ptemp, NULL, why);
    /* A start says it once its log is open. */
    for (server_rec *s = main_server; s; s = s->next)
        if (ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST)
            tell_of_origin(ptemp, s, pa_server_conf_get(s));
    return OK;
}

int pa_config_open_stores(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    pa_client *client = apr_pcalloc(pconf, sizeof(*client));

    (void)plog;
    /* httpd reads its configuration twice at start; the first time is a rehearsal. */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    for (; s; s = s->next) {
        pa_server_conf *conf = pa_server_conf_get(s);
        const char *why;

        if (!conf->enabled)
            continue;
        if ((why = pa_store_config_open(pconf, s, conf, client))) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, 0, s, "%s: %s",
                         s->server_hostname, why);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        tell_of_origin(ptemp, s, conf);
    }
    return OK;
}

void pa_config_child_init(apr_pool_t *pchild, server_rec *s)
{
    apr_status_t rv = pa_store_child_init(pchild);
    pa_http *http = NULL;
    const char *why = pa_http_create(pchild, pa_workers_child_init(pchild), &http);
    if (rv != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "the stores' lock cannot be used here");
    if (why)
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, "no HTTP client: %s", why);
    for (; s; s = s->next) {
        pa_server_conf *conf = pa_server_conf_get(s);

        if (conf->client)
            conf->client->http = http;
    }
}
