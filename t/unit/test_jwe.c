/* test_jwe.c: which encrypted tokens open, with which keys. The ways in without one are in
 * test_jwe_forged.c. */
#include "../../src/base/jwe.h"

#include "../../src/base/jwe_key.h"
#include "../../src/base/jwt.h"
#include "hex.h"
#include "sealed.h"
#include "vectors/jwe.h"
#include "vectors/private_keys.h"

/* The rules for a vector's key, which is private or symmetric. */
static pa_jwe_rules rules_of_jwk(apr_pool_t *pool, const char *jwk)
{
    pa_bytes secret;
    const char *k;
    json_t *json;

    pa_json_object_parse(pool, pa_bytes_text(jwk), &json);
    k = pa_json_text(json, "k");
    if (!k)
        return rules_of(pool, own_key(pool, jwk, NULL));
    pa_base64url_decode(pool, k, strlen(k), &secret);
    return rules_of_secret(pool, pa_json_text(json, "kid"), secret);
}

static void test_vectors(apr_pool_t *pool)
{
    apr_size_t i;
    int part;

    for (i = 0; i < sizeof(jwe_vectors) / sizeof(*jwe_vectors); i++) {
        const char *name = jwe_vectors[i].name, *text = jwe_vectors[i].jwe, *out = NULL;
        pa_jwe_rules rules = rules_of_jwk(pool, jwe_vectors[i].jwk);

        if (jwe_vectors[i].refused) {
            has(decrypt(pool, text, &rules, &out), jwe_vectors[i].refused, "%s is refused", name);
            continue;
        }
        is(decrypt(pool, text, &rules, &out), NULL, "%s opens", name);
        is(out, jwe_vectors[i].plaintext, "to what was put in");
        for (part = 1; part < 5; part++) {
            if (*part_of(pool, text, part))
                is(decrypt(pool, flip(pool, text, part_at(text, part)), &rules, &out), PA_JWE_WRONG,
                   "not with part %d altered", part + 1);
        }
        rules.algs = PA_JWE_ALGS & ~pa_jwe_alg_named("RSA-OAEP") & ~PA_JWE_ALGS_SECRET & ~PA_JWE_ECDH_ES
                     & ~PA_JWE_ECDH_ES_A128KW;
        has(decrypt(pool, text, &rules, &out), "(alg)", "not where alg is not allowed");
    }
}

static void test_agreement_vector(apr_pool_t *pool)
{
    static const char header_text[] = "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\","
                                      "\"apu\":\"QWxpY2U\",\"apv\":\"Qm9i\"}";
    const pa_private_key *alice = own_key(pool, rfc7518_c_alice, NULL);
    const pa_private_key *bob = own_key(pool, rfc7518_c_bob, NULL);
    pa_jwe_key_info info = { PA_JWE_ECDH_ES, PA_JWE_A128GCM, NULL, { NULL, 0 } };
    unsigned char out[16];
    json_t *header;

    pa_json_object_parse(pool, pa_bytes_text(header_text), &header);
    info.header = header;
    ok(pa_jwe_agree(pool, &info, alice->key, public_of(pool, bob)->key, out, 16),
       "RFC 7518 C: Alice agrees with Bob");
    is(pa_base64url_encode(pool, pa_bytes_of(out, 16)), "VqqN6vgjbSBcIijNcacQGg", "on its key");
    memset(out, 0, sizeof(out));
    ok(pa_jwe_agree(pool, &info, bob->key, public_of(pool, alice)->key, out, 16),
       "and Bob with Alice");
    is(pa_base64url_encode(pool, pa_bytes_of(out, 16)), "VqqN6vgjbSBcIijNcacQGg", "on the same");
    json_object_del(header, "apv");
    ok(pa_jwe_agree(pool, &info, bob->key, public_of(pool, alice)->key, out, 16), "without apv");
    ok(strcmp(pa_base64url_encode(pool, pa_bytes_of(out, 16)), "VqqN6vgjbSBcIijNcacQGg") != 0,
       "on another");
}

/* RFC 7518 B.1 to B.3. */
static const struct {
    pa_jwe_enc_set enc;
    const char *tag;
} cbc_vectors[] = {
    { PA_JWE_A128CBC_HS256, "652c3fa36b0a7c5b3219fab3a30bc1c4" },
    { PA_JWE_A192CBC_HS384, "8490ac0e58949bfe51875d733f93ac2075168039ccc733d7" },
    { PA_JWE_A256CBC_HS512, "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5" },
};

