/* template.h: a page's HTML out of the templates directory, rendered by httpd's own mod_include. */
#ifndef PA_TEMPLATE_H
#define PA_TEMPLATE_H

#include "../base/bytes.h"
#include "../plusauth.h"

/* Renders the template main.html, which includes `file`, with `env` as the variables that its
 * directives see. Nothing of `r` has changed afterwards. NULL and *out set (from r->pool), or the
 * reason. */
const char *pa_template_render(request_rec *r, const char *directory, const char *file,
                               apr_table_t *env, pa_bytes *out);

/* The file of a template: the site's own in `directory`, or else the one that is shipped. A site
 * replaces the files that it wants to look different, and gets all others with each upgrade. */
const char *pa_template_path(apr_pool_t *pool, const char *directory, const char *file);

/* Whether `file` can be a template's name: a plain file name, no path. NULL, or the reason. */
const char *pa_template_check_name(const char *file);

/* Takes from `r`, for the rest of its life, every filter that changes or interprets what an answer
 * says (INCLUDES above all), and Options Includes: values in an answer of ours are never parsed as
 * directives. What compresses, caches or sets headers stays. */
void pa_template_shield(request_rec *r);

/* Registers the filter that gathers what mod_include writes. */
void pa_template_register(void);

#endif
