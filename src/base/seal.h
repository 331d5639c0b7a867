/* seal.h: the one AEAD of this module, AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D). */
#ifndef PA_SEAL_H
#define PA_SEAL_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "bytes.h"

/* What sealing adds: nonce and tag. */
#define PA_SEAL_OVERHEAD 28

/* The keys for one purpose: the first seals, all open (so that a key can be changed). Immutable. */
typedef struct pa_seal_keys pa_seal_keys;

/* Derives a key for `purpose` from each secret (char *) of `secrets` by HKDF-SHA256. The keys are
 * wiped when `pool` ends. NULL, or the reason. */
const char *pa_seal_keys_derive(apr_pool_t *pool, const apr_array_header_t *secrets,
                                const char *purpose, pa_seal_keys **out);

/* nonce || ciphertext || tag of `plain`, bound to `aad`. NULL, or the reason. */
const char *pa_seal(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes aad, pa_bytes plain,
                    pa_bytes *out);

/* The plain bytes of what pa_seal made, with a NUL after their end; they are wiped when `pool`
 * ends. NULL, or the reason; nothing of a forged text is handed out. */
const char *pa_unseal(apr_pool_t *pool, const pa_seal_keys *keys, pa_bytes aad, pa_bytes sealed,
                      pa_bytes *out);

#endif
