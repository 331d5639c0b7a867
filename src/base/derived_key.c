/* derived_key.c: FIPS 186-5 A.2.1 with HMAC-SHA256 in place of the random bits: more bits than the
 * group's order has, so that their remainder is as good as even. */
#include "derived_key.h"

#include <apr_strings.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "base64url.h"
#include "crypto.h"

#define COORDINATE_LEN 32

/* What is worked with, all of it ended together. */
typedef struct numbers {
    EC_GROUP *group;
    EC_POINT *point;
    BIGNUM *d, *x, *y, *order;
    BN_CTX *context;
} numbers;

static int numbers_new(numbers *n)
{
    *n = (numbers){ .group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                    .d = BN_secure_new(),
                    .x = BN_new(),
                    .y = BN_new(),
                    .order = BN_new(),
                    .context = BN_CTX_secure_new() };
    n->point = n->group ? EC_POINT_new(n->group) : NULL;
    return n->point && n->d && n->x && n->y && n->order && n->context;
}

static void numbers_free(numbers *n)
{
    EC_POINT_free(n->point);
    EC_GROUP_free(n->group);
    BN_clear_free(n->d);
    BN_free(n->x);
    BN_free(n->y);
    BN_free(n->order);
    BN_CTX_free(n->context);
}

/* d = bits mod (n - 1) + 1, and d times the generator. */
static int calculate(numbers *n, const unsigned char *bits, int len)
{
    return BN_bin2bn(bits, len, n->d) && EC_GROUP_get_order(n->group, n->order, n->context) == 1
           && BN_sub_word(n->order, 1) == 1 && BN_nnmod(n->d, n->d, n->order, n->context) == 1
           && BN_add_word(n->d, 1) == 1
           && EC_POINT_mul(n->group, n->point, n->d, NULL, NULL, n->context) == 1
           && EC_POINT_get_affine_coordinates(n->group, n->point, n->x, n->y, n->context) == 1;
}

static const char *encode(apr_pool_t *pool, const BIGNUM *number)
{
    unsigned char bytes[COORDINATE_LEN];
    const char *text = "";

    if (BN_bn2binpad(number, bytes, sizeof(bytes)) == sizeof(bytes)) {
        text = pa_base64url_encode(pool, pa_bytes_of(bytes, sizeof(bytes)));
        pa_wipe(pool, text, strlen(text));
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return text;
}

const char *pa_derived_key(apr_pool_t *pool, pa_bytes secret, const char **jwk)
{
    unsigned char bits[2 * PA_SHA256_LEN];
    const char *why = pa_hmac_sha256(secret, pa_bytes_text("private key, 1"), bits);
    numbers n;

    if (!why)
        why = pa_hmac_sha256(secret, pa_bytes_text("private key, 2"), bits + PA_SHA256_LEN);
    if (why)
        return why;
    ERR_set_mark();
    if (numbers_new(&n) && calculate(&n, bits, sizeof(bits))) {
        *jwk = apr_psprintf(
            pool, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\",\"d\":\"%s\"}",
            encode(pool, n.x), encode(pool, n.y), encode(pool, n.d));
        pa_wipe(pool, *jwk, strlen(*jwk));
    }
    else
        why = "OpenSSL derives no key";
    numbers_free(&n);
    OPENSSL_cleanse(bits, sizeof(bits));
    ERR_pop_to_mark();
    return why;
}
