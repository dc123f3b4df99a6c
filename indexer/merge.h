/* merge.h - several segments become one; what is deleted is left out, stored frames are copied as they are.
 *
 * Documents keep the order of the inputs. The result is what a flush of the same documents would have written. Heap
 * does not grow with the number of different words: it takes some fifty bytes a document, the longest list, decoded,
 * and a few MiB.
 */
#ifndef FHI_MERGE_H
#define FHI_MERGE_H

#include "indexer/memory.h"

typedef struct fhi_merge_input {
    const fhi_segment *segment;
    const uint64_t *deleted; /* one bit a document; NULL: none */
    uint64_t length_sum;     /* fhi_segment_info.length_sum */
} fhi_merge_input;

/* writer: new. told_apart: exact forms are kept. Codes: FH_E_NOMEM, FH_E_CANCELLED, FH_E_CORRUPT; what the segment
 * writer meets, it reports at its end. */
fh_status fhi_merge(const fhi_merge_input *inputs, uint32_t input_count, bool told_apart, fhi_segment_writer *writer,
                    fhi_cancelled cancelled, void *argument, fh_err *err);

#endif
