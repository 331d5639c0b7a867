/* seal.c: AES-256-GCM (NIST SP 800-38D) under keys derived by HKDF, nothing to choose.
 *
 * A random 96-bit nonce is good for 2^32 seals a key (SP 800-38D 8.3). */
#include "seal.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto.h"

#define NONCE_LEN 12
#define TAG_LEN 16

/* Far below GCM's own limit, and what EVP's `int` lengths hold. */
#define SEAL_MAX (16 * 1024 * 1024)

struct pa_seal_keys {
    EVP_CIPHER *cipher;
    int count;
    unsigned char (*keys)[PA_SHA256_LEN];
};

static apr_status_t end_keys(void *data)
{
    pa_seal_keys *keys = data;

    EVP_CIPHER_free(keys->cipher);
    OPENSSL_cleanse(keys->keys, (size_t)keys->count * PA_SHA256_LEN);
    return APR_SUCCESS;
}

const char *pa_seal_keys_derive(apr_pool_t *pool, const apr_array_header_t *secrets,
                                const char *purpose, pa_seal_keys **out)
{
    pa_seal_keys *keys = apr_palloc(pool, sizeof(*keys));
    const char *why;
    int i;

    if (secrets->nelts == 0)
        return "there is no secret to derive a key from";
    keys->count = secrets->nelts;
    keys->keys = apr_pcalloc(pool, (apr_size_t)keys->count * PA_SHA256_LEN);
    keys->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    apr_pool_cleanup_register(pool, keys, end_keys, apr_pool_cleanup_null);
    if (!keys->cipher) {
        ERR_clear_error();
        return "OpenSSL lacks AES-256-GCM: check its configuration file";
    }
    for (i = 0; i < keys->count; i++) {
        why = pa_hkdf_sha256(pa_bytes_text(APR_ARRAY_IDX(secrets, i, const char *)), purpose,
                             keys->keys[i]);
        if (why)
            return why;
    }
    *out = keys;
    return NULL;
}

/* Fills `sealed`, which starts with its nonce, with ciphertext and tag. */
static int encrypt(EVP_CIPHER_CTX *context, const pa_seal_keys *keys, pa_bytes aad, pa_bytes plain,
                   unsigned char *sealed)
{
    unsigned char *text = sealed + NONCE_LEN;
    int len = 0, rest = 0;

    return EVP_EncryptInit_ex2(context, keys->cipher, keys->keys[0], sealed, NULL) == 1
           && EVP_EncryptUpdate(context, NULL, &len, aad.at, (int)aad.len) == 1
           && EVP_EncryptUpdate(context, text, &len, plain.at, (int)plain.len) == 1
           && EVP_EncryptFinal_ex(context, text + len, &rest) == 1
           && (apr_size_t)len + (apr_size_t)rest == plain.len
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, text + plain.len) == 1;
}

const char *pa_seal(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes aad, pa_bytes plain,
                    pa_bytes *out)
{
    EVP_CIPHER_CTX *context;
    unsigned char *sealed;
    const char *why;
    int done;

    if (plain.len > SEAL_MAX || aad.len > SEAL_MAX)
        return "too long to be sealed";
    sealed = apr_palloc(pool, plain.len + PA_SEAL_OVERHEAD);
    if ((why = pa_random(sealed, NONCE_LEN)))
        return why;
    context = EVP_CIPHER_CTX_new();
    done = context && encrypt(context, keys, aad, plain, sealed);
    EVP_CIPHER_CTX_free(context);
    if (!done) {
        ERR_clear_error();
        return "OpenSSL failed to seal";
    }
    *out = pa_bytes_of(sealed, plain.len + PA_SEAL_OVERHEAD);
    return NULL;
}

static int decrypt(EVP_CIPHER_CTX *context, const pa_seal_keys *keys, int which, pa_bytes aad,
                   pa_bytes sealed, unsigned char *plain)
{
    const unsigned char *text = sealed.at + NONCE_LEN;
    apr_size_t text_len = sealed.len - PA_SEAL_OVERHEAD;
    int len = 0, rest = 0;

    return EVP_DecryptInit_ex2(context, keys->cipher, keys->keys[which], sealed.at, NULL) == 1
           && EVP_DecryptUpdate(context, NULL, &len, aad.at, (int)aad.len) == 1
           && EVP_DecryptUpdate(context, plain, &len, text, (int)text_len) == 1
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
                                  (void *)(text + text_len))
                  == 1
           && EVP_DecryptFinal_ex(context, plain + len, &rest) == 1
           && (apr_size_t)len + (apr_size_t)rest == text_len;
}

const char *pa_unseal(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes aad, pa_bytes sealed,
                      pa_bytes *out)
{
    EVP_CIPHER_CTX *context;
    unsigned char *plain;
    apr_size_t len;
    int i, done = 0;

    if (sealed.len < PA_SEAL_OVERHEAD || sealed.len > SEAL_MAX + PA_SEAL_OVERHEAD
        || aad.len > SEAL_MAX)
        return "too short or too long to be sealed";
    len = sealed.len - PA_SEAL_OVERHEAD;
    plain = apr_palloc(pool, len + 1);
    context = EVP_CIPHER_CTX_new();
    for (i = 0; context && !done && i < keys->count; i++)
        done = decrypt(context, keys, i, aad, sealed, plain);
    EVP_CIPHER_CTX_free(context);
    if (!done) {
        OPENSSL_cleanse(plain, len);
        ERR_clear_error();
        return "it was not sealed with one of our keys, or not for this";
    }
    pa_wipe(pool, plain, len);
    plain[len] = '\0';
    *out = pa_bytes_of(plain, len);
    return NULL;
}
