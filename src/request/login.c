/* login.c: see login.h. All that is remembered of a login goes along in the browser's sealed
 * cookie. */
#include "login.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>

#include "../base/crypto.h"
#include "../base/derived_key.h"
#include "../base/url.h"
#include "../protocol/authorization.h"
#include "../protocol/document.h"
#include "../state/counters.h"
#include "../state/log.h"
#include "../state/session.h"
#include "refusal.h"
#include "redirect.h"
#include "failure.h"

/* So many logins to the same place that ended well within so much time, and still nobody signed in:
 * a loop. */
#define LOOP_ROUNDS 3
#define LOOP_WINDOW apr_time_from_sec(60)

static const pa_refusal which_provider = { .status = HTTP_INTERNAL_SERVER_ERROR,
                                           .error = "server_error",
                                           .message = "This place is not set up for signing in." };

const pa_fault *pa_login_dpop(request_rec *r, const pa_provider *provider,
                              const pa_login_state *login, const char **jwk, pa_dpop *out)
{
    const char *why;

    *jwk = NULL;
    if (provider->sender_constrain != PA_SENDER_CONSTRAIN_DPOP)
        return NULL;
    if ((why = pa_derived_key(r->pool, pa_bytes_of(login->secret, sizeof(login->secret)), jwk))
        || (why = pa_dpop_read(r->pool, *jwk, out)))
        return pa_fault_new(r->pool, PA_FAULT_OURS, why);
    return NULL;
}

/* What the login cookies of this browser say. */
typedef struct known_logins {
    int present[PA_LOGIN_SLOTS]; /* an attempt that is still on its way */
    apr_time_t begun[PA_LOGIN_SLOTS];
    int round; /* of the login that would now begin */
    int hops;  /* how often it was sent to the origin's name just now */
} known_logins;

static void look_at_logins(request_rec *r, const pa_visit *visit, const pa_login_state *next,
                           known_logins *known)
{
    memset(known, 0, sizeof(*known));
    for (int slot = 0; slot < PA_LOGIN_SLOTS; slot++) {
        pa_login_state *login;

        if (!visit->logins[slot].len
            || pa_login_state_open(r->pool, visit->settings->login_keys, visit->logins[slot],
                                   r->request_time, &login))
            continue;
        known->present[slot] = !login->done && !login->hop;
        known->begun[slot] = login->begun;
        if (r->request_time - login->begun > LOOP_WINDOW)
            continue;
        if (login->hop && login->round >= known->hops)
            known->hops = login->round + 1;
        if (login->done && strcmp(login->provider, next->provider) == 0
            && strcmp(login->return_to, next->return_to) == 0 && login->round >= known->round)
            known->round = login->round + 1;
    }
}

/* A free slot, at random, or that of the oldest attempt. */
static int choose_slot(const known_logins *known, unsigned int random)
{
    int oldest = 0;

    for (unsigned int i = 0; i < PA_LOGIN_SLOTS; i++) {
        unsigned int slot = (random + i) % PA_LOGIN_SLOTS;

        if (!known->present[slot])
            return (int)slot;
        if (known->begun[slot] < known->begun[oldest])
            oldest = (int)slot;
    }
    return oldest;
}

void pa_login_forget(request_rec *r)
{
    const pa_visit *visit = pa_visit_of(r);

    for (int slot = 0; slot < PA_LOGIN_SLOTS; slot++)
        if (visit->logins[slot].len)
            pa_visit_set_login_cookie(r, visit->settings, slot, NULL, 0);
}

static int loop_page(request_rec *r, const pa_visit *visit)
{
    const char *cookie = visit->settings->cookie, *origin = pa_server_conf_get(r->server)->origin;
    pa_refusal loop = { .status = HTTP_INTERNAL_SERVER_ERROR,
                        .error = "login_loop",
                        .message =
                            apr_psprintf(r->pool,
                                         "You signed in several times, but your browser does not "
                                         "send the cookie \"%s\" back to %s. Please check that it "
                                         "accepts cookies and that the address above begins so.",
                                         cookie, origin) };

    pa_login_forget(r);
    pa_counters_add(PA_COUNT_REFUSED_LOOP);
    return pa_refuse(r, &loop,
                     "login loop: %d logins ended well, and the browser never sent the cookie %s "
                     "back. Likely causes: it reaches this server by another scheme or name than "
                     "%s (PlusAuthOrigin), Domain= or SameSite= of PlusAuthCookie, or a session "
                     "store that loses records",
                     LOOP_ROUNDS, cookie, origin);
}

