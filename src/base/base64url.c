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

/* Four characters to three bytes; 0 when one of them is not of the alphabet. */
static int decode_four(const char *text, unsigned char *out)
{
    unsigned int a = values[(unsigned char)text[0]], b = values[(unsigned char)text[1]];
    unsigned int c = values[(unsigned char)text[2]], d = values[(unsigned char)text[3]];
    unsigned int bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

    out[0] = (unsigned char)(bits >> 16);
    out[1] = (unsigned char)(bits >> 8);
    out[2] = (unsigned char)bits;
    return a && b && c && d;
}

const char *pa_base64url_decode(apr_pool_t *pool, const char *text, apr_size_t len, pa_bytes *out)
{
    static const char foreign[] = "base64url with a character outside its alphabet";
    /* The last group, filled up with what stands for zero bits. */
    char last[4] = { 'A', 'A', 'A', 'A' };
    apr_size_t rest = len % 4, bytes = rest ? rest - 1 : 0;
    unsigned char *start, *at;

    if (rest == 1)
        return "base64url of an impossible length";
    start = at = apr_palloc(pool, len / 4 * 3 + 3);
    for (const char *end = text + len - rest; text < end; text += 4, at += 3)
        if (!decode_four(text, at))
            return foreign;
    if (rest) {
        memcpy(last, text, rest);
        if (!decode_four(last, at))
            return foreign;
        if (at[bytes] || at[2])
            return "base64url with unused bits that are not zero";
    }
    *out = pa_bytes_of(start, len / 4 * 3 + bytes);
    return NULL;
}
