/* session_record.c: the record's layout. All integers are little-endian.
 *   version (1 byte) | times (8 each, in the order of `times`) | texts (in the order of `texts`)
 *   | count of variables (4) | name, value of each
 * A text is its length plus one (4 bytes; 0 when there is none), its bytes and a NUL, so that
 * decoding copies nothing. */
#include "session_record.h"

#include <stddef.h>
#include <apr_strings.h>

#define VERSION 2

static const size_t times[] = {
    offsetof(pa_session, created),
    offsetof(pa_session, touched),
    offsetof(pa_session, auth_time),
    offsetof(pa_session, access_expires),
};

static const size_t texts[] = {
    offsetof(pa_session, provider),     offsetof(pa_session, issuer),
    offsetof(pa_session, sub),          offsetof(pa_session, sid),
    offsetof(pa_session, acr),          offsetof(pa_session, id_token),
    offsetof(pa_session, access_token), offsetof(pa_session, refresh_token),
    offsetof(pa_session, dpop_key),     offsetof(pa_session, entries),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static apr_size_t text_size(const char *text)
{
    return 4 + (text ? strlen(text) + 1 : 0);
}

static unsigned char *write_text(unsigned char *at, const char *text)
{
    apr_size_t size = text ? strlen(text) + 1 : 0;

    at = pa_bytes_put_number(at, size, 4);
    if (size)
        memcpy(at, text, size);
    return at + size;
}

static const char *text_at(const pa_session *session, size_t offset)
{
    return *(const char *const *)((const char *)session + offset);
}

static apr_size_t record_size(const pa_session *session)
{
    apr_size_t size = 1 + 8 * COUNT(times) + 4;

    for (size_t i = 0; i < COUNT(texts); i++)
        size += text_size(text_at(session, texts[i]));
    for (unsigned int i = 0; i < session->variable_count; i++)
        size += text_size(session->variables[i].name) + text_size(session->variables[i].value);
    return size;
}

/* The one to go first: all claims in one, which each of them also is; else the longest. */
static unsigned int first_to_go(const pa_session *session)
{
    unsigned int longest = 0;

    for (unsigned int i = 0; i < session->variable_count; i++) {
        if (strcmp(session->variables[i].name, "PLUSAUTH_USERINFO") == 0)
            return i;
        if (strlen(session->variables[i].value) > strlen(session->variables[longest].value))
            longest = i;
    }
    return longest;
}

int pa_session_record_fit(pa_session *session)
{
    int left_out = 0;

    for (; record_size(session) > PA_SESSION_RECORD_MAX; left_out++) {
        pa_variable *goes, gone;

        if (session->variable_count == 0)
            break;
        goes = &session->variables[first_to_go(session)];
        gone = *goes;
        *goes = session->variables[--session->variable_count];
        session->variables[session->variable_count] = gone;
    }
    return left_out;
}

const char *pa_session_record_encode(apr_pool_t *pool, const pa_session *session, pa_bytes *out)
{
    apr_size_t size = record_size(session);
    unsigned char *record, *at;

    if (size > PA_SESSION_RECORD_MAX)
        return apr_psprintf(pool,
                            "the session takes %" APR_SIZE_T_FMT " bytes, more than the %d of"
                            " a record",
                            size, PA_SESSION_RECORD_MAX);
    if (session->variable_count > PA_SESSION_VARIABLES_MAX)
        return "the session has too many claims";
    record = at = apr_palloc(pool, size);
    *at++ = VERSION;
    for (size_t i = 0; i < COUNT(times); i++)
        at = pa_bytes_put_number(
            at, (apr_uint64_t) * (const apr_time_t *)((const char *)session + times[i]), 8);
    for (size_t i = 0; i < COUNT(texts); i++)
        at = write_text(at, text_at(session, texts[i]));
    at = pa_bytes_put_number(at, session->variable_count, 4);
    for (unsigned int i = 0; i < session->variable_count; i++) {
        at = write_text(at, session->variables[i].name);
        at = write_text(at, session->variables[i].value);
    }
    *out = pa_bytes_of(record, size);
    return NULL;
}

/* Where decoding stands. Once the record turned out too short, `at` is `end` and `bad` is set. */
typedef struct reader {
    const unsigned char *at;
    const unsigned char *end;
    int bad;
} reader;

static const char *fail(reader *in)
{
    in->at = in->end;
    in->bad = 1;
    return NULL;
}

/* Not a loop: compilers make one load of it. */
static apr_uint32_t number_at(const unsigned char *at)
{
    return (apr_uint32_t)at[0] | (apr_uint32_t)at[1] << 8 | (apr_uint32_t)at[2] << 16
           | (apr_uint32_t)at[3] << 24;
}

static apr_uint32_t read_number(reader *in)
{
    const unsigned char *at = in->at;

    if (in->end - at < 4) {
        fail(in);
        return 0;
    }
    in->at = at + 4;
    return number_at(at);
}

static apr_time_t read_time(reader *in)
{
    apr_uint64_t low = read_number(in), high = read_number(in);

    return (apr_time_t)(low | high << 32);
}

static inline const char *read_text(reader *in)
{
    const unsigned char *text = in->at + 4;
    apr_size_t size;

    if (in->end - in->at < 4)
        return fail(in);
    size = number_at(in->at);
    if (size == 0) {
        in->at = text;
        return NULL;
    }
    if ((apr_size_t)(in->end - text) < size || text[size - 1] != '\0')
        return fail(in);
    in->at = text + size;
    return (const char *)text;
}

static void read_variables(apr_pool_t *pool, reader *in, pa_session *session)
{
    apr_uint32_t count = read_number(in);

    if (count > PA_SESSION_VARIABLES_MAX)
        fail(in);
    if (in->bad)
        return;
    session->variables = apr_palloc(pool, count * sizeof(pa_variable));
    for (session->variable_count = 0; session->variable_count < count; session->variable_count++) {
        pa_variable *variable = &session->variables[session->variable_count];

        variable->name = read_text(in);
        variable->value = read_text(in);
        if (!variable->name || !variable->value) {
            fail(in);
            return;
        }
    }
}

const char *pa_session_record_decode(apr_pool_t *pool, pa_bytes record, pa_session **out)
{
    reader in = { record.at + 1, record.at + record.len, 0 };
    pa_session *session;

    if (record.len == 0 || record.at[0] != VERSION)
        return "the session's record is of another version";
    session = apr_pcalloc(pool, sizeof(*session));
    for (size_t i = 0; i < COUNT(times); i++)
        *(apr_time_t *)((char *)session + times[i]) = read_time(&in);
    for (size_t i = 0; i < COUNT(texts); i++)
        *(const char **)((char *)session + texts[i]) = read_text(&in);
    read_variables(pool, &in, session);
    if (in.bad || in.at != in.end)
        return "the session's record is damaged";
    *out = session;
    return NULL;
}

const char *pa_session_claim(const pa_session *session, const char *name)
{
    static const char prefix[] = PA_CLAIM_PREFIX;

    for (unsigned int i = 0; i < session->variable_count; i++) {
        const pa_variable *variable = &session->variables[i];

        if (strncmp(variable->name, prefix, sizeof(prefix) - 1) == 0
            && strcmp(variable->name + sizeof(prefix) - 1, name) == 0)
            return variable->value;
    }
    return NULL;
}
