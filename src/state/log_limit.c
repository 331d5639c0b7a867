/* log_limit.c: see log_limit.h. Each kind and each client of a kind has a window: the minute that
 * it counts, and how many lines that minute has had. Clients share windows by a keyed hash, so that
 * nobody can choose whose window to use up. */
#include "log_limit.h"

#include <stdatomic.h>

#include <apr_general.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>

#include "../plusauth.h"

#define CLIENT_WINDOWS 4096
#define KINDS 128
/* How much of a kind's text is kept to name it. */
#define NAME_WORDS 8
#define COUNT_BITS 32

typedef _Atomic apr_uint64_t word;

typedef struct kind_entry {
    word key; /* hash of the kind's text; 0: never used */
    word window;
    word left_out;
    word name[NAME_WORDS];
} kind_entry;

typedef struct limits {
    apr_uint64_t salt;
    word clients[CLIENT_WINDOWS];
    kind_entry kinds[KINDS];
} limits;

/* Mapped before httpd forks, and so the same for all children. Set in post_config only. */
static limits *shared;

/* A reload may load a version of this module whose limits look different: those start empty. */
static const char *retained_key(apr_pool_t *pool)
{
    return apr_psprintf(pool, "mod_plusauth/log-limit/%d", (int)sizeof(limits));
}

static void set_name(kind_entry *entry, const char *kind)
{
    apr_uint64_t name[NAME_WORDS] = { 0 };

    memcpy(name, kind, strnlen(kind, sizeof(name) - 1));
    for (int i = 0; i < NAME_WORDS; i++)
        atomic_store_explicit(&entry->name[i], name[i], memory_order_relaxed);
}

static apr_status_t create(apr_pool_t *process, limits **out)
{
    apr_shm_t *memory;
    apr_status_t rv = apr_shm_create(&memory, sizeof(limits), NULL, process);

    if (rv != APR_SUCCESS)
        return rv;
    *out = memset(apr_shm_baseaddr_get(memory), 0, sizeof(limits));
    set_name(&(*out)->kinds[KINDS - 1], "other lines");
    return apr_generate_random_bytes((unsigned char *)&(*out)->salt, sizeof((*out)->salt));
}

int pa_log_limit_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    apr_pool_t *process = s->process->pool;
    struct retained_limits {
        limits *memory;
    } *retained = ap_retained_data_get(retained_key(ptemp));
    limits *made;
    apr_status_t rv;

    (void)pconf;
    (void)plog;
    if (!retained) {
        if ((rv = create(process, &made)) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, rv, s,
                         "mod_plusauth: no shared memory for the limits of its log");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        retained = ap_retained_data_create(retained_key(process), sizeof(*retained));
        retained->memory = made;
    }
    shared = retained->memory;
    return OK;
}

/* FNV-1a. */
static apr_uint64_t hash(apr_uint64_t seed, const void *data, apr_size_t len)
{
    const unsigned char *at = data;

    for (apr_size_t i = 0; i < len; i++)
        seed = (seed ^ at[i]) * APR_UINT64_C(1099511628211);
    return seed;
}

static apr_uint64_t minute_of(apr_time_t now)
{
    return (apr_uint64_t)(now / apr_time_from_sec(60));
}

/* Counts one line in the window if it has room for one in this minute. */
static int take(word *window, apr_uint64_t minute, unsigned int lines)
{
    apr_uint64_t seen = atomic_load_explicit(window, memory_order_relaxed), next;

    do {
        next = seen >> COUNT_BITS == minute ? seen + 1 : (minute << COUNT_BITS) + 1;
        if ((next & APR_UINT32_MAX) > lines)
            return 0;
    } while (!atomic_compare_exchange_weak(window, &seen, next));
    return 1;
}

/* Somebody who has an IPv6 address has the whole /64 of it. */
static word *client_window(const request_rec *r, apr_uint64_t key)
{
    const apr_sockaddr_t *client = r->useragent_addr;
    apr_size_t len = (apr_size_t)client->ipaddr_len;

    if (client->family == APR_INET6 && !IN6_IS_ADDR_V4MAPPED((struct in6_addr *)client->ipaddr_ptr))
        len /= 2;
    return &shared->clients[hash(key, client->ipaddr_ptr, len) % CLIENT_WINDOWS];
}

/* Whether another kind may have this entry: nothing of its kind happened in this minute. */
static int is_free(const kind_entry *entry, apr_uint64_t minute)
{
    return !entry->left_out && entry->window >> COUNT_BITS != minute;
}

/* The entry of a kind, made if there is none. The last one is for those that find no room. */
static kind_entry *find_kind(const char *kind, apr_uint64_t key, apr_uint64_t minute)
{
    kind_entry *unused = NULL;

    for (int i = 0; i < KINDS - 1; i++) {
        kind_entry *entry = &shared->kinds[(key + (apr_uint64_t)i) % (KINDS - 1)];
        apr_uint64_t owner = atomic_load_explicit(&entry->key, memory_order_relaxed);

        if (owner == key)
            return entry;
        if (!unused && is_free(entry, minute))
            unused = entry;
        if (!owner)
            break;
    }
    if (!unused)
        return &shared->kinds[KINDS - 1];
    set_name(unused, kind);
    atomic_store_explicit(&unused->key, key, memory_order_relaxed);
    return unused;
}

int pa_log_limit_take(request_rec *r, const char *kind, unsigned int lines, apr_uint64_t *left_out)
{
    apr_uint64_t key = hash(shared->salt, kind, strlen(kind)) | 1;
    apr_uint64_t minute = minute_of(apr_time_now());
    kind_entry *entry = find_kind(kind, key, minute);

    if (!take(client_window(r, key), minute, PA_LOG_CLIENT_LINES)
        || !take(&entry->window, minute, lines)) {
        atomic_fetch_add_explicit(&entry->left_out, 1, memory_order_relaxed);
        return 0;
    }
    *left_out = atomic_exchange_explicit(&entry->left_out, 0, memory_order_relaxed);
    return 1;
}

static void report(server_rec *s, kind_entry *entry)
{
    apr_uint64_t left_out = atomic_exchange_explicit(&entry->left_out, 0, memory_order_relaxed);
    apr_uint64_t name[NAME_WORDS];

    for (int i = 0; i < NAME_WORDS; i++)
        name[i] = atomic_load_explicit(&entry->name[i], memory_order_relaxed);
    if (left_out)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "%" APR_UINT64_T_FMT " more lines like \"%s\" were not written: in a minute, "
                     "one client causes at most %d",
                     left_out, (const char *)name, PA_LOG_CLIENT_LINES);
}

int pa_log_limit_report(apr_pool_t *pool, server_rec *s)
{
    apr_uint64_t minute = minute_of(apr_time_now());

    (void)pool;
    for (int i = 0; shared && i < KINDS; i++)
        if (shared->kinds[i].left_out && shared->kinds[i].window >> COUNT_BITS != minute)
            report(s, &shared->kinds[i]);
    return DECLINED;
}
