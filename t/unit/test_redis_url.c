/* test_redis_url.c: what the URLs of Redis stores mean, and which are refused. */
#include "../../src/redis/redis_url.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "tap.h"

/* "host:port,host:port user password db master tls wait", "-" for what is not there. */
static const char *told(apr_pool_t *pool, const pa_redis_settings *settings)
{
    const char *list = "";

    for (int i = 0; i < settings->addresses->nelts; i++) {
        const pa_redis_address *address = &APR_ARRAY_IDX(settings->addresses, i, pa_redis_address);

        list = apr_psprintf(pool, "%s%s%s:%d", list, i ? "," : "", address->host, address->port);
    }
    return apr_psprintf(pool, "%s %s %s %d %s %d %d", list, settings->user ? settings->user : "-",
                        settings->password ? settings->password : "-", settings->db,
                        settings->master ? settings->master : "-", settings->tls,
                        settings->replicas);
}

static void test_good(apr_pool_t *pool)
{
    static const struct {
        const char *url, *meaning;
    } rows[] = {
        { "redis://h", "h:6379 - - 0 - 0 0" },
        { "redis://10.0.0.5:6380/3", "10.0.0.5:6380 - - 3 - 0 0" },
        { "redis://[::1]:7000", "::1:7000 - - 0 - 0 0" },
        { "redis://:p%40ss@h", "h:6379 - p@ss 0 - 0 0" },
        { "redis://app:a:b@h/1", "h:6379 app a:b 1 - 0 0" },
        { "redis://app@h?password=x&db=4", "h:6379 app x 4 - 0 0" },
        { "redis://n1:7000,n2:7001,n3", "n1:7000,n2:7001,n3:6379 - - 0 - 0 0" },
        { "redis+sentinel://s1,s2:26380/mymaster", "s1:26379,s2:26380 - - 0 mymaster 0 0" },
        { "redis+sentinel://u:p@s1/mymaster?db=2&wait=1", "s1:26379 u p 2 mymaster 0 1" },
        { "rediss://h?ca=/etc/ca.pem&cert=/c&key=/k", "h:6379 - - 0 - 1 0" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pa_redis_settings settings;
        const char *err = pa_redis_url_parse(pool, rows[i].url, &settings);

        is(err ? err : told(pool, &settings), rows[i].meaning, "%s", rows[i].url);
    }
}

static void test_bad(apr_pool_t *pool)
{
    static const char *const urls[] = {
        "redis:",          "redis://",           "http://h",          "redis://h:port",
        "redis://h:99999", "redis://h/x",        "redis://h/-1",      "redis://h/99999",
        "redis://h?db",       "redis://h?db=",     "redis://h?nosuch=1",
        "redis://h?ca=/x", "redis://user@h",     "redis://a,b/1",     "redis+sentinel://s1",
        "redis+sentinel://s1/", "rediss://h?cert=/x", "redis://u:%zz@h", "redis://h?wait=many",
        "redis://u:file:/no/such/file@h", "redis://u:file:/tmp@h",
    };

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        pa_redis_settings settings;

        ok(pa_redis_url_parse(pool, urls[i], &settings) != NULL, "refused: %s", urls[i]);
    }
}

static void test_password_file(apr_pool_t *pool)
{
    char path[] = "/tmp/test_redis_url-XXXXXX";
    int file = mkstemp(path);
    const char *url = apr_pstrcat(pool, "redis://app:file:", path, "@h:1", NULL);
    pa_redis_settings settings;

    ok(pa_redis_url_parse(pool, url, &settings) != NULL, "an empty password file");
    ok(write(file, "s3cret/with@signs\n", 18) == 18, "written");
    is(pa_redis_url_parse(pool, url, &settings) ? "refused" : told(pool, &settings),
       "h:1 app s3cret/with@signs 0 - 0 0", "a password from a file");
    ok(fchmod(file, 0644) == 0 && pa_redis_url_parse(pool, url, &settings) != NULL,
       "a file that everybody can read");
    close(file);
    unlink(path);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_good(pool);
    test_bad(pool);
    test_password_file(pool);
    return tap_end();
}
