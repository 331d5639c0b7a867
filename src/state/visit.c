/* visit.c: see visit.h. One pass over the Cookie header; what is not ours stays as it was. */
#include "visit.h"

#include <apr_strings.h>

#include "../base/base64url.h"
#include "../base/cookie.h"
#include "../base/crypto.h"
#include "../plusauth.h"

/* An id that a connection has brought, and its key. */
typedef struct known_id {
    const pa_visit_settings *settings;
    char id[PA_SESSION_ID_LEN];
    unsigned char key[PA_CACHE_KEY_LEN];
} known_id;

pa_visit *pa_visit_of(request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return ap_get_module_config(r->request_config, &plusauth_module);
}

/* A session's id is random base64url; anything else was never given out. Two cookies that differ
 * mean that someone planted one: neither is believed. */
static void take_session(pa_visit *visit, pa_bytes value, int *seen)
{
    if ((*seen)++) {
        if (value.len != PA_SESSION_ID_LEN || memcmp(visit->id, value.at, value.len) != 0)
            visit->id[0] = '\0';
        return;
    }
    if (value.len != PA_SESSION_ID_LEN)
        return;
    memcpy(visit->id, value.at, value.len);
    visit->id[value.len] = '\0';
}

/* As take_session, where the session itself comes, in pieces: <cookie>, <cookie>_1 and so on. */
static int take_piece(pa_visit *visit, const pa_cookie *cookie, apr_size_t session_len)
{
    unsigned int number = 0;
    pa_bytes *piece;

    if (cookie->name.len == session_len + 2 && cookie->name.at[session_len] == '_')
        number = (unsigned int)(cookie->name.at[session_len + 1] - '0');
    else if (cookie->name.len != session_len)
        return 0;
    if (number >= PA_COOKIE_PIECES || (number == 0) != (cookie->name.len == session_len)
        || memcmp(cookie->name.at, visit->settings->cookie, session_len) != 0)
        return 0;
    piece = &visit->pieces[number];
    if (!(visit->brought & 1U << number))
        *piece = cookie->value;
    else if (piece->len != cookie->value.len
             || memcmp(piece->at, cookie->value.at, piece->len) != 0)
        *piece = pa_bytes_of("", 0);
    visit->brought |= 1U << number;
    return 1;
}

/* Whether the cookie is ours; then what it says has been taken. */
static int take(pa_visit *visit, const pa_cookie *cookie, apr_size_t session_len,
                apr_size_t login_len, int *seen)
{
    const pa_visit_settings *settings = visit->settings;
    unsigned int slot;

    if (settings->in_pieces) {
        if (take_piece(visit, cookie, session_len))
            return 1;
    }
    else if (cookie->name.len == session_len
             && memcmp(cookie->name.at, settings->cookie, session_len) == 0) {
        take_session(visit, cookie->value, seen);
        return 1;
    }
    if (cookie->name.len != login_len + 1
        || memcmp(cookie->name.at, settings->login_cookie, login_len) != 0)
        return 0;
    slot = (unsigned int)(cookie->name.at[login_len] - '0');
    if (slot < PA_LOGIN_SLOTS)
        visit->logins[slot] = cookie->value;
    return 1;
}

/* Whether a cookie of one of our names, or of a longer one, begins here. */
static int begins_ours(const pa_visit_settings *settings, const char *at)
{
    return strncmp(at, settings->cookie, strlen(settings->cookie)) == 0
           || strncmp(at, settings->login_cookie, strlen(settings->login_cookie)) == 0;
}

/* httpd joins several Cookie fields by ", " (RFC 9110 5.3). Beside a cookie of ours, which never
 * has a comma in it, that is a separator; elsewhere it stays what it was. */
static const char *separate(apr_pool_t *pool, const pa_visit_settings *settings, const char *header)
{
    const char *pair;
    char *separated, *comma, *end;

    if (!strstr(header, ", "))
        return header;
    separated = apr_pstrdup(pool, header);
    pair = separated;
    for (comma = separated; (comma = strstr(comma, ", ")); comma += 2) {
        while ((end = strchr(pair, ';')) && end < comma)
            pair = end + 1;
        pair += strspn(pair, " \t");
        if (begins_ours(settings, pair) || begins_ours(settings, comma + 2))
            *comma = ';';
    }
    return separated;
}

/* Reads every Cookie header field, and leaves what is not ours. */
static void read_cookies(request_rec *r, pa_visit *visit, const char *header)
{
    apr_size_t session_len = strlen(visit->settings->cookie);
    apr_size_t login_len = strlen(visit->settings->login_cookie);
    /* The shortest pair, "a=" and ';', becomes longer by the blank after it. */
    char *rest = apr_palloc(r->pool, 2 * strlen(header) + 1), *at = rest;
    const char *cursor = separate(r->pool, visit->settings, header);
    int seen = 0, ours = 0;
    pa_cookie cookie;

    while (pa_cookie_next(&cursor, &cookie)) {
        if (take(visit, &cookie, session_len, login_len, &seen)) {
            ours = 1;
            continue;
        }
        if (at != rest) {
            *at++ = ';';
            *at++ = ' ';
        }
        memcpy(at, cookie.whole.at, cookie.whole.len);
        at += cookie.whole.len;
    }
    if (!ours)
        return;
    *at = '\0';
    if (at == rest)
        apr_table_unset(r->headers_in, "Cookie");
    else
        apr_table_setn(r->headers_in, "Cookie", rest);
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
