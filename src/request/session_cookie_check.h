/* session_cookie_check.h: the cookie in which another module of httpd keeps a session with ours in
 * it (PlusAuthSessionStore mod_session). Its name and attributes are known to that module only, and
 * are read from the configuration itself. */
#ifndef PA_SESSION_COOKIE_CHECK_H
#define PA_SESSION_COOKIE_CHECK_H

#include "config.h"

/* Notes the names of the cookies in conf->visit.foreign_cookies. NULL, or which directive gives a
 * cookie that scripts can read, or that would leave an https site over plain HTTP. For
 * check_config.
 */
const char *pa_session_cookie_check(apr_pool_t *pool, const server_rec *s, pa_server_conf *conf);

#endif
