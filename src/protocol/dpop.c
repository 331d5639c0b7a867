/* dpop.c: see dpop.h. Sections are those of RFC 9449. */
#include "dpop.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/base64url.h"
#include "../base/crypto.h"
#include "../base/json.h"
#include "../base/jws.h"

#define JTI_LEN 16

const char *pa_dpop_read(apr_pool_t *pool, const char *jwk, pa_dpop *out)
{
    pa_private_key *key;
    const char *why = pa_private_key_parse(pool, pa_bytes_text(jwk), NULL, &key);
    if (why)
        return why;
    if (!(key->algs & PA_ALG_ES256))
        return "a DPoP key that is not for ES256";
    *out = (pa_dpop){ .key = key };
    return NULL;
}

/* 4.2: without query and fragment. */
static const char *target(apr_pool_t *pool, const char *url)
{
    return apr_pstrmemdup(pool, url, strcspn(url, "?#"));
}

static const char *proof_claims(apr_pool_t *pool, const pa_dpop *dpop,
                                const pa_http_request *request, apr_time_t now, json_t **out)
{
    unsigned char jti[JTI_LEN];
    const char *why = pa_random(jti, sizeof(jti));
    if (why)
        return why;
    *out = pa_json_own(pool,
                       json_pack("{s:s,s:s,s:s,s:I}", "jti",
                                 pa_base64url_encode(pool, pa_bytes_of(jti, sizeof(jti))), "htm",
                                 request->form ? "POST" : "GET", "htu", target(pool, request->url),
                                 "iat", (json_int_t)apr_time_sec(now)));
    if (!*out || (dpop->nonce && json_object_set_new(*out, "nonce", json_string(dpop->nonce))))
        return "no memory";
    return NULL;
}

/* 4.2: ath */
static const char *add_token_hash(apr_pool_t *pool, const char *access_token, json_t *claims)
{
    unsigned char digest[PA_SHA256_LEN];
    const char *why = pa_sha256(pa_bytes_text(access_token), digest);
    if (why)
        return why;
    const char *ath = pa_base64url_encode(pool, pa_bytes_of(digest, sizeof(digest)));
    return json_object_set_new(claims, "ath", json_string(ath)) ? "no memory" : NULL;
}

const char *pa_dpop_prove(apr_pool_t *pool, const pa_dpop *dpop, const char *access_token,
                          apr_time_t now, pa_http_request *request)
{
    json_t *claims, *header = pa_json_own(pool, json_object());
    const char *why = proof_claims(pool, dpop, request, now, &claims);
    if (!why && access_token)
        why = add_token_hash(pool, access_token, claims);
    if (why)
        return why;
    if (json_object_set(header, "jwk", (json_t *)dpop->key->public_members))
        return "no memory";
    /* 4.2: jwk alone tells the key. Who meets a kid as well may look for it among keys it knows. */
    pa_private_key nameless = *dpop->key;
    nameless.kid = NULL;
    return pa_jwt_sign(pool, &nameless, PA_ALG_ES256, "dpop+jwt", header, claims, &request->dpop);
}

/* Token endpoints say it in JSON (8), others with a 401 (9): a proof with the nonce tells. */
static int is_refused(apr_pool_t *pool, const pa_http_response *response)
{
    json_t *json;
    if (response->status != 400 && response->status != 401)
        return 0;
    if (pa_json_object_parse(pool, response->body, &json))
        return response->status == 401;
    const char *error = pa_json_text(json, "error");
    return error ? strcmp(error, "use_dpop_nonce") == 0 : response->status == 401;
}

int pa_dpop_take_nonce(apr_pool_t *pool, pa_dpop *dpop, const pa_http_response *response)
{
    if (!response->dpop_nonce)
        return 0;
    const int is_new = !dpop->nonce || strcmp(dpop->nonce, response->dpop_nonce) != 0;
    dpop->nonce = response->dpop_nonce;
    return is_new && is_refused(pool, response);
}
