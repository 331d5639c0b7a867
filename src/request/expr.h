/* expr.h: what httpd's expressions can ask about whoever is signed in. */
#ifndef PA_EXPR_H
#define PA_EXPR_H

#include <ap_expr.h>

#include "../plusauth.h"

/* An expr_lookup hook.
 *
 * plusauth_claim('name') is the value of a claim as PLUSAUTH_CLAIM_name has it, wherever httpd
 * evaluates an expression: <If>, Require expr, Header, RewriteCond. It looks the session up; it is
 * empty for nobody, for a claim that the user has not, for a session of another provider than the
 * place's, and where the session cannot be looked up.
 *
 * reqenv('PLUSAUTH_...') and %{ENV:PLUSAUTH_...} do the same where the variable will be set but is
 * not yet, so that a rule which denies by it does not let everybody in. */
int pa_expr_lookup(ap_expr_lookup_parms *parms);

#endif
