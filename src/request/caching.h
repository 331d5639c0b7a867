/* caching.h: keeps answers that were made for one user out of caches that serve others. */
#ifndef PA_CACHING_H
#define PA_CACHING_H

#include "../plusauth.h"

/* The answer to the request, or to the one that it is a part of, is for this user only. `varies`:
 * nobody needs to be signed in to get it, but who is may get another one; then also an answer to
 * nobody is marked. To be called before the answer begins. */
void pa_caching_mark(request_rec *r, int varies);

/* The answer is for this request alone: neither a shared cache nor the browser keeps it. */
void pa_caching_forbid(request_rec *r);

/* Registers the filters that say so in the answer's header fields, after whatever the application
 * and the administrator (mod_headers, mod_expires) say there and before mod_cache reads them. */
void pa_caching_register(void);

#endif
