/* json_out.h - what hits are made of, written straight into the answer, byte for byte as jansson would write it.
 *
 * An answer of ten hits has some hundred values; to build them as objects first took longer than to find the hits.
 * What is asked for, read from records or answered once is still jansson's.
 */
#ifndef FHI_JSON_OUT_H
#define FHI_JSON_OUT_H

#include "engine/base/base.h"

/* A string in its quotes. Codes: FH_E_CORRUPT (not UTF-8; part of it may be in *json), FH_E_NOMEM. */
fh_status fhi_json_put_text(fhi_buf *json, fh_str text);
void fhi_json_put_number(fhi_buf *json, uint64_t number);
/* With the nine digits that tell every float. Codes: FH_E_NOMEM. */
fh_status fhi_json_put_score(fhi_buf *json, float score);

#endif
