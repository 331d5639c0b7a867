/* login_hints.c: see login_hints.h. Whoever can make a browser visit us chooses these: what is not
 * on the list is passed over, what is goes out encoded, and a place to return to is ours. */
#include "login_hints.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <jansson.h>

#include "../base/text.h"
#include "../base/url.h"
#include "../protocol/metadata.h"
#include "../state/log.h"
#include "refusal.h"
#include "form.h"

#define HINT_MAX 256
#define MAX_AGE_MAX (366 * 86400)

/* What is passed on, and whether it means that a live session is not enough. */
static const struct {
    const char *name;
    int again;
} passed_on[] = {
    { "login_hint", 0 }, { "ui_locales", 0 }, { "acr_values", 1 },
    { "max_age", 1 },    { "prompt", 1 },
};

static const pa_refusal bad_method = { .status = HTTP_METHOD_NOT_ALLOWED,
                                       .error = "invalid_request",
                                       .message = "Signing in begins with a visit." };
static const pa_refusal bad_link = { .status = HTTP_BAD_REQUEST,
                                     .error = "invalid_request",
                                     .message = "This link for signing in cannot be used." };

static int refuse_form(request_rec *r, int status)
{
    pa_refusal bad_form = { .status = status,
                            .error = "invalid_request",
                            .message = "This form for signing in cannot be used." };

    return pa_refuse(r, &bad_form, "login: " PA_FORM_UNREADABLE, status);
}

/* -1 for what is no number of seconds, or so many that it is none. */
static int seconds(const char *value)
{
    apr_size_t len = strlen(value);
    int number = len <= 8 && strspn(value, "0123456789") == len ? (int)apr_atoi64(value) : -1;

    return len > 0 && number <= MAX_AGE_MAX ? number : -1;
}

/* What a signed request could not hold. */
static int is_utf8(const char *value)
{
    json_t *text = json_string(value);

    json_decref(text);
    return text != NULL;
}

/* With prompt=none the provider answers login_required to whoever is not signed in there: a link
 * for signing in would end on an error page. */
static int is_silent(request_rec *r, const char *name, const char *value)
{
    if (strcmp(name, "prompt") != 0 || !strstr(value, "none"))
        return 0;
    pa_log_limited(r, APLOG_INFO, 0,
                   "login: prompt=none is not passed on: who is not signed in at the provider "
                   "would get an error");
    return 1;
}

/* A value that goes to the provider: printable text of bounded length. */
static int is_passable(const char *name, const char *value)
{
    apr_size_t len = strlen(value);

    if (len == 0 || len > HINT_MAX)
        return 0;
    if (strcmp(name, "max_age") == 0)
        return seconds(value) >= 0;
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return 0;
    return is_utf8(value);
}

static void take_parameters(request_rec *r, const apr_table_t *said, pa_login_hints *out)
{
    apr_table_t *parameters = apr_table_make(r->pool, 4);

    for (apr_size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++) {
        const char *value = apr_table_get(said, passed_on[i].name);

        if (!value || !is_passable(passed_on[i].name, value)
            || is_silent(r, passed_on[i].name, value))
            continue;
        apr_table_setn(parameters, passed_on[i].name, value);
        out->again |= passed_on[i].again;
    }
    out->parameters = parameters;
}

/* The provider that a third party names, of several clients there the place's; else the place's, or
 * the only one there is. */
static const pa_provider *provider_of(request_rec *r, const char *iss)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const pa_provider *provider = pa_config_provider(r);

    if (provider && (!iss || pa_metadata_is_issuer(provider, iss)))
        return provider;
    if (!iss && apr_hash_count(conf->providers) > 1)
        return NULL;
    for (apr_hash_index_t *i = apr_hash_first(r->pool, conf->providers); i; i = apr_hash_next(i)) {
        provider = apr_hash_this_val(i);
        if (!iss || pa_metadata_is_issuer(provider, iss))
            return provider;
    }
    return NULL;
}

