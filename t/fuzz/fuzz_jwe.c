/* fuzz_jwe.c: any text as an encrypted token, and any bytes as what is inside of one: what opens
 * was allowed, what was encrypted opens to the same, and to nothing else when a byte of it changes.
 */
#include <apr_strings.h>
#include <stdint.h>
#include <string.h>

#include "../../src/base/base64url.h"
#include "../../src/base/json.h"
#include "../../src/base/jwe.h"
#include "../unit/vectors/jwe.h"
#include "fuzz.h"

static struct {
    pa_jwe_rules rules;
    const pa_jwk *to;
} jwe_owner;

static void add_owner_key(apr_pool_t *pool, const char *text, apr_array_header_t *keys,
                          apr_array_header_t *secrets)
{
    pa_jwe_secret *secret = apr_pcalloc(pool, sizeof(*secret));
    pa_private_key *key;
    pa_jwk *to;
    const char *k;
    json_t *jwk;

    fuzz_must(!pa_json_object_parse(pool, pa_bytes_text(text), &jwk));
    k = pa_json_text(jwk, "k");
    if (k) {
        fuzz_must(!pa_base64url_decode(pool, k, strlen(k), &secret->key));
        APR_ARRAY_PUSH(secrets, const pa_jwe_secret *) = secret;
        return;
    }
    fuzz_must(!pa_private_key_parse_jwk(pool, jwk, NULL, &key));
    APR_ARRAY_PUSH(keys, const pa_private_key *) = key;
    jwk = pa_private_key_publish(pool, key, "enc", NULL);
    if (key->jwe_algs & PA_JWE_ECDH_ES) {
        fuzz_must(!pa_jwk_parse(pool, jwk, &to));
        jwe_owner.to = to;
    }
}

/* The keys of the vectors, which the corpus has as well: what is made of those tokens gets as far
 * as the arithmetic. */
static void make_owner(void)
{
    apr_pool_t *pool = fuzz_pool();
    apr_array_header_t *keys = apr_array_make(pool, 4, sizeof(const pa_private_key *));
    apr_array_header_t *secrets = apr_array_make(pool, 2, sizeof(const pa_jwe_secret *));
    size_t i;

    for (i = 0; i < sizeof(jwe_vectors) / sizeof(*jwe_vectors); i++)
        if (!jwe_vectors[i].refused)
            add_owner_key(pool, jwe_vectors[i].jwk, keys, secrets);
    fuzz_must(keys->nelts == 4 && secrets->nelts == 3 && jwe_owner.to);
    jwe_owner.rules = (pa_jwe_rules){ PA_JWE_ALGS, PA_JWE_ENCS, keys, secrets };
}

static void open_any(apr_pool_t *pool, const char *text)
{
    pa_jwe_rules nothing = jwe_owner.rules;
    pa_bytes plaintext;

    nothing.algs = 0;
    fuzz_must(pa_jwe_decrypt(pool, text, &nothing, &plaintext) != NULL);
    if (pa_jwe_decrypt(pool, text, &jwe_owner.rules, &plaintext))
        return;
    fuzz_must(pa_jwe_is(text));
    fuzz_must(plaintext.len < strlen(text) && plaintext.at[plaintext.len] == '\0');
}

static void round_trip(apr_pool_t *pool, pa_bytes in)
{
    pa_jwe_enc_set enc = 1u << (in.len % 6);
    const char *token;
    pa_bytes out;
    char *other;

    if (pa_jwe_encrypt(pool, jwe_owner.to, PA_JWE_ECDH_ES, enc, "JWT", in, &token)) {
        fuzz_must(in.len > 65536);
        return;
    }
    fuzz_must(!pa_jwe_decrypt(pool, token, &jwe_owner.rules, &out));
    fuzz_must(out.len == in.len && (in.len == 0 || !memcmp(out.at, in.at, in.len)));
    other = apr_pstrdup(pool, token);
    strrchr(other, '.')[1] ^= 1; /* another character of the alphabet, or none of it */
    fuzz_must(pa_jwe_decrypt(pool, other, &jwe_owner.rules, &out) == PA_JWE_WRONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool;

    if (!jwe_owner.to)
        make_owner();
    pool = fuzz_pool();
    open_any(pool, size > 0 ? apr_pstrmemdup(pool, (const char *)data, size) : "");
    round_trip(pool, pa_bytes_of(data, size));
    apr_pool_destroy(pool);
    return 0;
}
