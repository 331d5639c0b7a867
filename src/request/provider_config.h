/* provider_config.h: what the directives say of a provider, and what that makes of it. */
#ifndef PA_PROVIDER_CONFIG_H
#define PA_PROVIDER_CONFIG_H

#include <apr_tables.h>

#include "../plusauth.h"
#include "../protocol/provider.h"

/* A provider as its directives say it: NULL, -1 and 0 are unset. */
typedef struct pa_provider_directives {
    const char *issuer;
    const char *client_id;
    const char *client_secret;
    const char *scope;
    const char *audience;
    int client_auth; /* a pa_client_auth */
    pa_alg_set client_auth_alg;
    int client_auth_at_token_endpoint;
    apr_array_header_t *client_keys; /* const pa_private_key * */
    const char *client_cert;         /* the PEM text */
    const char *client_cert_thumbprint;
    int profile; /* a pa_profile */
    int request; /* a pa_request_mode */
    pa_jwe_alg_set request_jwe_algs;
    pa_jwe_enc_set request_jwe_encs;
    int response;         /* a pa_response_mode */
    int sender_constrain; /* a pa_sender_constrain */
    int userinfo;
    pa_alg_set signing_algs;
    apr_interval_time_t clock_skew;
    const char *logout_url;
    apr_interval_time_t connect_timeout;
    apr_interval_time_t total_timeout;
    const char *ca_file;
    const char *proxy;
    const apr_table_t *env; /* of PlusAuthEnvFile: what is unset otherwise */
} pa_provider_directives;

pa_provider_directives *pa_provider_directives_create(apr_pool_t *pool);
pa_provider_directives *pa_provider_directives_merge(apr_pool_t *pool,
                                                     const pa_provider_directives *base,
                                                     const pa_provider_directives *add);

/* What a named provider takes over from around it: everything but who it is. */
pa_provider_directives *pa_provider_directives_inherit(apr_pool_t *pool,
                                                       const pa_provider_directives *own);

/* Fills the provider. NULL, or what is missing or does not fit together. */
const char *pa_provider_complete(apr_pool_t *pool, const char *name,
                                 const pa_provider_directives *said, pa_provider *out);

/* Whether an env file says something that is for us, and is no unchanged example. NULL, or the
 * reason, which quotes no value. */
const char *pa_provider_check_env(apr_pool_t *pool, const apr_table_t *env);

/* The handlers of provider directives, in provider_directives.c. cmd->info is a member's offset
 * where there is no handler of its own. */
const char *pa_provider_set_client_cert(cmd_parms *cmd, void *dir, const char *file);
const char *pa_provider_set_text(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_flag(cmd_parms *cmd, void *dir, int on);
const char *pa_provider_set_client_secret(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_issuer(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_tenant(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_env_file(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_client_auth(cmd_parms *cmd, void *dir, const char *method,
                                        const char *first, const char *second);
const char *pa_provider_add_client_key(cmd_parms *cmd, void *dir, const char *file,
                                       const char *kid);
const char *pa_provider_set_ca_file(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_profile(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_request(cmd_parms *cmd, void *dir, int argc, char *const argv[]);
const char *pa_provider_set_response(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_sender_constrain(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_add_signing_alg(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_clock_skew(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_logout_url(cmd_parms *cmd, void *dir, const char *value);
const char *pa_provider_set_timeouts(cmd_parms *cmd, void *dir, const char *connect,
                                     const char *total);

#endif
