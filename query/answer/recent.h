/* recent.h - what was made lately, to be given again: a table of byte strings by byte strings, bounded in bytes.
 *
 * What was not asked for longest goes first. Nothing in it is ever wrong: whoever keeps something puts into the key all
 * that it depends on. Belongs to one thread.
 */
#ifndef FHI_RECENT_H
#define FHI_RECENT_H

#include "engine/base/base.h"

typedef struct fhi_recent fhi_recent;

/* bytes_max: of keys, values and what holds them; 0: nothing is ever kept. Codes: FH_E_NOMEM. */
fh_status fhi_recent_create(size_t bytes_max, fhi_recent **out);
void fhi_recent_destroy(fhi_recent *recent); /* NULL is allowed */

/* A view that lives until the next change; ptr NULL: there is none. */
fh_str fhi_recent_find(fhi_recent *recent, fh_str key);
/* Both are copied. Best effort: what is too large, or finds no memory, is not kept; what is there stays as it is. */
void fhi_recent_keep(fhi_recent *recent, fh_str key, fh_str value);
void fhi_recent_clear(fhi_recent *recent);

size_t fhi_recent_bytes(const fhi_recent *recent);

#endif
