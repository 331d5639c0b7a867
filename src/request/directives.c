/* directives.c: the command table, and what each directive accepts. A bad value stops the start
 * with one line that names the directive and the cure. */
#include "config.h"

#include <apr_strings.h>
#include <http_core.h>

#include "../base/envfile.h"
#include "../base/url.h"
#include "template.h"

#define ENV_FILE_MAX 65536
#define COOKIE_NAME_MAX 48
#define KEY_MIN 16

/* The structure that a provider directive writes to: of the <PlusAuthProvider> it stands in, or the
 * server's. */
static pa_provider_directives *target(cmd_parms *cmd)
{
    pa_server_conf *conf = pa_server_conf_get(cmd->server);

    return conf->target ? conf->target : conf->own;
}

static void *field(void *structure, const cmd_parms *cmd)
{
    return (char *)structure + (apr_size_t)cmd->info;
}

/* A secret as a literal, or from a file or a command, whose last line end does not count. */
static const char *read_secret(cmd_parms *cmd, const char *value, const char **out)
{
    char *text = NULL, **argv;
    apr_file_t *file;
    apr_status_t rv;

    if (strncmp(value, "file:", 5) == 0) {
        char line[HUGE_STRING_LEN];
        const char *path = ap_server_root_relative(cmd->pool, value + 5);

        rv = apr_file_open(&file, path, APR_READ | APR_BUFFERED, 0, cmd->temp_pool);
        if (rv != APR_SUCCESS || (rv = apr_file_gets(line, sizeof(line), file)) != APR_SUCCESS)
            return apr_psprintf(cmd->pool, "%s: cannot read %s: %pm", cmd->cmd->name, path, &rv);
        text = apr_pstrdup(cmd->pool, line);
        apr_file_close(file);
    }
    else if (strncmp(value, "exec:", 5) == 0) {
        if (apr_tokenize_to_argv(value + 5, &argv, cmd->temp_pool) != APR_SUCCESS || !argv[0])
            return apr_psprintf(cmd->pool, "%s: exec: names no command", cmd->cmd->name);
        text = ap_get_exec_line(cmd->pool, argv[0], (const char *const *)argv);
        if (!text)
            return apr_psprintf(cmd->pool, "%s: %s failed or printed nothing", cmd->cmd->name,
                                argv[0]);
    }
    if (text)
        text[strcspn(text, "\r\n")] = '\0';
    *out = text ? text : value;
    return **out ? NULL : apr_psprintf(cmd->pool, "%s: the secret is empty", cmd->cmd->name);
}

static const char *set_server_text(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    *(const char **)field(pa_server_conf_get(cmd->server), cmd) = value;
    return NULL;
}

static const char *set_provider_text(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    if (!*value)
        return apr_psprintf(cmd->pool, "%s: is empty", cmd->cmd->name);
    *(const char **)field(target(cmd), cmd) = value;
    return NULL;
}

static const char *set_provider_flag(cmd_parms *cmd, void *dir, int on)
{
    (void)dir;
    *(int *)field(target(cmd), cmd) = on;
    return NULL;
}

static const char *set_client_secret(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return read_secret(cmd, value, &target(cmd)->client_secret);
}

static const char *set_issuer(cmd_parms *cmd, void *dir, const char *value)
{
    const char *why = pa_url_check_endpoint(value);

    (void)dir;
    if (why)
        return apr_psprintf(cmd->pool, "PlusAuthIssuer: %s: %s", value, why);
    target(cmd)->issuer = value;
    return NULL;
}

/* Tenants are 3 to 48 of [a-z0-9-]. */
static const char *set_tenant(cmd_parms *cmd, void *dir, const char *value)
{
    apr_size_t len = strlen(value);

    (void)dir;
    if (len < 3 || len > 48 || strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        return "PlusAuthTenant: a tenant's name is 3 to 48 of a-z, 0-9 and '-'; for a domain of "
               "your own use PlusAuthIssuer";
    target(cmd)->issuer = apr_pstrcat(cmd->pool, "https://", value, ".plusauth.com", NULL);
    return NULL;
}

static const char *set_env_file(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value), *why;
    apr_table_t *table;
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t rv;
    apr_size_t len;
    char *text;

    (void)dir;
    rv = apr_file_open(&file, path, APR_READ, 0, cmd->temp_pool);
    if (rv == APR_SUCCESS)
        rv = apr_file_info_get(&info, APR_FINFO_PROT | APR_FINFO_SIZE, file);
    if (rv != APR_SUCCESS)
        return apr_psprintf(cmd->pool, "PlusAuthEnvFile: cannot read %s: %pm", path, &rv);
    if (info.protection & APR_FPROT_WREAD)
        return apr_psprintf(cmd->pool,
                            "PlusAuthEnvFile: everybody may read the secret in %s: "
                            "chmod o-r it",
                            path);
    if (info.size > ENV_FILE_MAX)
        return apr_psprintf(cmd->pool, "PlusAuthEnvFile: %s is too long", path);
    len = (apr_size_t)info.size;
    text = apr_pcalloc(cmd->temp_pool, len + 1);
    rv = apr_file_read_full(file, text, len, &len);
    apr_file_close(file);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv))
        return apr_psprintf(cmd->pool, "PlusAuthEnvFile: cannot read %s: %pm", path, &rv);
    if ((why = pa_envfile_parse(cmd->pool, pa_bytes_of(text, len), &table)))
        return apr_psprintf(cmd->pool, "PlusAuthEnvFile: %s: %s", path, why);
    target(cmd)->env = table;
    return NULL;
}

