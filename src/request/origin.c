/* origin.c: see origin.h. */
#include "origin.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

#include "../base/url.h"
#include "config_tree.h"

#define HTTPS_PORT 443

/* Whether the host speaks TLS itself: 1 or 0, -1 where nothing says so. What turns it on is
 * inherited from the main server. `SSLEngine optional` (RFC 2817) is http as far as browsers go. */
static int tls_of(apr_pool_t *pool, const server_rec *main_server, const server_rec *s)
{
    static const char *const names[] = { "SSLEngine", "GnuTLSEnable", "NSSEngine", NULL };
    const ap_directive_t *said = pa_config_tree_said(s, names);

    if (!said)
        said = pa_config_tree_said(main_server, names);
    return said ? ap_cstr_casecmp(pa_config_tree_argument(pool, said), "on") == 0 : -1;
}

static int is_https(const char *protocol)
{
    return protocol && strcmp(protocol, "https") == 0;
}

/* By its number, or by `Listen ... https`, unless TLS is said to be off. */
static int is_https_port(unsigned int port, int tls)
{
    if (port == HTTPS_PORT)
        return 1;
    for (const ap_listen_rec *at = ap_listeners; at && tls != 0; at = at->next)
        if (at->bind_addr->port == port && is_https(at->protocol))
            return 1;
    return 0;
}

/* One of the host's ports: an https one where there is any, since what is protected is not served
 * in clear. The port of ServerName, which none of the addresses has, is the one that counts. */
static unsigned int port_of_host(const server_rec *s, int tls)
{
    unsigned int port = s->port;
    int is_address = !port;

    for (const server_addr_rec *at = s->addrs; at; at = at->next)
        is_address = is_address || at->host_port == port;
    for (const server_addr_rec *at = s->addrs; at && is_address; at = at->next) {
        if (is_https_port(at->host_port, tls))
            return at->host_port;
        port = port ? port : at->host_port;
    }
    return port;
}

/* The main server's, which answers on every port that no virtual host has. */
static unsigned int port_of_listeners(int tls)
{
    for (const ap_listen_rec *at = ap_listeners; at && tls == 1; at = at->next)
        if (is_https(at->protocol))
            return at->bind_addr->port;
    return ap_listeners ? ap_listeners->bind_addr->port : 0;
}

static const char *from_server_name(apr_pool_t *pool, const server_rec *s, int tls)
{
    const char *host = s->server_hostname ? s->server_hostname : "localhost";
    unsigned int port = s->port;
    int https;

    if (s->server_scheme) {
        https = strcmp(s->server_scheme, "https") == 0;
    }
    else {
        port = s->is_virtual ? port_of_host(s, tls) : port;
        port = port ? port : port_of_listeners(tls);
        https = tls == 1 || is_https_port(port, tls)
                || is_https(ap_get_server_protocol((server_rec *)s));
    }
    if (!port)
        port = https ? HTTPS_PORT : 80;
    return pa_url_origin(pool,
                         apr_psprintf(pool, "%s://%s:%u", https ? "https" : "http", host, port));
}

int pa_origin_is_guessed(const server_rec *s, const pa_server_conf *conf)
{
    static const char *const names[] = { "ServerName", NULL };

    return !conf->origin_said && !pa_config_tree_said(s, names);
}

const char *pa_origin_complete(apr_pool_t *pool, const server_rec *main_server, const server_rec *s,
                               pa_server_conf *conf)
{
    int tls = tls_of(pool, main_server, s);

    conf->origin = conf->origin_said ? conf->origin_said : from_server_name(pool, s, tls);
    if (!conf->origin)
        return "ServerName makes no origin: write PlusAuthOrigin https://www.example.com";
    conf->secure = strncmp(conf->origin, "https:", 6) == 0;
    /* Cookies without Secure would leave a TLS host over plain HTTP. */
    if (tls == 1 && !conf->secure)
        return apr_psprintf(pool,
                            "%s makes %s the origin of this host, which speaks TLS (SSLEngine on): "
                            "write https:// there",
                            conf->origin_said ? "PlusAuthOrigin" : "ServerName", conf->origin);
    return NULL;
}
