/* http.c: requests to a provider on libcurl's easy interface. Handles whose transfers went well are
 * kept with their open connections; the one used last is used first. Nothing comes from the
 * environment, nothing is followed, decoded or repeated, and everything read is bounded. */
#include "http.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <curl/curl.h>
#include <openssl/err.h>
#include <string.h>
#include <strings.h>

#include "text.h"
#include "trace.h"
#include "url.h"

#define IDLE_MAX 32       /* handles kept, each with at most five connections */
#define HEADERS_MAX 65536 /* bytes of header lines in one answer, interim answers included */
#define BODY_FIRST 4096   /* what most answers fit in */
#define CONTENT_TYPE_MAX 127
#define NONCE_MAX 1024

struct pa_http {
    apr_thread_mutex_t *mutex;
    CURL *idle[IDLE_MAX];
    int idle_count;
    pa_waiters *waiters; /* NULL: not counted */
};

/* One request under way. */
typedef struct transfer {
    apr_pool_t *pool;
    const pa_http_request *request;
    apr_size_t form_len;
    apr_size_t form_read; /* what libcurl was given of it */
    char *body;
    apr_size_t body_len;
    apr_size_t body_room;
    apr_size_t headers_len;
    const char *dpop_nonce;
    const char *refused; /* why a callback stopped the transfer */
    char error[CURL_ERROR_SIZE];
} transfer;

static apr_status_t close_all(void *data)
{
    pa_http *http = data;
    while (http->idle_count > 0)
        curl_easy_cleanup(http->idle[--http->idle_count]);
    curl_global_cleanup();
    return APR_SUCCESS;
}

