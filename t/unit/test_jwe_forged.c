/* test_jwe_forged.c: encrypted tokens that must not open (RFC 8725; attack 51), and that they do
 * not say why. */
#include "../../src/base/jwe_key.h"
#include "../../src/base/jwt.h"
#include "sealed.h"
#include "vectors/private_keys.h"

static const struct {
    const char *what, *header, *part; /* NULL: opens */
} headers[] = {
    { "alg and enc", "{" DIR "}", NULL },
    { "typ and cty", "{" DIR ",\"typ\":\"JWT\",\"cty\":\"JWT\"}", NULL },
    { "the right kid", "{" DIR ",\"kid\":\"k\"}", NULL },
    { "iss and aud", "{" DIR ",\"iss\":\"https://op.example\",\"aud\":\"c\"}", NULL },
    { "jku and jwk", "{" DIR ",\"jku\":\"https://evil.example\",\"jwk\":{}}", NULL },
    { "another kid", "{" DIR ",\"kid\":\"K\"}", "no key" },
    { "an empty kid", "{" DIR ",\"kid\":\"\"}", "no key" },
    { "a kid that is no text", "{" DIR ",\"kid\":1}", "kid is no text" },
    { "a kid with NUL", "{" DIR ",\"kid\":\"k\\u0000\"}", "JSON" },
    { "zip DEF", "{" DIR ",\"zip\":\"DEF\"}", "compressed" },
    { "zip of another kind", "{" DIR ",\"zip\":null}", "compressed" },
    { "crit", "{" DIR ",\"crit\":[\"exp\"],\"exp\":1}", "critical" },
    { "an empty crit", "{" DIR ",\"crit\":[]}", "critical" },
    { "no alg", "{\"enc\":\"A128GCM\"}", "names no alg" },
    { "no enc", "{\"alg\":\"dir\"}", "names no alg or no enc" },
    { "alg that is no text", "{\"alg\":[\"dir\"],\"enc\":\"A128GCM\"}", "names no alg" },
    { "alg none", "{\"alg\":\"none\",\"enc\":\"A128GCM\"}", "(alg)" },
    { "alg RSA1_5", "{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}", "(alg)" },
    { "alg A256KW without a key of that length", "{\"alg\":\"A256KW\",\"enc\":\"A128GCM\"}", "no key" },
    { "alg A128KW whose encrypted key is empty", "{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}", "does not open" },
    { "alg A128GCMKW", "{\"alg\":\"A128GCMKW\",\"enc\":\"A128GCM\"}", "(alg)" },
    { "alg PBES2 with p2c 10^9",
      "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2c\":1000000000,\"p2s\":\"AA\"}",
      "(alg)" },
    { "alg of a signature", "{\"alg\":\"RS256\",\"enc\":\"A128GCM\"}", "(alg)" },
    { "alg in capitals", "{\"alg\":\"DIR\",\"enc\":\"A128GCM\"}", "(alg)" },
    { "enc A128CBC", "{\"alg\":\"dir\",\"enc\":\"A128CBC\"}", "(enc)" },
    { "enc none", "{\"alg\":\"dir\",\"enc\":\"none\"}", "(enc)" },
    { "enc of another key length", "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", "no key" },
    { "an alg that needs a private key", "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}", "no key" },
    { "alg twice", "{" DIR ",\"alg\":\"A128KW\"}", "twice" },
    { "no object", "[]", "not an object" },
    { "no JSON", "alg=dir", "JSON" },
    { "nothing", "", "JSON" },
};

