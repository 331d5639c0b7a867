/* backchannel.c: see backchannel.h. */
#include "backchannel.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

#include "../base/json.h"
#include "../base/jwe.h"
#include "../base/text.h"
#include "../base/url.h"
#include "../protocol/jwt_claims.h"
#include "../protocol/logout_token.h"
#include "../state/audit.h"
#include "../state/log.h"
#include "../state/logout_memory.h"
#include "../state/session.h"
#include "../state/session_index.h"
#include "../state/session_store.h"
#include "authn.h"
#include "config.h"
#include "refusal.h"
#include "failure.h"
#include "form.h"

static const pa_refusal not_accepted = { .status = HTTP_BAD_REQUEST,
                                         .error = "invalid_request",
                                         .message = "The logout token was not accepted." };
static const pa_refusal not_now = { .status = HTTP_SERVICE_UNAVAILABLE,
                                    .error = "temporarily_unavailable",
                                    .message = "The logout token was not accepted." };
static const pa_refusal no_frame = { .status = HTTP_METHOD_NOT_ALLOWED,
                                     .error = "invalid_request",
                                     .message =
                                         "This is for a frame on the sign-in service's page." };

/* So much of an issuer that nobody knows is logged. */
#define ISS_SHOWN 200

/* 2.8: answers are not stored. */
static void no_store(request_rec *r)
{
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
}

/* Where others keep the sessions, nobody here knows which they are, or how many. */
static void log_ended(request_rec *r, const pa_visit_settings *settings, pa_bytes keys,
                      apr_status_t rv)
{
    if (settings->backend != &pa_session_store && rv == APR_SUCCESS)
        pa_audit_end(r, PA_COUNT_LOGOUT_BACK_CHANNEL, NULL);
    for (apr_size_t i = 0; i < keys.len; i += PA_CACHE_KEY_LEN)
        pa_audit_end(r, PA_COUNT_LOGOUT_BACK_CHANNEL, keys.at + i);
}

static int refuse(request_rec *r, const pa_refusal *what, const char *why)
{
    no_store(r);
    return pa_refuse(r, what, "back-channel logout refused: %s", why);
}

static int refuse_fault(request_rec *r, const pa_fault *fault)
{
    if (fault->kind == PA_FAULT_RULE)
        return refuse(r, &not_accepted, fault->why);
    pa_counters_add(PA_COUNT_PROVIDER_ERROR);
    return refuse(r, &not_now, fault->why);
}

/* The provider of an issuer: of several clients there the one that is meant, if any is. */
static const pa_provider *find_provider(request_rec *r, const char *iss, const json_t *claims)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const pa_provider *found = NULL;

    for (apr_hash_index_t *i = apr_hash_first(r->pool, conf->providers); i; i = apr_hash_next(i)) {
        const pa_provider *provider = apr_hash_this_val(i);

        if (!pa_metadata_is_issuer(provider, iss))
            continue;
        found = provider;
        if (claims && !pa_jwt_claims_check_aud(claims, provider->client_id))
            break;
    }
    return found;
}

/* Reads the token; one that is encrypted, with the keys of whichever client can. NULL and *jwt set,
 * or the reason. */
static const char *read_token(request_rec *r, const char *text, pa_jwt **jwt)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const char *why = "no provider";

    for (apr_hash_index_t *i = apr_hash_first(r->pool, conf->providers); i; i = apr_hash_next(i)) {
        why = pa_logout_token_read(r->pool, apr_hash_this_val(i), text, jwt);
        if (!why || !pa_jwe_is(text))
            return why;
    }
    return why;
}

/* The provider that the token says it is of: claims that only choose whose keys it is verified
 * with. NULL and *why set: there is none here. */
static const pa_provider *choose_provider(request_rec *r, const char *text, const char **why)
{
    static const char none[] = "no token of a provider that is configured here";
    const char *iss, *err;
    const pa_provider *found;
    pa_jwt *jwt;

    if ((err = read_token(r, text, &jwt))) {
        *why = apr_pstrcat(r->pool, none, ": ", err, NULL);
        return NULL;
    }
    iss = pa_json_text(jwt->claims, "iss");
    found = iss ? find_provider(r, iss, jwt->claims) : NULL;
    *why =
        apr_pstrcat(r->pool, none, ": iss is ",
                    iss ? pa_text_printable(r->pool, iss, ISS_SHOWN) : "missing or no text", NULL);
    return found;
}

static const pa_fault *validate(request_rec *r, const pa_provider *provider, const char *text,
                                const char **issuer, pa_logout_token *token)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const char *client;
    pa_metadata *metadata;
    const pa_fault *fault =
        pa_discovery_metadata(conf->client, r->pool, provider, r->request_time, &metadata);

    if (fault)
        return fault;
    *issuer = metadata->issuer;
    client = pa_session_index_client(r->pool, provider->name, metadata->issuer);
    return pa_logout_token_validate(conf->client, r->pool, provider, metadata, text,
                                    pa_logout_memory_alg(&conf->visit, client, r->pool),
                                    apr_time_now(), token);
}

/* Ends what the token means, under each name that its client has here: one client can stand in
 * several <PlusAuthProvider> sections, and sessions are kept under their names. */
