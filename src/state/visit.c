/* visit.c: see visit.h. One pass over the Cookie header; what is not ours stays as it was. */
#include "visit.h"

#include <apr_strings.h>

#include "../base/base64url.h"
#include "../base/cookie.h"
#include "../base/crypto.h"
#include "../plusauth.h"

/* What follows the name of the login cookies in that of the mark of a logout. */
#define OUT 'o'
#define OUT_KEPT apr_time_from_sec(8 * 3600)

/* Of the names of our cookies. */
typedef struct name_lengths {
    apr_size_t session, login;
} name_lengths;

/* An id that a connection has brought, and its key. */
typedef struct known_id {
    const pa_visit_settings *settings;
    char id[PA_SESSION_ID_LEN];
    unsigned char key[PA_CACHE_KEY_LEN];
} known_id;

/* The value of a cookie. Two of one name that differ mean that another host or path of the site set
 * one of them, and nothing tells which (RFC 6265 8.6): neither is believed. `seen` has a bit for
 * each name. */
static void take_value(pa_bytes *value, unsigned int *seen, unsigned int bit, pa_bytes brought)
{
    if (!(*seen & bit))
        *value = brought;
    else if (value->len != brought.len || memcmp(value->at, brought.at, brought.len) != 0)
        *value = pa_bytes_of("", 0);
    *seen |= bit;
}

/* The digit that follows `len` characters and ends the name; -1 when it is not below `limit`. */
static int number_of(pa_bytes name, apr_size_t len, int limit)
{
    int number = name.len == len + 1 ? name.at[len] - '0' : -1;

    return number >= 0 && number < limit ? number : -1;
}

static int begins(pa_bytes name, const char *with, apr_size_t len)
{
    return name.len >= len && memcmp(name.at, with, len) == 0;
}

/* Where the session itself comes, in pieces: <cookie>, <cookie>_1 and so on. */
static int take_piece(pa_visit *visit, const pa_cookie *cookie, apr_size_t session_len)
{
    int number = 0;

    if (cookie->name.len > session_len)
        number = cookie->name.at[session_len] == '_'
                     ? number_of(cookie->name, session_len + 1, PA_COOKIE_PIECES)
                     : -1;
    if (number < 0 || (number == 0 && cookie->name.len != session_len))
        return 0;
    take_value(&visit->pieces[number], &visit->brought, 1U << number, cookie->value);
    return 1;
}

/* Whether the cookie is ours; then what it says has been taken. `id` is what names the session. */
static int take(pa_visit *visit, const pa_cookie *cookie, const name_lengths *lengths, pa_bytes *id,
                unsigned int *id_seen)
{
    const pa_visit_settings *settings = visit->settings;
    int slot;

    if (begins(cookie->name, settings->cookie, lengths->session)) {
        if (settings->in_pieces && take_piece(visit, cookie, lengths->session))
            return 1;
        if (!settings->in_pieces && cookie->name.len == lengths->session) {
            take_value(id, id_seen, 1, cookie->value);
            return 1;
        }
    }
    if (!begins(cookie->name, settings->login_cookie, lengths->login)
        || cookie->name.len != lengths->login + 1)
        return 0;
    /* Any of several will do: it is the state in it that has to be the answer's. */
    slot = number_of(cookie->name, lengths->login, PA_LOGIN_SLOTS);
    if (slot >= 0)
        visit->logins[slot] = cookie->value;
    else if (cookie->name.at[lengths->login] == OUT)
        visit->signed_out = cookie->value.len > 0;
    return 1;
}

static void set_cookie_header(request_rec *r, char *others, const char *end)
{
    others += strspn(others, " \t");
    if (others < end)
        apr_table_setn(r->headers_in, "Cookie", others);
    else
        apr_table_unset(r->headers_in, "Cookie");
}

/* Takes our cookies out of the header. Every other byte stays as it was. */
static void read_cookies(request_rec *r, pa_visit *visit, const char *header)
{
    const name_lengths lengths = { strlen(visit->settings->cookie),
                                   strlen(visit->settings->login_cookie) };
    char *others = apr_palloc(r->pool, strlen(header) + 1), *at = others;
    const char *part = header, *next = header;
    pa_bytes id = pa_bytes_of("", 0);
    unsigned int id_seen = 0;
    pa_cookie cookie;
    int found = 0, last = 0;

    for (; pa_cookie_next(&next, &cookie); part = next) {
        last = take(visit, &cookie, &lengths, &id, &id_seen);
        found |= last;
        if (last)
            continue;
        memcpy(at, part, (apr_size_t)(next - part));
        at += next - part;
    }
    /* It is random base64url; anything else was never given out. */
    if (id.len == PA_SESSION_ID_LEN)
        memcpy(visit->id, id.at, id.len);
    visit->named = id_seen || visit->brought;
    /* What divided the last of the others from ours. */
    if (last && at > others && next[-1] != ';')
        at--;
    *at = '\0';
    if (found)
        set_cookie_header(r, others, at);
}

