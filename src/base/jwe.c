/* jwe.c: compact JWE (RFC 7516): what a header may ask for, which key is meant, and the five parts.
 *
 * The algorithms are the caller's choice; the token only names which of those it means (RFC 8725
 * 3.1). Whoever encrypts needs public keys alone, so that whatever is in here comes from anybody:
 * once a key is at work, every failure is the same one (RFC 7516 11.5). */
#include "jwe.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base64url.h"
#include "crypto.h"
#include "json.h"
#include "jwe_content.h"
#include "jwe_key.h"
#include "jwt.h"

#define PARTS 5

const char PA_JWE_WRONG[] = "the encrypted token does not open";

static const char NO_KEY[] = "there is no key for the encrypted token's kid and algorithm";

/* A token whose header was accepted. */
typedef struct jwe {
    const char *kid; /* NULL when it names none */
    pa_bytes aad;    /* the header as it was sent (RFC 7516 5.1) */
    pa_jwe_key_info info;
    pa_jwe_content content;
} jwe;

static const char *split(const char *text, pa_bytes parts[PARTS])
{
    apr_size_t len = strlen(text);
    int i;

    if (len > PA_JWE_MAX)
        return "an encrypted token longer than 96 KB";
    for (i = 0; i < PARTS - 1; i++) {
        const char *dot = strchr(text, '.');

        if (!dot)
            return "an encrypted token with fewer than five parts";
        parts[i] = pa_bytes_of(text, (apr_size_t)(dot - text));
        text = dot + 1;
    }
    if (strchr(text, '.'))
        return "an encrypted token with more than five parts";
    parts[PARTS - 1] = pa_bytes_text(text);
    return parts[0].len <= PA_JWE_HEADER_MAX ? NULL : "an encrypted token whose header is too long";
}

int pa_jwe_is(const char *text)
{
    pa_bytes parts[PARTS];

    return split(text, parts) == NULL;
}

static const char *read_names(const json_t *header, const char **alg, const char **enc,
                              const char **kid)
{
    const json_t *named = json_object_get(header, "kid");

    /* RFC 7516 4.1.13: none of its extensions is understood. 4.1.3: what is compressed may be
     * endless, and its length tells of its content (RFC 8725 3.6). */
    if (json_object_get(header, "crit"))
        return "an encrypted token with critical extensions";
    if (json_object_get(header, "zip"))
        return "an encrypted token that is compressed";
    if (named && !json_is_string(named))
        return "an encrypted token whose kid is no text";
    if (named && json_string_length(named) > PA_KID_MAX)
        return "an encrypted token whose kid is too long";
    *kid = json_string_value(named);
    *alg = pa_json_text(header, "alg");
    *enc = pa_json_text(header, "enc");
    return *alg && *enc ? NULL : "an encrypted token that names no alg or no enc";
}

static const char *read_header(apr_pool_t *pool, const pa_jwe_rules *rules, jwe *out)
{
    const char *alg, *enc, *why;
    pa_bytes text;
    json_t *header;

    if ((why = pa_base64url_decode(pool, (const char *)out->aad.at, out->aad.len, &text))
        || (why = pa_json_object_parse(pool, text, &header))
        || (why = read_names(header, &alg, &enc, &out->kid)))
        return why;
    out->info.alg = pa_jwe_alg_named(alg) & rules->algs;
    out->info.enc = pa_jwe_enc_named(enc) & rules->encs;
    out->info.header = header;
    if (!out->info.alg)
        return "the key encryption algorithm (alg) is not an allowed one";
    return out->info.enc ? NULL : "the content encryption algorithm (enc) is not an allowed one";
}

static int decode(apr_pool_t *pool, pa_bytes part, pa_bytes *out)
{
    return !pa_base64url_decode(pool, (const char *)part.at, part.len, out);
}

static int read_body(apr_pool_t *pool, const pa_bytes parts[PARTS], jwe *out)
{
    return decode(pool, parts[1], &out->info.encrypted_key)
           && decode(pool, parts[2], &out->content.iv)
           && decode(pool, parts[3], &out->content.ciphertext)
           && decode(pool, parts[4], &out->content.tag);
}

