/* store_config.c: see store_config.h. */
#include "store_config.h"

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

/* What a Cookie field holds beside our pieces: their names, the cookies of logins on their way, and
 * those of others. */
#define ROOM_FOR_OTHERS 2048
#define ROOM_MIN 1024

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

static const char *check_spec(const char *spec)
{
    const char *err = check_old(spec);

    if (err || is_shared_memory(spec) || strstr(spec, "://"))
        return err;
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
        why = check_spec(choice->spec);
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

const char *pa_store_config_check(apr_pool_t *pool, server_rec *s, const pa_server_conf *conf)
{
    const char *why = pa_store_check(s, pool, spec_of(conf));

    if (!why && keeping_of(conf) == PA_KEEP_MOD_SESSION
        && !ap_find_linked_module("mod_session_cookie.c")
        && !ap_find_linked_module("mod_session_dbd.c"))
        why = "mod_session needs mod_session_cookie or mod_session_dbd: load one";
    return why ? apr_pstrcat(pool, "PlusAuthSessionStore: ", why, NULL) : NULL;
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

/* How much of a session its cookies can hold: what is longer no later request could bring back. */
static const char *measure_cookies(apr_pool_t *pool, server_rec *s, pa_visit_settings *visit)
{
    int room = s->limit_req_fieldsize - ROOM_FOR_OTHERS;

    if (room < ROOM_MIN)
        return apr_psprintf(pool,
                            "PlusAuthSessionStore cookie: LimitRequestFieldSize %d leaves no room "
                            "for it: write %d at least",
                            s->limit_req_fieldsize, ROOM_FOR_OTHERS + ROOM_MIN);
    if (room > PA_COOKIE_PIECES * PA_COOKIE_PIECE_LEN)
        room = PA_COOKIE_PIECES * PA_COOKIE_PIECE_LEN;
    else
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                     "sessions in cookies: %d characters fit in a Cookie field of "
                     "LimitRequestFieldSize %d, and larger sessions go without their tokens",
                     room, s->limit_req_fieldsize);
    visit->in_pieces = 1;
    visit->cookie_room = (apr_size_t)room;
    return NULL;
}

static const char *open_list(apr_pool_t *pconf, server_rec *s, pa_server_conf *conf)
{
    const char *spec = spec_of(conf);

    conf->visit.forgets = is_shared_memory(spec);
    if (conf->visit.forgets)
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "PlusAuthSessionStore %s keeps its list of ended sessions on this server: a "
                     "logout is known only to the server that received it, until it stops. Several "
                     "servers share the list with %s redis://host:port",
                     keeping_of(conf) == PA_KEEP_COOKIE ? "cookie" : "mod_session",
                     keeping_of(conf) == PA_KEEP_COOKIE ? "cookie" : "mod_session");
    if (keeping_of(conf) == PA_KEEP_MOD_SESSION) {
        conf->visit.backend = &pa_session_entry;
        return NULL;
    }
    conf->visit.backend = &pa_session_cookie;
    return measure_cookies(pconf, s, &conf->visit);
}

const char *pa_store_config_open(apr_pool_t *pconf, server_rec *s, pa_server_conf *conf)
{
    const int stored = keeping_of(conf) == PA_KEEP_STORE;
    const pa_store_options options = {
        stored ? "plusauth-sess" : "plusauth-end",
        spec_of(conf),
        stored ? SESSION_AVERAGE : LIST_AVERAGE,
        PA_SESSION_RECORD_MAX + PA_SEAL_OVERHEAD,
        stored ? conf->visit.idle : apr_time_from_sec(86400),
        stored ? SESSION_PART : 0,
    };
    const char *why = pa_store_open(s, pconf, &options, &conf->visit.sessions);

    if (why)
        return apr_pstrcat(pconf, "PlusAuthSessionStore: ", why, NULL);
    conf->visit.backend = &pa_session_store;
    return stored ? NULL : open_list(pconf, s, conf);
}
