/* document.c: the cache holds up to five records for a document: the document itself; a lease, held
 * by the request that fetches; a mark of a failure just now; and for each kind of renewal a mark
 * that it happened just now. A request that would not be allowed to fetch does not ask for the
 * lease. Requests that do not get it use the stale copy, or watch the cache until there is a newer
 * one. Where the cache itself fails, every request fetches for itself. */
#include "document.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/crypto.h"
#include "../base/text.h"

#define WATCH_INTERVAL apr_time_from_msec(50)
#define LEASE_RESERVE apr_time_from_sec(1) /* the lease outlasts the fetch */
#define TYPE_SHOWN 100
#define REASON_MAX 500 /* of a failure, as others are told it */

typedef enum {
    KEY_DOCUMENT,
    KEY_LEASE,
    KEY_FAILED,
    KEY_RENEWED, /* for the provider; KEY_RENEWED + 1 for strangers */
    KEY_COUNT = KEY_RENEWED + PA_RENEW_KINDS - 1
} key_role;

/* One call of pa_document_get. */
typedef struct inquiry {
    const pa_document *document;
    apr_pool_t *pool;
    pa_renewal renewal;
    apr_interval_time_t renew_interval;
    unsigned char keys[KEY_COUNT][PA_CACHE_KEY_LEN];
    int have; /* whether there is one to fall back on, older than what is wanted */
    apr_time_t fetched;
    pa_bytes held;
} inquiry;

/* Servers that trust different CAs for one URL do not share what they fetched. */
static const char *make_keys(inquiry *q)
{
    const pa_document *d = q->document;
    const char *ca_file = d->provider->http.ca_file;
    for (int role = 0; role < KEY_COUNT; role++) {
        const char *text = apr_psprintf(q->pool, "plusauth 3 %s %d\n%s\n%s", d->what, role,
                                        ca_file ? ca_file : "", d->url);
        const char *why = pa_sha256(pa_bytes_text(text), q->keys[role]);
        if (why)
            return why;
    }
    return NULL;
}

/* Reads a record into the inquiry's pool. The cache reads into a buffer for the longest there may
 * be, which must not pile up while somebody waits. */
static apr_status_t read_record(const inquiry *q, key_role role, pa_bytes *out)
{
    apr_pool_t *scratch;
    pa_bytes record;
    apr_pool_create(&scratch, q->pool);
    const apr_status_t rv =
        pa_cache_get(q->document->client->documents, q->keys[role], scratch, &record);
    if (rv == APR_SUCCESS)
        *out = pa_bytes_of(apr_pmemdup(q->pool, record.at, record.len + 1), record.len);
    apr_pool_destroy(scratch);
    return rv;
}

static void write_record(const inquiry *q, key_role role, apr_interval_time_t keep,
                         const void *head, apr_size_t head_len, pa_bytes rest)
{
    unsigned char *record = apr_palloc(q->pool, head_len + rest.len);
    memcpy(record, head, head_len);
    memcpy(record + head_len, rest.at, rest.len);
    /* when it cannot be kept, the next one asks again */
    (void)pa_cache_put(q->document->client->documents, q->keys[role], apr_time_now() + keep,
                       pa_bytes_of(record, head_len + rest.len), q->pool);
}

/* Looks for a document newer than the one that is held, and holds it. */
static apr_status_t look(inquiry *q)
{
    pa_bytes record;
    apr_time_t fetched;
    const apr_status_t rv = read_record(q, KEY_DOCUMENT, &record);
    if (rv != APR_SUCCESS)
        return rv;
    if (record.len <= sizeof(fetched))
        return APR_NOTFOUND;
    memcpy(&fetched, record.at, sizeof(fetched));
    if (q->have && fetched == q->fetched)
        return APR_NOTFOUND;
    q->have = 1;
    q->fetched = fetched;
    q->held = pa_bytes_of(record.at + sizeof(fetched), record.len - sizeof(fetched));
    return APR_SUCCESS;
}