const char *pa_http_create(apr_pool_t *pool, pa_waiters *waiters, pa_http **out)
{
    pa_http *http = apr_pcalloc(pool, sizeof(*http));
    if (apr_thread_mutex_create(&http->mutex, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS)
        return "no mutex can be made";
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return "libcurl does not start";
    apr_pool_cleanup_register(pool, http, close_all, apr_pool_cleanup_null);
    http->waiters = waiters;
    *out = http;
    return NULL;
}

const pa_fault *pa_http_enter(pa_http *http, apr_pool_t *pool, pa_wait kind)
{
    if (!http->waiters || pa_waiters_enter(http->waiters, kind))
        return NULL;
    return pa_fault_new(pool, PA_FAULT_UNKNOWN,
                        "too many workers wait for providers already (at most half of "
                        "MaxRequestWorkers may); this request does not ask");
}

void pa_http_leave(pa_http *http, pa_wait kind)
{
    if (http->waiters)
        pa_waiters_leave(http->waiters, kind);
}

static CURL *take_handle(pa_http *http)
{
    CURL *curl = NULL;
    apr_thread_mutex_lock(http->mutex);
    if (http->idle_count > 0)
        curl = http->idle[--http->idle_count];
    apr_thread_mutex_unlock(http->mutex);
    return curl ? curl : curl_easy_init();
}

/* Keeps a handle for the next request, with its connections and TLS sessions but nothing of the
 * request or its secrets. Only one whose transfer was `fine` is kept, because curl_easy_reset()
 * does not undo all that a failed transfer leaves behind: curl before 8.16 remembers a body that it
 * could not send again, and then refuses every later request (curl issue 18206). */
static void give_handle(pa_http *http, CURL *curl, int fine)
{
    int kept = 0;
    if (fine) {
        curl_easy_reset(curl);
        apr_thread_mutex_lock(http->mutex);
        kept = http->idle_count < IDLE_MAX;
        if (kept)
            http->idle[http->idle_count++] = curl;
        apr_thread_mutex_unlock(http->mutex);
    }
    if (!kept)
        curl_easy_cleanup(curl);
}

static size_t refuse(transfer *t, const char *why)
{
    t->refused = why;
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    transfer *t = context;
    const size_t len = size * count;
    if (len > t->request->max_body - t->body_len)
        return refuse(t, "its answer is too long");
    if (len > t->body_room - t->body_len) {
        apr_size_t room = t->body_room ? t->body_room * 2 : BODY_FIRST;
        while (room < t->body_len + len)
            room *= 2;
        char *larger = apr_palloc(t->pool, room + 1);
        if (t->body_len > 0)
            memcpy(larger, t->body, t->body_len);
        t->body = larger;
        t->body_room = room;
    }
    if (len > 0) {
        memcpy(t->body + t->body_len, data, len);
        t->body_len += len;
    }
    return len;
}

/* The nonce that the next proof must have (RFC 9449 8.1). One that no header may hold is none. */
static void keep_nonce(transfer *t, const char *line, apr_size_t len)
{
    static const char name[] = "dpop-nonce:";
    const apr_size_t skip = sizeof(name) - 1;
    if (len <= skip || strncasecmp(line, name, skip) != 0)
        return;
    const char *value = line + skip, *end = line + len;
    while (value < end && apr_isspace(*value))
        value++;
    while (end > value && apr_isspace(end[-1]))
        end--;
    value = apr_pstrmemdup(t->pool, value, (apr_size_t)(end - value));
    t->dpop_nonce = pa_text_is_token(value, NONCE_MAX) ? value : NULL;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    transfer *t = context;
    const size_t len = size * count;
    if (len > HEADERS_MAX - t->headers_len)
        return refuse(t, "the header of its answer is too long");
    t->headers_len += len;
    keep_nonce(t, data, len);
    return len;
}

/* Hands out the form, once. libcurl repeats a request on a new connection when a kept one ends
 * before any answer, but a code must not go out twice: the provider may have redeemed it. */
static size_t on_request_body(char *buffer, size_t size, size_t count, void *context)
{
    transfer *t = context;
    const size_t room = size * count;
    const size_t left = t->form_len - t->form_read;
    if (left == 0) {
        t->refused = "the connection ended; the request is not sent a second time";
        return CURL_READFUNC_ABORT;
    }
    const size_t len = left < room ? left : room;
    memcpy(buffer, t->request->form + t->form_read, len);
    t->form_read += len;
    return len;
}

/* Every option that is the same for all requests. */
static const struct {
    CURLoption option;
    long value;
} fixed_options[] = {
    { CURLOPT_NOSIGNAL, 1 },
    { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
    { CURLOPT_FOLLOWLOCATION, 0 },
    { CURLOPT_NETRC, CURL_NETRC_IGNORED },
    { CURLOPT_HTTP09_ALLOWED, 0 },
    { CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
    { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
    { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
    { CURLOPT_SSL_VERIFYPEER, 1 },
    { CURLOPT_SSL_VERIFYHOST, 2 },
};

static CURLcode set_fixed(CURL *curl)
{
    CURLcode rc = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    for (apr_size_t i = 0; rc == CURLE_OK && i < sizeof(fixed_options) / sizeof(*fixed_options);
         i++)
        rc = curl_easy_setopt(curl, fixed_options[i].option, fixed_options[i].value);
    return rc == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_USERAGENT, "mod_plusauth") : rc;
}

/* libcurl takes 0 for "no limit". */
static long milliseconds(apr_interval_time_t interval)
{
    const apr_int64_t ms = apr_time_as_msec(interval);
    return ms < 1 ? 1 : (long)ms;
}

static CURLcode set_reach(CURL *curl, const pa_http_settings *settings)
{
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        /* "" rather than NULL: the environment's proxies and exceptions do not count */
        { CURLOPT_PROXY, settings->proxy ? settings->proxy : "" },
        { CURLOPT_NOPROXY, "" },
        { CURLOPT_SSL_CIPHER_LIST, settings->ciphers },
        { CURLOPT_CAINFO, settings->ca_file },
        { CURLOPT_CAPATH, NULL }, /* else the system's are trusted beside our own */
    };
    CURLcode rc =
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(settings->connect_timeout));
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds(settings->total_timeout));
    const apr_size_t count = settings->ca_file ? 5 : 3;
    for (apr_size_t i = 0; rc == CURLE_OK && i < count; i++)
        rc = curl_easy_setopt(curl, texts[i].option, texts[i].value);
    return rc;
}

/* The certificate is text that was read at start: who serves requests may not read its file. A kept
 * connection that showed another certificate, or none, is not taken: libcurl compares them. */
static CURLcode set_certificate(CURL *curl, const pa_http_settings *settings)
{
    if (!settings->client_cert)
        return CURLE_OK;
    const struct curl_blob blob = { (void *)settings->client_cert, strlen(settings->client_cert),
                                    CURL_BLOB_NOCOPY };
    const CURLcode rc = curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &blob);
    return rc == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &blob) : rc;
}