static void test_cbc_vectors(apr_pool_t *pool)
{
    pa_bytes iv = unhex(pool, "1af38c2dc2b96ffdd86694092341bc04");
    pa_bytes aad = pa_bytes_text("The second principle of Auguste Kerckhoffs");
    pa_bytes text = pa_bytes_text("A cipher system must not be required to be secret, and it must "
                                  "be able to fall into the hands of the enemy without "
                                  "inconvenience");
    unsigned char key[PA_JWE_CEK_MAX];
    pa_jwe_content content = { .iv = iv };
    pa_bytes out;
    apr_size_t i;

    for (i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)i;
    for (i = 0; i < sizeof(cbc_vectors) / sizeof(*cbc_vectors); i++) {
        pa_jwe_enc_set enc = cbc_vectors[i].enc;

        is(pa_jwe_content_seal(pool, enc, key, aad, text, &content), NULL, "RFC 7518 B.%d",
           (int)i + 1);
        is(hex(pool, content.tag), cbc_vectors[i].tag, "has its tag");
        ok(pa_jwe_content_open(pool, enc, key, aad, &content, &out) && out.len == text.len
               && !memcmp(out.at, text.at, text.len),
           "and opens");
    }
}

static const struct {
    const char *type, *detail;
    pa_jwe_alg_set algs;
} recipients[] = {
    { "RSA", "2048", PA_JWE_ALGS_RSA },  { "RSA", "3072", PA_JWE_ALGS_RSA },
    { "EC", "P-256", PA_JWE_ALGS_ECDH }, { "EC", "P-384", PA_JWE_ALGS_ECDH },
    { "EC", "P-521", PA_JWE_ALGS_ECDH },
};

static void round_trip(apr_pool_t *pool, const pa_private_key *own, pa_jwe_alg_set alg,
                       pa_jwe_enc_set enc)
{
    /* around the block size, where padding is won and lost */
    static const apr_size_t lengths[] = { 0, 1, 15, 16, 17, 4096 };
    unsigned char text[4096];
    pa_jwe_rules rules = rules_of(pool, own);
    const char *token, *again;
    pa_bytes out;
    apr_size_t i;
    int same = 1;

    memset(text, 'x', sizeof(text));
    rules.algs = alg;
    rules.encs = enc;
    for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        pa_bytes in = pa_bytes_of(text, lengths[i]);

        same = same && !pa_jwe_encrypt(pool, public_of(pool, own), alg, enc, "JWT", in, &token)
               && !pa_jwe_encrypt(pool, public_of(pool, own), alg, enc, "JWT", in, &again)
               && strcmp(part_of(pool, token, 2), part_of(pool, again, 2)) != 0
               && !pa_jwe_decrypt(pool, token, &rules, &out) && out.len == in.len
               && !memcmp(out.at, in.at, in.len) && out.at[out.len] == '\0';
    }
    ok(same, "%s with %s for %d bits opens, never the same twice", pa_jwe_alg_name(alg),
       pa_jwe_enc_name(enc), EVP_PKEY_get_bits(own->key));
}

static void test_round_trips(apr_pool_t *pool)
{
    apr_size_t i;
    unsigned int alg, enc;

    for (i = 0; i < sizeof(recipients) / sizeof(*recipients); i++) {
        pa_private_key *own = new_key(pool, recipients[i].type, recipients[i].detail, NULL);
        const char *token = NULL;

        for (alg = 1; alg <= PA_JWE_DIR; alg <<= 1) {
            if (!(recipients[i].algs & alg)) {
                has(pa_jwe_encrypt(pool, public_of(pool, own), alg, PA_JWE_A256GCM, NULL,
                                   pa_bytes_text("x"), &token),
                    "not one for", "%s is none of %s", pa_jwe_alg_name(alg), recipients[i].type);
                continue;
            }
            for (enc = 1; enc <= PA_JWE_A256CBC_HS512; enc <<= 1)
                round_trip(pool, own, alg, enc);
        }
        ok(token == NULL, "nothing comes of those that are not");
    }
}

