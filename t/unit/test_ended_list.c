/* test_ended_list.c: what was ended stays ended, and a full list forgets nobody. */
#include "../../src/state/ended_list.h"

#include "tap.h"

#define SPAN apr_time_from_sec(3600)
#define NOON apr_time_from_sec(1795532940)

static pa_ended_name session_named(const char *hash)
{
    return (pa_ended_name){ PA_ENDED_SESSION, (const unsigned char *)hash };
}

static int ends(pa_bytes record, pa_ended_name name, apr_time_t created)
{
    pa_ended_list list;

    return pa_ended_list_read(record, &list) ? -1 : pa_ended_list_ends(&list, &name, 1, created);
}

static pa_bytes add(apr_pool_t *pool, pa_bytes record, pa_ended_name name, apr_time_t now)
{
    pa_ended_list list = { 0 };

    if (record.len)
        is(pa_ended_list_read(record, &list), NULL, "a list");
    return pa_ended_list_write(pool, &list, &name, now, SPAN);
}

static const pa_bytes none = { NULL, 0 };

static void test_kinds(apr_pool_t *pool)
{
    pa_ended_name sub = { PA_ENDED_SUB, (const unsigned char *)"hash of a sub" };
    pa_ended_name sid = { PA_ENDED_SID, (const unsigned char *)"hash of a sid" };
    pa_bytes record = add(pool, none, session_named("hash of an id"), NOON);

    ok(ends(record, session_named("hash of an id"), NOON - 1) == 1, "an ended session");
    ok(ends(record, session_named("hash of an id"), NOON + 1) == 1,
       "is ended whatever its server's clock says");
    ok(ends(record, session_named("hash of no id"), NOON - 1) == 0, "another is not");
    ok(ends(record, (pa_ended_name){ PA_ENDED_SID, (const unsigned char *)"hash of an id" }, 1)
           == 0,
       "nor is another kind of the same hash");
    record = add(pool, add(pool, record, sub, NOON + 5), sid, NOON + 6);
    ok(ends(record, sub, NOON + 5) == 1, "a sub ends sessions that were made before it");
    ok(ends(record, sub, NOON + 6) == 0, "and no later ones");
    ok(ends(record, sid, NOON + 99) == 1, "a sid ends all of it");
    ok(ends(record, session_named("hash of an id"), NOON - 1) == 1, "the first is still there");
}

static void test_age(apr_pool_t *pool)
{
    pa_bytes record = add(pool, none, session_named("hash of an id"), NOON);
    pa_bytes later = add(pool, record, session_named("another hash"), NOON + SPAN - 1);

    ok(ends(later, session_named("hash of an id"), 1) == 1, "is kept for its span");
    later = add(pool, record, session_named("another hash"), NOON + SPAN + apr_time_from_sec(2));
    ok(ends(later, session_named("hash of an id"), 1) == 0, "and leaves when that is over");
    ok(later.len == record.len, "altogether");
    later = add(pool, record, session_named("hash of an id"), NOON + 7);
    ok(later.len == record.len, "and is there once, however often it was ended");
}

static void test_full(apr_pool_t *pool)
{
    pa_bytes record = none;
    pa_ended_list list = { 0 };
    char hash[16];

    for (int i = 0; i < PA_ENDED_MAX + 3; i++) {
        pa_ended_name name = session_named(hash);

        snprintf(hash, sizeof(hash), "%011d", i);
        if (i > 0 && pa_ended_list_read(record, &list))
            ok(0, "a list");
        record = pa_ended_list_write(pool, &list, &name, NOON + i, SPAN);
    }
    is(pa_ended_list_read(record, &list), NULL, "a full list");
    ok(list.count == PA_ENDED_MAX, "holds %d entries", (int)list.count);
    ok(record.len <= 32768, "in %d bytes", (int)record.len);
    ok(list.watermark == NOON + 2, "its watermark is the time of the last that left");
    ok(ends(record, session_named("00000000000"), NOON - 1) == 1, "which are ended all the same");
    ok(ends(record, session_named("never mentioned"), NOON + 2) == 1, "with all of their time");
    ok(ends(record, session_named("never mentioned"), NOON + 3) == 0, "but none that is later");
    ok(ends(record, session_named("00000000003"), NOON + 9) == 1, "the others are listed");
    record = pa_ended_list_write(pool, &list, NULL, NOON + 9 * SPAN, SPAN);
    is(pa_ended_list_read(record, &list), NULL, "read again");
    ok(list.count == 0 && list.watermark == NOON + 2, "once all are over the watermark is left");
}

static void test_damaged(apr_pool_t *pool)
{
    pa_bytes record = add(pool, none, session_named("hash of an id"), NOON);
    pa_ended_list list;
    int taken = 0;

    for (apr_size_t len = 0; len < record.len; len++)
        taken += len != 17 && !pa_ended_list_read(pa_bytes_of(record.at, len), &list);
    ok(taken == 0, "nothing cut off is a list");
    ((unsigned char *)record.at)[0]++;
    has(pa_ended_list_read(record, &list), "version", "nor one of another version");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_kinds(pool);
    test_age(pool);
    test_full(pool);
    test_damaged(pool);
    return tap_end();
}
