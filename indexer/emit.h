/* emit.h - terms and their exact forms on their way into a segment, for flush.c and merge.c.
 *
 * Forms arrive numbered anyhow; they leave numbered by document frequency, the most frequent first, ties by
 * bytes. So the same documents give the same segment, whichever way they came.
 */
#ifndef FHI_EMIT_H
#define FHI_EMIT_H

#include "engine/segment/segment.h"

typedef struct fhi_form_name {
    const char *bytes; /* fold, then exact; NULL: a form that no entry leads to */
    uint16_t fold_len;
    uint16_t exact_len;
} fhi_form_name;

/* A list under construction. */
typedef struct fhi_list_build {
    uint32_t *docs;
    uint32_t *counts;
    uint32_t *positions;
    uint32_t *forms;
    size_t posting_capacity;
    size_t position_capacity;
    uint32_t doc_count;
    uint32_t position_count;
} fhi_list_build;

void fhi_list_build_fini(fhi_list_build *list);
fh_status fhi_list_build_reserve(fhi_list_build *list, size_t postings_more, size_t positions_more);

typedef struct fhi_emitted_form fhi_emitted_form;

typedef struct fhi_emitter {
    fhi_segment_writer *writer;
    uint32_t term_count;     /* added so far */
    fhi_emitted_form *forms; /* to be added at the end, sorted */
    size_t form_count;
    size_t form_capacity;
    uint32_t *scratch; /* dfs, last documents, order, rank: scratch_forms of each */
    uint32_t scratch_forms;
} fhi_emitter;

void fhi_emitter_fini(fhi_emitter *emitter);

/* names[form_count], or NULL where forms are not told apart; names and their bytes must stay until the end. An empty
 * list is left out. The list's forms are renumbered in place. Codes: FH_E_NOMEM. */
fh_status fhi_emit_term(fhi_emitter *emitter, fh_str term, fhi_list_build *list, const fhi_form_name *names,
                        uint32_t form_count);
/* After the last term. */
void fhi_emit_forms(fhi_emitter *emitter);

static inline fh_str fhi_form_fold(const fhi_form_name *name)
{
    return (fh_str){name->bytes, name->fold_len};
}

static inline fh_str fhi_form_exact(const fhi_form_name *name)
{
    return (fh_str){name->bytes + name->fold_len, name->exact_len};
}

/* By fold, then exact, a form that equals its fold before the others. */
int fhi_form_name_compare(const fhi_form_name *a, const fhi_form_name *b);

/* First 8 bytes as a number that sorts like them. */
uint64_t fhi_sort_key(fh_str text);

#endif
