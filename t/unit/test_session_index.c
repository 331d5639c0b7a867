/* test_session_index.c: who is ended by which sid and sub, and what other servers can do between
 * two steps of ours. */
#include "visit_names.h"

#include "../../src/state/logout_memory.c"
#include "../../src/state/session_index.c"

#include "memory_socache.h"
#include "tap.h"

#define HOUR ((apr_time_t)3600 * APR_USEC_PER_SEC)
#define LONGEST 40960

static ap_socache_instance_t *memory;
static pa_visit_settings settings = { .lifetime = HOUR };

/* What another server does just before our next record is stored, once. */
static struct {
    void (*act)(apr_pool_t *pool);
    pa_cache *theirs;
} between;

/* Records on other servers: each write is one step, and others come between our reading and it. */
static apr_status_t far_get(void *store, const unsigned char *key, apr_pool_t *pool, pa_bytes *out)
{
    unsigned int len = LONGEST;
    unsigned char *buffer = apr_palloc(pool, LONGEST + 1);
    apr_status_t rv = memory_retrieve(store, NULL, key, PA_CACHE_KEY_LEN, buffer, &len, pool);

    if (rv == APR_SUCCESS)
        *out = pa_bytes_of(buffer, len);
    return rv;
}

static apr_status_t far_put(void *store, const unsigned char *key, apr_time_t expiry,
                            pa_bytes value, apr_pool_t *pool)
{
    return memory_store(store, NULL, key, PA_CACHE_KEY_LEN, expiry, (unsigned char *)value.at,
                        (unsigned int)value.len, pool);
}

static void let_others_act(apr_pool_t *pool)
{
    void (*act)(apr_pool_t *) = between.act;

    between.act = NULL;
    if (act)
        act(pool);
}

static apr_status_t far_add(void *store, const unsigned char *key, apr_time_t expiry,
                            pa_bytes value, apr_pool_t *pool)
{
    let_others_act(pool);
    return memory_find(store, key) ? APR_EEXIST : far_put(store, key, expiry, value, pool);
}

static apr_status_t far_replace(void *store, const unsigned char *key, apr_time_t expiry,
                                pa_bytes present, pa_bytes value, apr_pool_t *pool)
{
    const struct memory_record *record;

    let_others_act(pool);
    record = memory_find(store, key);
    if (!record || record->len != present.len || memcmp(record->data, present.at, present.len))
        return APR_EEXIST;
    return far_put(store, key, expiry, value, pool);
}

static apr_status_t far_remove(void *store, const unsigned char *key, apr_pool_t *pool)
{
    return memory_remove(store, NULL, key, PA_CACHE_KEY_LEN, pool);
}

static const pa_store_provider far_provider = {
    .get = far_get, .put = far_put, .add = far_add, .replace = far_replace, .remove = far_remove
};

/* The key of the record of a session by name: its first byte is that of the name. */
static const unsigned char *key_of(apr_pool_t *pool, const char *name)
{
    unsigned char *key = apr_pcalloc(pool, PA_CACHE_KEY_LEN);

    apr_cpystrn((char *)key, name, PA_CACHE_KEY_LEN);
    return key;
}

static pa_session session_of(const char *provider, const char *sub, const char *sid)
{
    apr_time_t now = apr_time_now();

    return (pa_session){ .provider = provider,
                         .issuer = "https://op",
                         .sub = sub,
                         .sid = sid,
                         .created = now,
                         .touched = now };
}

/* A login: its record, then its notes. */
static apr_status_t begin(apr_pool_t *pool, const char *name, const pa_session *session)
{
    const unsigned char *key = key_of(pool, name);

    pa_cache_put(settings.sessions, key, session->created + HOUR, pa_bytes_text("record"), pool);
    return pa_session_index_add(&settings, session, key, pool);
}

static void sign_in(apr_pool_t *pool, const char *name, const char *provider, const char *sub,
                    const char *sid)
{
    pa_session session = session_of(provider, sub, sid);

    if (begin(pool, name, &session) != APR_SUCCESS)
        ok(0, "%s signs in", name);
}

static int lives(apr_pool_t *pool, const char *name)
{
    pa_bytes record;

    return pa_cache_get(settings.sessions, key_of(pool, name), pool, &record) == APR_SUCCESS;
}

/* How many lived until then. */
static int end(apr_pool_t *pool, const char *provider, const char *sub, const char *sid)
{
    const char *client = pa_session_index_client(pool, provider, "https://op");
    pa_bytes ended;

    if (pa_session_index_end(&settings, client, sub, sid, &ended, pool) != APR_SUCCESS)
        return -1;
    return (int)(ended.len / PA_CACHE_KEY_LEN);
}

