/* jose-check.c: asks this module's JOSE code questions, for harnesses in any language.
 *
 * It reads JSON objects from its input, one a line, and answers each with a line. Its exit status
 * is 0 when every line was a question, 1 otherwise. `make build/jose-check` makes it.
 *
 *   {"jwk": {...}}                         is this key one that verifies signatures?
 *   {"jws": "a.b.c", "jwks": {"keys": [...]}, "algs": ["RS256", ...]}
 *                                          is this token genuine? With "secret": "..." (text) or
 *                                          "k": "..." (base64url) in place of "jwks": by HMAC.
 *                                          With "payload": "any" it need not be JSON.
 *   {"jwe": "a.b.c.d.e", "key": {...}, "algs": ["RSA-OAEP", ...], "encs": ["A256GCM", ...]}
 *                                          does this encrypted token open? The key is a private
 *                                          JWK, or {"kty": "oct", "k": "..."} for dir; without
 *                                          algs or encs every one that is known is allowed.
 *   {"id_token": "a.b.c", "jwks": ..., "algs": ..., "issuer": "...", "client_id": "...",
 *    "nonce": "...", "access_token": "...", "max_age": seconds, "now": seconds}
 *                                          may this token sign somebody in? access_token and
 *                                          max_age may be left out.
 *
 *   {"ok": true}                           yes; for a jwe with "plaintext": "..." (base64url)
 *   {"ok": false, "why": "the rule it breaks"}
 *   {"error": "what is wrong with the question"}
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>

#include "../src/base/base64url.h"
#include "../src/base/crypto.h"
#include "../src/base/json.h"
#include "../src/base/jwe.h"
#include "../src/base/jwk.h"
#include "../src/base/jwt.h"
#include "../src/protocol/id_token.h"

#define LINE_MAX_LEN (4 * 1024 * 1024)

typedef struct question {
    const json_t *json;
    const char *error;     /* what is wrong with the question itself */
    const char *plaintext; /* of what was opened, as base64url */
} question;

static const char *misput(question *ask, const char *error)
{
    ask->error = error;
    return error;
}

static pa_alg_set read_algs(question *ask)
{
    const json_t *algs = json_object_get(ask->json, "algs");
    pa_alg_set set = 0;
    const json_t *name;
    size_t i;

    if (!json_is_array(algs))
        misput(ask, "algs is no list");
    json_array_foreach (algs, i, name) {
        pa_alg_set alg = json_is_string(name) ? pa_alg_named(json_string_value(name)) : 0;

        if (!alg)
            misput(ask, "algs names an algorithm that is not known");
        set |= alg;
    }
    return set;
}

static const char *verify_hmac(apr_pool_t *pool, question *ask, const pa_jwt *jwt, pa_alg_set algs)
{
    const char *text = pa_json_text(ask->json, "secret");
    const char *k = pa_json_text(ask->json, "k");
    pa_bytes secret = pa_bytes_text(text ? text : "");

    if (k && pa_base64url_decode(pool, k, strlen(k), &secret))
        return misput(ask, "k is no base64url");
    return pa_jwt_verify_hmac(jwt, secret, algs);
}

static const char *verify(apr_pool_t *pool, question *ask, const pa_jwt *jwt, pa_alg_set algs)
{
    const json_t *set = json_object_get(ask->json, "jwks");
    apr_array_header_t *keys;
    const char *text, *why;

    if (!set)
        return verify_hmac(pool, ask, jwt, algs);
    text = pa_json_dump(pool, set, 0);
    if (!text)
        return misput(ask, "jwks cannot be read");
    why = pa_jwks_parse(pool, pa_bytes_text(text), &keys);
    return why ? why : pa_jwt_verify(pool, jwt, keys, algs);
}

static const char *answer_jwk(apr_pool_t *pool, question *ask)
{
    pa_jwk *key;
    const char *why = pa_jwk_parse(pool, json_object_get(ask->json, "jwk"), &key);

    return why || key->algs ? why : "a key that is not for signatures";
}

static const char *answer_jws(apr_pool_t *pool, question *ask)
{
    const char *text = json_string_value(json_object_get(ask->json, "jws"));
    const char *payload = pa_json_text(ask->json, "payload");
    pa_alg_set algs = read_algs(ask);
    const char *why;
    pa_bytes bytes;
    pa_jwt *jwt;

    if (!text)
        return misput(ask, "jws is no text");
    if (payload && strcmp(payload, "any") != 0)
        return misput(ask, "payload can be \"any\" alone");
    why = payload ? pa_jws_parse(pool, text, &jwt, &bytes) : pa_jwt_parse(pool, text, &jwt);
    return why ? why : verify(pool, ask, jwt, algs);
}

/* The bits of the names in an optional list, all of them when it is not there. */
static unsigned int read_names(question *ask, const char *list, unsigned int all,
                               unsigned int (*named)(const char *name))
{
    const json_t *names = json_object_get(ask->json, list), *name;
    unsigned int set = names ? 0 : all;
    size_t i;

    if (names && !json_is_array(names))
        misput(ask, "algs or encs is no list");
    json_array_foreach (names, i, name)
        if (!json_is_string(name))
            misput(ask, "algs or encs is no list of names");
        else
            set |= named(json_string_value(name));
    return set;
}

