/* provider_directives.c: what each directive of a provider accepts. A bad value stops the start
 * with one line that names the directive and the cure. */
#include "config.h"
#include "file_check.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <openssl/crypto.h>

#include "../base/certificate.h"
#include "../base/crypto.h"
#include "../base/envfile.h"
#include "../base/url.h"
#include "secret_file.h"

#define ENV_FILE_MAX 65536

/* The structure that a provider directive writes to: of the <PlusAuthProvider> it stands in, or the
 * server's. */
static pa_provider_directives *target(cmd_parms *cmd)
{
    pa_server_conf *conf = pa_server_conf_get(cmd->server);

    return conf->target ? conf->target : conf->own;
}

/* The member that a directive of plain shape fills. */
static void *member(cmd_parms *cmd)
{
    return (char *)target(cmd) + (apr_size_t)cmd->info;
}

const char *pa_provider_set_text(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    if (!*value)
        return apr_psprintf(cmd->pool, "%s: is empty", cmd->cmd->name);
    *(const char **)member(cmd) = value;
    return NULL;
}

const char *pa_provider_set_flag(cmd_parms *cmd, void *dir, int on)
{
    (void)dir;
    *(int *)member(cmd) = on;
    return NULL;
}

const char *pa_provider_set_client_secret(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return pa_secret_read(cmd, value, &target(cmd)->client_secret);
}

const char *pa_provider_set_issuer(cmd_parms *cmd, void *dir, const char *value)
{
    const char *why = pa_url_check_endpoint(value);

    (void)dir;
    if (why)
        return apr_psprintf(cmd->pool, "PlusAuthIssuer: %s: %s", value, why);
    target(cmd)->issuer = value;
    return NULL;
}

/* Tenants are 3 to 48 of [a-z0-9-]. */
const char *pa_provider_set_tenant(cmd_parms *cmd, void *dir, const char *value)
{
    apr_size_t len = strlen(value);

    (void)dir;
    if (len < 3 || len > 48 || strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        return "PlusAuthTenant: a tenant's name is 3 to 48 of a-z, 0-9 and '-'; for a domain of "
               "your own use PlusAuthIssuer";
    target(cmd)->issuer = apr_pstrcat(cmd->pool, "https://", value, ".plusauth.com", NULL);
    return NULL;
}

const char *pa_provider_add_signing_alg(cmd_parms *cmd, void *dir, const char *value)
{
    pa_alg_set alg = pa_algs_allowed(value);

    (void)dir;
    if (!alg)
        return apr_psprintf(cmd->pool,
                            "PlusAuthSigningAlgs: %s is no algorithm that an ID token "
                            "may be signed with: RS256, PS256, ES256, their 384 and 512 kin, "
                            "EdDSA, Ed25519, Ed448, HS256 and kin",
                            value);
    target(cmd)->signing_algs |= alg;
    return NULL;
}

const char *pa_provider_set_clock_skew(cmd_parms *cmd, void *dir, const char *value)
{
    apr_interval_time_t skew;

    (void)dir;
    if (!apr_isdigit(*value) || ap_timeout_parameter_parse(value, &skew, "s") != APR_SUCCESS
        || skew > PA_CLOCK_SKEW_MAX)
        return "PlusAuthClockSkew: a duration of at most 5min, such as 60s; where clocks differ by "
               "more, let this server and the provider set theirs by NTP";
    target(cmd)->clock_skew = skew;
    return NULL;
}

const char *pa_provider_set_logout_url(cmd_parms *cmd, void *dir, const char *value)
{
    const char *why = pa_url_check_endpoint(value);

    (void)dir;
    if (why)
        return apr_psprintf(cmd->pool, "PlusAuthLogoutURL: %s: %s", value, why);
    target(cmd)->logout_url = value;
    return NULL;
}

const char *pa_provider_set_timeouts(cmd_parms *cmd, void *dir, const char *connect,
                                     const char *total)
{
    pa_provider_directives *provider = target(cmd);

    (void)dir;
    if (ap_timeout_parameter_parse(connect, &provider->connect_timeout, "s") != APR_SUCCESS
        || ap_timeout_parameter_parse(total, &provider->total_timeout, "s") != APR_SUCCESS
        || provider->connect_timeout <= 0 || provider->total_timeout <= 0)
        return "PlusAuthHTTPTimeout: two durations, to connect and in all: 3s 10s";
    return NULL;
}

/* One of a list of words; its number is the value. */
static const char *set_choice(cmd_parms *cmd, const char *const *names, const char *value, int *out)
{
    const char *all = "";

    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], value) == 0) {
            *out = i;
            return NULL;
        }
        all = apr_pstrcat(cmd->pool, all, i ? ", " : "", names[i], NULL);
    }
    return apr_psprintf(cmd->pool, "%s: one of %s", cmd->cmd->name, all);
}

