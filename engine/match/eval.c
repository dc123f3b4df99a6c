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

/* Documents of a range in a dense list. */
static bool range_masks(fhi_cursor *cursor, uint32_t range, uint64_t masks[FHI_RANGE_QUARTERS])
{
    const uint8_t *payload = fhi_cursor_payload(cursor, range);
    if (payload) cursor->kernels->pick_all(payload + 1, *payload + 1u, masks);
    return payload != NULL;
}

bool fhi_eval_probe(fhi_walk *walk, fhi_eval *eval, uint32_t quarter)
{
    if (eval->child_count < 2 || !eval->cheapest[0]->plain || !eval->cheapest[1]->plain) return true;
    fhi_cursor *first = eval->cheapest[0]->groups->cursors, *second = eval->cheapest[1]->groups->cursors;
    const uint32_t range = quarter / FHI_RANGE_QUARTERS;
    uint64_t *masks = walk->probe_masks, more[FHI_RANGE_QUARTERS];
    if (!first->dense || !second->dense) {
        walk->quarter = quarter;
        return (fhi_plain_mask(walk, eval->cheapest[0]) & fhi_plain_mask(walk, eval->cheapest[1])) != 0;
    }
    if (walk->probed != range) {
        walk->probed = UINT32_MAX;
        if (!range_masks(first, range, masks) || !range_masks(second, range, more)) return true;
        walk->probed = range;
        for (uint32_t i = 0; i < FHI_RANGE_QUARTERS; i++)
            masks[i] &= more[i];
    }
    return masks[quarter % FHI_RANGE_QUARTERS] != 0;
}

static void prefetch_leaf(const fhi_eval *eval, uint32_t quarter)
{
    for (uint32_t i = 0; i < eval->group_count; i++)
        if (eval->groups[i].count > 0) fhi_cursor_prefetch(&eval->groups[i].cursors[0], quarter);
}

void fhi_eval_prefetch(const fhi_eval *eval, uint32_t quarter)
{
    prefetch_leaf(eval, quarter);
    for (uint32_t i = 0; i < eval->child_count; i++)
        prefetch_leaf(eval->children[i], quarter);
}

/* ---- an OR at the top, when hits must reach a score ---- */

enum { BEST_CHILDREN_MAX = 64 };

/* A document matters when the bounds of the children that hold it reach the score. A child without which the others
 * cannot reach it is required: it narrows what the others are asked for. (MaxScore, Turtle and Flood 1995, taken to
 * the document.) */
void fhi_eval_match_best(fhi_walk *walk, fhi_eval *eval, uint64_t need)
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

fh_status fhi_eval_status(const fhi_eval *eval)
{
    for (uint32_t i = 0; i < eval->group_count; i++)
        for (uint32_t j = 0; j < eval->groups[i].count; j++)
            FH_TRY(eval->groups[i].cursors[j].status);
    for (uint32_t i = 0; i < eval->child_count; i++)
        FH_TRY(fhi_eval_status(eval->children[i]));
    return FH_OK;
}
