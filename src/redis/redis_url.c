/* redis_url.c: see redis_url.h. The last '@' before the query ends user and password, so that a
 * password may be file:/path. */
#include "redis_url.h"

#include <stdlib.h>

#include <apr_escape.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#define REDIS_PORT 6379
#define SENTINEL_PORT 26379
/* More than anybody configures by intention. */
#define DB_MAX 65535
#define REPLICAS_MAX 100
#define PASSWORD_MAX 4096

static const struct {
    const char *prefix;
    int tls;
    int sentinel;
} schemes[] = {
    { "redis://", 0, 0 },
    { "rediss://", 1, 0 },
    { "redis+sentinel://", 0, 1 },
    { "rediss+sentinel://", 1, 1 },
};

/* A whole number from 0 to `max`. */
static const char *read_number(const char *text, int max, int *out)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (!*text || *end || number < 0 || number > max)
        return apr_isdigit(*text) ? "is too large" : "is not a number";
    *out = (int)number;
    return NULL;
}

static const char *unescape(apr_pool_t *pool, const char *text)
{
    return apr_punescape_url(pool, text, NULL, NULL, 0);
}

/* The first line of a file that others cannot read. */
static const char *read_password_file(apr_pool_t *pool, const char *path, const char **out)
{
    char line[PASSWORD_MAX];
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ, 0, pool);

    if (rv != APR_SUCCESS)
        return apr_psprintf(pool, "%s cannot be read: %pm", path, &rv);
    rv = apr_file_info_get(&info, APR_FINFO_PROT | APR_FINFO_TYPE, file);
    if (rv != APR_SUCCESS || info.filetype != APR_REG)
        return apr_psprintf(pool, "%s is not a file", path);
    if (info.protection & APR_FPROT_WREAD)
        return apr_psprintf(pool, "everybody can read %s: chmod o-r it", path);
    if (apr_file_gets(line, sizeof(line), file) != APR_SUCCESS)
        return apr_psprintf(pool, "%s holds no password", path);
    apr_file_close(file);
    line[strcspn(line, "\r\n")] = '\0';
    *out = apr_pstrdup(pool, line);
    return *line ? NULL : apr_psprintf(pool, "%s holds no password", path);
}

static const char *read_password(apr_pool_t *pool, const char *text, const char **out)
{
    if (strncmp(text, "file:", 5) == 0)
        return read_password_file(pool, text + 5, out);
    *out = unescape(pool, text);
    return *out ? NULL : "the password has a wrong % escape";
}

/* "user:password", "user" or ":password". */
static const char *read_userinfo(apr_pool_t *pool, const char *text, pa_redis_settings *out)
{
    const char *colon = strchr(text, ':');
    const char *user = colon ? apr_pstrmemdup(pool, text, (apr_size_t)(colon - text)) : text;

    if (*user && !(out->user = unescape(pool, user)))
        return "the user has a wrong % escape";
    return colon && colon[1] ? read_password(pool, colon + 1, &out->password) : NULL;
}

static const char *read_addresses(apr_pool_t *pool, const char *text, int port,
                                  pa_redis_settings *out)
{
    char *list = apr_pstrdup(pool, text), *state, *one;

    out->addresses = apr_array_make(pool, 3, sizeof(pa_redis_address));
    for (one = apr_strtok(list, ",", &state); one; one = apr_strtok(NULL, ",", &state)) {
        pa_redis_address *address = apr_array_push(out->addresses);
        char *host = NULL, *zone = NULL;
        apr_port_t given = 0;

        /* APR takes a port that is no number for a part of the name. */
        if (apr_parse_addr_port(&host, &zone, &given, one, pool) != APR_SUCCESS || !host || zone
            || (*one != '[' && strchr(host, ':')))
            return apr_psprintf(pool, "\"%s\" is not host or host:port", one);
        *address = (pa_redis_address){ host, given ? given : port };
    }
    return out->addresses->nelts > 0 ? NULL : "it names no host";
}

