/* json.h - reading JSON with jansson, which takes most failed allocations for faults of the text. */
#ifndef FHI_JSON_H
#define FHI_JSON_H

#include "engine/base/base.h"

#include <jansson.h>

/* Reads text with the flags of json_loadb. FH_E_SYNTAX: the text is at fault, *error says how, in UTF-8; FH_E_NOMEM.
 * The caller lets *out go; it is NULL on failure. */
fh_status fhi_json_load(fh_str text, size_t flags, json_t **out, json_error_t *error);

#endif
