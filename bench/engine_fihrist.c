/* engine_fihrist.c - our engine under the bench.
 *
 * In a `words` index a query's words are looked up as they are. In a `press` index they are text: the planner makes of
 * them what it makes of the same words typed by a reader, and that is part of the time.
 */
#include "bench/engine.h"

#include "query/language/plan.h"

#include <stdlib.h>

enum { ARENA_BYTES_MAX = 256 * 1024 * 1024, CACHE_BYTES_MAX = 64 * 1024 * 1024 };

typedef struct engine {
    fhi_index *index;
    fh_analyzer *analyzer; /* NULL where words are looked up as they are */
    fhi_arena arena;
    bool exhaustive;
} engine;

static void engine_close(void *state)
{
    engine *e = state;
    if (!e) return;
    fh_analyzer_destroy(e->analyzer);
    fhi_index_release(e->index);
    fhi_arena_fini(&e->arena);
    free(e);
}

static fh_status engine_open(const char *path, bool exhaustive, void **state, fh_err *err)
{
    engine *e = calloc(1, sizeof *e);
    *state = e;
    if (!e) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    e->exhaustive = exhaustive;
    fhi_arena_init(&e->arena, ARENA_BYTES_MAX);
    FH_TRY(fhi_index_open(fhi_vfs_posix(), path, &e->index, err));
    const char *analyzer = fhi_index_settings(e->index)->analyzer;
    return strcmp(analyzer, "words") == 0 ? FH_OK : fh_analyzer_create(analyzer, &e->analyzer, err);
}

/* ---- plans ----------------------------------------------------------------------------------------------- */

/* The terms as the dictionary has them, behind their namespace. */
static fh_str *terms_of(fhi_arena *arena, const fhi_bench_item *item)
{
    fh_str *terms = fhi_arena_zalloc(arena, item->term_count, sizeof *terms);
    for (uint32_t i = 0; terms && i < item->term_count; i++) {
        char *bytes = fhi_arena_alloc(arena, item->terms[i].len + 1);
        if (!bytes) return NULL;
        bytes[0] = FHI_NS_STEM;
        memcpy(bytes + 1, item->terms[i].ptr, item->terms[i].len);
        terms[i] = (fh_str){bytes, item->terms[i].len + 1};
    }
    return terms;
}

static bool fill_slots(fhi_arena *arena, const fh_str *terms, uint32_t count, fhi_node *root)
{
    fhi_slot *slots = fhi_arena_zalloc(arena, count, sizeof *slots);
    for (uint32_t i = 0; slots && i < count; i++)
        slots[i] = (fhi_slot){.word = {.terms = &terms[i], .term_count = 1}, .offset = i};
    root->slots = slots;
    root->slot_count = count;
    return slots != NULL;
}

static bool fill_children(fhi_arena *arena, const fh_str *terms, uint32_t count, fhi_node *root)
{
    fhi_node *nodes = fhi_arena_zalloc(arena, count, sizeof *nodes);
    fhi_node **children = nodes ? fhi_arena_zalloc(arena, count, sizeof(fhi_node *)) : NULL;
    for (uint32_t i = 0; children && i < count; i++) {
        nodes[i] = (fhi_node){.kind = FHI_NODE_WORD, .weight = 1, .word = {.terms = &terms[i], .term_count = 1}};
        children[i] = &nodes[i];
    }
    root->children = children;
    root->child_count = count;
    return children != NULL;
}

static fh_status plan_terms(engine *e, const fhi_bench_item *item, fhi_node **out, fh_err *err)
{
    static const fhi_node_kind kinds[] = {FHI_NODE_AND, FHI_NODE_OR, FHI_NODE_PHRASE};
    fhi_node *root = fhi_arena_zalloc(&e->arena, 1, sizeof *root);
    const fh_str *terms = root ? terms_of(&e->arena, item) : NULL;
    *out = root;
    if (!terms) return fhi_fail(err, fhi_arena_failure(&e->arena), "no memory for a plan");
    root->kind = kinds[item->op];
    root->weight = 1;
    const bool filled = item->op == FHI_BENCH_PHRASE ? fill_slots(&e->arena, terms, item->term_count, root)
                                                     : fill_children(&e->arena, terms, item->term_count, root);
    return filled ? FH_OK : fhi_fail(err, fhi_arena_failure(&e->arena), "no memory for a plan");
}

/* *out is NULL where the analyzer finds no word. */
static fh_status plan_text(engine *e, const fhi_bench_item *item, fhi_node **out, fh_err *err)
{
    const fhi_plan_input input = {e->analyzer, fhi_index_settings(e->index),
                                  item->op == FHI_BENCH_OR ? FHI_OP_OR : FHI_OP_AND, &e->arena, item->text};
    const fhi_syntax leaf = {.kind = item->op == FHI_BENCH_PHRASE ? FHI_SYNTAX_PHRASE : FHI_SYNTAX_WORD,
                             .near = FHI_NEAR_NONE,
                             .boost = 1,
                             .end = (uint32_t)item->text.len,
                             .text = item->text};
    fhi_plan plan;
    fhi_query_error error;
    *out = NULL;
    if (fh_analyzer_cache_bytes(e->analyzer) > CACHE_BYTES_MAX) fh_analyzer_reset(e->analyzer);
    const fh_status status = fhi_plan_make(&input, &leaf, &plan, &error, err);
    if (status == FH_E_SYNTAX && error.code == FHI_QUERY_EMPTY) return FH_OK;
    if (status == FH_OK) *out = plan.root;
    return status;
}

/* ---- the calls of the bench ------------------------------------------------------------------------------ */

static fh_status run(engine *e, const fhi_bench_item *item, const fhi_match_options *options, fhi_hits *hits,
                     fh_err *err)
{
    fhi_node *root;
    *hits = (fhi_hits){0};
    fhi_arena_reset(&e->arena);
    FH_TRY(e->analyzer ? plan_text(e, item, &root, err) : plan_terms(e, item, &root, err));
    return root ? fhi_match_run(e->index, root, options, &e->arena, hits, err) : FH_OK;
}

static fh_status engine_search(void *state, const fhi_bench_item *item, uint32_t top, fhi_bench_hit *hits,
                               uint32_t *hit_count, fh_err *err)
{
    engine *e = state;
    const fhi_match_options options = {.top = top, .exhaustive = e->exhaustive};
    fhi_hits found;
    *hit_count = 0;
    FH_TRY(run(e, item, &options, &found, err));
    for (uint32_t i = 0; i < found.hit_count; i++)
        hits[i] = (fhi_bench_hit){found.hits[i].segment, found.hits[i].doc, (double)found.hits[i].score};
    *hit_count = found.hit_count;
    return FH_OK;
}

static fh_status engine_count(void *state, const fhi_bench_item *item, uint64_t *count, fh_err *err)
{
    const fhi_match_options options = {.top = 1, .count = true};
    fhi_hits found;
    *count = 0;
    FH_TRY(run(state, item, &options, &found, err));
    *count = found.total;
    return FH_OK;
}

static fh_status engine_id(void *state, const fhi_bench_hit *hit, fhi_buf *id, fh_err *err)
{
    const engine *e = state;
    return fhi_segment_doc_id(fhi_index_segment(e->index, hit->segment), hit->doc, id, err);
}

const fhi_bench_engine *fhi_bench_engine_fihrist(void)
{
    static const fhi_bench_engine table = {"fihrist",     engine_open,  engine_close,
                                           engine_search, engine_count, engine_id};
    return &table;
}
