/* nested.h: a token that may be encrypted to us (RFC 7519 A.2, OpenID Connect Core 16.14). */
#ifndef PA_NESTED_H
#define PA_NESTED_H

#include "provider.h"

/* The signed token in `text`: what was encrypted to one of the client's keys, or by a key derived
 * from its secret; a text that is no JWE is returned as it is. What is inside an encrypted token
 * must be a signed one. NULL and *out set, or the reason, one for all that goes wrong in
 * decrypting. */
const char *pa_nested_open(apr_pool_t *pool, const pa_provider *provider, const char *text,
                           const char **out);

#endif
