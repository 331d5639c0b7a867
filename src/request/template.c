/* template.c: templates are plain server-parsed HTML that mod_include renders into memory.
 *
 * Includes of files beside main.html are put in place here, before mod_include reads the text: a
 * sub-request for them would need the administrator's grant for the directory, run the login again
 * and meet the SetHandler of the place it came from. The rest is mod_include's, under a
 * configuration made here: Options IncludesNOEXEC and no SSI directive of the surrounding place. */
#include "template.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>
#include <util_varbuf.h>

/* Where `make install` and the packages put the templates. */
#ifndef PA_TEMPLATES
#define PA_TEMPLATES "/usr/share/plusauth/templates"
#endif

#define LAYOUT "main.html"
#define FILE_MAX 65536     /* of a template; ours are under 10 KB */
#define TEXT_MAX 262144    /* of all templates of a page together */
#define OUTPUT_MAX 1048576 /* of a page; the userinfo on it is far smaller */
#define NAME_MAX_LEN 64
#define DEPTH_MAX 4
#define COLLECTOR "PLUSAUTH_COLLECT"

static const char include_start[] = "<!--#include file=\"";
static const char include_page[] = "${PLUSAUTH_PAGE}";

/* A page being put together out of its templates. */
typedef struct {
    apr_pool_t *pool;
    const char *directory;
    const char *page; /* what ${PLUSAUTH_PAGE} stands for */
    struct ap_varbuf text;
} assembly;

typedef struct {
    apr_bucket_brigade *output;
    apr_size_t len;
} collection;

const char *pa_template_check_name(const char *file)
{
    const char *at = file;

    while (apr_isalnum(*at) || *at == '.' || *at == '-' || *at == '_')
        at++;
    if (*at || at == file || *file == '.' || at - file > NAME_MAX_LEN)
        return "not a plain file name (letters, digits, '.', '-' and '_')";
    return NULL;
}

const char *pa_template_path(apr_pool_t *pool, const char *directory, const char *file)
{
    const char *path = apr_pstrcat(pool, directory, "/", file, NULL);
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE, pool);

    /* A template of the site's that cannot be read for another reason is a mistake to report. */
    if (!APR_STATUS_IS_ENOENT(rv) && !APR_STATUS_IS_ENOTDIR(rv))
        return path;
    return apr_pstrcat(pool, PA_TEMPLATES "/", file, NULL);
}

static const char *read_template(const assembly *page, const char *file, pa_bytes *out)
{
    const char *path = pa_template_path(page->pool, page->directory, file);
    apr_file_t *from;
    apr_finfo_t info;
    char *text;
    char why[128];
    apr_status_t rv = apr_file_open(&from, path, APR_FOPEN_READ, APR_OS_DEFAULT, page->pool);

    if (rv == APR_SUCCESS)
        rv = apr_file_info_get(&info, APR_FINFO_TYPE | APR_FINFO_SIZE, from);
    if (rv != APR_SUCCESS)
        return apr_psprintf(page->pool, "cannot read the template %s: %s", path,
                            apr_strerror(rv, why, sizeof(why)));
    if (info.filetype != APR_REG || info.size > FILE_MAX)
        return apr_psprintf(page->pool, "the template %s is no file of at most %d bytes", path,
                            FILE_MAX);
    text = apr_palloc(page->pool, (apr_size_t)info.size + 1);
    rv = apr_file_read_full(from, text, (apr_size_t)info.size, NULL);
    apr_file_close(from);
    if (rv != APR_SUCCESS && rv != APR_EOF)
        return apr_psprintf(page->pool, "cannot read the template %s: %s", path,
                            apr_strerror(rv, why, sizeof(why)));
    text[info.size] = '\0';
    *out = pa_bytes_of(text, (apr_size_t)info.size);
    return NULL;
}

/* The name in the include directive at `at`, and where the directive ends. NULL for one that is
 * not ours to resolve: mod_include then makes of it what it usually does. */
