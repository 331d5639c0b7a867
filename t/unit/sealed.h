/* sealed.h: encrypted tokens, what may open them, and what is left when one part is another. */
#ifndef SEALED_H
#define SEALED_H

#include <openssl/err.h>

#include "../../src/base/json.h"
#include "../../src/base/jwe.h"
#include "../../src/base/jwe_content.h"
#include "own_keys.h"
#include "tap.h"

static inline const char *decrypt(apr_pool_t *pool, const char *text, const pa_jwe_rules *rules,
                                  const char **out)
{
    pa_bytes plaintext;
    const char *why = pa_jwe_decrypt(pool, text, rules, &plaintext);

    if (ERR_peek_error())
        return "something was left in OpenSSL's error queue";
    if (!why)
        *out = (const char *)plaintext.at;
    return why;
}

/* Rules that allow everything, with one private key or one secret. */
static inline pa_jwe_rules rules_of(apr_pool_t *pool, const pa_private_key *key)
{
    apr_array_header_t *keys = apr_array_make(pool, 1, sizeof(const pa_private_key *));

    APR_ARRAY_PUSH(keys, const pa_private_key *) = key;
    return (pa_jwe_rules){ PA_JWE_ALGS, PA_JWE_ENCS, keys, NULL };
}

static inline pa_jwe_rules rules_of_secret(apr_pool_t *pool, const char *kid, pa_bytes bytes)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(const pa_jwe_secret *));
    pa_jwe_secret *secret = apr_palloc(pool, sizeof(*secret));

    *secret = (pa_jwe_secret){ kid, bytes };
    APR_ARRAY_PUSH(secrets, const pa_jwe_secret *) = secret;
    return (pa_jwe_rules){ PA_JWE_ALGS, PA_JWE_ENCS, NULL, secrets };
}

static inline const pa_jwk *public_of(apr_pool_t *pool, const pa_private_key *own)
{
    pa_jwk *to = NULL;

    signer_must(!pa_jwk_parse(pool, pa_private_key_publish(pool, own, "enc", NULL), &to),
                "publish");
    return to;
}

/* The start of the nth part. */
static inline apr_size_t part_at(const char *text, int n)
{
    const char *at = text;

    while (n-- > 0)
        at = strchr(at, '.') + 1;
    return (apr_size_t)(at - text);
}

static inline char *flip(apr_pool_t *pool, const char *text, apr_size_t at)
{
    char *copy = apr_pstrdup(pool, text);

    copy[at] = copy[at] == 'A' ? 'B' : 'A';
    return copy;
}

/* The token with one part replaced. */
static inline const char *with_part(apr_pool_t *pool, const char *text, int n, const char *part)
{
    apr_size_t start = part_at(text, n);
    const char *end = text + start + strcspn(text + start, ".");

    return apr_pstrcat(pool, apr_pstrmemdup(pool, text, start), part, end, NULL);
}

static inline const char *part_of(apr_pool_t *pool, const char *text, int n)
{
    const char *start = text + part_at(text, n);

    return apr_pstrmemdup(pool, start, strcspn(start, "."));
}

/* A token for `dir` with any header, encrypted by what is in it. */
static inline const char *dir_token(apr_pool_t *pool, const char *header, pa_jwe_enc_set enc,
                                    pa_bytes key, const char *text)
{
    const char *head = pa_base64url_encode(pool, pa_bytes_text(header));
    static const unsigned char iv[PA_JWE_IV_MAX] = { 1 };
    pa_jwe_content content = { .iv = pa_bytes_of(iv, pa_jwe_iv_len(enc)) };

    signer_must(
        !pa_jwe_content_seal(pool, enc, key.at, pa_bytes_text(head), pa_bytes_text(text), &content),
        "encrypt");
    return apr_pstrcat(pool, head, "..", pa_base64url_encode(pool, content.iv), ".",
                       pa_base64url_encode(pool, content.ciphertext), ".",
                       pa_base64url_encode(pool, content.tag), NULL);
}

#define DIR "\"alg\":\"dir\",\"enc\":\"A128GCM\""

#endif
