/* base64url.c: RFC 4648 section 5 without padding. */
#include "base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a character plus one, so that the zeroes of the table mean "not of the alphabet". */
static const unsigned char values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

void pa_base64url_write(char *out, pa_bytes bytes)
{
    const unsigned char *in = bytes.at;
    apr_size_t left = bytes.len;

    for (; left >= 3; left -= 3, in += 3) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 0x03) << 4 | in[1] >> 4];
        *out++ = alphabet[(in[1] & 0x0f) << 2 | in[2] >> 6];
        *out++ = alphabet[in[2] & 0x3f];
    }
    if (left > 0) {
        unsigned int second = left == 2 ? in[1] : 0;

        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 0x03) << 4 | second >> 4];
        if (left == 2)
            *out++ = alphabet[(second & 0x0f) << 2];
    }
    *out = '\0';
}

char *pa_base64url_encode(apr_pool_t *pool, pa_bytes bytes)
{
    char *text = apr_palloc(pool, PA_BASE64URL_LEN(bytes.len) + 1);

    pa_base64url_write(text, bytes);
    return text;
}

const char *pa_base64url_decode(apr_pool_t *pool, const char *text, apr_size_t len, pa_bytes *out)
{
    unsigned char *start, *at;
    apr_size_t i;
    unsigned int bits = 0, held = 0;

    if (len % 4 == 1)
        return "base64url of an impossible length";
    start = at = apr_palloc(pool, len / 4 * 3 + 3);
    for (i = 0; i < len; i++) {
        unsigned int value = values[(unsigned char)text[i]];

        if (value == 0)
            return "base64url with a character outside its alphabet";
        /* Only the lowest bits matter: those shifted out above were written already. */
        bits = bits << 6 | (value - 1);
        held += 6;
        if (held >= 8) {
            held -= 8;
            *at++ = (unsigned char)(bits >> held & 0xff);
        }
    }
    if (bits & ((1u << held) - 1))
        return "base64url with unused bits that are not zero";
    *out = pa_bytes_of(start, (apr_size_t)(at - start));
    return NULL;
}
