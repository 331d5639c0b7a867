/* session_index.c: an entry is the keys of records, one after the other, newest last. It can name
 * records that have ended meanwhile: ending them again does no harm, and they leave when the entry
 * is full. */
#include "session_index.h"

#include "session_store.h"

/* Of one user: a browser each. When there are more, the session that is oldest here ends, so that
 * none lives that could not be ended. */
#define SESSIONS_MAX 256
#define NOTE_TRIES 5

/* An entry as the store keeps it, and back. One that was not made here ends nothing. */
static pa_bytes open_entry(const pa_visit_settings *settings, const unsigned char *key,
                           pa_bytes stored, apr_pool_t *pool)
{
    if (settings->record_keys
        && pa_unseal(pool, settings->record_keys, pa_bytes_of(key, PA_CACHE_KEY_LEN), stored,
                     &stored))
        return pa_bytes_of("", 0);
    return stored.len % PA_CACHE_KEY_LEN ? pa_bytes_of("", 0) : stored;
}

static const char *close_entry(const pa_visit_settings *settings, const unsigned char *key,
                               pa_bytes *keys, apr_pool_t *pool)
{
    return settings->record_keys ? pa_seal(pool, settings->record_keys,
                                           pa_bytes_of(key, PA_CACHE_KEY_LEN), *keys, keys)
                                 : NULL;
}

static int holds(pa_bytes keys, const unsigned char *record)
{
    for (apr_size_t i = 0; i < keys.len; i += PA_CACHE_KEY_LEN)
        if (memcmp(keys.at + i, record, PA_CACHE_KEY_LEN) == 0)
            return 1;
    return 0;
}

/* One session that is to be noted in one entry. */
typedef struct addition {
    const pa_visit_settings *settings;
    const unsigned char *key;    /* of the entry */
    const unsigned char *record; /* key of the session's record */
    const unsigned char *oldest; /* the one that had to make room, or NULL */
} addition;

static apr_status_t append(void *context, pa_bytes present, apr_pool_t *pool, pa_bytes *out)
{
    addition *add = context;
    pa_bytes keys = open_entry(add->settings, add->key, present, pool);
    unsigned char *longer;

    add->oldest = NULL;
    if (!holds(keys, add->record)) {
        if (keys.len >= SESSIONS_MAX * PA_CACHE_KEY_LEN) {
            add->oldest = keys.at;
            keys = pa_bytes_of(keys.at + PA_CACHE_KEY_LEN, keys.len - PA_CACHE_KEY_LEN);
        }
        longer = apr_palloc(pool, keys.len + PA_CACHE_KEY_LEN);
        memcpy(longer, keys.at, keys.len);
        memcpy(longer + keys.len, add->record, PA_CACHE_KEY_LEN);
        keys = pa_bytes_of(longer, keys.len + PA_CACHE_KEY_LEN);
    }
    *out = keys;
    return close_entry(add->settings, add->key, out, pool) ? APR_EGENERAL : APR_SUCCESS;
}

/* Whether the entry names the record now. */
static int is_noted(const addition *add, apr_pool_t *pool)
{
    pa_bytes stored;

    return pa_cache_get(add->settings->sessions, add->key, pool, &stored) == APR_SUCCESS
           && holds(open_entry(add->settings, add->key, stored, pool), add->record);
}

/* Where the store has no lock, another server's note may have replaced ours: then once more. */
static apr_status_t note(addition *add, apr_time_t expiry, apr_pool_t *pool)
{
    pa_cache *sessions = add->settings->sessions;

    for (int tries = 0; tries < NOTE_TRIES; tries++) {
        apr_status_t rv = pa_cache_update(sessions, add->key, expiry, append, add, pool);

        if (rv == APR_SUCCESS && add->oldest)
            rv = pa_session_store_end(add->settings, add->oldest, pool);
        if (rv != APR_SUCCESS || pa_cache_is_locked(sessions) || is_noted(add, pool))
            return rv;
    }
    return APR_EAGAIN;
}

apr_status_t pa_session_index_add(const pa_visit_settings *settings, const pa_session *session,
                                  const unsigned char *record, apr_pool_t *pool)
{
    const char *const names[][2] = { { "sid", session->sid }, { "sub", session->sub } };
    apr_time_t expiry = session->touched + settings->lifetime;
    unsigned char key[PA_CACHE_KEY_LEN];

    for (int i = 0; i < 2; i++) {
        apr_status_t rv;

        if (!names[i][1])
            continue;
        if (pa_visit_hash_name(settings, names[i][0], session->issuer, names[i][1], pool, key))
            return APR_EGENERAL;
        if ((rv = note(&(addition){ settings, key, record, NULL }, expiry, pool)) != APR_SUCCESS)
            return rv;
    }
    return APR_SUCCESS;
}

/* APR_SUCCESS, or APR_NOTFOUND for a session that is no more. */
static apr_status_t is_live(const pa_visit_settings *settings, const unsigned char *key,
                            apr_pool_t *pool)
{
    apr_pool_t *scratch;
    apr_status_t rv;
    pa_bytes record;

    apr_pool_create(&scratch, pool);
    rv = pa_cache_get(settings->sessions, key, scratch, &record);
    apr_pool_destroy(scratch);
    return rv;
}

/* Ends the sessions of these keys. What an entry names can have ended long ago. */
static apr_status_t end_all(const pa_visit_settings *settings, pa_bytes keys, pa_bytes *ended,
                            apr_pool_t *pool)
{
    unsigned char *lived = apr_palloc(pool, keys.len);

    *ended = pa_bytes_of(lived, 0);
    for (apr_size_t i = 0; i < keys.len; i += PA_CACHE_KEY_LEN) {
        apr_status_t rv = is_live(settings, keys.at + i, pool);
        int live = rv == APR_SUCCESS;

        if (live || rv == APR_NOTFOUND)
            rv = pa_session_store_end(settings, keys.at + i, pool);
        if (rv != APR_SUCCESS)
            return rv;
        if (live) {
            memcpy(lived + ended->len, keys.at + i, PA_CACHE_KEY_LEN);
            ended->len += PA_CACHE_KEY_LEN;
        }
    }
    return APR_SUCCESS;
}

apr_status_t pa_session_index_end(const pa_visit_settings *settings, const char *issuer,
                                  const char *sub, const char *sid, pa_bytes *ended,
                                  apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    apr_status_t rv;
    pa_bytes keys;

    *ended = pa_bytes_of("", 0);
    if (pa_visit_hash_name(settings, sid ? "sid" : "sub", issuer, sid ? sid : sub, pool, key))
        return APR_EGENERAL;
    rv = pa_cache_get(settings->sessions, key, pool, &keys);
    if (rv != APR_SUCCESS)
        return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
    keys = open_entry(settings, key, keys, pool);
    if ((rv = end_all(settings, keys, ended, pool)) != APR_SUCCESS)
        return rv;
    return pa_cache_remove(settings->sessions, key, pool);
}
