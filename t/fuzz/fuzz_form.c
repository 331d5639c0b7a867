/* fuzz_form.c: any text as a form, an endpoint and a place to return to. */
#include <apr_strings.h>
#include <stdint.h>
#include <string.h>

#include "../../src/base/url.h"
#include "fuzz.h"

/* A form that was read can be written again, and then says the same. */
static void form_round_trip(apr_pool_t *pool, const char *text)
{
    const apr_array_header_t *fields;
    apr_table_t *first, *second;
    const char *form = "";

    if (pa_form_parse(pool, text, &first))
        return;
    fields = apr_table_elts(first);
    fuzz_must(fields->nelts <= PA_FORM_FIELDS_MAX);
    for (int i = 0; i < fields->nelts; i++) {
        const apr_table_entry_t *field = &APR_ARRAY_IDX(fields, i, apr_table_entry_t);

        form = pa_form_add(pool, form, field->key, field->val);
    }
    fuzz_must(!pa_form_parse(pool, form, &second));
    fuzz_must(apr_table_elts(second)->nelts == fields->nelts);
    for (int i = 0; i < fields->nelts; i++) {
        const apr_table_entry_t *field = &APR_ARRAY_IDX(fields, i, apr_table_entry_t);
        const char *again = apr_table_get(second, field->key);

        fuzz_must(again && !strcmp(again, field->val));
    }
}

/* What may be talked to has an origin, which may be talked to as well and is its own. */
static void endpoint_and_origin(apr_pool_t *pool, const char *text)
{
    const char *origin = pa_url_origin(pool, text);

    fuzz_must(origin || pa_url_check_endpoint(text));
    if (!origin)
        return;
    fuzz_must(!strncmp(origin, "http", 4) && !strpbrk(strstr(origin, "://") + 3, "/?#@\\ "));
    fuzz_must(!strcmp(origin, pa_url_origin(pool, origin)));
}

static void return_path(const char *text)
{
    if (pa_url_check_return(text))
        return;
    fuzz_must(text[0] == '/' && text[1] != '/');
    for (; *text; text++)
        fuzz_must(*text > ' ' && *text < 0x7f && *text != '\\' && *text != '#');
}

/* The path before the query is what was wanted, and the rest may be returned to. */
static void respelt_path(apr_pool_t *pool, const char *text)
{
    const char *path = pa_url_return(pool, text);

    fuzz_must(path || pa_url_check_return(text));
    if (!path)
        return;
    fuzz_must(!pa_url_check_return(path) && strcspn(path, "?") == strcspn(text, "?"));
    fuzz_must(!strncmp(path, text, strcspn(text, "?")));
    fuzz_must(!strcmp(path, pa_url_return(pool, path)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text = size > 0 ? apr_pstrndup(pool, (const char *)data, size) : "";

    form_round_trip(pool, text);
    endpoint_and_origin(pool, text);
    return_path(text);
    respelt_path(pool, text);
    apr_pool_destroy(pool);
    return 0;
}