static void test_headers(apr_pool_t *pool)
{
    pa_bytes key = pa_bytes_text("sixteen bytes !!");
    pa_jwe_rules rules = rules_of_secret(pool, "k", key),
                 unnamed = rules_of_secret(pool, NULL, key);
    char *pad = apr_pcalloc(pool, PA_JWE_HEADER_MAX + 1);
    const char *token, *out = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        token = dir_token(pool, headers[i].header, PA_JWE_A128GCM, key, "inside");
        out = NULL;
        if (headers[i].part) {
            has(decrypt(pool, token, &rules, &out), headers[i].part, "refuses %s", headers[i].what);
            ok(out == NULL, "and gives out nothing");
            continue;
        }
        is(decrypt(pool, token, &rules, &out), NULL, "takes %s", headers[i].what);
        is(out, "inside", "and opens it");
    }
    token = dir_token(pool, "{" DIR ",\"kid\":\"K\"}", PA_JWE_A128GCM, key, "inside");
    is(decrypt(pool, token, &unnamed, &out), NULL, "a secret without kid is meant by any kid");
    memset(pad, 'k', PA_JWE_HEADER_MAX);
    pad[PA_KID_MAX + 1] = '\0';
    token = apr_psprintf(pool, "{" DIR ",\"kid\":\"%s\"}", pad);
    token = dir_token(pool, token, PA_JWE_A128GCM, key, "inside");
    has(decrypt(pool, token, &unnamed, &out), "kid is too long", "but not by an endless one");
    pad[PA_KID_MAX + 1] = 'k';
    token = apr_psprintf(pool, "{" DIR ",\"x\":\"%s\"}", pad);
    token = dir_token(pool, token, PA_JWE_A128GCM, key, "inside");
    has(decrypt(pool, token, &unnamed, &out), "header is too long", "nor in an endless header");
    token = dir_token(pool, "{" DIR "}", PA_JWE_A128GCM, key, "inside");
    unnamed = rules_of_secret(pool, NULL, pa_bytes_text("sixteen bytes !! and some more of them"));
    has(decrypt(pool, token, &unnamed, &out), "no key", "a longer secret is not cut to fit");
    rules.algs = PA_JWE_ALGS & ~PA_JWE_DIR;
    has(decrypt(pool, token, &rules, &out), "(alg)", "alg must be allowed");
    rules.algs = PA_JWE_ALGS;
    rules.encs = PA_JWE_ENCS & ~PA_JWE_A128GCM;
    has(decrypt(pool, token, &rules, &out), "(enc)", "and enc too");
}

static void test_serialisation(apr_pool_t *pool)
{
    pa_bytes key = pa_bytes_text("sixteen bytes !!");
    pa_jwe_rules rules = rules_of_secret(pool, NULL, key);
    const char *token = dir_token(pool, "{" DIR "}", PA_JWE_A128GCM, key, "inside"), *out = NULL;
    char *huge = apr_pcalloc(pool, PA_JWE_MAX + 2);
    const struct {
        const char *what, *text, *part; /* NULL: PA_JWE_WRONG itself */
    } broken[] = {
        { "nothing", "", "fewer than five" },
        { "a signed token", "e30.e30.AAAA", "fewer than five" },
        { "four parts", apr_pstrmemdup(pool, token, part_at(token, 4) - 1), "fewer than five" },
        { "six parts", apr_pstrcat(pool, token, ".", NULL), "more than five" },
        { "too much", huge, "longer than" },
        { "a header that is no base64url", with_part(pool, token, 0, "e30="), "alphabet" },
        { "an encrypted key", with_part(pool, token, 1, "AAAA"), NULL },
        { "no IV", with_part(pool, token, 2, ""), NULL },
        { "a short IV", with_part(pool, token, 2, "AQAAAAAAAAAAAAA"), NULL },
        { "a long IV", with_part(pool, token, 2, "AQAAAAAAAAAAAAAAAAAAAA"), NULL },
        { "no ciphertext", with_part(pool, token, 3, ""), NULL },
        { "no tag", with_part(pool, token, 4, ""), NULL },
        { "a short tag",
          with_part(pool, token, 4, apr_pstrmemdup(pool, part_of(pool, token, 4), 16)), NULL },
        { "a tag of four bytes",
          with_part(pool, token, 4, apr_pstrmemdup(pool, part_of(pool, token, 4), 6)), NULL },
        { "a long tag", apr_pstrcat(pool, token, "AA", NULL), NULL },
        { "padding", apr_pstrcat(pool, token, "==", NULL), NULL },
        { "a line end", apr_pstrcat(pool, token, "\n", NULL), NULL },
    };
    apr_size_t i;

    memset(huge, '.', PA_JWE_MAX + 1);
    is(decrypt(pool, token, &rules, &out), NULL, "the whole token opens");
    ok(pa_jwe_is(token), "and is a JWE");
    for (i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        const char *why = decrypt(pool, broken[i].text, &rules, &out);

        if (broken[i].part)
            has(why, broken[i].part, "refuses %s", broken[i].what);
        else
            ok(why == PA_JWE_WRONG, "refuses %s without a word", broken[i].what);
    }
    ok(!pa_jwe_is("e30.e30.AAAA") && !pa_jwe_is("") && !pa_jwe_is("a.b.c.d.e.f"),
       "what has other than five parts is none");
}

