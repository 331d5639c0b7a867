/* origin.h: the scheme, host and port that browsers see, told by the configuration. */
#ifndef PA_ORIGIN_H
#define PA_ORIGIN_H

#include "config.h"

/* Sets conf->origin, from PlusAuthOrigin or else from ServerName and from what says that this host
 * speaks TLS: its scheme, `SSLEngine on`, port 443 or `Listen ... https`; never from a request.
 * Called by check_config, where the tree of directives is whole (Include, IfModule and macros are
 * replaced by what they gave) and mod_ssl has not started. NULL, or what contradicts itself. */
const char *pa_origin_complete(apr_pool_t *pool, const server_rec *main_server, const server_rec *s,
                               pa_server_conf *conf);

/* Whether neither PlusAuthOrigin nor ServerName says the origin's host, so that httpd took the name
 * of this machine or of another host. For check_config and post_config. */
int pa_origin_is_guessed(const server_rec *s, const pa_server_conf *conf);

#endif
