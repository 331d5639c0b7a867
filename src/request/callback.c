/* callback.c: see callback.h. Nothing of the answer is believed, or shown, before its state was
 * found in a cookie of this very browser (RFC 9700 4.7). */
#include "callback.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

#include "../base/crypto.h"
#include "../base/json.h"
#include "../base/text.h"
#include "../base/trace.h"
#include "../base/url.h"
#include "../protocol/authorization.h"
#include "../protocol/claims.h"
#include "../protocol/id_token.h"
#include "../protocol/token.h"
#include "../protocol/userinfo.h"
#include "../state/audit.h"
#include "../state/log.h"
#include "../state/logout_memory.h"
#include "../state/session.h"
#include "../state/session_index.h"
#include "answer.h"
#include "config.h"
#include "redirect.h"
#include "status.h"
#include "refusal.h"
#include "failure.h"
#include "login.h"

static const pa_refusal no_login = {
    .status = HTTP_BAD_REQUEST,
    .error = "invalid_state",
    .message = "This sign-in took too long, was finished before, or your browser did not keep the "
               "cookie that "
               "belongs to it. Please check that it accepts cookies, and sign in again."
};
static const pa_refusal bad_answer = { .status = HTTP_BAD_REQUEST,
                                       .error = "invalid_response",
                                       .message =
                                           "The answer of the sign-in service cannot be used." };

/* So many names of claims go into one log line. */
#define NAMES_LOGGED 10

/* One login that comes to its end. */
typedef struct returning {
    const pa_provider *provider; /* that comes back at this path; NULL for none */
    pa_metadata *metadata;
    const pa_login_state *asked; /* what the answer's state says; NULL when it is not ours */
    pa_login_state *login;       /* the browser's own one of it */
    int slot;
    pa_tokens tokens;
    const char *dpop_key;   /* the private JWK that they are bound to, or NULL */
    const json_t *id_token; /* its claims */
    pa_alg_set alg;         /* what it was signed with */
    json_t *userinfo;       /* NULL when it was not asked for */
} returning;

static void read_state(request_rec *r, const char *state, returning *back)
{
    pa_login_state *asked;

    if (state
        && !pa_login_state_open_parameter(r->pool, pa_visit_of(r)->settings->login_keys,
                                          pa_bytes_text(state), r->request_time, &asked))
        back->asked = asked;
}

static int is_same(const pa_login_state *one, const pa_login_state *other)
{
    return pa_equal(pa_bytes_of(one->mark, sizeof(one->mark)),
                    pa_bytes_of(other->mark, sizeof(other->mark)));
}

/* The login whose state this is, among those that the browser began. NULL and set in *back, or why
 * there is none, as far as the cookies tell. */
static const char *find_login(request_rec *r, returning *back)
{
    const pa_visit *visit = pa_visit_of(r);
    const char *reason = "the browser sent no login cookie: it blocks cookies, reaches this host "
                         "by another name or scheme, or began this login more than 15 minutes ago";

    for (int slot = 0; slot < PA_LOGIN_SLOTS; slot++) {
        pa_login_state *login;
        const char *why;

        if (!visit->logins[slot].len)
            continue;
        why = pa_login_state_open(r->pool, visit->settings->login_keys, visit->logins[slot],
                                  r->request_time, &login);
        reason = why == PA_LOGIN_EXPIRED
                     ? "no login of this browser has its state, and one of them took too long"
                     : "no login of this browser has its state: it was finished, is another "
                       "browser's, or gave way to newer ones";
        if (why || login->done || login->hop || !back->asked || !is_same(login, back->asked))
            continue;
        back->login = login;
        back->slot = slot;
        return NULL;
    }
    return reason;
}

/* The longest error code of a stranger that a line shows. */
#define ERROR_SHOWN 64

/* The reason with the error that an answer without a login tells of: a provider that cannot read a
 * request cannot send its state back either. */
static const char *with_error(apr_pool_t *pool, const char *why, const apr_table_t *parameters)
{
    const char *error = apr_table_get(parameters, "error");

    return error && pa_text_is_token(error, ERROR_SHOWN)
               ? apr_pstrcat(pool, why, "; the answer says error=", error, NULL)
               : why;
}

/* Marks the state as used, for all processes: its code is sent once. */
static const char *use_state(request_rec *r, const pa_login_state *login, apr_status_t *rv)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    unsigned char key[PA_SHA256_LEN];
    const char *why = pa_sha256(pa_bytes_of(login->mark, sizeof(login->mark)), key);

    if (!why)
        *rv = pa_cache_add(conf->used_states, key, login->begun + PA_LOGIN_LIFETIME,
                           pa_bytes_of("", 1), r->pool);
    return why;
}

/* Whether the login gave way to another one of this browser, which has its slot now: tabs that
 * begin at the same moment do not know of each other's slots. */