static void test_encryption(apr_pool_t *pool)
{
    pa_private_key *own = new_key(pool, "EC", "P-256", "mine");
    const pa_jwk *to = public_of(pool, own);
    const char *token = NULL;
    char *huge = apr_pcalloc(pool, PA_JWT_MAX + 1);
    pa_jwe_rules rules = rules_of(pool, own);
    pa_bytes header, out;
    json_t *json;

    is(pa_jwe_encrypt(pool, to, PA_JWE_ECDH_ES_A256KW, PA_JWE_A256GCM, "JWT", pa_bytes_text("x"),
                      &token),
       NULL, "encrypts");
    pa_base64url_decode(pool, token, strcspn(token, "."), &header);
    pa_json_object_parse(pool, header, &json);
    is(pa_json_text(json, "kid"), "mine", "the header names the key");
    is(pa_json_text(json, "cty"), "JWT", "and what is inside");
    is(pa_json_text(json_object_get(json, "epk"), "crv"), "P-256", "and an ephemeral key");
    ok(!json_object_get(json_object_get(json, "epk"), "d"), "without its private half");
    has(pa_jwe_encrypt(pool, to, PA_JWE_ALGS_ECDH, PA_JWE_A256GCM, NULL, pa_bytes_text("x"),
                       &token),
        "not one", "four algorithms are none");
    has(pa_jwe_encrypt(pool, to, PA_JWE_ECDH_ES, 0, NULL, pa_bytes_text("x"), &token), "not one",
        "nor is no encryption one");
    is(pa_jwe_encrypt(pool, to, PA_JWE_ECDH_ES, PA_JWE_A256CBC_HS512, NULL,
                      pa_bytes_of(huge, PA_JWT_MAX), &token),
       NULL, "the longest token encrypts");
    is(pa_jwe_decrypt(pool, token, &rules, &out), NULL, "and opens");
    has(pa_jwe_encrypt(pool, to, PA_JWE_ECDH_ES, PA_JWE_A256GCM, NULL,
                       pa_bytes_of(huge, PA_JWT_MAX + 1), &token),
        "longer", "but none longer");
}

static void test_nested(apr_pool_t *pool)
{
    pa_bytes key = pa_bytes_text("sixteen bytes !!");
    pa_jwe_rules rules = rules_of_secret(pool, NULL, key);
    EVP_PKEY *signer = signer_key(pool, "ED25519", "");
    const char *inner =
        signer_sign(pool, signer, "EdDSA", "{\"alg\":\"EdDSA\"}", "{\"sub\":\"u\"}");
    const char *head = pa_base64url_encode(pool, pa_bytes_text("{" DIR "}"));
    const char *out = NULL, *outer;
    static const unsigned char iv[12];
    pa_jwe_content content = { .iv = pa_bytes_of(iv, 12) };
    pa_jwt *jwt;

    is(pa_jwe_decrypt_token(pool, dir_token(pool, "{" DIR "}", PA_JWE_A128GCM, key, inner), &rules,
                            &out),
       NULL, "a nested token opens");
    is(pa_jwt_parse(pool, out, &jwt), NULL, "to one that is signed");
    pa_jwe_decrypt_token(pool, dir_token(pool, "{" DIR "}", PA_JWE_A128GCM, key, "{\"sub\":\"u\"}"),
                         &rules, &out);
    has(pa_jwt_parse(pool, out, &jwt), "fewer than three", "what was only encrypted is none");
    pa_jwe_content_seal(pool, PA_JWE_A128GCM, key.at, pa_bytes_text(head),
                        pa_bytes_of("a.b.c\0x", 7), &content);
    outer = apr_pstrcat(pool, head, "..", pa_base64url_encode(pool, content.iv), ".",
                        pa_base64url_encode(pool, content.ciphertext), ".",
                        pa_base64url_encode(pool, content.tag), NULL);
    is(decrypt(pool, outer, &rules, &out), NULL, "a plaintext may have a NUL");
    is(pa_jwe_decrypt_token(pool, outer, &rules, &out), PA_JWE_WRONG, "but a token may not");
}

