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
    { "HS256", "SHA256", PA_ALG_HS256 }, { "HS384", "SHA384", PA_ALG_HS384 },
    { "HS512", "SHA512", PA_ALG_HS512 },
};

static const char *const unknown[] = {
    "none", "None",   "NONE",     "nOnE", "",        "rs256", "RS256 ", " RS256", "RS2560",
    "RS25", "ES256K", "RSA-OAEP", "dir",  "A256GCM", "HS1",   "eddsa",  "RS1",
};

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
    return tap_end();
}
