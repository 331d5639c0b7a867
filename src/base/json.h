/* json.h: jansson tied to a pool. Strict: a member that is there twice with different values (RFC
 * 8725 2.4), invalid UTF-8, lone surrogates, trailing data and nesting without end are refused. The
 * values are jansson's own: read them by the getters here, or by jansson's where a whole document
 * is walked. */
#ifndef PA_JSON_H
#define PA_JSON_H

#include <apr_pools.h>
#include <apr_time.h>
#include <jansson.h>

#include "bytes.h"

/* Parses one JSON object. It lives as long as `pool`. NULL and *out set, or the reason. */
const char *pa_json_object_parse(apr_pool_t *pool, pa_bytes text, json_t **out);

/* The same of claims, in which names and values are anybody's: text may hold \u0000, a member whose
 * name does is left out, and a number that neither 64 bits nor a double can hold becomes text of
 * its digits. What the rules read (iss, sub, aud, exp and their kin) keeps its type. The getters
 * below take no text with a NUL, and who hands claims on makes it harmless. */
const char *pa_json_claims_parse(apr_pool_t *pool, pa_bytes text, json_t **out);

/* Ties a new reference to `pool` (its json_decref is the cleanup) and returns it. */
json_t *pa_json_own(apr_pool_t *pool, json_t *json);

/* The member as text, NULL when it is absent, no string, empty or holds a NUL. It lives as long as
 * `object`. */
const char *pa_json_text(const json_t *object, const char *name);

/* A NumericDate (RFC 7519 section 2: a number, perhaps with a fraction) as apr_time_t. *present
 * tells an absent member, or one that is null (NULL is returned, *out untouched), from one that is
 * there. A value that is no number between 0 and the year 9999 is a reason. */
const char *pa_json_date(const json_t *object, const char *name, int *present, apr_time_t *out);

/* Whether the member is an array that holds `text`, or is `text` itself. */
int pa_json_holds(const json_t *object, const char *name, const char *text);

/* The value as text from `pool`: compact for indent 0, else indented, members sorted. NULL when
 * there is no memory. */
const char *pa_json_dump(apr_pool_t *pool, const json_t *value, int indent);

/* What a value is, where its content is nobody's to know: "an array", "missing" for NULL. */
const char *pa_json_type(const json_t *value);

/* A value for a log line: a text with its quotation marks, a number, a list ... as JSON, cut after
 * PA_JSON_SHOWN bytes, printable; "missing" for NULL. Not for values that are secret. */
#define PA_JSON_SHOWN 300
const char *pa_json_describe(apr_pool_t *pool, const json_t *value);

#endif
