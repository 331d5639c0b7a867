/* authorization.c: see authorization.h. */
#include "authorization.h"

#include <apr_strings.h>

#include "../base/text.h"
#include "../base/url.h"

/* RFC 6749 names no limit; a code longer than this comes from nobody we know. */
#define CODE_MAX 4096
#define ERROR_MAX 64
#define DESCRIPTION_MAX 300

const char *pa_authorization_url(apr_pool_t *pool, const pa_provider *provider,
                                 const pa_metadata *metadata,
                                 const pa_authorization_request *request)
{
    const char *form = NULL;
    const char *const parameters[][2] = {
        { "response_type", "code" },
        { "client_id", provider->client_id },
        { "redirect_uri", request->redirect_uri },
        { "scope", provider->scope },
        { "state", request->state },
        { "nonce", request->nonce },
        { "code_challenge", request->code_challenge },
        { "code_challenge_method", "S256" },
        { "audience", provider->audience },
    };

    for (apr_size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
        if (parameters[i][1])
            form = pa_form_add(pool, form, parameters[i][0], parameters[i][1]);
    return pa_url_with_query(pool, metadata->authorization_endpoint, form);
}

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
                            iss ? "iss names another provider (RFC 9207)"
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
