/* page.c: pages and errors.
 *
 * An error is the status that a hook returns, and our page is httpd's "custom response" to it, so
 * no phase after the failed one runs: nothing here could serve what was to be protected. */
#include "page.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>

#include "../base/crypto.h"
#include "../base/json.h"
#include "config.h"
#include "export.h"
#include "template.h"

#define HTML_TYPE "text/html; charset=utf-8"
#define JSON_TYPE "application/json"
#define TYPE_FILTER "PLUSAUTH_ERROR_TYPE"
#define ID_NOTE "plusauth-request-id"
#define RANDOM_LEN 16
#define FULL_WEIGHT 1000

typedef struct {
    pa_bytes body;
    const char *csp; /* Content-Security-Policy */
} rendered;

static const struct {
    int status;
    const char *title;
} titles[] = {
    { HTTP_BAD_REQUEST, "Sign-in was not completed" },
    { HTTP_UNAUTHORIZED, "You are not signed in" },
    { HTTP_FORBIDDEN, "Access denied" },
    { HTTP_METHOD_NOT_ALLOWED, "Not possible here" },
    { HTTP_BAD_GATEWAY, "The sign-in service cannot be reached" },
    { HTTP_SERVICE_UNAVAILABLE, "Temporarily unavailable" },
    { HTTP_GATEWAY_TIME_OUT, "The sign-in service does not answer" },
};

static const char *error_title(int status)
{
    for (apr_size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Something went wrong";
}

/* Random bytes in hexadecimal; NULL when there are none. */
static const char *random_hex(apr_pool_t *pool)
{
    unsigned char bytes[RANDOM_LEN];
    char *hex = apr_palloc(pool, 2 * sizeof(bytes) + 1);

    if (pa_random(bytes, sizeof(bytes)))
        return NULL;
    ap_bin2hex(bytes, sizeof(bytes), hex);
    return hex;
}

const char *pa_page_request_id(request_rec *r)
{
    const char *id;

    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    id = apr_table_get(r->notes, ID_NOTE);
    if (id)
        return id;
    id = apr_table_get(r->subprocess_env, "UNIQUE_ID");
    if (!id)
        id = r->log_id ? r->log_id : random_hex(r->pool);
    if (!id)
        id = "-";
    apr_table_setn(r->notes, ID_NOTE, id);
    return id;
}

/* The userinfo for reading: "null", as in the tutorial, when there is none. */
static const char *pretty_userinfo(request_rec *r)
{
    const char *userinfo = apr_table_get(r->subprocess_env, "PLUSAUTH_USERINFO");
    const char *pretty = NULL;
    json_t *object;

    if (userinfo && !pa_json_object_parse(r->pool, pa_bytes_text(userinfo), &object))
        pretty = pa_json_dump(r->pool, object, 2);
    return pretty ? pretty : "null";
}

static void put(apr_table_t *env, const char *name, const char *value)
{
    if (value)
        apr_table_setn(env, name, value);
    else
        apr_table_unset(env, name);
}

/* What the templates see: the request's environment with the claims in it, and the page's own. */
static apr_table_t *page_env(request_rec *r, const pa_page *page, const char *nonce)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    apr_table_t *env = apr_table_copy(r->pool, r->subprocess_env);

    put(env, "PLUSAUTH_LOGIN_PATH", conf->path[PA_PATH_LOGIN]);
    put(env, "PLUSAUTH_LOGOUT_PATH", conf->path[PA_PATH_LOGOUT]);
    put(env, "PLUSAUTH_USERINFO_PRETTY", pretty_userinfo(r));
    put(env, "PLUSAUTH_TITLE", page->title);
    put(env, "PLUSAUTH_ERROR", page->error);
    put(env, "PLUSAUTH_MESSAGE", page->message);
    put(env, "PLUSAUTH_CONFIRM", page->confirm);
    put(env, "PLUSAUTH_PROVIDER_LOGOUT", page->provider_logout);
    put(env, "PLUSAUTH_STATUS", apr_itoa(r->pool, page->status));
    put(env, "PLUSAUTH_REQUEST_ID", pa_page_request_id(r));
    put(env, "PLUSAUTH_NONCE", nonce);
    return env;
}

