/* logout_memory.h: what has to be remembered between logins and the logouts that a provider sends
 * (OpenID Connect Back-Channel Logout 1.0). In the sessions' store, so that every server that
 * shares it knows. */
#ifndef PA_LOGOUT_MEMORY_H
#define PA_LOGOUT_MEMORY_H

#include "../base/jwa.h"
#include "visit.h"

/* `client` is pa_session_index_client's in those that take one.
 *
 * Notes which algorithm the provider signs this client's tokens with. */
apr_status_t pa_logout_memory_note_alg(const pa_visit_settings *settings, const char *client,
                                       pa_alg_set alg, apr_time_t now, apr_pool_t *pool);

/* That algorithm; 0 when it is not known. */
pa_alg_set pa_logout_memory_alg(const pa_visit_settings *settings, const char *client,
                                apr_pool_t *pool);

/* Whether a logout token's jti was used before (APR_EEXIST) or not (APR_SUCCESS); and its use,
 * remembered until `until`, with the same result: of two at once one is the first. */
apr_status_t pa_logout_memory_check_jti(const pa_visit_settings *settings, const char *client,
                                        const char *jti, apr_pool_t *pool);
apr_status_t pa_logout_memory_use_jti(const pa_visit_settings *settings, const char *client,
                                      const char *jti, apr_time_t until, apr_pool_t *pool);

/* Ends the session whose record has that key, whoever asks: no request that is under way brings it
 * back. APR_SUCCESS, also when there was none; or what the store said. */
apr_status_t pa_logout_memory_end(const pa_visit_settings *settings, const unsigned char *key,
                                  apr_pool_t *pool);

#endif
