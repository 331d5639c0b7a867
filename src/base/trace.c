/* trace.c: see trace.h. */
#include "trace.h"

#include <apr_strings.h>
#include <stdarg.h>

#include "text.h"

#define KEY "mod_plusauth/trace"
#define NAME_SHOWN 64
#define NAMES_SHOWN 100

typedef struct listener {
    pa_trace_sink *sink;
    void *context;
} listener;

void pa_trace_listen(apr_pool_t *pool, pa_trace_sink *sink, void *context)
{
    listener *new = apr_palloc(pool, sizeof(*new));

    new->sink = sink;
    new->context = context;
    apr_pool_userdata_setn(new, KEY, NULL, pool);
}

static const listener *listener_of(apr_pool_t *pool)
{
    void *found = NULL;

    return apr_pool_userdata_get(&found, KEY, pool) == APR_SUCCESS ? found : NULL;
}

int pa_trace_is_on(apr_pool_t *pool)
{
    return listener_of(pool) != NULL;
}

void pa_trace(apr_pool_t *pool, const char *format, ...)
{
    const listener *to = listener_of(pool);
    va_list args;

    if (!to)
        return;
    va_start(args, format);
    to->sink(to->context, apr_pvsprintf(pool, format, args));
    va_end(args);
}

/* The list with one more name, of a text from elsewhere. */
static const char *add_name(apr_pool_t *pool, const char *names, const char *name)
{
    return apr_pstrcat(pool, names, *names ? ", " : "", pa_text_printable(pool, name, NAME_SHOWN),
                       NULL);
}

void pa_trace_members(apr_pool_t *pool, const char *name, const json_t *object)
{
    const char *names = "", *key;
    json_t *value;
    int count = 0;

    if (!pa_trace_is_on(pool))
        return;
    /* jansson's iterator wants an object that is not const, yet changes nothing. */
    json_object_foreach ((json_t *)object, key, value)
        if (count++ < NAMES_SHOWN)
            names = add_name(pool, names, key);
    pa_trace(pool, "%s has %s%s", name, *names ? names : "nothing",
             count > NAMES_SHOWN ? " and more" : "");
}

void pa_trace_names(apr_pool_t *pool, const char *name, const apr_table_t *table)
{
    const apr_array_header_t *entries = apr_table_elts(table);
    const char *names = "";

    if (!pa_trace_is_on(pool))
        return;
    for (int i = 0; i < entries->nelts && i < NAMES_SHOWN; i++)
        names = add_name(pool, names, APR_ARRAY_IDX(entries, i, apr_table_entry_t).key);
    pa_trace(pool, "%s has %s", name, *names ? names : "nothing");
}
