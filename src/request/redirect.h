/* redirect.h: sending the browser somewhere, with nothing of it stored. */
#ifndef PA_REDIRECT_H
#define PA_REDIRECT_H

#include "../plusauth.h"

/* To any URL: of the provider. A GET follows, whatever this request was. Returns the status. */
int pa_redirect(request_rec *r, const char *url);

/* To a path of our origin. */
int pa_redirect_home(request_rec *r, const char *path);

#endif