const char *pa_visit_hash_id(pa_visit *visit)
{
    char text[PA_REALM_LEN + PA_SESSION_ID_LEN];
    const char *why;

    memcpy(text, visit->settings->realm, PA_REALM_LEN);
    memcpy(text + PA_REALM_LEN, visit->id, PA_SESSION_ID_LEN);
    why = pa_sha256(pa_bytes_of(text, sizeof(text)), visit->key);
    pa_cache_key_mark(visit->key, 1);
    return why;
}

const char *pa_visit_hash_name(const pa_visit_settings *settings, const char *kind,
                               const char *issuer, const char *value, apr_pool_t *pool,
                               unsigned char *out)
{
    /* Line ends divide, and none is in a kind or an issuer. */
    const char *name = apr_pstrcat(pool, "\n", kind, "\n", issuer, "\n", value, NULL);
    apr_size_t len = strlen(name);
    char *text = apr_palloc(pool, PA_REALM_LEN + len);
    const char *why;

    memcpy(text, settings->realm, PA_REALM_LEN);
    memcpy(text + PA_REALM_LEN, name, len);
    why = pa_sha256(pa_bytes_of(text, PA_REALM_LEN + len), out);
    pa_cache_key_mark(out, 0);
    return why;
}

apr_time_t pa_visit_session_end(const pa_visit_settings *settings, const pa_session *session)
{
    apr_time_t lifetime = session->created + settings->lifetime;
    apr_time_t idle = session->touched + settings->idle;

    return idle < lifetime ? idle : lifetime;
}

const char *pa_visit_new_id(pa_visit *visit, apr_pool_t *pool)
{
    unsigned char id[PA_SESSION_ID_BYTES];
    const char *why = pa_random(id, sizeof(id));

    if (why)
        return why;
    apr_cpystrn(visit->id, pa_base64url_encode(pool, pa_bytes_of(id, sizeof(id))),
                sizeof(visit->id));
    return pa_visit_hash_id(visit);
}

/* As pa_visit_hash_id. The requests of one connection mostly bring one id: it is hashed for the
 * first. */
static const char *find_key(conn_rec *c, pa_visit *visit)
{
    known_id *known = ap_get_module_config(c->conn_config, &plusauth_module);
    const char *why;

    if (known && known->settings == visit->settings
        && pa_equal(pa_bytes_of(known->id, PA_SESSION_ID_LEN),
                    pa_bytes_of(visit->id, PA_SESSION_ID_LEN))) {
        memcpy(visit->key, known->key, sizeof(visit->key));
        return NULL;
    }
    if ((why = pa_visit_hash_id(visit)))
        return why;
    if (!known) {
        known = apr_palloc(c->pool, sizeof(*known));
        ap_set_module_config(c->conn_config, &plusauth_module, known);
    }
    known->settings = visit->settings;
    memcpy(known->id, visit->id, sizeof(known->id));
    memcpy(known->key, visit->key, sizeof(known->key));
    return NULL;
}

pa_visit *pa_visit_begin(request_rec *r, const pa_visit_settings *settings)
{
    const char *header = apr_table_get(r->headers_in, "Cookie");
    pa_visit *visit = apr_pcalloc(r->pool, sizeof(*visit));

    visit->settings = settings;
    ap_set_module_config(r->request_config, &plusauth_module, visit);
    if (header)
        read_cookies(r, visit, header);
    if (visit->id[0] && find_key(r->connection, visit))
        visit->id[0] = '\0';
    return visit;
}

void pa_visit_set_session_cookie(request_rec *r, const pa_visit_settings *settings, int piece,
                                 const char *value)
{
    const char *suffix = piece ? apr_psprintf(r->pool, "_%d", piece) : "";

    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   apr_pstrcat(r->pool, settings->cookie, suffix, "=", value ? value : "",
                               settings->cookie_attributes, value ? NULL : "; Max-Age=0", NULL));
}

void pa_visit_set_login_cookie(request_rec *r, const pa_visit_settings *settings, int slot,
                               const char *value, apr_interval_time_t max_age)
{
    int seconds = value ? (int)apr_time_sec(max_age) : 0;

    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   apr_psprintf(r->pool, "%s%d=%s%s; Max-Age=%d", settings->login_cookie, slot,
                                value ? value : "", settings->login_attributes, seconds));
}

void pa_visit_mark_out(request_rec *r, const pa_visit_settings *settings, int out)
{
    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   apr_psprintf(r->pool, "%s%c=%s%s; Max-Age=%d", settings->login_cookie, OUT,
                                out ? "1" : "", settings->login_attributes,
                                out ? (int)apr_time_sec(OUT_KEPT) : 0));
}

const char *pa_visit_cookie_names(request_rec *r)
{
    const pa_visit *visit = pa_visit_of(r);
    const char *names = visit->named ? visit->settings->cookie : "";

    for (int slot = 0; slot < PA_LOGIN_SLOTS; slot++)
        if (visit->logins[slot].len)
            names = apr_psprintf(r->pool, "%s%s%s%d", names, *names ? ", " : "",
                                 visit->settings->login_cookie, slot);
    return *names ? names : "none";
}
