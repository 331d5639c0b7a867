/* private_key.c: this module's own keys (RFC 7517, 7518 section 6, 8037; PEM: RFC 7468).
 *
 * However a key came, its public half is written as a JWK and read back by the rules for other
 * people's keys: what this module would not verify with, it does not sign with. */
#include "private_key.h"

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "json.h"
#include "jwk.h"
#include "key.h"

#define SIGNATURE_MAX 2048 /* RSA of 16384 bits */

static int sign_probe(EVP_PKEY *key, const char *digest, pa_bytes probe, unsigned char *signature,
                      size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context && EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, NULL) == 1
               && EVP_DigestSign(context, signature, len, probe.at, probe.len) == 1;

    EVP_MD_CTX_free(context);
    return done;
}

static int verify_probe(EVP_PKEY *key, const char *digest, pa_bytes probe, pa_bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context && EVP_DigestVerifyInit_ex(context, NULL, digest, NULL, NULL, key, NULL) == 1
               && EVP_DigestVerify(context, signature.at, signature.len, probe.at, probe.len) == 1;

    EVP_MD_CTX_free(context);
    return done;
}

/* A JWK may say any d beside any n, x and y. */
static int is_pair(EVP_PKEY *private_half, EVP_PKEY *public_half, const pa_key_kind *kind)
{
    const char *digest = kind->algs & PA_ALG_EDDSA ? NULL : "SHA256";
    pa_bytes probe = pa_bytes_text("are these two halves of one key?");
    unsigned char signature[SIGNATURE_MAX];
    size_t len = sizeof(signature);
    int pair;

    ERR_set_mark();
    pair = sign_probe(private_half, digest, probe, signature, &len)
           && verify_probe(public_half, digest, probe, pa_bytes_of(signature, len));
    ERR_pop_to_mark();
    return pair;
}

static const char *finish(apr_pool_t *pool, EVP_PKEY *key, const char *kid, pa_private_key *out)
{
    const pa_key_kind *kind;
    EVP_PKEY *public_half;
    json_t *jwk;
    const char *why;

    if ((why = pa_key_write_public(pool, key, &jwk))
        || (why = pa_key_read_public(pool, jwk, &kind, &public_half)))
        return why;
    if (!is_pair(key, public_half, kind))
        return "a private key that does not sign for its public half";
    if (!kid && (why = pa_jwk_thumbprint(pool, jwk, &kid)))
        return why;
    out->kid = apr_pstrdup(pool, kid);
    out->algs = kind->algs;
    out->jwe_algs = kind->jwe_algs;
    out->key = key;
    out->public_members = jwk;
    return NULL;
}

static int refuse_passphrase(char *buffer, int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(int *)asked = 1;
    return -1;
}

static const char *read_pem(apr_pool_t *pool, pa_bytes text, EVP_PKEY **out)
{
    BIO *bio = BIO_new_mem_buf(text.at, (int)text.len);
    int encrypted = 0;
    EVP_PKEY *key, *another = NULL;

    if (!bio)
        return "no memory";
    key = pa_key_own(pool, PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &encrypted));
    if (key)
        another = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &encrypted);
    BIO_free(bio);
    EVP_PKEY_free(another);
    if (encrypted)
        return "the key is encrypted: store it without a passphrase, readable by root alone";
    if (!key)
        return "neither a private key in PEM nor a JWK";
    if (another)
        return "several private keys in one file";
    *out = key;
    return NULL;
}

static const char *parse_pem(apr_pool_t *pool, pa_bytes text, const char *kid, pa_private_key **out)
{
    pa_private_key *own = apr_pcalloc(pool, sizeof(*own));
    EVP_PKEY *key;
    const char *why;

    ERR_set_mark();
    why = read_pem(pool, text, &key);
    ERR_pop_to_mark();
    if (why || (why = finish(pool, key, kid, own)))
        return why;
    *out = own;
    return NULL;
}

static int has_any(const json_t *jwk, const char *const *ops)
{
    for (; *ops; ops++)
        if (pa_json_holds(jwk, "key_ops", *ops))
            return 1;
    return 0;
}

