/* failure.c: see failure.h. */
#include "failure.h"

#include <apr_strings.h>

#include "../state/counters.h"
#include "refusal.h"

static void count_fault(pa_fault_kind kind)
{
    static const pa_count refused[] = {
        [PA_FAULT_UNREACHABLE] = PA_COUNT_REFUSED_PROVIDER,
        [PA_FAULT_TIMEOUT] = PA_COUNT_REFUSED_PROVIDER,
        [PA_FAULT_NONSENSE] = PA_COUNT_REFUSED_PROVIDER,
        [PA_FAULT_UNKNOWN] = PA_COUNT_REFUSED_PROVIDER,
        [PA_FAULT_OAUTH] = PA_COUNT_REFUSED_DENIED,
        [PA_FAULT_RULE] = PA_COUNT_REFUSED_RULE,
        [PA_FAULT_OURS] = PA_COUNT_REFUSED_SERVER,
    };

    pa_counters_add(refused[kind]);
    if (refused[kind] == PA_COUNT_REFUSED_PROVIDER)
        pa_counters_add(PA_COUNT_PROVIDER_ERROR);
}

/* Strangers can cause an OAuth error, with words of their own. What else the provider did wrong is
 * its own doing, so that each reason is a kind of line for itself, without the details that stand
 * in parentheses. */
static const char *kind_of(apr_pool_t *pool, const pa_fault *fault)
{
    if (fault->kind == PA_FAULT_OAUTH)
        return NULL;
    return apr_pstrmemdup(pool, fault->why, strcspn(fault->why, "("));
}

int pa_failure_provider(request_rec *r, const char *doing, const pa_fault *fault)
{
    static const pa_refusal pages[] = {
        [PA_FAULT_UNREACHABLE] = { .status = HTTP_BAD_GATEWAY,
                                   .error = "provider_unreachable",
                                   .message =
                                       "The sign-in service cannot be reached. Please try again." },
        [PA_FAULT_TIMEOUT] = { .status = HTTP_GATEWAY_TIME_OUT,
                               .error = "provider_timeout",
                               .message = "The sign-in service took too long. Please try again." },
        [PA_FAULT_NONSENSE] = { .status = HTTP_BAD_GATEWAY,
                                .error = "provider_error",
                                .message =
                                    "The sign-in service gave an answer that cannot be used." },
        [PA_FAULT_UNKNOWN] = { .status = HTTP_SERVICE_UNAVAILABLE,
                               .error = "temporarily_unavailable",
                               .message =
                                   "The sign-in service cannot be reached. Please try again." },
        [PA_FAULT_OAUTH] = { .status = HTTP_BAD_REQUEST,
                             .error = NULL,
                             .message = "The sign-in service refused. Please sign in again." },
        [PA_FAULT_RULE] = { .status = HTTP_UNAUTHORIZED,
                            .error = "invalid_token",
                            .message = "What the sign-in service said of you cannot be trusted." },
        [PA_FAULT_OURS] = { .status = HTTP_INTERNAL_SERVER_ERROR,
                            .error = "server_error",
                            .message = "Something is wrong on this server." },
    };
    static const pa_refusal denied = { .status = HTTP_FORBIDDEN,
                                       .error = "access_denied",
                                       .title = "Sign-in was not completed",
                                       .message = "You were not given access: the sign-in was "
                                                  "cancelled, or it is not allowed. Nothing has "
                                                  "changed." };
    pa_refusal what = pages[fault->kind];

    if (fault->error)
        what.error = fault->error;
    if (fault->error && strcmp(fault->error, denied.error) == 0)
        what = denied;
    what.kind = kind_of(r->pool, fault);
    count_fault(fault->kind);
    if (fault->kind == PA_FAULT_UNKNOWN)
        apr_table_setn(r->err_headers_out, "Retry-After", "5");
    return pa_refuse(r, &what, "%s: %s%s%s", doing, fault->error ? fault->error : "",
                     fault->error ? ": " : "", fault->why);
}

int pa_failure_session(request_rec *r, apr_status_t rv)
{
    static const pa_refusal no_sessions = { .status = HTTP_INTERNAL_SERVER_ERROR,
                                            .error = "server_error",
                                            .message = "This place is not set up for signing in." };
    pa_refusal no_store = { .status = HTTP_SERVICE_UNAVAILABLE,
                            .error = "temporarily_unavailable",
                            .message = "Sessions cannot be looked up just now. Please try again.",
                            .rv = rv };

    if (rv == APR_ENOTIMPL)
        return pa_refuse(r, &no_sessions,
                         "there are no sessions here: write \"Session On\" for this place");
    if (rv == APR_EINIT)
        return pa_refuse(r, &no_sessions,
                         "nothing keeps sessions here: write SessionCookieName or "
                         "SessionDBDCookieName for this place, or another PlusAuthSessionStore");
    pa_counters_add(PA_COUNT_STORE_ERROR);
    apr_table_setn(r->err_headers_out, "Retry-After", "5");
    return pa_refuse(r, &no_store, "the session store does not answer (PlusAuthSessionStore)");
}