static const char *included_name(const assembly *page, const char *at, const char **end)
{
    const char *name = at + strlen(include_start);
    const char *quote = strchr(name, '"');

    if (!quote)
        return NULL;
    *end = quote + 1;
    while (apr_isspace(**end))
        ++*end;
    if (strncmp(*end, "-->", 3) != 0)
        return NULL;
    *end += 3;
    name = apr_pstrmemdup(page->pool, name, (apr_size_t)(quote - name));
    if (strcmp(name, include_page) == 0)
        name = page->page;
    return pa_template_check_name(name) ? NULL : name;
}

static const char *assemble(assembly *page, const char *file, int depth)
{
    const char *why, *name, *found, *at, *end;
    pa_bytes text = pa_bytes_text("");

    if (depth > DEPTH_MAX)
        return "templates include each other too deep";
    if ((why = read_template(page, file, &text)))
        return why;
    at = (const char *)text.at;
    while ((found = strstr(at, include_start))) {
        name = included_name(page, found, &end);
        if (!name)
            end = found + strlen(include_start);
        ap_varbuf_strmemcat(&page->text, at, (int)((name ? found : end) - at));
        if (name && (why = assemble(page, name, depth + 1)))
            return why;
        at = end;
    }
    ap_varbuf_strmemcat(&page->text, at, (int)strlen(at));
    return page->text.strlen > TEXT_MAX ? "the templates of the page are too large" : NULL;
}

static const char *assemble_page(apr_pool_t *pool, const char *directory, const char *file,
                                 pa_bytes *out)
{
    assembly page = { .pool = pool, .directory = directory, .page = file };
    const char *why = directory ? NULL : "no PlusAuthTemplates directory";

    ap_varbuf_init(pool, &page.text, FILE_MAX / 4);
    if (!why)
        why = assemble(&page, LAYOUT, 1);
    *out = pa_bytes_of(page.text.buf, page.text.strlen);
    return why;
}

static module *find_mod_include(void)
{
    return ap_get_output_filter_handle("INCLUDES") ? ap_find_linked_module("mod_include.c") : NULL;
}

/* The directory configuration of `r` with these Options instead of its own. httpd's own merge makes
 * the core's part, since later releases may append members to its structure. */
static ap_conf_vector_t *config_with_options(request_rec *r, allow_options_t options)
{
    ap_conf_vector_t *config = ap_create_per_dir_config(r->pool);
    core_dir_config *core = core_module.create_dir_config(r->pool, NULL);

    for (const module *m = ap_top_module; m; m = m->next)
        ap_set_module_config(config, m, ap_get_module_config(r->per_dir_config, m));
    core->opts = options;
    ap_set_core_module_config(
        config,
        core_module.merge_dir_config(r->pool, ap_get_core_module_config(r->per_dir_config), core));
    return config;
}

void pa_template_shield(request_rec *r)
{
    ap_filter_t *next;

    for (ap_filter_t *f = r->output_filters; f && f != r->proto_output_filters; f = next) {
        next = f->next;
        if (f->frec->ftype < AP_FTYPE_CONTENT_SET)
            ap_remove_output_filter(f);
    }
    /* mod_filter can call mod_include from a filter of a later kind: that looks at Options. */
    r->per_dir_config = config_with_options(r, OPT_NONE);
}

static apr_status_t collect(ap_filter_t *f, apr_bucket_brigade *in)
{
    collection *to = f->ctx;
    const char *data;
    apr_size_t len;

    for (apr_bucket *b = APR_BRIGADE_FIRST(in); b != APR_BRIGADE_SENTINEL(in);
         b = APR_BUCKET_NEXT(b)) {
        apr_status_t rv;

        if (APR_BUCKET_IS_METADATA(b))
            continue;
        rv = apr_bucket_read(b, &data, &len, APR_BLOCK_READ);
        if (rv != APR_SUCCESS)
            return rv;
        to->len += len;
        if (to->len > OUTPUT_MAX)
            return APR_ENOSPC;
        rv = apr_brigade_write(to->output, NULL, NULL, data, len);
        if (rv != APR_SUCCESS)
            return rv;
    }
    return apr_brigade_cleanup(in);
}

