/* test_seal.c: what was sealed opens with the right keys, purpose and context alone. */
#include "../../src/base/seal.h"

#include "tap.h"

#define TEXT "nonce, verifier, return path"

static const pa_seal_keys *derive(apr_pool_t *pool, const char *purpose, const char *first,
                                  const char *second)
{
    apr_array_header_t *secrets = apr_array_make(pool, 2, sizeof(char *));
    pa_seal_keys *keys = NULL;

    APR_ARRAY_PUSH(secrets, const char *) = first;
    if (second)
        APR_ARRAY_PUSH(secrets, const char *) = second;
    is(pa_seal_keys_derive(pool, secrets, purpose, &keys), NULL, "derives keys for %s", purpose);
    return keys;
}

static void test_round_trips(apr_pool_t *pool, const pa_seal_keys *keys)
{
    static const apr_size_t lengths[] = { 0, 1, 15, 16, 17, 400, 4096, 100000 };
    char *plain = apr_palloc(pool, 100000);
    apr_size_t i;

    memset(plain, 'x', 100000);
    for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        pa_bytes sealed, opened;

        is(pa_seal(pool, keys, pa_bytes_text("login"), pa_bytes_of(plain, lengths[i]), &sealed),
           NULL, "seals %" APR_SIZE_T_FMT " bytes", lengths[i]);
        ok(sealed.len == lengths[i] + PA_SEAL_OVERHEAD, "adds what the header says");
        is(pa_unseal(pool, keys, pa_bytes_text("login"), sealed, &opened), NULL, "opens it");
        ok(opened.len == lengths[i] && !memcmp(opened.at, plain, lengths[i])
               && opened.at[opened.len] == '\0',
           "finds the same and a NUL after it");
    }
}

static void refuse(apr_pool_t *pool, const pa_seal_keys *keys, const char *aad, pa_bytes sealed,
                   const char *name)
{
    pa_bytes opened = pa_bytes_text("untouched");

    ok(pa_unseal(pool, keys, pa_bytes_text(aad), sealed, &opened) != NULL, "refuses %s", name);
    ok(!strcmp((const char *)opened.at, "untouched"), "and hands out nothing");
}

static void test_tampering(apr_pool_t *pool, const pa_seal_keys *keys)
{
    pa_bytes sealed, opened;
    unsigned char *copy;
    apr_size_t i;
    int opens = 0;

    is(pa_seal(pool, keys, pa_bytes_text("login"), pa_bytes_text(TEXT), &sealed), NULL, "seals");
    copy = apr_palloc(pool, sealed.len + 1);
    for (i = 0; i < sealed.len * 8; i++) {
        memcpy(copy, sealed.at, sealed.len);
        copy[i / 8] ^= (unsigned char)(1 << i % 8);
        opens +=
            !pa_unseal(pool, keys, pa_bytes_text("login"), pa_bytes_of(copy, sealed.len), &opened);
    }
    ok(opens == 0, "refuses every single flipped bit of nonce, text and tag");
    for (i = 0; i < sealed.len; i++)
        opens += !pa_unseal(pool, keys, pa_bytes_text("login"), pa_bytes_of(sealed.at, i), &opened);
    ok(opens == 0, "refuses it cut short anywhere");
    memcpy(copy, sealed.at, sealed.len);
    copy[sealed.len] = 0;
    refuse(pool, keys, "login", pa_bytes_of(copy, sealed.len + 1), "a byte too many");
    refuse(pool, keys, "session", sealed, "another context");
    refuse(pool, keys, "", sealed, "no context");
    refuse(pool, keys, "login", pa_bytes_of(NULL, 0), "nothing at all");
}

static void test_keys(apr_pool_t *pool, const pa_seal_keys *keys)
{
    const pa_seal_keys *rotated = derive(pool, "login", "a new secret", "the secret");
    const pa_seal_keys *other = derive(pool, "login", "a new secret", NULL);
    const pa_seal_keys *purpose = derive(pool, "session", "the secret", NULL);
    pa_bytes sealed, opened;

    pa_seal(pool, keys, pa_bytes_text("login"), pa_bytes_text(TEXT), &sealed);
    is(pa_unseal(pool, rotated, pa_bytes_text("login"), sealed, &opened), NULL,
       "an old key opens after a change");
    is((const char *)opened.at, TEXT, "the same text");
    refuse(pool, other, "login", sealed, "a text of another key");
    refuse(pool, purpose, "login", sealed, "a text of another purpose");
    pa_seal(pool, rotated, pa_bytes_text("login"), pa_bytes_text(TEXT), &sealed);
    refuse(pool, keys, "login", sealed, "a text of the new key: the first one seals");
}

static void test_nonces(apr_pool_t *pool, const pa_seal_keys *keys)
{
    pa_bytes one, two;

    pa_seal(pool, keys, pa_bytes_text("login"), pa_bytes_text(TEXT), &one);
    pa_seal(pool, keys, pa_bytes_text("login"), pa_bytes_text(TEXT), &two);
    ok(memcmp(one.at, two.at, 12) != 0, "no nonce comes twice");
    ok(memcmp(one.at + 12, two.at + 12, strlen(TEXT)) != 0, "so the same text looks different");
}

static void test_refused_secrets(apr_pool_t *pool)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(char *));
    pa_seal_keys *keys = NULL;

    has(pa_seal_keys_derive(pool, secrets, "login", &keys), "no secret", "no secret is refused");
    APR_ARRAY_PUSH(secrets, const char *) = "";
    has(pa_seal_keys_derive(pool, secrets, "login", &keys), "empty", "so is an empty one");
    ok(keys == NULL, "no keys come of it");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    const pa_seal_keys *keys = derive(pool, "login", "the secret", NULL);

    test_round_trips(pool, keys);
    test_tampering(pool, keys);
    test_keys(pool, keys);
    test_nonces(pool, keys);
    test_refused_secrets(pool);
    return tap_end();
}
