/* session_index.c: an entry is notes, one after the other, newest last. It can name records that
 * have ended meanwhile; they leave it when their time would have come anyway.
 *
 * Beside it a logout leaves its time, which a login that was on its way finds: whichever of the two
 * writes last, one of them sees the other. */
#include "session_index.h"

#include <apr_strings.h>

#include "logout_memory.h"

/* The sessions of one user are spread over so many entries, by the first byte of their keys. */
#define SUB_ENTRIES 256
/* In one entry. When there are more, the session that is oldest there ends, so that none lives that
 * could not be ended. */
#define NOTES_MAX 800

typedef struct note {
    unsigned char record[PA_CACHE_KEY_LEN]; /* key of the session's record */
    apr_time_t until;                       /* it cannot live longer */
} note;

/* One session that is to be noted in one entry. */
typedef struct addition {
    const pa_visit_settings *settings;
    const unsigned char *key; /* of the entry */
    note note;
    apr_time_t now;
    note oldest; /* the one that had to make room; until is 0 when none had to */
} addition;

const char *pa_session_index_client(apr_pool_t *pool, const char *provider, const char *issuer)
{
    return apr_pstrcat(pool, provider, "\n", issuer, NULL);
}

/* The key of the entry for a record; of a sid it is always the same. */
static const char *entry_key(const pa_visit_settings *settings, const char *kind,
                             const char *client, const char *value, unsigned int number,
                             apr_pool_t *pool, unsigned char *out)
{
    if (strcmp(kind, "sub") == 0)
        kind = apr_psprintf(pool, "sub %u", number % SUB_ENTRIES);
    return pa_visit_hash_name(settings, kind, client, value, pool, out);
}

/* An entry as the store keeps it, and back. One that was not made here names nothing. */
static apr_array_header_t *open_entry(const pa_visit_settings *settings, const unsigned char *key,
                                      pa_bytes stored, apr_pool_t *pool)
{
    apr_array_header_t *notes = apr_array_make(pool, 1, sizeof(note));

    if ((settings->record_keys
         && pa_unseal(pool, settings->record_keys, pa_bytes_of(key, PA_CACHE_KEY_LEN), stored,
                      &stored))
        || stored.len % sizeof(note))
        return notes;
    for (apr_size_t at = 0; at < stored.len; at += sizeof(note))
        memcpy(apr_array_push(notes), stored.at + at, sizeof(note));
    return notes;
}

static const char *close_entry(const pa_visit_settings *settings, const unsigned char *key,
                               const apr_array_header_t *notes, apr_pool_t *pool, pa_bytes *out)
{
    *out = pa_bytes_of(notes->elts, (apr_size_t)notes->nelts * sizeof(note));
    return settings->record_keys
               ? pa_seal(pool, settings->record_keys, pa_bytes_of(key, PA_CACHE_KEY_LEN), *out, out)
               : NULL;
}

static int is_of(const note *known, const unsigned char *record)
{
    return memcmp(known->record, record, PA_CACHE_KEY_LEN) == 0;
}

/* The notes that are still of use, and ours as the newest. */
static apr_status_t append(void *context, pa_bytes present, apr_pool_t *pool, pa_bytes *out)
{
    addition *add = context;
    apr_array_header_t *before = open_entry(add->settings, add->key, present, pool);
    apr_array_header_t *after = apr_array_make(pool, before->nelts + 1, sizeof(note));

    for (int i = 0; i < before->nelts; i++) {
        const note *known = &APR_ARRAY_IDX(before, i, note);

        if (known->until > add->now && !is_of(known, add->note.record))
            APR_ARRAY_PUSH(after, note) = *known;
    }
    APR_ARRAY_PUSH(after, note) = add->note;
    add->oldest.until = 0;
    if (after->nelts > NOTES_MAX) {
        add->oldest = APR_ARRAY_IDX(after, 0, note);
        after->elts += sizeof(note);
        after->nelts--;
    }
    return close_entry(add->settings, add->key, after, pool, out) ? APR_EGENERAL : APR_SUCCESS;
}

static apr_status_t add_note(addition *add, apr_time_t expiry, apr_pool_t *pool)
{
    apr_status_t rv = pa_cache_update(add->settings->sessions, add->key, expiry, append, add, pool);

    if (rv == APR_SUCCESS && add->oldest.until)
        rv = pa_logout_memory_end(add->settings, add->oldest.record, pool);
    return rv;
}

static apr_status_t mark_logout(const pa_visit_settings *settings, const char *kind,
                                const char *client, const char *value, apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    apr_time_t now = apr_time_now();

    if (pa_visit_hash_name(settings, apr_pstrcat(pool, kind, " ended", NULL), client, value, pool,
                           key))
        return APR_EGENERAL;
    return pa_cache_put(settings->sessions, key, now + settings->lifetime,
                        pa_bytes_of(&now, sizeof(now)), pool);
}

