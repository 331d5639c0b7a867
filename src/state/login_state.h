/* login_state.h: one login on its way, sealed in a cookie of the browser that began it.
 * Nothing of it is kept here, so that a stranger who starts a million logins costs no memory. A
 * cookie holds one secret; nonce, code verifier and the state's mark are derived from it. There are
 * PA_LOGIN_SLOTS cookie names, so that however many logins begin at once, no more than so many
 * cookies exist. The state parameter says, sealed too, what a login needs that begins again: tabs
 * that start at the same moment can put their cookies into the same slot. */
#ifndef PA_LOGIN_STATE_H
#define PA_LOGIN_STATE_H

#include "../base/seal.h"
#include <apr_time.h>

/* A browser that restores its tabs begins a login in each. All their cookies together take 3,200
 * characters of the 8,190 that httpd reads of a Cookie field, and one holds a return path of 200.
 */
#define PA_LOGIN_SLOTS 8
#define PA_LOGIN_COOKIE_MAX 376 /* the value; "__Host-plusauth-login-0=" comes before it */
#define PA_LOGIN_LIFETIME apr_time_from_sec(15 * 60)
#define PA_LOGIN_SECRET_LEN 16

/* The reason for one that is authentic and too old: compare the pointer. */
extern const char PA_LOGIN_EXPIRED[];

typedef struct pa_login_state {
    unsigned char secret[PA_LOGIN_SECRET_LEN];
    apr_time_t begun;
    const char *provider;  /* name of its <PlusAuthProvider>, "" for the server's own */
    const char *return_to; /* path and query on our origin; checked before it is used again */
    int round;   /* logins (or hops) that ended well just before this one, without effect: a
                  * loop? */
    int max_age; /* seconds that were asked for; below 0: none */
    int done;    /* 1: it has ended well; kept a while to notice a loop */
    int hop;     /* 1: no login yet, the browser was sent to the origin's name first */
    int final;   /* 1: it does not begin again by itself */
    int slot;    /* where its cookie was put, 0 to PA_LOGIN_SLOTS - 1 */

    /* Derived from the secret when it is made or opened. */
    unsigned char mark[PA_LOGIN_SECRET_LEN]; /* the state parameter names the login by it */
    const char *nonce;
    const char *code_verifier;
    const char *code_challenge; /* S256 */
} pa_login_state;

/* A new login with fresh randomness. return_to is shortened (query first, then to "/") when the
 * cookie would not fit it otherwise. NULL and *out set, or the reason. */
const char *pa_login_state_new(apr_pool_t *pool, const char *provider, const char *return_to,
                               apr_time_t now, pa_login_state **out);

/* The value of its cookie. */
const char *pa_login_state_seal(apr_pool_t *pool, const pa_seal_keys *keys,
                                const pa_login_state *login, const char **out);

/* The value of its state parameter: base64url, at most PA_LOGIN_COOKIE_MAX characters. The secret
 * is not in it. */
const char *pa_login_state_parameter(apr_pool_t *pool, const pa_seal_keys *keys,
                                     const pa_login_state *login, const char **out);

/* Opens a cookie's value. NULL and *out set, or the reason: forged, of an unknown version,
 * over-aged. */
const char *pa_login_state_open(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes value,
                                apr_time_t now, pa_login_state **out);

/* The same for a state parameter. What comes out has a mark, and neither a secret nor what is
 * derived from it. That a state opens does not tell whose browser it was made for. */
const char *pa_login_state_open_parameter(apr_pool_t *pool, const pa_seal_keys *keys,
                                          pa_bytes value, apr_time_t now, pa_login_state **out);

#endif
