/* visit.h: what one browser brought with one request. Kept with the first request, so that
 * sub-requests and internal redirects see the same; our cookies are taken out of the Cookie header,
 * so that nothing behind httpd does. */
#ifndef PA_VISIT_H
#define PA_VISIT_H

#include <httpd.h>
#include <mod_session.h>

#include "../base/cache.h"
#include "login_state.h"
#include "session_record.h"

/* Random bytes of a session's id, and the characters of their base64url text in the cookie. */
#define PA_SESSION_ID_BYTES 32
#define PA_SESSION_ID_LEN 43
/* With it, an id is hashed as one block of SHA-256. */
#define PA_REALM_LEN 12

/* How sessions and logins are kept on this server: immutable after start. */
typedef struct pa_visit_settings {
    const char *cookie;            /* name of the session's cookie */
    const char *cookie_attributes; /* what follows its value: "; Path=/; HttpOnly; ..." */
    const char *login_cookie;      /* the names of the login cookies are this and a digit */
    const char *login_attributes;
    char
        realm[PA_REALM_LEN]; /* what a session is good for: a hash of the clients configured here,
                              * so that virtual hosts that share a store do not share their users */
    apr_interval_time_t lifetime;             /* of a session from its login */
    apr_interval_time_t idle;                 /* of a session from its last use */
    const struct pa_session_backend *backend; /* NULL: mod_session's own backends keep sessions */
    pa_cache *sessions;                       /* the store of session_store.c */
    pa_seal_keys
        *record_keys; /* seal the records where others can read the store; NULL: not needed */
    pa_seal_keys *login_keys;
} pa_visit_settings;

struct pa_visit;

/* What keeps sessions. Each function returns APR_SUCCESS or what is wrong with the store. */
typedef struct pa_session_backend {
    /* The session that the browser's cookie names; NULL when there is none. */
    apr_status_t (*read)(request_rec *r, struct pa_visit *visit, pa_session **out);
    /* Keeps a new one, under a new id whatever the browser brought, and sets its cookie. */
    apr_status_t (*create)(request_rec *r, struct pa_visit *visit, const pa_session *session);
    /* Keeps a changed one, if it was not ended meanwhile: then nothing happens. */
    apr_status_t (*rewrite)(request_rec *r, struct pa_visit *visit, const pa_session *session);
    /* Ends it for everybody, and the cookie. */
    apr_status_t (*end)(request_rec *r, struct pa_visit *visit);
} pa_session_backend;

typedef struct pa_visit {
    const pa_visit_settings *settings;
    char id[PA_SESSION_ID_LEN + 1];      /* of the session as the browser says, "" when none */
    unsigned char key[PA_CACHE_KEY_LEN]; /* of its record */
    pa_bytes logins[PA_LOGIN_SLOTS];     /* values of the login cookies, len 0 when absent */

    int asking_authz; /* page.c asks the other modules for their verdict */

    /* Owned by session_hooks.c. */
    int loaded;
    apr_status_t status; /* of loading */
    session_rec *rec;    /* what mod_session is given, always the same */
    pa_session *session; /* who is signed in, NULL for nobody */
    int renew_id;        /* a login: the id must be new */
} pa_visit;

/* Set (value) or end (NULL) a cookie in the answer, whatever its status. */
void pa_visit_set_session_cookie(request_rec *r, const pa_visit_settings *settings, const char *id);
void pa_visit_set_login_cookie(request_rec *r, const pa_visit_settings *settings, int slot,
                               const char *value, apr_interval_time_t max_age);

/* Starts the visit of a first request: reads the Cookie header and takes our cookies out of it. */
pa_visit *pa_visit_begin(request_rec *r, const pa_visit_settings *settings);

/* When a session ends by its age. */
apr_time_t pa_visit_session_end(const pa_visit_settings *settings, const pa_session *session);

/* A new random id, and with it the key of its record. NULL, or the reason. */
const char *pa_visit_new_id(pa_visit *visit, apr_pool_t *pool);

/* The key of the record of the visit's id. NULL, or the reason. */
const char *pa_visit_hash_id(pa_visit *visit);

/* The key of what is kept in the sessions' store under a name: `kind` tells what it is ("sid"),
 * `issuer` and `value` which one. No name is another server's, or an id. NULL, or the reason. */
const char *pa_visit_hash_name(const pa_visit_settings *settings, const char *kind,
                               const char *issuer, const char *value, apr_pool_t *pool,
                               unsigned char *out);

/* The visit that this request belongs to; NULL on a server without PlusAuth. */
pa_visit *pa_visit_of(request_rec *r);

#endif
