/* provider.h: one OpenID provider and our client registration there, as configured. Immutable after
 * start. */
#ifndef PA_PROVIDER_H
#define PA_PROVIDER_H

#include "../base/http.h"
#include "../base/jwa.h"

/* How the client proves who it is at the token endpoint (RFC 7591 token_endpoint_auth_method). */
typedef enum {
    PA_CLIENT_AUTH_AUTO, /* the best that discovery offers and the keys at hand allow */
    PA_CLIENT_AUTH_NONE,
    PA_CLIENT_AUTH_BASIC, /* client_secret_basic */
    PA_CLIENT_AUTH_POST   /* client_secret_post */
} pa_client_auth;

typedef struct pa_provider {
    const char *name;   /* of its <PlusAuthProvider>; "" for a server's own */
    const char *issuer; /* compared exactly */
    const char *client_id;
    const char *client_secret; /* NULL for a public client */
    pa_client_auth client_auth;
    const char *scope;       /* "openid profile email" */
    const char *audience;    /* NULL when no API is asked for */
    pa_alg_set signing_algs; /* what the ID token may be signed with */
    int userinfo;            /* whether userinfo is asked for */
    pa_http_settings http;
} pa_provider;

#endif
