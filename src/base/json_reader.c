/* json_reader.c: see json_reader.h. jansson reads the strings, numbers and words; the objects and
 * arrays around them are read here. It is as strict as jansson in all but what json_reader.h says.
 */
#include "json_reader.h"

#include <float.h>
#include <string.h>

static const char WRONG[] = "not valid JSON";

typedef struct reader {
    const char *at, *end;
    const pa_json_rules *rules;
    int judged; /* whether it is within a member that a rule reads */
    const char *why;
} reader;

static json_t *read_value(reader *in);

static json_t *fail(reader *in, json_t *unfinished, const char *why)
{
    if (!in->why)
        in->why = why;
    json_decref(unfinished);
    return NULL;
}

/* RFC 8259 section 2: insignificant whitespace. */
static void skip_space(reader *in)
{
    while (in->at < in->end && strchr(" \t\r\n", *in->at) && *in->at)
        in->at++;
}

/* Whether this character comes next; it is passed over. */
static int take(reader *in, char c)
{
    skip_space(in);
    if (in->at == in->end || *in->at != c)
        return 0;
    in->at++;
    return 1;
}

/* A number that jansson found well-formed, but too large. */
static json_t *read_large_number(reader *in, const char *start)
{
    if (in->rules->claims && !in->judged)
        return json_stringn(start, (size_t)(in->at - start));
    return json_real(*start == '-' ? -DBL_MAX : DBL_MAX);
}

static json_t *read_leaf(reader *in)
{
    const char *start = in->at;
    json_error_t error;
    json_t *leaf = json_loadb(start, (size_t)(in->end - start),
                              JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK
                                  | (in->rules->claims ? JSON_ALLOW_NUL : 0),
                              &error);

    in->at += error.position;
    if (!leaf && json_error_code(&error) == json_error_numeric_overflow)
        return read_large_number(in, start);
    return leaf ? leaf : fail(in, NULL, WRONG);
}

static int is_judged(const reader *in, const char *name)
{
    const char *const *judged = in->rules->judged;

    while (judged && *judged && strcmp(*judged, name) != 0)
        judged++;
    return judged && *judged;
}

/* Adds what was read of a member, unless it is there already. */
static int add_member(reader *in, json_t *object, const json_t *name, json_t *value)
{
    const char *key = json_string_value(name);
    const json_t *other;

    if (strlen(key) != json_string_length(name)) {
        json_decref(value);
        return in->rules->claims;
    }
    if (!(other = json_object_get(object, key)))
        return json_object_set_new(object, key, value) == 0;
    if (!json_equal(other, value))
        in->why = "JSON with the same member twice, with different values";
    json_decref(value);
    return !in->why;
}

static int read_member(reader *in, json_t *object, int outermost)
{
    json_t *name, *value = NULL;
    int done;

    skip_space(in);
    if (in->at == in->end || *in->at != '"' || !(name = read_leaf(in)))
        return 0;
    if (outermost)
        in->judged = is_judged(in, json_string_value(name));
    if (take(in, ':'))
        value = read_value(in);
    done = value && add_member(in, object, name, value);
    json_decref(name);
    return done;
}

static json_t *read_object(reader *in, int outermost)
{
    json_t *object = json_object();

    if (take(in, '}'))
        return object;
    do {
        if (!object || !read_member(in, object, outermost))
            return fail(in, object, WRONG);
    } while (take(in, ','));
    return take(in, '}') ? object : fail(in, object, WRONG);
}

static json_t *read_array(reader *in)
{
    json_t *array = json_array(), *value;

    if (take(in, ']'))
        return array;
    do {
        value = read_value(in);
        if (!value || json_array_append_new(array, value) != 0)
            return fail(in, array, WRONG);
    } while (take(in, ','));
    return take(in, ']') ? array : fail(in, array, WRONG);
}

static json_t *read_value(reader *in)
{
    skip_space(in);
    if (take(in, '{'))
        return read_object(in, 0);
    if (take(in, '['))
        return read_array(in);
    return in->at < in->end ? read_leaf(in) : fail(in, NULL, WRONG);
}

const char *pa_json_read(pa_bytes text, const pa_json_rules *rules, json_t **out)
{
    const char *start = (const char *)text.at;
    reader in = { .at = start, .end = start + text.len, .rules = rules };
    json_t *object;

    if (!take(&in, '{'))
        return WRONG;
    object = read_object(&in, 1);
    skip_space(&in);
    if (object && in.at < in.end)
        object = fail(&in, object, WRONG);
    if (object)
        *out = object;
    return object ? NULL : in.why;
}
