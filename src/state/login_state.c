/* login_state.c: the cookie's plain text is
 *   version (1) | kind (lower half) and slot (upper half) (1) | round (1)
 *   | begun (6, little-endian, ms) | max_age (4) | secret (16) | provider NUL return_to
 * The state parameter's is the same, with the mark instead of the secret, sealed for another
 * purpose: neither passes for the other. */
#include "login_state.h"

#include <apr_strings.h>

#include "../base/base64url.h"
#include "../base/crypto.h"

#define VERSION 3
#define FIXED (1 + 1 + 1 + 6 + 4 + PA_LOGIN_SECRET_LEN)
#define KIND_DONE 1
#define KIND_HOP 2
#define KIND_FINAL 3

#define SEALED_MAX (PA_LOGIN_COOKIE_MAX * 3 / 4)
#define TEXTS_MAX (SEALED_MAX - PA_SEAL_OVERHEAD - FIXED - 1)

const char PA_LOGIN_EXPIRED[] = "the login took too long";

static const pa_bytes for_cookie = { (const unsigned char *)"login", 5 };
static const pa_bytes for_parameter = { (const unsigned char *)"state", 5 };

/* One of the values that only who holds the secret can know: HMAC-SHA256(secret, name). */
static const char *derive_bytes(const pa_login_state *login, const char *name, unsigned char *mac)
{
    return pa_hmac_sha256(pa_bytes_of(login->secret, sizeof(login->secret)), pa_bytes_text(name),
                          mac);
}

static const char *derive(apr_pool_t *pool, const pa_login_state *login, const char *name,
                          const char **out)
{
    unsigned char mac[PA_SHA256_LEN];
    const char *why = derive_bytes(login, name, mac);

    if (why)
        return why;
    *out = pa_base64url_encode(pool, pa_bytes_of(mac, sizeof(mac)));
    pa_wipe(pool, *out, strlen(*out));
    return NULL;
}

static const char *derive_all(apr_pool_t *pool, pa_login_state *login)
{
    unsigned char digest[PA_SHA256_LEN];
    const char *why;

    pa_wipe(pool, login->secret, sizeof(login->secret));
    if ((why = derive_bytes(login, "state", digest)))
        return why;
    memcpy(login->mark, digest, sizeof(login->mark));
    if ((why = derive(pool, login, "nonce", &login->nonce))
        || (why = derive(pool, login, "code_verifier", &login->code_verifier)))
        return why;
    /* RFC 7636 4.2: S256 */
    if ((why = pa_sha256(pa_bytes_text(login->code_verifier), digest)))
        return why;
    login->code_challenge = pa_base64url_encode(pool, pa_bytes_of(digest, sizeof(digest)));
    return NULL;
}

/* As much of where to return to as the cookie holds: a query goes first. */
static const char *fitting(apr_pool_t *pool, const char *provider, const char *return_to)
{
    apr_size_t space = TEXTS_MAX - strlen(provider);
    apr_size_t path = strcspn(return_to, "?");

    if (strlen(return_to) <= space)
        return apr_pstrdup(pool, return_to);
    return path <= space ? apr_pstrmemdup(pool, return_to, path) : "/";
}

const char *pa_login_state_new(apr_pool_t *pool, const char *provider, const char *return_to,
                               apr_time_t now, pa_login_state **out)
{
    pa_login_state *login = apr_pcalloc(pool, sizeof(*login));
    const char *why = pa_random(login->secret, sizeof(login->secret));

    if (why)
        return why;
    if (strlen(provider) >= TEXTS_MAX)
        return "the provider's name is too long";
    login->begun = now;
    login->max_age = -1;
    login->provider = provider;
    login->return_to = fitting(pool, provider, return_to);
    if ((why = derive_all(pool, login)))
        return why;
    *out = login;
    return NULL;
}

static int kind_of(const pa_login_state *login)
{
    if (login->done)
        return KIND_DONE;
    if (login->hop)
        return KIND_HOP;
    return login->final ? KIND_FINAL : 0;
}

