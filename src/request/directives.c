/* directives.c: the command table, and what each directive accepts. A bad value stops the start
 * with one line that names the directive and the cure. */
#include "config.h"

#include <apr_strings.h>
#include <http_core.h>

#include "../base/url.h"
#include "secret_file.h"
#include "store_config.h"
#include "template.h"

#define COOKIE_NAME_MAX 48
#define KEY_MIN 16
#define KEY_VARIETY 6 /* different characters: of 16 random hexadecimal digits there are more */
#define PROVIDER_NAME_MAX 32

static void *field(void *structure, const cmd_parms *cmd)
{
    return (char *)structure + (apr_size_t)cmd->info;
}

static const char *set_origin(cmd_parms *cmd, void *dir, const char *value)
{
    const char *origin = pa_url_origin(cmd->pool, value);
    apr_size_t len = strlen(value);

    (void)dir;
    while (len && value[len - 1] == '/')
        len--;
    if (!origin || strchr(value, '@') || len < strlen(origin)
        || strncasecmp(origin, value, strlen(origin)) != 0)
        return "PlusAuthOrigin: scheme, host and, unless it is the usual one, port: "
               "https://www.example.com";
    if (len > strlen(origin))
        return "PlusAuthOrigin: no path: a proxy in front that strips a prefix of paths is not "
               "supported. Let it pass paths on as they come, or give this site a host name";
    pa_server_conf_get(cmd->server)->origin_said = origin;
    return NULL;
}

/* In a place it is the place's; anywhere else the server's. */
static const char *set_engine(cmd_parms *cmd, void *dir, int on)
{
    if (cmd->path)
        ((pa_dir_conf *)dir)->engine = on;
    else
        pa_server_conf_get(cmd->server)->engine = on;
    return NULL;
}

static const char *set_path(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
    static const char *const names[PA_PATH_COUNT] = { "login",       "callback",     "logout",
                                                      "backchannel", "frontchannel", "user",
                                                      "jwks",        "register" };

    (void)dir;
    if (pa_url_check_return(value) || strpbrk(value, "?%"))
        return "PlusAuthPath: a path begins with '/' and has neither query nor %-escapes";
    for (int i = 0; i < PA_PATH_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            pa_server_conf_get(cmd->server)->path[i] = value;
            return NULL;
        }
    }
    return "PlusAuthPath: one of login, callback, logout, backchannel, frontchannel, user, jwks, "
           "register, and "
           "its path";
}

static const char *set_after_logout(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    if (pa_url_check_return(value))
        return "PlusAuthAfterLogout: a path on this server that begins with '/'";
    pa_server_conf_get(cmd->server)->after_logout = value;
    return NULL;
}

static const char *set_duration(cmd_parms *cmd, apr_interval_time_t *duration, const char *value)
{
    if (ap_timeout_parameter_parse(value, duration, "s") != APR_SUCCESS || *duration <= 0)
        return apr_psprintf(cmd->pool, "%s: a duration such as 8h, 30min or 90s", cmd->cmd->name);
    return NULL;
}

static const char *set_server_duration(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return set_duration(cmd, field(pa_server_conf_get(cmd->server), cmd), value);
}

static const char *set_place_duration(cmd_parms *cmd, void *dir, const char *value)
{
    apr_interval_time_t *duration = field(dir, cmd);

    if (strcmp(value, "off") != 0)
        return set_duration(cmd, duration, value);
    *duration = 0;
    return NULL;
}

/* Whether the text is a shorter one, written several times. */
static int repeats(const char *text, apr_size_t len)
{
    for (apr_size_t part = 1; part <= len / 2; part++)
        if (strncmp(text, text + part, len - part) == 0)
            return 1;
    return 0;
}

/* A login cookie lets everybody who has one try keys, at home: a word or a password is found so. */
static int is_weak(const char *secret)
{
    apr_size_t len = strlen(secret), variety = 0;

    for (apr_size_t i = 0; i < len; i++)
        variety += strchr(secret, secret[i]) == secret + i;
    return len < KEY_MIN || variety < KEY_VARIETY || repeats(secret, len);
}

