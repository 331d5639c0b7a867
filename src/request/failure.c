/* failure.c: see failure.h. */
#include "failure.h"

#include "../state/counters.h"
#include "page.h"

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

int pa_failure_provider(request_rec *r, const char *doing, const pa_fault *fault)
{
    static const struct {
        int status;
        const char *error;
        const char *message;
    } pages[] = {
        [PA_FAULT_UNREACHABLE] = { HTTP_BAD_GATEWAY, "provider_unreachable",
                                   "The sign-in service cannot be reached. Please try again." },
        [PA_FAULT_TIMEOUT] = { HTTP_GATEWAY_TIME_OUT, "provider_timeout",
                               "The sign-in service took too long. Please try again." },
        [PA_FAULT_NONSENSE] = { HTTP_BAD_GATEWAY, "provider_error",
                                "The sign-in service gave an answer that cannot be used." },
        [PA_FAULT_UNKNOWN] = { HTTP_SERVICE_UNAVAILABLE, "temporarily_unavailable",
                               "The sign-in service cannot be reached. Please try again." },
        [PA_FAULT_OAUTH] = { HTTP_BAD_REQUEST, NULL,
                             "The sign-in service refused. Please sign in again." },
        [PA_FAULT_RULE] = { HTTP_UNAUTHORIZED, "invalid_token",
                            "What the sign-in service said of you cannot be trusted." },
        [PA_FAULT_OURS] = { HTTP_INTERNAL_SERVER_ERROR, "server_error",
                            "Something is wrong on this server." },
    };
    int denied = fault->kind == PA_FAULT_OAUTH && strcmp(fault->error, "access_denied") == 0;

    count_fault(fault->kind);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "[%s] %s: %s%s%s", pa_page_request_id(r), doing,
                  fault->error ? fault->error : "", fault->error ? ": " : "", fault->why);
    if (fault->kind == PA_FAULT_UNKNOWN)
        apr_table_setn(r->err_headers_out, "Retry-After", "5");
    return pa_page_error(r, denied ? HTTP_FORBIDDEN : pages[fault->kind].status,
                         fault->error ? fault->error : pages[fault->kind].error,
                         denied ? "You were not given access." : pages[fault->kind].message);
}

int pa_failure_session(request_rec *r, apr_status_t rv)
{
    if (rv == APR_ENOTIMPL) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "there are no sessions here: write \"Session On\" "
                      "for this place");
        return pa_page_error(r, HTTP_INTERNAL_SERVER_ERROR, "server_error",
                             "This place is not set up for signing in.");
    }
    if (rv == APR_EINIT) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "nothing keeps sessions here: write SessionCookieName or "
                      "SessionDBDCookieName for this place, or another PlusAuthSessionStore");
        return pa_page_error(r, HTTP_INTERNAL_SERVER_ERROR, "server_error",
                             "This place is not set up for signing in.");
    }
    pa_counters_add(PA_COUNT_STORE_ERROR);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, rv, r, "the session store does not answer");
    apr_table_setn(r->err_headers_out, "Retry-After", "5");
    return pa_page_error(r, HTTP_SERVICE_UNAVAILABLE, "temporarily_unavailable",
                         "Sessions cannot be looked up just now. Please try again.");
}