static const char *set_parameter(apr_pool_t *pool, const char *name, const char *value,
                                 pa_redis_settings *out)
{
    const struct {
        const char *name;
        const char **text;
    } files[] = { { "ca", &out->ca_file }, { "cert", &out->cert_file }, { "key", &out->key_file } };

    for (int i = 0; i < 3; i++) {
        if (strcmp(name, files[i].name) == 0) {
            *files[i].text = value;
            return out->tls ? NULL : "ca, cert and key are for rediss://";
        }
    }
    if (strcmp(name, "user") == 0) {
        out->user = value;
        return NULL;
    }
    if (strcmp(name, "password") == 0)
        return read_password(pool, value, &out->password);
    if (strcmp(name, "sentinel_password") == 0)
        return read_password(pool, value, &out->sentinel_password);
    if (strcmp(name, "db") == 0)
        return read_number(value, DB_MAX, &out->db);
    if (strcmp(name, "wait") == 0)
        return read_number(value, REPLICAS_MAX, &out->replicas);
    return "is none of user, password, sentinel_password, db, wait, ca, cert, key";
}

static const char *read_query(apr_pool_t *pool, const char *query, pa_redis_settings *out)
{
    char *list = apr_pstrdup(pool, query), *state, *one;

    for (one = apr_strtok(list, "&", &state); one; one = apr_strtok(NULL, "&", &state)) {
        char *equals = strchr(one, '=');
        const char *value = equals ? unescape(pool, equals + 1) : NULL, *why;

        if (!value || !*value)
            return apr_psprintf(pool, "\"%s\" has no value", one);
        *equals = '\0';
        if ((why = set_parameter(pool, one, value, out)))
            return apr_psprintf(pool, "%s: %s", one, why);
    }
    return NULL;
}

/* What follows the hosts: the database, or the master's name at Sentinels. */
static const char *read_path(apr_pool_t *pool, const char *path, int sentinel,
                             pa_redis_settings *out)
{
    const char *why;

    if (sentinel) {
        out->master = unescape(pool, path);
        return out->master && *out->master ? NULL
                                           : "name the master: redis+sentinel://host,host/mymaster";
    }
    if (!*path)
        return NULL;
    if ((why = read_number(path, DB_MAX, &out->db)))
        return apr_psprintf(pool, "the database \"%s\" %s", path, why);
    return NULL;
}

static const char *check(const pa_redis_settings *settings)
{
    if (settings->user && !settings->password)
        return "a user needs a password: user:file:/path@host";
    if (!settings->cert_file != !settings->key_file)
        return "cert and key belong together";
    if (!settings->master && settings->addresses->nelts > 1 && settings->db)
        return "a cluster has no database but 0";
    return NULL;
}

const char *pa_redis_url_parse(apr_pool_t *pool, const char *url, pa_redis_settings *out)
{
    const char *rest = NULL, *path, *why;
    char *authority, *query, *at;
    int sentinel = 0;

    *out = (pa_redis_settings){ 0 };
    for (apr_size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncmp(url, schemes[i].prefix, strlen(schemes[i].prefix)) == 0) {
            rest = url + strlen(schemes[i].prefix);
            out->tls = schemes[i].tls;
            sentinel = schemes[i].sentinel;
        }
    }
    if (!rest)
        return "write redis://host:port, rediss://host:port or redis+sentinel://host,host/master";
    authority = apr_pstrdup(pool, rest);
    if ((query = strchr(authority, '?')))
        *query++ = '\0';
    if ((at = strrchr(authority, '@'))) {
        *at++ = '\0';
        if ((why = read_userinfo(pool, authority, out)))
            return why;
        authority = at;
    }
    path = strchr(authority, '/');
    authority =
        path ? apr_pstrmemdup(pool, authority, (apr_size_t)(path++ - authority)) : authority;
    if ((why = read_addresses(pool, authority, sentinel ? SENTINEL_PORT : REDIS_PORT, out))
        || (why = read_path(pool, path ? path : "", sentinel, out))
        || (query && (why = read_query(pool, query, out))))
        return why;
    return check(out);
}
