/* claims.h: the user's claims, from ID token and userinfo, as applications get them. */
#ifndef PA_CLAIMS_H
#define PA_CLAIMS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

/* The longest value of one claim handed to an application as a variable of its own. */
#define PA_CLAIM_MAX 8192

/* A claim as flat text. */
typedef struct pa_claim {
    const char *name;  /* of [A-Za-z0-9_] alone: any other byte has become '_' */
    const char *value; /* strings as they are, anything else as compact JSON; control characters
                        * (NUL, CR, LF among them) have become spaces */
    const char *said;  /* the name as the provider says it */
    const char *why;   /* NULL: there is a value that may be handed out */
} pa_claim;

/* The claims of userinfo (NULL for none), and those of the ID token that it lacks and that tell of
 * the user rather than of the token (not iss, aud, exp, iat, nbf, nonce, azp, jti, at_hash, c_hash,
 * s_hash, sid). Null values are none. An array of pa_claim from `pool`. What does not fit
 * (over-long values and names, more than 256 claims, names that differ only in what becomes '_' or
 * in case, as Email and email do) is added to `left_out` (const char *): "groups (longer than 8192
 * bytes)", of printable ASCII. */
apr_array_header_t *pa_claims_flatten(apr_pool_t *pool, const json_t *userinfo,
                                      const json_t *id_token, apr_array_header_t *left_out);

/* The claims as one JSON document, without those that are longer than PA_CLAIM_MAX. NULL when even
 * so it is longer than PA_CLAIMS_DOCUMENT_MAX. */
#define PA_CLAIMS_DOCUMENT_MAX 16384
const char *pa_claims_document(apr_pool_t *pool, const json_t *claims);

/* What to call the user: username, preferred_username, email, name, sub: the first there is
 * (a non-empty string), in userinfo first, then in the ID token. Control characters have become
 * spaces. */
const char *pa_claims_display_name(apr_pool_t *pool, const json_t *userinfo,
                                   const json_t *id_token);

#endif
