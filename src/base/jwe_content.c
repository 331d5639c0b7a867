/* jwe_content.c: authenticated encryption of a JWE's content (RFC 7518 sections 5.2 and 5.3). */
#include "jwe_content.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto.h"

#define GCM_IV_LEN 12
#define GCM_TAG_LEN 16
#define CBC_IV_LEN 16
#define BLOCK_LEN 16

typedef struct method {
    pa_jwe_enc_set enc;
    const char *cipher;
    const char *digest;  /* of CBC's HMAC; NULL for GCM */
    apr_size_t half_len; /* of the MAC key, of the cipher's key and of the tag, for CBC */
} method;

static const method methods[] = {
    { PA_JWE_A128GCM, "AES-128-GCM", NULL, 0 },
    { PA_JWE_A192GCM, "AES-192-GCM", NULL, 0 },
    { PA_JWE_A256GCM, "AES-256-GCM", NULL, 0 },
    { PA_JWE_A128CBC_HS256, "AES-128-CBC", "SHA256", 16 },
    { PA_JWE_A192CBC_HS384, "AES-192-CBC", "SHA384", 24 },
    { PA_JWE_A256CBC_HS512, "AES-256-CBC", "SHA512", 32 },
};

static const method *find_method(pa_jwe_enc_set enc)
{
    apr_size_t i;

    for (i = 0; i < sizeof(methods) / sizeof(*methods); i++)
        if (methods[i].enc == enc)
            return &methods[i];
    return NULL;
}

apr_size_t pa_jwe_iv_len(pa_jwe_enc_set enc)
{
    const method *how = find_method(enc);

    if (!how)
        return 0;
    return how->digest ? CBC_IV_LEN : GCM_IV_LEN;
}

/* A context with the key and the IV in it; the IV's length is the cipher's own. */
static EVP_CIPHER_CTX *begin(const method *how, const unsigned char *key, pa_bytes iv, int seal)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, how->cipher, NULL);
    EVP_CIPHER_CTX *context = cipher ? EVP_CIPHER_CTX_new() : NULL;
    int done = context && EVP_CipherInit_ex2(context, cipher, key, iv.at, seal, NULL) == 1;

    EVP_CIPHER_free(cipher);
    if (done)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

static int add_aad(EVP_CIPHER_CTX *context, pa_bytes aad)
{
    int len;

    return EVP_CipherUpdate(context, NULL, &len, aad.at, (int)aad.len) == 1;
}

/* The whole of `in` at once; *len counts what was written. */
static int transform(EVP_CIPHER_CTX *context, pa_bytes in, unsigned char *out, apr_size_t *len)
{
    int most = 0, rest = 0;

    if (in.len > 0 && EVP_CipherUpdate(context, out, &most, in.at, (int)in.len) != 1)
        return 0;
    if (EVP_CipherFinal_ex(context, out + most, &rest) != 1)
        return 0;
    *len = (apr_size_t)most + (apr_size_t)rest;
    return 1;
}

static int open_gcm(const method *how, const unsigned char *cek, pa_bytes aad,
                    const pa_jwe_content *content, unsigned char *out, apr_size_t *len)
{
    EVP_CIPHER_CTX *context;
    int whole;

    if (content->iv.len != GCM_IV_LEN || content->tag.len != GCM_TAG_LEN)
        return 0;
    context = begin(how, cek, content->iv, 0);
    whole =
        context
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, (void *)content->tag.at)
               == 1
        && add_aad(context, aad) && transform(context, content->ciphertext, out, len);
    EVP_CIPHER_CTX_free(context);
    return whole;
}

/* What is being written; `iv` is there before. */
typedef struct sealing {
    pa_bytes iv;
    unsigned char *ciphertext, *tag;
    apr_size_t len;
} sealing;

static int seal_gcm(const method *how, const unsigned char *cek, pa_bytes aad, pa_bytes plaintext,
                    sealing *out)
{
    EVP_CIPHER_CTX *context = begin(how, cek, out->iv, 1);
    int done = context && add_aad(context, aad)
               && transform(context, plaintext, out->ciphertext, &out->len)
               && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, out->tag) == 1;

    EVP_CIPHER_CTX_free(context);
    return done;
}

/* RFC 7518 5.2.2.1: HMAC over AAD, IV, ciphertext and the AAD's length in bits, its first half. The
 * MAC key is the first half of the content key. */
