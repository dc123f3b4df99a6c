/* eval.c - the documents of one quarter under each kind of node, as a map of 64 bits. */
#include "engine/match/eval.h"

/* Keeps the documents whose title holds the word. */
static void keep_titles(fhi_walk *walk, fhi_eval *eval)
{
    fhi_group *group = eval->groups;
    for (uint64_t bits = eval->mask; bits; bits &= bits - 1) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits);
        const uint32_t end = fhi_segment_title_end(walk->segment, walk->base + doc);
        if (!fhi_group_positions(walk, group, doc, end) || group->position_count == 0)
            eval->mask &= ~(UINT64_C(1) << doc);
    }
}

static void match_word(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    eval->mask = need & (eval->united ? fhi_union_mask(walk, eval) : fhi_group_mask(walk, eval->groups));
    if (eval->title_only) keep_titles(walk, eval);
}

static void match_and(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    for (uint32_t i = 0; i < eval->child_count && need; i++) {
        fhi_eval *child = eval->cheapest[i];
        if (child->plain)
            child->mask = need & fhi_plain_mask(walk, child);
        else
            fhi_eval_match(walk, child, need);
        need = child->mask;
    }
    eval->mask = need;
}

static void match_or(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    eval->mask = 0;
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval_match(walk, eval->children[i], need);
        eval->mask |= eval->children[i]->mask;
    }
}

static void match_not(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    fhi_eval_match(walk, eval->children[0], need);
    eval->mask = eval->children[0]->mask;
    for (uint32_t i = 1; i < eval->child_count && eval->mask; i++) {
        fhi_eval_match(walk, eval->children[i], eval->mask);
        eval->mask &= ~eval->children[i]->mask;
    }
}

static bool passes(const fhi_walk *walk, const fhi_eval *eval, uint32_t doc)
{
    if (eval->kind == FHI_EVAL_COLUMN)
        return eval->accepted[fhi_segment_column_ordinal(walk->segment, eval->column, doc)] != 0;
    const uint32_t day = fhi_segment_day(walk->segment, doc);
    return day != 0 && day >= eval->day_first && day <= eval->day_last;
}

static void match_filter(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    eval->mask = 0;
    for (uint64_t bits = need; bits; bits &= bits - 1) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits);
        if (passes(walk, eval, walk->base + doc)) eval->mask |= UINT64_C(1) << doc;
    }
}

void fhi_eval_match(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    if (eval->plain) {
        eval->mask = need & fhi_plain_mask(walk, eval);
        return;
    }
    if (!fhi_bitmap_has(eval->possible, walk->quarter)) {
        eval->mask = 0;
        return;
    }
    switch (eval->kind) {
    case FHI_EVAL_WORD: match_word(walk, eval, need); break;
    case FHI_EVAL_PHRASE: fhi_phrase_match(walk, eval, need); break;
    case FHI_EVAL_AND: match_and(walk, eval, need); break;
    case FHI_EVAL_OR: match_or(walk, eval, need); break;
    case FHI_EVAL_NOT: match_not(walk, eval, need); break;
    case FHI_EVAL_COLUMN:
    case FHI_EVAL_DAYS: match_filter(walk, eval, need); break;
    case FHI_EVAL_ALL: eval->mask = need; break;
    default: eval->mask = 0;
    }
}

void fhi_eval_prefetch_chunk(const fhi_eval *eval, uint32_t chunk)
{
    for (uint32_t i = 0; i < eval->group_count; i++)
        for (uint32_t j = 0; j < eval->groups[i].count; j++)
            fhi_cursor_prefetch_chunk(&eval->groups[i].cursors[j], chunk);
    for (uint32_t i = 0; i < eval->child_count; i++)
        fhi_eval_prefetch_chunk(eval->children[i], chunk);
}

static void prefetch_leaf(const fhi_eval *eval, const uint16_t *quarters, uint32_t count)
{
    for (uint32_t i = 0; i < eval->deciding_count; i++)
        for (uint32_t j = 0; j < eval->groups[i].count; j++)
            fhi_cursor_prefetch(&eval->groups[i].cursors[j], quarters, count);
}

void fhi_eval_prefetch(const fhi_eval *eval, const uint16_t *quarters, uint32_t count)
{
    prefetch_leaf(eval, quarters, count);
    for (uint32_t i = 0; i < eval->child_count; i++)
        prefetch_leaf(eval->children[i], quarters, count);
}

/* ---- an OR at the top, when hits must reach a score ---- */

enum { BEST_CHILDREN_MAX = 64 };

/* A document matters when the bounds of the children that hold it reach the score. A child without which the others
 * cannot reach it is required: it narrows what the others are asked for. (MaxScore, Turtle and Flood 1995, taken to
 * the document.) */
static void match_best(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    uint64_t masks[BEST_CHILDREN_MAX];
    uint16_t weights[BEST_CHILDREN_MAX];
    if (eval->kind != FHI_EVAL_OR || eval->child_count > BEST_CHILDREN_MAX || walk->least <= 0.0f) {
        fhi_eval_match(walk, eval, need);
        return;
    }
    const uint32_t total = eval->sums[walk->quarter];
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval *child = eval->children[i];
        if (!need) {
            eval->mask = 0;
            return;
        }
        if (child->plain)
            child->mask = need & fhi_plain_mask(walk, child);
        else
            fhi_eval_match(walk, child, need);
        masks[i] = child->mask;
        weights[i] = child->sums[walk->quarter];
        if (total < UINT16_MAX && total - weights[i] < walk->least_units) need &= child->mask;
    }
    eval->mask = need & walk->kernels->reaching(masks, weights, eval->child_count, walk->least_units);
}

