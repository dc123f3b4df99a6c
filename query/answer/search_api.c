/* search_api.c - include/fihrist/search.h over one snapshot and one searcher. */
#include "query/answer/find.h"

#include <fihrist/search.h>

#include <stdlib.h>
#include <time.h>

enum { TOP_DEFAULT = 10, HITS_BYTES_MAX = 256 * 1024 * 1024 };

struct fh_search {
    fhi_index *index;
    fhi_searcher *searcher;
    fhi_arena arena;     /* the hits handed out */
    fhi_buf json;        /* the last answer of fh_search_json; scratch of messages otherwise */
    fhi_failure failure; /* the last one */
    fh_search_hit *hits; /* in the arena */
    uint32_t hit_count;
    uint32_t hit_capacity; /* hits asked for */
};

fh_status fh_search_open(const char *directory, fh_search **out, fh_err *err)
{
    *out = NULL;
    fh_search *search = calloc(1, sizeof *search);
    if (!search) return fhi_fail(err, FH_E_NOMEM, "no memory to open an index");
    fhi_arena_init(&search->arena, HITS_BYTES_MAX);
    fh_status status = fhi_index_open(fhi_vfs_posix(), directory, &search->index, err);
    if (status == FH_OK)
        status = fhi_searcher_create(fhi_index_settings(search->index)->analyzer, &search->searcher, err);
    if (status != FH_OK) {
        fh_search_close(search);
        return status;
    }
    *out = search;
    return FH_OK;
}

void fh_search_close(fh_search *search)
{
    if (!search) return;
    fhi_searcher_destroy(search->searcher);
    fhi_index_release(search->index);
    fhi_arena_fini(&search->arena);
    fhi_buf_fini(&search->json);
    free(search);
}

static uint64_t deadline_ns(uint64_t time_us_max)
{
    struct timespec now;
    if (time_us_max == 0) return 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    return time_us_max > (UINT64_MAX - now_ns) / 1000 ? UINT64_MAX : now_ns + time_us_max * 1000;
}

static fhi_request request_of(const fh_search_request *given)
{
    return (fhi_request){.kind = FHI_REQUEST_HITS,
                         .query = given->query.ptr ? given->query : FH_STR(""),
                         .top = given->top ? given->top : TOP_DEFAULT,
                         .offset = given->offset,
                         .after = given->after,
                         .op = given->op == FH_SEARCH_OR ? FHI_OP_OR : FHI_OP_AND,
                         .sort = given->sort == FH_SEARCH_NEWEST ? FHI_SORT_DATE : FHI_SORT_SCORE,
                         .no_snippets = given->no_snippets,
                         .lang = given->lang == FH_SEARCH_FR   ? FHI_LANG_FR
                                 : given->lang == FH_SEARCH_AR ? FHI_LANG_AR
                                                               : FHI_LANG_EN,
                         .deadline_ns = deadline_ns(given->time_us_max)};
}

static const fh_search_mark *keep_marks(fhi_arena *arena, const fhi_shown *shown)
{
    fh_search_mark *marks = fhi_arena_alloc(arena, shown->mark_count * sizeof *marks);
    for (uint32_t i = 0; marks && i < shown->mark_count; i++)
        marks[i] = (fh_search_mark){shown->marks[2 * i], shown->marks[2 * i + 1]};
    return marks;
}

/* Copies everything: what a hit is shown from is gone with the next one. */
static fh_status keep_hit(void *argument, const fh_record *record, float score, const fhi_shown *title,
                          const fhi_shown *snippet)
{
    fh_search *search = argument;
    fhi_arena *arena = &search->arena;
    fh_str kept[FH_FIELD_TITLE];
    for (int i = 0; i < FH_FIELD_TITLE; i++)
        kept[i] = fhi_arena_copy(arena, record->fields[i]);
    if (search->hit_count == search->hit_capacity) return FH_E_INTERNAL;
    const fhi_shown none = {.text = {"", 0}};
    if (!snippet) snippet = &none;
    search->hits[search->hit_count++] = (fh_search_hit){.id = kept[FH_FIELD_ID],
                                                        .url = kept[FH_FIELD_URL],
                                                        .lang = kept[FH_FIELD_LANG],
                                                        .source = kept[FH_FIELD_SOURCE],
                                                        .section = kept[FH_FIELD_SECTION],
                                                        .region = kept[FH_FIELD_REGION],
                                                        .author = kept[FH_FIELD_AUTHOR],
                                                        .date = kept[FH_FIELD_DATE],
                                                        .title = fhi_arena_copy(arena, title->text),
                                                        .snippet = fhi_arena_copy(arena, snippet->text),
                                                        .title_marks = keep_marks(arena, title),
                                                        .snippet_marks = keep_marks(arena, snippet),
                                                        .title_mark_count = title->mark_count,
                                                        .snippet_mark_count = snippet->mark_count,
                                                        .score = score};
    return arena->status;
}