/* Another key under the right name: everything is as it should be but the secret. */
static void test_wrong_key(apr_pool_t *pool)
{
    static const struct {
        const char *type, *detail;
        pa_jwe_alg_set alg;
    } wrong[] = {
        { "RSA", "2048", PA_JWE_RSA_OAEP },       { "RSA", "2048", PA_JWE_RSA_OAEP_256 },
        { "EC", "P-256", PA_JWE_ECDH_ES },        { "EC", "P-384", PA_JWE_ECDH_ES_A128KW },
        { "EC", "P-521", PA_JWE_ECDH_ES_A256KW },
    };
    unsigned int enc;
    apr_size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        pa_private_key *mine = new_key(pool, wrong[i].type, wrong[i].detail, "k");
        pa_private_key *theirs = new_key(pool, wrong[i].type, wrong[i].detail, "k");
        pa_jwe_rules rules = rules_of(pool, mine);
        const char *token = NULL, *out = NULL;

        for (enc = 1; enc <= PA_JWE_A256CBC_HS512; enc <<= 1) {
            pa_jwe_encrypt(pool, public_of(pool, theirs), wrong[i].alg, enc, NULL,
                           pa_bytes_text("x"), &token);
            ok(decrypt(pool, token, &rules, &out) == PA_JWE_WRONG && !out,
               "%s with %s for another key does not open", pa_jwe_alg_name(wrong[i].alg),
               pa_jwe_enc_name(enc));
        }
    }
}

/* RSA-OAEP of any content key, made with OpenSSL's functions for one digest and for MGF1's. */
static const char *oaep(apr_pool_t *pool, EVP_PKEY *key, const char *const digests[2], pa_bytes cek)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    unsigned char encrypted[256];
    size_t len = sizeof(encrypted);

    signer_must(EVP_PKEY_encrypt_init(context) == 1
                    && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
                    && EVP_PKEY_CTX_set_rsa_oaep_md_name(context, digests[0], NULL) == 1
                    && EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digests[1], NULL) == 1
                    && EVP_PKEY_encrypt(context, encrypted, &len, cek.at, cek.len) == 1,
                "encrypt");
    EVP_PKEY_CTX_free(context);
    return pa_base64url_encode(pool, pa_bytes_of(encrypted, len));
}

static const struct {
    const char *what, *alg, *digests[2];
    apr_size_t len;
    int opens;
} oaeps[] = {
    { "RSA-OAEP", "RSA-OAEP", { "SHA1", "SHA1" }, 32, 1 },
    { "RSA-OAEP-256", "RSA-OAEP-256", { "SHA256", "SHA256" }, 32, 1 },
    { "RSA-OAEP with the digest of the other", "RSA-OAEP", { "SHA256", "SHA256" }, 32, 0 },
    { "RSA-OAEP-256 with the digest of the other", "RSA-OAEP-256", { "SHA1", "SHA1" }, 32, 0 },
    { "RSA-OAEP-256 with MGF1 of the other", "RSA-OAEP-256", { "SHA256", "SHA1" }, 32, 0 },
    { "no content key", "RSA-OAEP", { "SHA1", "SHA1" }, 0, 0 },
    { "half a content key", "RSA-OAEP", { "SHA1", "SHA1" }, 16, 0 },
    { "most of a content key", "RSA-OAEP", { "SHA1", "SHA1" }, 31, 0 },
    { "a content key and a byte", "RSA-OAEP", { "SHA1", "SHA1" }, 33, 0 },
    { "two content keys", "RSA-OAEP", { "SHA1", "SHA1" }, 64, 0 },
};

/* The content is always that of the first 32 bytes: what is refused is refused for its key alone.
 */
