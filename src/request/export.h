/* export.h: who is signed in, as the application sees it. */
#ifndef PA_EXPORT_H
#define PA_EXPORT_H

#include "../plusauth.h"

/* For who has just become the user, and a fixups hook: hands the user's claims to what serves the
 * request, sub-requests and internal redirects too. */
int pa_export_fixup(request_rec *r);

#endif
