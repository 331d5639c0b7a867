/* caching.c: see caching.h. A shared cache keeps what does not say `private` (RFC 9111 3),
 * mod_cache among them, and an administrator's `Header set Cache-Control max-age=600` is meant for
 * pages that are the same for everybody. */
#include "caching.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "../state/visit.h"

#define LAST_FILTER "PLUSAUTH_PRIVATE"
#define FIRST_FILTER "PLUSAUTH_PRIVATE_FIRST"
/* The marker by which `SetOutputFilter CACHE` has mod_cache save before other filters run. */
#define CACHE_MARKER "cache"

static ap_filter_rec_t *last_filter, *first_filter;

/* Directives that let a shared cache keep an answer, and those of ours (RFC 9111 5.2.2). `private`
 * with the names of fields is about these alone. */
static int is_replaced(const char *item)
{
    static const char *const names[] = { "public", "s-maxage", "private" };

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        apr_size_t len = strlen(names[i]);

        if (strncmp(item, names[i], len) == 0 && (item[len] == '\0' || item[len] == '='))
            return 1;
    }
    return 0;
}

/* What Cache-Control shall say, where it says `said`. */
static const char *make_private(apr_pool_t *pool, const char *said)
{
    const char *others = "", *item;
    int stored = 1, replaced = 0;

    while ((item = ap_get_list_item(pool, &said))) {
        if (strcmp(item, "no-store") == 0)
            stored = 0;
        if (!is_replaced(item))
            others = apr_pstrcat(pool, others, *others ? ", " : "", item, NULL);
        else if (strcmp(item, "private") != 0)
            replaced = 1;
    }
    if (!stored && !replaced)
        return others;
    return apr_pstrcat(pool, "private", *others ? ", " : "", others, NULL);
}

/* The fields that tell caches what to keep: RFC 9111, RFC 9213 and its forerunner. */
static const char *const fields[] = { "Cache-Control", "CDN-Cache-Control", "Surrogate-Control" };

static int is_for_caches(const char *name)
{
    /* Content-Type and most others differ by their second letter. */
    char second = *name ? (char)(name[1] | 0x20) : 0;

    if (second != 'a' && second != 'd' && second != 'u')
        return 0;
    for (apr_size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (ap_cstr_casecmp(name, fields[i]) == 0)
            return 1;
    return 0;
}

/* Takes those fields out of a table, which mostly has none. What Cache-Control said there, after
 * `said`. */
static const char *take_out(apr_pool_t *pool, apr_table_t *table, const char *said)
{
    const apr_array_header_t *all = apr_table_elts(table);
    int found = 0;

    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        if (!is_for_caches(entry->key))
            continue;
        found = 1;
        if (ap_cstr_casecmp(entry->key, fields[0]) == 0)
            said = said ? apr_pstrcat(pool, said, ", ", entry->val, NULL) : entry->val;
    }
    for (apr_size_t i = 0; found && i < sizeof(fields) / sizeof(fields[0]); i++)
        apr_table_unset(table, fields[i]);
    return said;
}

/* Both tables are sent: the last word is one field in one of them. */
static void say_private(request_rec *r, int forbidden)
{
    const char *said = take_out(r->pool, r->err_headers_out, NULL);

    said = take_out(r->pool, r->headers_out, said);
    apr_table_addn(r->headers_out, fields[0],
                   forbidden ? "no-store"
                   : said    ? make_private(r->pool, said)
                             : "private, no-cache");
}

/* A browser that signs in or out asks again for what it has kept. */
static void say_varying(request_rec *r)
{
    const char *said = apr_table_getm(r->pool, r->headers_out, "Vary");

    if (!said || (!ap_find_token(r->pool, said, "Cookie") && !ap_find_token(r->pool, said, "*")))
        apr_table_mergen(r->headers_out, "Vary", "Cookie");
}

static apr_status_t say(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    const pa_visit *visit = pa_visit_of(f->r);

    say_private(f->r, visit->is_never_kept);
    if (visit->varies)
        say_varying(f->r);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

static int has_filter(const request_rec *r, const char *name)
{
    for (const ap_filter_t *f = r->output_filters; f && f != r->proto_output_filters; f = f->next)
        if (*f->frec->name == *name && strcmp(f->frec->name, name) == 0)
            return 1;
    return 0;
}

static void add_filters(request_rec *r, pa_visit *visit)
{
    if (has_filter(r, CACHE_MARKER))
        ap_add_output_filter_handle(first_filter, NULL, r, r->connection);
    ap_add_output_filter_handle(last_filter, NULL, r, r->connection);
    visit->guarded = r;
}

/* After mod_headers: of the filters of one kind, the one that came last has the last word. A page
 * that includes parts sends its header before the first of them, which may be a user's. */
static void guard(request_rec *r)
{
    pa_visit *visit = r->main ? NULL : pa_visit_of(r);

    if (!visit)
        return;
    if (!visit->is_private && (visit->id[0] || visit->brought) && has_filter(r, "includes"))
        visit->is_private = 1;
    visit->filtered = r;
    if (visit->is_private)
        add_filters(r, visit);
}

/* httpd's own answers too: that something is not there is for this user alone. They begin anew,
 * without the filters of the answer that failed. */
static void guard_error(request_rec *r)
{
    pa_visit *visit = pa_visit_of(r);

    if (visit && visit->is_private)
        add_filters(r, visit);
}

void pa_caching_mark(request_rec *r, int varies)
{
    pa_visit *visit = pa_visit_of(r);

    while (r->main)
        r = r->main;
    visit->is_private = 1;
    visit->varies |= varies;
    /* By a part of an answer that is under way. */
    if (visit->filtered == r && visit->guarded != r)
        add_filters(r, visit);
}

void pa_caching_forbid(request_rec *r)
{
    pa_visit_of(r)->is_never_kept = 1;
    pa_caching_mark(r, 0);
}

void pa_caching_register(void)
{
    static const char *const others[] = { "mod_headers.c", "mod_expires.c", NULL };

    ap_hook_insert_filter(guard, others, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(guard_error, others, NULL, APR_HOOK_REALLY_LAST);
    first_filter = ap_register_output_filter(FIRST_FILTER, say, NULL, AP_FTYPE_RESOURCE - 1);
    last_filter = ap_register_output_filter(LAST_FILTER, say, NULL, AP_FTYPE_CONTENT_SET);
}
