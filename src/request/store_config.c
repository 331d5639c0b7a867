/* store_config.c: see store_config.h. */
#include "store_config.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>

#include "../state/session_cookie.h"
#include "../state/session_entry.h"
#include "../state/session_store.h"
#include "../state/store.h"

/* 64 MB hold over 10,000 sessions of 2.5 KB while old copies wait to expire. */
#define DEFAULT_STORE "shmcb:plusauth-sessions(67108864)"
/* Of each 16 MB shmcb makes 128 lists of 128 KB then, in which the longest record has room and some
 * twenty sessions are found by looking at each. */
#define SESSION_AVERAGE 400
#define SESSION_PART 16777216
/* A list of ended sessions is one record, written anew with each logout: few parts, of much room.
 */
#define LIST_STORE "shmcb:plusauth-ended(4194304)"
#define LIST_AVERAGE 8192

/* Not configured: what providers publish, and which states were used. */
static const pa_store_options documents = {
    "plusauth-docs", "shmcb:plusauth-documents(4194304)", 2048, 102400, apr_time_from_sec(86400), 0,
};
static const pa_store_options states = { "plusauth-state", "shmcb", 8, 16, PA_LOGIN_LIFETIME, 0 };

/* What a Cookie field holds beside our pieces: their names, the cookies of logins on their way, and
 * those of others. */
#define ROOM_FOR_OTHERS 2048
#define ROOM_MIN 1024

/* What shmcb takes as a whole, and what its 256 parts do. */
#define SIZE_MIN_BYTES 8192
#define SIZE_MAX_BYTES APR_INT64_C(68719476736)

#define KINDS                                                                                      \
    "shmcb[:path(size)], redis://host[:port], rediss://host, redis+sentinel://host,host/master"

static int is_shared_memory(const char *spec)
{
    return strncmp(spec, "shmcb", 5) == 0 && (!spec[5] || spec[5] == ':');
}

