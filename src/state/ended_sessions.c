/* ended_sessions.c: see ended_sessions.h. A list that should be there and is not, or that is none
 * of ours, counts as one that ended everything until now: who is signed in signs in again, and
 * nobody who signed out is signed in. */
#include "ended_sessions.h"

#include "../base/crypto.h"
#include "session_index.h"

/* No store keeps it longer by itself (socache.c), so that it is written anew, once an hour: then it
 * is also sealed with the first of the keys. */
#define LIST_KEPT apr_time_from_sec(30 * 86400)
#define LIST_FRESH apr_time_from_sec(3600)
/* How much longer than a session can live without use its entry stays: longer than any request that
 * is on its way takes, and than the clocks of servers differ. */
#define MARGIN apr_time_from_sec(300)
/* One change of the list. */
typedef struct change {
    const pa_visit_settings *settings;
    const unsigned char *key;  /* of the list's record */
    const pa_ended_name *name; /* to be added; NULL: none */
    apr_time_t before;         /* the watermark of a list that was lost */
    apr_time_t now;
} change;

static const char *list_key(const pa_visit_settings *settings, apr_pool_t *pool, unsigned char *key)
{
    return pa_visit_hash_name(settings, "ended", "", "", pool, key);
}

/* After so long without use a session has ended by itself. */
static apr_interval_time_t span_of(const pa_visit_settings *settings)
{
    apr_interval_time_t idle = settings->idle, lifetime = settings->lifetime;

    return (idle < lifetime ? idle : lifetime) + MARGIN;
}

/* The list in a record; what to make of it when there is none, or none that we sealed. */
static void open_list(const change *what, pa_bytes record, apr_pool_t *pool, pa_ended_list *list)
{
    const pa_seal_keys *keys = what->settings->record_keys;

    *list = (pa_ended_list){ .watermark = what->before };
    if (record.len == 0) {
        if (what->settings->forgets)
            list->watermark = 0;
        return;
    }
    if (keys && pa_unseal(pool, keys, pa_bytes_of(what->key, PA_CACHE_KEY_LEN), record, &record))
        return;
    if (pa_ended_list_read(record, list))
        *list = (pa_ended_list){ .watermark = what->before };
}

static apr_status_t edit(void *context, pa_bytes present, apr_pool_t *pool, pa_bytes *out)
{
    const change *what = context;
    const pa_seal_keys *keys = what->settings->record_keys;
    pa_ended_list list;

    open_list(what, present, pool, &list);
    *out = pa_ended_list_write(pool, &list, what->name, what->now, span_of(what->settings));
    if (keys && pa_seal(pool, keys, pa_bytes_of(what->key, PA_CACHE_KEY_LEN), *out, out))
        return APR_EGENERAL;
    return APR_SUCCESS;
}

static apr_status_t apply(change *what, apr_pool_t *pool)
{
    return pa_cache_update(what->settings->sessions, what->key, what->now + LIST_KEPT, edit, what,
                           pool);
}

/* The list as it is now; written when it is missing where it should not be, or old. */
static apr_status_t read_list(change *what, apr_pool_t *pool, pa_ended_list *list)
{
    pa_bytes record = { (const unsigned char *)"", 0 };
    apr_status_t rv = pa_cache_get(what->settings->sessions, what->key, pool, &record);

    if (rv != APR_SUCCESS && rv != APR_NOTFOUND)
        return rv;
    open_list(what, record, pool, list);
    if (list->written + LIST_FRESH > what->now || (record.len == 0 && what->settings->forgets))
        return APR_SUCCESS;
    return apply(what, pool);
}

apr_status_t pa_ended_sessions_begin(const pa_visit_settings *settings, const pa_session *session,
                                     apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    pa_ended_list list;

    if (list_key(settings, pool, key))
        return APR_EGENERAL;
    return read_list(&(change){ settings, key, NULL, session->created - 1, apr_time_now() }, pool,
                     &list);
}

apr_status_t pa_ended_sessions_ask(const pa_visit_settings *settings, const pa_session *session,
                                   const unsigned char *session_key, apr_pool_t *pool, int *ended)
{
    unsigned char key[PA_CACHE_KEY_LEN], sid[PA_CACHE_KEY_LEN], sub[PA_CACHE_KEY_LEN];
    pa_ended_name names[3] = { { PA_ENDED_SESSION, session_key } };
    apr_time_t now = apr_time_now();
    pa_ended_list list;
    const char *client;
    apr_status_t rv;
    int count = 1;

    if (list_key(settings, pool, key))
        return APR_EGENERAL;
    if ((rv = read_list(&(change){ settings, key, NULL, now, now }, pool, &list)) != APR_SUCCESS)
        return rv;
    if (list.count > 0 && session->sub) {
        client = pa_session_index_client(pool, session->provider, session->issuer);
        if (session->sid) {
            if (pa_visit_hash_name(settings, "sid", client, session->sid, pool, sid))
                return APR_EGENERAL;
            names[count++] = (pa_ended_name){ PA_ENDED_SID, sid };
        }
        if (pa_visit_hash_name(settings, "sub", client, session->sub, pool, sub))
            return APR_EGENERAL;
        names[count++] = (pa_ended_name){ PA_ENDED_SUB, sub };
    }
    *ended = pa_ended_list_ends(&list, names, count, session->created);
    return APR_SUCCESS;
}

static apr_status_t add(const pa_visit_settings *settings, const pa_ended_name *name,
                        apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    apr_time_t now = apr_time_now();

    if (list_key(settings, pool, key))
        return APR_EGENERAL;
    return apply(&(change){ settings, key, name, now, now }, pool);
}

apr_status_t pa_ended_sessions_add(const pa_visit_settings *settings, const unsigned char *key,
                                   apr_pool_t *pool)
{
    return add(settings, &(pa_ended_name){ PA_ENDED_SESSION, key }, pool);
}

apr_status_t pa_ended_sessions_end_by(const pa_visit_settings *settings, const char *client,
                                      const char *sub, const char *sid, pa_bytes *ended,
                                      apr_pool_t *pool)
{
    unsigned char hash[PA_CACHE_KEY_LEN];

    *ended = pa_bytes_of("", 0);
    if (pa_visit_hash_name(settings, sid ? "sid" : "sub", client, sid ? sid : sub, pool, hash))
        return APR_EGENERAL;
    return add(settings, &(pa_ended_name){ sid ? PA_ENDED_SID : PA_ENDED_SUB, hash }, pool);
}