/* An origin, without anything that means something in a Content-Security-Policy. */
static int is_origin(const char *text)
{
    return text
           && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-._:/[]")]
                  == '\0';
}

/* CSP 3. form-action is applied to the redirects that follow a form too, hence `form_target`. */
static const char *content_policy(apr_pool_t *pool, const char *nonce, const char *form_target)
{
    const char *style = nonce ? apr_pstrcat(pool, "'nonce-", nonce, "'", NULL) : "'none'";
    int target = is_origin(form_target);

    return apr_pstrcat(pool, "default-src 'none'; style-src ", style,
                       "; img-src 'self' data:; form-action 'self'", target ? " " : "",
                       target ? form_target : "", "; frame-ancestors 'none'; base-uri 'none'",
                       NULL);
}

/* Element around an escaped text; nothing for NULL. */
static const char *element(apr_pool_t *pool, const char *name, const char *label, const char *text)
{
    if (!text)
        return "";
    return apr_psprintf(pool, "<%s>%s%s</%s>\n", name, label, ap_escape_html(pool, text), name);
}

/* The page when templates cannot be had: no style, every text that matters. */
static pa_bytes plain_page(request_rec *r, const pa_page *page)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const char *title = page->title ? page->title : "Plusauth Starter";
    const char *message = page->message ? page->message : "This page cannot be shown as usual.";
    const char *out_path = conf->path[PA_PATH_LOGOUT];
    const char *in_path = conf->path[PA_PATH_LOGIN];
    const char *form = "";

    if (page->confirm && out_path)
        form =
            apr_psprintf(r->pool,
                         "<form method=\"post\" action=\"%s\">"
                         "<input type=\"hidden\" name=\"confirm\" value=\"%s\">"
                         "<button>Logout</button></form>\n",
                         ap_escape_html(r->pool, out_path), ap_escape_html(r->pool, page->confirm));
    return pa_bytes_text(apr_pstrcat(
        r->pool,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        element(r->pool, "title", "", title), "</head>\n<body>\n<main>\n",
        element(r->pool, "h1", "", title), element(r->pool, "p", "", message), form,
        element(r->pool, "p", "Error: ", page->error),
        element(r->pool, "p", "Request: ", pa_page_request_id(r)),
        "<p><a href=\"/\">Home</a> <a href=\"", ap_escape_html(r->pool, in_path ? in_path : "/"),
        "\">Login</a></p>\n</main>\n</body>\n</html>\n", NULL));
}

static rendered render(request_rec *r, const pa_page *page)
{
    const char *nonce = random_hex(r->pool);
    rendered out = { .csp = content_policy(r->pool, nonce, page->form_target) };
    const char *why = pa_template_render(r, pa_server_conf_get(r->server)->templates, page->file,
                                         page_env(r, page, nonce), &out.body);

    if (why) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "[%s] plain page instead of %s: %s",
                      pa_page_request_id(r), page->file, why);
        out.body = plain_page(r, page);
    }
    return out;
}

static void set_headers(apr_table_t *headers, const char *csp)
{
    if (csp)
        apr_table_setn(headers, "Content-Security-Policy", csp);
    apr_table_setn(headers, "X-Content-Type-Options", "nosniff");
    /* What follows an error of the callback need not know its code. Not no-referrer: browsers then
     * send "Origin: null" with the logout confirmation. */
    apr_table_setn(headers, "Referrer-Policy", "strict-origin");
    apr_table_setn(headers, "Cache-Control", "no-store");
}

int pa_page_send(request_rec *r, const pa_page *page)
{
    apr_bucket_alloc_t *buckets = r->connection->bucket_alloc;
    apr_bucket_brigade *out = apr_brigade_create(r->pool, buckets);
    int status = ap_discard_request_body(r);
    rendered html;

    if (status != OK)
        return status;
    html = render(r, page);
    r->status = page->status;
    ap_set_content_type(r, HTML_TYPE);
    ap_set_content_length(r, (apr_off_t)html.body.len);
    set_headers(r->headers_out, html.csp);
    pa_template_forbid_ssi(r);
    APR_BRIGADE_INSERT_TAIL(
        out, apr_bucket_pool_create((const char *)html.body.at, html.body.len, r->pool, buckets));
    APR_BRIGADE_INSERT_TAIL(out, apr_bucket_eos_create(buckets));
    /* When this fails the client is gone, which httpd logs. */
    ap_pass_brigade(r->output_filters, out);
    return OK;
}

