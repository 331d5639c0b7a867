/* file_check.h: files that directives name, before somebody needs them. */
#ifndef PA_FILE_CHECK_H
#define PA_FILE_CHECK_H

#include "config.h"

/* The largest file of authorities: those of Debian take 220 KB. */
#define PA_AUTHORITIES_MAX 4194304

/* Whether the path is a file with something in it, of at most `max` bytes, that whoever starts
 * httpd can read. NULL, or what it is instead, with the path. */
const char *pa_file_check(apr_pool_t *pool, const char *path, apr_off_t max);

/* Whether there is a file. */
int pa_file_is_there(apr_pool_t *pool, const char *path);

/* Whether the files hold certificates in PEM. NULL, or the reason. */
const char *pa_file_check_authorities(apr_pool_t *pool, const char *path);

/* Whether every file that httpd reads while it serves can be read by its User and Group: they are
 * others than whoever starts it. NULL, or the reason, which names directive and file. */
const char *pa_file_check_user(apr_pool_t *pool, server_rec *main_server);

#endif