static int gave_way(request_rec *r, const returning *back)
{
    const pa_visit *visit = pa_visit_of(r);
    const pa_login_state *asked = back->asked;
    pa_login_state *other;

    if (!asked || asked->final || !back->provider
        || strcmp(asked->provider, back->provider->name) != 0 || !visit->logins[asked->slot].len)
        return 0;
    return !pa_login_state_open(r->pool, visit->settings->login_keys, visit->logins[asked->slot],
                                r->request_time, &other)
           && !other->hop && !is_same(other, asked);
}

static const char *return_path(const pa_login_state *login)
{
    return pa_url_check_return(login->return_to) ? "/" : login->return_to;
}

/* A login for the page of one that gave way. It is final: there is no third. */
static int restart(request_rec *r, const returning *back)
{
    const pa_login_hints hints = { .provider = back->provider,
                                   .return_to = return_path(back->asked),
                                   .restarts = 1 };

    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "[%s] callback: its login gave way to another one that this browser began at the "
                  "same time: it begins again",
                  pa_log_request_id(r));
    return pa_login_start(r, &hints);
}

/* An answer that belongs to no login of this browser: the back button, a bookmark, a login that
 * took too long or gave way to another, or somebody else's. Nothing of it is shown, and its code is
 * sent nowhere.
 * A state that opens was made here, but perhaps for another browser. Somebody who makes a victim's
 * browser come here with it gets no more than by a link to the login path or to a page: the victim
 * begins a login of her own, or who is signed in is sent to a path of this site. Each state does
 * this once. */
static int stale(request_rec *r, const char *why, const returning *back)
{
    const pa_session *session = NULL;
    apr_status_t rv = pa_session_load(r, &session), used = APR_EEXIST;
    const char *failed = NULL;

    if (rv != APR_SUCCESS)
        return pa_failure_session(r, rv);
    if (back->asked && (session || gave_way(r, back)))
        failed = use_state(r, back->asked, &used);
    if (failed)
        return pa_failure_provider(r, "callback", pa_fault_new(r->pool, PA_FAULT_OURS, failed));
    if (used != APR_SUCCESS && used != APR_EEXIST)
        return pa_failure_session(r, used);
    if (session)
        return pa_redirect_home(r, used == APR_SUCCESS ? return_path(back->asked) : "/");
    if (used == APR_SUCCESS)
        return restart(r, back);
    pa_counters_add(PA_COUNT_REFUSED_STATE);
    return pa_refuse(r, &no_login, "callback refused: %s", why);
}

/* From the code to who the user is. */
static const pa_fault *ask_provider(request_rec *r, const char *code, returning *back)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    pa_id_token_expected expected = { .provider = back->provider,
                                      .issuer = back->metadata->issuer,
                                      .nonce = back->login->nonce,
                                      .max_age = back->login->max_age < 0
                                                     ? -1
                                                     : apr_time_from_sec(back->login->max_age) };
    pa_token_grant grant = { .code = code,
                             .redirect_uri = back->provider->redirect_uri,
                             .code_verifier = back->login->code_verifier };
    pa_userinfo_request userinfo;
    const pa_fault *fault;
    pa_dpop dpop;
    pa_jwt *jwt;

    if ((fault = pa_login_dpop(r, back->provider, back->login, &back->dpop_key, &dpop)))
        return fault;
    grant.dpop = back->dpop_key ? &dpop : NULL;
    fault = pa_token_exchange(conf->client, r->pool, back->provider, back->metadata, &grant,
                              apr_time_now(), &back->tokens);
    if (fault)
        return fault;
    if (!back->tokens.id_token)
        return pa_fault_new(r->pool, PA_FAULT_RULE, "the token response has no id_token");
    expected.access_token = back->tokens.access_token;
    expected.now = apr_time_now(); /* the provider's clock has gone on meanwhile */
    fault = pa_id_token_validate(conf->client, r->pool, back->metadata, back->tokens.id_token,
                                 &expected, &jwt);
    if (fault)
        return fault;
    back->id_token = jwt->claims;
    /* What was encrypted to us is kept as the provider signed it: it alone can read that again. */
    back->tokens.id_token = (const char *)jwt->signing_input.at;
    back->alg = jwt->alg;
    if (!back->provider->userinfo || !back->metadata->userinfo_endpoint)
        return NULL;
    userinfo = (pa_userinfo_request){ back->tokens.access_token, pa_json_text(jwt->claims, "sub"),
                                      grant.dpop };
    fault = pa_userinfo_fetch(conf->client, r->pool, back->provider, back->metadata, &userinfo,
                              &back->userinfo);
    if (!fault && !back->userinfo)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "userinfo refuses the access token for %s: the claims are the ID token's",
                      back->provider->audience);
    return fault;
}