/* The weight, in thousandths, of the parameters after a media range (RFC 9110 12.4.2). */
static int range_weight(const char *params)
{
    const char *q = ap_strcasestr(params, "q=");
    int weight, unit;

    if (!q)
        return FULL_WEIGHT;
    q += 2;
    if (*q != '0')
        return *q == '1' ? FULL_WEIGHT : 0;
    weight = 0;
    unit = FULL_WEIGHT / 10;
    if (q[1] != '.')
        return 0;
    for (q += 2; *q >= '0' && *q <= '9' && unit; q++, unit /= 10)
        weight += (*q - '0') * unit;
    return weight;
}

/* The weight that Accept gives to type/subtype: of the most specific range that covers it. */
static int accept_weight(apr_pool_t *pool, const char *accept, const char *type,
                         const char *subtype)
{
    const char *ranges[] = { "*/*", apr_pstrcat(pool, type, "/*", NULL),
                             apr_pstrcat(pool, type, "/", subtype, NULL) };
    int weight = 0, covered = 0;

    while (*accept) {
        const char *params = ap_getword(pool, &accept, ',');
        char *range = ap_getword(pool, &params, ';');

        apr_collapse_spaces(range, range);
        for (int i = 2; i >= covered; i--) {
            if (ap_cstr_casecmp(range, ranges[i]) == 0) {
                covered = i;
                weight = range_weight(params);
                break;
            }
        }
    }
    return weight;
}

int pa_page_prefers_json(request_rec *r)
{
    const char *with = apr_table_get(r->headers_in, "X-Requested-With");
    const char *mode = apr_table_get(r->headers_in, "Sec-Fetch-Mode");
    const char *accept = apr_table_get(r->headers_in, "Accept");

    if (with && ap_cstr_casecmp(with, "XMLHttpRequest") == 0)
        return 1;
    if (mode && ap_cstr_casecmp(mode, "navigate") != 0)
        return 1;
    return accept
           && accept_weight(r->pool, accept, "application", "json")
                  > accept_weight(r->pool, accept, "text", "html");
}

static const char *json_error(request_rec *r, const pa_page *page, const char *location)
{
    json_t *object = pa_json_own(r->pool, json_object());
    const char *text;

    /* A text that is no UTF-8 is left out. */
    json_object_set_new(object, "error", json_string(page->error));
    json_object_set_new(object, "message", json_string(page->message));
    json_object_set_new(object, "request_id", json_string(pa_page_request_id(r)));
    if (location)
        json_object_set_new(object, "location", json_string(location));
    text = pa_json_dump(r->pool, object, 0);
    return apr_pstrcat(r->pool, text ? text : "{}", "\n", NULL);
}

/* Where the media type of our answer to an error with this status is noted. */
static const char *type_note(request_rec *r, int status)
{
    return apr_psprintf(r->pool, "plusauth-error-type-%d", status);
}

static void answer_error(request_rec *r, const pa_page *page, const char *location)
{
    const char *type = JSON_TYPE;
    const char *body;

    if (pa_page_prefers_json(r)) {
        body = json_error(r, page, location);
        set_headers(r->err_headers_out, NULL);
    }
    else {
        rendered html = render(r, page);

        type = HTML_TYPE;
        /* The line end: httpd takes a text that begins as a path or an URL does for one. */
        body = apr_psprintf(r->pool, "\n%.*s", (int)html.body.len, (const char *)html.body.at);
        set_headers(r->err_headers_out, html.csp);
    }
    apr_table_setn(r->notes, type_note(r, page->status), type);
    ap_custom_response(r, page->status, body);
}

