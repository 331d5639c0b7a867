/* jwa.c: the algorithms of RFC 7518 sections 3.1, 4.1 and 5.1 and of RFC 8037 section 3.1,
 * and RFC 9864 section 2.2. */
#include "jwa.h"

#include <string.h>

/* Tables end with an entry without a bit, which is what is found of an unknown algorithm. */
typedef struct entry {
    unsigned int bit;
    const char *name;
    const char *digest;
    apr_size_t key_len;
} entry;

static const entry algorithms[] = {
    { PA_ALG_RS256, "RS256", "SHA256", 0 },     { PA_ALG_RS384, "RS384", "SHA384", 0 },
    { PA_ALG_RS512, "RS512", "SHA512", 0 },     { PA_ALG_PS256, "PS256", "SHA256", 0 },
    { PA_ALG_PS384, "PS384", "SHA384", 0 },     { PA_ALG_PS512, "PS512", "SHA512", 0 },
    { PA_ALG_ES256, "ES256", "SHA256", 0 },     { PA_ALG_ES384, "ES384", "SHA384", 0 },
    { PA_ALG_ES512, "ES512", "SHA512", 0 },     { PA_ALG_EDDSA, "EdDSA", "SHA512", 0 },
    { PA_ALG_ED25519, "Ed25519", "SHA512", 0 }, { PA_ALG_ED448, "Ed448", "SHAKE256", 0 },
    { PA_ALG_HS256, "HS256", "SHA256", 0 },     { PA_ALG_HS384, "HS384", "SHA384", 0 },
    { PA_ALG_HS512, "HS512", "SHA512", 0 },     { 0, NULL, NULL, 0 },
};

static const entry key_algorithms[] = {
    { PA_JWE_RSA_OAEP, "RSA-OAEP", NULL, 0 },
    { PA_JWE_RSA_OAEP_256, "RSA-OAEP-256", NULL, 0 },
    { PA_JWE_ECDH_ES, "ECDH-ES", NULL, 0 },
    { PA_JWE_ECDH_ES_A128KW, "ECDH-ES+A128KW", NULL, 16 },
    { PA_JWE_ECDH_ES_A192KW, "ECDH-ES+A192KW", NULL, 24 },
    { PA_JWE_ECDH_ES_A256KW, "ECDH-ES+A256KW", NULL, 32 },
    { PA_JWE_DIR, "dir", NULL, 0 },
    { PA_JWE_A128KW, "A128KW", NULL, 16 },
    { PA_JWE_A192KW, "A192KW", NULL, 24 },
    { PA_JWE_A256KW, "A256KW", NULL, 32 },
    { 0, NULL, NULL, 0 },
};

static const entry encryptions[] = {
    { PA_JWE_A128GCM, "A128GCM", NULL, 16 },
    { PA_JWE_A192GCM, "A192GCM", NULL, 24 },
    { PA_JWE_A256GCM, "A256GCM", NULL, 32 },
    { PA_JWE_A128CBC_HS256, "A128CBC-HS256", NULL, 32 },
    { PA_JWE_A192CBC_HS384, "A192CBC-HS384", NULL, 48 },
    { PA_JWE_A256CBC_HS512, "A256CBC-HS512", NULL, PA_JWE_CEK_MAX },
    { 0, NULL, NULL, 0 },
};

static unsigned int named(const entry *at, const char *name)
{
    while (at->bit && strcmp(at->name, name) != 0)
        at++;
    return at->bit;
}

static const entry *find(const entry *at, unsigned int bit)
{
    while (at->bit && at->bit != bit)
        at++;
    return at;
}

pa_alg_set pa_alg_named(const char *name)
{
    return named(algorithms, name);
}

pa_alg_set pa_algs_allowed(const char *name)
{
    pa_alg_set alg = pa_alg_named(name);

    return alg == PA_ALG_EDDSA ? PA_ALGS_EDDSA : alg;
}

const char *pa_alg_name(pa_alg_set alg)
{
    return find(algorithms, alg)->name;
}

const char *pa_alg_digest(pa_alg_set alg)
{
    return find(algorithms, alg)->digest;
}

pa_jwe_alg_set pa_jwe_alg_named(const char *name)
{
    return named(key_algorithms, name);
}

const char *pa_jwe_alg_name(pa_jwe_alg_set alg)
{
    return find(key_algorithms, alg)->name;
}

apr_size_t pa_jwe_alg_wrap_len(pa_jwe_alg_set alg)
{
    return find(key_algorithms, alg)->key_len;
}

pa_jwe_enc_set pa_jwe_enc_named(const char *name)
{
    return named(encryptions, name);
}

const char *pa_jwe_enc_name(pa_jwe_enc_set enc)
{
    return find(encryptions, enc)->name;
}

apr_size_t pa_jwe_enc_key_len(pa_jwe_enc_set enc)
{
    return find(encryptions, enc)->key_len;
}
