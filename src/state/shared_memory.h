/* shared_memory.h: memory that all processes share, found again after a reload. */
#ifndef PA_SHARED_MEMORY_H
#define PA_SHARED_MEMORY_H

#include <httpd.h>

/* The memory of this name and size: zeroed when it is made, the same as before when it is there
 * already. For post_config, before httpd forks. NULL when none can be had, which has been logged
 * with `what` it is for. */
void *pa_shared_memory(server_rec *s, const char *what, apr_size_t size);

#endif