/* RFC 9110 11.6.1: a 401 names a way in. */
static const char *way_in(request_rec *r)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    const char *location = apr_pstrcat(r->pool, conf->origin, conf->path[PA_PATH_LOGIN], NULL);

    apr_table_setn(r->err_headers_out, "WWW-Authenticate",
                   apr_psprintf(r->pool, "PlusAuth location=\"%s\"", location));
    return location;
}

int pa_page_error(request_rec *r, int status, const char *error, const char *message)
{
    pa_page page = { .file = "error.html",
                     .status = status,
                     .title = error_title(status),
                     .error = error,
                     .message = message };
    int answered = apr_table_get(r->notes, type_note(r, status)) != NULL;
    const char *location = status == HTTP_UNAUTHORIZED ? way_in(r) : NULL;

    put(r->subprocess_env, "PLUSAUTH_ERROR", error);
    put(r->subprocess_env, "PLUSAUTH_MESSAGE", message);
    /* Who made a sub-request makes his own of its failure. */
    if (!r->main && (answered || !ap_response_code_string(r, ap_index_of_response(status))))
        answer_error(r, &page, location);
    return status;
}

/* mod_authz_core denies a user whom no Require admits with 401, as if another password could help.
 * The verdict of all the others is asked for here, and only that answer changed: to 403. */
static int check_authz(request_rec *r)
{
    pa_visit *visit;
    int verdict;

    if (!r->user || !r->ap_auth_type || strcmp(r->ap_auth_type, "PlusAuth") != 0
        || !(visit = pa_visit_of(r)) || visit->asking_authz)
        return DECLINED;
    visit->asking_authz = 1;
    verdict = ap_run_auth_checker(r);
    visit->asking_authz = 0;
    if (verdict != HTTP_UNAUTHORIZED && verdict != HTTP_FORBIDDEN)
        return verdict;
    pa_export_fixup(r); /* the page names the user, and the phase that would is not reached */
    return pa_page_error(r, HTTP_FORBIDDEN, "forbidden",
                         "You are signed in, but your account may not open this page.");
}

/* httpd calls every custom response ISO 8859-1 HTML, after this hook: a filter says what it is. */
static void insert_error_filter(request_rec *r)
{
    if (apr_table_get(r->notes, type_note(r, r->status)))
        ap_add_output_filter(TYPE_FILTER, NULL, r, r->connection);
}

static apr_status_t set_error_type(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    const char *type = apr_table_get(f->r->notes, type_note(f->r, f->r->status));

    if (type)
        ap_set_content_type(f->r, type);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

int pa_page_handler(request_rec *r)
{
    pa_page page = { .file = pa_dir_conf_get(r)->page, .status = HTTP_OK };

    if (!r->handler || strcmp(r->handler, "plusauth-page") != 0 || pa_dir_conf_get(r)->engine == 0)
        return DECLINED;
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number == M_OPTIONS)
        return ap_send_http_options(r);
    if (r->method_number != M_GET)
        return pa_page_error(r, HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
                             "This page can only be read.");
    if (page.file)
        return pa_page_send(r, &page);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "[%s] SetHandler plusauth-page without a "
                  "page: write PlusAuthPage index.html beside it",
                  pa_page_request_id(r));
    return pa_page_error(r, HTTP_INTERNAL_SERVER_ERROR, "misconfigured",
                         "This server is not set up completely.");
}

/* mod_dir looks for an index file wherever a path is a directory, and redirects there. */
static int fix_directory(request_rec *r)
{
    if (r->handler && strcmp(r->handler, "plusauth-page") == 0)
        r->finfo.filetype = APR_NOFILE;
    return DECLINED;
}

void pa_page_register(apr_pool_t *pool)
{
    static const char *const readers[] = { "mod_dir.c", NULL };

    (void)pool;
    ap_hook_fixups(fix_directory, NULL, readers, APR_HOOK_MIDDLE);
    pa_template_register();
    ap_register_output_filter(TYPE_FILTER, set_error_type, NULL, AP_FTYPE_RESOURCE);
    ap_hook_insert_error_filter(insert_error_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_authz(check_authz, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_handler(pa_page_handler, NULL, NULL, APR_HOOK_MIDDLE);
}
