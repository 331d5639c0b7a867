/* shared_memory.c: see shared_memory.h. The memory belongs to the process that httpd started as, so
 * that it outlives the configuration. */
#include "shared_memory.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>

#include "../plusauth.h"

void *pa_shared_memory(server_rec *s, const char *what, apr_size_t size)
{
    apr_pool_t *process = s->process->pool;
    /* Another version of this module, loaded by a reload, may need another size: it starts anew. */
    const char *key = apr_psprintf(process, "mod_plusauth/%s/%" APR_SIZE_T_FMT, what, size);
    void **retained = ap_retained_data_get(key);
    apr_shm_t *memory;
    apr_status_t rv;

    if (retained)
        return *retained;
    if ((rv = apr_shm_create(&memory, size, NULL, process)) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, rv, s,
                     "mod_plusauth: no shared memory for its %s", what);
        return NULL;
    }
    retained = ap_retained_data_create(key, sizeof(*retained));
    *retained = memset(apr_shm_baseaddr_get(memory), 0, size);
    return *retained;
}
