/* jwe_key.c: a JWE's content key (RFC 7518 sections 4.3 and 4.6; NIST SP 800-56A 5.8.1). */
#include "jwe_key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "base64url.h"
#include "crypto.h"
#include "json.h"
#include "key.h"

#define RSA_LEN_MAX 2048  /* 16384 bits */
#define SECRET_LEN_MAX 66 /* a coordinate of P-521 */
#define WRAP_GROWTH 8     /* RFC 3394 2.2.1 */
#define OTHER_INFO_MAX (4 + 32 + 2 * (4 + PA_JWE_PARTY_INFO_MAX) + 4)

static const char FAILED[] = "OpenSSL failed to encrypt a key";

/* --- RSA-OAEP --- */

static int set_oaep(EVP_PKEY_CTX *context, pa_jwe_alg_set alg)
{
    const char *digest = alg == PA_JWE_RSA_OAEP_256 ? "SHA256" : "SHA1";

    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
           && EVP_PKEY_CTX_set_rsa_oaep_md_name(context, digest, NULL) == 1
           && EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest, NULL) == 1;
}

static int open_oaep(const pa_jwe_key_info *info, EVP_PKEY *key, unsigned char *cek,
                     apr_size_t cek_len)
{
    unsigned char plain[RSA_LEN_MAX];
    size_t len = sizeof(plain);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int done =
        context && info->encrypted_key.len == (apr_size_t)EVP_PKEY_get_size(key)
        && EVP_PKEY_decrypt_init(context) == 1 && set_oaep(context, info->alg)
        && EVP_PKEY_decrypt(context, plain, &len, info->encrypted_key.at, info->encrypted_key.len)
               == 1
        && len == cek_len;

    EVP_PKEY_CTX_free(context);
    if (done)
        memcpy(cek, plain, cek_len);
    OPENSSL_cleanse(plain, sizeof(plain));
    return done;
}

static const char *seal_oaep(apr_pool_t *pool, pa_jwe_key_info *info, EVP_PKEY *to,
                             const unsigned char *cek, apr_size_t cek_len)
{
    unsigned char *out = apr_palloc(pool, RSA_LEN_MAX);
    size_t len = RSA_LEN_MAX;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, to, NULL);
    int done = context && EVP_PKEY_encrypt_init(context) == 1 && set_oaep(context, info->alg)
               && EVP_PKEY_encrypt(context, out, &len, cek, cek_len) == 1;

    EVP_PKEY_CTX_free(context);
    info->encrypted_key = pa_bytes_of(out, len);
    return done ? NULL : FAILED;
}

/* --- ECDH-ES --- */

/* RFC 7518 4.6: with key wrapping the agreement is on a key of pa_jwe_alg_wrap_len, else on the
 * content key itself. */

static unsigned char *put_length(unsigned char *at, apr_size_t number)
{
    *at++ = (unsigned char)(number >> 24);
    *at++ = (unsigned char)(number >> 16);
    *at++ = (unsigned char)(number >> 8);
    *at++ = (unsigned char)number;
    return at;
}

static unsigned char *put_datum(unsigned char *at, pa_bytes datum)
{
    at = put_length(at, datum.len);
    if (datum.len > 0)
        memcpy(at, datum.at, datum.len);
    return at + datum.len;
}

/* apu or apv: absent is as good as empty, anything but base64url text is wrong. */
static int read_party(apr_pool_t *pool, const json_t *header, const char *name, pa_bytes *out)
{
    const json_t *member = json_object_get(header, name);

    *out = pa_bytes_of(NULL, 0);
    if (!member)
        return 1;
    if (!json_is_string(member)
        || json_string_length(member) > PA_BASE64URL_LEN(PA_JWE_PARTY_INFO_MAX))
        return 0;
    return !pa_base64url_decode(pool, json_string_value(member), json_string_length(member), out);
}

