/* certificate.c: see certificate.h. */
#include "certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base64url.h"
#include "crypto.h"

static int refuse_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static const char *check_pair(pa_bytes pem, X509 *certificate)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL) : NULL;
    const char *why = !key ? "it has no private key that can be read without a passphrase"
                      : X509_check_private_key(certificate, key) != 1
                          ? "its private key is not that of its first certificate"
                          : NULL;

    EVP_PKEY_free(key);
    BIO_free(bio);
    return why;
}

static X509 *read_certificate(pa_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL) : NULL;

    BIO_free(bio);
    return certificate;
}

const char *pa_certificate_check(apr_pool_t *pool, pa_bytes pem, const char **thumbprint)
{
    unsigned char digest[PA_SHA256_LEN];
    unsigned int len = sizeof(digest);
    const char *why = NULL;
    X509 *certificate;

    if (pem.len > PA_CERTIFICATE_MAX || memchr(pem.at, '\0', pem.len))
        return "it is no PEM text";
    ERR_set_mark();
    certificate = read_certificate(pem);
    if (!certificate)
        why = "it has no certificate in PEM";
    else if (!(why = check_pair(pem, certificate))
             && X509_digest(certificate, EVP_sha256(), digest, &len) != 1)
        why = "OpenSSL takes no digest of its certificate";
    X509_free(certificate);
    ERR_pop_to_mark();
    if (!why)
        *thumbprint = pa_base64url_encode(pool, pa_bytes_of(digest, sizeof(digest)));
    return why;
}
