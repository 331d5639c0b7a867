/* authorization.c: see authorization.h. */
#include "authorization.h"

#include <apr_strings.h>

#include "../base/text.h"
#include "../base/trace.h"
#include "../base/url.h"
#include "par.h"
#include "request_object.h"

/* RFC 6749 names no limit; a code longer than this comes from nobody we know. */
#define CODE_MAX 4096
#define ERROR_MAX 64
#define DESCRIPTION_MAX 300
#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* How the answer is to come back; by query is what comes without a word. */
static const char *response_mode(const pa_provider *provider)
{
    switch (provider->response) {
    case PA_RESPONSE_FORM_POST:
        return "form_post";
    case PA_RESPONSE_JWT:
        return "jwt";
    default:
        return NULL;
    }
}

/* All that is asked for, however it travels. */
static apr_table_t *parameters_of(apr_pool_t *pool, const pa_provider *provider,
                                  const pa_authorization_request *request)
{
    const char *const parameters[][2] = {
        { "response_type", "code" },
        { "client_id", provider->client_id },
        { "redirect_uri", request->redirect_uri },
        { "scope", provider->scope },
        { "state", request->state },
        { "nonce", request->nonce },
        { "code_challenge", request->code_challenge },
        { "code_challenge_method", "S256" },
        { "response_mode", response_mode(provider) },
        { "audience", provider->audience },
        /* RFC 9449 10: a code that is stolen is of no use without the key either. */
        { "dpop_jkt", request->dpop ? request->dpop->key->kid : NULL },
    };
    apr_table_t *table = request->more ? apr_table_copy(pool, request->more)
                                       : apr_table_make(pool, COUNT(parameters));

    for (apr_size_t i = 0; i < COUNT(parameters); i++)
        if (parameters[i][1])
            apr_table_setn(table, parameters[i][0], parameters[i][1]);
    return table;
}

static const char *form_of(apr_pool_t *pool, const apr_table_t *parameters)
{
    const apr_array_header_t *entries = apr_table_elts(parameters);
    const char *form = NULL;

    for (int i = 0; i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);

        form = pa_form_add(pool, form, entry->key, entry->val);
    }
    return form;
}

/* A signed, perhaps encrypted request object in place of the parameters. OpenID Connect Core 6.1
 * wants these three beside it, with the same values; in a pushed request they say nothing new. */
static const pa_fault *sign(const pa_client *client, apr_pool_t *pool, const pa_provider *provider,
                            const pa_metadata *metadata, const pa_authorization_request *request,
                            apr_table_t **parameters)
{
    static const char *const beside[] = { "response_type", "client_id", "scope" };
    apr_table_t *table = apr_table_make(pool, COUNT(beside) + 1);
    const char *object;
    const char *why =
        pa_request_object(pool, provider, metadata, *parameters, request->now, &object);
    const pa_fault *fault = why ? pa_fault_new(pool, PA_FAULT_OURS, why) : NULL;

    if (!fault && provider->request_jwe_algs)
        fault = pa_request_object_encrypt(client, pool, provider, metadata, request->now, &object);
    if (fault)
        return fault;
    for (apr_size_t i = 0; i < COUNT(beside); i++)
        apr_table_setn(table, beside[i], apr_table_get(*parameters, beside[i]));
    apr_table_setn(table, "request", object);
    *parameters = table;
    return NULL;
}

/* RFC 9126 4: the browser carries nothing but these two. */
static const pa_fault *push(const pa_client *client, apr_pool_t *pool, const pa_provider *provider,
                            const pa_metadata *metadata, const pa_endpoint_request *request,
                            apr_table_t **parameters)
{
    const char *request_uri;
    const pa_fault *fault = pa_par_push(client, pool, provider, metadata, request, &request_uri);

    if (fault)
        return fault;
    *parameters = apr_table_make(pool, 2);
    apr_table_setn(*parameters, "client_id", provider->client_id);
    apr_table_setn(*parameters, "request_uri", request_uri);
    return NULL;
}

const pa_fault *pa_authorization_url(const pa_client *client, apr_pool_t *pool,
                                     const pa_provider *provider, const pa_metadata *metadata,
                                     const pa_authorization_request *request, const char **url)
{
    const int pushed =
        provider->request == PA_REQUEST_PAR || provider->request == PA_REQUEST_PAR_JAR;
    const int is_signed =
        provider->request == PA_REQUEST_JAR || provider->request == PA_REQUEST_PAR_JAR;
    apr_table_t *parameters = parameters_of(pool, provider, request);
    pa_endpoint_request form = { .dpop = request->dpop, .now = request->now };
    const pa_fault *fault;

    if (is_signed && (fault = sign(client, pool, provider, metadata, request, &parameters)))
        return fault;
    form.form = form_of(pool, parameters);
    if (pushed) {
        if ((fault = push(client, pool, provider, metadata, &form, &parameters)))
            return fault;
        form.form = form_of(pool, parameters);
    }
    pa_trace_names(
        pool,
        apr_psprintf(pool, "the authorization request to %s%s%s", metadata->authorization_endpoint,
                     is_signed ? ", signed (JAR)," : "", pushed ? ", pushed before (PAR)," : ""),
        parameters);
    *url = pa_url_with_query(pool, metadata->authorization_endpoint, form.form);
    return NULL;
}

#define ISS_SHOWN 300

static const pa_fault *error_response(apr_pool_t *pool, const char *error, const char *description)
{
    return pa_fault_oauth(pool, pa_text_printable(pool, error, ERROR_MAX),
                          description ? pa_text_printable(pool, description, DESCRIPTION_MAX)
                                      : "the provider gave no reason");
}

const pa_fault *pa_authorization_answer(apr_pool_t *pool, const pa_metadata *metadata,
                                        const apr_table_t *parameters, const char **code)
{
    const char *iss = apr_table_get(parameters, "iss");
    const char *error = apr_table_get(parameters, "error");
    const char *answer = apr_table_get(parameters, "code");

    /* RFC 9207 2.4: an iss is always compared, and must be there when the provider says it sends
     * it. */
    if (iss ? strcmp(iss, metadata->issuer) != 0 : metadata->iss_parameter_supported)
        return pa_fault_new(pool, PA_FAULT_RULE,
                            iss ? apr_psprintf(pool,
                                               "iss names another provider (RFC 9207): it is %s, "
                                               "and this login's issuer is %s",
                                               pa_text_printable(pool, iss, ISS_SHOWN),
                                               metadata->issuer)
                                : "iss is missing (RFC 9207)");
    if (error && answer)
        return pa_fault_new(pool, PA_FAULT_RULE, "both code and error");
    if (error)
        return error_response(pool, error, apr_table_get(parameters, "error_description"));
    if (!answer || !*answer)
        return pa_fault_new(pool, PA_FAULT_RULE, "neither code nor error");
    if (strlen(answer) > CODE_MAX)
        return pa_fault_new(pool, PA_FAULT_RULE, "the code is too long");
    /* This module asks for nothing but a code: tokens here belong to another response type. */
    if (apr_table_get(parameters, "id_token") || apr_table_get(parameters, "access_token")
        || apr_table_get(parameters, "response"))
        return pa_fault_new(pool, PA_FAULT_RULE, "an answer of another response type or mode");
    *code = answer;
    return NULL;
}