/* RFC 7518 4.6.2: AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo. */
static int make_other_info(apr_pool_t *pool, const pa_jwe_key_info *info, apr_size_t key_len,
                           unsigned char out[OTHER_INFO_MAX], apr_size_t *len)
{
    const char *id =
        pa_jwe_alg_wrap_len(info->alg) ? pa_jwe_alg_name(info->alg) : pa_jwe_enc_name(info->enc);
    unsigned char *at;
    pa_bytes apu, apv;

    if (!read_party(pool, info->header, "apu", &apu)
        || !read_party(pool, info->header, "apv", &apv))
        return 0;
    at = put_datum(out, pa_bytes_text(id));
    at = put_datum(at, apu);
    at = put_datum(at, apv);
    at = put_length(at, key_len * 8);
    *len = (apr_size_t)(at - out);
    return 1;
}

static int share(EVP_PKEY *own, EVP_PKEY *peer, unsigned char *out, size_t *len)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    /* OpenSSL checks once more that the peer's point is on the curve of both. */
    int done = context && EVP_PKEY_derive_init(context) == 1
               && EVP_PKEY_derive_set_peer(context, peer) == 1
               && EVP_PKEY_derive(context, out, len) == 1;

    EVP_PKEY_CTX_free(context);
    return done;
}

/* NIST's one-step derivation is RFC 7518's Concat KDF. */
static int derive(pa_bytes secret, pa_bytes other_info, unsigned char *out, apr_size_t len)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.at, secret.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)other_info.at,
                                          other_info.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    int done = context && EVP_KDF_derive(context, out, len, params) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done;
}

int pa_jwe_agree(apr_pool_t *pool, const pa_jwe_key_info *info, EVP_PKEY *own, EVP_PKEY *peer,
                 unsigned char *out, apr_size_t len)
{
    unsigned char secret[SECRET_LEN_MAX], other_info[OTHER_INFO_MAX];
    size_t secret_len = sizeof(secret);
    apr_size_t info_len;
    int done =
        make_other_info(pool, info, len, other_info, &info_len)
        && share(own, peer, secret, &secret_len)
        && derive(pa_bytes_of(secret, secret_len), pa_bytes_of(other_info, info_len), out, len);

    OPENSSL_cleanse(secret, sizeof(secret));
    return done;
}

/* RFC 3394: wraps or unwraps with its default initial value. */
static int wrap(pa_bytes kek, int seal, pa_bytes in, unsigned char *out, apr_size_t out_len)
{
    const char *name = kek.len == 16   ? "AES-128-WRAP"
                       : kek.len == 24 ? "AES-192-WRAP"
                                       : "AES-256-WRAP";
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = cipher ? EVP_CIPHER_CTX_new() : NULL;
    int len = 0, done = 0;

    if (context) {
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        done = EVP_CipherInit_ex2(context, cipher, kek.at, NULL, seal, NULL) == 1
               && EVP_CipherUpdate(context, out, &len, in.at, (int)in.len) == 1
               && (apr_size_t)len == out_len;
    }
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return done;
}

/* RFC 7518 4.6.1.1: epk must be a point on the key's own curve (RFC 8725 3.4): pa_key_read_public
 * takes no point off the curve that it names, and share() no point of another one. */
static int open_ecdh(apr_pool_t *pool, const pa_jwe_key_info *info, EVP_PKEY *key,
                     unsigned char *cek, apr_size_t cek_len)
{
    apr_size_t kek_len = pa_jwe_alg_wrap_len(info->alg);
    const pa_key_kind *kind;
    unsigned char kek[32];
    EVP_PKEY *peer;
    int done;

    if (pa_key_read_public(pool, json_object_get(info->header, "epk"), &kind, &peer)
        || !(kind->jwe_algs & info->alg))
        return 0;
    if (kek_len == 0)
        return info->encrypted_key.len == 0 && pa_jwe_agree(pool, info, key, peer, cek, cek_len);
    done = info->encrypted_key.len == cek_len + WRAP_GROWTH
           && pa_jwe_agree(pool, info, key, peer, kek, kek_len)
           && wrap(pa_bytes_of(kek, kek_len), 0, info->encrypted_key, cek, cek_len);
    OPENSSL_cleanse(kek, sizeof(kek));
    return done;
}

