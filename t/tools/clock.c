/* clock.c: preloaded, it lets httpd live CLOCK seconds after everybody else. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    const int rc = (int)syscall(SYS_gettimeofday, now, zone);
    const char *clock = getenv("CLOCK");

    now->tv_sec += clock ? atol(clock) : 0;
    return rc;
}
