/* lists.h - random documents and posting lists as plain arrays, and a segment in memory written from them.
 *
 * The arrays are the oracle's: nothing of the engine's encodings takes part in making them. What fails, fails the
 * cmocka test.
 */
#ifndef TESTS_SUPPORT_LISTS_H
#define TESTS_SUPPORT_LISTS_H

#include "engine/segment/segment.h"
#include "tests/support/rng.h"
#include "tests/support/vfs_memory.h"

#define LISTS_FOLDER "lists" /* where the segment lies in memory */

typedef struct made_docs {
    fhi_settings settings;
    uint32_t count;
    uint32_t *lengths, *title_ends, *lead_ends, *position_ends; /* count each */
} made_docs;

typedef enum docs_shape {
    DOCS_MIXED,    /* from one position to thousands, in random order; now and then FHI_POSITION_MAX */
    DOCS_STRETCHES /* hundreds of one-word documents, then hundreds of long ones */
} docs_shape;

void made_docs_draw(made_docs *docs, rng *random, bool press, uint32_t count, docs_shape shape);
void made_docs_fini(made_docs *docs);

typedef enum list_spread {
    SPREAD_EVEN,     /* anywhere */
    SPREAD_RUN,      /* one document after the other */
    SPREAD_CLUSTERS, /* dense here, sparse there */
    SPREAD_KINDS
} list_spread;

typedef struct made_list {
    fhi_list list; /* views of the arrays below */
    uint32_t *docs, *counts, *positions, *forms;
    uint32_t *starts; /* doc_count + 1: where each document's positions start */
    uint32_t form_count;
} made_list;

typedef struct list_plan {
    uint32_t df; /* at most the number of documents */
    list_spread spread;
    uint32_t forms;     /* 1: not told apart */
    uint32_t count_max; /* occurrences in a document, mostly few */
} list_plan;

void made_list_draw(made_list *made, rng *random, const made_docs *docs, const list_plan *plan);
void made_list_fini(made_list *made);

/* Weighted frequency of positions [first, end) of posting i's document, as the settings weigh them; forms NULL or a
 * flag per form: only those flagged. */
uint32_t made_list_freq(const made_list *made, const made_docs *docs, uint32_t i, const bool *forms);

/* Writes segment 1 with terms "s000000", "s000001", ... in memory. Each document stores the article with id "same". */
fh_status lists_write(const made_docs *docs, const made_list *lists, uint32_t list_count, const fhi_vfs *vfs,
                      fhi_segment_info *info, fh_err *err);
void lists_term(uint32_t number, char term[16]);

#endif
