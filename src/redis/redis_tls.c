/* redis_tls.c: see redis_tls.h. hiredis itself does not check the server's name: OpenSSL does. */
#include "redis_tls.h"

#if HIREDIS_MAJOR < 1

const char *pa_redis_tls_prepare(apr_pool_t *pool, pa_redis_settings *settings)
{
    return "this mod_plusauth_redis is built with a hiredis before 1.0, which has no TLS: use "
           "redis:// through a tunnel (stunnel), or Debian 13 or later";
}

const char *pa_redis_tls_start(redisContext *context, const pa_redis_settings *settings,
                               const char *host)
{
    return "there is no TLS in this hiredis";
}

#else

#include <apr_strings.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static const char *load_files(SSL_CTX *tls, const pa_redis_settings *settings)
{
    if (settings->ca_file ? SSL_CTX_load_verify_file(tls, settings->ca_file) != 1
                          : SSL_CTX_set_default_verify_paths(tls) != 1)
        return "the CA certificates (ca=) cannot be read";
    if (settings->cert_file && SSL_CTX_use_certificate_chain_file(tls, settings->cert_file) != 1)
        return "the client certificate (cert=) cannot be read";
    if (settings->key_file
        && (SSL_CTX_use_PrivateKey_file(tls, settings->key_file, SSL_FILETYPE_PEM) != 1
            || SSL_CTX_check_private_key(tls) != 1))
        return "the client's key (key=) cannot be read or does not belong to cert=";
    return NULL;
}

static apr_status_t free_context(void *tls)
{
    SSL_CTX_free(tls);
    return APR_SUCCESS;
}

const char *pa_redis_tls_prepare(apr_pool_t *pool, pa_redis_settings *settings)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    const char *err;

    if (!tls)
        return "OpenSSL has no TLS context";
    apr_pool_cleanup_register(pool, tls, free_context, apr_pool_cleanup_null);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    err = SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 ? load_files(tls, settings)
                                                                  : "OpenSSL lacks TLS 1.2";
    ERR_clear_error();
    settings->tls_context = tls;
    return err;
}

/* The name that the server's certificate has to have (RFC 9525). */
static int expect_name(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);

    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1)
        return 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

const char *pa_redis_tls_start(redisContext *context, const pa_redis_settings *settings,
                               const char *host)
{
    SSL *ssl = SSL_new(settings->tls_context);

    /* When this succeeds, hiredis frees `ssl` with its context. */
    if (ssl && expect_name(ssl, host) && redisInitiateSSL(context, ssl) == REDIS_OK)
        return NULL;
    SSL_free(ssl);
    ERR_clear_error();
    return "the TLS handshake failed: is the certificate valid for this name, and its CA known?";
}

#endif
