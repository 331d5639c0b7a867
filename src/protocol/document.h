/* document.h: a JSON document that a provider publishes, fetched for all processes together: one
 * fetch at a time, kept, renewed in time, and used stale while the provider is down. */
#ifndef PA_DOCUMENT_H
#define PA_DOCUMENT_H

#include "../base/fault.h"
#include "provider.h"

typedef struct pa_document {
    const pa_client *client;
    const pa_provider *provider;
    const char *what; /* "discovery document": for reasons, and to tell documents apart */
    const char *url;
    const char *accept;
    apr_size_t max_body;
    /* Checks what was fetched and makes it as small as it can be kept. NULL and *out set, or the
     * reason that it is refused. */
    const char *(*reduce)(apr_pool_t *pool, const pa_provider *provider, pa_bytes body,
                          pa_bytes *out);
} pa_document;

/* How long a document counts as new; how long it is kept in case no newer one can be had; and how
 * long a provider is left alone after a failure. */
#define PA_DOCUMENT_FRESH apr_time_from_sec(60 * 60)
#define PA_DOCUMENT_KEPT apr_time_from_sec(7 * 24 * 60 * 60)
#define PA_DOCUMENT_PAUSE apr_time_from_sec(5)

/* The document that is known already, however old: nothing is fetched. Whether there is one. */
int pa_document_known(const pa_document *document, apr_pool_t *pool, pa_bytes *out);

/* Whether a document is to be renewed, however fresh it is, and for whom: what anybody can cause is
 * limited apart from what only the provider can, so that no flood of forged tokens uses up the
 * renewal that a login needs. */
typedef enum {
    PA_RENEW_NOT,
    PA_RENEW_FOR_PROVIDER, /* a token that came from the provider itself lacks its key */
    PA_RENEW_FOR_STRANGER, /* a token that anybody can have made */
    PA_RENEW_KINDS
} pa_renewal;

/* The document as `reduce` left it. A renewal fetches it unless one of the same kind happened
 * within `renew_interval`: then the document is the one that is held, at once. Only while another
 * request fetches is anything waited for. *out is empty when there is no document (the cache lost
 * it, or cannot hold it: then the caller fetched it for itself just now).
 * NULL and *out set, or the fault of the fetch; UNKNOWN when too many wait already. */
const pa_fault *pa_document_get(const pa_document *document, apr_pool_t *pool, apr_time_t now,
                                pa_renewal renewal, apr_interval_time_t renew_interval,
                                pa_bytes *out);

#endif
