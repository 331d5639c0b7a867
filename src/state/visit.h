/* visit.h: what one browser brought with one request. Kept with the first request, so that
 * sub-requests and internal redirects see the same; our cookies are taken out of the Cookie header,
 * so that nothing behind httpd does. */
#ifndef PA_VISIT_H
#define PA_VISIT_H

#include <httpd.h>
#include <mod_session.h>

#include "../base/cache.h"
#include "../plusauth.h"
#include "login_state.h"
#include "session_sealed.h"

/* Random bytes of a session's id: PA_SESSION_ID_LEN characters of base64url in the cookie. */
#define PA_SESSION_ID_BYTES 32
/* A session that is kept in cookies takes at most so many. */
#define PA_COOKIE_PIECES 4
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
    apr_interval_time_t lifetime; /* of a session from its login */
    apr_interval_time_t idle;     /* of a session from its last use */
    const struct pa_session_backend *backend;
    pa_cache
        *sessions; /* the store of session_store.c; others keep ended_sessions.c's list there */
    pa_seal_keys
        *record_keys; /* seal the records where others can read the store; NULL: not needed */
    pa_seal_keys *sealed_keys; /* seal the sessions that cookies or mod_session keep */
    int forgets;   /* that store is gone with the server: a list that is not there was never lost */
    int in_pieces; /* cookies hold sessions, and not only the id of one */
    apr_size_t cookie_room;              /* characters of all pieces together */
    apr_array_header_t *foreign_cookies; /* const char *: in which mod_session keeps sessions with
                                          * ours in them; applications do not get them */
    pa_seal_keys *login_keys;
} pa_visit_settings;

struct pa_visit;

/* What keeps sessions. Each function returns APR_SUCCESS or what is wrong with the store. */
typedef struct pa_session_backend {
    /* The session that the browser's cookie names; NULL when there is none. */
    apr_status_t (*read)(request_rec *r, struct pa_visit *visit, pa_session **out);
    /* Keeps a new one, under a new id whatever the browser brought, and sets its cookie. */
    apr_status_t (*create)(request_rec *r, struct pa_visit *visit, const pa_session *session);
    /* Keeps its changed `touched` and `entries`, if it was not ended meanwhile: then nothing
     * happens. */
    apr_status_t (*rewrite)(request_rec *r, struct pa_visit *visit, const pa_session *session);
    /* Ends it for everybody, and the cookie. */
    apr_status_t (*end)(request_rec *r, struct pa_visit *visit);
    /* Ends what the client's provider says, as pa_session_index_end does. */
    apr_status_t (*end_by)(const pa_visit_settings *settings, const char *client, const char *sub,
                           const char *sid, pa_bytes *ended, apr_pool_t *pool);
    /* Keeps it in mod_session's record, which stays with another backend of mod_session's. */
    int within_mod_session;
} pa_session_backend;

typedef struct pa_visit {
    const pa_visit_settings *settings;
    char id[PA_SESSION_ID_LEN + 1];      /* of the session as the browser says, "" when none */
    unsigned char key[PA_CACHE_KEY_LEN]; /* of its record */
    pa_bytes logins[PA_LOGIN_SLOTS];     /* values of the login cookies, len 0 when absent */
    pa_bytes pieces[PA_COOKIE_PIECES];   /* of a session that is kept in cookies */
    int signed_out;                      /* here, and not at the provider: see pa_visit_mark_out */
    unsigned int brought;                /* a bit for each of the pieces that came */
    int named;                           /* the browser sent a cookie that names a session */

    /* Owned by route.c. */
    const request_rec *route_request; /* the one that is for a path of ours */
    const struct pa_route *route;     /* what answers it */
    char *route_args;                 /* its query, as it came */

    int asking_translate; /* the modules that translate after us */

    const request_rec *exported; /* export.c: has the user's claims already */

    const request_rec *index_of; /* authn.c: whose start page mod_dir looks for */

    /* Owned by caching.c. */
    int is_private;              /* the answer is for one user */
    int is_never_kept;           /* nor by the browser itself */
    int varies;                  /* and another one for others who may see it */
    const request_rec *filtered; /* whose answer has its filters */
    const request_rec *guarded;  /* ours among them */

    int asking_authz; /* page.c asks the other modules for their verdict */

    /* Owned by session_hooks.c. */
    int loaded;                  /* the session was asked for */
    int passing;                 /* mod_session passes by, and nothing needs the session */
    apr_status_t status;         /* of loading */
    session_rec *rec;            /* what mod_session is given, always the same */
    pa_session *session;         /* who is signed in, NULL for nobody */
    const char *session_entries; /* what came with it for other modules */
    int renew_id;                /* a login: the id must be new */

    /* Owned by session_entry.c. */
    int rec_changes; /* mod_session makes another record each time it is asked */
    int saved;       /* and shall not save one of them over ours */
} pa_visit;

/* The names of our cookies that came, for the log: "plusauth, plusauth-login-0", "none". */
const char *pa_visit_cookie_names(request_rec *r);

/* Set (value) or end (NULL) a cookie in the answer, whatever its status. Piece 0 is the one that
 * also holds the id of a session that is kept elsewhere. */
void pa_visit_set_session_cookie(request_rec *r, const pa_visit_settings *settings, int piece,
                                 const char *value);
void pa_visit_set_login_cookie(request_rec *r, const pa_visit_settings *settings, int slot,
                               const char *value, apr_interval_time_t max_age);

/* Marks this browser as signed out here while its provider may still know it, until it has signed
 * in again, or takes the mark away. Anybody can forge it, and gains nothing. */
void pa_visit_mark_out(request_rec *r, const pa_visit_settings *settings, int out);

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
static inline pa_visit *pa_visit_of(request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return ap_get_module_config(r->request_config, &plusauth_module);
}

#endif
