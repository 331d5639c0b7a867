/* test_base64url.c: one value, one spelling. */
#include "../../src/base/base64url.h"

#include "hex.h"
#include "tap.h"

/* RFC 4648 section 10 without its padding, RFC 7515 appendix C, and the two odd characters. */
static const struct {
    const char *hex, *text;
} pairs[] = {
    { "", "" },
    { "66", "Zg" },
    { "666f", "Zm8" },
    { "666f6f", "Zm9v" },
    { "666f6f62", "Zm9vYg" },
    { "666f6f6261", "Zm9vYmE" },
    { "666f6f626172", "Zm9vYmFy" },
    { "03ecffe0c1", "A-z_4ME" },
    { "00", "AA" },
    { "ffffff", "____" },
    { "fbefbe", "----" },
};

static const struct {
    const char *text, *what;
} refused[] = {
    { "Zg==", "padding" },
    { "Zm8=", "one padding character" },
    { "Zm9v\n", "a line end" },
    { " Zm9v", "a leading space" },
    { "Zm 9v", "a space inside" },
    { "Zm+v", "plus of the other alphabet" },
    { "Zm/v", "slash of the other alphabet" },
    { "Z", "a single character" },
    { "A", "a single character without bits" },
    { "Zm9vA", "one such after four" },
    { "Zm9vY", "five characters" },
    { "Zh", "non-zero bits after one byte" },
    { "Zm9", "non-zero bits after two bytes" },
    { "Zm9v.", "a dot" },
    { "Zm\xc3\xa9", "UTF-8" },
    { "Zm9\x80", "a byte over 0x7f" },
};

static void test_pairs(apr_pool_t *pool)
{
    pa_bytes out;
    apr_size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        pa_bytes bytes = unhex(pool, pairs[i].hex);

        is(pa_base64url_encode(pool, bytes), pairs[i].text, "encodes %s", pairs[i].hex);
        is(pa_base64url_decode(pool, pairs[i].text, strlen(pairs[i].text), &out), NULL,
           "takes \"%s\"", pairs[i].text);
        is(hex(pool, out), pairs[i].hex, "decodes \"%s\"", pairs[i].text);
    }
}

static void test_refused(apr_pool_t *pool)
{
    pa_bytes out = pa_bytes_text("untouched");
    apr_size_t i;

    for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        has(pa_base64url_decode(pool, refused[i].text, strlen(refused[i].text), &out), "base64url",
            "refuses %s", refused[i].what);
    has(pa_base64url_decode(pool, "Zm\0v", 4, &out), "alphabet", "refuses a NUL");
    is((const char *)out.at, "untouched", "leaves the result alone when it refuses");
}

static void test_lengths(apr_pool_t *pool)
{
    unsigned char bytes[256];
    apr_size_t len;
    pa_bytes out;
    int same = 1;

    for (len = 0; len < sizeof(bytes); len++)
        bytes[len] = (unsigned char)(len * 73 + 11);
    for (len = 0; len <= sizeof(bytes); len++) {
        char *text = pa_base64url_encode(pool, pa_bytes_of(bytes, len));

        same = same && strlen(text) == PA_BASE64URL_LEN(len)
               && !pa_base64url_decode(pool, text, strlen(text), &out) && out.len == len
               && !memcmp(out.at, bytes, len);
    }
    ok(same, "goes there and back for every length from 0 to 256");
    is(pa_base64url_decode(pool, "Zm9vYmFy", 4, &out), NULL, "takes a part of a text");
    ok(out.len == 3, "reads no further than it was told");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_pairs(pool);
    test_refused(pool);
    test_lengths(pool);
    return tap_end();
}
