/* order.h - in which order a merge should put the articles of its inputs, so that lists are short and bounds tight. */
#ifndef FHI_ORDER_H
#define FHI_ORDER_H

#include "indexer/bisect.h"
#include "indexer/merge.h"

/* Which terms count: those rarer tell little, those more frequent are everywhere. */
enum { FHI_ORDER_DF_LEAST = 4, FHI_ORDER_DF_MIN_MOST = 64, FHI_ORDER_DOCS_PER_DF = 2048, FHI_ORDER_SHARE = 5 };

typedef struct fhi_order_options {
    size_t heap_bytes_max; /* rarer terms are left out until the graph of documents and terms takes half of it */
    fhi_bisect_options bisect;
} fhi_order_options;

/* *order: for each new place the number of the article among the living ones of all inputs, from 0; to be freed.
 * Codes: FH_E_NOMEM, FH_E_CORRUPT, FH_E_CANCELLED. */
fh_status fhi_order_articles(const fhi_merge_input *inputs, uint32_t input_count, const fhi_order_options *options,
                             uint32_t **order, uint32_t *article_count);

#endif