/* Stores that earlier versions had, and what to write instead. */
static const char *check_old(const char *spec)
{
    static const struct {
        const char *prefix;
        const char *cure;
    } old[] = {
        { "dbm:", "dbm is gone, since a logout was not kept there for certain: write cookie, "
                  "redis://host, or mod_session with mod_session_dbd" },
        { "memcache:", "memcache is gone, since a logout was not kept there for certain: write "
                       "redis://host or cookie" },
        { "redis:", "write the server as a URL: redis://host:port (mod_plusauth_redis)" },
    };

    for (apr_size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
        if (strncmp(spec, old[i].prefix, strlen(old[i].prefix)) == 0 && !strstr(spec, "://"))
            return old[i].cure;
    return NULL;
}

/* The size in `shmcb:path(size)`: bytes, or so many K, M or G. NULL and the same in bytes, or the
 * reason. */
static const char *read_size(apr_pool_t *pool, const char *spec, const char **out)
{
    static const char units[] = "KMG";
    const char *open = strrchr(spec, '('), *unit;
    char *end;
    apr_int64_t size;

    *out = spec;
    if (!open && spec[strcspn(spec, ")")] == '\0')
        return NULL;
    size = open && apr_isdigit(open[1]) ? apr_strtoi64(open + 1, &end, 10) : 0;
    if (size > 0 && *end && (unit = strchr(units, apr_toupper(*end)))) {
        int shift = 10 * (int)(unit - units + 1);

        size = size <= SIZE_MAX_BYTES >> shift ? size << shift : 0;
        end++;
    }
    if (size < SIZE_MIN_BYTES || size > SIZE_MAX_BYTES || strcmp(end, ")") != 0)
        return "a size is written in brackets, in bytes or with K, M or G, from 8K to 64G: "
               "shmcb:sessions(64M)";
    *out = apr_psprintf(pool, "%.*s(%" APR_INT64_T_FMT ")", (int)(open - spec), spec, size);
    return NULL;
}

/* NULL and *out as the store's provider takes it, or the reason. */
static const char *check_spec(apr_pool_t *pool, const char *spec, const char **out)
{
    const char *err = check_old(spec);

    *out = spec;
    if (err || strstr(spec, "://"))
        return err;
    if (is_shared_memory(spec))
        return read_size(pool, spec, out);
    return "one of " KINDS ", cookie [store], mod_session [store]";
}

const char *pa_store_config_set(cmd_parms *cmd, void *dir, const char *store, const char *list)
{
    static const struct {
        const char *name;
        pa_keeping keeping;
    } others[] = { { "cookie", PA_KEEP_COOKIE }, { "mod_session", PA_KEEP_MOD_SESSION } };
    pa_store_choice *choice = apr_pcalloc(cmd->pool, sizeof(*choice));
    const char *why = NULL;

    (void)dir;
    choice->spec = store;
    for (int i = 0; i < 2; i++) {
        if (strcmp(store, others[i].name) == 0) {
            choice->keeping = others[i].keeping;
            choice->spec = list;
        }
    }
    if (choice->keeping == PA_KEEP_STORE && list)
        why = "a second store goes with cookie and mod_session alone";
    else if (choice->spec)
        why = check_spec(cmd->pool, choice->spec, &choice->spec);
    if (why)
        return apr_pstrcat(cmd->pool, "PlusAuthSessionStore: ", why, NULL);
    pa_server_conf_get(cmd->server)->store = choice;
    return NULL;
}

static pa_keeping keeping_of(const pa_server_conf *conf)
{
    return conf->store ? conf->store->keeping : PA_KEEP_STORE;
}

/* The store of the sessions or, where they are kept elsewhere, of the list. */
static const char *spec_of(const pa_server_conf *conf)
{
    if (conf->store && conf->store->spec && strcmp(conf->store->spec, "shmcb") != 0)
        return conf->store->spec;
    return keeping_of(conf) == PA_KEEP_STORE ? DEFAULT_STORE : LIST_STORE;
}

static pa_store_options options_of(const pa_server_conf *conf)
{
    const int stored = keeping_of(conf) == PA_KEEP_STORE;

    return (pa_store_options){
        stored ? "plusauth-sess" : "plusauth-end",
        spec_of(conf),
        stored ? SESSION_AVERAGE : LIST_AVERAGE,
        PA_SESSION_RECORD_MAX + PA_SEAL_OVERHEAD,
        stored ? conf->visit.idle : apr_time_from_sec(86400),
        stored ? SESSION_PART : 0,
    };
}

/* How much of a session its cookies can hold: what is longer no later request could bring back. */
static const char *measure_cookies(apr_pool_t *pool, const server_rec *s, pa_visit_settings *visit)
{
    int room = s->limit_req_fieldsize - ROOM_FOR_OTHERS;

    if (room < ROOM_MIN)
        return apr_psprintf(pool,
                            "cookie: LimitRequestFieldSize %d leaves no room for it: write %d at "
                            "least",
                            s->limit_req_fieldsize, ROOM_FOR_OTHERS + ROOM_MIN);
    if (room > PA_COOKIE_PIECES * PA_COOKIE_PIECE_LEN)
        room = PA_COOKIE_PIECES * PA_COOKIE_PIECE_LEN;
    visit->in_pieces = 1;
    visit->cookie_room = (apr_size_t)room;
    return NULL;
}

/* What keeping sessions elsewhere than in a store needs. */
static const char *check_keeping(apr_pool_t *pool, const server_rec *s, pa_server_conf *conf)
{
    switch (keeping_of(conf)) {
    case PA_KEEP_COOKIE:
        return measure_cookies(pool, s, &conf->visit);
    case PA_KEEP_MOD_SESSION:
        return ap_find_linked_module("mod_session_cookie.c")
                       || ap_find_linked_module("mod_session_dbd.c")
                   ? NULL
                   : "mod_session needs mod_session_cookie or mod_session_dbd: load one";
    default:
        return NULL;
    }
}

const char *pa_store_config_check(apr_pool_t *pool, server_rec *s, pa_server_conf *conf)
{
    const pa_store_options options = options_of(conf);
    const char *why;

    if ((why = check_keeping(pool, s, conf)) || (why = pa_store_check(s, pool, &options)))
        return apr_pstrcat(pool, "PlusAuthSessionStore: ", why, NULL);
    if ((why = pa_store_check(s, pool, &documents)) || (why = pa_store_check(s, pool, &states)))
        return apr_pstrcat(pool, "mod_plusauth: a store of its own: ", why, NULL);
    return NULL;
}

int pa_store_config_needs_key(const pa_server_conf *conf)
{
    return keeping_of(conf) != PA_KEEP_STORE || !is_shared_memory(spec_of(conf));
}

const char *pa_store_config_derive(apr_pool_t *pool, const apr_array_header_t *secrets,
                                   pa_server_conf *conf)
{
    static const char *const purposes[] = { NULL, "mod_plusauth session cookie",
                                            "mod_plusauth session entry" };
    const char *purpose = purposes[keeping_of(conf)], *why = NULL;

    /* Shared memory is ours alone; any other store is, or is kept, somewhere else. */
    if (!is_shared_memory(spec_of(conf)))
        why = pa_seal_keys_derive(pool, secrets, "mod_plusauth record", &conf->visit.record_keys);
    if (!why && purpose)
        why = pa_seal_keys_derive(pool, secrets, purpose, &conf->visit.sealed_keys);
    return why;
}

/* What to know of sessions that are kept elsewhere than in a store. */
static void tell_of_copies(server_rec *s, const pa_server_conf *conf)
{
    const char *keeping = keeping_of(conf) == PA_KEEP_COOKIE ? "cookie" : "mod_session";

    if (conf->visit.forgets)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "PlusAuthSessionStore %s keeps its list of ended sessions on this server: a "
                     "logout is known only to the server that received it, until it stops. Several "
                     "servers share the list with %s redis://host:port",
                     keeping, keeping);
    if (conf->visit.cookie_room && conf->visit.cookie_room < PA_COOKIE_PIECES * PA_COOKIE_PIECE_LEN)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                     "sessions in cookies: %" APR_SIZE_T_FMT " characters fit in a Cookie field of "
                     "LimitRequestFieldSize %d, and larger sessions go without their tokens",
                     conf->visit.cookie_room, s->limit_req_fieldsize);
}

static const pa_session_backend *backend_of(const pa_server_conf *conf)
{
    switch (keeping_of(conf)) {
    case PA_KEEP_COOKIE:
        return &pa_session_cookie;
    case PA_KEEP_MOD_SESSION:
        return &pa_session_entry;
    default:
        return &pa_session_store;
    }
}

const char *pa_store_config_open(apr_pool_t *pconf, server_rec *s, pa_server_conf *conf,
                                 pa_client *client)
{
    const pa_store_options options = options_of(conf);
    const char *why;

    if ((why = pa_store_open(s, pconf, &options, &conf->visit.sessions)))
        return apr_pstrcat(pconf, "PlusAuthSessionStore: ", why, NULL);
    if ((why = pa_store_open(s, pconf, &documents, &client->documents))
        || (why = pa_store_open(s, pconf, &states, &conf->used_states)))
        return apr_pstrcat(pconf, "mod_plusauth: a store of its own: ", why, NULL);
    conf->client = client;
    conf->visit.backend = backend_of(conf);
    conf->visit.forgets = keeping_of(conf) != PA_KEEP_STORE && is_shared_memory(spec_of(conf));
    tell_of_copies(s, conf);
    return NULL;
}