/* The one key of the question, private or symmetric, as the only candidate. */
static const char *read_key(apr_pool_t *pool, question *ask, pa_jwe_rules *rules)
{
    const json_t *jwk = json_object_get(ask->json, "key");
    apr_array_header_t *candidates = apr_array_make(pool, 1, sizeof(const void *));
    const char *k = pa_json_text(jwk, "k"), *why;
    pa_jwe_secret *secret = apr_pcalloc(pool, sizeof(*secret));
    pa_private_key *key;

    if (!k) {
        if ((why = pa_private_key_parse_jwk(pool, jwk, NULL, &key)))
            return why;
        APR_ARRAY_PUSH(candidates, const pa_private_key *) = key;
        rules->keys = candidates;
        return NULL;
    }
    if (pa_base64url_decode(pool, k, strlen(k), &secret->key))
        return misput(ask, "k is no base64url");
    secret->kid = pa_json_text(jwk, "kid");
    APR_ARRAY_PUSH(candidates, const pa_jwe_secret *) = secret;
    rules->secrets = candidates;
    return NULL;
}

static const char *answer_jwe(apr_pool_t *pool, question *ask)
{
    const char *text = json_string_value(json_object_get(ask->json, "jwe"));
    pa_jwe_rules rules = {
        .algs = read_names(ask, "algs", PA_JWE_ALGS, pa_jwe_alg_named),
        .encs = read_names(ask, "encs", PA_JWE_ENCS, pa_jwe_enc_named),
    };
    pa_bytes plaintext;
    const char *why;

    if (!text)
        return misput(ask, "jwe is no text");
    if (!json_is_object(json_object_get(ask->json, "key")))
        return misput(ask, "key is no JWK");
    if ((why = read_key(pool, ask, &rules))
        || (why = pa_jwe_decrypt(pool, text, &rules, &plaintext)))
        return why;
    ask->plaintext = pa_base64url_encode(pool, plaintext);
    return NULL;
}

static const char *answer_id_token(apr_pool_t *pool, question *ask)
{
    const char *text = json_string_value(json_object_get(ask->json, "id_token"));
    const json_t *max_age = json_object_get(ask->json, "max_age");
    const json_t *now = json_object_get(ask->json, "now");
    pa_provider provider = {
        .name = "",
        .issuer = pa_json_text(ask->json, "issuer"),
        .client_id = pa_json_text(ask->json, "client_id"),
        .signing_algs = read_algs(ask),
    };
    pa_id_token_expected expected = {
        .provider = &provider,
        .issuer = provider.issuer,
        .nonce = pa_json_text(ask->json, "nonce"),
        .access_token = pa_json_text(ask->json, "access_token"),
        .max_age = apr_time_from_sec(max_age ? json_integer_value(max_age) : -1),
        .now = apr_time_from_sec(json_integer_value(now)),
    };
    const char *why;
    pa_jwt *jwt;

    if (!text || !provider.issuer || !provider.client_id || !json_is_integer(now))
        return misput(ask, "id_token, issuer, client_id or now is missing");
    if ((why = pa_jwt_parse(pool, text, &jwt))
        || (why = verify(pool, ask, jwt, provider.signing_algs)))
        return why;
    return pa_id_token_check(jwt, &expected);
}

static const struct {
    const char *member;
    const char *(*answer)(apr_pool_t *pool, question *ask);
} questions[] = {
    { "jwk", answer_jwk },
    { "jws", answer_jws },
    { "jwe", answer_jwe },
    { "id_token", answer_id_token },
};

/* The answer to one line; *fine is set to 0 when it is no question. */
static const char *answer(apr_pool_t *pool, pa_bytes line, int *fine)
{
    json_t *json = NULL, *out;
    question ask = { NULL, NULL, NULL };
    const char *why;
    apr_size_t i;

    if ((why = pa_json_object_parse(pool, line, &json)))
        misput(&ask, why);
    ask.json = json;
    for (i = 0; json && i < sizeof(questions) / sizeof(*questions); i++)
        if (json_object_get(json, questions[i].member))
            break;
    if (json && i == sizeof(questions) / sizeof(*questions))
        misput(&ask, "none of jwk, jws, jwe and id_token is there");
    else if (json)
        why = questions[i].answer(pool, &ask);
    if (ask.error) {
        *fine = 0;
        out = json_pack("{s:s}", "error", ask.error);
    }
    else
        out = why ? json_pack("{s:b,s:s}", "ok", 0, "why", why)
                  : json_pack("{s:b,s:s*}", "ok", 1, "plaintext", ask.plaintext);
    return pa_json_dump(pool, pa_json_own(pool, out), 0);
}

int main(void)
{
    apr_pool_t *pool, *line_pool;
    size_t room = 0;
    ssize_t len;
    char *line = NULL;
    const char *why;
    int fine = 1;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    if ((why = pa_crypto_init(pool))) {
        fprintf(stderr, "jose-check: %s\n", why);
        return 1;
    }
    while ((len = getline(&line, &room, stdin)) > 0) {
        if (len > LINE_MAX_LEN)
            len = LINE_MAX_LEN;
        apr_pool_create(&line_pool, pool);
        puts(answer(line_pool, pa_bytes_of(line, (apr_size_t)len), &fine));
        fflush(stdout);
        apr_pool_destroy(line_pool);
    }
    free(line);
    apr_pool_destroy(pool);
    apr_terminate();
    return fine ? 0 : 1;
}
