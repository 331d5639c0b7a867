/* file_check.c: see file_check.h. */
#include "file_check.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/pem.h>
#include <openssl/err.h>
#include <unixd.h>

#include "template.h"

/* How a child process ends that could read all files. Their numbers follow. */
#define ALL_READ 0
#define NOT_THE_USER 255
#define FILES_MAX 200

/* A file and the directive that names it. */
typedef struct named_file {
    const char *directive;
    const char *path;
} named_file;

const char *pa_file_check(apr_pool_t *pool, const char *path, apr_off_t max)
{
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv =
        path ? apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_SIZE, pool) : APR_EBADPATH;

    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE)
        return apr_psprintf(pool, "cannot read %s: %pm", path ? path : "that path", &rv);
    if (info.filetype == APR_DIR)
        return apr_psprintf(pool, "%s is a directory: name a file", path);
    if (info.filetype != APR_REG)
        return apr_psprintf(pool, "%s is no regular file", path);
    if (info.size == 0)
        return apr_psprintf(pool, "%s is empty", path);
    if (info.size > max)
        return apr_psprintf(pool,
                            "%s is too long: %" APR_OFF_T_FMT " bytes, of at most %" APR_OFF_T_FMT,
                            path, info.size, max);
    if ((rv = apr_file_open(&file, path, APR_READ, 0, pool)) != APR_SUCCESS)
        return apr_psprintf(pool, "cannot read %s: %pm", path, &rv);
    apr_file_close(file);
    return NULL;
}

int pa_file_is_there(apr_pool_t *pool, const char *path)
{
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE, pool);

    return (rv == APR_SUCCESS || rv == APR_INCOMPLETE) && info.filetype == APR_REG;
}

const char *pa_file_check_authorities(apr_pool_t *pool, const char *path)
{
    const char *why = pa_file_check(pool, path, PA_AUTHORITIES_MAX);
    BIO *bio;
    X509 *first;

    if (why)
        return why;
    bio = BIO_new_file(path, "r");
    first = bio ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;
    if (!first)
        why = apr_psprintf(pool, "%s holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
                           path);
    X509_free(first);
    BIO_free(bio);
    ERR_clear_error();
    return why;
}

static void add(apr_array_header_t *files, const char *directive, const char *path)
{
    for (int i = 0; i < files->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(files, i, named_file).path, path) == 0)
            return;
    if (files->nelts < FILES_MAX)
        APR_ARRAY_PUSH(files, named_file) = (named_file){ directive, path };
}

/* One that is not there has been told of already. */
static void add_template(apr_array_header_t *files, const char *path)
{
    if (pa_file_is_there(files->pool, path))
        add(files, "PlusAuthTemplates", path);
}

/* What requests read: authorities, and the pages that every host needs. */
static apr_array_header_t *files_of(apr_pool_t *pool, server_rec *main_server)
{
    apr_array_header_t *files = apr_array_make(pool, 8, sizeof(named_file));

    for (server_rec *s = main_server; s; s = s->next) {
        const pa_server_conf *conf = pa_server_conf_get(s);

        if (!conf->enabled)
            continue;
        for (apr_hash_index_t *i = apr_hash_first(pool, conf->providers); i; i = apr_hash_next(i)) {
            const pa_provider *provider = apr_hash_this_val(i);

            if (provider->http.ca_file)
                add(files, "PlusAuthCAFile", provider->http.ca_file);
        }
        add_template(files, pa_template_path(pool, conf->templates, "main.html"));
        add_template(files, pa_template_path(pool, conf->templates, "error.html"));
    }
    return files;
}

/* In a child process: becomes httpd's User and opens one file after the other. */
static int read_as_user(const apr_array_header_t *files)
{
    if (initgroups(ap_unixd_config.user_name, ap_unixd_config.group_id) != 0
        || setgid(ap_unixd_config.group_id) != 0 || setuid(ap_unixd_config.user_id) != 0)
        return NOT_THE_USER;
    for (int i = 0; i < files->nelts; i++)
        if (open(APR_ARRAY_IDX(files, i, named_file).path, O_RDONLY | O_CLOEXEC) < 0)
            return i + 1;
    return ALL_READ;
}

const char *pa_file_check_user(apr_pool_t *pool, server_rec *main_server)
{
    const apr_array_header_t *files = files_of(pool, main_server);
    const named_file *file;
    int status = 0;
    pid_t child;

    if (geteuid() != 0 || !ap_unixd_config.user_name || files->nelts == 0)
        return NULL;
    child = fork();
    if (child == 0)
        _exit(read_as_user(files));
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == NOT_THE_USER)
        return apr_psprintf(pool, "mod_plusauth: cannot become User %s to see what it can read",
                            ap_unixd_config.user_name);
    if (WEXITSTATUS(status) == ALL_READ)
        return NULL;
    file = &APR_ARRAY_IDX(files, WEXITSTATUS(status) - 1, named_file);
    return apr_psprintf(pool,
                        "%s: %s cannot be read by httpd's User %s: chmod a+r it, and let the "
                        "directories above be entered (a+x)",
                        file->directive, file->path, ap_unixd_config.user_name);
}
