/* url.c: forms as WHATWG's URL standard encodes them, URLs as RFC 3986 spells them; strict where
 * a browser, libcurl and this module could otherwise read one text in different ways. */
#include "url.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"

#define URL_MAX 2048 /* what every browser and proxy takes */
#define PORT_MAX 65535

static int is_in(unsigned char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static int is_alnum_ascii(unsigned char c)
{
    return c < 0x80 && apr_isalnum(c);
}

char *pa_form_encode(apr_pool_t *pool, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(pool, strlen(text) * 3 + 1);
    char *at = out;
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (is_alnum_ascii(c) || is_in(c, "*-._")) {
            *at++ = (char)c;
        }
        else if (c == ' ') {
            *at++ = '+';
        }
        else {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        }
    }
    *at = '\0';
    return out;
}

char *pa_form_add(apr_pool_t *pool, const char *form, const char *name, const char *value)
{
    const char *before = form ? form : "";
    return apr_pstrcat(pool, before, *before ? "&" : "", pa_form_encode(pool, name), "=",
                       pa_form_encode(pool, value), NULL);
}

char *pa_url_with_query(apr_pool_t *pool, const char *url, const char *form)
{
    if (!form || !*form)
        return apr_pstrdup(pool, url);
    if (!strchr(url, '?'))
        return apr_pstrcat(pool, url, "?", form, NULL);
    const char last = url[strlen(url) - 1];
    return apr_pstrcat(pool, url, last == '?' || last == '&' ? "" : "&", form, NULL);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *form_decode(apr_pool_t *pool, const char *text, apr_size_t len, char **out)
{
    char *decoded = apr_palloc(pool, len + 1);
    char *at = decoded;
    for (apr_size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            *at++ = text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = len - i > 2 ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low < 0)
            return "it has a bad %-escape";
        if (high == 0 && low == 0)
            return "it has an encoded NUL";
        *at++ = (char)(high << 4 | low);
        i += 2;
    }
    *at = '\0';
    *out = decoded;
    return NULL;
}

static const char *form_field(apr_pool_t *pool, const char *text, apr_size_t len,
                              apr_table_t *fields)
{
    const char *equals = memchr(text, '=', len);
    const apr_size_t name_len = equals ? (apr_size_t)(equals - text) : len;
    char *name;
    char *value = apr_pstrdup(pool, "");
    const char *why = form_decode(pool, text, name_len, &name);
    if (!why && equals)
        why = form_decode(pool, equals + 1, len - name_len - 1, &value);
    if (why)
        return why;
    /* Tables do not tell case: `code` beside `Code` is a second value all the same. */
    if (apr_table_get(fields, name))
        return "it has a parameter twice";
    apr_table_addn(fields, name, value);
    return NULL;
}

const char *pa_form_parse(apr_pool_t *pool, const char *text, apr_table_t **out)
{
    apr_table_t *fields = apr_table_make(pool, 8);
    int count = 0;
    while (*text) {
        const apr_size_t len = strcspn(text, "&");
        if (len > 0) {
            if (++count > PA_FORM_FIELDS_MAX)
                return "it has too many parameters";
            const char *why = form_field(pool, text, len, fields);
            if (why)
                return why;
        }
        text += len + (text[len] == '&');
    }
    *out = fields;
    return NULL;
}

/* An absolute http or https URL, taken apart. */
typedef struct url_parts {
    int https;
    pa_bytes host; /* with its brackets when it is an IPv6 address */
    int port;      /* 0 when none is written */
} url_parts;

