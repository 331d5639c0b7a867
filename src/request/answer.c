/* answer.c: see answer.h. */
#include "answer.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

#include "../base/url.h"
#include "refusal.h"
#include "form.h"
#include "redirect.h"
#include "ticket.h"

#define PURPOSE "answer"
/* From the POST to the GET that follows it at once. */
#define POSTED_AGE apr_time_from_sec(60)
/* What fits in a request line once it is sealed. */
#define POSTED_MAX 5500

static const pa_refusal no_post = { .status = HTTP_METHOD_NOT_ALLOWED,
                                    .error = "invalid_request",
                                    .message = "The sign-in service comes back by a plain visit." };
static const pa_refusal bad_form = { .status = HTTP_BAD_REQUEST,
                                     .error = "invalid_response",
                                     .message =
                                         "The answer of the sign-in service cannot be used." };

/* The state in a JWT, read with the keys of the provider that comes back here. It only finds the
 * login; the signature is checked later. NULL and *state set (NULL for none), or the reason. */
static const char *state_in_jwt(request_rec *r, const pa_provider *provider, const char *response,
                                const char **state)
{
    const char *why = "PlusAuthResponse is not jwt";
    pa_jarm jarm;

    if (provider && provider->response == PA_RESPONSE_JWT
        && !(why = pa_jarm_read(r->pool, provider, response, &jarm))) {
        *state = jarm.state;
        return NULL;
    }
    return apr_pstrcat(r->pool, "the answer in a JWT cannot be read: ", why, NULL);
}

const char *pa_answer_read(request_rec *r, const pa_provider *provider, pa_answer *out)
{
    const char *query = r->args ? r->args : "", *response, *why;
    apr_table_t *parameters;

    if ((why = pa_form_parse(r->pool, query, &parameters)))
        return why;
    out->posted = apr_table_get(parameters, PURPOSE) != NULL;
    if (out->posted) {
        query = pa_ticket_open(r, PURPOSE, apr_table_get(parameters, PURPOSE), POSTED_AGE);
        if (!query)
            return "what was posted is forged or old";
        if ((why = pa_form_parse(r->pool, query, &parameters)))
            return why;
    }
    out->parameters = parameters;
    out->state = apr_table_get(parameters, "state");
    response = apr_table_get(parameters, "response");
    return response ? state_in_jwt(r, provider, response, &out->state) : NULL;
}

int pa_answer_take_post(request_rec *r, const pa_provider *provider)
{
    const char *text = NULL, *ticket;
    const apr_array_header_t *fields;
    apr_table_t *form;
    int status;

    if (!provider || provider->response == PA_RESPONSE_QUERY) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return pa_refuse(r, &no_post,
                         "callback: method %s, and no provider with PlusAuthResponse form_post "
                         "comes back here",
                         r->method);
    }
    if ((status = pa_form_read(r, &form)) != OK) {
        pa_refusal unreadable = bad_form;

        unreadable.status = status;
        return pa_refuse(r, &unreadable, "callback: " PA_FORM_UNREADABLE, status);
    }
    fields = apr_table_elts(form);
    for (int i = 0; i < fields->nelts; i++) {
        const apr_table_entry_t *field = &APR_ARRAY_IDX(fields, i, apr_table_entry_t);

        text = pa_form_add(r->pool, text, field->key, field->val);
    }
    if (!text || strlen(text) > POSTED_MAX || pa_ticket_seal(r, PURPOSE, text, &ticket))
        return pa_refuse(r, &bad_form, "callback: what was posted is empty or too long");
    return pa_redirect(r,
                       apr_pstrcat(r->pool, provider->redirect_uri, "?" PURPOSE "=", ticket, NULL));
}

static const pa_fault *wrong_way(request_rec *r, const char *why)
{
    return pa_fault_new(r->pool, PA_FAULT_RULE, why);
}

static const pa_fault *check_jwt(request_rec *r, const pa_provider *provider,
                                 const pa_metadata *metadata, const char *response,
                                 const apr_table_t **parameters)
{
    apr_table_t *read = NULL;
    const pa_fault *fault;
    const char *why;
    pa_jarm jarm;

    if (!response)
        return wrong_way(r, "a plain answer where PlusAuthResponse is jwt");
    if ((why = pa_jarm_read(r->pool, provider, response, &jarm)))
        return wrong_way(r, why);
    fault = pa_jarm_check(pa_server_conf_get(r->server)->client, r->pool, provider, metadata, &jarm,
                          apr_time_now(), &read);
    if (!fault)
        *parameters = read;
    return fault;
}

const pa_fault *pa_answer_check(request_rec *r, const pa_provider *provider,
                                const pa_metadata *metadata, const pa_answer *answer,
                                const apr_table_t **parameters)
{
    const char *response = apr_table_get(answer->parameters, "response");

    switch (provider->response) {
    case PA_RESPONSE_JWT:
        return check_jwt(r, provider, metadata, response, parameters);
    case PA_RESPONSE_FORM_POST:
        if (!answer->posted)
            return wrong_way(r, "an answer in the query where PlusAuthResponse is form_post");
        break;
    default:
        if (answer->posted)
            return wrong_way(r, "a posted answer where PlusAuthResponse is query");
    }
    *parameters = answer->parameters;
    return NULL;
}
