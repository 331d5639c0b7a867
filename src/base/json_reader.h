/* json_reader.h: reads what jansson refuses although it does no harm. json.c alone uses it. */
#ifndef PA_JSON_READER_H
#define PA_JSON_READER_H

#include <jansson.h>

#include "bytes.h"

/* What a reader takes beyond a JSON document in general. */
typedef struct pa_json_rules {
    int claims;                /* NULs, and numbers as text, may be in what is not `judged` */
    const char *const *judged; /* names of members that rules read, ended by NULL */
} pa_json_rules;

/* Reads a document of bounded depth. A member that is there twice with equal values (1 and 1.0 are
 * not equal) is there once. A number that neither 64 bits nor a double can hold is text of its
 * digits in claims, so that it is handed on unchanged, and the largest double elsewhere and under a
 * `judged` name, where no rule takes it. A member whose name holds a NUL is left out of claims.
 * NULL and *out set (a new reference), or the reason. */
const char *pa_json_read(pa_bytes text, const pa_json_rules *rules, json_t **out);

#endif
