/* merge.h - several segments become one; what is deleted is left out, stored frames are copied as they are.
 *
 * Documents keep the order of the inputs, unless another one is given. The result is what a flush of the same documents
 * would have written. Heap does not grow with the number of different words: it takes some seventy bytes a document,
 * the longest list, decoded, and a few MiB.
 */
#ifndef FHI_MERGE_H
#define FHI_MERGE_H

#include "indexer/memory.h"

typedef struct fhi_merge_input {
    const fhi_segment *segment;
    const uint64_t *deleted; /* one bit a document; NULL: none */
    uint64_t length_sum;     /* fhi_segment_info.length_sum */
} fhi_merge_input;

typedef struct fhi_merge_options {
    bool told_apart;       /* exact forms are kept */
    const uint32_t *order; /* for each place in the result the number of the article, living ones being numbered in the
                              order of the inputs; NULL: that order itself */
    fhi_cancelled cancelled; /* NULL: never */
    void *argument;
} fhi_merge_options;

/* writer: new. Codes: FH_E_NOMEM, FH_E_CANCELLED, FH_E_CORRUPT, FH_E_LIMIT; what the segment writer meets, it reports
 * at its end. */
fh_status fhi_merge(const fhi_merge_input *inputs, uint32_t input_count, const fhi_merge_options *options,
                    fhi_segment_writer *writer, fh_err *err);

#endif
