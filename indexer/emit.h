/* emit.h - terms and their exact forms on their way into a segment, for flush.c and merge.c.
 *
 * Forms arrive numbered anyhow; they leave numbered by document frequency, the most frequent first, ties by
 * bytes. So the same documents give the same segment, whichever way they came.
 */
#ifndef FHI_EMIT_H
#define FHI_EMIT_H

#include "indexer/handover.h"
#include "indexer/sorter.h"

typedef struct fhi_emitter {
    fhi_segment_writer *writer;
    fhi_handover terms;
    uint32_t term_count; /* added so far */
    fhi_sorter forms;    /* name, inverted df, ordinal of the term, ordinal in it: in the order they are added */
    uint32_t *scratch;   /* dfs, last documents, order, rank: scratch_forms of each */
    uint32_t scratch_forms;
} fhi_emitter;

/* From the first term to the last form the writer is the emitter's. */
void fhi_emitter_init(fhi_emitter *emitter, fhi_segment_writer *writer);
void fhi_emitter_fini(fhi_emitter *emitter); /* zero-initialised is allowed */

/* names[form_count] tells each form by the number of its name, or is NULL where forms are not told apart: names are
 * numbered from 1 in the order of forms in a segment; 0 is a form that no entry leads to. An empty list is left out.
 * The list's forms are renumbered in place. Codes: FH_E_NOMEM, FH_E_IO; what the writer has met. */
fh_status fhi_emit_term(fhi_emitter *emitter, fh_str term, fhi_list_build *list, const uint32_t *names,
                        uint32_t form_count, fh_err *err);

/* Tells what a number stands for; asked by increasing number. */
typedef fh_status (*fhi_form_named)(void *argument, uint32_t name, fh_str *fold, fh_str *exact);

/* After the last term. Codes: FH_E_NOMEM, FH_E_IO, those of named; what the writer has met. */
fh_status fhi_emit_forms(fhi_emitter *emitter, fhi_form_named named, void *argument, fh_err *err);

#endif
