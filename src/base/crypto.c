/* crypto.c: primitives on OpenSSL 3's EVP, with the algorithms fetched once per process.
 *
 * What is fetched is written by pa_crypto_init alone, before there are threads, and only read
 * afterwards. Failures clear OpenSSL's error queue behind them: mod_ssl shares it. */
#include "crypto.h"

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/* One request for random bytes; the longest need is a few hundred. */
#define RANDOM_MAX 65536

static struct {
    int users;
    EVP_MD *sha256;
    EVP_KDF *hkdf;
    EVP_MAC_CTX *hmac; /* a keyed model to copy: setting its digest anew means a look-up */
} fetched;

static void release(void)
{
    EVP_MD_free(fetched.sha256);
    EVP_KDF_free(fetched.hkdf);
    EVP_MAC_CTX_free(fetched.hmac);
    memset(&fetched, 0, sizeof(fetched));
}

static apr_status_t end_use(void *unused)
{
    (void)unused;
    if (--fetched.users == 0)
        release();
    return APR_SUCCESS;
}

static EVP_MAC_CTX *make_hmac_model(void)
{
    static const unsigned char no_key[PA_SHA256_LEN];
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *model = mac ? EVP_MAC_CTX_new(mac) : NULL;

    EVP_MAC_free(mac);
    if (model && EVP_MAC_init(model, no_key, sizeof(no_key), params) == 1)
        return model;
    EVP_MAC_CTX_free(model);
    return NULL;
}

const char *pa_crypto_init(apr_pool_t *pool)
{
    if (fetched.users == 0) {
        fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        fetched.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
        fetched.hmac = make_hmac_model();
        if (!fetched.sha256 || !fetched.hkdf || !fetched.hmac) {
            release();
            ERR_clear_error();
            return "OpenSSL lacks SHA-256, HMAC or HKDF: check its configuration file";
        }
    }
    fetched.users++;
    apr_pool_cleanup_register(pool, NULL, end_use, apr_pool_cleanup_null);
    return NULL;
}

const char *pa_sha256(pa_bytes in, unsigned char out[PA_SHA256_LEN])
{
    if (EVP_Digest(in.at, in.len, out, NULL, fetched.sha256, NULL) == 1)
        return NULL;
    ERR_clear_error();
    return "OpenSSL failed to compute SHA-256";
}

const char *pa_hmac_sha256(pa_bytes key, pa_bytes in, unsigned char out[PA_SHA256_LEN])
{
    /* Without a key pointer EVP_MAC_init keeps the model's key: an empty key is a pointer too. */
    const unsigned char *secret = key.at ? key.at : (const unsigned char *)"";
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(fetched.hmac);
    size_t len = 0;
    int done = context && EVP_MAC_init(context, secret, key.len, NULL) == 1
               && EVP_MAC_update(context, in.at, in.len) == 1
               && EVP_MAC_final(context, out, &len, PA_SHA256_LEN) == 1 && len == PA_SHA256_LEN;

    EVP_MAC_CTX_free(context);
    if (done)
        return NULL;
    ERR_clear_error();
    return "OpenSSL failed to compute HMAC-SHA256";
}

const char *pa_hkdf_sha256(pa_bytes secret, const char *info, unsigned char out[PA_SHA256_LEN])
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.at, secret.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, strlen(info)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX *context;
    int done;

    if (secret.len == 0)
        return "an empty secret cannot be a key";
    context = EVP_KDF_CTX_new(fetched.hkdf);
    done = context && EVP_KDF_derive(context, out, PA_SHA256_LEN, params) == 1;
    EVP_KDF_CTX_free(context);
    if (done)
        return NULL;
    ERR_clear_error();
    return "OpenSSL failed to derive a key";
}

const char *pa_random(void *out, apr_size_t len)
{
    if (len <= RANDOM_MAX && RAND_bytes(out, (int)len) == 1)
        return NULL;
    ERR_clear_error();
    return "OpenSSL has no random bytes";
}

int pa_equal(pa_bytes a, pa_bytes b)
{
    return a.len == b.len && CRYPTO_memcmp(a.at, b.at, a.len) == 0;
}

static apr_status_t wipe(void *data)
{
    const pa_bytes *secret = data;

    OPENSSL_cleanse((void *)secret->at, secret->len);
    return APR_SUCCESS;
}

void pa_wipe(apr_pool_t *pool, const void *secret, apr_size_t len)
{
    const pa_bytes bytes = pa_bytes_of(secret, len);

    apr_pool_cleanup_register(pool, apr_pmemdup(pool, &bytes, sizeof(bytes)), wipe,
                              apr_pool_cleanup_null);
}