static void test_oaep(apr_pool_t *pool)
{
    static const unsigned char cek[64] = { 1, 2, 3 };
    pa_private_key *own = new_key(pool, "RSA", "2048", "k");
    pa_jwe_rules rules = rules_of(pool, own);
    unsigned char number[256];
    const char *token = NULL, *out = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(oaeps) / sizeof(*oaeps); i++) {
        const char *header =
            apr_psprintf(pool, "{\"alg\":\"%s\",\"enc\":\"A256GCM\"}", oaeps[i].alg);
        const char *why;

        token = dir_token(pool, header, PA_JWE_A256GCM, pa_bytes_of(cek, 32), "x");
        token = with_part(pool, token, 1,
                          oaep(pool, own->key, oaeps[i].digests, pa_bytes_of(cek, oaeps[i].len)));
        why = decrypt(pool, token, &rules, &out);
        ok(why == (oaeps[i].opens ? NULL : PA_JWE_WRONG), "%s %s", oaeps[i].what,
           oaeps[i].opens ? "opens" : "does not open");
    }
    ok(decrypt(pool, with_part(pool, token, 1, ""), &rules, &out) == PA_JWE_WRONG,
       "nor an empty part");
    memset(number, 0, sizeof(number));
    token = with_part(pool, token, 1, pa_base64url_encode(pool, pa_bytes_of(number, 256)));
    ok(decrypt(pool, token, &rules, &out) == PA_JWE_WRONG, "nor zero");
    memset(number, 0xff, sizeof(number));
    token = with_part(pool, token, 1, pa_base64url_encode(pool, pa_bytes_of(number, 256)));
    ok(decrypt(pool, token, &rules, &out) == PA_JWE_WRONG, "nor a number beyond the modulus");
}

