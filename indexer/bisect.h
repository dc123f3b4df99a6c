/* bisect.h - an order of documents in which those that share terms are near each other.
 *
 * Recursive graph bisection: Dhulipala, Kabiljo, Karrer, Ottaviano, Pupyrev and Shalita, "Compressing graphs and
 * indexes with recursive graph bisection", KDD 2016. The documents are cut in two halves; in rounds, pairs change
 * sides when that lowers the estimate of what the gaps of all lists cost; then each half the same way.
 */
#ifndef FHI_BISECT_H
#define FHI_BISECT_H

#include "indexer/memory.h"

/* The terms of each document. */
typedef struct fhi_graph {
    uint32_t doc_count;
    uint32_t term_count;
    uint32_t degree_max; /* documents of the most frequent term, at most */
    uint64_t *starts;    /* doc_count + 1: where the terms of each document begin */
    uint32_t *terms;
} fhi_graph;

typedef struct fhi_bisect_options {
    uint32_t threads; /* at least 1; the result does not depend on it */
    fhi_cancelled cancelled;
    void *argument;
    void (*progress)(void *argument, double share); /* on the caller's thread; NULL: none */
    void *progress_argument;
} fhi_bisect_options;

/* order: documents in any order, which is kept among equals; rearranged. Heap beside the graph: 16 bytes a document
 * and, for each thread, 20 a term. Codes: FH_E_NOMEM, FH_E_CANCELLED; order is then a permutation still. */
fh_status fhi_bisect(const fhi_graph *graph, uint32_t *order, const fhi_bisect_options *options);

#endif