/* The sentence of the last failure into err. */
static fh_status explain(fh_search *search, fhi_message_lang lang, fh_err *err)
{
    const fhi_failure *failure = &search->failure;
    fhi_buf_clear(&search->json);
    fhi_failure_message(failure, lang, &search->json);
    const fh_str text = search->json.status == FH_OK ? fhi_buf_str(&search->json) : FH_STR("out of memory");
    const uint64_t offset = failure->query.code != FHI_QUERY_NONE ? failure->query.offset : 0;
    return fhi_fail_at(err, failure->status, NULL, offset, "%.*s", (int)text.len, text.ptr);
}

fh_status fh_search_run(fh_search *search, const fh_search_request *request, fh_search_hits *hits, fh_err *err)
{
    const fhi_request inner = request_of(request);
    fhi_found found;
    *hits = (fh_search_hits){0};
    fhi_arena_reset(&search->arena);
    search->failure = (fhi_failure){.status = FH_OK};
    search->hit_count = 0;
    search->hit_capacity = inner.top <= FH_SEARCH_TOP_MAX ? inner.top : 0;
    search->hits = fhi_arena_zalloc(&search->arena, search->hit_capacity, sizeof *search->hits);
    if (!search->hits)
        search->failure.status = search->arena.status;
    else
        search->failure.status =
            fhi_searcher_find(search->searcher, search->index, &inner, keep_hit, search, &found, &search->failure);
    if (search->failure.status != FH_OK) return explain(search, inner.lang, err);
    const fh_str next = fhi_arena_copy(&search->arena, fhi_str(found.next));
    if (!next.ptr) {
        search->failure.status = search->arena.status;
        return explain(search, inner.lang, err);
    }
    *hits = (fh_search_hits){search->hits, search->hit_count, found.total, next};
    return FH_OK;
}

/* ---- counts ---- */

static fh_status copy_facet(fhi_arena *arena, const fhi_facet *facet, fh_search_facet *out)
{
    if (!facet->values) return FH_OK; /* not asked for */
    fh_search_value *values = fhi_arena_alloc(arena, ((size_t)facet->value_count + 1) * sizeof *values);
    if (!values) return arena->status;
    for (uint32_t i = 0; i < facet->value_count; i++)
        values[i] = (fh_search_value){facet->values[i].value, facet->values[i].count};
    *out = (fh_search_facet){values, facet->value_count, facet->different, facet->without};
    return FH_OK;
}

fh_status fh_search_facets(fh_search *search, const fh_search_request *request, uint32_t fields, uint32_t values_max,
                           fh_search_counts *counts, fh_err *err)
{
    fhi_request inner = request_of(request);
    fhi_facets facets;
    *counts = (fh_search_counts){.total = 0};
    fhi_arena_reset(&search->arena);
    search->failure = (fhi_failure){.status = FH_OK};
    inner.fields = fields;
    inner.values = values_max;
    fh_status status = FH_E_INVALID;
    if (fields <= FHI_FIELDS_ALL && values_max >= 1 && values_max <= FH_SEARCH_VALUES_MAX)
        status = fhi_searcher_facets(search->searcher, search->index, &inner, &facets, &search->failure);
    for (int i = 0; status == FH_OK && i < FH_SEARCH_FIELDS; i++)
        status = copy_facet(&search->arena, &facets.facets[i], &counts->facets[i]);
    search->failure.status = status;
    if (status != FH_OK) {
        *counts = (fh_search_counts){.total = 0};
        return explain(search, inner.lang, err);
    }
    counts->total = facets.total;
    return FH_OK;
}

fh_status fh_search_histogram(fh_search *search, const fh_search_request *request, fh_search_period period,
                              fh_search_timeline *timeline, fh_err *err)
{
    fhi_request inner = request_of(request);
    fhi_histogram histogram;
    fh_search_bar *bars = NULL;
    *timeline = (fh_search_timeline){.total = 0};
    fhi_arena_reset(&search->arena);
    search->failure = (fhi_failure){.status = FH_OK};
    inner.by = (fhi_period)period;
    fh_status status = period > FH_SEARCH_BY_YEAR ? FH_E_INVALID : FH_OK;
    if (status == FH_OK)
        status = fhi_searcher_histogram(search->searcher, search->index, &inner, &histogram, &search->failure);
    if (status == FH_OK) {
        bars = fhi_arena_alloc(&search->arena, ((size_t)histogram.bar_count + 1) * sizeof *bars);
        if (!bars) status = search->arena.status;
    }
    search->failure.status = status;
    if (status != FH_OK || !bars) return explain(search, inner.lang, err);
    for (uint32_t i = 0; i < histogram.bar_count; i++)
        bars[i] = (fh_search_bar){histogram.bars[i].from, histogram.bars[i].count};
    *timeline = (fh_search_timeline){(fh_search_period)histogram.period, bars, histogram.bar_count, histogram.undated,
                                     histogram.total};
    return FH_OK;
}

const char *fh_search_error_code(const fh_search *search)
{
    return search->failure.status == FH_OK ? "" : fhi_failure_code(&search->failure);
}

fh_status fh_search_json(fh_search *search, const fh_search_request *request, fh_str *json)
{
    const fhi_request inner = request_of(request);
    fhi_buf_clear(&search->json);
    search->failure = (fhi_failure){.status = FH_OK};
    const fh_status status = fhi_searcher_run(search->searcher, search->index, &inner, NULL, &search->json);
    *json = fhi_buf_str(&search->json);
    return status;
}
