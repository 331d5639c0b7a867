/* session_store.h: sessions as records in an ap_socache store. The browser holds a random id; the
 * record is found by a hash of it, so that what can read the store cannot use what it finds there.
 */
#ifndef PA_SESSION_STORE_H
#define PA_SESSION_STORE_H

#include "visit.h"

extern const pa_session_backend pa_session_store;

#endif
