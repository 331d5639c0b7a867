/* session_entry.c: see session_entry.h.
 *
 * mod_session 2.4 makes a new record each time it is asked, where the stored one has expired or
 * cannot be decoded (PR 56052), or where SessionCookieRemove is On: its output filter would save
 * one that lacks what we wrote into another, over it. So a login and a logout are saved here, at
 * once, and the filter is kept from saving after them. A note of use is left to the filter, which
 * keeps what other modules write later in the request. */
#include "session_entry.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "../base/cookie.h"
#include "../plusauth.h"
#include "ended_sessions.h"
#include "session_copy.h"
#include "session_hooks.h"

#define ENTRY "plusauth"
#define FILTER "MOD_SESSION_OUT"
/* What no backend's record can hold, is not tried. */
#define ENTRY_MAX (2 * PA_SESSION_RECORD_MAX)
/* Name and value of a cookie that every browser takes. */
#define COOKIE_MAX 4000
#define FIT_TRIES 3
/* What a compressed session differs by when only a time in it changes. */
#define SLACK 64

static APR_OPTIONAL_FN_TYPE(ap_session_load) * session_load;
static APR_OPTIONAL_FN_TYPE(ap_session_save) * session_save;

void pa_session_entry_retrieve_functions(void)
{
    session_load = APR_RETRIEVE_OPTIONAL_FN(ap_session_load);
    session_save = APR_RETRIEVE_OPTIONAL_FN(ap_session_save);
}

/* Takes mod_session's record, and does not look into it. As pa_session_entry_load. */
static apr_status_t take_record(request_rec *r, pa_visit *visit)
{
    session_rec *rec = NULL, *again = NULL;

    if (visit->rec || visit->loaded)
        return visit->status;
    if (!session_load)
        return APR_ENOTIMPL;
    visit->status = session_load(r, &rec);
    if (visit->status == APR_SUCCESS && !rec)
        return APR_ENOTIMPL;
    if (visit->status != APR_SUCCESS) {
        visit->loaded = 1;
        return visit->status;
    }
    visit->rec = rec;
    visit->rec_changes = session_load(r, &again) != APR_SUCCESS || again != rec;
    /* The filter would save a record that lacks it. */
    visit->saved = visit->rec_changes && apr_table_get(rec->entries, ENTRY) != NULL;
    return APR_SUCCESS;
}

apr_status_t pa_session_entry_load(request_rec *r, pa_visit *visit)
{
    apr_status_t rv = take_record(r, visit);

    if (rv != APR_SUCCESS || visit->loaded)
        return rv;
    visit->loaded = 1;
    if (!apr_table_get(visit->rec->entries, ENTRY))
        return APR_SUCCESS;
    visit->status = pa_session_use(r, visit);
    if (!visit->session)
        visit->saved = 0;
    return visit->status;
}

static int is_foreign(const pa_visit *visit, const pa_cookie *cookie)
{
    const apr_array_header_t *names = visit->settings->foreign_cookies;

    for (int i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (strlen(name) == cookie->name.len
            && memcmp(name, cookie->name.at, cookie->name.len) == 0)
            return 1;
    }
    return 0;
}

/* The backend has read its cookies, and keeps what they said: nothing behind httpd needs them, and
 * whoever has them has the session. */
static void hide_cookies(request_rec *r, const pa_visit *visit)
{
    const char *header = apr_table_get(r->headers_in, "Cookie"), *part = header, *next = header;
    char *others, *at;
    pa_cookie cookie;

    if (!header)
        return;
    others = at = apr_palloc(r->pool, strlen(header) + 1);
    for (; pa_cookie_next(&next, &cookie); part = next) {
        if (is_foreign(visit, &cookie))
            continue;
        memcpy(at, part, (apr_size_t)(next - part));
        at += next - part;
    }
    /* What divided the last of the others from one that is gone. */
    while (at > others && strchr("; \t", at[-1]))
        at--;
    *at = '\0';
    others += strspn(others, " \t");
    if (*others)
        apr_table_setn(r->headers_in, "Cookie", others);
    else
        apr_table_unset(r->headers_in, "Cookie");
}

/* Before mod_session asks for it itself: mod_session_dbd takes its cookie away with the first look,
 * also when its database does not answer, so that a second one would find nobody signed in. The
 * session in it is opened once something asks who is signed in. */
static int take_first(request_rec *r)
{
    pa_visit *visit = pa_visit_of(r);

    if (visit && visit->settings->backend->within_mod_session
        && take_record(r, visit) == APR_SUCCESS)
        hide_cookies(r, visit);
    return DECLINED;
}

/* HTTP_SESSION is the record as its cookie has it: what is sealed in it for us would do as a
 * session for whoever reads it there. After mod_session has set it (SessionEnv). */
static int hide_entry(request_rec *r)
{
    const pa_visit *visit = pa_visit_of(r);
    const char *said;
    char *left = NULL, *list, *state;

    if (!visit || !visit->settings->backend->within_mod_session
        || !(said = apr_table_get(r->subprocess_env, "HTTP_SESSION")))
        return DECLINED;
    list = apr_pstrdup(r->pool, said);
    for (char *one = apr_strtok(list, "&", &state); one; one = apr_strtok(NULL, "&", &state))
        if (ap_cstr_casecmpn(one, ENTRY "=", strlen(ENTRY) + 1) != 0)
            left = apr_pstrcat(r->pool, left ? left : "", left ? "&" : "", one, NULL);
    apr_table_setn(r->subprocess_env, "HTTP_SESSION", left ? left : "");
    return DECLINED;
}

