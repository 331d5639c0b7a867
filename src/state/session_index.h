/* session_index.h: which sessions a user or a session of the provider has here, so that the
 * provider can end them by sid or sub (OpenID Connect Back-Channel Logout 1.0 2.7). Kept in the
 * sessions' own store: every server that shares it can end them, and a plain request asks for
 * nothing more. */
#ifndef PA_SESSION_INDEX_H
#define PA_SESSION_INDEX_H

#include "visit.h"

/* What sids and subs are told apart by: our registration at an issuer. Two clients of one issuer
 * have sessions of their own. */
const char *pa_session_index_client(apr_pool_t *pool, const char *provider, const char *issuer);

/* Notes the session of that record under its sid and its sub. Its provider can have ended it while
 * the login was on its way: then it ends here. APR_SUCCESS, or what the store said. */
apr_status_t pa_session_index_add(const pa_visit_settings *settings, const pa_session *session,
                                  const unsigned char *record, apr_pool_t *pool);

/* Ends every session of the client that has this sid or, without one, this sub. *ended is the keys
 * of those that had lived until then, one after the other. APR_SUCCESS, or what the store said;
 * *ended is right in any case. */
apr_status_t pa_session_index_end(const pa_visit_settings *settings, const char *client,
                                  const char *sub, const char *sid, pa_bytes *ended,
                                  apr_pool_t *pool);

#endif