#define P256 "\"kty\":\"EC\",\"crv\":\"P-256\""
#define X256 "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y256 "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static const struct {
    const char *what, *epk;
} ephemerals[] = {
    { "is missing", NULL },
    { "is null", "null" },
    { "is text", "\"x\"" },
    { "is empty", "{}" },
    { "is off the curve", "{" P256 ",\"x\":\"" X256 "\",\"y\":\"" X256 "\"}" },
    { "is the point 0, 0", "{" P256 ",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
                           "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
    { "has no y", "{" P256 ",\"x\":\"" X256 "\"}" },
    { "calls itself P-384",
      "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}" },
    { "calls itself secp256k1",
      "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}" },
    { "is of X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X256 "\"}" },
    { "is of Ed25519", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                       "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}" },
    { "is another point of the curve", "{" P256 ",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}" },
};

static const char *with_epk(apr_pool_t *pool, const char *token, const char *alg, const char *epk)
{
    const char *header = apr_pstrcat(pool, "{\"alg\":\"", alg, "\",\"enc\":\"A256GCM\"",
                                     epk ? ",\"epk\":" : "", epk ? epk : "", "}", NULL);

    return with_part(pool, token, 0, pa_base64url_encode(pool, pa_bytes_text(header)));
}

/* Attack 51: invalid curves and their kin. All fail alike. */
static void test_ephemeral_keys(apr_pool_t *pool)
{
    static const pa_jwe_alg_set algs[] = { PA_JWE_ECDH_ES, PA_JWE_ECDH_ES_A128KW };
    pa_private_key *own = new_key(pool, "EC", "P-256", "k");
    pa_private_key *p384 = new_key(pool, "EC", "P-384", "k");
    pa_jwe_rules rules = rules_of(pool, own);
    const char *out = NULL;
    apr_size_t i, j;

    for (j = 0; j < 2; j++) {
        const char *alg = pa_jwe_alg_name(algs[j]), *token = NULL;

        pa_jwe_encrypt(pool, public_of(pool, own), algs[j], PA_JWE_A256GCM, NULL,
                       pa_bytes_text("x"), &token);
        for (i = 0; i < sizeof(ephemerals) / sizeof(*ephemerals); i++)
            ok(decrypt(pool, with_epk(pool, token, alg, ephemerals[i].epk), &rules, &out)
                   == PA_JWE_WRONG,
               "%s: epk %s", alg, ephemerals[i].what);
        ok(decrypt(pool, with_epk(pool, token, alg, pa_json_dump(pool, p384->public_members, 0)),
                   &rules, &out)
               == PA_JWE_WRONG,
           "%s: epk is a good point of another curve", alg);
        ok(decrypt(pool, with_part(pool, token, 1, algs[j] == PA_JWE_ECDH_ES ? "AAAA" : ""), &rules,
                   &out)
               == PA_JWE_WRONG,
           "%s: the encrypted key is what the other way has", alg);
    }
}

static void test_party_info(apr_pool_t *pool)
{
    pa_private_key *own = own_key(pool, rfc7518_c_bob, NULL);
    const pa_private_key *alice = own_key(pool, rfc7518_c_alice, NULL);
    pa_jwe_key_info info = { PA_JWE_ECDH_ES, PA_JWE_A128GCM, NULL, { NULL, 0 } };
    json_t *header = pa_json_own(pool, json_object());
    char *text = apr_pcalloc(pool, PA_BASE64URL_LEN(PA_JWE_PARTY_INFO_MAX) + 4);
    unsigned char out[16];

    info.header = header;
    json_object_set_new(header, "apu", json_string("QWxpY2U="));
    ok(!pa_jwe_agree(pool, &info, own->key, alice->key, out, 16), "apu must be base64url");
    json_object_set_new(header, "apu", json_integer(1));
    ok(!pa_jwe_agree(pool, &info, own->key, alice->key, out, 16), "and text");
    memset(text, 'A', PA_BASE64URL_LEN(PA_JWE_PARTY_INFO_MAX));
    json_object_set_new(header, "apu", json_string(text));
    json_object_set_new(header, "apv", json_string(text));
    ok(pa_jwe_agree(pool, &info, own->key, alice->key, out, 16), "of the longest");
    memset(text, 'A', PA_BASE64URL_LEN(PA_JWE_PARTY_INFO_MAX) + 1);
    json_object_set_new(header, "apv", json_string(text));
    ok(!pa_jwe_agree(pool, &info, own->key, alice->key, out, 16), "and no longer");
    ok(ERR_peek_error() == 0, "nothing was left in OpenSSL's error queue");
}

/* CBC with a tag that is right over a ciphertext that is not: whoever has the key may do so. */
static void test_cbc(apr_pool_t *pool)
{
    pa_bytes key = pa_bytes_text("thirty-two bytes of a secret key");
    pa_jwe_rules rules = rules_of_secret(pool, NULL, key);
    static const char header[] = "{\"alg\":\"dir\",\"enc\":\"A128CBC-HS256\"}";
    const char *token = dir_token(pool, header, PA_JWE_A128CBC_HS256, key, "inside"), *out = NULL;
    const char *block = "AAAAAAAAAAAAAAAAAAAAAA", *last = token + strlen(token) - 1;

    is(decrypt(pool, token, &rules, &out), NULL, "A128CBC-HS256 opens");
    is(out, "inside", "to what was put in");
    ok(decrypt(pool, with_part(pool, token, 3, ""), &rules, &out) == PA_JWE_WRONG, "not empty");
    ok(decrypt(pool, with_part(pool, token, 3, "AAAA"), &rules, &out) == PA_JWE_WRONG,
       "nor with part of a block");
    ok(decrypt(pool, with_part(pool, token, 3, block), &rules, &out) == PA_JWE_WRONG,
       "nor with another block");
    ok(decrypt(pool, with_part(pool, token, 2, block), &rules, &out) == PA_JWE_WRONG,
       "nor with another IV");
    ok(decrypt(pool, flip(pool, token, (apr_size_t)(last - token) - 1), &rules, &out)
           == PA_JWE_WRONG,
       "nor with another end of the tag");
    ok(decrypt(pool,
               with_part(pool, token, 4,
                         apr_pstrcat(pool, part_of(pool, token, 4), part_of(pool, token, 4), NULL)),
               &rules, &out)
           == PA_JWE_WRONG,
       "nor with a longer tag");
    token = with_part(
        pool, token, 0,
        pa_base64url_encode(pool, pa_bytes_text("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}")));
    ok(decrypt(pool, token, &rules, &out) == PA_JWE_WRONG, "nor as GCM with the same key");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_headers(pool);
    test_serialisation(pool);
    test_wrong_key(pool);
    test_oaep(pool);
    test_ephemeral_keys(pool);
    test_party_info(pool);
    test_cbc(pool);
    return tap_end();
}