/* The failure that somebody else met less than PA_DOCUMENT_PAUSE ago; NULL for none. */
static const pa_fault *recent_failure(const inquiry *q)
{
    pa_bytes record;
    if (read_record(q, KEY_FAILED, &record) != APR_SUCCESS || record.len < 1)
        return NULL;
    const pa_fault_kind kind =
        record.at[0] <= PA_FAULT_OURS ? (pa_fault_kind)record.at[0] : PA_FAULT_NONSENSE;
    return pa_fault_new(q->pool, kind,
                        apr_pstrcat(q->pool, (const char *)record.at + 1,
                                    " (seconds ago; it is not asked again at once)", NULL));
}

static void mark_failure(const inquiry *q, const pa_fault *fault)
{
    const unsigned char kind = (unsigned char)fault->kind;
    const apr_size_t len = strlen(fault->why);
    write_record(q, KEY_FAILED, PA_DOCUMENT_PAUSE, &kind, 1,
                 pa_bytes_of(fault->why, len < REASON_MAX ? len : REASON_MAX));
}

static const pa_fault *nonsense(const inquiry *q, const char *why)
{
    return pa_fault_new(
        q->pool, PA_FAULT_NONSENSE,
        apr_psprintf(q->pool, "%s %s: %s", q->document->what, q->document->url, why));
}

static const pa_fault *fetch(const inquiry *q, pa_bytes *out)
{
    const pa_document *d = q->document;
    const pa_http_request request = { .url = d->url, .accept = d->accept, .max_body = d->max_body };
    pa_http_response response;
    const pa_fault *fault =
        pa_http_send(d->client->http, q->pool, &d->provider->http, &request, &response);
    if (fault) {
        return pa_fault_new(q->pool, fault->kind,
                            apr_psprintf(q->pool, "%s: %s", d->what, fault->why));
    }
    if (response.status != 200)
        return nonsense(q, apr_psprintf(q->pool, "status %d", response.status));
    /* RFC 7517 names a type, but demands none, and object stores serve text/plain: what is in it
     * decides. */
    const char *why = d->reduce(q->pool, d->provider, response.body, out);
    if (!why)
        return NULL;
    return nonsense(
        q, strstr(response.content_type, "json")
               ? why
               : apr_psprintf(q->pool, "%s (its Content-Type is \"%s\")", why,
                              pa_text_printable(q->pool, response.content_type, TYPE_SHOWN)));
}

static apr_status_t take_mark(const inquiry *q, key_role role, apr_interval_time_t keep)
{
    return pa_cache_add(q->document->client->documents, q->keys[role], apr_time_now() + keep,
                        pa_bytes_text("1"), q->pool);
}

static key_role renewed_key(const inquiry *q)
{
    return (key_role)(KEY_RENEWED + q->renewal - PA_RENEW_FOR_PROVIDER);
}

/* What is held, when there is nothing better to be had. */
static const pa_fault *settle(const inquiry *q, const pa_fault *fault, pa_bytes *out)
{
    if (fault && !q->have)
        return fault;
    *out = q->have ? q->held : pa_bytes_text("");
    return NULL;
}

/* There was no room to ask the provider, which says nothing of it: a renewal has not happened, and
 * without the newer keys nobody can say whether the token is genuine. */
static const pa_fault *not_asked(const inquiry *q, const pa_fault *fault, pa_bytes *out)
{
    if (!q->renewal)
        return settle(q, fault, out);
    (void)pa_cache_remove(q->document->client->documents, q->keys[renewed_key(q)], q->pool);
    return fault;
}

/* The lease is ours: fetches, unless there is no need any more, or it is not our turn. */
static const pa_fault *fetch_for_all(inquiry *q, pa_bytes *out)
{
    if (look(q) == APR_SUCCESS)
        return settle(q, NULL, out);
    const pa_fault *fault = recent_failure(q);
    if (fault)
        return settle(q, fault, out);
    if (q->renewal && take_mark(q, renewed_key(q), q->renew_interval) != APR_SUCCESS)
        return settle(q, NULL, out);
    fault = fetch(q, out);
    if (fault && fault->kind == PA_FAULT_UNKNOWN)
        return not_asked(q, fault, out);
    if (fault) {
        mark_failure(q, fault);
        return settle(q, fault, out);
    }
    const apr_time_t fetched = apr_time_now();
    write_record(q, KEY_DOCUMENT, PA_DOCUMENT_KEPT, &fetched, sizeof(fetched), *out);
    return NULL;
}

/* A renewal that no mark can limit does not happen: the caller fetched the document for itself just
 * now. */