/* APR_SUCCESS and *out, the time of the last logout: 0 for never. */
static apr_status_t last_logout(const pa_visit_settings *settings, const char *kind,
                                const char *client, const char *value, apr_pool_t *pool,
                                apr_time_t *out)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    apr_status_t rv;
    pa_bytes stored;

    *out = 0;
    if (pa_visit_hash_name(settings, apr_pstrcat(pool, kind, " ended", NULL), client, value, pool,
                           key))
        return APR_EGENERAL;
    rv = pa_cache_get(settings->sessions, key, pool, &stored);
    if (rv == APR_SUCCESS && stored.len == sizeof(*out))
        memcpy(out, stored.at, sizeof(*out));
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* Notes the record under one name, then ends it if its provider meant it meanwhile. */
static apr_status_t add_name(const pa_visit_settings *settings, const pa_session *session,
                             const char *kind, const char *value, const unsigned char *record,
                             apr_pool_t *pool)
{
    const char *client = pa_session_index_client(pool, session->provider, session->issuer);
    unsigned char key[PA_CACHE_KEY_LEN];
    addition add = { .settings = settings,
                     .key = key,
                     .note.until = session->created + settings->lifetime,
                     .now = session->touched };
    apr_time_t logout;
    apr_status_t rv;

    memcpy(add.note.record, record, PA_CACHE_KEY_LEN);
    if (entry_key(settings, kind, client, value, record[0], pool, key))
        return APR_EGENERAL;
    if ((rv = add_note(&add, session->touched + settings->lifetime, pool)) != APR_SUCCESS
        || (rv = last_logout(settings, kind, client, value, pool, &logout)) != APR_SUCCESS)
        return rv;
    return logout >= session->created ? pa_logout_memory_end(settings, record, pool) : APR_SUCCESS;
}

apr_status_t pa_session_index_add(const pa_visit_settings *settings, const pa_session *session,
                                  const unsigned char *record, apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    if (session->sid)
        rv = add_name(settings, session, "sid", session->sid, record, scratch);
    if (rv == APR_SUCCESS)
        rv = add_name(settings, session, "sub", session->sub, record, scratch);
    apr_pool_destroy(scratch);
    return rv;
}

/* Ends the session of a note. *live tells whether it had lived until then. */
static apr_status_t end_note(const pa_visit_settings *settings, const note *known, apr_pool_t *pool,
                             int *live)
{
    pa_bytes record;
    apr_status_t rv = pa_cache_get(settings->sessions, known->record, pool, &record);

    *live = rv == APR_SUCCESS;
    if (rv == APR_SUCCESS)
        return pa_logout_memory_end(settings, known->record, pool);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* Ends all that one entry names, and collects the keys of those that lived. The entry stays: to
 * take it away could take away a note that is just being added. */
static apr_status_t end_entry(const pa_visit_settings *settings, const unsigned char *key,
                              apr_array_header_t *ended, apr_pool_t *pool)
{
    const apr_array_header_t *notes;
    pa_bytes stored;
    apr_status_t rv = pa_cache_get(settings->sessions, key, pool, &stored);
    apr_pool_t *scratch;

    if (rv != APR_SUCCESS)
        return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
    notes = open_entry(settings, key, stored, pool);
    apr_pool_create(&scratch, pool);
    for (int i = 0; i < notes->nelts && rv == APR_SUCCESS; i++) {
        const note *known = &APR_ARRAY_IDX(notes, i, note);
        int live;

        apr_pool_clear(scratch);
        rv = end_note(settings, known, scratch, &live);
        if (live)
            memcpy(apr_array_push(ended), known->record, PA_CACHE_KEY_LEN);
    }
    return rv;
}

apr_status_t pa_session_index_end(const pa_visit_settings *settings, const char *client,
                                  const char *sub, const char *sid, pa_bytes *ended,
                                  apr_pool_t *pool)
{
    apr_array_header_t *keys = apr_array_make(pool, 4, PA_CACHE_KEY_LEN);
    const char *kind = sid ? "sid" : "sub", *value = sid ? sid : sub;
    apr_status_t rv = mark_logout(settings, kind, client, value, pool);
    unsigned int entries = sid ? 1 : SUB_ENTRIES;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    for (unsigned int number = 0; number < entries && rv == APR_SUCCESS; number++) {
        unsigned char key[PA_CACHE_KEY_LEN];

        apr_pool_clear(scratch);
        rv = entry_key(settings, kind, client, value, number, scratch, key)
                 ? APR_EGENERAL
                 : end_entry(settings, key, keys, scratch);
    }
    apr_pool_destroy(scratch);
    *ended = pa_bytes_of(keys->elts, (apr_size_t)keys->nelts * PA_CACHE_KEY_LEN);
    return rv;
}
