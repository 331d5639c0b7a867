/* secret_file.h: secrets that directives name: written out, in a file or printed by a command. One
 * rule for every file that holds one: only its owner and group may read and change it. */
#ifndef PA_SECRET_FILE_H
#define PA_SECRET_FILE_H

#include "../base/bytes.h"
#include "../plusauth.h"

/* The whole of a file of at most `max` bytes, in cmd->temp_pool, for the caller to cleanse. NULL,
 * or the reason, which names the directive and the command that cures it. */
const char *pa_secret_file_read(cmd_parms *cmd, const char *path, apr_size_t max, pa_bytes *out);

/* A secret as a literal, or from a file ("file:") or a command ("exec:"), of which the first line
 * counts. NULL and *out set, or the reason. */
const char *pa_secret_read(cmd_parms *cmd, const char *value, const char **out);

#endif
