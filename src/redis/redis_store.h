/* redis_store.h: our records in Redis: one server, a master that Sentinels know, or a cluster. */
#ifndef PA_REDIS_STORE_H
#define PA_REDIS_STORE_H

#include "../base/store_provider.h"

/* What mod_plusauth asks. Keys are "plusauth:" and the key in hexadecimal. */
extern const pa_store_provider pa_redis_store;

#endif
