/* place_check.h: finds at start what would fail at the first visitor of a place: a provider that
 * nobody configured, a session that is off, a page that is not there. */
#ifndef PA_PLACE_CHECK_H
#define PA_PLACE_CHECK_H

#include "config.h"

/* Checks every place that the configuration protects, in sections of any kind, once every host is
 * complete. A place of the main server is one in every virtual host: it is wrong when it can work
 * in none of them. What only a request decides (<If>, .htaccess, an AuthType that is an expression)
 * is found by the request. NULL, or the reason, which names directive, file and line. */
const char *pa_place_check(apr_pool_t *pool, server_rec *main_server);

#endif