static const char *set_client_auth(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const methods[] = { "auto", "none", "client_secret_basic",
                                           "client_secret_post" };

    (void)dir;
    for (int i = 0; i <= PA_CLIENT_AUTH_POST; i++) {
        if (strcmp(methods[i], value) == 0) {
            target(cmd)->client_auth = i;
            return NULL;
        }
    }
    return "PlusAuthClientAuth: one of auto, none, client_secret_basic, client_secret_post";
}

static const char *add_signing_alg(cmd_parms *cmd, void *dir, const char *value)
{
    pa_alg_set alg = pa_alg_named(value);

    (void)dir;
    if (!alg)
        return apr_psprintf(cmd->pool,
                            "PlusAuthSigningAlgs: %s is no algorithm that an ID token "
                            "may be signed with: RS256, PS256, ES256, their 384 and 512 kin, "
                            "EdDSA, HS256 and kin",
                            value);
    target(cmd)->signing_algs |= alg;
    return NULL;
}

static const char *set_timeouts(cmd_parms *cmd, void *dir, const char *connect, const char *total)
{
    pa_provider_directives *provider = target(cmd);

    (void)dir;
    if (ap_timeout_parameter_parse(connect, &provider->connect_timeout, "s") != APR_SUCCESS
        || ap_timeout_parameter_parse(total, &provider->total_timeout, "s") != APR_SUCCESS
        || provider->connect_timeout <= 0 || provider->total_timeout <= 0)
        return "PlusAuthHTTPTimeout: two durations, to connect and in all: 3s 10s";
    return NULL;
}

static const char *set_ca_file(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value);
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE, cmd->temp_pool);

    (void)dir;
    if (rv != APR_SUCCESS)
        return apr_psprintf(cmd->pool, "PlusAuthCAFile: cannot read %s: %pm", path, &rv);
    target(cmd)->ca_file = path;
    return NULL;
}

static const char *set_origin(cmd_parms *cmd, void *dir, const char *value)
{
    const char *origin = pa_url_origin(cmd->pool, value);
    apr_size_t len = strlen(value);

    (void)dir;
    while (len && value[len - 1] == '/')
        len--;
    if (!origin || strchr(value, '@') || len != strlen(origin)
        || strncasecmp(origin, value, len) != 0)
        return "PlusAuthOrigin: scheme, host and, unless it is the usual one, port: "
               "https://www.example.com";
    pa_server_conf_get(cmd->server)->origin_said = origin;
    return NULL;
}

static const char *set_path(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
    static const char *const names[PA_PATH_COUNT] = { "login",       "callback",     "logout",
                                                      "backchannel", "frontchannel", "user" };

    (void)dir;
    if (pa_url_check_return(value) || strpbrk(value, "?%"))
        return "PlusAuthPath: a path begins with '/' and has neither query nor %-escapes";
    for (int i = 0; i < PA_PATH_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            pa_server_conf_get(cmd->server)->path[i] = value;
            return NULL;
        }
    }
    return "PlusAuthPath: one of login, callback, logout, backchannel, frontchannel, user, and its "
           "path";
}

static const char *set_after_logout(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    if (pa_url_check_return(value))
        return "PlusAuthAfterLogout: a path on this server that begins with '/'";
    pa_server_conf_get(cmd->server)->after_logout = value;
    return NULL;
}

static const char *set_duration(cmd_parms *cmd, void *dir, const char *value)
{
    apr_interval_time_t *duration = field(pa_server_conf_get(cmd->server), cmd);

    (void)dir;
    if (ap_timeout_parameter_parse(value, duration, "s") != APR_SUCCESS || *duration <= 0)
        return apr_psprintf(cmd->pool, "%s: a duration such as 8h, 30min or 90s", cmd->cmd->name);
    return NULL;
}

static const char *add_key(cmd_parms *cmd, void *dir, const char *value)
{
    pa_server_conf *conf = pa_server_conf_get(cmd->server);
    const char *secret = "", *why = read_secret(cmd, value, &secret);

    (void)dir;
    if (why)
        return why;
    if (strlen(secret) < KEY_MIN)
        return "PlusAuthKey: a secret needs 16 characters at least: openssl rand -base64 32";
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
    for (int i = 1; i < argc && !why; i++)
        why = add_header(cmd, conf, argv[i]);
    return why;
}

