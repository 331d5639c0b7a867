/* jwa.c: the signature algorithms of RFC 7518 section 3.1 and RFC 8037 section 3.1. */
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

    for (i = 0; i < ALGORITHMS; i++) {
        if (!strcmp(algorithms[i].name, name))
            return algorithms[i].alg;
    }
    return 0;
}

const char *pa_alg_name(pa_alg_set alg)
{
    apr_size_t i;

    for (i = 0; i < ALGORITHMS; i++) {
        if (algorithms[i].alg == alg)
            return algorithms[i].name;
    }
    return NULL;
}

const char *pa_alg_digest(pa_alg_set alg)
{
    apr_size_t i;

    for (i = 0; i < ALGORITHMS; i++) {
        if (algorithms[i].alg == alg)
            return algorithms[i].digest;
    }
    return NULL;
}
