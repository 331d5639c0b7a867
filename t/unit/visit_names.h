/* visit_names.h: what the files of src/state ask of visit.c, which belongs to httpd: here without
 * it. */
#ifndef VISIT_NAMES_H
#define VISIT_NAMES_H

#include <apr_strings.h>

#include "../../src/base/crypto.h"
#include "../../src/state/visit.h"

const char *pa_visit_hash_name(const pa_visit_settings *settings, const char *kind,
                               const char *issuer, const char *value, apr_pool_t *pool,
                               unsigned char *out)
{
    const char *realm = apr_pstrmemdup(pool, settings->realm, PA_REALM_LEN);

    return pa_sha256(
        pa_bytes_text(apr_pstrcat(pool, realm, "\n", kind, "\n", issuer, "\n", value, NULL)), out);
}

#endif
