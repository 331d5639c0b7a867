/* store_config.h: PlusAuthSessionStore: what it says, and what becomes of it at start. */
#ifndef PA_STORE_CONFIG_H
#define PA_STORE_CONFIG_H

#include "config.h"

/* The directive: a store, or `cookie` or `mod_session` and a store for the list of ended sessions.
 */
const char *pa_store_config_set(cmd_parms *cmd, void *dir, const char *store, const char *list);

/* Whether all stores of this host can be opened, and what they need is there. NULL, or the reason,
 * which names the directive. */
const char *pa_store_config_check(apr_pool_t *pool, server_rec *s, pa_server_conf *conf);

/* Whether sessions outlive this process, or are shared: then so must the key. */
int pa_store_config_needs_key(const pa_server_conf *conf);

/* Derives the keys that sessions are sealed with. NULL, or the reason. */
const char *pa_store_config_derive(apr_pool_t *pool, const apr_array_header_t *secrets,
                                   pa_server_conf *conf);

/* Opens the stores of this host: its sessions, the states that were used, and the documents, which
 * are all hosts' (`client`). Says what to know of them. NULL, or the reason. */
const char *pa_store_config_open(apr_pool_t *pconf, server_rec *s, pa_server_conf *conf,
                                 pa_client *client);

#endif
