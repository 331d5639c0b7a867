/* session_record.h: who is signed in, and the compact versioned record that a store keeps of it. */
#ifndef PA_SESSION_RECORD_H
#define PA_SESSION_RECORD_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "../base/bytes.h"

/* A variable for the application, ready-made at login: a plain request only points at it. */
typedef struct pa_variable {
    const char *name; /* PLUSAUTH_CLAIM_email, PLUSAUTH_USERINFO … */
    const char *value;
} pa_variable;

#define PA_CLAIM_PREFIX "PLUSAUTH_CLAIM_"

/* Texts are NULL when there is none; times are 0 when unknown. */
typedef struct pa_session {
    apr_time_t created;   /* the login: its lifetime counts from here */
    apr_time_t touched;   /* a use, the last one or one little earlier: idling counts from here */
    apr_time_t auth_time; /* when the provider says the user proved to be who they are */
    apr_time_t access_expires;
    const char *provider; /* name of the <PlusAuthProvider>, "" for the server's own */
    const char *issuer;
    const char *sub;
    const char *sid; /* the provider's name for its session */
    const char *acr;
    const char *id_token;
    const char *access_token;
    const char *refresh_token;
    const char *dpop_key; /* the private JWK that the tokens are bound to (RFC 9449) */
    const char *entries;  /* what other modules keep in the session, as mod_session encodes it */
    pa_variable *variables;
    unsigned int variable_count;
} pa_session;

/* No record is longer. */
#define PA_SESSION_RECORD_MAX 32768
#define PA_SESSION_VARIABLES_MAX 258 /* 256 claims, and two that are made of them */

/* NULL and *out set, or the reason: too large. */
const char *pa_session_record_encode(apr_pool_t *pool, const pa_session *session, pa_bytes *out);

/* Leaves out variables, PLUSAUTH_USERINFO first and then the longest, until the session fits into a
 * record, or none is left. How many that were: they stand behind the others. */
int pa_session_record_fit(pa_session *session);

/* The texts point into `record`, which must outlive the result. NULL and *out set, or the reason:
 * truncated, of another version. */
const char *pa_session_record_decode(apr_pool_t *pool, pa_bytes record, pa_session **out);

/* The value of a claim; NULL when the user has none of that name. */
const char *pa_session_claim(const pa_session *session, const char *name);

#endif
