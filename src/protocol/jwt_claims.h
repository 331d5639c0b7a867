/* jwt_claims.h: the registered claims (RFC 7519 section 4.1) that every token of a provider has in
 * common. */
#ifndef PA_JWT_CLAIMS_H
#define PA_JWT_CLAIMS_H

#include <apr_time.h>
#include <jansson.h>

/* Each returns NULL, or the rule that the claims break. `skew` is by how much the clocks of
 * provider and server may differ (PlusAuthClockSkew). */

/* iss is `issuer`, to the byte. */
const char *pa_jwt_claims_check_iss(const json_t *claims, const char *issuer);

/* aud is text or a list of texts, and names `client_id`. */
const char *pa_jwt_claims_check_aud(const json_t *claims, const char *client_id);

/* exp is there and has not passed. */
const char *pa_jwt_claims_check_exp(const json_t *claims, apr_time_t now, apr_interval_time_t skew);

/* iat is there; neither it nor nbf is in the future. */
const char *pa_jwt_claims_check_issued(const json_t *claims, apr_time_t now,
                                       apr_interval_time_t skew);

/* Both. */
const char *pa_jwt_claims_check_dates(const json_t *claims, apr_time_t now,
                                      apr_interval_time_t skew);

/* A reason of this file or its readers that begins with a claim's name, with what that claim is. It
 * shows issuers, audiences and dates: no user's data, and nothing that could be used. */
const char *pa_jwt_claims_explain(apr_pool_t *pool, const json_t *claims, const char *why,
                                  const char *issuer, const char *client_id, apr_time_t now);

#endif