static const pa_fault *fetch_for_one(inquiry *q, pa_bytes *out)
{
    return q->renewal ? settle(q, NULL, out) : fetch(q, out);
}

/* Whether the request must be content with what there is now: what it wants was renewed, or failed,
 * just now, and no fetch is under way that could bring it. */
static int must_settle(inquiry *q, const pa_fault **fault)
{
    pa_bytes record;

    if ((*fault = recent_failure(q)))
        return 1;
    if (!q->renewal || read_record(q, renewed_key(q), &record) != APR_SUCCESS
        || read_record(q, KEY_LEASE, &record) == APR_SUCCESS)
        return 0;
    /* The fetch may have ended since the document was looked at. */
    (void)look(q);
    return 1;
}

/* Another request fetches: waits a moment. Whether that brought a newer document or a fault. */
static int watch(inquiry *q, apr_time_t deadline, const pa_fault **fault)
{
    apr_sleep(WATCH_INTERVAL);
    if (look(q) == APR_SUCCESS || (*fault = recent_failure(q)))
        return 1;
    if (apr_time_now() < deadline)
        return 0;
    *fault = pa_fault_new(q->pool, PA_FAULT_TIMEOUT,
                          apr_psprintf(q->pool, "%s %s: another request asks for it, for too long",
                                       q->document->what, q->document->url));
    return 1;
}

/* As watch, if there is room among those that wait: else the fault is UNKNOWN. */
static int watch_counted(inquiry *q, apr_time_t deadline, const pa_fault **fault)
{
    const pa_wait kind =
        q->renewal == PA_RENEW_FOR_STRANGER ? PA_WAIT_WATCHES_STRANGER : PA_WAIT_WATCHES;
    pa_http *http = q->document->client->http;
    int watched;

    if ((*fault = pa_http_enter(http, q->pool, kind)))
        return 1;
    watched = watch(q, deadline, fault);
    pa_http_leave(http, kind);
    return watched;
}

static const pa_fault *fetch_or_watch(inquiry *q, pa_bytes *out)
{
    const pa_http_settings *http = &q->document->provider->http;
    const apr_time_t deadline = apr_time_now() + http->total_timeout;
    const pa_fault *fault = NULL;

    while (!must_settle(q, &fault)) {
        const apr_status_t rv =
            take_mark(q, KEY_LEASE, http->connect_timeout + http->total_timeout + LEASE_RESERVE);

        if (rv == APR_SUCCESS) {
            fault = fetch_for_all(q, out);
            pa_cache_remove(q->document->client->documents, q->keys[KEY_LEASE], q->pool);
            return fault;
        }
        if (rv != APR_EEXIST)
            return fetch_for_one(q, out);
        /* A stale copy is good enough, unless a key was missing in it. */
        if ((q->have && !q->renewal) || watch_counted(q, deadline, &fault))
            break;
    }
    return fault && fault->kind == PA_FAULT_UNKNOWN ? fault : settle(q, fault, out);
}

const pa_fault *pa_document_get(const pa_document *document, apr_pool_t *pool, apr_time_t now,
                                pa_renewal renewal, apr_interval_time_t renew_interval,
                                pa_bytes *out)
{
    inquiry q = {
        .document = document, .pool = pool, .renewal = renewal, .renew_interval = renew_interval
    };
    const char *why = make_keys(&q);
    if (why)
        return pa_fault_new(pool, PA_FAULT_OURS, why);
    const apr_status_t rv = look(&q);
    if (rv != APR_SUCCESS && rv != APR_NOTFOUND)
        return fetch_for_one(&q, out);
    /* from both sides: clocks are set back, and a request is older than what it waited for */
    const int fresh =
        q.have && now - q.fetched < PA_DOCUMENT_FRESH && q.fetched - now < PA_DOCUMENT_FRESH;
    if (fresh && !renewal) {
        *out = q.held;
        return NULL;
    }
    return fetch_or_watch(&q, out);
}

int pa_document_known(const pa_document *document, apr_pool_t *pool, pa_bytes *out)
{
    inquiry q = { .document = document, .pool = pool };
    if (make_keys(&q) || look(&q) != APR_SUCCESS)
        return 0;
    *out = q.held;
    return 1;
}
