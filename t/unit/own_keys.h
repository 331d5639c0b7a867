/* own_keys.h: keys of this module's own, as it reads them. */
#ifndef OWN_KEYS_H
#define OWN_KEYS_H

#include <openssl/pem.h>

#include "../../src/base/private_key.h"
#include "signer.h"

static inline pa_private_key *own_key(apr_pool_t *pool, const char *jwk, const char *kid)
{
    pa_private_key *own = NULL;

    signer_must(!pa_private_key_parse(pool, pa_bytes_text(jwk), kid, &own), "read a key");
    return own;
}

static inline pa_private_key *new_key(apr_pool_t *pool, const char *type, const char *detail,
                                      const char *kid)
{
    pa_private_key *own = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long len;

    PEM_write_bio_PKCS8PrivateKey(bio, signer_key(pool, type, detail), NULL, NULL, 0, NULL, NULL);
    len = BIO_get_mem_data(bio, &text);
    signer_must(!pa_private_key_parse(pool, pa_bytes_of(text, (apr_size_t)len), kid, &own),
                "read a key");
    BIO_free(bio);
    return own;
}

#endif
