/* stored.h - the stored articles of hits, read through a bounded table of those read lately.
 *
 * Hits come again: the next page, the next word of the same search, what everybody looks for today. Belongs to one
 * thread.
 */
#ifndef FHI_STORED_H
#define FHI_STORED_H

#include "engine/segment/segment.h"

#include <fihrist/record.h>

enum { FHI_STORED_BYTES = 16 * 1024 * 1024 }; /* kept */

typedef struct fhi_stored fhi_stored;

/* Codes: FH_E_NOMEM. */
fh_status fhi_stored_create(fhi_stored **out);
void fhi_stored_destroy(fhi_stored *stored); /* NULL is allowed */

/* The article's record as views that live until the next call. brief: the fields up to the title will do, others may be
 * empty. Codes: FH_E_CORRUPT, FH_E_NOMEM. */
fh_status fhi_stored_read(fhi_stored *stored, const fhi_segment *segment, uint32_t doc, bool brief, fh_record *out,
                          fh_err *err);
/* The same past the table: for who reads very many, each once. */
fh_status fhi_stored_read_once(fhi_stored *stored, const fhi_segment *segment, uint32_t doc, fh_record *out,
                               fh_err *err);

#endif