/* A word after the method: an algorithm, or what assertions name as their audience. */
static const char *set_client_auth_word(cmd_parms *cmd, const char *word)
{
    pa_provider_directives *provider = target(cmd);

    if (!word || strcmp(word, "aud=issuer") == 0)
        return NULL;
    if (strcmp(word, "aud=token_endpoint") == 0) {
        provider->client_auth_at_token_endpoint = 1;
        return NULL;
    }
    if (provider->client_auth_alg || !(provider->client_auth_alg = pa_algs_allowed(word)))
        return apr_psprintf(cmd->pool,
                            "PlusAuthClientAuth: %s is no signature algorithm: after the method "
                            "comes one, or aud=issuer or aud=token_endpoint, or both",
                            word);
    return NULL;
}

const char *pa_provider_set_client_auth(cmd_parms *cmd, void *dir, const char *method,
                                        const char *first, const char *second)
{
    static const char *const methods[] = { "auto",
                                           "none",
                                           "client_secret_basic",
                                           "client_secret_post",
                                           "client_secret_jwt",
                                           "private_key_jwt",
                                           "tls_client_auth",
                                           "self_signed_tls_client_auth",
                                           NULL };
    pa_provider_directives *provider = target(cmd);
    const char *why;

    (void)dir;
    provider->client_auth_alg = 0;
    provider->client_auth_at_token_endpoint = 0;
    if ((why = set_choice(cmd, methods, method, &provider->client_auth))
        || (why = set_client_auth_word(cmd, first)) || (why = set_client_auth_word(cmd, second)))
        return why;
    if (provider->client_auth_at_token_endpoint
        && provider->client_auth != PA_CLIENT_AUTH_PRIVATE_KEY_JWT
        && provider->client_auth != PA_CLIENT_AUTH_SECRET_JWT)
        return "PlusAuthClientAuth: aud= is for private_key_jwt and client_secret_jwt, which send "
               "an assertion";
    return NULL;
}

const char *pa_provider_set_env_file(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value), *why;
    apr_table_t *table;
    pa_bytes text = { NULL, 0 };

    (void)dir;
    if ((why = pa_secret_file_read(cmd, path, ENV_FILE_MAX, &text)))
        return why;
    why = pa_envfile_parse(cmd->pool, text, &table);
    OPENSSL_cleanse((void *)text.at, text.len);
    if (why || (why = pa_provider_check_env(cmd->temp_pool, table)))
        return apr_psprintf(cmd->pool, "PlusAuthEnvFile: %s: %s", path, why);
    target(cmd)->env = table;
    return NULL;
}

const char *pa_provider_add_client_key(cmd_parms *cmd, void *dir, const char *file, const char *kid)
{
    pa_provider_directives *provider = target(cmd);
    const char *path = ap_server_root_relative(cmd->pool, file), *why;
    pa_private_key *key;
    pa_bytes text = { NULL, 0 };

    (void)dir;
    /* A key without a name gets its thumbprint, before the check_config hook sets that up. */
    if ((why = pa_crypto_init(cmd->pool))
        || (why = pa_secret_file_read(cmd, path, PA_PRIVATE_KEY_MAX, &text)))
        return why;
    why = pa_private_key_parse(cmd->pool, text, kid, &key);
    OPENSSL_cleanse((void *)text.at, text.len);
    if (why)
        return apr_psprintf(cmd->pool, "PlusAuthClientKey: %s: %s", path, why);
    if (!provider->client_keys)
        provider->client_keys = apr_array_make(cmd->pool, 2, sizeof(const pa_private_key *));
    APR_ARRAY_PUSH(provider->client_keys, const pa_private_key *) = key;
    return NULL;
}

