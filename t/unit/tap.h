/* tap.h: the Test Anything Protocol for C, and the pool every unit test runs in.
 *
 * int main(void)
 * {
 *     apr_pool_t *pool = tap_begin();
 *     ok(1 + 1 == 2, "sums");
 *     is(reason, NULL, "nothing to say against %s", name);
 *     return tap_end();
 * }
 */
#ifndef TAP_H
#define TAP_H

#include <apr_general.h>
#include <apr_pools.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/crypto.h"

static struct {
    int run, failed;
    apr_pool_t *pool;
} tap;

/* A pool for the whole test, with cryptography ready in it. */
static inline apr_pool_t *tap_begin(void)
{
    const char *why;

    setvbuf(stdout, NULL, _IOLBF, 0);
    apr_initialize();
    apr_pool_create(&tap.pool, NULL);
    why = pa_crypto_init(tap.pool);
    if (why) {
        printf("Bail out! %s\n", why);
        exit(255);
    }
    return tap.pool;
}

/* Prints the plan and ends the pool, so that leak checkers see what its cleanups miss. The exit
 * status for main: 0 only when tests ran and all of them passed. */
static inline int tap_end(void)
{
    printf("1..%d\n", tap.run);
    apr_pool_destroy(tap.pool);
    apr_terminate();
    return tap.run > 0 && tap.failed == 0 ? 0 : 1;
}

static inline int tap_result(int passed, const char *file, int line, const char *name,
                             va_list arguments)
{
    printf("%sok %d - ", passed ? "" : "not ", ++tap.run);
    vprintf(name, arguments);
    printf("\n");
    if (!passed) {
        tap.failed++;
        printf("# failed at %s line %d\n", file, line);
    }
    return passed;
}

__attribute__((format(printf, 4, 5))) static inline int tap_ok(int passed, const char *file,
                                                               int line, const char *name, ...)
{
    va_list arguments;

    va_start(arguments, name);
    tap_result(passed, file, line, name, arguments);
    va_end(arguments);
    return passed;
}

/* Texts compare by content; NULL equals NULL alone. */
__attribute__((format(printf, 5, 6))) static inline int
tap_is(const char *got, const char *wanted, const char *file, int line, const char *name, ...)
{
    int passed = got == wanted || (got && wanted && !strcmp(got, wanted));
    va_list arguments;

    va_start(arguments, name);
    tap_result(passed, file, line, name, arguments);
    va_end(arguments);
    if (!passed)
        printf("#      got: %s\n#   wanted: %s\n", got ? got : "(NULL)",
               wanted ? wanted : "(NULL)");
    return passed;
}

/* The text (a reason, mostly) is there and has `part` in it. */
__attribute__((format(printf, 5, 6))) static inline int
tap_has(const char *got, const char *part, const char *file, int line, const char *name, ...)
{
    int passed = got && strstr(got, part);
    va_list arguments;

    va_start(arguments, name);
    tap_result(passed, file, line, name, arguments);
    va_end(arguments);
    if (!passed)
        printf("#      got: %s\n#  wants in it: %s\n", got ? got : "(NULL)", part);
    return passed;
}

#define ok(passed, ...) tap_ok(!!(passed), __FILE__, __LINE__, __VA_ARGS__)
#define is(got, wanted, ...) tap_is(got, wanted, __FILE__, __LINE__, __VA_ARGS__)
#define has(got, part, ...) tap_has(got, part, __FILE__, __LINE__, __VA_ARGS__)

#endif
