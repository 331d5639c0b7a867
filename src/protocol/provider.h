/* provider.h: one OpenID provider and our client registration there, as configured. Immutable after
 * start. */
#ifndef PA_PROVIDER_H
#define PA_PROVIDER_H

#include <apr_tables.h>

#include "../base/cache.h"
#include "../base/http.h"
#include "../base/jwa.h"
#include "../base/private_key.h"

/* What FAPI lets sign: PS256, ES256, EdDSA and their larger kin. */
#define PA_ALGS_FAPI                                                                               \
    (PA_ALG_PS256 | PA_ALG_PS384 | PA_ALG_PS512 | PA_ALG_ES256 | PA_ALG_ES384 | PA_ALG_ES512       \
     | PA_ALGS_EDDSA)

/* How the client proves who it is at the token endpoint (RFC 7591 token_endpoint_auth_method). */
typedef enum {
    PA_CLIENT_AUTH_AUTO, /* the best that discovery offers and the keys at hand allow */
    PA_CLIENT_AUTH_NONE,
    PA_CLIENT_AUTH_BASIC,      /* client_secret_basic */
    PA_CLIENT_AUTH_POST,       /* client_secret_post */
    PA_CLIENT_AUTH_SECRET_JWT, /* client_secret_jwt */
    PA_CLIENT_AUTH_PRIVATE_KEY_JWT,
    PA_CLIENT_AUTH_TLS,            /* tls_client_auth (RFC 8705) */
    PA_CLIENT_AUTH_SELF_SIGNED_TLS /* self_signed_tls_client_auth */
} pa_client_auth;

/* How the authorization request travels. */
typedef enum {
    PA_REQUEST_QUERY,
    PA_REQUEST_PAR, /* pushed (RFC 9126) */
    PA_REQUEST_JAR, /* a signed request object (RFC 9101) */
    PA_REQUEST_PAR_JAR
} pa_request_mode;

/* How its answer travels. */
typedef enum {
    PA_RESPONSE_QUERY,
    PA_RESPONSE_FORM_POST,
    PA_RESPONSE_JWT /* JARM */
} pa_response_mode;

/* Presets: PlusAuth's client types, and FAPI 2. */
typedef enum { PA_PROFILE_WEB, PA_PROFILE_FINANCIAL, PA_PROFILE_FAPI2 } pa_profile;

/* What access tokens are bound to. */
typedef enum {
    PA_SENDER_CONSTRAIN_OFF,
    PA_SENDER_CONSTRAIN_DPOP, /* RFC 9449 */
    PA_SENDER_CONSTRAIN_MTLS  /* RFC 8705 */
} pa_sender_constrain;

/* By how much the clocks of provider and server may differ (PlusAuthClockSkew). */
#define PA_CLOCK_SKEW apr_time_from_sec(60)
#define PA_CLOCK_SKEW_MAX apr_time_from_sec(5 * 60)

typedef struct pa_provider {
    const char *name;   /* of its <PlusAuthProvider>; "" for a server's own */
    const char *issuer; /* compared exactly */
    /* Where its answers come back: of several providers each has its own, so that no provider gets
     * the code of another one (RFC 9700 4.4). */
    const char *redirect_uri;
    const char *client_id;
    const char *client_secret; /* NULL for a public client */
    pa_profile profile;        /* what else must be as it says */
    pa_client_auth client_auth;
    pa_alg_set client_auth_alg;        /* for assertions; 0: the key's best */
    int client_auth_at_token_endpoint; /* assertions name it as aud, else the issuer */
    const apr_array_header_t
        *client_keys; /* const pa_private_key *, the first signs; NULL or empty: none */
    pa_request_mode request;
    pa_jwe_alg_set request_jwe_algs; /* one of these encrypts the request object; 0: nothing does */
    pa_jwe_enc_set request_jwe_encs;
    pa_response_mode response;
    pa_sender_constrain sender_constrain;
    const char *scope;       /* "openid profile email" */
    const char *audience;    /* NULL when no API is asked for */
    pa_alg_set signing_algs; /* what the provider may sign with */
    pa_alg_set named_algs;   /* the same where PlusAuthSigningAlgs says so; 0: it is a default */
    apr_interval_time_t clock_skew;
    const char *logout_url; /* where no discovery document says it; NULL: nowhere */
    int userinfo;           /* whether userinfo is asked for */
    pa_http_settings http;
    const char *client_cert_thumbprint; /* x5t#S256 of http.client_cert; NULL without one */
} pa_provider;

/* What a call to a provider needs beside its configuration: one per child process, immutable. */
typedef struct pa_client {
    pa_http *http;
    pa_cache *documents; /* discovery documents, key sets, nonces; records of up to 100 KB */
} pa_client;

#endif
