/* jwk.c: a provider's public keys (RFC 7517), and the name that a key has in itself (RFC 7638).
 *
 * A key set is data from the network: a key that is odd in any way is left out rather than mended,
 * and a key that is for one purpose is never taken for another. */
#include "jwk.h"

#include <apr_strings.h>

#include "base64url.h"
#include "crypto.h"
#include "json.h"
#include "key.h"

/* RFC 7517 4.3: absent, or a list with one of `ops` (which ends with NULL) in it. */
static int permits(const json_t *jwk, const char *const *ops)
{
    const json_t *list = json_object_get(jwk, "key_ops");

    if (!list)
        return 1;
    for (; json_is_array(list) && *ops; ops++)
        if (pa_json_holds(jwk, "key_ops", *ops))
            return 1;
    return 0;
}

/* RFC 7517 4.2: `use` is there and is nothing but that text. */
static int is_used(const json_t *jwk, const char *use)
{
    return json_is_string(json_object_get(jwk, "use")) && pa_json_holds(jwk, "use", use);
}

static int is_for_signatures(const json_t *jwk)
{
    static const char *const ops[] = { "verify", NULL };

    return (!json_object_get(jwk, "use") || is_used(jwk, "sig")) && permits(jwk, ops);
}

/* OpenID Connect Core 10.2: a key to encrypt to says so. One that only does not say what it is for
 * is a signature key that nobody marked. */
static int is_for_encryption(const json_t *jwk)
{
    static const char *const ops[] = { "encrypt", "wrapKey", "deriveKey", "deriveBits", NULL };
    const char *alg = pa_json_text(jwk, "alg");
    const int said =
        is_used(jwk, "enc") || (!json_object_get(jwk, "use") && alg && pa_jwe_alg_named(alg));

    return said && permits(jwk, ops);
}

/* What every key of a provider must be before it is looked at closely. */
static const char *read_kid(apr_pool_t *pool, const json_t *jwk, const char **kid)
{
    const json_t *member = json_object_get(jwk, "kid");

    if (!pa_json_text(jwk, "kty"))
        return "no key: it has no kty";
    if (member && !json_is_string(member))
        return "a key whose kid is no string";
    if (json_object_get(jwk, "d"))
        return "a private key, published: it is nobody's secret any more";
    *kid = member ? apr_pstrdup(pool, json_string_value(member)) : NULL;
    return NULL;
}

/* The key's own `alg` (RFC 7517 4.4), which narrows what its type allows; NULL for none. */
static const char *read_alg(const json_t *jwk, const char **alg)
{
    const json_t *member = json_object_get(jwk, "alg");

    if (member && !json_is_string(member))
        return "a key whose alg is no string";
    *alg = json_string_value(member);
    return NULL;
}

/* A key for Ed25519 makes no other signatures than one for EdDSA. */
static pa_alg_set algs_of(const char *alg)
{
    pa_alg_set named = pa_alg_named(alg);

    return named & PA_ALGS_EDDSA ? PA_ALGS_EDDSA : named;
}

const char *pa_jwk_parse(apr_pool_t *pool, const json_t *jwk, pa_jwk **out)
{
    const int verifies = is_for_signatures(jwk), encrypts = is_for_encryption(jwk);
    pa_jwk *key = apr_pcalloc(pool, sizeof(*key));
    const pa_key_kind *kind;
    const char *alg, *why;

    if ((why = read_kid(pool, jwk, &key->kid)))
        return why;
    if (!verifies && !encrypts)
        return "a key that is for neither signatures nor encryption (use, key_ops)";
    if ((why = pa_key_read_public(pool, jwk, &kind, &key->key)) || (why = read_alg(jwk, &alg)))
        return why;
    if (encrypts)
        key->jwe_algs = kind->jwe_algs & (alg ? pa_jwe_alg_named(alg) : ~0u);
    else
        key->algs = kind->algs & (alg ? algs_of(alg) : ~0u);
    if (!key->algs && !key->jwe_algs)
        return "a key whose alg is unknown or not of its type";
    *out = key;
    return NULL;
}

const char *pa_jwks_parse(apr_pool_t *pool, pa_bytes text, apr_array_header_t **out)
{
    apr_array_header_t *usable = apr_array_make(pool, 4, sizeof(const pa_jwk *));
    const json_t *keys;
    json_t *set;
    const char *why = pa_json_object_parse(pool, text, &set);

    if (why)
        return why;
    keys = json_object_get(set, "keys");
    if (!json_is_array(keys))
        return "no key set: it has no array `keys`";
    for (size_t i = 0; i < json_array_size(keys) && i < PA_JWKS_MAX; i++) {
        pa_jwk *key;

        if (!pa_jwk_parse(pool, json_array_get(keys, i), &key))
            APR_ARRAY_PUSH(usable, const pa_jwk *) = key;
    }
    *out = usable;
    return NULL;
}

/* RFC 7638 3.2, RFC 8037 section 2; pa_json_dump puts them in the order that 3.1 wants. */
static const char *const thumbprint_members[][5] = {
    { "RSA", "kty", "n", "e", NULL },
    { "EC", "kty", "crv", "x", "y" },
    { "OKP", "kty", "crv", "x", NULL },
};

static const char *reduce(const json_t *jwk, json_t *out)
{
    const char *kty = pa_json_text(jwk, "kty");
    apr_size_t i, j;

    for (i = 0; kty && i < sizeof(thumbprint_members) / sizeof(*thumbprint_members); i++) {
        if (strcmp(thumbprint_members[i][0], kty) != 0)
            continue;
        for (j = 1; j < 5 && thumbprint_members[i][j]; j++) {
            const char *text = pa_json_text(jwk, thumbprint_members[i][j]);

            if (!text || json_object_set_new(out, thumbprint_members[i][j], json_string(text)))
                return "a member of the key is missing";
        }
        return NULL;
    }
    return "a key type that is not supported";
}

const char *pa_jwk_thumbprint(apr_pool_t *pool, const json_t *jwk, const char **out)
{
    unsigned char digest[PA_SHA256_LEN];
    json_t *reduced = pa_json_own(pool, json_object());
    const char *text, *why;

    if ((why = reduce(jwk, reduced)))
        return why;
    text = pa_json_dump(pool, reduced, 0);
    if (!text)
        return "no memory";
    if ((why = pa_sha256(pa_bytes_text(text), digest)))
        return why;
    *out = pa_base64url_encode(pool, pa_bytes_of(digest, sizeof(digest)));
    return NULL;
}
