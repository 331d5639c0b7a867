/* test_certificate.c: the client's certificate is checked at start, and shown by those connections
 * alone that have it. */
#include "../../src/base/certificate.h"

#include <openssl/err.h>

#include "../../src/base/base64url.h"
#include "../../src/base/http.h"
#include "loopback.h"
#include "signer.h"
#include "tap.h"

typedef struct pair {
    const char *certificate, *key, *both, *thumbprint;
} pair;

static const char *text_of(apr_pool_t *pool, BIO *bio)
{
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    const char *copy = apr_pstrmemdup(pool, text, (apr_size_t)len);

    BIO_free(bio);
    return copy;
}

static pair make_pair(apr_pool_t *pool, const char *name)
{
    EVP_PKEY *key = signer_key(pool, "EC", "P-256");
    X509 *certificate = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char digest[32];
    pair made;

    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    signer_must(X509_sign(certificate, key, EVP_sha256()) != 0, "sign a certificate");
    X509_digest(certificate, EVP_sha256(), digest, NULL);
    PEM_write_bio_X509(bio, certificate);
    made.certificate = text_of(pool, bio);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    made.key = text_of(pool, bio);
    made.both = apr_pstrcat(pool, made.key, made.certificate, NULL);
    made.thumbprint = pa_base64url_encode(pool, pa_bytes_of(digest, sizeof(digest)));
    X509_free(certificate);
    return made;
}

static const char *check(apr_pool_t *pool, const char *text, const char **thumbprint)
{
    const char *why = pa_certificate_check(pool, pa_bytes_text(text), thumbprint);

    ok(!ERR_peek_error(), "nothing is left in OpenSSL's error queue");
    return why;
}

static void test_check(apr_pool_t *pool, const pair *one, const pair *two)
{
    const char *thumbprint = NULL, *none = NULL;

    is(check(pool, one->both, &thumbprint), NULL, "a certificate and its key");
    is(thumbprint, one->thumbprint, "and its thumbprint");
    is(check(pool, apr_pstrcat(pool, one->certificate, two->certificate, one->key, NULL), &thumbprint),
       NULL, "a chain, in the other order");
    has(check(pool, one->key, &none), "no certificate", "a key alone");
    has(check(pool, one->certificate, &none), "no private key", "a certificate alone");
    has(check(pool, apr_pstrcat(pool, one->certificate, two->key, NULL), &none), "not that of",
        "another key");
    has(check(pool, "hello", &none), "no certificate", "nothing");
    is(none, NULL, "no thumbprint of any of these");
}

/* Says who the client of the connection is. */
static int accept_all(int verified, X509_STORE_CTX *context)
{
    (void)verified;
    (void)context;
    return 1;
}

static void serve(void *context, const loopback_request *request, loopback_answer *answer)
{
    loopback *server = *(loopback **)context;
    char name[64] = "nobody";

    for (int i = 0; i < LOOPBACK_CONNECTIONS; i++) {
        X509 *peer = server->open[i].ssl && server->open[i].number == request->connection
                         ? SSL_get1_peer_certificate(server->open[i].ssl)
                         : NULL;

        if (peer)
            X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name,
                                      sizeof(name));
        X509_free(peer);
    }
    loopback_respond(answer, server->pool, 200, "text/plain", apr_pstrdup(server->pool, name));
}

/* The same handles serve all; each request is seen as whom its settings say. */
static void test_shown(apr_pool_t *pool, const pair *one, const pair *two)
{
    static loopback *server;
    const char *ca_file = apr_psprintf(pool, "/tmp/test_certificate.%d.pem", (int)getpid());
    const char *const turns[][2] = { { NULL, "nobody" }, { one->both, "one" }, { two->both, "two" },
                                     { one->both, "one" }, { NULL, "nobody" }, { two->both, "two" },
                                     { NULL, "nobody" } };
    SSL_CTX *tls;
    pa_http *http = NULL;

    tls = loopback_tls("IP:127.0.0.1", -60, 3600, ca_file);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, accept_all);
    SSL_CTX_set_session_id_context(tls, (const unsigned char *)"t", 1);
    server = loopback_start_with(pool, tls, serve, &server);
    is(pa_http_create(pool, 0, &http), NULL, "libcurl starts");
    for (apr_size_t i = 0; i < sizeof(turns) / sizeof(*turns); i++) {
        pa_http_settings settings = { 5 * APR_USEC_PER_SEC, 20 * APR_USEC_PER_SEC, ca_file, NULL,
                                      turns[i][0], NULL };
        pa_http_request request = { .url = loopback_url(server, pool, "/"), .accept = "*/*",
                                    .max_body = 100 };
        pa_http_response response = { 0 };

        ok(!pa_http_send(http, pool, &settings, &request, &response), "turn %d", (int)i);
        is((const char *)response.body.at, turns[i][1], "is seen as who it is");
    }
    ok(loopback_connections(server) < (int)(sizeof(turns) / sizeof(*turns)),
       "connections of the same kind are used again");
    unlink(ca_file);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    pair one = make_pair(pool, "one"), two = make_pair(pool, "two");

    test_check(pool, &one, &two);
    test_shown(pool, &one, &two);
    return tap_end();
}
