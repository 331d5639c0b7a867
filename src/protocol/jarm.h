/* jarm.h: JWT Secured Authorization Response Mode for OAuth 2.0 (JARM). */
#ifndef PA_JARM_H
#define PA_JARM_H

#include <apr_tables.h>

#include "../base/jwt.h"
#include "discovery.h"

/* An answer in a JWT, as it was read: nothing in it is to be believed before pa_jarm_check. */
typedef struct pa_jarm {
    const pa_jwt *jwt;
    const char *state; /* NULL when there is none */
} pa_jarm;

/* Reads the `response` parameter, decrypting it with the provider's client keys where it is
 * encrypted. NULL and *out set, or the reason. */
const char *pa_jarm_read(apr_pool_t *pool, const pa_provider *provider, const char *response,
                         pa_jarm *out);

/* Verifies it: signature, iss, aud, exp (JARM 2.4), and that it is no other kind of token. NULL and
 * *parameters set (the answer's parameters, as a query would have carried them), or a fault: RULE,
 * or what fetching keys gave. */
const pa_fault *pa_jarm_check(const pa_client *client, apr_pool_t *pool,
                              const pa_provider *provider, const pa_metadata *metadata,
                              const pa_jarm *jarm, apr_time_t now, apr_table_t **parameters);

#endif