/* A path of ours, or an absolute URL of our origin; NULL for anything else. */
static const char *own_path(request_rec *r, const char *target)
{
    const char *origin = pa_server_conf_get(r->server)->origin;
    apr_size_t len = strlen(origin);

    if (strncmp(target, origin, len) == 0 && (target[len] == '/' || !target[len]))
        target = target[len] ? target + len : "/";
    return pa_url_return(r->pool, target);
}

static int complete(request_rec *r, const apr_table_t *said, pa_login_hints *out)
{
    const char *iss = apr_table_get(said, "iss");
    const char *target = apr_table_get(said, "target_link_uri");
    const char *return_to = apr_table_get(said, "return_to");

    take_parameters(r, said, out);
    out->provider = provider_of(r, iss);
    if (!out->provider && iss)
        return pa_refuse(r, &bad_link, "login: its iss is no provider's that is configured here");
    /* A place to return to that is no place of ours: our own pages' mistake, or a third party's
     * attempt. */
    if (target && !(target = own_path(r, target)))
        return pa_refuse(r, &bad_link, "login: its target_link_uri is of another origin");
    out->return_to = target ? target : return_to ? own_path(r, return_to) : NULL;
    if (!out->return_to)
        out->return_to = "/";
    return OK;
}

int pa_login_hints_read(request_rec *r, pa_login_hints *out)
{
    apr_table_t *said = apr_table_make(r->pool, 1);
    int status;

    memset(out, 0, sizeof(*out));
    if (r->method_number != M_GET && r->method_number != M_POST) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, -1);
        return pa_refuse(r, &bad_method, "login: method %s", r->method);
    }
    if (r->method_number == M_POST && (status = pa_form_read(r, &said)) != OK)
        return refuse_form(r, status);
    if (r->method_number == M_GET && r->args && pa_form_parse(r->pool, r->args, &said))
        return pa_refuse(r, &bad_link, "login: its query is malformed");
    return complete(r, said, out);
}

static void add_configured(request_rec *r, const apr_array_header_t *configured,
                           const pa_provider *provider, apr_table_t *parameters)
{
    for (int i = 0; configured && i < configured->nelts; i++) {
        const pa_auth_param *param = &APR_ARRAY_IDX(configured, i, pa_auth_param);
        const char *error = NULL, *value;

        if (param->provider && strcmp(param->provider, provider->name) != 0)
            continue;
        value = ap_expr_str_exec(r, param->value, &error);
        if (error)
            pa_log_limited(r, APLOG_ERR, 0, "PlusAuthAuthParam %s: %s", param->name, error);
        else if (*value)
            apr_table_set(parameters, param->name, value);
    }
}

static apr_table_t *configured_of(request_rec *r, const pa_provider *provider)
{
    apr_table_t *parameters = apr_table_make(r->pool, 4);

    add_configured(r, pa_server_conf_get(r->server)->auth_params, provider, parameters);
    add_configured(r, pa_dir_conf_get(r)->auth_params, provider, parameters);
    return parameters;
}

apr_table_t *pa_login_parameters(request_rec *r, const pa_provider *provider,
                                 const apr_table_t *asked)
{
    apr_table_t *parameters = configured_of(r, provider);
    const apr_array_header_t *entries = asked ? apr_table_elts(asked) : NULL;
    int max_age = pa_login_max_age(parameters);

    for (int i = 0; entries && i < entries->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(entries, i, apr_table_entry_t);

        if (!apr_table_get(parameters, entry->key)
            || (strcmp(entry->key, "max_age") == 0 && seconds(entry->val) < max_age))
            apr_table_setn(parameters, entry->key, entry->val);
    }
    /* After a logout that the provider knows nothing of, it would sign the same user in unasked. */
    if (pa_visit_of(r)->signed_out && !apr_table_get(parameters, "prompt"))
        apr_table_setn(parameters, "prompt", "login");
    return parameters;
}

int pa_login_place_max_age(request_rec *r, const pa_provider *provider)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);

    if (conf->auth_params->nelts == 0 && !pa_dir_conf_get(r)->auth_params)
        return -1;
    return pa_login_max_age(configured_of(r, provider));
}

int pa_login_max_age(const apr_table_t *parameters)
{
    const char *value = apr_table_get(parameters, "max_age");

    return value ? seconds(value) : -1;
}
