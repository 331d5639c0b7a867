/* certificate.h: the certificate that this client shows in TLS (RFC 8705). */
#ifndef PA_CERTIFICATE_H
#define PA_CERTIFICATE_H

#include <apr_pools.h>

#include "bytes.h"

/* A chain of a few, and a key. */
#define PA_CERTIFICATE_MAX 65536

/* Checks PEM text: a certificate, first, and its private key, without a passphrase. *thumbprint is
 * the certificate's SHA-256 as `x5t#S256` has it (RFC 8705 3.1). NULL and it set, or the reason. */
const char *pa_certificate_check(apr_pool_t *pool, pa_bytes pem, const char **thumbprint);

#endif