/* Read here, by root: who serves requests need not be able to. */
const char *pa_provider_set_client_cert(cmd_parms *cmd, void *dir, const char *file)
{
    pa_provider_directives *provider = target(cmd);
    const char *path = ap_server_root_relative(cmd->pool, file), *why;
    pa_bytes text = { NULL, 0 };

    (void)dir;
    if ((why = pa_secret_file_read(cmd, path, PA_CERTIFICATE_MAX, &text)))
        return why;
    if ((why = pa_certificate_check(cmd->pool, text, &provider->client_cert_thumbprint)))
        return apr_psprintf(cmd->pool, "PlusAuthClientCert: %s: %s", path, why);
    provider->client_cert = apr_pstrmemdup(cmd->pool, (const char *)text.at, text.len);
    pa_wipe(cmd->pool, provider->client_cert, text.len);
    OPENSSL_cleanse((void *)text.at, text.len);
    return NULL;
}

const char *pa_provider_set_ca_file(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value);
    const char *why = pa_file_check_authorities(cmd->temp_pool, path);

    if (why)
        return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, why);
    *(const char **)member(cmd) = path;
    return NULL;
}

const char *pa_provider_set_profile(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const names[] = { "web", "financial", "fapi2", NULL };

    (void)dir;
    return set_choice(cmd, names, value, &target(cmd)->profile);
}

/* "encrypted", and what that is narrowed to: names of JWE algorithms. */
static const char *set_request_encryption(cmd_parms *cmd, int argc, char *const argv[])
{
    pa_provider_directives *provider = target(cmd);
    pa_jwe_alg_set algs = 0;
    pa_jwe_enc_set encs = 0;

    if (strcmp(argv[0], "encrypted") != 0)
        return "PlusAuthRequest: the word after the first can only be encrypted";
    if (provider->request != PA_REQUEST_JAR && provider->request != PA_REQUEST_PAR_JAR)
        return "PlusAuthRequest: only a request object can be encrypted: write jar encrypted, or "
               "par+jar encrypted";
    for (int i = 1; i < argc; i++) {
        pa_jwe_alg_set alg = pa_jwe_alg_named(argv[i]) & ~PA_JWE_ALGS_SECRET;
        pa_jwe_enc_set enc = pa_jwe_enc_named(argv[i]);

        if (!alg && !enc)
            return apr_psprintf(cmd->pool,
                                "PlusAuthRequest: %s encrypts no request object: RSA-OAEP, "
                                "RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW to +A256KW; A128GCM to "
                                "A256GCM, A128CBC-HS256 to A256CBC-HS512",
                                argv[i]);
        algs |= alg;
        encs |= enc;
    }
    provider->request_jwe_algs = algs ? algs : PA_JWE_ALGS_RSA | PA_JWE_ALGS_ECDH;
    provider->request_jwe_encs = encs ? encs : PA_JWE_ENCS;
    return NULL;
}

const char *pa_provider_set_request(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    static const char *const names[] = { "query", "par", "jar", "par+jar", NULL };
    pa_provider_directives *provider = target(cmd);
    const char *why = set_choice(cmd, names, argc > 0 ? argv[0] : "", &provider->request);

    (void)dir;
    provider->request_jwe_algs = 0;
    provider->request_jwe_encs = 0;
    return why || argc < 2 ? why : set_request_encryption(cmd, argc - 1, argv + 1);
}

const char *pa_provider_set_response(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const names[] = { "query", "form_post", "jwt", NULL };

    (void)dir;
    return set_choice(cmd, names, value, &target(cmd)->response);
}

const char *pa_provider_set_sender_constrain(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const names[] = { "off", "dpop", "mtls", NULL };

    (void)dir;
    return set_choice(cmd, names, value, &target(cmd)->sender_constrain);
}