/* Whether the browser calls this server by another name than its origin. */
static int is_elsewhere(request_rec *r, const pa_server_conf *conf)
{
    const char *host = apr_table_get(r->headers_in, "Host");
    const char *ours = strstr(conf->origin, "://") + 3;
    const char *called;

    if (!host)
        return 0;
    called = pa_url_origin(r->pool,
                           apr_pstrcat(r->pool, conf->secure ? "https://" : "http://", host, NULL));
    return called && strcmp(strstr(called, "://") + 3, ours) != 0;
}

static int set_login(request_rec *r, const pa_visit *visit, const pa_login_state *login)
{
    const char *sealed;
    const char *why = pa_login_state_seal(r->pool, visit->settings->login_keys, login, &sealed);

    if (why)
        return pa_failure_provider(r, "login", pa_fault_new(r->pool, PA_FAULT_OURS, why));
    pa_visit_set_login_cookie(r, visit->settings, login->slot, sealed,
                              login->hop ? LOOP_WINDOW : PA_LOGIN_LIFETIME);
    return OK;
}

/* httpd decodes the path of parsed_uri in place: only unparsed_uri still says %20. */
const char *pa_login_wanted(const request_rec *r)
{
    const char *uri, *site;

    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    uri = r->unparsed_uri ? r->unparsed_uri : "/";
    /* RFC 9112 3.2.2: the absolute form. */
    if (*uri != '/' && (site = ap_strstr_c(uri, "://")))
        uri = site + 3 + strcspn(site + 3, "/?");
    while (uri[0] == '/' && uri[1] == '/')
        uri++;
    uri = pa_url_return(r->pool, uri);
    return uri ? uri : "/";
}

/* Once for each document that is fetched, by whichever process has it first. */
static void tell_lacks(request_rec *r, const pa_provider *provider, const pa_metadata *metadata)
{
    pa_cache *documents = pa_server_conf_get(r->server)->client->documents;
    const char *text = apr_pstrcat(r->pool, "lacks\n", provider->name, "\n", metadata->issuer, "\n",
                                   metadata->lacks, NULL);
    unsigned char key[PA_SHA256_LEN];

    if (pa_sha256(pa_bytes_text(text), key)
        || pa_cache_add(documents, key, r->request_time + PA_DOCUMENT_FRESH, pa_bytes_text("1"),
                        r->pool)
               == APR_EEXIST)
        return;
    pa_log_limited(r, APLOG_WARNING, 0,
                   "logins may fail: the discovery document of %s does not offer what the "
                   "directives ask for: %s",
                   metadata->issuer, metadata->lacks);
}

/* Where the browser goes to log in. */
static const pa_fault *ask_for_login(request_rec *r, const pa_login_hints *hints,
                                     const pa_metadata *metadata, pa_login_state *login,
                                     const char **url)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const pa_provider *provider = hints->provider;
    apr_table_t *more = pa_login_parameters(r, provider, hints->parameters);
    pa_authorization_request request = { .redirect_uri = provider->redirect_uri,
                                         .nonce = login->nonce,
                                         .code_challenge = login->code_challenge,
                                         .now = apr_time_now() };
    pa_dpop dpop;
    const char *jwk;
    const pa_fault *fault = pa_login_dpop(r, provider, login, &jwk, &dpop);
    const char *why;

    if (fault)
        return fault;
    if ((why = pa_login_state_parameter(r->pool, pa_visit_of(r)->settings->login_keys, login,
                                        &request.state)))
        return pa_fault_new(r->pool, PA_FAULT_OURS, why);
    if (metadata->lacks)
        tell_lacks(r, provider, metadata);
    request.dpop = jwk ? &dpop : NULL;
    /* What the path itself means, which no configured prompt takes away: it asks the user no less.
     */
    if (hints->registers)
        apr_table_setn(more, "prompt", "create");
    request.more = more;
    login->max_age = pa_login_max_age(more);
    return pa_authorization_url(conf->client, r->pool, provider, metadata, &request, url);
}