static void only(apr_pool_t *pool, const char *living, const char *all)
{
    for (; *all; all++) {
        const char name[] = { *all, '\0' };

        ok(lives(pool, name) == (strchr(living, *all) != NULL), "%s %s", name,
           strchr(living, *all) ? "lives" : "has ended");
    }
}

static void everybody(apr_pool_t *pool)
{
    memory_clear(memory);
    sign_in(pool, "a", "", "ada", "sid-a");
    sign_in(pool, "b", "", "ada", "sid-b");
    sign_in(pool, "c", "", "ada", NULL);
    sign_in(pool, "d", "", "grace", "sid-d");
    sign_in(pool, "e", "other", "ada", "sid-a");
    sign_in(pool, "f", "", "ada\nsid", "sid-b\n");
}

static void test_whose(apr_pool_t *pool)
{
    everybody(pool);
    ok(end(pool, "", "ada", "sid-a") == 1, "a sid ends one, whatever sub says");
    only(pool, "bcdef", "abcdef");
    ok(end(pool, "", NULL, "sid-a") == 0, "and again none");
    ok(end(pool, "", "ada", NULL) == 2, "a sub ends what is left of it");
    only(pool, "def", "abcdef");
    ok(end(pool, "", "sid-d", NULL) == 0, "a sid is no sub");
    ok(end(pool, "", NULL, "grace") == 0, "nor a sub a sid");
    ok(end(pool, "", "Grace", NULL) == 0, "cases differ");
    ok(end(pool, "none", "grace", NULL) == 0, "another client has none");
    only(pool, "def", "abcdef");
    ok(end(pool, "other", "ada", NULL) == 1, "the other client's");
    only(pool, "df", "abcdef");
    ok(!memory_holds(memory, "ada") && !memory_holds(memory, "sid-"), "the store tells no names");
    settings.realm[0] = 'x';
    ok(end(pool, "", "grace", NULL) == 0, "another virtual host's clients have none");
    settings.realm[0] = '\0';
    only(pool, "df", "abcdef");
}

static void test_again(apr_pool_t *pool)
{
    pa_session session;

    everybody(pool);
    end(pool, "", "ada", NULL);
    sign_in(pool, "a", "", "ada", "sid-a2");
    ok(lives(pool, "a"), "who signs in after a logout is in");
    end(pool, "", NULL, "sid-d");
    sign_in(pool, "d", "", "grace", "sid-d");
    ok(lives(pool, "d"), "also under the same sid");
    session = session_of("", "grace", "sid-d");
    ok(pa_session_index_add(&settings, &session, key_of(pool, "d"), pool) == APR_SUCCESS,
       "a note may be made again");
    ok(end(pool, "", "grace", NULL) == 1, "and counts once");
}

/* A login that began before a logout came, and is written after it. */
static void test_late_login(apr_pool_t *pool)
{
    pa_session late = session_of("", "ada", "sid-l"), other = session_of("", "grace", "sid-m");

    memory_clear(memory);
    ok(end(pool, "", NULL, "sid-l") == 0, "a logout of a sid that is not there yet");
    ok(begin(pool, "l", &late) == APR_SUCCESS, "its login comes to its end");
    ok(!lives(pool, "l"), "and is none");
    ok(begin(pool, "m", &other) == APR_SUCCESS && lives(pool, "m"), "another one is");
    other = session_of("", "grace", "sid-n");
    end(pool, "", "grace", NULL);
    begin(pool, "n", &other);
    ok(!lives(pool, "n"), "the same by sub");
}

static void test_many(apr_pool_t *pool)
{
    int i, count = NOTES_MAX + 1;
    apr_pool_t *scratch;

    memory_clear(memory);
    sign_in(pool, "x-first", "", "ada", NULL);
    apr_pool_create(&scratch, pool);
    for (i = 1; i < count; i++) {
        pa_session session = session_of("", "ada", NULL);

        /* Only notes: the store of this test is small. */
        apr_pool_clear(scratch);
        pa_session_index_add(&settings, &session, key_of(scratch, apr_psprintf(scratch, "x%d", i)),
                             scratch);
        if (i == count - 2)
            ok(lives(pool, "x-first"), "%d sessions in one entry", count - 1);
    }
    apr_pool_destroy(scratch);
    ok(!lives(pool, "x-first"), "one more, and the oldest ends: none lives that cannot be ended");
    sign_in(pool, "y", "", "ada", NULL);
    sign_in(pool, "x1", "", "ada", NULL);
    ok(end(pool, "", "ada", NULL) == 2, "all entries of a user are ended");
    only(pool, "", "y");
}