/* RFC 8725 3.10, attack 48: decoys with the right kid, the right key with another one. */
static void test_choice(apr_pool_t *pool)
{
    const pa_private_key *rsa = new_key(pool, "RSA", "2048", "k");
    const pa_private_key *ec = new_key(pool, "EC", "P-256", "k");
    const pa_private_key *p384 = new_key(pool, "EC", "P-384", "k");
    const pa_private_key *old = new_key(pool, "EC", "P-256", "old");
    apr_array_header_t *keys = apr_array_make(pool, 4, sizeof(const pa_private_key *));
    pa_jwe_rules rules = { PA_JWE_ALGS, PA_JWE_ENCS, keys, NULL };
    const char *token = NULL, *out = NULL;
    pa_private_key signer = *ec;
    pa_jwk nameless;

    APR_ARRAY_PUSH(keys, const pa_private_key *) = rsa;
    APR_ARRAY_PUSH(keys, const pa_private_key *) = p384;
    APR_ARRAY_PUSH(keys, const pa_private_key *) = ec;
    pa_jwe_encrypt(pool, public_of(pool, ec), PA_JWE_ECDH_ES, PA_JWE_A256GCM, NULL,
                   pa_bytes_text("x"), &token);
    is(decrypt(pool, token, &rules, &out), NULL, "the right key is found among those of its kid");
    pa_jwe_encrypt(pool, public_of(pool, rsa), PA_JWE_RSA_OAEP_256, PA_JWE_A256GCM, NULL,
                   pa_bytes_text("x"), &token);
    is(decrypt(pool, token, &rules, &out), NULL, "by its algorithm too");
    pa_jwe_encrypt(pool, public_of(pool, old), PA_JWE_ECDH_ES, PA_JWE_A256GCM, NULL,
                   pa_bytes_text("x"), &token);
    has(decrypt(pool, token, &rules, &out), "no key", "none is taken that has another kid");
    APR_ARRAY_PUSH(keys, const pa_private_key *) = old;
    is(decrypt(pool, token, &rules, &out), NULL, "a rotated key still opens");
    nameless = *public_of(pool, old);
    nameless.kid = NULL;
    pa_jwe_encrypt(pool, &nameless, PA_JWE_ECDH_ES, PA_JWE_A256GCM, NULL, pa_bytes_text("x"),
                   &token);
    is(decrypt(pool, token, &rules, &out), NULL, "without kid every key is tried");
    nameless.key = public_of(pool, ec)->key;
    pa_jwe_encrypt(pool, &nameless, PA_JWE_ECDH_ES, PA_JWE_A256GCM, NULL, pa_bytes_text("x"),
                   &token);
    is(decrypt(pool, token, &rules, &out), NULL, "until one opens it");
    nameless.key = public_of(pool, old)->key;
    pa_jwe_encrypt(pool, &nameless, PA_JWE_ECDH_ES, PA_JWE_A256GCM, NULL, pa_bytes_text("x"),
                   &token);
    apr_array_pop(keys);
    ok(decrypt(pool, token, &rules, &out) == PA_JWE_WRONG, "and no key is no key");
    signer.jwe_algs = 0;
    rules = rules_of(pool, &signer);
    pa_jwe_encrypt(pool, public_of(pool, ec), PA_JWE_ECDH_ES, PA_JWE_A256GCM, NULL,
                   pa_bytes_text("x"), &token);
    has(decrypt(pool, token, &rules, &out), "no key", "a key for signatures opens nothing");
}

static void test_derived_secrets(apr_pool_t *pool)
{
    /* sha256, sha384 and sha512 of "abc" (FIPS 180-4's examples) begin with these */
    static const struct {
        const char *hex;
        apr_size_t len;
    } wanted[] = {
        { "ba7816bf8f01cfea414140de5dae2223", 16 },
        { "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c", 24 },
        { "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 32 },
        { "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca1"
          "34c825a7",
          48 },
        { "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23"
          "a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
          64 },
    };
    apr_array_header_t *secrets = NULL;
    pa_jwe_rules rules = { PA_JWE_ALGS, PA_JWE_ENCS, NULL, NULL };
    const char *out = NULL;
    unsigned int enc;
    apr_size_t i;

    is(pa_jwe_derive_secrets(pool, pa_bytes_text("abc"), &secrets), NULL, "keys of a secret");
    ok(secrets->nelts == 5, "one of each length");
    for (i = 0; i < 5; i++) {
        const pa_jwe_secret *secret = APR_ARRAY_IDX(secrets, (int)i, const pa_jwe_secret *);

        is(hex(pool, secret->key), wanted[i].hex, "the one of %d bytes", (int)wanted[i].len);
    }
    rules.secrets = secrets;
    for (enc = 1; enc <= PA_JWE_A256CBC_HS512; enc <<= 1) {
        const char *header =
            apr_psprintf(pool, "{\"alg\":\"dir\",\"enc\":\"%s\"}", pa_jwe_enc_name(enc));

        for (i = 0; wanted[i].len != pa_jwe_enc_key_len(enc);)
            i++;
        is(decrypt(pool, dir_token(pool, header, enc, unhex(pool, wanted[i].hex), "x"), &rules,
                   &out),
           NULL, "%s finds its own", pa_jwe_enc_name(enc));
    }
    has(pa_jwe_derive_secrets(pool, pa_bytes_text(""), &secrets), "empty", "none of nothing");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_vectors(pool);
    test_agreement_vector(pool);
    test_cbc_vectors(pool);
    test_round_trips(pool);
    test_encryption(pool);
    test_nested(pool);
    test_choice(pool);
    test_derived_secrets(pool);
    return tap_end();
}