static const char *seal(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes purpose,
                        const pa_login_state *login, const unsigned char *secret_or_mark,
                        const char **out)
{
    apr_size_t provider = strlen(login->provider) + 1, path = strlen(login->return_to);
    unsigned char *plain = apr_palloc(pool, FIXED + provider + path), *at = plain;
    const char *why;
    pa_bytes sealed;

    pa_wipe(pool, plain, FIXED + provider + path);
    *at++ = VERSION;
    *at++ = (unsigned char)(kind_of(login) | login->slot << 4);
    *at++ = (unsigned char)login->round;
    at = pa_bytes_put_number(at, (apr_uint64_t)apr_time_as_msec(login->begun), 6);
    at = pa_bytes_put_number(at, (apr_uint32_t)login->max_age, 4);
    memcpy(at, secret_or_mark, PA_LOGIN_SECRET_LEN);
    at += PA_LOGIN_SECRET_LEN;
    memcpy(at, login->provider, provider);
    memcpy(at + provider, login->return_to, path);
    why = pa_seal(pool, keys, purpose, pa_bytes_of(plain, FIXED + provider + path), &sealed);
    if (why)
        return why;
    *out = pa_base64url_encode(pool, sealed);
    return NULL;
}

const char *pa_login_state_seal(apr_pool_t *pool, const pa_seal_keys *keys,
                                const pa_login_state *login, const char **out)
{
    return seal(pool, keys, for_cookie, login, login->secret, out);
}

const char *pa_login_state_parameter(apr_pool_t *pool, const pa_seal_keys *keys,
                                     const pa_login_state *login, const char **out)
{
    return seal(pool, keys, for_parameter, login, login->mark, out);
}

/* The plain text was authenticated, so that its layout is ours. pa_unseal put a NUL after it. */
static pa_login_state *read_plain(apr_pool_t *pool, pa_bytes plain, const unsigned char **secret)
{
    const unsigned char *at = plain.at;
    pa_login_state *login = apr_pcalloc(pool, sizeof(*login));

    if (plain.len <= FIXED || at[0] != VERSION || !memchr(at + FIXED, '\0', plain.len - FIXED))
        return NULL;
    login->done = (at[1] & 15) == KIND_DONE;
    login->hop = (at[1] & 15) == KIND_HOP;
    login->final = (at[1] & 15) == KIND_FINAL;
    login->slot = at[1] >> 4;
    login->round = at[2];
    login->begun = apr_time_from_msec((apr_time_t)pa_bytes_number(at + 3, 6));
    login->max_age = (int)pa_bytes_number(at + 9, 4);
    *secret = at + 13;
    login->provider = (const char *)at + FIXED;
    login->return_to = login->provider + strlen(login->provider) + 1;
    return login;
}

static const char *open_sealed(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes purpose,
                               pa_bytes value, apr_time_t now, const unsigned char **secret,
                               pa_login_state **out)
{
    pa_login_state *login;
    pa_bytes sealed, plain;
    const char *why;

    if (value.len > PA_LOGIN_COOKIE_MAX)
        return "the login is too long";
    if ((why = pa_base64url_decode(pool, (const char *)value.at, value.len, &sealed))
        || (why = pa_unseal(pool, keys, purpose, sealed, &plain)))
        return why;
    if (!(login = read_plain(pool, plain, secret)) || login->slot >= PA_LOGIN_SLOTS)
        return "the login is of another version";
    if (login->begun < now - PA_LOGIN_LIFETIME || login->begun > now + apr_time_from_sec(60))
        return PA_LOGIN_EXPIRED;
    *out = login;
    return NULL;
}

const char *pa_login_state_open(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes value,
                                apr_time_t now, pa_login_state **out)
{
    const unsigned char *secret;
    pa_login_state *login;
    const char *why = open_sealed(pool, keys, for_cookie, value, now, &secret, &login);

    if (why)
        return why;
    memcpy(login->secret, secret, sizeof(login->secret));
    if ((why = derive_all(pool, login)))
        return why;
    *out = login;
    return NULL;
}

const char *pa_login_state_open_parameter(apr_pool_t *pool, const pa_seal_keys *keys,
                                          pa_bytes value, apr_time_t now, pa_login_state **out)
{
    const unsigned char *mark;
    pa_login_state *login;
    const char *why = open_sealed(pool, keys, for_parameter, value, now, &mark, &login);

    if (why)
        return why;
    memcpy(login->mark, mark, sizeof(login->mark));
    *out = login;
    return NULL;
}
