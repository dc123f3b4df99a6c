/* explain.c - the same tree as a run walks, asked about one document leaf by leaf.
 *
 * A run gives up an AND at the first word that is not there; here every leaf answers for itself, so that each one that
 * fails can be named. Sums are made of the same shares in the same order as in score.c: `tests/diff/test_explain.c`
 * holds them to the bits of a run.
 */
#include "engine/match/explain.h"

#include "engine/match/eval.h"

typedef struct explaining {
    fhi_plan plan;
    fhi_walk walk;
    uint32_t doc; /* in its quarter */
    const fhi_word_stats *next;
    float score;
} explaining;

/* ---- what matches ---- */

static fh_status describe_slots(explaining *state, const fhi_node *node, fhi_explained *out)
{
    fhi_explained_part *slots = fhi_arena_zalloc(state->plan.arena, node->slot_count + 1, sizeof *slots);
    if (!slots) return state->plan.arena->status;
    out->slots = slots;
    out->whole.told = true;
    for (uint32_t i = 0; i < node->slot_count; i++, state->next++) {
        slots[i] = (fhi_explained_part){.told = true, .df = state->next->df};
        slots[i].idf = fhi_plan_idf(&state->plan, slots[i].df);
        out->whole.idf += slots[i].idf;
    }
    return FH_OK;
}

static void describe_word(explaining *state, const fhi_node *node, fhi_explained *out)
{
    const fhi_word_stats *stats = state->next++;
    out->whole = (fhi_explained_part){.told = true, .df = stats->df, .idf = fhi_plan_idf(&state->plan, stats->df)};
    if (node->kind == FHI_NODE_PREFIX || node->word.exact_only || stats->exact_df == 0) return;
    out->exact =
        (fhi_explained_part){.told = true, .df = stats->exact_df, .idf = fhi_plan_idf(&state->plan, stats->exact_df)};
}

static void match_leaf(explaining *state, fhi_eval *eval, fhi_explained *out)
{
    fhi_eval_enter(&state->walk, eval, NULL);
    fhi_eval_match(&state->walk, eval, UINT64_C(1) << state->doc);
    out->matches = eval->mask != 0;
}

static bool joined(fhi_node_kind kind, const fhi_explained *children, uint32_t count)
{
    bool all = true, any = false, others = false;
    for (uint32_t i = 0; i < count; i++) {
        all = all && children[i].matches;
        any = any || children[i].matches;
        others = others || (i > 0 && children[i].matches);
    }
    return kind == FHI_NODE_AND ? all : kind == FHI_NODE_OR ? any : children[0].matches && !others;
}

/* As deep as a plan, which is bounded where its words are gathered. */
static fh_status match_node(explaining *state, const fhi_node *node, fhi_eval *eval, fhi_explained *out)
{
    *out = (fhi_explained){.node = node};
    if (node->kind == FHI_NODE_WORD || node->kind == FHI_NODE_PREFIX) describe_word(state, node, out);
    if (node->kind == FHI_NODE_PHRASE) FH_TRY(describe_slots(state, node, out));
    if (node->child_count == 0) {
        match_leaf(state, eval, out);
        return FH_OK;
    }
    out->children = fhi_arena_alloc(state->plan.arena, node->child_count * sizeof *out->children);
    if (!out->children) return state->plan.arena->status;
    for (uint32_t i = 0; i < node->child_count; i++)
        FH_TRY(match_node(state, node->children[i], eval->children[i], &out->children[i]));
    out->matches = joined(node->kind, out->children, node->child_count);
    return FH_OK;
}

/* ---- what counts ---- */

static void add_share(explaining *state, const fhi_share *share, bool counts, fhi_explained_part *part)
{
    if (!part->told) return;
    part->tf = (double)share->freq / state->walk.segment->settings.body_weight;
    part->adds = counts ? share->adds : 0.0f;
    state->score += part->adds;
}

static void count_node(explaining *state, const fhi_eval *eval, bool counts, fhi_explained *out)
{
    const fhi_node *node = out->node;
    out->counts = counts && out->matches;
    if (out->matches && node->kind <= FHI_NODE_PHRASE) {
        fhi_share shares[FHI_SHARES];
        fhi_eval_shares(&state->walk, eval, state->doc, shares);
        add_share(state, &shares[0], out->counts, &out->whole);
        add_share(state, &shares[1], out->counts, &out->exact);
    }
    for (uint32_t i = 0; i < node->child_count; i++)
        count_node(state, eval->children[i], out->counts && (node->kind != FHI_NODE_NOT || i == 0), &out->children[i]);
}

/* ---- one document ---- */

static fh_status finish(explaining *state, const fhi_eval *eval)
{
    fh_status status = state->plan.arena->status != FH_OK ? state->plan.arena->status : fhi_eval_status(eval);
    if (status == FH_OK && state->walk.late) return fhi_fail(state->plan.err, FH_E_DEADLINE, "the query took too long");
    if (status == FH_OK) return FH_OK;
    return fhi_fail_at(state->plan.err, status, fhi_segment_path(state->walk.segment), 0, "%s",
                       status == FH_E_CORRUPT ? "a posting list is damaged; `fihrist check` tells where"
                                              : "the query needs more memory than a request may use");
}

static void enter(explaining *state, fhi_document document)
{
    fhi_walk *walk = &state->walk;
    walk->plan = &state->plan;
    walk->segment = fhi_index_segment(state->plan.index, document.segment);
    walk->kernels = walk->segment->kernels;
    walk->chunk = document.doc / FHI_CHUNK_DOCS;
    walk->quarter = document.doc % FHI_CHUNK_DOCS / FHI_QUARTER_DOCS;
    walk->base = document.doc / FHI_QUARTER_DOCS * FHI_QUARTER_DOCS;
    state->doc = document.doc % FHI_QUARTER_DOCS;
}

fh_status fhi_match_explain(const fhi_index *index, const fhi_node *root, fhi_document document, uint64_t deadline_ns,
                            fhi_arena *arena, fhi_explanation *out, fh_err *err)
{
    const fhi_match_options options = {.deadline_ns = deadline_ns};
    fhi_word_stats *stats;
    fhi_eval *eval;
    float units;
    *out = (fhi_explanation){.score = 0.0f};
    explaining *state = fhi_arena_zalloc(arena, 1, sizeof *state);
    if (!state) return fhi_fail(err, arena->status, "the query needs more memory than a request may use");
    state->plan = (fhi_plan){.index = index, .options = &options, .arena = arena, .err = err};
    state->plan.average_length = fhi_index_average_length(index);
    state->plan.k_of_norm = fhi_index_length_table(index);
    FH_TRY(fhi_plan_gather(&state->plan, root, &stats));
    FH_TRY(fhi_plan_resolve(&state->plan, root, stats, document.segment, &eval, &units));
    enter(state, document);
    state->next = stats;
    const fh_status status = match_node(state, root, eval, &out->root);
    if (status != FH_OK) return fhi_fail(err, status, "the query needs more memory than a request may use");
    count_node(state, eval, true, &out->root);
    FH_TRY(finish(state, eval));
    const uint8_t norm = state->walk.segment->norms[document.doc];
    out->score = state->score;
    out->length = fhi_length_of_norm(norm);
    out->average_length = state->plan.average_length;
    out->k = state->plan.k_of_norm[norm] / (float)state->walk.segment->settings.body_weight;
    return FH_OK;
}
