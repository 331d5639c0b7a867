/* route.h: our own paths on a server: which request is for one, and who answers it. */
#ifndef PA_ROUTE_H
#define PA_ROUTE_H

#include "../plusauth.h"

/* Whether this request is for one of our paths: hooks that are for protected places leave it alone.
 */
int pa_route_is(request_rec *r);

/* The hooks along a request's way. Each declines what is not one of our paths. */
int pa_route_translate(
    request_rec *r);                  /* translate_name: no file, proxy or rewrite rule is asked */
int pa_route_map(request_rec *r);     /* map_to_storage: there is no directory to walk */
int pa_route_access(request_rec *r);  /* access_checker_ex: no Require applies */
int pa_route_type(request_rec *r);    /* type_checker: no type by file name */
int pa_route_fixup(request_rec *r);   /* fixups, first and last: whatever others make of it */
int pa_route_handler(request_rec *r); /* handler, first */

#endif
