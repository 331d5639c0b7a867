/* json.c: jansson values owned by pools, read strictly. */
#include "json.h"

#include <string.h>

#include "json_reader.h"
#include "text.h"

/* The last second of the year 9999: later dates overflow nothing yet mean nothing. */
#define DATE_MAX 253402300799LL

/* jansson calls itself for each level, up to 2048 times: more stack than a thread of httpd may
 * have. Claims nest three levels or four. */
#define DEPTH_MAX 64

static apr_status_t release(void *data)
{
    json_decref(data);
    return APR_SUCCESS;
}

json_t *pa_json_own(apr_pool_t *pool, json_t *json)
{
    if (json)
        apr_pool_cleanup_register(pool, json, release, apr_pool_cleanup_null);
    return json;
}

static int is_too_deep(pa_bytes text)
{
    int depth = 0, quoted = 0;
    apr_size_t i;

    for (i = 0; i < text.len && depth <= DEPTH_MAX; i++)
        if (text.at[i] == '"')
            quoted = !quoted;
        else if (quoted)
            i += text.at[i] == '\\';
        else if (text.at[i] == '[' || text.at[i] == '{')
            depth++;
        else if (text.at[i] == ']' || text.at[i] == '}')
            depth--;
    return depth > DEPTH_MAX;
}

/* What rules read of a provider's tokens and userinfo keeps its type. */
static const char *const judged[] = { "iss",   "sub",    "aud",   "azp",       "exp",     "iat",
                                      "nbf",   "jti",    "sid",   "auth_time", "at_hash", "acr",
                                      "nonce", "events", "state", "code",      NULL };

/* jansson refuses these too, but they are no reason to refuse a login. */
static int is_harmless(const json_error_t *error)
{
    const enum json_error_code code = json_error_code(error);

    return code == json_error_duplicate_key || code == json_error_numeric_overflow
           || code == json_error_null_byte_in_key;
}

/* jansson itself refuses invalid UTF-8, lone surrogates and trailing data. Its error texts quote
 * the input: they are not passed on. */
static const char *parse(apr_pool_t *pool, pa_bytes text, const pa_json_rules *rules, json_t **out)
{
    const size_t flags = JSON_REJECT_DUPLICATES | (rules->claims ? JSON_ALLOW_NUL : 0);
    const char *why = NULL;
    json_error_t error;
    json_t *json;

    if (is_too_deep(text))
        return "JSON of too many levels";
    json = json_loadb((const char *)text.at, text.len, flags, &error);
    if (!json)
        why = is_harmless(&error) ? pa_json_read(text, rules, &json) : "not valid JSON";
    if (why)
        return why;
    pa_json_own(pool, json);
    if (!json_is_object(json))
        return "JSON but not an object";
    *out = json;
    return NULL;
}

const char *pa_json_object_parse(apr_pool_t *pool, pa_bytes text, json_t **out)
{
    static const pa_json_rules rules = { 0, NULL };

    return parse(pool, text, &rules, out);
}

const char *pa_json_claims_parse(apr_pool_t *pool, pa_bytes text, json_t **out)
{
    static const pa_json_rules rules = { 1, judged };

    return parse(pool, text, &rules, out);
}

const char *pa_json_text(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    const char *text = json_string_value(member);

    return text && *text && strlen(text) == json_string_length(member) ? text : NULL;
}

const char *pa_json_date(const json_t *object, const char *name, int *present, apr_time_t *out)
{
    const json_t *member = json_object_get(object, name);
    double seconds;

    *present = member && !json_is_null(member);
    if (!*present)
        return NULL;
    if (!json_is_number(member))
        return "a date that is no number";
    seconds = json_number_value(member);
    if (seconds < 0 || seconds > DATE_MAX)
        return "a date before 1970 or after the year 9999";
    *out = (apr_time_t)(seconds * APR_USEC_PER_SEC);
    return NULL;
}

static int is_text(const json_t *value, const char *text)
{
    const char *found = json_string_value(value);

    return found && strlen(found) == json_string_length(value) && !strcmp(found, text);
}

int pa_json_holds(const json_t *object, const char *name, const char *text)
{
    const json_t *member = json_object_get(object, name);
    const json_t *element;
    size_t i;

    if (!json_is_array(member))
        return is_text(member, text);
    json_array_foreach (member, i, element)
        if (is_text(element, text))
            return 1;
    return 0;
}

/* Our own error messages are shorter. */
#define SHORT_TEXT 512

const char *pa_json_dump(apr_pool_t *pool, const json_t *value, int indent)
{
    size_t flags = JSON_ENCODE_ANY | JSON_SORT_KEYS
                   | (indent > 0 ? JSON_INDENT((size_t)indent) : JSON_COMPACT);
    char start[SHORT_TEXT], *text;
    size_t len = json_dumpb(value, start, sizeof(start), flags);

    if (len == 0)
        return NULL;
    text = apr_palloc(pool, len + 1);
    /* A text that is longer is made once more, now that its length is known. */
    if (len <= sizeof(start))
        memcpy(text, start, len);
    else if (json_dumpb(value, text, len, flags) != len)
        return NULL;
    text[len] = '\0';
    return text;
}

const char *pa_json_type(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    if (!value)
        return "missing";
    return json_is_string(value) && !json_string_length(value) ? "an empty string"
                                                               : names[json_typeof(value)];
}

const char *pa_json_describe(apr_pool_t *pool, const json_t *value)
{
    const char *text = value ? pa_json_dump(pool, value, 0) : "missing";
    return pa_text_printable(pool, text ? text : "not to be shown", PA_JSON_SHOWN);
}