/* Whether this login could not begin again at the callback path as it began here: it is such a
 * second one, or a link or its place asks for more than the callback path knows. */
static int is_final(request_rec *r, const pa_login_hints *hints)
{
    return hints->restarts || hints->again || pa_dir_conf_get(r)->auth_params != NULL;
}

int pa_login_start(request_rec *r, const pa_login_hints *hints)
{
    const pa_provider *provider = hints->provider;
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const pa_visit *visit = pa_visit_of(r);
    const pa_fault *fault;
    pa_metadata *metadata = NULL;
    pa_login_state *login;
    known_logins known;
    const char *why, *url = NULL;
    int status;

    if ((why = pa_login_state_new(r->pool, provider->name, hints->return_to, r->request_time,
                                  &login)))
        return pa_failure_provider(r, "login", pa_fault_new(r->pool, PA_FAULT_OURS, why));
    look_at_logins(r, visit, login, &known);
    /* Who brings a session and signs in all the same has asked for that. */
    if (known.round >= LOOP_ROUNDS && !visit->session)
        return loop_page(r, visit);
    /* Sent to our name and back under another, again and again: a proxy in front changes it. */
    login->hop = is_elsewhere(r, conf) && known.hops < LOOP_ROUNDS;
    login->round = login->hop ? known.hops : known.round;
    login->final = is_final(r, hints);
    login->slot = choose_slot(&known, login->secret[0]);
    if (!login->hop
        && (fault =
                pa_discovery_metadata(conf->client, r->pool, provider, r->request_time, &metadata)))
        return pa_failure_provider(r, "login", fault);
    if (!login->hop && (fault = ask_for_login(r, hints, metadata, login, &url)))
        return pa_failure_provider(r, "login", fault);
    pa_log_step(r, "login at the provider %s begins, and will return to %.*s",
                *provider->name ? provider->name : provider->issuer,
                (int)strcspn(login->return_to, "?"), login->return_to);
    if (login->hop)
        pa_log_step(r, "the browser called another name than the origin: it goes to %s first",
                    conf->origin);
    status = set_login(r, visit, login);
    if (status != OK)
        return status;
    return login->hop ? pa_redirect_home(r, pa_login_wanted(r)) : pa_redirect(r, url);
}

int pa_login_handler(request_rec *r)
{
    const pa_session *session;
    pa_login_hints hints;
    apr_status_t rv;
    int status;

    if ((status = pa_login_hints_read(r, &hints)) != OK)
        return status;
    if (!hints.provider)
        return pa_refuse(
            r, &which_provider,
            "login: several providers: write PlusAuthProvider in the <Location> of the "
            "login path");
    if ((rv = pa_session_load(r, &session)) != APR_SUCCESS)
        return pa_failure_session(r, rv);
    if (session && !hints.again && strcmp(session->provider, hints.provider->name) == 0)
        return pa_redirect_home(r, hints.return_to);
    return pa_login_start(r, &hints);
}

int pa_register_handler(request_rec *r)
{
    pa_login_hints hints;
    pa_metadata *metadata;
    int status = pa_login_hints_read(r, &hints);

    if (status != OK)
        return status;
    /* Initiating User Registration 1.0; a provider that knows it not has a link on its login page.
     */
    if (hints.provider
        && !pa_discovery_metadata(pa_server_conf_get(r->server)->client, r->pool, hints.provider,
                                  r->request_time, &metadata)
        && metadata->prompt_create_supported)
        hints.registers = 1;
    return hints.provider ? pa_login_start(r, &hints) : pa_login_handler(r);
}