void pa_template_register(void)
{
    ap_register_output_filter(COLLECTOR, collect, NULL, AP_FTYPE_CONTENT_SET);
}

/* What mod_include reads of a request, to be put back after it has run on it. */
typedef struct {
    ap_filter_t *output_filters;
    ap_conf_vector_t *per_dir_config;
    apr_table_t *env;
    char *filename;
    char *path_info;
    void *parent; /* set on a request that a document of the site includes */
} surroundings;

static surroundings enter(request_rec *r, module *include, const char *path, apr_table_t *env)
{
    surroundings was = { r->output_filters, r->per_dir_config,
                         r->subprocess_env, r->filename,
                         r->path_info,      ap_get_module_config(r->request_config, include) };

    r->output_filters = r->proto_output_filters;
    r->per_dir_config = config_with_options(r, OPT_INCLUDES);
    ap_set_module_config(r->per_dir_config, include, include->create_dir_config(r->pool, NULL));
    r->subprocess_env = env;
    r->filename = apr_pstrdup(r->pool, path);
    r->path_info = apr_pstrdup(r->pool, "");
    ap_set_module_config(r->request_config, include, NULL);
    return was;
}

static void leave(request_rec *r, module *include, const surroundings *was)
{
    r->output_filters = was->output_filters;
    r->per_dir_config = was->per_dir_config;
    r->subprocess_env = was->env;
    r->filename = was->filename;
    r->path_info = was->path_info;
    ap_set_module_config(r->request_config, include, was->parent);
}

/* Sends `text` through mod_include into the collector. */
static apr_status_t run_filter(request_rec *r, pa_bytes text, collection *to)
{
    apr_bucket_alloc_t *buckets = r->connection->bucket_alloc;
    apr_bucket_brigade *in = apr_brigade_create(r->pool, buckets);

    ap_add_output_filter(COLLECTOR, to, r, r->connection);
    ap_add_output_filter("INCLUDES", NULL, r, r->connection);
    APR_BRIGADE_INSERT_TAIL(in,
                            apr_bucket_immortal_create((const char *)text.at, text.len, buckets));
    APR_BRIGADE_INSERT_TAIL(in, apr_bucket_eos_create(buckets));
    return ap_pass_brigade(r->output_filters, in);
}

const char *pa_template_render(request_rec *r, const char *directory, const char *file,
                               apr_table_t *env, pa_bytes *out)
{
    collection to = { apr_brigade_create(r->pool, r->connection->bucket_alloc), 0 };
    module *include = find_mod_include();
    surroundings was;
    apr_status_t rv;
    pa_bytes text;
    char *html;
    const char *why = pa_template_check_name(file);

    if (!include)
        return "mod_include is not loaded";
    if (why || (why = assemble_page(r->pool, directory, file, &text)))
        return why;
    was = enter(r, include, pa_template_path(r->pool, directory, LAYOUT), env);
    rv = run_filter(r, text, &to);
    leave(r, include, &was);
    if (rv != APR_SUCCESS)
        return rv == APR_ENOSPC ? "the page is too large" : "mod_include failed";
    rv = apr_brigade_pflatten(to.output, &html, &to.len, r->pool);
    if (rv != APR_SUCCESS || to.len == 0)
        return "mod_include wrote nothing";
    *out = pa_bytes_of(html, to.len);
    /* A directive that is left was not understood, and what it hides would be shown. */
    if (ap_strstr_c(apr_pstrmemdup(r->pool, html, to.len), "<!--#"))
        return "mod_include left directives as they are: SSIStartTag or SSIEndTag is set";
    return NULL;
}
