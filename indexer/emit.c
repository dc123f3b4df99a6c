/* emit.c - forms ranked and sorted. */
#include "indexer/emit.h"

#include <stdlib.h>

struct fhi_emitted_form {
    uint64_t key; /* fhi_sort_key of the fold */
    const fhi_form_name *name;
    uint32_t term_ordinal;
    uint32_t ordinal;
    uint32_t df;
};

void fhi_list_build_fini(fhi_list_build *list)
{
    free(list->docs);
    free(list->counts);
    free(list->positions);
    free(list->forms);
    *list = (fhi_list_build){0};
}

static fh_status grow(uint32_t **array, size_t capacity)
{
    uint32_t *grown = realloc(*array, capacity * sizeof *grown);
    if (!grown) return FH_E_NOMEM;
    *array = grown;
    return FH_OK;
}

fh_status fhi_list_build_reserve(fhi_list_build *list, size_t postings_more, size_t positions_more)
{
    const size_t postings = list->doc_count + postings_more, positions = list->position_count + positions_more;
    if (postings > list->posting_capacity) {
        const size_t capacity = postings + postings / 2 + 64;
        FH_TRY(grow(&list->docs, capacity));
        FH_TRY(grow(&list->counts, capacity));
        list->posting_capacity = capacity;
    }
    if (positions > list->position_capacity) {
        const size_t capacity = positions + positions / 2 + 64;
        FH_TRY(grow(&list->positions, capacity));
        FH_TRY(grow(&list->forms, capacity));
        list->position_capacity = capacity;
    }
    return FH_OK;
}

void fhi_emitter_fini(fhi_emitter *emitter)
{
    free(emitter->forms);
    free(emitter->scratch);
    *emitter = (fhi_emitter){0};
}

uint64_t fhi_sort_key(fh_str text)
{
    uint8_t bytes[8] = {0};
    if (text.len) memcpy(bytes, text.ptr, text.len < sizeof bytes ? text.len : sizeof bytes);
    return __builtin_bswap64(fhi_load64(bytes));
}

int fhi_form_name_compare(const fhi_form_name *a, const fhi_form_name *b)
{
    const fh_str fold = fhi_form_fold(a), exact_a = fhi_form_exact(a), exact_b = fhi_form_exact(b);
    const int order = fhi_str_compare(fold, fhi_form_fold(b));
    if (order != 0) return order;
    const bool plain_a = fhi_str_equal(exact_a, fold), plain_b = fhi_str_equal(exact_b, fold);
    return plain_a || plain_b ? (int)plain_b - (int)plain_a : fhi_str_compare(exact_a, exact_b);
}

/* ---- one term ------------------------------------------------------------------------------------------ */

typedef struct ranking {
    const fhi_form_name *names;
    uint32_t *dfs;
    uint32_t *order;
    uint32_t *rank;
} ranking;

static int by_frequency(const void *a, const void *b, void *argument)
{
    const ranking *forms = argument;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (forms->dfs[x] != forms->dfs[y]) return forms->dfs[x] < forms->dfs[y] ? 1 : -1;
    const int order = fhi_form_name_compare(&forms->names[x], &forms->names[y]);
    return order != 0 ? order : (x > y) - (x < y);
}

static void count_documents(const fhi_list_build *list, uint32_t form_count, uint32_t *dfs, uint32_t *last)
{
    memset(dfs, 0, form_count * sizeof *dfs);
    memset(last, 0, form_count * sizeof *last);
    size_t at = 0;
    for (uint32_t i = 0; i < list->doc_count; i++) {
        for (uint32_t left = list->counts[i]; left > 0; left--, at++) {
            const uint32_t form = list->forms[at];
            if (last[form] == i + 1) continue;
            last[form] = i + 1;
            dfs[form]++;
        }
    }
}

static fh_status reserve_forms(fhi_emitter *emitter, uint32_t form_count)
{
    if (form_count > emitter->scratch_forms) {
        FH_TRY(grow(&emitter->scratch, (size_t)form_count * 4));
        emitter->scratch_forms = form_count;
    }
    if (emitter->form_capacity - emitter->form_count >= form_count) return FH_OK;
    const size_t capacity = emitter->form_capacity + emitter->form_capacity / 2 + form_count + 1024;
    fhi_emitted_form *forms = realloc(emitter->forms, capacity * sizeof *forms);
    if (!forms) return FH_E_NOMEM;
    emitter->forms = forms;
    emitter->form_capacity = capacity;
    return FH_OK;
}

/* *live: forms that are left. */
static fh_status rank_forms(fhi_emitter *emitter, fhi_list_build *list, const fhi_form_name *names, uint32_t form_count,
                            uint32_t *live)
{
    *live = 0;
    FH_TRY(reserve_forms(emitter, form_count));
    uint32_t *dfs = emitter->scratch, *last = dfs + form_count, *order = last + form_count, *rank = order + form_count;
    count_documents(list, form_count, dfs, last);
    for (uint32_t i = 0; i < form_count; i++)
        order[i] = i;
    ranking forms = {names, dfs, order, rank};
    if (form_count > 1) qsort_r(order, form_count, sizeof *order, by_frequency, &forms);
    for (uint32_t i = 0; i < form_count; i++) {
        rank[order[i]] = i;
        if (dfs[order[i]] == 0) continue; /* only dead documents held it */
        ++*live;
        const fhi_form_name *name = &names[order[i]];
        if (!name->bytes) continue; /* no entry leads to it */
        emitter->forms[emitter->form_count++] =
            (fhi_emitted_form){fhi_sort_key(fhi_form_fold(name)), name, emitter->term_count, i, dfs[order[i]]};
    }
    for (size_t i = 0; i < list->position_count; i++)
        list->forms[i] = rank[list->forms[i]];
    return FH_OK;
}

fh_status fhi_emit_term(fhi_emitter *emitter, fh_str term, fhi_list_build *list, const fhi_form_name *names,
                        uint32_t form_count)
{
    if (list->doc_count == 0) return FH_OK;
    uint32_t live = 1;
    if (names && term.ptr[0] == FHI_NS_STEM) FH_TRY(rank_forms(emitter, list, names, form_count, &live));
    const fhi_list view = {.doc_count = list->doc_count,
                           .position_count = list->position_count,
                           .docs = list->docs,
                           .counts = list->counts,
                           .positions = list->positions,
                           .forms = live > 1 ? list->forms : NULL};
    fhi_segment_writer_add_term(emitter->writer, term, &view);
    emitter->term_count++;
    return FH_OK;
}

/* ---- all forms ----------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const fhi_emitted_form *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    const int order = fhi_form_name_compare(x->name, y->name);
    if (order != 0) return order;
    if (x->df != y->df) return x->df < y->df ? 1 : -1;
    return (x->term_ordinal > y->term_ordinal) - (x->term_ordinal < y->term_ordinal);
}

void fhi_emit_forms(fhi_emitter *emitter)
{
    if (emitter->form_count > 1) qsort(emitter->forms, emitter->form_count, sizeof *emitter->forms, by_name);
    for (size_t i = 0; i < emitter->form_count; i++) {
        const fhi_emitted_form *from = &emitter->forms[i];
        /* The key of a form is unique; where two stems share one, the more frequent has it. */
        if (i > 0 && fhi_form_name_compare(from->name, from[-1].name) == 0) continue;
        const fhi_form form = {.fold = fhi_form_fold(from->name),
                               .exact = fhi_form_exact(from->name),
                               .term_ordinal = from->term_ordinal,
                               .ordinal = from->ordinal,
                               .df = from->df};
        fhi_segment_writer_add_form(emitter->writer, &form);
    }
}
