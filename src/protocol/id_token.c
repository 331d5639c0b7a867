/* id_token.c: OpenID Connect Core 3.1.3.7 and RFC 8725, one function a rule. */
#include "id_token.h"

#include <apr_cstr.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "../base/base64url.h"
#include "../base/crypto.h"
#include "../base/json.h"
#include "../base/trace.h"
#include "jwt_claims.h"
#include "nested.h"
#include "signature.h"

/* OpenID Connect Core section 2 */
#define SUB_MAX 255

/* Half of SHAKE256's 114 bytes is the longest that at_hash can be. */
#define HALF_HASH_MAX 57
#define ED448_SIGNATURE_LEN 114

typedef const char *rule(const pa_jwt *jwt, const pa_id_token_expected *expected);

/* RFC 8725 3.1: the algorithm is ours to choose. */
static const char *check_alg(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    return jwt->alg & expected->provider->signing_algs ? NULL : "alg is not an allowed one";
}

static int ends_with(const char *text, const char *end)
{
    apr_size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && !apr_cstr_casecmp(text + len - end_len, end);
}

/* RFC 8725 3.11: logout+jwt, at+jwt, oauth-authz-req+jwt and their kin are other kinds of token. */
static const char *check_typ(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    (void)expected;
    return jwt->typ && ends_with(jwt->typ, "+jwt") ? "typ names another kind of token" : NULL;
}

/* 3.1.3.7 rule 2 */
static const char *check_iss(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    return pa_jwt_claims_check_iss(jwt->claims, expected->issuer);
}

/* Rule 3 */
static const char *check_aud(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    return pa_jwt_claims_check_aud(jwt->claims, expected->provider->client_id);
}

/* Rules 9 and 10, RFC 7519 4.1.5. How old iat may be is left to exp and auth_time. */
static const char *check_dates(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    return pa_jwt_claims_check_dates(jwt->claims, expected->now, expected->provider->clock_skew);
}

