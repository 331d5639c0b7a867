/* test_jwa.c: names, bits and digests of algorithms belong together. */
#include "../../src/base/jwa.h"

#include "tap.h"

static const struct {
    const char *name, *digest;
    pa_alg_set alg;
} known[] = {
    { "RS256", "SHA256", PA_ALG_RS256 }, { "RS384", "SHA384", PA_ALG_RS384 },
    { "RS512", "SHA512", PA_ALG_RS512 }, { "PS256", "SHA256", PA_ALG_PS256 },
    { "PS384", "SHA384", PA_ALG_PS384 }, { "PS512", "SHA512", PA_ALG_PS512 },
    { "ES256", "SHA256", PA_ALG_ES256 }, { "ES384", "SHA384", PA_ALG_ES384 },
    { "ES512", "SHA512", PA_ALG_ES512 }, { "EdDSA", "SHA512", PA_ALG_EDDSA },
    { "Ed25519", "SHA512", PA_ALG_ED25519 }, { "Ed448", "SHAKE256", PA_ALG_ED448 },
    { "HS256", "SHA256", PA_ALG_HS256 }, { "HS384", "SHA384", PA_ALG_HS384 },
    { "HS512", "SHA512", PA_ALG_HS512 },
};

static const char *const unknown[] = {
    "none", "None",   "NONE",     "nOnE", "",        "rs256", "RS256 ", " RS256", "RS2560",
    "RS25", "ES256K", "RSA-OAEP", "dir",  "A256GCM", "HS1",   "eddsa",  "RS1",
};

static const struct {
    const char *name;
    pa_jwe_alg_set alg;
} key_algs[] = {
    { "RSA-OAEP", PA_JWE_RSA_OAEP },
    { "RSA-OAEP-256", PA_JWE_RSA_OAEP_256 },
    { "ECDH-ES", PA_JWE_ECDH_ES },
    { "ECDH-ES+A128KW", PA_JWE_ECDH_ES_A128KW },
    { "ECDH-ES+A192KW", PA_JWE_ECDH_ES_A192KW },
    { "ECDH-ES+A256KW", PA_JWE_ECDH_ES_A256KW },
    { "dir", PA_JWE_DIR },
    { "A128KW", PA_JWE_A128KW },
    { "A192KW", PA_JWE_A192KW },
    { "A256KW", PA_JWE_A256KW },
};

static const struct {
    const char *name;
    pa_jwe_enc_set enc;
    apr_size_t key_len;
} encs[] = {
    { "A128GCM", PA_JWE_A128GCM, 16 },
    { "A192GCM", PA_JWE_A192GCM, 24 },
    { "A256GCM", PA_JWE_A256GCM, 32 },
    { "A128CBC-HS256", PA_JWE_A128CBC_HS256, 32 },
    { "A192CBC-HS384", PA_JWE_A192CBC_HS384, 48 },
    { "A256CBC-HS512", PA_JWE_A256CBC_HS512, 64 },
};

/* Of other kinds, other spellings, or too weak (RFC 8725 3.2) or too costly to be had. */
static const char *const no_encryption[] = {
    "",          "none",          "RS256",     "RSA1_5",
    "rsa-oaep",  "RSA-OAEP-384",  "RSA-OAEP ", "DIR",
    "A128kw",    "A192GCMKW",     "A512KW",    "A128GCMKW",
    "A256GCMKW", "ECDH-ES+",      "ECDH-1PU",  "PBES2-HS256+A128KW",
    "A128CBC",   "A128CBC-HS512", "a128gcm",   "PBES2-HS512+A256KW",
};

static void test_encryption(void)
{
    pa_jwe_alg_set algs = 0;
    pa_jwe_enc_set all = 0;
    apr_size_t i;

    for (i = 0; i < sizeof(key_algs) / sizeof(*key_algs); i++) {
        ok(pa_jwe_alg_named(key_algs[i].name) == key_algs[i].alg, "%s is known", key_algs[i].name);
        is(pa_jwe_alg_name(key_algs[i].alg), key_algs[i].name, "%s keeps its name",
           key_algs[i].name);
        ok(!(algs & key_algs[i].alg), "%s shares no bit", key_algs[i].name);
        ok(!pa_alg_named(key_algs[i].name), "%s signs nothing", key_algs[i].name);
        algs |= key_algs[i].alg;
    }
    ok(algs == PA_JWE_ALGS, "that is every one");
    ok(algs == (PA_JWE_ALGS_RSA | PA_JWE_ALGS_ECDH | PA_JWE_ALGS_SECRET), "of three families");
    for (i = 0; i < sizeof(encs) / sizeof(*encs); i++) {
        ok(pa_jwe_enc_named(encs[i].name) == encs[i].enc, "%s is known", encs[i].name);
        is(pa_jwe_enc_name(encs[i].enc), encs[i].name, "%s keeps its name", encs[i].name);
        ok(pa_jwe_enc_key_len(encs[i].enc) == encs[i].key_len, "%s has its key", encs[i].name);
        ok(!(all & encs[i].enc), "%s shares no bit", encs[i].name);
        all |= encs[i].enc;
    }
    ok(all == PA_JWE_ENCS, "that is every one");
    for (i = 0; i < sizeof(no_encryption) / sizeof(*no_encryption); i++)
        ok(!pa_jwe_alg_named(no_encryption[i]) && !pa_jwe_enc_named(no_encryption[i]),
           "\"%s\" encrypts nothing", no_encryption[i]);
    is(pa_jwe_alg_name(PA_JWE_ALGS), NULL, "several have no one name");
    is(pa_jwe_enc_name(PA_JWE_ENCS), NULL, "several have no one name");
    ok(pa_jwe_enc_key_len(PA_JWE_ENCS) == 0 && pa_jwe_enc_key_len(0) == 0, "nor a key");
}

int main(void)
{
    pa_alg_set all = 0;
    apr_size_t i;

    tap_begin();
    for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
        ok(pa_alg_named(known[i].name) == known[i].alg, "%s is known", known[i].name);
        is(pa_alg_name(known[i].alg), known[i].name, "%s keeps its name", known[i].name);
        is(pa_alg_digest(known[i].alg), known[i].digest, "%s has its digest", known[i].name);
        ok(!(all & known[i].alg), "%s shares no bit", known[i].name);
        all |= known[i].alg;
    }
    ok(all == (PA_ALGS_PUBLIC_KEY | PA_ALGS_HMAC), "the two families are everything");
    ok(!(PA_ALGS_PUBLIC_KEY & PA_ALGS_HMAC), "and have nothing in common");
    for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
        ok(pa_alg_named(unknown[i]) == 0, "\"%s\" is no algorithm", unknown[i]);
    is(pa_alg_name(PA_ALG_RS256 | PA_ALG_ES256), NULL, "two algorithms have no one name");
    is(pa_alg_name(0), NULL, "no algorithm has no name");
    is(pa_alg_digest(0), NULL, "nor a digest");
    test_encryption();
    return tap_end();
}
