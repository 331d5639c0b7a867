/* test_jose_check.c: the answers of t/jose-check.c, to what its first lines describe. */
#define main jose_check_main
int jose_check_main(void);
#include "../jose-check.c"
#undef main

#include "signer.h"
#include "tap.h"
#include "vectors/jwe.h"
#include "vectors/jws.h"

#define YES "{\"ok\":true}"

static const char *ask(apr_pool_t *pool, const char *line, int *fine)
{
    *fine = 1;
    return answer(pool, pa_bytes_text(line), fine);
}

static void test_vectors(apr_pool_t *pool)
{
    apr_size_t i;
    int fine;

    for (i = 0; i < sizeof(signature_vectors) / sizeof(*signature_vectors); i++) {
        const char *name = signature_vectors[i].name, *jwk = signature_vectors[i].jwk;
        const char *line = apr_psprintf(
            pool, "{\"jws\":\"%s\",\"jwks\":{\"keys\":[%s]},\"algs\":[\"%s\"],\"payload\":\"any\"}",
            signature_vectors[i].jws, jwk, signature_vectors[i].alg);

        is(ask(pool, line, &fine), YES, "%s", name);
        is(ask(pool, apr_psprintf(pool, "{\"jwk\":%s}\n", jwk), &fine), YES, "%s: its key", name);
    }
    for (i = 0; i < sizeof(hmac_vectors) / sizeof(*hmac_vectors); i++)
        is(ask(pool,
               apr_psprintf(
                   pool, "{\"jws\":\"%s\",\"k\":\"%s\",\"algs\":[\"HS256\"],\"payload\":\"any\"}",
                   hmac_vectors[i].jws, hmac_vectors[i].k),
               &fine),
           YES, "%s", hmac_vectors[i].name);
}

static void test_encrypted_vectors(apr_pool_t *pool)
{
    apr_size_t i;
    int fine;

    for (i = 0; i < sizeof(jwe_vectors) / sizeof(*jwe_vectors); i++) {
        const char *line = apr_psprintf(pool, "{\"jwe\":\"%s\",\"key\":%s}", jwe_vectors[i].jwe,
                                        jwe_vectors[i].jwk);
        const char *text = jwe_vectors[i].plaintext;
        const char *yes = apr_psprintf(pool, "{\"ok\":true,\"plaintext\":\"%s\"}",
                                       pa_base64url_encode(pool, pa_bytes_text(text)));

        if (jwe_vectors[i].refused)
            has(ask(pool, line, &fine), "{\"ok\":false,\"why\":", "%s: no", jwe_vectors[i].name);
        else
            is(ask(pool, line, &fine), yes, "%s: yes, and its text", jwe_vectors[i].name);
        ok(fine, "which was a question");
    }
}

static const struct {
    const char *line, *part;
    int fine;
} lines[] = {
    { "", "error", 0 },
    { "[]", "error", 0 },
    { "{}", "error", 0 },
    { "{\"jws\":7,\"algs\":[]}", "error", 0 },
    { "{\"jws\":\"a.b.c\"}", "algs is no list", 0 },
    { "{\"jws\":\"a.b.c\",\"algs\":[\"none\"]}", "not known", 0 },
    { "{\"jws\":\"a.b.c\",\"algs\":[],\"payload\":\"some\"}", "error", 0 },
    { "{\"id_token\":\"a.b.c\",\"algs\":[\"RS256\"]}", "is missing", 0 },
    { "{\"jws\":\"a.b\",\"algs\":[\"RS256\"]}", "\"ok\":false,\"why\":\"a token with fewer", 1 },
    { "{\"jws\":\"e30.e30.AA\",\"algs\":[\"RS256\"]}", "\"ok\":false", 1 },
    { "{\"jwe\":7,\"key\":{}}", "jwe is no text", 0 },
    { "{\"jwe\":\"a.b.c.d.e\"}", "key is no JWK", 0 },
    { "{\"jwe\":\"a.b.c.d.e\",\"key\":{},\"algs\":7}", "no list", 0 },
    { "{\"jwe\":\"a.b.c.d.e\",\"key\":{},\"encs\":[7]}", "no list of names", 0 },
    { "{\"jwe\":\"a.b.c.d.e\",\"key\":{\"k\":\"=\"}}", "no base64url", 0 },
    { "{\"jwe\":\"a.b.c.d.e\",\"key\":{}}", "\"ok\":false,\"why\":\"no key", 1 },
    { "{\"jwe\":\"e30.e30.AA\",\"key\":{\"k\":\"AA\"}}", "fewer than five", 1 },
    { "{\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}", "\"ok\":false,\"why\":\"a key type", 1 },
};

static void test_lines(apr_pool_t *pool)
{
    apr_size_t i;
    int fine;

    for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        has(ask(pool, lines[i].line, &fine), lines[i].part, "answers \"%s\"", lines[i].line);
        ok(fine == lines[i].fine, "and knows whether that was a question");
    }
}

static void test_id_token(apr_pool_t *pool)
{
    EVP_PKEY *key = signer_key(pool, "ED25519", "");
    const char *token = signer_sign(pool, key, "EdDSA", "{\"alg\":\"EdDSA\"}",
                                    "{\"iss\":\"https://op.example\",\"sub\":\"u\",\"aud\":\"c\","
                                    "\"nonce\":\"n\",\"iat\":1000,\"exp\":2000}");
    const char *line = apr_pstrcat(pool, "{\"id_token\":\"", token, "\",\"jwks\":{\"keys\":[",
                                   signer_jwk(pool, key, ""), "]},\"algs\":[\"EdDSA\"],\"nonce\":",
                                   "\"n\",\"issuer\":\"https://op.example\",\"client_id\":\"c\",",
                                   "\"now\":", NULL);
    int fine;

    is(ask(pool, apr_pstrcat(pool, line, "1500}", NULL), &fine), YES, "a good ID token");
    has(ask(pool, apr_pstrcat(pool, line, "2060}", NULL), &fine), "exp has passed", "a late one");
    has(ask(pool, apr_pstrcat(pool, line, "1500,\"max_age\":60}", NULL), &fine),
        "auth_time is missing", "one without what was asked");
    ok(fine, "all of which are questions");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_vectors(pool);
    test_encrypted_vectors(pool);
    test_lines(pool);
    test_id_token(pool);
    return tap_end();
}