static const char *set_page(cmd_parms *cmd, void *dir, const char *value)
{
    const char *why = pa_template_check_name(value);

    if (why)
        return apr_psprintf(cmd->pool, "PlusAuthPage: %s: %s", value, why);
    ((pa_dir_conf *)dir)->page = value;
    return NULL;
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
    if (!*name || *rest || strlen(name) > 32)
        return "<PlusAuthProvider>: one name, of at most 32 characters";
    conf->target = pa_provider_directives_create(cmd->pool);
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
    AP_INIT_TAKE1("PlusAuthEnvFile", set_env_file, NULL, RSRC_CONF,
                  "File with AUTH_URL, CLIENT_ID and CLIENT_SECRET, not readable for everybody"),
    AP_INIT_TAKE1("PlusAuthTenant", set_tenant, NULL, RSRC_CONF,
                  "Name of the PlusAuth tenant: the issuer is https://NAME.plusauth.com"),
    AP_INIT_TAKE1("PlusAuthIssuer", set_issuer, NULL, RSRC_CONF,
                  "The exact issuer URL of the provider; http only on loopback"),
    AP_INIT_TAKE1("PlusAuthClientID", set_provider_text, PROVIDER(client_id), RSRC_CONF,
                  "Client Id of the PlusAuth client"),
    AP_INIT_TAKE1("PlusAuthClientSecret", set_client_secret, NULL, RSRC_CONF,
                  "Client Secret, or file:/path or exec:/path that gives it"),
    AP_INIT_TAKE1("PlusAuthClientAuth", set_client_auth, NULL, RSRC_CONF,
                  "Token Endpoint Authentication Method; auto by default"),
    AP_INIT_TAKE1("PlusAuthScope", set_provider_text, PROVIDER(scope), RSRC_CONF,
                  "Scopes to ask for; \"openid profile email\" by default"),
    AP_INIT_TAKE1("PlusAuthAudience", set_provider_text, PROVIDER(audience), RSRC_CONF,
                  "The API that the access token is for"),
    AP_INIT_ITERATE("PlusAuthSigningAlgs", add_signing_alg, NULL, RSRC_CONF,
                    "What ID tokens may be signed with; every RS, PS, ES and EdDSA by default"),
    AP_INIT_FLAG("PlusAuthUserInfo", set_provider_flag, PROVIDER(userinfo), RSRC_CONF,
                 "Whether the UserInfo endpoint is asked at login; On by default"),
    AP_INIT_TAKE2("PlusAuthHTTPTimeout", set_timeouts, NULL, RSRC_CONF,
                  "How long connecting and a whole request may take; 3s 10s by default"),
    AP_INIT_TAKE1("PlusAuthCAFile", set_ca_file, NULL, RSRC_CONF,
                  "PEM file of the authorities that may vouch for the provider; the system's by "
                  "default"),
    AP_INIT_TAKE1("PlusAuthHTTPProxy", set_provider_text, PROVIDER(proxy), RSRC_CONF,
                  "URL of the proxy to reach the provider through; none by default"),
    AP_INIT_TAKE1("PlusAuthOrigin", set_origin, NULL, RSRC_CONF,
                  "Scheme, host and port that browsers use; from ServerName by default"),
    AP_INIT_TAKE2("PlusAuthPath", set_path, NULL, RSRC_CONF,
                  "Path of login, callback, logout, backchannel, frontchannel or user; /login, "
                  "/login/callback, /logout and below by default"),
    AP_INIT_TAKE1("PlusAuthAfterLogout", set_after_logout, NULL, RSRC_CONF,
                  "Where a browser ends up after logout; / by default"),
    AP_INIT_TAKE1("PlusAuthSessionLifetime", set_duration, SERVER(lifetime), RSRC_CONF,
                  "How long after its login a session ends; 8h by default"),
    AP_INIT_TAKE1("PlusAuthSessionIdle", set_duration, SERVER(idle), RSRC_CONF,
                  "How long after its last use a session ends; 1h by default"),
    AP_INIT_TAKE1("PlusAuthSessionStore", set_server_text, SERVER(store), RSRC_CONF,
                  "Where sessions are kept: shmcb[:arguments]; shmcb by default"),
    AP_INIT_ITERATE("PlusAuthKey", add_key, NULL, RSRC_CONF,
                    "Secrets that seal cookies: the first seals, all open; from the client secret "
                    "by default"),
    AP_INIT_TAKE_ARGV("PlusAuthCookie", set_cookie, NULL, RSRC_CONF,
                      "Name of the session's cookie, then SameSite= and Domain=; __Host-plusauth "
                      "by default"),
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
    AP_INIT_TAKE1("PlusAuthPage", set_page, NULL, RSRC_CONF | ACCESS_CONF,
                  "The template that SetHandler plusauth-page serves"),
    { NULL }
};
