/* fuzz_jwt.c: any text as a token: it is refused, or what was read of it is whole. */
#include <apr_strings.h>
#include <stdint.h>

#include "../../src/base/jwk.h"
#include "../../src/base/jwt.h"
#include "fuzz.h"

/* RFC 7515 A.2, A.3, A.4 and RFC 8037 A.2: the corpus has genuine tokens of theirs, so that what is
 * made of them gets as far as the arithmetic. */
static const char keys_text[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
    "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
    "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":"
    "\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\","
    "\"y\":"
    "\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"},"
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
    "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26m"
    "PddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZ"
    "o9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD"
    "Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4"
    "FRWyuXpoQ\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text = apr_pstrmemdup(pool, (const char *)data, size);
    apr_array_header_t *keys;
    pa_jwt *jwt;

    fuzz_must(!pa_jwks_parse(pool, pa_bytes_text(keys_text), &keys) && keys->nelts == 4);
    if (!pa_jwt_parse(pool, text, &jwt)) {
        fuzz_must(jwt->alg && jwt->header && jwt->claims);
        fuzz_must(pa_jwt_verify(pool, jwt, keys, PA_ALGS_HMAC) != NULL);
        fuzz_must(pa_jwt_verify_hmac(jwt, pa_bytes_text("short"), PA_ALGS_HMAC) != NULL);
        pa_jwt_verify(pool, jwt, keys, PA_ALGS_PUBLIC_KEY);
    }
    apr_pool_destroy(pool);
    return 0;
}
