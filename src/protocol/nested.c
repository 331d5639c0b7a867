/* nested.c: see nested.h. */
#include "nested.h"

#include "../base/jwe.h"

const char *pa_nested_open(apr_pool_t *pool, const pa_provider *provider, const char *text,
                           const char **out)
{
    pa_jwe_rules rules = { PA_JWE_ALGS, PA_JWE_ENCS, provider->client_keys, NULL };
    apr_array_header_t *secrets = NULL;
    const char *why;

    if (!pa_jwe_is(text)) {
        *out = text;
        return NULL;
    }
    if (provider->client_secret
        && (why = pa_jwe_derive_secrets(pool, pa_bytes_text(provider->client_secret), &secrets)))
        return why;
    rules.secrets = secrets;
    if ((why = pa_jwe_decrypt_token(pool, text, &rules, &text)))
        return why;
    if (pa_jwe_is(text))
        return "an encrypted token in an encrypted one";
    *out = text;
    return NULL;
}
