/* jwa.c: the algorithms of RFC 7518 sections 3.1, 4.1 and 5.1 and of RFC 8037 section 3.1. */
#include "jwa.h"

#include <string.h>

static const struct {
    pa_alg_set alg;
    const char *name;
    const char *digest;
} algorithms[] = {
    { PA_ALG_RS256, "RS256", "SHA256" }, { PA_ALG_RS384, "RS384", "SHA384" },
    { PA_ALG_RS512, "RS512", "SHA512" }, { PA_ALG_PS256, "PS256", "SHA256" },
    { PA_ALG_PS384, "PS384", "SHA384" }, { PA_ALG_PS512, "PS512", "SHA512" },
    { PA_ALG_ES256, "ES256", "SHA256" }, { PA_ALG_ES384, "ES384", "SHA384" },
    { PA_ALG_ES512, "ES512", "SHA512" }, { PA_ALG_EDDSA, "EdDSA", "SHA512" },
    { PA_ALG_HS256, "HS256", "SHA256" }, { PA_ALG_HS384, "HS384", "SHA384" },
    { PA_ALG_HS512, "HS512", "SHA512" },
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(*algorithms))

pa_alg_set pa_alg_named(const char *name)
{
    apr_size_t i;

    for (i = 0; i < ALGORITHMS; i++)
        if (!strcmp(algorithms[i].name, name))
            return algorithms[i].alg;
    return 0;
}

const char *pa_alg_name(pa_alg_set alg)
{
    apr_size_t i;

    for (i = 0; i < ALGORITHMS; i++)
        if (algorithms[i].alg == alg)
            return algorithms[i].name;
    return NULL;
}

const char *pa_alg_digest(pa_alg_set alg)
{
    apr_size_t i;

    for (i = 0; i < ALGORITHMS; i++)
        if (algorithms[i].alg == alg)
            return algorithms[i].digest;
    return NULL;
}

static const struct {
    pa_jwe_alg_set alg;
    const char *name;
} key_algorithms[] = {
    { PA_JWE_RSA_OAEP, "RSA-OAEP" },
    { PA_JWE_RSA_OAEP_256, "RSA-OAEP-256" },
    { PA_JWE_ECDH_ES, "ECDH-ES" },
    { PA_JWE_ECDH_ES_A128KW, "ECDH-ES+A128KW" },
    { PA_JWE_ECDH_ES_A192KW, "ECDH-ES+A192KW" },
    { PA_JWE_ECDH_ES_A256KW, "ECDH-ES+A256KW" },
    { PA_JWE_DIR, "dir" },
};

#define KEY_ALGORITHMS (sizeof(key_algorithms) / sizeof(*key_algorithms))

pa_jwe_alg_set pa_jwe_alg_named(const char *name)
{
    apr_size_t i;

    for (i = 0; i < KEY_ALGORITHMS; i++)
        if (!strcmp(key_algorithms[i].name, name))
            return key_algorithms[i].alg;
    return 0;
}

const char *pa_jwe_alg_name(pa_jwe_alg_set alg)
{
    apr_size_t i;

    for (i = 0; i < KEY_ALGORITHMS; i++)
        if (key_algorithms[i].alg == alg)
            return key_algorithms[i].name;
    return NULL;
}

static const struct {
    pa_jwe_enc_set enc;
    const char *name;
    apr_size_t key_len;
} encryptions[] = {
    { PA_JWE_A128GCM, "A128GCM", 16 },
    { PA_JWE_A192GCM, "A192GCM", 24 },
    { PA_JWE_A256GCM, "A256GCM", 32 },
    { PA_JWE_A128CBC_HS256, "A128CBC-HS256", 32 },
    { PA_JWE_A192CBC_HS384, "A192CBC-HS384", 48 },
    { PA_JWE_A256CBC_HS512, "A256CBC-HS512", PA_JWE_CEK_MAX },
};

#define ENCRYPTIONS (sizeof(encryptions) / sizeof(*encryptions))

pa_jwe_enc_set pa_jwe_enc_named(const char *name)
{
    apr_size_t i;

    for (i = 0; i < ENCRYPTIONS; i++)
        if (!strcmp(encryptions[i].name, name))
            return encryptions[i].enc;
    return 0;
}

const char *pa_jwe_enc_name(pa_jwe_enc_set enc)
{
    apr_size_t i;

    for (i = 0; i < ENCRYPTIONS; i++)
        if (encryptions[i].enc == enc)
            return encryptions[i].name;
    return NULL;
}

apr_size_t pa_jwe_enc_key_len(pa_jwe_enc_set enc)
{
    apr_size_t i;

    for (i = 0; i < ENCRYPTIONS; i++)
        if (encryptions[i].enc == enc)
            return encryptions[i].key_len;
    return 0;
}