/* Notes leave with the sessions that they name. */
static void test_old_notes(apr_pool_t *pool)
{
    pa_session old = session_of("", "ada", "sid");
    int i;

    memory_clear(memory);
    old.created -= 2 * HOUR;
    for (i = 0; i < 50; i++)
        pa_session_index_add(&settings, &old, key_of(pool, apr_psprintf(pool, "z%d", i)), pool);
    sign_in(pool, "z", "", "ada", "sid");
    for (i = 0; i < MEMORY_RECORDS; i++)
        if (memory->records[i].data && memory->records[i].len > 2 * sizeof(note))
            ok(0, "an entry of %u bytes for one session", memory->records[i].len);
    ok(end(pool, "", "ada", NULL) == 1, "one session is noted");
}

static void test_down(apr_pool_t *pool)
{
    pa_session session = session_of("", "ada", "sid");

    everybody(pool);
    memory->down = 1;
    ok(end(pool, "", "ada", NULL) == -1, "a store that is down ends nothing, and says so");
    ok(pa_session_index_add(&settings, &session, key_of(pool, "g"), pool) != APR_SUCCESS,
       "nor does it note anything");
    memory->down = 0;
    ok(end(pool, "", "ada", NULL) == 3, "up again it does");
}

static void test_sealed(apr_pool_t *pool)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(const char *));
    const char *name = "a record's key of some length";
    int i, forged = 0;

    sign_in(pool, name, "", "ada", NULL);
    ok(memory_holds(memory, name), "in memory of our own entries name records");
    APR_ARRAY_PUSH(secrets, const char *) = "a secret that seals";
    is(pa_seal_keys_derive(pool, secrets, "test", &settings.record_keys), NULL, "keys");
    everybody(pool);
    sign_in(pool, name, "", "ada", NULL);
    ok(!memory_holds(memory, name), "elsewhere they are sealed");
    ok(end(pool, "", "ada", NULL) == 4, "and read again");
    everybody(pool);
    for (i = 0; i < MEMORY_RECORDS; i++) {
        struct memory_record *record = &memory->records[i];

        if (record->data && record->len > sizeof(note)) {
            record->data[record->len / 2] ^= 1;
            forged++;
        }
    }
    ok(forged > 0 && end(pool, "", "ada", NULL) == 0, "what was not made here names nothing");
    only(pool, "abcdef", "abcdef");
    settings.record_keys = NULL;
}

static void their_login(apr_pool_t *pool)
{
    sign_in(pool, "a2", "", "ada", "shared");
}

static void their_logout(apr_pool_t *pool)
{
    end(pool, "", NULL, "shared");
}

static void test_far(apr_pool_t *pool)
{
    pa_cache *near = settings.sessions;
    pa_session session;

    settings.sessions = pa_cache_create_remote(pool, &far_provider, memory, "far", LONGEST);
    test_whose(pool);
    test_late_login(pool);
    memory_clear(memory);
    session = session_of("", "ada", "shared");
    pa_cache_put(settings.sessions, key_of(pool, "a1"), session.created + HOUR,
                 pa_bytes_text("record"), pool);
    between.act = their_login;
    ok(pa_session_index_add(&settings, &session, key_of(pool, "a1"), pool) == APR_SUCCESS,
       "two servers note at once");
    ok(!between.act, "between our reading and writing");
    ok(end(pool, "", NULL, "shared") == 2, "and both can be ended");
    memory_clear(memory);
    session = session_of("", "ada", "shared");
    pa_cache_put(settings.sessions, key_of(pool, "a1"), session.created + HOUR,
                 pa_bytes_text("record"), pool);
    between.act = their_logout;
    pa_session_index_add(&settings, &session, key_of(pool, "a1"), pool);
    ok(!between.act, "a logout between our reading and writing");
    ok(!lives(pool, "a1"), "finds the session, or the session finds it");
    settings.sessions = near;
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    settings.sessions = memory_cache(pool, LONGEST, &memory);
    test_whose(pool);
    test_again(pool);
    test_late_login(pool);
    test_many(pool);
    test_old_notes(pool);
    test_down(pool);
    test_sealed(pool);
    test_far(pool);
    return tap_end();
}
