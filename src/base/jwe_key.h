/* jwe_key.h: how a JWE's content key travels (RFC 7518 section 4): encrypted with RSA-OAEP, or
 * agreed on by ECDH-ES. jwe.c alone uses it. */
#ifndef PA_JWE_KEY_H
#define PA_JWE_KEY_H

#include <apr_pools.h>
#include <jansson.h>
#include <openssl/types.h>

#include "bytes.h"
#include "jwa.h"

/* apu and apv: names, or nonces of presentation protocols. */
#define PA_JWE_PARTY_INFO_MAX 512

/* What the header says of the content key, and the encrypted key beside it. */
typedef struct pa_jwe_key_info {
    pa_jwe_alg_set alg; /* one */
    pa_jwe_enc_set enc;
    const json_t *header; /* epk, apu and apv are read from it */
    pa_bytes encrypted_key;
} pa_jwe_key_info;

/* The content key, of the length that enc wants. Where anything at all is wrong (the encrypted key,
 * epk, its curve, the private key) it is a random one: then nothing opens with it, and neither an
 * error nor the time until one tells why (RFC 7516 11.5). The reason means that there are no random
 * bytes; else NULL. The caller wipes cek. */
const char *pa_jwe_key_open(apr_pool_t *pool, const pa_jwe_key_info *info, EVP_PKEY *key,
                            unsigned char cek[PA_JWE_CEK_MAX]);

/* The same for A128KW and its kin (RFC 7518 4.4): `kek` is the key that both sides have, as long as
 * pa_jwe_alg_wrap_len says. */
const char *pa_jwe_key_unwrap(const pa_jwe_key_info *info, pa_bytes kek,
                              unsigned char cek[PA_JWE_CEK_MAX]);

/* Makes a content key for the holder of `to` in cek, which the caller wipes: the encrypted key goes
 * into info->encrypted_key, epk into `header`. NULL, or the reason. */
const char *pa_jwe_key_seal(apr_pool_t *pool, pa_jwe_key_info *info, json_t *header, EVP_PKEY *to,
                            unsigned char cek[PA_JWE_CEK_MAX]);

/* RFC 7518 4.6.2: agrees on `len` bytes between a private key and the other side's public one. */
int pa_jwe_agree(apr_pool_t *pool, const pa_jwe_key_info *info, EVP_PKEY *own, EVP_PKEY *peer,
                 unsigned char *out, apr_size_t len);

#endif
