/* page.c: see page.h. */
#include "page.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "../base/crypto.h"
#include "../base/json.h"
#include "../base/url.h"
#include "../state/log.h"
#include "config.h"
#include "login.h"
#include "template.h"

#define HTML_TYPE "text/html; charset=utf-8"
#define RANDOM_LEN 16
#define FULL_WEIGHT 1000

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

/* The name of who is signed in, for the pages that stand on our own paths: no claims are exported
 * there. NULL where nobody is, or where that was not asked for. */
static const char *display_name(request_rec *r)
{
    const pa_visit *visit = pa_visit_of(r);
    const pa_session *session = visit ? visit->session : NULL;

    for (unsigned int i = 0; session && i < session->variable_count; i++)
        if (strcmp(session->variables[i].name, "PLUSAUTH_DISPLAY_NAME") == 0)
            return session->variables[i].value;
    return NULL;
}

static const char *site_title(const request_rec *r)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);

    return conf->title ? conf->title : r->server->server_hostname;
}

/* What the templates see: the request's environment with the claims in it, and the page's own. */
static apr_table_t *page_env(request_rec *r, const pa_page *page, const char *nonce)
{
    const pa_server_conf *conf = pa_server_conf_get(r->server);
    apr_table_t *env = apr_table_copy(r->pool, r->subprocess_env);

    if (!apr_table_get(env, "PLUSAUTH_DISPLAY_NAME"))
        put(env, "PLUSAUTH_DISPLAY_NAME", display_name(r));
    put(env, "PLUSAUTH_SITE", site_title(r));
    put(env, "PLUSAUTH_BRAND", conf->brand ? conf->brand : site_title(r));
    put(env, "PLUSAUTH_RETURN", pa_form_add(r->pool, NULL, "return_to", pa_login_wanted(r)));
    put(env, "PLUSAUTH_LOGIN_PATH", conf->path[PA_PATH_LOGIN]);
    put(env, "PLUSAUTH_LOGOUT_PATH", conf->path[PA_PATH_LOGOUT]);
    put(env, "PLUSAUTH_USERINFO_PRETTY", pretty_userinfo(r));
    put(env, "PLUSAUTH_TITLE", page->title);
    put(env, "PLUSAUTH_ERROR", page->error);
    put(env, "PLUSAUTH_MESSAGE", page->message);
    put(env, "PLUSAUTH_CONFIRM", page->confirm);
    put(env, "PLUSAUTH_PROVIDER_LOGOUT", page->provider_logout);
    put(env, "PLUSAUTH_STATUS", apr_itoa(r->pool, page->status));
    put(env, "PLUSAUTH_REQUEST_ID", pa_log_request_id(r));
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
    const char *title = page->title ? page->title : site_title(r);
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
        element(r->pool, "p", "Request: ", pa_log_request_id(r)),
        "<p><a href=\"/\">Home</a> <a href=\"", ap_escape_html(r->pool, in_path ? in_path : "/"),
        "\">Login</a></p>\n</main>\n</body>\n</html>\n", NULL));
}

pa_rendered pa_page_render(request_rec *r, const pa_page *page)
{
    const char *nonce = random_hex(r->pool);
    pa_rendered out = { .csp = content_policy(r->pool, nonce, page->form_target) };
    const char *why = pa_template_render(r, pa_server_conf_get(r->server)->templates, page->file,
                                         page_env(r, page, nonce), &out.body);

    if (why) {
        pa_log_limited(r, APLOG_ERR, 0, "plain page instead of %s: %s", page->file, why);
        out.body = plain_page(r, page);
    }
    return out;
}

void pa_page_set_headers(apr_table_t *headers, const char *csp)
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
    pa_rendered html;

    if (status != OK)
        return status;
    html = pa_page_render(r, page);
    r->status = page->status;
    ap_set_content_type(r, HTML_TYPE);
    ap_set_content_length(r, (apr_off_t)html.body.len);
    pa_page_set_headers(r->headers_out, html.csp);
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
