/* ticket.h: a short text that goes out to a browser or provider and comes back to us, sealed, so
 * that it needs no memory here: the state of a logout, a confirmation, an answer that was posted.
 */
#ifndef PA_TICKET_H
#define PA_TICKET_H

#include "../plusauth.h"

/* The ticket, base64url, for one purpose. NULL and *out set, or the reason. */
const char *pa_ticket_seal(request_rec *r, const char *purpose, const char *text, const char **out);

/* The text of a ticket that we sealed for this purpose at most `age` ago; NULL for any other. */
const char *pa_ticket_open(request_rec *r, const char *purpose, const char *ticket,
                           apr_interval_time_t age);

#endif