static void add_variable(pa_session *session, const char *name, const char *value)
{
    if (!value || session->variable_count >= PA_SESSION_VARIABLES_MAX)
        return;
    session->variables[session->variable_count++] = (pa_variable){ name, value };
}

/* Names of a list for a log line, which is no place for thousands. */
static const char *join_names(apr_pool_t *pool, apr_array_header_t *names)
{
    int more = names->nelts - NAMES_LOGGED;
    const char *text;

    if (more > 0)
        names->nelts = NAMES_LOGGED;
    text = apr_array_pstrcat(pool, names, ',');
    return more > 0 ? apr_psprintf(pool, "%s and %d more", text, more) : text;
}

/* An application that misses a claim takes its user for another: once a login the log says so. */
static void tell_left_out(request_rec *r, apr_array_header_t *left_out)
{
    if (left_out->nelts > 0)
        pa_log_limited(r, APLOG_WARNING, 0, "left out of what applications get of the user: %s",
                       join_names(r->pool, left_out));
}

/* All that applications get of the user, ready-made. */
static void add_variables(request_rec *r, const returning *back, pa_session *session)
{
    apr_pool_t *pool = r->pool;
    apr_array_header_t *left_out = apr_array_make(pool, 4, sizeof(const char *));
    const apr_array_header_t *claims =
        pa_claims_flatten(pool, back->userinfo, back->id_token, left_out);
    const char *document =
        pa_claims_document(pool, back->userinfo ? back->userinfo : back->id_token);

    if (!document)
        APR_ARRAY_PUSH(left_out, const char *) =
            apr_psprintf(pool, "PLUSAUTH_USERINFO (longer than %d bytes)", PA_CLAIMS_DOCUMENT_MAX);
    tell_left_out(r, left_out);
    session->variables = apr_palloc(pool, PA_SESSION_VARIABLES_MAX * sizeof(pa_variable));
    add_variable(session, "PLUSAUTH_DISPLAY_NAME",
                 pa_claims_display_name(pool, back->userinfo, back->id_token));
    add_variable(session, "PLUSAUTH_USERINFO", document);
    for (int i = 0; i < claims->nelts; i++) {
        const pa_claim *claim = &APR_ARRAY_IDX(claims, i, pa_claim);

        add_variable(session, apr_pstrcat(pool, PA_CLAIM_PREFIX, claim->name, NULL), claim->value);
    }
}

static void fit(request_rec *r, pa_session *session)
{
    int left_out = pa_session_record_fit(session);
    apr_array_header_t *names = apr_array_make(r->pool, 4, sizeof(const char *));

    if (left_out == 0)
        return;
    for (int i = 0; i < left_out; i++)
        APR_ARRAY_PUSH(names, const char *) =
            session->variables[session->variable_count + (unsigned int)i].name;
    pa_log_limited(r, APLOG_WARNING, 0,
                   "the session would be too large: %d of the user's variables are left out: %s",
                   left_out, join_names(r->pool, names));
}

static pa_session *make_session(request_rec *r, const returning *back)
{
    pa_session *session = apr_pcalloc(r->pool, sizeof(*session));
    int present;

    session->created = session->touched = r->request_time;
    session->provider = back->provider->name;
    session->issuer = back->metadata->issuer;
    session->sub = pa_json_text(back->id_token, "sub");
    session->sid = pa_json_text(back->id_token, "sid");
    session->acr = pa_json_text(back->id_token, "acr");
    pa_json_date(back->id_token, "auth_time", &present, &session->auth_time);
    session->id_token = back->tokens.id_token;
    session->access_token = back->tokens.access_token;
    session->refresh_token = back->tokens.refresh_token;
    session->access_expires = back->tokens.expires;
    session->dpop_key = back->dpop_key;
    add_variables(r, back, session);
    fit(r, session);
    pa_log_step(
        r, "session: sub of %d bytes, %s sid, %s access token, %s refresh token, %u variables",
        (int)strlen(session->sub), session->sid ? "a" : "no", session->access_token ? "an" : "no",
        session->refresh_token ? "a" : "no", session->variable_count);
    return session;
}

/* The attempt's cookie becomes a mark that it ended well, for a while: to notice a loop. */
static void mark_done(request_rec *r, returning *back)
{
    const pa_visit *visit = pa_visit_of(r);
    const char *sealed = NULL;

    back->login->done = 1;
    back->login->begun = r->request_time;
    if (pa_login_state_seal(r->pool, visit->settings->login_keys, back->login, &sealed))
        sealed = NULL;
    pa_visit_set_login_cookie(r, visit->settings, back->slot, sealed, apr_time_from_sec(60));
}

/* A redirect is part of the visit that the provider's page began, and a browser leaves a
 * SameSite=Strict cookie out of it: there a page of ours takes it on. */
