/* envfile.h: dotenv files, as the PlusAuth starters keep their settings in. */
#ifndef PA_ENVFILE_H
#define PA_ENVFILE_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "bytes.h"

/* Parses lines of KEY=VALUE, with `export ` before them or not, blank lines and comments. A value
 * stands bare (a comment may follow after a blank), in single quotes (as it is) or in double
 * quotes (\n, \r, \t, \", \\ and \$ are escapes). Nothing is expanded: a '$' is a '$'. The last of
 * two equal keys counts; keys do not tell case. NULL and *out set, or the reason with the line's
 * number; it quotes no value. */
const char *pa_envfile_parse(apr_pool_t *pool, pa_bytes text, apr_table_t **out);

#endif
