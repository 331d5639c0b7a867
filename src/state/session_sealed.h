/* session_sealed.h: a session with its id as one text, compressed and sealed, for those who keep it
 * without being trusted: browsers in their cookies, mod_session's own backends. */
#ifndef PA_SESSION_SEALED_H
#define PA_SESSION_SEALED_H

#include "../base/seal.h"
#include "session_record.h"

/* Characters of a session's id. */
#define PA_SESSION_ID_LEN 43

/* For whom it is sealed. */
typedef struct pa_session_seal {
    const pa_seal_keys *keys;
    pa_bytes realm; /* is no good in another */
} pa_session_seal;

/* At most `longest` characters of base64url. What does not fit goes without its tokens, the access
 * token first, then the refresh token, then the ID token; *left_out then says which, and is NULL
 * otherwise. NULL, or the reason: it does not fit even so. */
const char *pa_session_sealed_encode(apr_pool_t *pool, const pa_session_seal *seal, const char *id,
                                     const pa_session *session, apr_size_t longest,
                                     const char **out, const char **left_out);

/* NULL and *out and `id` (of PA_SESSION_ID_LEN + 1) set, or the reason. */
const char *pa_session_sealed_decode(apr_pool_t *pool, const pa_session_seal *seal, pa_bytes text,
                                     char *id, pa_session **out);

#endif