static apr_status_t end_everywhere(request_rec *r, const pa_provider *provider, const char *issuer,
                                   const pa_logout_token *token)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    apr_status_t rv = APR_SUCCESS;

    for (apr_hash_index_t *i = apr_hash_first(r->pool, conf->providers); i && rv == APR_SUCCESS;
         i = apr_hash_next(i)) {
        const pa_provider *named = apr_hash_this_val(i);
        pa_bytes ended = { NULL, 0 };

        if (!pa_metadata_is_issuer(named, issuer)
            || strcmp(named->client_id, provider->client_id) != 0)
            continue;
        rv = conf->visit.backend->end_by(&conf->visit,
                                         pa_session_index_client(r->pool, named->name, issuer),
                                         token->sub, token->sid, &ended, r->pool);
        log_ended(r, &conf->visit, ended, rv);
    }
    return rv;
}

/* First everything ends, then the token counts as used: one that could not be obeyed may come
 * again. APR_EEXIST: it was used before. */
static apr_status_t obey(request_rec *r, const pa_provider *provider, const char *issuer,
                         const pa_logout_token *token)
{
    const pa_visit_settings *settings = &pa_server_conf_get(r->server)->visit;
    const char *client = pa_session_index_client(r->pool, provider->name, issuer);
    apr_status_t rv = pa_logout_memory_check_jti(settings, client, token->jti, r->pool);

    if (rv == APR_SUCCESS)
        rv = end_everywhere(r, provider, issuer, token);
    if (rv != APR_SUCCESS)
        return rv;
    return pa_logout_memory_use_jti(settings, client, token->jti,
                                    r->request_time + 2 * PA_LOGOUT_TOKEN_AGE_MAX, r->pool);
}

static int end_sessions(request_rec *r, const char *text)
{
    const pa_provider *provider;
    const pa_fault *fault;
    pa_logout_token token;
    const char *issuer, *why;
    apr_status_t rv;

    if (!(provider = choose_provider(r, text, &why)))
        return refuse(r, &not_accepted, why);
    if ((fault = validate(r, provider, text, &issuer, &token)))
        return refuse_fault(r, fault);
    rv = obey(r, provider, issuer, &token);
    if (rv == APR_EEXIST)
        return refuse(r, &not_accepted, "its jti was used before");
    if (rv != APR_SUCCESS) {
        pa_counters_add(PA_COUNT_STORE_ERROR);
        return refuse(r, &not_now, "the session store does not answer");
    }
    no_store(r);
    ap_set_content_length(r, 0);
    return OK;
}

int pa_backchannel_handler(request_rec *r)
{
    apr_table_t *form;
    const char *token;

    if (r->method_number != M_POST)
        return refuse(r, &not_accepted, "no POST");
    if (pa_form_read(r, &form) != OK)
        return refuse(r, &not_accepted, "no form of bounded size");
    token = apr_table_get(form, "logout_token");
    return token ? end_sessions(r, token) : refuse(r, &not_accepted, "no logout_token");
}

/* Whether the frame's parameters are those of the session that this browser has. Without the
 * browser's cookie anybody who knows a sid could end its session. */
static int is_meant(const pa_session *session, const char *iss, const char *sid)
{
    return session && session->sid && iss && sid && strcmp(iss, session->issuer) == 0
           && strcmp(sid, session->sid) == 0;
}

/* The one page of ours that may be framed, by the provider alone that its own URL names: also when
 * its session is gone already. */
static int frame(request_rec *r, const char *iss)
{
    const pa_provider *provider = iss ? find_provider(r, iss, NULL) : NULL;
    const char *framer = provider ? pa_url_origin(r->pool, provider->issuer) : NULL;

    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   apr_pstrcat(r->pool, "default-src 'none'; frame-ancestors ",
                               framer ? framer : "'none'", NULL));
    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_rputs("<!DOCTYPE html>\n<title>Sign-out</title>\n", r);
    return OK;
}

/* Why a frame ends nothing, for whoever set the client up: the provider's page shows nothing of it.
 */
static void tell_frame(request_rec *r, const pa_session *session, const char *iss, const char *sid)
{
    if (!iss || !*iss || !sid || !*sid)
        pa_log_limited(r, APLOG_WARNING, 0,
                       "front-channel logout: the frame has no iss or no sid and ends nothing: set "
                       "frontchannel_logout_session_required for this client at the provider");
    else if (!session)
        pa_log_limited(r, APLOG_INFO, 0,
                       "front-channel logout: the browser has no session here, or sends no cookie "
                       "from within another site's page (PlusAuthCookie SameSite=None)");
    else
        pa_log_limited(r, APLOG_INFO, 0,
                       "front-channel logout: iss and sid are not those of the browser's session");
}

int pa_frontchannel_handler(request_rec *r)
{
    const pa_session *session = NULL;
    apr_table_t *parameters = NULL;
    const char *iss = NULL, *sid = NULL;
    apr_status_t rv;

    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return pa_refuse(r, &no_frame, "front-channel logout: method %s", r->method);
    }
    no_store(r);
    if ((rv = pa_session_load(r, &session)) != APR_SUCCESS)
        return pa_failure_session(r, rv);
    if (r->args && !pa_form_parse(r->pool, r->args, &parameters)) {
        iss = apr_table_get(parameters, "iss");
        sid = apr_table_get(parameters, "sid");
    }
    if (is_meant(session, iss, sid)) {
        if ((rv = pa_session_end(r)) != APR_SUCCESS)
            return pa_failure_session(r, rv);
        pa_audit_end(r, PA_COUNT_LOGOUT_FRONT_CHANNEL, pa_visit_of(r)->key);
    }
    else {
        tell_frame(r, session, iss, sid);
    }
    return frame(r, iss);
}