/* The candidates that the header means: (const pa_private_key *). */
static apr_array_header_t *choose_keys(apr_pool_t *pool, const pa_jwe_rules *rules,
                                       const jwe *token)
{
    apr_array_header_t *chosen = apr_array_make(pool, 2, sizeof(const pa_private_key *));
    int i;

    for (i = 0; rules->keys && i < rules->keys->nelts; i++) {
        const pa_private_key *key = APR_ARRAY_IDX(rules->keys, i, const pa_private_key *);

        if ((key->jwe_algs & token->info.alg) && (!token->kid || !strcmp(token->kid, key->kid)))
            APR_ARRAY_PUSH(chosen, const pa_private_key *) = key;
    }
    return chosen;
}

static apr_array_header_t *choose_secrets(apr_pool_t *pool, const pa_jwe_rules *rules,
                                          const jwe *token)
{
    apr_array_header_t *chosen = apr_array_make(pool, 2, sizeof(const pa_jwe_secret *));
    const apr_size_t len = token->info.alg == PA_JWE_DIR ? pa_jwe_enc_key_len(token->info.enc)
                                                         : pa_jwe_alg_wrap_len(token->info.alg);
    int i;

    for (i = 0; rules->secrets && i < rules->secrets->nelts; i++) {
        const pa_jwe_secret *secret = APR_ARRAY_IDX(rules->secrets, i, const pa_jwe_secret *);

        if (secret->key.len == len
            && (!token->kid || !secret->kid || !strcmp(token->kid, secret->kid)))
            APR_ARRAY_PUSH(chosen, const pa_jwe_secret *) = secret;
    }
    return chosen;
}

/* Opens the content, and wipes its key. */
static const char *open_content(apr_pool_t *pool, const jwe *token,
                                unsigned char cek[PA_JWE_CEK_MAX], pa_bytes *out)
{
    int whole = pa_jwe_content_open(pool, token->info.enc, cek, token->aad, &token->content, out);

    OPENSSL_cleanse(cek, PA_JWE_CEK_MAX);
    return whole ? NULL : PA_JWE_WRONG;
}

static const char *open_with_key(apr_pool_t *pool, const jwe *token, const pa_private_key *key,
                                 pa_bytes *out)
{
    unsigned char cek[PA_JWE_CEK_MAX];
    const char *why = pa_jwe_key_open(pool, &token->info, key->key, cek);

    return why ? why : open_content(pool, token, cek, out);
}

/* RFC 7518 4.5: the encrypted key of `dir` is empty. */
static const char *open_with_secret(apr_pool_t *pool, const jwe *token, const pa_jwe_secret *secret,
                                    pa_bytes *out)
{
    unsigned char cek[PA_JWE_CEK_MAX];
    const char *why;

    if (token->info.alg != PA_JWE_DIR) {
        why = pa_jwe_key_unwrap(&token->info, secret->key, cek);
        return why ? why : open_content(pool, token, cek, out);
    }
    if (token->info.encrypted_key.len > 0
        || !pa_jwe_content_open(pool, token->info.enc, secret->key.at, token->aad, &token->content,
                                out))
        return PA_JWE_WRONG;
    return NULL;
}

static const char *open_with_any(apr_pool_t *pool, const jwe *token,
                                 const apr_array_header_t *candidates, pa_bytes *out)
{
    const char *why = PA_JWE_WRONG;
    const void *candidate;
    int i;

    for (i = 0; why == PA_JWE_WRONG && i < candidates->nelts; i++) {
        candidate = APR_ARRAY_IDX(candidates, i, const void *);
        why = token->info.alg & PA_JWE_ALGS_SECRET ? open_with_secret(pool, token, candidate, out)
                                                   : open_with_key(pool, token, candidate, out);
    }
    return why;
}

const char *pa_jwe_decrypt(apr_pool_t *pool, const char *text, const pa_jwe_rules *rules,
                           pa_bytes *out)
{
    jwe token = { 0 };
    pa_bytes parts[PARTS];
    const apr_array_header_t *candidates;
    const char *why = split(text, parts);

    if (why)
        return why;
    token.aad = parts[0];
    if ((why = read_header(pool, rules, &token)))
        return why;
    candidates = token.info.alg & PA_JWE_ALGS_SECRET ? choose_secrets(pool, rules, &token)
                                                     : choose_keys(pool, rules, &token);
    if (candidates->nelts == 0)
        return NO_KEY;
    if (!read_body(pool, parts, &token))
        return PA_JWE_WRONG;
    return open_with_any(pool, &token, candidates, out);
}