static int go_on(request_rec *r, const char *path)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);

    if (!conf->cookie_samesite || strcmp(conf->cookie_samesite, "Strict") != 0)
        return pa_redirect_home(r, path);
    apr_table_setn(r->headers_out, "Refresh",
                   apr_pstrcat(r->pool, "0; url=", conf->origin, path, NULL));
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer"); /* it would hold the code */
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_rputs("<!DOCTYPE html>\n<title>Signed in</title>\n", r);
    return OK;
}

static int sign_in(request_rec *r, returning *back)
{
    const char *client =
        pa_session_index_client(r->pool, back->provider->name, back->metadata->issuer);
    apr_status_t rv = pa_logout_memory_note_alg(pa_visit_of(r)->settings, client, back->alg,
                                                r->request_time, r->pool);

    /* Last, so that nobody whose login fails has a session. */
    if (rv == APR_SUCCESS)
        rv = pa_session_begin(r, make_session(r, back));
    if (rv != APR_SUCCESS)
        return pa_failure_session(r, rv);
    pa_audit_login(r, pa_visit_of(r)->key);
    pa_status_tell_dropped(r);
    mark_done(r, back);
    if (pa_visit_of(r)->signed_out)
        pa_visit_mark_out(r, pa_visit_of(r)->settings, 0);
    return go_on(r, return_path(back->login));
}

/* An answer that breaks a rule before anything was asked for with it. */
static int not_usable(request_rec *r, const char *why)
{
    pa_counters_add(PA_COUNT_REFUSED_RULE);
    return pa_refuse(r, &bad_answer, "callback: the answer was refused: %s", why);
}

/* RFC 9700 4.4, mix-up: the answer came back where another provider does. Its code may be that
 * provider's, which the login's provider must not see. */
static int mixed_up(request_rec *r, const pa_provider *provider)
{
    pa_counters_add(PA_COUNT_REFUSED_RULE);
    return pa_refuse(r, &bad_answer,
                     "callback: the answer was refused: it came to %s, but its login went to the "
                     "provider %s, which comes back to %s: register that Redirect URI there",
                     r->uri, *provider->name ? provider->name : provider->issuer,
                     provider->redirect_uri);
}

/* The state is this browser's: what the provider says now counts, once. */
static int finish(request_rec *r, const pa_answer *answer, returning *back)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const apr_table_t *parameters = NULL;
    const char *code = NULL, *why;
    const pa_fault *fault;
    apr_status_t rv = APR_SUCCESS;

    const pa_provider *provider =
        apr_hash_get(conf->providers, back->login->provider, APR_HASH_KEY_STRING);

    if (!provider)
        return stale(r, "its provider is not configured any more", back);
    if ((why = use_state(r, back->login, &rv)))
        return pa_failure_provider(r, "callback", pa_fault_new(r->pool, PA_FAULT_OURS, why));
    if (rv == APR_EEXIST)
        return stale(r, "its state was used before", back);
    if (rv != APR_SUCCESS)
        return pa_failure_session(r, rv);
    if (provider != back->provider)
        return mixed_up(r, provider);
    fault = pa_discovery_metadata(conf->client, r->pool, back->provider, r->request_time,
                                  &back->metadata);
    if (fault)
        return pa_failure_provider(r, "callback", fault);
    fault = pa_answer_check(r, back->provider, back->metadata, answer, &parameters);
    if (!fault)
        fault = pa_authorization_answer(r->pool, back->metadata, parameters, &code);
    if (fault)
        return fault->kind == PA_FAULT_RULE ? not_usable(r, fault->why)
                                            : pa_failure_provider(r, "callback", fault);
    if ((fault = ask_provider(r, code, back)))
        return pa_failure_provider(r, "login refused", fault);
    return sign_in(r, back);
}

int pa_callback_handler(request_rec *r)
{
    returning back = { 0 };
    pa_answer answer;
    const char *why;
    int status;

    (void)pa_config_is_callback(pa_server_conf_get(r->server), r->uri, &back.provider);
    if (r->method_number != M_GET)
        return pa_answer_take_post(r, back.provider);
    why = pa_answer_read(r, back.provider, &answer);
    r->args = NULL; /* for no log, and no ErrorDocument */
    if (!why) {
        pa_trace_names(r->pool, "the provider's answer", answer.parameters);
        read_state(r, answer.state, &back);
        why = find_login(r, &back);
        why = why ? with_error(r->pool, why, answer.parameters) : NULL;
    }
    if (why)
        return stale(r, why, &back);
    pa_log_step(r, "its state is that of a login which this browser began %d seconds ago",
                (int)apr_time_sec(r->request_time - back.login->begun));
    status = finish(r, &answer, &back);
    if (!back.login->done)
        pa_visit_set_login_cookie(r, pa_visit_of(r)->settings, back.slot, NULL, 0);
    return status;
}
