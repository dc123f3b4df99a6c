/* sorter.h - records of four numbers, put in any order and read in increasing order, in bounded heap.
 *
 * What does not fit is sorted in pieces, written to a temporary file and merged into a second one, which is mapped.
 */
#ifndef FHI_SORTER_H
#define FHI_SORTER_H

#include "engine/base/side.h"

enum { FHI_SORTER_RECORDS = 256 * 1024 }; /* in the heap at most: 4 MiB */

typedef struct fhi_sort_record {
    uint32_t at[4]; /* compared in this order */
} fhi_sort_record;

typedef struct fhi_sorter {
    uint32_t held_max;
    fhi_sort_record *held; /* not in the file yet */
    uint32_t held_count;
    uint32_t held_capacity;
    size_t count;  /* in all */
    fhi_side runs; /* sorted pieces of held_max records each, the last one shorter */
    fhi_side sorted;
} fhi_sorter;

/* What fhi_side_init is told of the two temporary files. */
void fhi_sorter_init(fhi_sorter *sorter, const fhi_vfs *vfs, const char *base, const char *runs_name,
                     const char *sorted_name, uint32_t held_max);
void fhi_sorter_fini(fhi_sorter *sorter); /* zero-initialised is allowed */

/* Codes: FH_E_NOMEM, FH_E_IO. After a failure only fini is left. */
fh_status fhi_sorter_put(fhi_sorter *sorter, fhi_sort_record record, fh_err *err);

/* All records in order; they stay until fini, and nothing more can be put. Codes: FH_E_NOMEM, FH_E_IO. */
fh_status fhi_sorter_read(fhi_sorter *sorter, const fhi_sort_record **records, size_t *count, fh_err *err);

#endif
