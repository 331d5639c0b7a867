/* form.h: a form that a browser or a provider posts. */
#ifndef PA_FORM_H
#define PA_FORM_H

#include "../base/jwt.h"
#include "../plusauth.h"

/* No form is longer: a logout token or an authorization response is the largest thing that comes.
 */
#define PA_FORM_MAX (PA_JWT_MAX + 4096)

/* Reads the body of a POST as application/x-www-form-urlencoded, in bounded size and time, each
 * name once. OK and *out set; else the HTTP status that says what is wrong with it: 400, 408, 413,
 * 415. */
int pa_form_read(request_rec *r, apr_table_t **out);

/* What a line in the log says of a body that pa_form_read did not take, with its status. */
#define PA_FORM_UNREADABLE "what was posted is no form, is too long or came too slowly (status %d)"

#endif
