/* authz.c: see authz.h. */
#include "authz.h"

#include <http_core.h>
#include <http_request.h>

#include "../state/visit.h"
#include "refusal.h"
#include "export.h"

static const pa_refusal not_allowed = {
    .status = HTTP_FORBIDDEN,
    .error = "forbidden",
    .message = "You are signed in, but your account may not open this page."
};

/* mod_authz_core denies a user whom no Require admits with 401, as if another password could help.
 * The verdict of all the others is asked for here, and only that answer changed: to 403. */
static int check_authz(request_rec *r)
{
    pa_visit *visit;
    int verdict;

    if (!r->user || !r->ap_auth_type || strcmp(r->ap_auth_type, "PlusAuth") != 0
        || !(visit = pa_visit_of(r)) || visit->asking_authz)
        return DECLINED;
    visit->asking_authz = 1;
    verdict = ap_run_auth_checker(r);
    visit->asking_authz = 0;
    if (verdict != HTTP_UNAUTHORIZED && verdict != HTTP_FORBIDDEN)
        return verdict;
    pa_export_fixup(r); /* the page names the user, and the phase that would is not reached */
    return pa_refuse(r, &not_allowed, "no Require of this place lets the user in");
}

void pa_authz_register(void)
{
    ap_hook_check_authz(check_authz, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
}