static apr_status_t read_entry(request_rec *r, pa_visit *visit, pa_session **out)
{
    return pa_session_copy_open(r, visit, pa_bytes_text(apr_table_get(visit->rec->entries, ENTRY)),
                                out);
}

static void drop_filters(request_rec *r)
{
    for (ap_filter_t *f = r->output_filters, *next; f; f = next) {
        next = f->next;
        if (ap_cstr_casecmp(f->frec->name, FILTER) == 0)
            ap_remove_output_filter(f);
    }
}

/* Of this request, and of those that continue it. */
static void drop_filters_if_saved(request_rec *r)
{
    const pa_visit *visit = pa_visit_of(r);

    if (visit && visit->saved)
        drop_filters(r);
}

static apr_status_t save_now(request_rec *r, pa_visit *visit)
{
    apr_status_t rv;

    visit->rec->dirty = 1;
    visit->rec->written = 0;
    if ((rv = session_save(r, visit->rec)) != APR_SUCCESS)
        return rv;
    visit->saved = 1;
    drop_filters(r);
    return APR_SUCCESS;
}

static int measure(void *longest, const char *name, const char *value)
{
    apr_size_t len = strcspn(value, ";");

    (void)name;
    if (len > *(apr_size_t *)longest)
        *(apr_size_t *)longest = len;
    return 1;
}

static int add_one(void *table, const char *name, const char *value)
{
    apr_table_addn(table, name, value);
    return 1;
}

static void put_back(apr_table_t *table, const apr_table_t *before)
{
    apr_table_clear(table);
    apr_table_do(add_one, table, before, NULL);
}

/* Saves the record with an entry of at most `longest` characters; *cookie is the length of the
 * longest cookie that this set. */
static apr_status_t save_entry(request_rec *r, pa_visit *visit, const pa_session *session,
                               apr_size_t longest, apr_size_t *cookie)
{
    const char *text;
    apr_status_t rv = pa_session_copy_make(r, visit, session, longest, &text);

    if (rv != APR_SUCCESS)
        return rv;
    apr_table_setn(visit->rec->entries, ENTRY, text);
    if ((rv = save_now(r, visit)) != APR_SUCCESS)
        return rv;
    *cookie = 0;
    apr_table_do(measure, cookie, r->err_headers_out, "Set-Cookie", NULL);
    apr_table_do(measure, cookie, r->headers_out, "Set-Cookie", NULL);
    return APR_SUCCESS;
}

/* A browser would drop a cookie that is too long without a word: what is too large goes without its
 * tokens, as far as the backend keeps it in a cookie. */
static apr_status_t create(request_rec *r, pa_visit *visit, const pa_session *session)
{
    apr_table_t *errors = apr_table_copy(r->pool, r->err_headers_out);
    apr_table_t *headers = apr_table_copy(r->pool, r->headers_out);
    apr_status_t rv = pa_session_copy_renew(r, visit, session);
    apr_size_t longest = ENTRY_MAX, cookie = 0;

    for (int tries = 0; rv == APR_SUCCESS && tries < FIT_TRIES; tries++) {
        rv = save_entry(r, visit, session, longest, &cookie);
        if (rv == APR_SUCCESS && cookie <= COOKIE_MAX)
            return APR_SUCCESS;
        put_back(r->err_headers_out, errors);
        put_back(r->headers_out, headers);
        /* Whatever the record's encoding adds, it adds in proportion. */
        if (rv == APR_SUCCESS)
            longest = strlen(apr_table_get(visit->rec->entries, ENTRY)) * COOKIE_MAX / cookie - 4;
    }
    visit->id[0] = '\0';
    return rv == APR_SUCCESS ? APR_ENOSPC : rv;
}

/* What the backend kept it keeps again, when it is no longer than it was. */
static apr_status_t rewrite(request_rec *r, pa_visit *visit, const pa_session *session)
{
    const char *text;
    apr_size_t longest = strlen(apr_table_get(visit->rec->entries, ENTRY)) + SLACK;
    apr_status_t rv = pa_session_copy_make(r, visit, session, longest, &text);

    if (rv != APR_SUCCESS)
        return rv;
    apr_table_setn(visit->rec->entries, ENTRY, text);
    visit->rec->dirty = 1;
    return visit->rec_changes ? save_now(r, visit) : APR_SUCCESS;
}

static apr_status_t end(request_rec *r, pa_visit *visit)
{
    apr_status_t rv = pa_session_copy_end(r, visit), saved;

    apr_table_unset(visit->rec->entries, ENTRY);
    saved = save_now(r, visit);
    return rv != APR_SUCCESS ? rv : saved;
}

const pa_session_backend pa_session_entry = {
    .read = read_entry,
    .create = create,
    .rewrite = rewrite,
    .end = end,
    .end_by = pa_ended_sessions_end_by,
    .within_mod_session = 1,
};

void pa_session_entry_register(void)
{
    static const char *const mod_session[] = { "mod_session.c", NULL };

    ap_hook_fixups(take_first, NULL, mod_session, APR_HOOK_FIRST);
    ap_hook_fixups(hide_entry, mod_session, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(drop_filters_if_saved, mod_session, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(drop_filters_if_saved, mod_session, NULL, APR_HOOK_REALLY_LAST);
}
