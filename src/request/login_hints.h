/* login_hints.h: what a visit of the login path asks for beside a login: by a link of ours, or by a
 * third party that initiates one (OpenID Connect Core section 4). */
#ifndef PA_LOGIN_HINTS_H
#define PA_LOGIN_HINTS_H

#include "config.h"

typedef struct pa_login_hints {
    const pa_provider *provider;
    const char *return_to; /* a path of our origin */
    const apr_table_t
        *parameters; /* for the authorization request: login_hint, ui_locales and so on */
    int registers;   /* whether the registration form is asked for (prompt=create) */
    int again;       /* whether who is signed in is to sign in again */
    int restarts;    /* whether this login takes the place of one that gave way to another */
} pa_login_hints;

/* Reads the query, or a posted form. OK and *out set; else a status, with its page. */
int pa_login_hints_read(request_rec *r, pa_login_hints *out);

/* The parameters that PlusAuthAuthParam adds for this provider and place, and then what was `asked`
 * for (NULL for nothing) under other names: a visitor's link cannot change what is configured, but
 * for a max_age that is smaller. */
apr_table_t *pa_login_parameters(request_rec *r, const pa_provider *provider,
                                 const apr_table_t *asked);

/* The max_age that is configured for this place, in seconds; -1: none. */
int pa_login_place_max_age(request_rec *r, const pa_provider *provider);

/* How many seconds ago the user may have signed in, by these parameters; -1: any time. */
int pa_login_max_age(const apr_table_t *parameters);

#endif
