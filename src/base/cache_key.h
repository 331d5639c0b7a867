/* cache_key.h: the keys of records in a cache. */
#ifndef PA_CACHE_KEY_H
#define PA_CACHE_KEY_H

/* Keys are PA_CACHE_KEY_LEN raw bytes: the second is spread over a cache's instances, the first by
 * shmcb within each, so that a key must be a hash. */
#define PA_CACHE_KEY_LEN 32

/* The last bit of a key says whether its record counts (see pa_cache_run), in a store of several
 * kinds, also where records are sealed. */
static inline int pa_cache_key_counts(const unsigned char *key)
{
    return key[PA_CACHE_KEY_LEN - 1] & 1;
}

static inline void pa_cache_key_mark(unsigned char *key, int counts)
{
    unsigned char *last = key + PA_CACHE_KEY_LEN - 1;

    *last = (unsigned char)(counts ? *last | 1 : *last & 0xfe);
}

#endif
