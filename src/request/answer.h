/* answer.h: how the provider's answer to an authorization request reaches us: in the query, posted
 * as a form, or as a JWT (JARM) by either. */
#ifndef PA_ANSWER_H
#define PA_ANSWER_H

#include "../protocol/jarm.h"
#include "config.h"

typedef struct pa_answer {
    const apr_table_t *parameters;
    int posted;        /* it came as a form */
    const char *state; /* which login it claims to belong to; NULL for none */
} pa_answer;

/* Reads a GET of the callback path of `provider` (NULL: of none). NULL and *out set, or the reason.
 */
const char *pa_answer_read(request_rec *r, const pa_provider *provider, pa_answer *out);

/* A POST of the callback path. It comes from another site, so that browsers leave our cookies out:
 * what was posted goes on, sealed, as a GET of our own. The status to answer with. */
int pa_answer_take_post(request_rec *r, const pa_provider *provider);

/* Whether the answer came the way this provider was asked to send it and, when that is a JWT,
 * whether it is genuine. NULL and *parameters set, or a fault. */
const pa_fault *pa_answer_check(request_rec *r, const pa_provider *provider,
                                const pa_metadata *metadata, const pa_answer *answer,
                                const apr_table_t **parameters);

#endif