static CURLcode set_callbacks(CURL *curl, transfer *t)
{
    const struct {
        CURLoption option;
        void *value;
    } contexts[] = {
        { CURLOPT_ERRORBUFFER, t->error },
        { CURLOPT_WRITEDATA, t },
        { CURLOPT_HEADERDATA, t },
        { CURLOPT_READDATA, t },
    };
    CURLcode rc = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_request_body);
    for (apr_size_t i = 0; rc == CURLE_OK && i < sizeof(contexts) / sizeof(*contexts); i++)
        rc = curl_easy_setopt(curl, contexts[i].option, contexts[i].value);
    return rc;
}

/* A header line in front of a list. The nodes live in the pool: libcurl only reads them. */
static struct curl_slist *header(apr_pool_t *pool, struct curl_slist *next, const char *name,
                                 const char *value)
{
    struct curl_slist *node = apr_palloc(pool, sizeof(*node));
    node->data = apr_pstrcat(pool, name, ":", *value ? " " : "", value, NULL);
    node->next = next;
    return node;
}

static CURLcode set_request(CURL *curl, transfer *t)
{
    const pa_http_request *request = t->request;
    struct curl_slist *headers = header(t->pool, NULL, "Accept", request->accept);
    CURLcode rc = curl_easy_setopt(curl, CURLOPT_URL, request->url);
    if (request->dpop)
        headers = header(t->pool, headers, "DPoP", request->dpop);
    if (request->authorization)
        headers = header(t->pool, headers, "Authorization", request->authorization);
    if (rc == CURLE_OK && request->form) {
        headers = header(t->pool, headers, "Content-Type", "application/x-www-form-urlencoded");
        /* an empty value removes it: waiting for "100 Continue" may cost a second */
        headers = header(t->pool, headers, "Expect", "");
        rc = curl_easy_setopt(curl, CURLOPT_POST, 1L);
    }
    if (rc == CURLE_OK && request->form)
        rc = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->form_len);
    return rc == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) : rc;
}

static CURLcode set_all(CURL *curl, transfer *t, const pa_http_settings *settings)
{
    CURLcode rc = set_fixed(curl);
    if (rc == CURLE_OK)
        rc = set_reach(curl, settings);
    if (rc == CURLE_OK)
        rc = set_certificate(curl, settings);
    if (rc == CURLE_OK)
        rc = set_callbacks(curl, t);
    return rc == CURLE_OK ? set_request(curl, t) : rc;
}

/* What libcurl's codes mean to the one who waits; `detail`: its own text on it says more than the
 * code and quotes no part of request or answer. */
static const struct {
    CURLcode code;
    pa_fault_kind kind;
    int detail;
} meanings[] = {
    { CURLE_OPERATION_TIMEDOUT, PA_FAULT_TIMEOUT, 1 },
    { CURLE_COULDNT_RESOLVE_HOST, PA_FAULT_UNREACHABLE, 1 },
    { CURLE_COULDNT_RESOLVE_PROXY, PA_FAULT_UNREACHABLE, 1 },
    { CURLE_COULDNT_CONNECT, PA_FAULT_UNREACHABLE, 1 },
    { CURLE_PROXY, PA_FAULT_UNREACHABLE, 0 },
    { CURLE_SSL_CONNECT_ERROR, PA_FAULT_UNREACHABLE, 1 },
    { CURLE_PEER_FAILED_VERIFICATION, PA_FAULT_UNREACHABLE, 1 },
    { CURLE_GOT_NOTHING, PA_FAULT_UNREACHABLE, 0 },
    { CURLE_SEND_ERROR, PA_FAULT_UNREACHABLE, 0 },
    { CURLE_RECV_ERROR, PA_FAULT_UNREACHABLE, 0 },
    { CURLE_SEND_FAIL_REWIND, PA_FAULT_UNREACHABLE, 0 },
    { CURLE_ABORTED_BY_CALLBACK, PA_FAULT_UNREACHABLE, 0 },
    { CURLE_PARTIAL_FILE, PA_FAULT_UNREACHABLE, 0 },
    { CURLE_SSL_CACERT_BADFILE, PA_FAULT_OURS, 0 },
    { CURLE_SSL_CERTPROBLEM, PA_FAULT_OURS, 0 },
    { CURLE_SSL_ENGINE_INITFAILED, PA_FAULT_OURS, 0 },
    { CURLE_OUT_OF_MEMORY, PA_FAULT_OURS, 0 },
    { CURLE_FAILED_INIT, PA_FAULT_OURS, 0 },
    { CURLE_UNKNOWN_OPTION, PA_FAULT_OURS, 0 },
    { CURLE_NOT_BUILT_IN, PA_FAULT_OURS, 0 },
};

