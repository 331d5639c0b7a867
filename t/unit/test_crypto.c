/* test_crypto.c: published vectors for what crypto.h offers. */
#include "../../src/base/crypto.h"

#include "hex.h"
#include "tap.h"

static const char *hash_of(apr_pool_t *pool, const char *text)
{
    unsigned char out[PA_SHA256_LEN];
    const char *why = pa_sha256(pa_bytes_text(text), out);

    return why ? why : hex(pool, pa_bytes_of(out, sizeof(out)));
}

/* FIPS 180-4's example messages. */
static void test_sha256(apr_pool_t *pool)
{
    is(hash_of(pool, ""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
       "SHA-256 of nothing");
    is(hash_of(pool, "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
       "SHA-256 of abc");
    is(hash_of(pool, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "SHA-256 of two blocks");
}

/* RFC 4231, but for test case 5 (a truncated tag). */
static const struct {
    const char *name, *key, *data, *tag;
} macs[] = {
    { "RFC 4231 case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "RFC 4231 case 2", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "RFC 4231 case 3", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "dddddddddddddddddddddddddddddddddddddddddddddddddd"
      "dddddddddddddddddddddddddddddddddddddddddddddddddd",
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "RFC 4231 case 4", "0102030405060708090a0b0c0d0e0f10111213141516171819",
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
};

static void test_hmac(apr_pool_t *pool)
{
    unsigned char out[PA_SHA256_LEN], long_key[131];
    apr_size_t i;

    for (i = 0; i < sizeof(macs) / sizeof(*macs); i++) {
        is(pa_hmac_sha256(unhex(pool, macs[i].key), unhex(pool, macs[i].data), out), NULL, "%s",
           macs[i].name);
        is(hex(pool, pa_bytes_of(out, sizeof(out))), macs[i].tag, "%s gives its tag", macs[i].name);
    }
    memset(long_key, 0xaa, sizeof(long_key));
    is(pa_hmac_sha256(pa_bytes_of(long_key, sizeof(long_key)),
                      pa_bytes_text("Test Using Larger Than Block-Size Key - Hash Key First"), out),
       NULL, "RFC 4231 case 6");
    is(hex(pool, pa_bytes_of(out, sizeof(out))),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
       "RFC 4231 case 6 gives its tag");
    is(pa_hmac_sha256(pa_bytes_of(NULL, 0), pa_bytes_of(NULL, 0), out), NULL, "an empty key");
    is(hex(pool, pa_bytes_of(out, sizeof(out))),
       "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
       "an empty key is a key of its own");
}

/* RFC 5869 test case 3 has no salt and no info, as an empty info here. The second was computed by
 * another implementation (Python's hmac, following the two formulas of RFC 5869 section 2). */
static void test_hkdf(apr_pool_t *pool)
{
    unsigned char out[PA_SHA256_LEN], other[PA_SHA256_LEN];
    pa_bytes secret = unhex(pool, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");

    is(pa_hkdf_sha256(secret, "", out), NULL, "RFC 5869 case 3");
    is(hex(pool, pa_bytes_of(out, sizeof(out))),
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
       "RFC 5869 case 3 gives its first 32 bytes");
    is(pa_hkdf_sha256(secret, "login", out), NULL, "a purpose");
    is(hex(pool, pa_bytes_of(out, sizeof(out))),
       "e3c5dddbf1655b0621363e7e20c12744d3f81eba1d12c128ff57cbffeed878e3",
       "the purpose is HKDF's info");
    is(pa_hkdf_sha256(secret, "session", other), NULL, "another purpose");
    ok(memcmp(out, other, sizeof(out)) != 0, "another purpose is another key");
    has(pa_hkdf_sha256(pa_bytes_text(""), "login", out), "empty", "an empty secret is refused");
}

static void test_random(void)
{
    unsigned char a[32] = { 0 }, b[32] = { 0 };
    static char much[70000];

    is(pa_random(a, sizeof(a)), NULL, "random bytes");
    is(pa_random(b, sizeof(b)), NULL, "more of them");
    ok(memcmp(a, b, sizeof(a)) != 0, "are others");
    has(pa_random(much, sizeof(much)), "random", "an absurd amount is refused");
}

static void test_equal(void)
{
    ok(pa_equal(pa_bytes_text("secret"), pa_bytes_text("secret")), "equal bytes");
    ok(!pa_equal(pa_bytes_text("secret"), pa_bytes_text("secreT")), "another last byte");
    ok(!pa_equal(pa_bytes_text("Secret"), pa_bytes_text("secret")), "another first byte");
    ok(!pa_equal(pa_bytes_text("secret"), pa_bytes_text("secrets")), "a longer one");
    ok(!pa_equal(pa_bytes_text("secret"), pa_bytes_text("")), "an empty one");
    ok(pa_equal(pa_bytes_of(NULL, 0), pa_bytes_text("")), "nothing equals nothing");
    ok(!pa_equal(pa_bytes_of("a\0b", 3), pa_bytes_of("a\0c", 3)), "a NUL ends no comparison");
}

static void test_wipe(apr_pool_t *pool)
{
    char secret[] = "secret, and what is beside it";
    apr_pool_t *owner;

    apr_pool_create(&owner, pool);
    pa_wipe(owner, secret, 6);
    is(secret, "secret, and what is beside it", "a secret stays while its pool does");
    apr_pool_destroy(owner);
    ok(!memcmp(secret, "\0\0\0\0\0\0", 6), "and goes with it");
    is(secret + 6, ", and what is beside it", "alone");
}

static void test_init_twice(apr_pool_t *pool)
{
    apr_pool_t *child;

    apr_pool_create(&child, pool);
    is(pa_crypto_init(child), NULL, "a second load of the module");
    apr_pool_destroy(child);
    is(hash_of(pool, "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
       "the end of one user leaves the other its algorithms");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_sha256(pool);
    test_hmac(pool);
    test_hkdf(pool);
    test_random();
    test_equal();
    test_wipe(pool);
    test_init_twice(pool);
    return tap_end();
}
