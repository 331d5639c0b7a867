/* config.h: the directives. What they say is checked and completed at start and immutable after. */
#ifndef PA_CONFIG_H
#define PA_CONFIG_H

#include <ap_expr.h>
#include <apr_hash.h>
#include <limits.h>

#include "../plusauth.h"
#include "../protocol/discovery.h"
#include "../state/login_state.h"
#include "../state/visit.h"
#include "provider_config.h"

/* Where our own resources are (PlusAuthPath). */
typedef enum {
    PA_PATH_LOGIN,
    PA_PATH_CALLBACK,
    PA_PATH_LOGOUT,
    PA_PATH_BACKCHANNEL,
    PA_PATH_FRONTCHANNEL,
    PA_PATH_USER,
    PA_PATH_JWKS,
    PA_PATH_REGISTER,
    PA_PATH_COUNT
} pa_path;

/* A request that needs a login and has none (PlusAuthUnauthenticated). */
typedef enum {
    PA_UNAUTHENTICATED_UNSET = -1,
    PA_UNAUTHENTICATED_AUTO, /* navigations go to login, everything else gets 401 */
    PA_UNAUTHENTICATED_LOGIN,
    PA_UNAUTHENTICATED_401,
    PA_UNAUTHENTICATED_403,
    PA_UNAUTHENTICATED_PASS /* served without a user */
} pa_unauthenticated;

/* How claims reach the application (PlusAuthExport). */
typedef enum { PA_EXPORT_UNSET = -1, PA_EXPORT_ENV, PA_EXPORT_HEADERS, PA_EXPORT_NONE } pa_export;

/* Who keeps sessions (PlusAuthSessionStore). */
typedef enum { PA_KEEP_STORE, PA_KEEP_COOKIE, PA_KEEP_MOD_SESSION } pa_keeping;

typedef struct pa_store_choice {
    pa_keeping keeping;
    const char *spec; /* the store: of the sessions, or of the list of those that ended */
} pa_store_choice;

/* Of a server or virtual host. The first part is what directives said (unset: NULL or -1), the
 * second what pa_config_check made of it. */
typedef struct pa_server_conf {
    pa_provider_directives *own;    /* outside any <PlusAuthProvider> */
    apr_hash_t *named;              /* name -> pa_provider_directives */
    pa_provider_directives *target; /* where provider directives go while the file is read */
    int engine;                     /* PlusAuthEngine: -1 unset, 0 off */
    const char *origin_said;
    int origin_inherited; /* the main server says so */
    const char *path[PA_PATH_COUNT];
    const char *after_logout;
    apr_interval_time_t lifetime;
    apr_interval_time_t idle;
    const pa_store_choice *store; /* NULL: shmcb */
    apr_array_header_t *keys;     /* const char * secrets */
    const char *cookie_name;
    const char *cookie_samesite;
    const char *cookie_domain;
    const char *target_name;         /* of the section that is being read */
    apr_array_header_t *auth_params; /* pa_auth_param, of sections */
    const char *templates;           /* directory */
    const char *title;               /* what pages call the site; NULL: its host */
    const char *brand;               /* the same in their header; NULL: the title */
    apr_array_header_t *exported;    /* const char *: every header that PlusAuthExport names */

    int enabled;             /* whether there is a provider: else our paths are nobody's */
    apr_hash_t *providers;   /* name ("" for its own) -> const pa_provider * */
    const char *origin;      /* scheme://host[:port] that browsers see */
    apr_size_t callback_len; /* of the callback path */
    const pa_provider *first_callback; /* whose answers come to the callback path itself, or NULL */
    apr_array_header_t *reserved;      /* of inbound.c: names of headers that no client may send */
    char reserved_begin[UCHAR_MAX + 1]; /* and whether one begins with a character */
    int secure;                         /* whether the origin is https */
    pa_visit_settings visit;
    pa_seal_keys *ticket_keys; /* see ticket.h */
    pa_client *client;         /* of this process */
    pa_cache *used_states;     /* states whose code was sent: none is sent twice */
} pa_server_conf;

/* Of a directory or location. */
typedef struct pa_dir_conf {
    int engine;                      /* PlusAuthEngine: -1 unset, 0 off */
    const char *provider;            /* NULL: the server's own */
    int unauthenticated;             /* a pa_unauthenticated */
    const char *user;                /* claim for REMOTE_USER; NULL: sub */
    int export;                      /* a pa_export */
    apr_array_header_t *headers;     /* pa_header_export: Header=claim */
    apr_array_header_t *auth_params; /* pa_auth_param */
    const char *page;                /* template that plusauth-page serves */
    /* How long a request of somebody signed in may last; 0: as long as it likes. */
    apr_interval_time_t connection_lifetime;
} pa_dir_conf;

/* PlusAuthAuthParam: one more parameter of the authorization request. */
typedef struct pa_auth_param {
    const char *provider; /* in whose section it stands; NULL for any */
    const char *name;
    const ap_expr_info_t *value;
} pa_auth_param;

typedef struct pa_header_export {
    const char *header;
    const char *claim;
} pa_header_export;

/* In directives.c; `const` in all but httpd's type. */
extern const command_rec pa_commands[];

void *pa_server_conf_create(apr_pool_t *pool, server_rec *s);
void *pa_server_conf_merge(apr_pool_t *pool, void *base, void *add);
void *pa_dir_conf_create(apr_pool_t *pool, char *dir);
void *pa_dir_conf_merge(apr_pool_t *pool, void *base, void *add);

pa_server_conf *pa_server_conf_get(const server_rec *s);
const pa_dir_conf *pa_dir_conf_get(const request_rec *r);

/* Checks what the directives say together and completes every server's configuration: a
 * check_config hook. Logs what is wrong. OK or an HTTP error. */
int pa_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Opens the stores: a post_config hook. */
int pa_config_open_stores(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* Connects a new child process to stores and network: a child_init hook. */
void pa_config_child_init(apr_pool_t *pchild, server_rec *s);

/* Whether this module has anything to do with this request: there is a provider on its server, and
 * no PlusAuthEngine off for its place. */
int pa_config_is_active(const request_rec *r);

/* Whether applications of this place get the user's claims as variables. */
int pa_dir_conf_exports_variables(const request_rec *r);

/* The provider that protects this place; NULL when there is none of that name. */
const pa_provider *pa_config_provider(const request_rec *r);

/* Whether this is a path that answers of providers come back to; *provider is the one that comes
 * back there, NULL for none any more. */
int pa_config_is_callback(const pa_server_conf *conf, const char *uri,
                          const pa_provider **provider);

/* The provider that this request's session came from; NULL when it is configured no more. */
const pa_provider *pa_config_session_provider(request_rec *r);

#endif
