/* session_cookie.c: see session_cookie.h. A sealed session is cut in pieces, a cookie each. The
 * first begins with their number, so that one of a longer session that a browser still has is not
 * read; what lacks a piece, or has them in another order, cannot be unsealed. */
#include "session_cookie.h"

#include <apr_strings.h>

#include "ended_sessions.h"
#include "session_copy.h"

/* The text in all pieces; empty when one is missing. */
static pa_bytes join(const pa_visit *visit, apr_pool_t *pool)
{
    const pa_bytes *pieces = visit->pieces;
    int count = pieces[0].len ? pieces[0].at[0] - '0' : 0;
    pa_bytes rest;
    apr_size_t len;
    unsigned char *text, *at;

    if (count < 1 || count > PA_COOKIE_PIECES)
        return pa_bytes_of("", 0);
    rest = pa_bytes_of(pieces[0].at + 1, pieces[0].len - 1);
    if (count == 1)
        return rest;
    len = rest.len;
    for (int i = 1; i < count; i++)
        len += pieces[i].len;
    text = at = apr_palloc(pool, len);
    memcpy(at, rest.at, rest.len);
    at += rest.len;
    for (int i = 1; i < count; i++) {
        if (!pieces[i].len)
            return pa_bytes_of("", 0);
        memcpy(at, pieces[i].at, pieces[i].len);
        at += pieces[i].len;
    }
    return pa_bytes_of(text, len);
}

static apr_status_t read_copy(request_rec *r, pa_visit *visit, pa_session **out)
{
    pa_bytes text = join(visit, r->pool);

    return text.len ? pa_session_copy_open(r, visit, text, out) : APR_SUCCESS;
}

/* Sets the cookies of `text`, and ends those beyond it that the browser brought. */
static void set_pieces(request_rec *r, const pa_visit *visit, const char *text)
{
    apr_size_t len = strlen(text), count = (len + PA_COOKIE_PIECE_LEN) / PA_COOKIE_PIECE_LEN;

    text = apr_psprintf(r->pool, "%d%s", (int)count, text);
    for (int i = 0; i < (int)count; i++) {
        const char *from = text + i * PA_COOKIE_PIECE_LEN;

        pa_visit_set_session_cookie(r, visit->settings, i,
                                    apr_pstrndup(r->pool, from, PA_COOKIE_PIECE_LEN));
    }
    for (int i = (int)count; i < PA_COOKIE_PIECES; i++)
        if (visit->brought & 1U << i)
            pa_visit_set_session_cookie(r, visit->settings, i, NULL);
    /* Cookies are set with pages that anybody may see, too; no cache may hand them on. */
    apr_table_mergen(r->err_headers_out, "Cache-Control", "private");
}

static apr_status_t write_copy(request_rec *r, pa_visit *visit, const pa_session *session)
{
    const char *text;
    /* One character is the number of pieces. */
    apr_status_t rv =
        pa_session_copy_make(r, visit, session, visit->settings->cookie_room - 1, &text);

    if (rv == APR_SUCCESS)
        set_pieces(r, visit, text);
    return rv;
}

static apr_status_t create(request_rec *r, pa_visit *visit, const pa_session *session)
{
    apr_status_t rv = pa_session_copy_renew(r, visit, session);

    if (rv == APR_SUCCESS)
        rv = write_copy(r, visit, session);
    if (rv != APR_SUCCESS)
        visit->id[0] = '\0';
    return rv;
}

static apr_status_t end(request_rec *r, pa_visit *visit)
{
    apr_status_t rv = pa_session_copy_end(r, visit);

    for (int i = 0; i < PA_COOKIE_PIECES; i++)
        if (i == 0 || visit->brought & 1U << i)
            pa_visit_set_session_cookie(r, visit->settings, i, NULL);
    return rv;
}

const pa_session_backend pa_session_cookie = {
    .read = read_copy,
    .create = create,
    .rewrite = write_copy,
    .end = end,
    .end_by = pa_ended_sessions_end_by,
};
