/* session_sealed.c: see session_sealed.h. What is sealed:
 *   form (1 byte) | [length when inflated (4, little-endian)] | id and record, as they are or
 *   deflated */
#include "session_sealed.h"

#include <apr_strings.h>
#include <zlib.h>

#include "../base/base64url.h"

#define FORM_PLAIN 0
#define FORM_DEFLATED 1
#define HEAD_MAX 5
#define BODY_MAX (PA_SESSION_ID_LEN + PA_SESSION_RECORD_MAX)
/* Nothing longer is looked at. */
#define TEXT_MAX ((HEAD_MAX + BODY_MAX + PA_SEAL_OVERHEAD) / 3 * 4 + 4)
/* The usual one: higher levels take longer and save a hundredth. */
#define LEVEL 6

/* The body deflated, when that makes it shorter; else as it is. */
static pa_bytes shorten(apr_pool_t *pool, pa_bytes body)
{
    unsigned char *made = apr_palloc(pool, HEAD_MAX + body.len);
    uLongf room = body.len - HEAD_MAX;

    pa_bytes_put_number(made + 1, body.len, 4);
    made[0] = FORM_DEFLATED;
    if (compress2(made + HEAD_MAX, &room, body.at, body.len, LEVEL) == Z_OK)
        return pa_bytes_of(made, HEAD_MAX + room);
    made[0] = FORM_PLAIN;
    memcpy(made + 1, body.at, body.len);
    return pa_bytes_of(made, 1 + body.len);
}

/* Bounded before anything is inflated, and by the length that was sealed. */
static const char *inflate_body(apr_pool_t *pool, pa_bytes form, pa_bytes *out)
{
    uLongf len, inflated;
    unsigned char *body;

    if (form.len < HEAD_MAX)
        return "the sealed session is cut off";
    len = (uLongf)pa_bytes_number(form.at + 1, 4);
    if (len > BODY_MAX)
        return "the sealed session is too long";
    body = apr_palloc(pool, len + 1);
    inflated = len;
    if (uncompress(body, &inflated, form.at + HEAD_MAX, form.len - HEAD_MAX) != Z_OK
        || inflated != len)
        return "the sealed session cannot be inflated";
    *out = pa_bytes_of(body, len);
    return NULL;
}

static const char *open_form(apr_pool_t *pool, pa_bytes form, pa_bytes *out)
{
    if (form.len == 0)
        return "the sealed session is empty";
    if (form.at[0] == FORM_DEFLATED)
        return inflate_body(pool, form, out);
    if (form.at[0] != FORM_PLAIN)
        return "the sealed session is of another version";
    *out = pa_bytes_of(form.at + 1, form.len - 1);
    return NULL;
}

static const char *encode(apr_pool_t *pool, const pa_session_seal *seal, const char *id,
                          const pa_session *session, const char **out)
{
    pa_bytes record, body, sealed;
    unsigned char *bytes;
    const char *why = pa_session_record_encode(pool, session, &record);

    if (why)
        return why;
    bytes = apr_palloc(pool, PA_SESSION_ID_LEN + record.len);
    memcpy(bytes, id, PA_SESSION_ID_LEN);
    memcpy(bytes + PA_SESSION_ID_LEN, record.at, record.len);
    body = pa_bytes_of(bytes, PA_SESSION_ID_LEN + record.len);
    if ((why = pa_seal(pool, seal->keys, seal->realm, shorten(pool, body), &sealed)))
        return why;
    *out = pa_base64url_encode(pool, sealed);
    return NULL;
}

const char *pa_session_sealed_encode(apr_pool_t *pool, const pa_session_seal *seal, const char *id,
                                     const pa_session *session, apr_size_t longest,
                                     const char **out, const char **left_out)
{
    pa_session less = *session;
    const struct {
        const char **token;
        const char *name;
    } tokens[] = { { &less.access_token, "access token" },
                   { &less.refresh_token, "refresh token" },
                   { &less.id_token, "ID token" } };
    const char *text = NULL, *names = NULL;
    const char *why = encode(pool, seal, id, &less, &text);

    for (int i = 0; i < 3 && (why || strlen(text) > longest); i++) {
        if (!*tokens[i].token)
            continue;
        *tokens[i].token = NULL;
        names = names ? apr_pstrcat(pool, names, ", ", tokens[i].name, NULL) : tokens[i].name;
        why = encode(pool, seal, id, &less, &text);
    }
    if (why)
        return why;
    if (strlen(text) > longest)
        return apr_psprintf(pool,
                            "the session takes %" APR_SIZE_T_FMT " characters without its tokens, "
                            "and %" APR_SIZE_T_FMT " fit",
                            strlen(text), longest);
    *out = text;
    *left_out = names;
    return NULL;
}

const char *pa_session_sealed_decode(apr_pool_t *pool, const pa_session_seal *seal, pa_bytes text,
                                     char *id, pa_session **out)
{
    pa_bytes sealed, form, body = { NULL, 0 };
    const char *why;

    if (text.len > TEXT_MAX)
        return "the sealed session is too long";
    if ((why = pa_base64url_decode(pool, (const char *)text.at, text.len, &sealed))
        || (why = pa_unseal(pool, seal->keys, seal->realm, sealed, &form))
        || (why = open_form(pool, form, &body)))
        return why;
    if (body.len < PA_SESSION_ID_LEN)
        return "the sealed session is cut off";
    why = pa_session_record_decode(
        pool, pa_bytes_of(body.at + PA_SESSION_ID_LEN, body.len - PA_SESSION_ID_LEN), out);
    if (why)
        return why;
    memcpy(id, body.at, PA_SESSION_ID_LEN);
    id[PA_SESSION_ID_LEN] = '\0';
    return NULL;
}