const char *pa_jwe_decrypt_token(apr_pool_t *pool, const char *text, const pa_jwe_rules *rules,
                                 const char **out)
{
    pa_bytes plaintext;
    const char *why = pa_jwe_decrypt(pool, text, rules, &plaintext);

    if (why)
        return why;
    if (memchr(plaintext.at, '\0', plaintext.len))
        return PA_JWE_WRONG;
    *out = (const char *)plaintext.at;
    return NULL;
}

/* OpenID Connect Core 10.2: the left part of the shortest SHA-2 digest that is long enough. */
const char *pa_jwe_derive_secrets(apr_pool_t *pool, pa_bytes client_secret,
                                  apr_array_header_t **out)
{
    static const struct {
        const char *digest;
        apr_size_t len;
    } keys[] = {
        { "SHA256", 16 }, { "SHA256", 24 }, { "SHA256", 32 }, { "SHA384", 48 }, { "SHA512", 64 },
    };
    apr_array_header_t *secrets = apr_array_make(pool, 5, sizeof(const pa_jwe_secret *));
    apr_size_t i;

    if (client_secret.len == 0)
        return "an empty secret cannot be a key";
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        pa_jwe_secret *secret = apr_pcalloc(pool, sizeof(*secret));
        unsigned char *digest = apr_palloc(pool, EVP_MAX_MD_SIZE);

        if (!EVP_Q_digest(NULL, keys[i].digest, NULL, client_secret.at, client_secret.len, digest,
                          NULL)) {
            ERR_clear_error();
            return "OpenSSL failed to derive a key";
        }
        secret->key = pa_bytes_of(digest, keys[i].len);
        pa_wipe(pool, digest, EVP_MAX_MD_SIZE);
        APR_ARRAY_PUSH(secrets, const pa_jwe_secret *) = secret;
    }
    *out = secrets;
    return NULL;
}

static json_t *make_header(apr_pool_t *pool, const pa_jwe_key_info *info, const char *kid,
                           const char *cty)
{
    json_t *header = pa_json_own(pool, json_object());

    if (!header || json_object_set_new(header, "alg", json_string(pa_jwe_alg_name(info->alg)))
        || json_object_set_new(header, "enc", json_string(pa_jwe_enc_name(info->enc)))
        || (kid && json_object_set_new(header, "kid", json_string(kid)))
        || (cty && json_object_set_new(header, "cty", json_string(cty))))
        return NULL;
    return header;
}

static const char *encrypt_content(apr_pool_t *pool, const pa_jwe_key_info *info,
                                   const unsigned char *cek, pa_bytes plaintext, const char **out)
{
    apr_size_t iv_len = pa_jwe_iv_len(info->enc);
    unsigned char iv[PA_JWE_IV_MAX];
    const char *text = pa_json_dump(pool, info->header, 0);
    const char *head, *why;
    pa_jwe_content content = { .iv = pa_bytes_of(iv, iv_len) };

    if (!text)
        return "no memory";
    head = pa_base64url_encode(pool, pa_bytes_text(text));
    if ((why = pa_random(iv, iv_len))
        || (why = pa_jwe_content_seal(pool, info->enc, cek, pa_bytes_text(head), plaintext,
                                      &content)))
        return why;
    *out = apr_pstrcat(pool, head, ".", pa_base64url_encode(pool, info->encrypted_key), ".",
                       pa_base64url_encode(pool, content.iv), ".",
                       pa_base64url_encode(pool, content.ciphertext), ".",
                       pa_base64url_encode(pool, content.tag), NULL);
    return NULL;
}

const char *pa_jwe_encrypt(apr_pool_t *pool, const pa_jwk *to, pa_jwe_alg_set alg,
                           pa_jwe_enc_set enc, const char *cty, pa_bytes plaintext,
                           const char **out)
{
    pa_jwe_key_info info = { .alg = alg & to->jwe_algs, .enc = enc };
    unsigned char cek[PA_JWE_CEK_MAX];
    json_t *header;
    const char *why;

    if (!pa_jwe_alg_name(info.alg) || !pa_jwe_enc_name(enc))
        return "the key is not one for that key encryption algorithm";
    if (plaintext.len > PA_JWT_MAX)
        return "longer than any token";
    header = make_header(pool, &info, to->kid, cty);
    if (!header)
        return "no memory";
    why = pa_jwe_key_seal(pool, &info, header, to->key, cek);
    if (!why)
        why = encrypt_content(pool, &info, cek, plaintext, out);
    OPENSSL_cleanse(cek, sizeof(cek));
    return why;
}
