/* session_entry.h: sessions as an entry, sealed, in the record that mod_session keeps by another of
 * its backends: mod_session_cookie or mod_session_dbd. Whoever can forge its record cannot forge
 * the entry. */
#ifndef PA_SESSION_ENTRY_H
#define PA_SESSION_ENTRY_H

#include "visit.h"

extern const pa_session_backend pa_session_entry;

/* Reads the visit's session. APR_SUCCESS; APR_ENOTIMPL where Session is Off; APR_EINIT where no
 * backend of mod_session's is set up; or what is wrong with the store. */
apr_status_t pa_session_entry_load(request_rec *r, pa_visit *visit);

void pa_session_entry_register(void);
void pa_session_entry_retrieve_functions(void);

#endif