/* Section 2: it becomes REMOTE_USER, and the key that sessions are found by. */
static const char *check_sub(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    const char *sub = pa_json_text(jwt->claims, "sub");
    const char *at;

    (void)expected;
    if (!sub)
        return "sub is missing or no text";
    for (at = sub; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return "sub has control characters";
    return at - sub > SUB_MAX ? "sub is longer than 255 bytes" : NULL;
}

/* Rules 3, 4 and 5: with other audiences, the token must have been issued for us all the same. */
static const char *check_azp(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    const json_t *azp = json_object_get(jwt->claims, "azp");

    if (!azp || json_is_null(azp))
        return json_array_size(json_object_get(jwt->claims, "aud")) > 1
                   ? "azp is missing although aud names several"
                   : NULL;
    return json_is_string(azp) && pa_json_holds(jwt->claims, "azp", expected->provider->client_id)
               ? NULL
               : "azp is not our client_id";
}

/* Rule 11: every login sends one. */
static const char *check_nonce(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    const char *nonce = pa_json_text(jwt->claims, "nonce");

    if (!nonce)
        return "nonce is missing or no text";
    if (!expected->nonce || !*expected->nonce)
        return "nonce was never sent";
    return pa_equal(pa_bytes_text(nonce), pa_bytes_text(expected->nonce))
               ? NULL
               : "nonce is not the one that was sent";
}

/* The hash that goes with an algorithm: Ed448 is told from Ed25519 by its signature alone. */
static int hash_for(const pa_jwt *jwt, pa_bytes in, unsigned char out[EVP_MAX_MD_SIZE * 2],
                    apr_size_t *len)
{
    int ed448 = (jwt->alg & PA_ALGS_EDDSA) && jwt->signature.len == ED448_SIGNATURE_LEN;
    EVP_MD *digest = EVP_MD_fetch(NULL, ed448 ? "SHAKE256" : pa_alg_digest(jwt->alg), NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned int digest_len = 0;
    int done = digest && context && EVP_DigestInit_ex(context, digest, NULL) == 1
               && EVP_DigestUpdate(context, in.at, in.len) == 1
               && (ed448 ? EVP_DigestFinalXOF(context, out, ED448_SIGNATURE_LEN)
                         : EVP_DigestFinal_ex(context, out, &digest_len))
                      == 1;

    EVP_MD_CTX_free(context);
    EVP_MD_free(digest);
    *len = ed448 ? ED448_SIGNATURE_LEN : digest_len;
    return done;
}

/* 3.1.3.6: the left half of the access token's hash. It is optional in the code flow. */
static const char *check_at_hash(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    unsigned char hash[EVP_MAX_MD_SIZE * 2];
    char half[PA_BASE64URL_LEN(HALF_HASH_MAX) + 1];
    const json_t *given = json_object_get(jwt->claims, "at_hash");
    const char *at_hash = pa_json_text(jwt->claims, "at_hash");
    apr_size_t len;

    if (!given || json_is_null(given))
        return NULL;
    if (!at_hash || !expected->access_token)
        return "at_hash is no text, or there is no access token";
    ERR_set_mark();
    if (!hash_for(jwt, pa_bytes_text(expected->access_token), hash, &len)) {
        ERR_pop_to_mark();
        return "at_hash cannot be computed";
    }
    ERR_pop_to_mark();
    pa_base64url_write(half, pa_bytes_of(hash, len / 2));
    return pa_equal(pa_bytes_text(half), pa_bytes_text(at_hash))
               ? NULL
               : "at_hash is not that of the access token";
}

/* Rule 13 */
static const char *check_auth_time(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    apr_time_t auth_time = 0;
    int present;

    if (pa_json_date(jwt->claims, "auth_time", &present, &auth_time))
        return "auth_time is no date";
    if (auth_time > expected->now + expected->provider->clock_skew)
        return "auth_time is in the future";
    if (expected->max_age < 0)
        return NULL;
    if (!present)
        return "auth_time is missing although max_age was asked";
    return expected->now - auth_time <= expected->max_age + expected->provider->clock_skew
               ? NULL
               : "auth_time is longer ago than max_age";
}

/* Back-Channel Logout 2.4: what has events is a logout token or another security event. */
static const char *check_events(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    (void)expected;
    return json_object_get(jwt->claims, "events") ? "events makes it a logout token" : NULL;
}

static rule *const rules[] = {
    check_alg, check_typ,   check_events, check_iss,     check_sub,       check_aud,
    check_azp, check_dates, check_nonce,  check_at_hash, check_auth_time,
};
static const char names_of_rules[] =
    "alg, typ, events, iss, sub, aud, azp, exp, iat, nbf, nonce, at_hash, auth_time";

const char *pa_id_token_check(const pa_jwt *jwt, const pa_id_token_expected *expected)
{
    apr_size_t i;

    for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        const char *why = rules[i](jwt, expected);

        if (why)
            return why;
    }
    return NULL;
}

static const pa_fault *broken(apr_pool_t *pool, const char *why)
{
    return pa_fault_new(pool, PA_FAULT_RULE, apr_pstrcat(pool, "ID token: ", why, NULL));
}

const pa_fault *pa_id_token_validate(const pa_client *client, apr_pool_t *pool,
                                     const pa_metadata *metadata, const char *text,
                                     const pa_id_token_expected *expected, pa_jwt **out)
{
    const pa_fault *fault;
    const char *why;
    pa_jwt *jwt;

    if ((why = pa_nested_open(pool, expected->provider, text, &text))
        || (why = pa_jwt_parse(pool, text, &jwt)))
        return broken(pool, why);
    pa_trace(pool, "ID token: alg %s, %s kid", pa_alg_name(jwt->alg), jwt->kid ? "with a" : "no");
    pa_trace_members(pool, "the ID token", jwt->claims);
    fault = pa_signature_verify(client, pool, expected->provider, metadata, jwt,
                                PA_RENEW_FOR_PROVIDER, expected->now);
    if (fault)
        return fault->kind == PA_FAULT_RULE ? broken(pool, fault->why) : fault;
    if ((why = pa_id_token_check(jwt, expected)))
        return broken(pool, pa_jwt_claims_explain(pool, jwt->claims, why, expected->issuer,
                                                  expected->provider->client_id, expected->now));
    pa_trace(pool, "ID token: its signature and these rules hold: %s", names_of_rules);
    *out = jwt;
    return NULL;
}