/* ---- several quarters at once ---- */

/* Drops the quarters of which nothing is needed any more, in order. */
static void close_ranks(fhi_batch *batch)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        batch->quarters[kept] = batch->quarters[i];
        batch->needs[kept] = batch->needs[i];
        batch->places[kept] = batch->places[i];
        kept += batch->needs[i] != 0;
    }
    batch->count = kept;
}

static void keep_common(fhi_batch *batch, const uint64_t masks[FHI_BATCH_QUARTERS])
{
    for (uint32_t i = 0; i < batch->count; i++)
        batch->needs[i] &= masks[i];
    close_ranks(batch);
}

/* A word whose documents are those of its lists, whatever stands in them; or one that nothing holds. */
static bool can_be_sieved(const fhi_eval *eval)
{
    if (eval->kind == FHI_EVAL_NONE) return true;
    return eval->kind == FHI_EVAL_WORD && !eval->title_only && !eval->groups->by_form;
}

/* Adds the documents of a list. */
static void add_masks(fhi_cursor *cursor, const fhi_batch *batch, uint64_t masks[FHI_BATCH_QUARTERS])
{
    uint64_t more[FHI_BATCH_QUARTERS];
    fhi_cursor_masks(cursor, batch->quarters, batch->count, more);
    for (uint32_t i = 0; i < batch->count; i++)
        masks[i] |= more[i];
}

static void word_masks(const fhi_eval *eval, const fhi_batch *batch, uint64_t masks[FHI_BATCH_QUARTERS])
{
    const fhi_union *united = eval->kind == FHI_EVAL_WORD ? eval->united : NULL;
    for (uint32_t i = 0; i < batch->count; i++)
        masks[i] = united ? united->masks[batch->quarters[i]] : 0;
    for (uint32_t j = 0; eval->kind == FHI_EVAL_WORD && j < eval->groups->count; j++) {
        fhi_cursor *cursor = &eval->groups->cursors[j];
        if (!united || cursor->dense) add_masks(cursor, batch, masks); /* others are in the union's own */
    }
}

static void sieve_and(const fhi_eval *eval, fhi_batch *batch)
{
    uint64_t masks[FHI_BATCH_QUARTERS];
    for (uint32_t i = 0; i < eval->child_count; i++) {
        if (!can_be_sieved(eval->cheapest[i])) return;
        word_masks(eval->cheapest[i], batch, masks);
        keep_common(batch, masks);
    }
    batch->all_match = true;
}

static void sieve_phrase(const fhi_eval *eval, fhi_batch *batch)
{
    uint64_t masks[FHI_BATCH_QUARTERS];
    for (uint32_t i = 0; i < eval->deciding_count; i++) {
        const fhi_group *group = &eval->groups[i];
        memset(masks, 0, sizeof masks);
        for (uint32_t j = 0; j < group->count; j++)
            add_masks(&group->cursors[j], batch, masks);
        keep_common(batch, masks);
    }
}

/* A document matters when the bounds of the words that hold it reach the score. */
static void sieve_or(const fhi_walk *walk, const fhi_eval *eval, fhi_batch *batch)
{
    uint64_t of_quarter[FHI_BATCH_CHILDREN];
    uint16_t weights[FHI_BATCH_CHILDREN];
    const uint32_t count = eval->child_count;
    if (count > FHI_BATCH_CHILDREN) return;
    for (uint32_t i = 0; i < count; i++)
        if (!can_be_sieved(eval->children[i])) return;
    for (uint32_t i = 0; i < count; i++)
        word_masks(eval->children[i], batch, batch->masks[i]);
    for (uint32_t q = 0; q < batch->count; q++) {
        uint64_t any = 0;
        for (uint32_t i = 0; i < count; i++) {
            any |= of_quarter[i] = batch->masks[i][q];
            weights[i] = eval->children[i]->sums[batch->quarters[q]];
        }
        if (walk->least > 0.0f) any = walk->kernels->reaching(of_quarter, weights, count, walk->least_units);
        batch->needs[q] &= any;
    }
    batch->told = true;
    batch->all_match = walk->least <= 0.0f;
    close_ranks(batch);
}

void fhi_eval_sieve(const fhi_walk *walk, const fhi_eval *eval, fhi_batch *batch)
{
    batch->told = batch->all_match = false;
    for (uint32_t i = 0; i < batch->count; i++)
        batch->places[i] = (uint8_t)i;
    switch (eval->kind) {
    case FHI_EVAL_AND: sieve_and(eval, batch); return;
    case FHI_EVAL_OR: sieve_or(walk, eval, batch); return;
    case FHI_EVAL_PHRASE: sieve_phrase(eval, batch); return;
    default: return;
    }
}

void fhi_eval_match_sieved(fhi_walk *walk, fhi_eval *eval, const fhi_batch *batch, uint32_t i)
{
    if (!batch->told) {
        match_best(walk, eval, batch->needs[i]);
        return;
    }
    eval->mask = batch->needs[i];
    for (uint32_t c = 0; c < eval->child_count; c++) {
        fhi_eval *child = eval->children[c];
        child->mask = eval->mask & batch->masks[c][batch->places[i]];
        if (child->mask) fhi_eval_match(walk, child, child->mask); /* for its lanes */
    }
}

fh_status fhi_eval_status(const fhi_eval *eval)
{
    for (uint32_t i = 0; i < eval->group_count; i++)
        for (uint32_t j = 0; j < eval->groups[i].count; j++)
            FH_TRY(eval->groups[i].cursors[j].status);
    for (uint32_t i = 0; i < eval->child_count; i++)
        FH_TRY(fhi_eval_status(eval->children[i]));
    return FH_OK;
}