/* The decimal number at `text`, between 0 and `max`; -1 when that is not all there is. */
static int decimal(const char *text, apr_size_t len, int max)
{
    int value = 0;
    if (len == 0)
        return -1;
    for (apr_size_t i = 0; i < len; i++) {
        if (!apr_isdigit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
        if (value > max)
            return -1;
    }
    return value;
}

static int is_host(unsigned char c, int ipv6)
{
    return ipv6 ? is_in(c, "0123456789abcdefABCDEF:.") : is_alnum_ascii(c) || is_in(c, "-._");
}

static const char *split_host(const char *authority, apr_size_t len, pa_bytes *host)
{
    const int bracketed = len > 0 && authority[0] == '[';
    apr_size_t end = (apr_size_t)bracketed;
    while (end < len && is_host((unsigned char)authority[end], bracketed))
        end++;
    if (end == (apr_size_t)bracketed)
        return "it has no host";
    if (bracketed && (end == len || authority[end++] != ']'))
        return "its IPv6 address is malformed";
    *host = pa_bytes_of(authority, end);
    return NULL;
}

static const char *split_url(const char *url, url_parts *out)
{
    const int https = strncasecmp(url, "https://", 8) == 0;
    if (!https && strncasecmp(url, "http://", 7) != 0)
        return "it is no absolute https URL";
    const char *authority = url + (https ? 8 : 7);
    const apr_size_t len = strcspn(authority, "/?#");
    if (memchr(authority, '@', len))
        return "it holds a user name";
    pa_bytes host;
    const char *why = split_host(authority, len, &host);
    if (why)
        return why;
    int port = 0;
    if (host.len < len) {
        const char *colon = authority + host.len;
        port = *colon == ':' ? decimal(colon + 1, len - host.len - 1, PORT_MAX) : 0;
        if (port <= 0)
            return "its host or port is malformed";
    }
    *out = (url_parts){ https, host, port };
    return NULL;
}

/* 127.0.0.0/8 in its full dotted form alone: "127.example.org" and "127.1" are not. */
static int is_loopback_ipv4(pa_bytes host)
{
    const char *at = (const char *)host.at;
    const char *end = at + host.len;
    for (int part = 0; part < 4; part++) {
        const char *dot = memchr(at, '.', (apr_size_t)(end - at));
        const char *stop = part < 3 ? dot : end;
        if (!stop || stop - at > 3)
            return 0;
        const int value = decimal(at, (apr_size_t)(stop - at), 255);
        /* a leading zero is octal to some resolvers */
        if (value < 0 || (stop - at > 1 && *at == '0') || (part == 0 && value != 127))
            return 0;
        at = part < 3 ? stop + 1 : stop;
    }
    return 1;
}

static int host_is(pa_bytes host, const char *name)
{
    return host.len == strlen(name) && strncasecmp((const char *)host.at, name, host.len) == 0;
}

const char *pa_url_check_endpoint(const char *url)
{
    if (strlen(url) > URL_MAX)
        return "it is too long";
    for (const char *at = url; *at; at++) {
        const unsigned char c = (unsigned char)*at;
        /* what RFC 3986 allows nowhere, and '#': nobody can be asked for a fragment */
        if (c <= ' ' || c > '~' || is_in(c, "\"#<>\\^`{|}"))
            return "it has a fragment or a character that no URL may hold";
    }
    url_parts parts;
    const char *why = split_url(url, &parts);
    if (why || parts.https)
        return why;
    if (host_is(parts.host, "localhost") || host_is(parts.host, "[::1]")
        || is_loopback_ipv4(parts.host))
        return NULL;
    return "it is http, which is allowed for loopback hosts alone";
}

const char *pa_url_check_return(const char *path)
{
    if (path[0] != '/')
        return "it does not begin with '/'";
    if (path[1] == '/')
        return "it begins with '//', which names another host";
    for (const char *at = path; *at; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c <= ' ' || c > '~' || c == '\\' || c == '#')
            return "it has a backslash, a fragment, a space or another character not allowed";
    }
    return NULL;
}

const char *pa_url_return(apr_pool_t *pool, const char *path)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(pool, strlen(path) * 3 + 1), *at = out;
    int in_query = 0;

    for (; *path; path++) {
        const unsigned char c = (unsigned char)*path;

        in_query |= c == '?';
        /* In a path they are refused: there browsers read a backslash as a slash. */
        if (in_query && (c == ' ' || c == '\\' || c > 0x7f)) {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        }
        else {
            *at++ = (char)c;
        }
    }
    *at = '\0';
    return pa_url_check_return(out) ? NULL : out;
}

const char *pa_url_origin(apr_pool_t *pool, const char *url)
{
    url_parts parts;
    if (split_url(url, &parts))
        return NULL;
    char *host = apr_pstrmemdup(pool, (const char *)parts.host.at, parts.host.len);
    for (char *at = host; *at; at++)
        *at = (char)apr_tolower(*at);
    const char *scheme = parts.https ? "https" : "http";
    if (parts.port == 0 || parts.port == (parts.https ? 443 : 80))
        return apr_psprintf(pool, "%s://%s", scheme, host);
    return apr_psprintf(pool, "%s://%s:%d", scheme, host, parts.port);
}
