/* redis_url.h: what PlusAuthSessionStore says of a Redis.
 *
 *   redis://10.0.0.5                        port 6379, database 0
 *   redis://app:file:/etc/apache2/redis.password@10.0.0.5:6380/2
 *   rediss://redis.example.test?ca=/etc/ssl/redis-ca.pem&cert=/etc/ssl/app.pem&key=/etc/ssl/app.key
 *   redis+sentinel://s1.example.test,s2.example.test,s3.example.test/mymaster?db=2
 *   redis://n1.example.test:7000,n2.example.test:7001      nodes of a cluster
 *
 * The scheme's names are those of the IANA registry and of Redis' own clients. */
#ifndef PA_REDIS_URL_H
#define PA_REDIS_URL_H

#include <apr_network_io.h>
#include <apr_pools.h>
#include <apr_tables.h>

typedef struct pa_redis_address {
    const char *host; /* a name or an IP address, without brackets */
    int port;
} pa_redis_address;

typedef struct pa_redis_settings {
    apr_array_header_t *addresses; /* pa_redis_address, at least one */
    const char *user;              /* of an ACL (Redis 6); NULL: the default user */
    const char *password;          /* NULL: no AUTH */
    const char *master;            /* the addresses are Sentinels, which know it; else NULL */
    const char *sentinel_password; /* NULL: no AUTH at the Sentinels */
    int db;
    int tls;
    const char *ca_file;   /* PEM; NULL: the system's */
    const char *cert_file; /* PEM, with key_file: this client's certificate; NULL: none */
    const char *key_file;
    void *tls_context; /* of redis_tls.c */
    int replicas;      /* that must have a write before it counts (WAIT); 0: none */
} pa_redis_settings;

/* NULL and *out set, or the reason: what to write instead. */
const char *pa_redis_url_parse(apr_pool_t *pool, const char *url, pa_redis_settings *out);

#endif
