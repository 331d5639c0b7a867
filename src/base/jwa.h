/* jwa.h: the algorithms of RFC 7518, RFC 8037 and RFC 9864, and sets of them: what signs, what
 * encrypts keys and what encrypts content. */
#ifndef PA_JWA_H
#define PA_JWA_H

#include <apr_pools.h>

/* A set of algorithms: one bit for each. `none` has no bit: it cannot be said. */
typedef unsigned int pa_alg_set;

#define PA_ALG_RS256 (1u << 0)
#define PA_ALG_RS384 (1u << 1)
#define PA_ALG_RS512 (1u << 2)
#define PA_ALG_PS256 (1u << 3)
#define PA_ALG_PS384 (1u << 4)
#define PA_ALG_PS512 (1u << 5)
#define PA_ALG_ES256 (1u << 6)
#define PA_ALG_ES384 (1u << 7)
#define PA_ALG_ES512 (1u << 8)
#define PA_ALG_EDDSA (1u << 9)
#define PA_ALG_ED25519 (1u << 10)
#define PA_ALG_ED448 (1u << 11)
#define PA_ALG_HS256 (1u << 12)
#define PA_ALG_HS384 (1u << 13)
#define PA_ALG_HS512 (1u << 14)

/* RFC 9864: EdDSA is either of the two others, by the key; nothing but the name differs. */
#define PA_ALGS_EDDSA (PA_ALG_EDDSA | PA_ALG_ED25519 | PA_ALG_ED448)
#define PA_ALGS_HMAC (PA_ALG_HS256 | PA_ALG_HS384 | PA_ALG_HS512)
/* Every asymmetric one: what an ID token may be signed with unless configured otherwise. */
#define PA_ALGS_PUBLIC_KEY ((1u << 12) - 1)

/* The algorithm of that exact name, 0 when there is none. */
pa_alg_set pa_alg_named(const char *name);

/* The same where the name says what is allowed: EdDSA stands for Ed25519 and Ed448 too. */
pa_alg_set pa_algs_allowed(const char *name);

/* The name of one algorithm. */
const char *pa_alg_name(pa_alg_set alg);

/* The digest that an algorithm uses, by OpenSSL's name ("SHA256"); Ed25519 counts as SHA512 and
 * Ed448 as SHAKE256 where OpenID Connect hashes beside it (at_hash). */
const char *pa_alg_digest(pa_alg_set alg);

/* How a JWE's content key travels (RFC 7518 section 4). RSA1_5, PBES2 and A*GCMKW have no bit:
 * they cannot be said. */
typedef unsigned int pa_jwe_alg_set;

#define PA_JWE_RSA_OAEP (1u << 0)
#define PA_JWE_RSA_OAEP_256 (1u << 1)
#define PA_JWE_ECDH_ES (1u << 2)
#define PA_JWE_ECDH_ES_A128KW (1u << 3)
#define PA_JWE_ECDH_ES_A192KW (1u << 4)
#define PA_JWE_ECDH_ES_A256KW (1u << 5)
#define PA_JWE_DIR (1u << 6)
#define PA_JWE_A128KW (1u << 7)
#define PA_JWE_A192KW (1u << 8)
#define PA_JWE_A256KW (1u << 9)

#define PA_JWE_ALGS_RSA (PA_JWE_RSA_OAEP | PA_JWE_RSA_OAEP_256)
#define PA_JWE_ALGS_ECDH                                                                           \
    (PA_JWE_ECDH_ES | PA_JWE_ECDH_ES_A128KW | PA_JWE_ECDH_ES_A192KW | PA_JWE_ECDH_ES_A256KW)
/* With a key that both sides have already. */
#define PA_JWE_ALGS_SECRET (PA_JWE_DIR | PA_JWE_A128KW | PA_JWE_A192KW | PA_JWE_A256KW)
#define PA_JWE_ALGS ((1u << 10) - 1)

/* What encrypts a JWE's content (RFC 7518 section 5). */
typedef unsigned int pa_jwe_enc_set;

#define PA_JWE_A128GCM (1u << 0)
#define PA_JWE_A192GCM (1u << 1)
#define PA_JWE_A256GCM (1u << 2)
#define PA_JWE_A128CBC_HS256 (1u << 3)
#define PA_JWE_A192CBC_HS384 (1u << 4)
#define PA_JWE_A256CBC_HS512 (1u << 5)

#define PA_JWE_ENCS ((1u << 6) - 1)

/* The one of that exact name, 0 when there is none; and the name of one. */
pa_jwe_alg_set pa_jwe_alg_named(const char *name);
const char *pa_jwe_alg_name(pa_jwe_alg_set alg);
pa_jwe_enc_set pa_jwe_enc_named(const char *name);
const char *pa_jwe_enc_name(pa_jwe_enc_set enc);

/* The length in bytes of the AES key that one of them wraps the content key with; 0 when it wraps
 * none. */
apr_size_t pa_jwe_alg_wrap_len(pa_jwe_alg_set alg);

/* The length in bytes of the content key of one of them, 0 when it is none. */
#define PA_JWE_CEK_MAX 64
apr_size_t pa_jwe_enc_key_len(pa_jwe_enc_set enc);

#endif