static int authenticate(const method *how, const unsigned char *cek, pa_bytes aad, pa_bytes iv,
                        pa_bytes ciphertext, unsigned char out[EVP_MAX_MD_SIZE])
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)how->digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    apr_uint64_t bits = (apr_uint64_t)aad.len * 8;
    unsigned char length[8];
    size_t len = 0;
    int i, done;

    for (i = 0; i < 8; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    done = context && EVP_MAC_init(context, cek, how->half_len, params) == 1
           && EVP_MAC_update(context, aad.at, aad.len) == 1
           && EVP_MAC_update(context, iv.at, iv.len) == 1
           && EVP_MAC_update(context, ciphertext.at, ciphertext.len) == 1
           && EVP_MAC_update(context, length, sizeof(length)) == 1
           && EVP_MAC_final(context, out, &len, EVP_MAX_MD_SIZE) == 1 && len == 2 * how->half_len;
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return done;
}

static int open_cbc(const method *how, const unsigned char *cek, pa_bytes aad,
                    const pa_jwe_content *content, unsigned char *out, apr_size_t *len)
{
    unsigned char tag[EVP_MAX_MD_SIZE];
    EVP_CIPHER_CTX *context;
    int whole;

    if (content->iv.len != CBC_IV_LEN || content->tag.len != how->half_len
        || content->ciphertext.len == 0 || content->ciphertext.len % BLOCK_LEN != 0)
        return 0;
    if (!authenticate(how, cek, aad, content->iv, content->ciphertext, tag)
        || !pa_equal(pa_bytes_of(tag, how->half_len), content->tag))
        return 0;
    context = begin(how, cek + how->half_len, content->iv, 0);
    whole = context && transform(context, content->ciphertext, out, len);
    EVP_CIPHER_CTX_free(context);
    return whole;
}

static int seal_cbc(const method *how, const unsigned char *cek, pa_bytes aad, pa_bytes plaintext,
                    sealing *out)
{
    unsigned char whole[EVP_MAX_MD_SIZE];
    EVP_CIPHER_CTX *context = begin(how, cek + how->half_len, out->iv, 1);
    int done =
        context && transform(context, plaintext, out->ciphertext, &out->len)
        && authenticate(how, cek, aad, out->iv, pa_bytes_of(out->ciphertext, out->len), whole);

    EVP_CIPHER_CTX_free(context);
    if (done)
        memcpy(out->tag, whole, how->half_len);
    return done;
}

int pa_jwe_content_open(apr_pool_t *pool, pa_jwe_enc_set enc, const unsigned char *cek,
                        pa_bytes aad, const pa_jwe_content *content, pa_bytes *out)
{
    const method *how = find_method(enc);
    /* GCM writes the plaintext before it knows the tag: what fails stays unseen and is wiped. */
    apr_size_t room = content->ciphertext.len + BLOCK_LEN, len = 0;
    unsigned char *plaintext = apr_pcalloc(pool, room + 1);
    int whole;

    if (!how)
        return 0;
    ERR_set_mark();
    whole = how->digest ? open_cbc(how, cek, aad, content, plaintext, &len)
                        : open_gcm(how, cek, aad, content, plaintext, &len);
    ERR_pop_to_mark();
    if (!whole) {
        OPENSSL_cleanse(plaintext, room);
        return 0;
    }
    /* The padding that was there is no part of the text. */
    OPENSSL_cleanse(plaintext + len, room + 1 - len);
    *out = pa_bytes_of(plaintext, len);
    return 1;
}

const char *pa_jwe_content_seal(apr_pool_t *pool, pa_jwe_enc_set enc, const unsigned char *cek,
                                pa_bytes aad, pa_bytes plaintext, pa_jwe_content *out)
{
    const method *how = find_method(enc);
    sealing being = { out->iv, apr_palloc(pool, plaintext.len + BLOCK_LEN),
                      apr_palloc(pool, PA_JWE_TAG_MAX), 0 };
    int done;

    if (!how || out->iv.len != pa_jwe_iv_len(enc))
        return "no content encryption, or an IV that is not of its length";
    ERR_set_mark();
    done = how->digest ? seal_cbc(how, cek, aad, plaintext, &being)
                       : seal_gcm(how, cek, aad, plaintext, &being);
    ERR_pop_to_mark();
    if (!done)
        return "OpenSSL failed to encrypt";
    out->ciphertext = pa_bytes_of(being.ciphertext, being.len);
    out->tag = pa_bytes_of(being.tag, how->digest ? how->half_len : GCM_TAG_LEN);
    return NULL;
}
