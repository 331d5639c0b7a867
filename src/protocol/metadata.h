/* metadata.h: what a provider says of itself (OpenID Connect Discovery 1.0 section 3, RFC 8414). */
#ifndef PA_METADATA_H
#define PA_METADATA_H

#include <apr_pools.h>

#include "../base/bytes.h"
#include "provider.h"

#define PA_CLIENT_AUTH_BIT(method) (1u << (method))

/* With a client certificate, the endpoints are those of mtls_endpoint_aliases where there are such
 * (RFC 8705 section 5). */
typedef struct pa_metadata {
    const char *issuer; /* as the document spells it: what `iss` must be */
    const char *authorization_endpoint;
    const char *token_endpoint;
    const char *jwks_uri;
    const char *userinfo_endpoint;    /* NULL when it has none */
    const char *end_session_endpoint; /* NULL when it has none */
    const char *revocation_endpoint;  /* NULL when it has none */
    int prompt_create_supported;      /* Initiating User Registration 1.0: prompt=create */
    int iss_parameter_supported;      /* RFC 9207: the answer must carry iss */
    const char *par_endpoint;         /* RFC 9126; NULL when it has none */
    unsigned int auth_methods;        /* PA_CLIENT_AUTH_BIT of each that the token endpoint takes */
    pa_alg_set auth_algs;             /* for assertions there; 0: unsaid */
    pa_alg_set request_algs;          /* for request objects; 0: unsaid */
    pa_jwe_alg_set request_jwe_algs;  /* that encrypt those; 0: unsaid */
    pa_jwe_enc_set request_jwe_encs;
    const char *lacks; /* what the directives ask for and the document does not offer; or NULL */
} pa_metadata;

/* Whether it is the provider's, to the byte. A slash that is configured after it is forgiven:
 * PlusAuth's own libraries take it either way. */
int pa_metadata_is_issuer(const pa_provider *provider, const char *issuer);

/* Reads and checks a discovery document: issuer the provider's, required members there and of the
 * right type, every endpoint https (http for loopback when the issuer is http too). All of it is
 * from `pool`. NULL and *out set, or the reason. */
const char *pa_metadata_parse(apr_pool_t *pool, const pa_provider *provider, pa_bytes document,
                              pa_metadata **out);

/* The document with nothing in it but what pa_metadata_parse reads, compact: what is worth keeping.
 * NULL and *out set, or the reason. */
const char *pa_metadata_reduce(apr_pool_t *pool, pa_bytes document, pa_bytes *out);

#endif
