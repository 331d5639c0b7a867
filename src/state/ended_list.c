/* ended_list.c: the record's layout. All integers are little-endian.
 *   version (1 byte) | written (8) | watermark (8) | entries, oldest first
 * An entry: kind (1) | hash (11) | time (8) | seconds to keep it (4) */
#include "ended_list.h"

#define VERSION 1
#define HEAD_LEN 17
#define ENTRY_LEN 24
#define ID_LEN (1 + PA_ENDED_NAME_LEN)

static apr_time_t time_of(const unsigned char *entry)
{
    return (apr_time_t)pa_bytes_number(entry + ID_LEN, 8);
}

static apr_time_t end_of(const unsigned char *entry)
{
    return (apr_time_t)(pa_bytes_number(entry + ID_LEN, 8)
                        + APR_USEC_PER_SEC * pa_bytes_number(entry + ID_LEN + 8, 4));
}

const char *pa_ended_list_read(pa_bytes record, pa_ended_list *out)
{
    if (record.len < HEAD_LEN || record.at[0] != VERSION
        || (record.len - HEAD_LEN) % ENTRY_LEN != 0)
        return "it is damaged, or of another version";
    out->written = (apr_time_t)pa_bytes_number(record.at + 1, 8);
    out->watermark = (apr_time_t)pa_bytes_number(record.at + 9, 8);
    out->entries = record.at + HEAD_LEN;
    out->count = (record.len - HEAD_LEN) / ENTRY_LEN;
    return NULL;
}

static int is_named(const unsigned char *entry, const pa_ended_name *name)
{
    return entry[0] == name->kind && memcmp(entry + 1, name->hash, PA_ENDED_NAME_LEN) == 0;
}

int pa_ended_list_ends(const pa_ended_list *list, const pa_ended_name *names, int count,
                       apr_time_t created)
{
    if (created <= list->watermark)
        return 1;
    for (apr_size_t i = 0; i < list->count; i++) {
        const unsigned char *entry = list->entries + i * ENTRY_LEN;

        for (int n = 0; n < count; n++)
            if (is_named(entry, &names[n])
                && (names[n].kind != PA_ENDED_SUB || created <= time_of(entry)))
                return 1;
    }
    return 0;
}

static unsigned char *append(unsigned char *at, const pa_ended_name *name, apr_time_t now,
                             apr_interval_time_t span)
{
    at[0] = (unsigned char)name->kind;
    memcpy(at + 1, name->hash, PA_ENDED_NAME_LEN);
    pa_bytes_put_number(at + ID_LEN, (apr_uint64_t)now, 8);
    pa_bytes_put_number(at + ID_LEN + 8, (apr_uint64_t)(apr_time_sec(span) + 1), 4);
    return at + ENTRY_LEN;
}

pa_bytes pa_ended_list_write(apr_pool_t *pool, const pa_ended_list *list, const pa_ended_name *name,
                             apr_time_t now, apr_interval_time_t span)
{
    unsigned char *record = apr_palloc(pool, HEAD_LEN + (list->count + 1) * ENTRY_LEN);
    unsigned char *at = record + HEAD_LEN;
    apr_time_t watermark = list->watermark;
    apr_size_t left = 0;

    for (apr_size_t i = 0; i < list->count; i++) {
        const unsigned char *entry = list->entries + i * ENTRY_LEN;

        /* A new entry of the same name takes its place. */
        if (end_of(entry) <= now || (name && is_named(entry, name)))
            continue;
        memcpy(at, entry, ENTRY_LEN);
        at += ENTRY_LEN;
        left++;
    }
    if (name && left >= PA_ENDED_MAX) {
        apr_size_t drop = left + 1 - PA_ENDED_MAX;
        unsigned char *first = record + HEAD_LEN;

        for (apr_size_t i = 0; i < drop; i++)
            if (time_of(first + i * ENTRY_LEN) > watermark)
                watermark = time_of(first + i * ENTRY_LEN);
        memmove(first, first + drop * ENTRY_LEN, (left - drop) * ENTRY_LEN);
        at -= drop * ENTRY_LEN;
    }
    if (name)
        at = append(at, name, now, span);
    record[0] = VERSION;
    pa_bytes_put_number(record + 1, (apr_uint64_t)now, 8);
    pa_bytes_put_number(record + 9, (apr_uint64_t)watermark, 8);
    return pa_bytes_of(record, (apr_size_t)(at - record));
}
