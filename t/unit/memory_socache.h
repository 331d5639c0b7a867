/* memory_socache.h: an ap_socache provider in the test's own memory, that fails on request. */
#ifndef MEMORY_SOCACHE_H
#define MEMORY_SOCACHE_H

#include <ap_socache.h>
#include <apr_global_mutex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/cache.h"

#define MEMORY_RECORDS 256

struct ap_socache_instance_t {
    pthread_mutex_t mutex;
    int down; /* every call fails */
    int reads;
    struct memory_record {
        unsigned char key[PA_CACHE_KEY_LEN];
        apr_time_t expiry;
        unsigned char *data; /* NULL: unused */
        unsigned int len;
    } records[MEMORY_RECORDS];
};

static inline struct memory_record *memory_find(ap_socache_instance_t *memory,
                                                const unsigned char *key)
{
    int i;

    for (i = 0; i < MEMORY_RECORDS; i++) {
        struct memory_record *record = &memory->records[i];

        if (record->data && !memcmp(record->key, key, PA_CACHE_KEY_LEN))
            return record;
    }
    return NULL;
}

static inline void memory_drop(struct memory_record *record)
{
    free(record->data);
    memset(record, 0, sizeof(*record));
}

static inline apr_status_t memory_store_locked(ap_socache_instance_t *memory,
                                               const unsigned char *key, apr_time_t expiry,
                                               const unsigned char *data, unsigned int len)
{
    struct memory_record *record = memory_find(memory, key);
    int i = 0;

    while (!record && i < MEMORY_RECORDS) {
        if (!memory->records[i].data)
            record = &memory->records[i];
        i++;
    }
    if (!record)
        return APR_ENOSPC;
    memory_drop(record);
    memcpy(record->key, key, PA_CACHE_KEY_LEN);
    record->expiry = expiry;
    record->data = malloc(len + 1);
    record->len = len;
    memcpy(record->data, data, len);
    return APR_SUCCESS;
}

static inline apr_status_t memory_store(ap_socache_instance_t *memory, server_rec *s,
                                        const unsigned char *key, unsigned int key_len,
                                        apr_time_t expiry, unsigned char *data, unsigned int len,
                                        apr_pool_t *pool)
{
    apr_status_t rv;

    (void)s, (void)key_len, (void)pool;
    pthread_mutex_lock(&memory->mutex);
    rv = memory->down ? APR_EGENERAL : memory_store_locked(memory, key, expiry, data, len);
    pthread_mutex_unlock(&memory->mutex);
    return rv;
}

static inline apr_status_t memory_retrieve_locked(ap_socache_instance_t *memory,
                                                  const unsigned char *key, unsigned char *data,
                                                  unsigned int *len)
{
    struct memory_record *record = memory_find(memory, key);

    memory->reads++;
    if (memory->down)
        return APR_EGENERAL;
    if (!record || record->expiry < apr_time_now())
        return APR_NOTFOUND;
    if (record->len > *len)
        return APR_ENOSPC;
    memcpy(data, record->data, record->len);
    *len = record->len;
    return APR_SUCCESS;
}

static inline apr_status_t memory_retrieve(ap_socache_instance_t *memory, server_rec *s,
                                           const unsigned char *key, unsigned int key_len,
                                           unsigned char *data, unsigned int *len,
                                           apr_pool_t *pool)
{
    apr_status_t rv;

    (void)s, (void)key_len, (void)pool;
    pthread_mutex_lock(&memory->mutex);
    rv = memory_retrieve_locked(memory, key, data, len);
    pthread_mutex_unlock(&memory->mutex);
    return rv;
}

static inline apr_status_t memory_remove(ap_socache_instance_t *memory, server_rec *s,
                                         const unsigned char *key, unsigned int key_len,
                                         apr_pool_t *pool)
{
    struct memory_record *record;

    (void)s, (void)key_len, (void)pool;
    pthread_mutex_lock(&memory->mutex);
    if ((record = memory_find(memory, key)))
        memory_drop(record);
    pthread_mutex_unlock(&memory->mutex);
    return memory->down ? APR_EGENERAL : APR_SUCCESS;
}

static inline void memory_clear(ap_socache_instance_t *memory)
{
    int i;

    pthread_mutex_lock(&memory->mutex);
    for (i = 0; i < MEMORY_RECORDS; i++)
        memory_drop(&memory->records[i]);
    pthread_mutex_unlock(&memory->mutex);
}

static inline int memory_reads(ap_socache_instance_t *memory)
{
    int reads;

    pthread_mutex_lock(&memory->mutex);
    reads = memory->reads;
    pthread_mutex_unlock(&memory->mutex);
    return reads;
}

/* Whether a record with that text in it was kept. */
static inline int memory_holds(ap_socache_instance_t *memory, const char *text)
{
    int i, found = 0;

    pthread_mutex_lock(&memory->mutex);
    for (i = 0; i < MEMORY_RECORDS; i++)
        if (memory->records[i].data
            && memmem(memory->records[i].data, memory->records[i].len, text, strlen(text)))
            found = 1;
    pthread_mutex_unlock(&memory->mutex);
    return found;
}

static const ap_socache_provider_t memory_provider = { .name = "memory",
                                                       .store = memory_store,
                                                       .retrieve = memory_retrieve,
                                                       .remove = memory_remove };

static inline apr_status_t memory_end(void *data)
{
    memory_clear(data);
    return APR_SUCCESS;
}

/* A cache for records of up to `longest` bytes, empty, gone with `pool`. */
static inline pa_cache *memory_cache(apr_pool_t *pool, apr_size_t longest,
                                     ap_socache_instance_t **memory)
{
    apr_global_mutex_t *lock;

    *memory = apr_pcalloc(pool, sizeof(**memory));
    pthread_mutex_init(&(*memory)->mutex, NULL);
    apr_pool_cleanup_register(pool, *memory, memory_end, apr_pool_cleanup_null);
    if (apr_global_mutex_create(&lock, NULL, APR_LOCK_PROC_PTHREAD, pool) != APR_SUCCESS) {
        printf("Bail out! no mutex\n");
        exit(255);
    }
    return pa_cache_create(pool, &memory_provider, memory, 1, lock, NULL, longest);
}

#endif
