/* secret_file.c: see secret_file.h. */
#include "secret_file.h"

#include <apr_strings.h>
#include <http_core.h>
#include <openssl/crypto.h>

#include "../base/crypto.h"

#define SECRET_MAX 8192

/* Others must not read a secret, nor put another in its place. */
static const char *check_file(cmd_parms *cmd, const char *path, const apr_finfo_t *info,
                              apr_size_t max)
{
    if (info->filetype == APR_DIR)
        return apr_psprintf(cmd->pool, "%s: %s is a directory: name a file in it", cmd->cmd->name,
                            path);
    if (info->protection & (APR_FPROT_WREAD | APR_FPROT_WWRITE))
        return apr_psprintf(cmd->pool, "%s: everybody may %s the secret in %s: chmod o-rwx %s",
                            cmd->cmd->name, info->protection & APR_FPROT_WREAD ? "read" : "change",
                            path, path);
    if (info->filetype != APR_REG)
        return apr_psprintf(cmd->pool, "%s: %s is no regular file", cmd->cmd->name, path);
    if (info->size == 0)
        return apr_psprintf(cmd->pool, "%s: %s is empty", cmd->cmd->name, path);
    if (info->size > (apr_off_t)max)
        return apr_psprintf(cmd->pool, "%s: %s is longer than %" APR_SIZE_T_FMT " bytes",
                            cmd->cmd->name, path, max);
    return NULL;
}

const char *pa_secret_file_read(cmd_parms *cmd, const char *path, apr_size_t max, pa_bytes *out)
{
    apr_file_t *file;
    apr_finfo_t info = { 0 };
    apr_status_t rv = apr_file_open(&file, path, APR_READ, 0, cmd->temp_pool);
    apr_size_t len = 0;
    const char *why;
    char *text;

    if (rv == APR_SUCCESS)
        rv = apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_PROT | APR_FINFO_TYPE, file);
    if (rv != APR_SUCCESS)
        return apr_psprintf(cmd->pool, "%s: cannot read %s: %pm", cmd->cmd->name, path, &rv);
    if ((why = check_file(cmd, path, &info, max)))
        return why;
    text = apr_pcalloc(cmd->temp_pool, (apr_size_t)info.size + 1);
    rv = apr_file_read_full(file, text, (apr_size_t)info.size, &len);
    apr_file_close(file);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv))
        return apr_psprintf(cmd->pool, "%s: cannot read %s: %pm", cmd->cmd->name, path, &rv);
    *out = pa_bytes_of(text, len);
    return NULL;
}

static const char *read_from_file(cmd_parms *cmd, const char *name, char **out)
{
    const char *path = ap_server_root_relative(cmd->pool, name);
    pa_bytes text = { NULL, 0 };
    const char *why = path ? pa_secret_file_read(cmd, path, SECRET_MAX, &text)
                           : apr_psprintf(cmd->pool, "%s: %s is no path", cmd->cmd->name, name);

    if (why)
        return why;
    *out = apr_pstrmemdup(cmd->pool, (const char *)text.at, text.len);
    OPENSSL_cleanse((void *)text.at, text.len);
    return NULL;
}

static const char *read_from_command(cmd_parms *cmd, const char *command, char **out)
{
    char **argv;

    if (apr_tokenize_to_argv(command, &argv, cmd->temp_pool) != APR_SUCCESS || !argv[0])
        return apr_psprintf(cmd->pool, "%s: exec: names no command", cmd->cmd->name);
    *out = ap_get_exec_line(cmd->pool, argv[0], (const char *const *)argv);
    if (!*out || !**out)
        return apr_psprintf(cmd->pool, "%s: %s failed or printed nothing", cmd->cmd->name, argv[0]);
    return NULL;
}

const char *pa_secret_read(cmd_parms *cmd, const char *value, const char **out)
{
    const char *why = NULL;
    char *text = NULL;

    if (strncmp(value, "file:", 5) == 0)
        why = read_from_file(cmd, value + 5, &text);
    else if (strncmp(value, "exec:", 5) == 0)
        why = read_from_command(cmd, value + 5, &text);
    if (why)
        return why;
    if (text) {
        apr_size_t len = strlen(text);

        text[strcspn(text, "\r\n")] = '\0';
        pa_wipe(cmd->pool, text, len);
    }
    *out = text ? text : value;
    return **out ? NULL : apr_psprintf(cmd->pool, "%s: the secret is empty", cmd->cmd->name);
}