/* A key pair on the curve of `to`, whose public half goes into the header as epk. */
static const char *make_ephemeral(apr_pool_t *pool, EVP_PKEY *to, json_t *header, EVP_PKEY **out)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, to, NULL);
    EVP_PKEY *key = NULL;
    const char *why;
    json_t *epk;

    if (context && EVP_PKEY_keygen_init(context) == 1)
        EVP_PKEY_generate(context, &key);
    EVP_PKEY_CTX_free(context);
    if (!pa_key_own(pool, key))
        return FAILED;
    if ((why = pa_key_write_public(pool, key, &epk)))
        return why;
    *out = key;
    return json_object_set(header, "epk", epk) ? "no memory" : NULL;
}

static const char *seal_ecdh(apr_pool_t *pool, pa_jwe_key_info *info, json_t *header, EVP_PKEY *to,
                             unsigned char *cek, apr_size_t cek_len)
{
    apr_size_t kek_len = pa_jwe_alg_wrap_len(info->alg);
    unsigned char kek[32];
    unsigned char *wrapped = apr_palloc(pool, cek_len + WRAP_GROWTH);
    EVP_PKEY *ephemeral;
    const char *why = make_ephemeral(pool, to, header, &ephemeral);
    int done;

    if (why)
        return why;
    if (kek_len == 0)
        return pa_jwe_agree(pool, info, ephemeral, to, cek, cek_len) ? NULL : FAILED;
    done = pa_jwe_agree(pool, info, ephemeral, to, kek, kek_len)
           && wrap(pa_bytes_of(kek, kek_len), 1, pa_bytes_of(cek, cek_len), wrapped,
                   cek_len + WRAP_GROWTH);
    OPENSSL_cleanse(kek, sizeof(kek));
    info->encrypted_key = pa_bytes_of(wrapped, cek_len + WRAP_GROWTH);
    return done ? NULL : FAILED;
}

/* --- both --- */

/* Puts what was found in place of the random key in cek, in a time that does not tell whether. */
static void replace(unsigned char *cek, unsigned char *found, apr_size_t len, int done)
{
    const unsigned char mask = done ? 0xff : 0;

    for (apr_size_t i = 0; i < len; i++)
        cek[i] = (unsigned char)((cek[i] & ~mask) | (found[i] & mask));
    OPENSSL_cleanse(found, len);
}

const char *pa_jwe_key_open(apr_pool_t *pool, const pa_jwe_key_info *info, EVP_PKEY *key,
                            unsigned char cek[PA_JWE_CEK_MAX])
{
    apr_size_t cek_len = pa_jwe_enc_key_len(info->enc);
    unsigned char found[PA_JWE_CEK_MAX] = { 0 };
    const char *why = pa_random(cek, cek_len);
    int done;

    if (why)
        return why;
    ERR_set_mark();
    if (info->alg & PA_JWE_ALGS_RSA)
        done = open_oaep(info, key, found, cek_len);
    else
        done = open_ecdh(pool, info, key, found, cek_len);
    ERR_pop_to_mark();
    replace(cek, found, cek_len, done);
    return NULL;
}

const char *pa_jwe_key_unwrap(const pa_jwe_key_info *info, pa_bytes kek,
                              unsigned char cek[PA_JWE_CEK_MAX])
{
    apr_size_t cek_len = pa_jwe_enc_key_len(info->enc);
    unsigned char found[PA_JWE_CEK_MAX] = { 0 };
    const char *why = pa_random(cek, cek_len);
    int done;

    if (why)
        return why;
    ERR_set_mark();
    done = info->encrypted_key.len == cek_len + WRAP_GROWTH
           && wrap(kek, 0, info->encrypted_key, found, cek_len);
    ERR_pop_to_mark();
    replace(cek, found, cek_len, done);
    return NULL;
}

const char *pa_jwe_key_seal(apr_pool_t *pool, pa_jwe_key_info *info, json_t *header, EVP_PKEY *to,
                            unsigned char cek[PA_JWE_CEK_MAX])
{
    apr_size_t cek_len = pa_jwe_enc_key_len(info->enc);
    const char *why = pa_random(cek, cek_len);

    if (why)
        return why;
    info->header = header;
    info->encrypted_key = pa_bytes_of(NULL, 0);
    ERR_set_mark();
    if (info->alg & PA_JWE_ALGS_RSA)
        why = seal_oaep(pool, info, to, cek, cek_len);
    else
        why = seal_ecdh(pool, info, header, to, cek, cek_len);
    ERR_pop_to_mark();
    return why;
}