/* RFC 7517 4.2, 4.3, 4.4: what the key says of itself takes away, and never adds. */
static const char *narrow(const json_t *jwk, pa_private_key *key)
{
    static const char *const signing[] = { "sign", NULL };
    static const char *const decrypting[] = { "decrypt", "unwrapKey", "deriveKey", "deriveBits",
                                              NULL };
    const json_t *alg = json_object_get(jwk, "alg"), *use = json_object_get(jwk, "use");
    const json_t *ops = json_object_get(jwk, "key_ops");

    if ((alg && !json_is_string(alg)) || (use && !json_is_string(use))
        || (ops && !json_is_array(ops)))
        return "a key whose use, alg or key_ops is of the wrong type";
    if (alg) {
        key->algs &= pa_algs_allowed(json_string_value(alg));
        key->jwe_algs &= pa_jwe_alg_named(json_string_value(alg));
    }
    if ((use && !pa_json_holds(jwk, "use", "sig")) || (ops && !has_any(jwk, signing)))
        key->algs = 0;
    if ((use && !pa_json_holds(jwk, "use", "enc")) || (ops && !has_any(jwk, decrypting)))
        key->jwe_algs = 0;
    return key->algs || key->jwe_algs ? NULL
                                      : "a key that neither signs nor decrypts (use, alg, key_ops)";
}

const char *pa_private_key_parse_jwk(apr_pool_t *pool, const json_t *jwk, const char *kid,
                                     pa_private_key **out)
{
    pa_private_key *own = apr_pcalloc(pool, sizeof(*own));
    const json_t *named = json_object_get(jwk, "kid");
    const pa_key_kind *kind;
    EVP_PKEY *key;
    const char *why;

    if (named && !pa_json_text(jwk, "kid"))
        return "a key whose kid is no text";
    if (json_object_get(jwk, "kty") && !json_object_get(jwk, "d"))
        return "a public key, or a symmetric one: a private key has a member d";
    if ((why = pa_key_read_private(pool, jwk, &kind, &key))
        || (why = finish(pool, key, kid ? kid : json_string_value(named), own))
        || (why = narrow(jwk, own)))
        return why;
    *out = own;
    return NULL;
}

/* The text of a parsed JWK's secrets, which the pool would keep. */
static void wipe_members(const json_t *jwk)
{
    static const char *const secrets[] = { "d", "p", "q", "dp", "dq", "qi", "k" };
    apr_size_t i;

    for (i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
        const json_t *member = json_object_get(jwk, secrets[i]);

        if (json_is_string(member))
            OPENSSL_cleanse((char *)json_string_value(member), json_string_length(member));
    }
}

static const char *parse_jwk_text(apr_pool_t *pool, pa_bytes text, const char *kid,
                                  pa_private_key **out)
{
    json_t *jwk;
    const char *why = pa_json_object_parse(pool, text, &jwk);

    if (why)
        return why;
    why = pa_private_key_parse_jwk(pool, jwk, kid, out);
    wipe_members(jwk);
    return why;
}

const char *pa_private_key_parse(apr_pool_t *pool, pa_bytes text, const char *kid,
                                 pa_private_key **out)
{
    apr_size_t i = 0;

    if (text.len > PA_PRIVATE_KEY_MAX)
        return "longer than any key";
    while (i < text.len && strchr(" \t\r\n", text.at[i]) && text.at[i])
        i++;
    if (i < text.len && text.at[i] == '{')
        return parse_jwk_text(pool, text, kid, out);
    return parse_pem(pool, text, kid, out);
}

json_t *pa_private_key_publish(apr_pool_t *pool, const pa_private_key *key, const char *use,
                               const char *alg)
{
    json_t *jwk = pa_json_own(pool, json_copy((json_t *)key->public_members));

    if (!jwk || json_object_set_new(jwk, "kid", json_string(key->kid))
        || (use && json_object_set_new(jwk, "use", json_string(use)))
        || (alg && json_object_set_new(jwk, "alg", json_string(alg))))
        return NULL;
    return jwk;
}