static const char *add_key(cmd_parms *cmd, void *dir, const char *value)
{
    pa_server_conf *conf = pa_server_conf_get(cmd->server);
    const char *secret = "", *why = pa_secret_read(cmd, value, &secret);

    (void)dir;
    if (why)
        return why;
    if (is_weak(secret))
        return "PlusAuthKey: a key that can be guessed seals nothing: write at least 16 random "
               "characters, as openssl rand -base64 32 prints them";
    if (!conf->keys)
        conf->keys = apr_array_make(cmd->pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(conf->keys, const char *) = secret;
    return NULL;
}

static const char *set_cookie(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    pa_server_conf *conf = pa_server_conf_get(cmd->server);

    (void)dir;
    if (argc < 1 || strlen(argv[0]) > COOKIE_NAME_MAX
        || argv[0][strspn(argv[0], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-")])
        return "PlusAuthCookie: a name of at most 48 letters, digits, '_' and '-', then optionally "
               "SameSite= and Domain=";
    conf->cookie_name = argv[0];
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "SameSite=", 9) == 0 && argv[i][9]
            && strstr(" Lax Strict None ",
                      apr_pstrcat(cmd->temp_pool, " ", argv[i] + 9, " ", NULL)))
            conf->cookie_samesite = argv[i] + 9;
        else if (strncmp(argv[i], "Domain=", 7) == 0 && argv[i][7] && !strpbrk(argv[i], "; ,"))
            conf->cookie_domain = argv[i] + 7;
        else
            return "PlusAuthCookie: after the name only SameSite=Lax, Strict or None, and Domain=";
    return NULL;
}

static const char *set_templates(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value);
    apr_finfo_t info;

    (void)dir;
    if (!path || apr_stat(&info, path, APR_FINFO_TYPE, cmd->temp_pool) != APR_SUCCESS
        || info.filetype != APR_DIR)
        return apr_psprintf(cmd->pool, "PlusAuthTemplates: %s is no directory", value);
    pa_server_conf_get(cmd->server)->templates = path;
    return NULL;
}

static const char *set_title(cmd_parms *cmd, void *dir, const char *title, const char *brand)
{
    pa_server_conf *conf = pa_server_conf_get(cmd->server);

    (void)dir;
    if (!*title || (brand && !*brand))
        return "PlusAuthTitle: the site's name is empty";
    conf->title = title;
    conf->brand = brand;
    return NULL;
}

static const char *set_unauthenticated(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const names[] = { "auto", "login", "401", "403", "pass" };

    (void)cmd;
    for (int i = 0; i <= PA_UNAUTHENTICATED_PASS; i++) {
        if (strcmp(names[i], value) == 0) {
            ((pa_dir_conf *)dir)->unauthenticated = i;
            return NULL;
        }
    }
    return "PlusAuthUnauthenticated: one of auto, login, 401, 403, pass";
}

static const char *add_header(cmd_parms *cmd, pa_dir_conf *conf, const char *word)
{
    const char *equals = strchr(word, '=');
    pa_header_export *header;

    if (!equals || equals == word || !equals[1]
        || word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")]
               != '=')
        return "PlusAuthExport: a header is written Header=claim, its name of letters, digits and "
               "'-'";
    if (!conf->headers)
        conf->headers = apr_array_make(cmd->pool, 4, sizeof(pa_header_export));
    header = apr_array_push(conf->headers);
    header->header = apr_pstrmemdup(cmd->pool, word, equals - word);
    header->claim = equals + 1;
    APR_ARRAY_PUSH(pa_server_conf_get(cmd->server)->exported, const char *) = header->header;
    return NULL;
}

static const char *set_export(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    static const char *const names[] = { "env", "headers", "none" };
    pa_dir_conf *conf = dir;
    const char *why = NULL;

    for (int i = 0; argc > 0 && i <= PA_EXPORT_NONE; i++)
        if (strcmp(names[i], argv[0]) == 0)
            conf->export = i;
    if (conf->export < 0)
        return "PlusAuthExport: one of env, headers, none, then for headers Header=claim...";
    if (conf->export != PA_EXPORT_HEADERS && argc > 1)
        return "PlusAuthExport: Header=claim goes with headers alone";
    if (conf->export == PA_EXPORT_HEADERS && argc < 2)
        return "PlusAuthExport headers: name them: headers X-User-Email=email";
    for (int i = 1; i < argc && !why; i++)
        why = add_header(cmd, conf, argv[i]);
    return why;
}

/* What an authorization request says anyway cannot be said otherwise. */
static int is_reserved(const char *name)
{
    static const char *const names[] = {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "response_mode",
        "request",
        "request_uri",
        "dpop_jkt",
        NULL,
    };

    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return 1;
    return 0;
}

static const char *add_auth_param(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
    pa_server_conf *server = pa_server_conf_get(cmd->server);
    pa_dir_conf *place = dir;
    pa_auth_param param = { server->target ? server->target_name : NULL, name, NULL };
    const char *why = NULL;

    if (!*name || is_reserved(name))
        return apr_psprintf(cmd->pool, "PlusAuthAuthParam: %s is said by the module itself", name);
    param.value = ap_expr_parse_cmd(cmd, value, AP_EXPR_FLAG_STRING_RESULT, &why, NULL);
    if (why)
        return apr_psprintf(cmd->pool, "PlusAuthAuthParam %s: %s", name, why);
    if (server->target) {
        APR_ARRAY_PUSH(server->auth_params, pa_auth_param) = param;
        return NULL;
    }
    if (!place->auth_params)
        place->auth_params = apr_array_make(cmd->pool, 2, sizeof(pa_auth_param));
    APR_ARRAY_PUSH(place->auth_params, pa_auth_param) = param;
    return NULL;
}

static const char *set_page(cmd_parms *cmd, void *dir, const char *value)
{
    const char *why = pa_template_check_name(value);

    if (why)
        return apr_psprintf(cmd->pool, "PlusAuthPage: %s: %s", value, why);
    ((pa_dir_conf *)dir)->page = value;
    return NULL;
}

/* What a path may hold as it stands, and no browser or proxy takes for a step up. */
static int is_provider_name(const char *name)
{
    apr_size_t len = strlen(name);

    return len > 0 && len <= PROVIDER_NAME_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0
           && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-")]
                  == '\0';
}

/* <PlusAuthProvider name> … </PlusAuthProvider> */
static const char *provider_section(cmd_parms *cmd, void *dir, const char *argument)
{
    pa_server_conf *conf = pa_server_conf_get(cmd->server);
    const char *end = ap_strrchr_c(argument, '>');
    const char *name, *rest, *why;

    (void)dir;
    if (!end)
        return apr_pstrcat(cmd->pool, cmd->cmd->name, "> directive missing closing '>'", NULL);
    if (conf->target)
        return "<PlusAuthProvider> cannot be nested";
    rest = apr_pstrmemdup(cmd->pool, argument, end - argument);
    name = ap_getword_conf(cmd->pool, &rest);
    if (*rest || !is_provider_name(name))
        return apr_psprintf(cmd->pool,
                            "<PlusAuthProvider>: one name, of at most %d letters, digits, '.', '_' "
                            "and '-': it is part of its Redirect URI",
                            PROVIDER_NAME_MAX);
    if (apr_hash_get(conf->named, name, APR_HASH_KEY_STRING))
        return apr_psprintf(cmd->pool, "<PlusAuthProvider %s>: there is one of that name", name);
    conf->target = pa_provider_directives_create(cmd->pool);
    conf->target_name = name;
    apr_hash_set(conf->named, name, APR_HASH_KEY_STRING, conf->target);
    why = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    conf->target = NULL;
    return why;
}

#define SERVER(member) (void *)APR_OFFSETOF(pa_server_conf, member)
#define PROVIDER(member) (void *)APR_OFFSETOF(pa_provider_directives, member)
#define DIR_CONF(member) (void *)APR_OFFSETOF(pa_dir_conf, member)

const command_rec pa_commands[] = {
    AP_INIT_RAW_ARGS("<PlusAuthProvider", provider_section, NULL, RSRC_CONF,
                     "A further provider, named for PlusAuthProvider"),
    AP_INIT_TAKE1("PlusAuthEnvFile", pa_provider_set_env_file, NULL, RSRC_CONF,
                  "File with AUTH_URL, CLIENT_ID and CLIENT_SECRET, not readable for everybody"),
    AP_INIT_TAKE1("PlusAuthTenant", pa_provider_set_tenant, NULL, RSRC_CONF,
                  "Name of the PlusAuth tenant: the issuer is https://NAME.plusauth.com"),
    AP_INIT_TAKE1("PlusAuthIssuer", pa_provider_set_issuer, NULL, RSRC_CONF,
                  "The exact issuer URL of the provider; http only on loopback"),
    AP_INIT_TAKE1("PlusAuthClientID", pa_provider_set_text, PROVIDER(client_id), RSRC_CONF,
                  "Client Id of the PlusAuth client"),
    AP_INIT_TAKE1("PlusAuthClientSecret", pa_provider_set_client_secret, NULL, RSRC_CONF,
                  "Client Secret, or file:/path or exec:/path that gives it"),
    AP_INIT_TAKE123("PlusAuthClientAuth", pa_provider_set_client_auth, NULL, RSRC_CONF,
                    "Token Endpoint Authentication Method and, for assertions, their algorithm and "
                    "aud=issuer or aud=token_endpoint; auto by default"),
    AP_INIT_TAKE12("PlusAuthClientKey", pa_provider_add_client_key, NULL, RSRC_CONF,
                   "A private key of the client, PEM or JWK, and its kid; the first one signs"),
    AP_INIT_TAKE1("PlusAuthClientCert", pa_provider_set_client_cert, NULL, RSRC_CONF,
                  "PEM file with the client's certificate and its key, for TLS to the provider"),
    AP_INIT_TAKE1("PlusAuthProfile", pa_provider_set_profile, NULL, RSRC_CONF,
                  "web (by default), financial or fapi2: what the directives below are by default"),
    AP_INIT_TAKE_ARGV("PlusAuthRequest", pa_provider_set_request, NULL, RSRC_CONF,
                      "How the authorization request travels: query, par, jar or par+jar; after "
                      "the last two \"encrypted\", which may name JWE algorithms"),
    AP_INIT_TAKE1("PlusAuthResponse", pa_provider_set_response, NULL, RSRC_CONF,
                  "How its answer travels: query, form_post or jwt (JARM)"),
    AP_INIT_TAKE1("PlusAuthSenderConstrain", pa_provider_set_sender_constrain, NULL, RSRC_CONF,
                  "What access tokens are bound to: off, dpop or mtls"),
    AP_INIT_TAKE1("PlusAuthScope", pa_provider_set_text, PROVIDER(scope), RSRC_CONF,
                  "Scopes to ask for; \"openid profile email\" by default"),
    AP_INIT_TAKE1("PlusAuthAudience", pa_provider_set_text, PROVIDER(audience), RSRC_CONF,
                  "The API that the access token is for"),
    AP_INIT_TAKE2(
        "PlusAuthAuthParam", add_auth_param, NULL, RSRC_CONF | ACCESS_CONF,
        "One more parameter of the authorization request; its value may be an expression"),
    AP_INIT_ITERATE("PlusAuthSigningAlgs", pa_provider_add_signing_alg, NULL, RSRC_CONF,
                    "What ID tokens may be signed with; every RS, PS, ES and EdDSA by default"),
    AP_INIT_FLAG("PlusAuthUserInfo", pa_provider_set_flag, PROVIDER(userinfo), RSRC_CONF,
                 "Whether the UserInfo endpoint is asked at login; On by default"),
    AP_INIT_TAKE1("PlusAuthClockSkew", pa_provider_set_clock_skew, NULL, RSRC_CONF,
                  "By how much the clocks of provider and server may differ; 60s by default, 5min "
                  "at most"),
    AP_INIT_TAKE1("PlusAuthLogoutURL", pa_provider_set_logout_url, NULL, RSRC_CONF,
                  "Where a logout goes at a provider that names no end_session_endpoint; none by "
                  "default"),
    AP_INIT_TAKE2("PlusAuthHTTPTimeout", pa_provider_set_timeouts, NULL, RSRC_CONF,
                  "How long connecting and a whole request may take; 3s 10s by default"),
    AP_INIT_TAKE1("PlusAuthCAFile", pa_provider_set_ca_file, PROVIDER(ca_file), RSRC_CONF,
                  "PEM file of the authorities that may vouch for the provider; the system's by "
                  "default"),
    AP_INIT_TAKE1("PlusAuthHTTPProxy", pa_provider_set_text, PROVIDER(proxy), RSRC_CONF,
                  "URL of the proxy to reach the provider through; none by default"),
    AP_INIT_FLAG("PlusAuthEngine", set_engine, NULL, RSRC_CONF | ACCESS_CONF,
                 "Off keeps a host or a place out of everything that this module does; On by "
                 "default"),
    AP_INIT_TAKE1("PlusAuthOrigin", set_origin, NULL, RSRC_CONF,
                  "Scheme, host and port that browsers use; from ServerName by default"),
    AP_INIT_TAKE2(
        "PlusAuthPath", set_path, NULL, RSRC_CONF,
        "Path of login, callback, logout, backchannel, frontchannel, user, jwks or register; "
        "/login, /login/callback, /logout, below these and /register by default"),
    AP_INIT_TAKE1("PlusAuthAfterLogout", set_after_logout, NULL, RSRC_CONF,
                  "Where a browser ends up after logout; / by default"),
    AP_INIT_TAKE1("PlusAuthSessionLifetime", set_server_duration, SERVER(lifetime), RSRC_CONF,
                  "How long after its login a session ends; 8h by default"),
    AP_INIT_TAKE1("PlusAuthSessionIdle", set_server_duration, SERVER(idle), RSRC_CONF,
                  "How long after its last use a session ends; 1h by default"),
    AP_INIT_TAKE12(
        "PlusAuthSessionStore", pa_store_config_set, NULL, RSRC_CONF,
        "Where sessions are kept: shmcb[:path(size)] (by default), dbm:path, "
        "redis:host:port, memcache:host:port, or cookie or mod_session, with a store for "
        "the list of ended sessions"),
    AP_INIT_ITERATE("PlusAuthKey", add_key, NULL, RSRC_CONF,
                    "Secrets that seal cookies and records: the first seals, all open; a random "
                    "one of this server by default"),
    AP_INIT_TAKE_ARGV("PlusAuthCookie", set_cookie, NULL, RSRC_CONF,
                      "Name of the session's cookie, then SameSite= and Domain=; __Host-plusauth "
                      "by default"),
    AP_INIT_TAKE12("PlusAuthTitle", set_title, NULL, RSRC_CONF,
                   "What pages call the site, and its name in their header where that is shorter; "
                   "default: the host's name"),
    AP_INIT_TAKE1("PlusAuthTemplates", set_templates, NULL, RSRC_CONF,
                  "Directory of the pages' templates"),
    AP_INIT_TAKE1("PlusAuthProvider", ap_set_string_slot, DIR_CONF(provider),
                  RSRC_CONF | ACCESS_CONF,
                  "Name of the <PlusAuthProvider> that protects this place"),
    AP_INIT_TAKE1("PlusAuthUnauthenticated", set_unauthenticated, NULL, RSRC_CONF | ACCESS_CONF,
                  "What a request without login gets: auto (by default), login, 401, 403 or pass"),
    AP_INIT_TAKE1("PlusAuthUser", ap_set_string_slot, DIR_CONF(user), RSRC_CONF | ACCESS_CONF,
                  "The claim that becomes REMOTE_USER; sub by default"),
    AP_INIT_TAKE_ARGV("PlusAuthExport", set_export, NULL, RSRC_CONF | ACCESS_CONF,
                      "How the application gets claims: env (by default), none, or headers "
                      "Header=claim..."),
    AP_INIT_TAKE1(
        "PlusAuthConnectionLifetime", set_place_duration, DIR_CONF(connection_lifetime),
        RSRC_CONF | ACCESS_CONF,
        "How long a WebSocket or an answer of somebody signed in may last; off by default"),
    AP_INIT_TAKE1("PlusAuthPage", set_page, NULL, RSRC_CONF | ACCESS_CONF,
                  "The template that SetHandler plusauth-page serves"),
    { NULL }
};
