/* ticket.c: see ticket.h. What is sealed is the time and, after a space, the text. */
#include "ticket.h"

#include <apr_strings.h>

#include "../base/base64url.h"
#include "../base/seal.h"
#include "config.h"

/* What a request line takes. */
#define TICKET_MAX 8000

const char *pa_ticket_seal(request_rec *r, const char *purpose, const char *text, const char **out)
{
    const char *plain = apr_psprintf(r->pool, "%" APR_TIME_T_FMT " %s", r->request_time, text);
    pa_bytes sealed;
    const char *why = pa_seal(r->pool, pa_server_conf_get(r->server)->ticket_keys,
                              pa_bytes_text(purpose), pa_bytes_text(plain), &sealed);

    if (!why)
        *out = pa_base64url_encode(r->pool, sealed);
    return why;
}

const char *pa_ticket_open(request_rec *r, const char *purpose, const char *ticket,
                           apr_interval_time_t age)
{
    pa_bytes sealed, plain;
    apr_time_t given;
    char *text;

    if (!ticket || strlen(ticket) > TICKET_MAX
        || pa_base64url_decode(r->pool, ticket, strlen(ticket), &sealed)
        || pa_unseal(r->pool, pa_server_conf_get(r->server)->ticket_keys, pa_bytes_text(purpose),
                     sealed, &plain))
        return NULL;
    given = (apr_time_t)apr_strtoi64((const char *)plain.at, &text, 10);
    return *text == ' ' && r->request_time - given <= age ? text + 1 : NULL;
}
