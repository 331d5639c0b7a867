/* session_cookie.h: sessions that their browsers keep, in cookies: nothing of them is here but the
 * list of those that ended before their time. */
#ifndef PA_SESSION_COOKIE_H
#define PA_SESSION_COOKIE_H

#include "visit.h"

/* Of a piece's value. Browsers take 4,096 characters, or somewhat more, with the name. */
#define PA_COOKIE_PIECE_LEN 3800

extern const pa_session_backend pa_session_cookie;

#endif
