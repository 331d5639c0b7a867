/* audit.c: see audit.h. Tools look for these lines: they are all alike. */
#include "audit.h"

#include <apr_escape.h>

#include "../plusauth.h"

#define NAME_BYTES 4

static const char *const ways[PA_COUNT_KINDS] = {
    [PA_COUNT_LOGOUT_USER] = "signed out (user)",
    [PA_COUNT_LOGOUT_BACK_CHANNEL] = "signed out (back channel)",
    [PA_COUNT_LOGOUT_FRONT_CHANNEL] = "signed out (front channel)",
    [PA_COUNT_EXPIRED_IDLE] = "has ended (idle)",
    [PA_COUNT_EXPIRED_LIFETIME] = "has ended (lifetime)",
};

static const char *name_of(request_rec *r, const unsigned char *key)
{
    return !key ? "-" : apr_pescape_hex(r->pool, key, NAME_BYTES, 0);
}

void pa_audit_login(request_rec *r, const unsigned char *key)
{
    pa_counters_add(PA_COUNT_LOGIN);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "signed in: session %s", name_of(r, key));
}

void pa_audit_end(request_rec *r, pa_count how, const unsigned char *key)
{
    pa_counters_add(how);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "%s: session %s", ways[how], name_of(r, key));
}
