/* url.h: URLs, forms and the places a browser may be sent to. */
#ifndef PA_URL_H
#define PA_URL_H

#include <apr_pools.h>
#include <apr_tables.h>

/* application/x-www-form-urlencoded (WHATWG): letters, digits and "*-._" stay, space is '+'. */
char *pa_form_encode(apr_pool_t *pool, const char *text);

/* Appends name=value to `form` (NULL or "" for an empty one), both encoded, with '&' between. */
char *pa_form_add(apr_pool_t *pool, const char *form, const char *name, const char *value);

/* Appends an encoded form to a URL that may have a query already. */
char *pa_url_with_query(apr_pool_t *pool, const char *url, const char *form);

/* Decodes a query string or form body into a table. Refused: a name given twice, bad
 * %-escapes, an encoded NUL, more than PA_FORM_FIELDS_MAX fields. Empty pairs (`&&`) are passed
 * over. NULL and *out set, or the reason. */
#define PA_FORM_FIELDS_MAX 64
const char *pa_form_parse(apr_pool_t *pool, const char *text, apr_table_t **out);

/* Whether a provider may be talked to at this URL: absolute https with a host, without userinfo,
 * fragment, white space or control characters; http only for loopback hosts (localhost,
 * 127.0.0.0/8, [::1]). NULL, or the reason. */
const char *pa_url_check_endpoint(const char *url);

/* Whether the text is a same-origin path with optional query that a browser cannot read as
 * anything else: one leading '/', no second one after it, no backslash, '#', control character,
 * space or byte over 0x7e anywhere. NULL, or the reason. */
const char *pa_url_check_return(const char *path);

/* The same-origin path and query as pa_url_check_return allows it, where only the spelling of the
 * query is in the way: browsers send backslashes and some send bytes above 0x7f as they are. These
 * and spaces become %-escapes. NULL for everything else. */
const char *pa_url_return(apr_pool_t *pool, const char *path);

/* The origin "scheme://host[:port]" of an absolute http or https URL: lower case, default port
 * left out, path and what follows dropped. NULL when it has none. */
const char *pa_url_origin(apr_pool_t *pool, const char *url);

#endif
