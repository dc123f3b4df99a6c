/* emit.c - forms ranked and sorted. */
#include "indexer/emit.h"

#include <stdlib.h>

void fhi_emitter_init(fhi_emitter *emitter, fhi_segment_writer *writer)
{
    *emitter = (fhi_emitter){.writer = writer};
    fhi_handover_init(&emitter->terms, writer);
    fhi_sorter_init(&emitter->forms, fhi_segment_writer_vfs(writer), fhi_segment_writer_path(writer), "emitted-runs",
                    "emitted", FHI_SORTER_RECORDS);
}

void fhi_emitter_fini(fhi_emitter *emitter)
{
    fhi_handover_fini(&emitter->terms);
    fhi_sorter_fini(&emitter->forms);
    free(emitter->scratch);
    *emitter = (fhi_emitter){0};
}

/* ---- one term ------------------------------------------------------------------------------------------ */

typedef struct ranking {
    const uint32_t *names;
    const uint32_t *dfs;
} ranking;

static int by_frequency(const void *a, const void *b, void *argument)
{
    const ranking *forms = argument;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (forms->dfs[x] != forms->dfs[y]) return forms->dfs[x] < forms->dfs[y] ? 1 : -1;
    if (forms->names[x] != forms->names[y]) return forms->names[x] < forms->names[y] ? -1 : 1;
    return (x > y) - (x < y);
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
    if (form_count <= emitter->scratch_forms) return FH_OK;
    uint32_t *scratch = realloc(emitter->scratch, (size_t)form_count * 4 * sizeof *scratch);
    if (!scratch) return FH_E_NOMEM;
    emitter->scratch = scratch;
    emitter->scratch_forms = form_count;
    return FH_OK;
}

/* *live: forms that are left. */
static fh_status rank_forms(fhi_emitter *emitter, fhi_list_build *list, const uint32_t *names, uint32_t form_count,
                            uint32_t *live, fh_err *err)
{
    *live = 0;
    if (reserve_forms(emitter, form_count) != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    uint32_t *dfs = emitter->scratch, *last = dfs + form_count, *order = last + form_count, *rank = order + form_count;
    if (form_count == 1)
        dfs[0] = list->doc_count;
    else
        count_documents(list, form_count, dfs, last);
    for (uint32_t i = 0; i < form_count; i++)
        order[i] = i;
    ranking forms = {names, dfs};
    if (form_count > 1) qsort_r(order, form_count, sizeof *order, by_frequency, &forms);
    for (uint32_t i = 0; i < form_count; i++) {
        const uint32_t form = order[i];
        rank[form] = i;
        if (dfs[form] == 0) continue; /* only dead documents held it */
        ++*live;
        if (names[form] == 0) continue;
        const fhi_sort_record emitted = {{names[form], UINT32_MAX - dfs[form], emitter->term_count, i}};
        FH_TRY(fhi_sorter_put(&emitter->forms, emitted, err));
    }
    for (size_t i = 0; i < list->position_count && form_count > 1; i++)
        list->forms[i] = rank[list->forms[i]];
    return FH_OK;
}

fh_status fhi_emit_term(fhi_emitter *emitter, fh_str term, fhi_list_build *list, const uint32_t *names,
                        uint32_t form_count, fh_err *err)
{
    if (list->doc_count == 0) return FH_OK;
    uint32_t live = 1;
    if (names && term.ptr[0] == FHI_NS_STEM) FH_TRY(rank_forms(emitter, list, names, form_count, &live, err));
    const fhi_list view = {.doc_count = list->doc_count,
                           .position_count = fhi_term_is_pair(term) ? 0 : list->position_count,
                           .docs = list->docs,
                           .counts = list->counts,
                           .positions = list->positions,
                           .forms = live > 1 ? list->forms : NULL};
    emitter->term_count++;
    return fhi_handover_put(&emitter->terms, term, &view);
}

/* ---- all forms ----------------------------------------------------------------------------------------- */

fh_status fhi_emit_forms(fhi_emitter *emitter, fhi_form_named named, void *argument, fh_err *err)
{
    const fhi_sort_record *records;
    size_t count;
    FH_TRY(fhi_handover_end(&emitter->terms));
    FH_TRY(fhi_sorter_read(&emitter->forms, &records, &count, err));
    for (size_t i = 0; i < count; i++) {
        const uint32_t *from = records[i].at;
        /* The key of a form is unique; where two stems share one, the more frequent has it. */
        if (i > 0 && from[0] == records[i - 1].at[0]) continue;
        fhi_form form = {.term_ordinal = from[2], .ordinal = from[3], .df = UINT32_MAX - from[1]};
        FH_TRY(named(argument, from[0], &form.fold, &form.exact));
        fhi_segment_writer_add_form(emitter->writer, &form);
        FH_TRY(fhi_segment_writer_status(emitter->writer));
    }
    return FH_OK;
}