static const pa_fault *fault_of(const transfer *t, CURLcode code)
{
    pa_fault_kind kind = PA_FAULT_NONSENSE;
    const char *reason = curl_easy_strerror(code);
    for (apr_size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
        if (meanings[i].code == code) {
            kind = meanings[i].kind;
            reason = meanings[i].detail && t->error[0] ? t->error : reason;
            break;
        }
    }
    if (kind == PA_FAULT_TIMEOUT)
        reason = apr_psprintf(t->pool, "PlusAuthHTTPTimeout has passed (%s)", reason);
    if (t->refused)
        reason = t->refused;
    const char *origin = pa_url_origin(t->pool, t->request->url);
    const char *why = apr_psprintf(t->pool, "%s: %s", origin ? origin : "a provider's URL", reason);
    return pa_fault_new(t->pool, kind, pa_text_printable(t->pool, why, strlen(why)));
}

static const char *media_type(apr_pool_t *pool, CURL *curl)
{
    char *header_value = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &header_value) != CURLE_OK || !header_value)
        return "";
    const apr_size_t len = strcspn(header_value, "; \t");
    if (len > CONTENT_TYPE_MAX)
        return "";
    char *type = apr_pstrmemdup(pool, header_value, len);
    for (char *at = type; *at; at++)
        *at = (char)apr_tolower(*at);
    return pa_text_printable(pool, type, len);
}

static const pa_fault *perform(CURL *curl, transfer *t, const pa_http_settings *settings,
                               pa_http_response *out)
{
    CURLcode code = set_all(curl, t, settings);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    long status = 0;
    if (code == CURLE_OK)
        code = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        return fault_of(t, code);
    const apr_size_t len = t->body_len;
    if (!t->body)
        t->body = apr_palloc(t->pool, 1);
    t->body[len] = '\0';
    out->status = (int)status;
    out->content_type = media_type(t->pool, curl);
    out->body = pa_bytes_of(t->body, len);
    out->dpop_nonce = t->dpop_nonce;
    return NULL;
}

/* Header injection ends here, whatever a caller let through: only printable ASCII goes out. */
static int is_printable(const char *value)
{
    for (; value && *value; value++)
        if (*value < ' ' || *value > '~')
            return 0;
    return 1;
}

/* Endpoints are named without their queries. */
static void tell(const transfer *t, apr_interval_time_t took, const pa_fault *fault,
                 const pa_http_response *response)
{
    const char *url = t->request->url;
    const char *method = t->request->form ? "POST" : "GET";
    const int len = (int)strcspn(url, "?#");
    if (fault)
        pa_trace(t->pool, "asked %s %.*s: no answer after %d ms: %s", method, len, url,
                 (int)apr_time_as_msec(took), fault->why);
    else
        pa_trace(t->pool, "asked %s %.*s: status %d after %d ms, \"%s\", %d bytes", method, len,
                 url, response->status, (int)apr_time_as_msec(took), response->content_type,
                 (int)response->body.len);
}

const pa_fault *pa_http_send(pa_http *http, apr_pool_t *pool, const pa_http_settings *settings,
                             const pa_http_request *request, pa_http_response *out)
{
    if (!is_printable(request->url) || !is_printable(request->accept)
        || !is_printable(request->authorization) || !is_printable(request->dpop)) {
        return pa_fault_new(pool, PA_FAULT_OURS,
                            "a request to a provider holds a character that no header may have");
    }
    transfer t = { .pool = pool,
                   .request = request,
                   .form_len = request->form ? strlen(request->form) : 0 };
    const pa_fault *fault = pa_http_enter(http, pool, PA_WAIT_ASKS);
    if (fault)
        return fault;
    CURL *curl = take_handle(http);
    if (curl) {
        const apr_time_t begun = apr_time_now();
        fault = perform(curl, &t, settings, out);
        tell(&t, apr_time_now() - begun, fault, out);
        give_handle(http, curl, !fault);
    }
    else
        fault = pa_fault_new(pool, PA_FAULT_OURS, "libcurl has no memory for a request");
    pa_http_leave(http, PA_WAIT_ASKS);
    ERR_clear_error(); /* mod_ssl shares OpenSSL's queue, where libcurl leaves what failed */
    return fault;
}
