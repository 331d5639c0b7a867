/* logout_memory.c: see logout_memory.h. */
#include "logout_memory.h"

#include "../base/crypto.h"

/* Longer than any user stays away, and each login notes it anew. memcached takes more than 30 days
 * for a date. */
#define ALG_KEPT apr_time_from_sec(28 * 86400)

apr_status_t pa_logout_memory_note_alg(const pa_visit_settings *settings, const char *client,
                                       pa_alg_set alg, apr_time_t now, apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];

    if (pa_visit_hash_name(settings, "alg", client, "", pool, key))
        return APR_EGENERAL;
    return pa_cache_put(settings->sessions, key, now + ALG_KEPT, pa_bytes_text(pa_alg_name(alg)),
                        pool);
}

pa_alg_set pa_logout_memory_alg(const pa_visit_settings *settings, const char *client,
                                apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    pa_bytes name;

    if (pa_visit_hash_name(settings, "alg", client, "", pool, key)
        || pa_cache_get(settings->sessions, key, pool, &name) != APR_SUCCESS)
        return 0;
    return pa_alg_named((const char *)name.at);
}

apr_status_t pa_logout_memory_check_jti(const pa_visit_settings *settings, const char *client,
                                        const char *jti, apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];
    apr_status_t rv;
    pa_bytes found;

    if (pa_visit_hash_name(settings, "jti", client, jti, pool, key))
        return APR_EGENERAL;
    rv = pa_cache_get(settings->sessions, key, pool, &found);
    if (rv == APR_NOTFOUND)
        return APR_SUCCESS;
    return rv == APR_SUCCESS ? APR_EEXIST : rv;
}

apr_status_t pa_logout_memory_use_jti(const pa_visit_settings *settings, const char *client,
                                      const char *jti, apr_time_t until, apr_pool_t *pool)
{
    unsigned char key[PA_CACHE_KEY_LEN];

    if (pa_visit_hash_name(settings, "jti", client, jti, pool, key))
        return APR_EGENERAL;
    return pa_cache_add(settings->sessions, key, until, pa_bytes_of("", 1), pool);
}

apr_status_t pa_logout_memory_end(const pa_visit_settings *settings, const unsigned char *key,
                                  apr_pool_t *pool)
{
    return pa_cache_remove(settings->sessions, key, pool);
}
