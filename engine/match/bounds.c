/* bounds.c - what a chunk, and each of its quarters, may hold and score at most.
 *
 * Invariant: sums[q] >= units * the score of every document of quarter q under this node, where bounds were asked for.
 */
#include "engine/match/eval.h"

static float group_chunk_bound(const fhi_group *group, uint32_t chunk)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < group->count; i++)
        sum += fhi_cursor_chunk_bound(&group->cursors[i], chunk);
    return sum == 0 ? -1.0f : sum < 255 ? (float)sum : 255.0f;
}

static float children_chunk_bound(const fhi_eval *eval, uint32_t chunk)
{
    float total = 0.0f, best = -1.0f;
    for (uint32_t i = 0; i < eval->child_count; i++) {
        const float bound = fhi_eval_chunk_bound(eval->children[i], chunk);
        if (bound < 0.0f && (eval->kind == FHI_EVAL_AND || (eval->kind == FHI_EVAL_NOT && i == 0))) return -1.0f;
        if (eval->kind == FHI_EVAL_NOT) return bound;
        if (bound < 0.0f) continue;
        total += bound;
        best = total;
    }
    return best;
}

float fhi_eval_chunk_bound(const fhi_eval *eval, uint32_t chunk)
{
    float least = 255.0f;
    switch (eval->kind) {
    case FHI_EVAL_NONE: return -1.0f;
    case FHI_EVAL_WORD:
    case FHI_EVAL_PHRASE:
        for (uint32_t i = 0; i < eval->deciding_count; i++) {
            const float bound = group_chunk_bound(&eval->groups[i], chunk);
            if (bound < least) least = bound;
        }
        return least < 0.0f ? -1.0f : least * eval->bound_weight;
    case FHI_EVAL_AND:
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT: return children_chunk_bound(eval, chunk);
    default: return 0.0f;
    }
}

/* ---- which quarters ---- */

static void intersect(uint64_t *bitmap, const uint64_t *more)
{
    for (uint32_t i = 0; i < FHI_QUARTER_WORDS; i++)
        bitmap[i] &= more[i];
}

static void unite(uint64_t *bitmap, const uint64_t *more)
{
    for (uint32_t i = 0; i < FHI_QUARTER_WORDS; i++)
        bitmap[i] |= more[i];
}

static void enter_phrase(const fhi_walk *walk, fhi_eval *eval, const uint64_t *among)
{
    uint64_t more[FHI_QUARTER_WORDS];
    for (uint32_t i = 0; i < eval->group_count; i++) {
        const uint64_t *here = i == 0 ? among : eval->possible; /* groups come rarest first */
        if (!fhi_group_enter(&eval->groups[i], walk->chunk, here, i == 0 ? eval->possible : more)) {
            memset(eval->possible, 0, sizeof eval->possible);
            return;
        }
        if (i > 0 && i < eval->deciding_count) intersect(eval->possible, more);
        if (!fhi_bitmap_any(eval->possible)) return;
    }
}

/* Children of an AND come cheapest first, and matter only where those before may match. */
static void enter_and(fhi_walk *walk, fhi_eval *eval, const uint64_t *among)
{
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval_enter(walk, eval->cheapest[i], i == 0 ? among : eval->possible);
        if (i == 0)
            memcpy(eval->possible, eval->cheapest[i]->possible, sizeof eval->possible);
        else
            intersect(eval->possible, eval->cheapest[i]->possible);
        if (!fhi_bitmap_any(eval->possible)) return;
    }
}

static void enter_children(fhi_walk *walk, fhi_eval *eval, const uint64_t *among)
{
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval_enter(walk, eval->children[i], among);
        if (i == 0) memcpy(eval->possible, eval->children[i]->possible, sizeof eval->possible);
        if (i > 0 && eval->kind == FHI_EVAL_OR) unite(eval->possible, eval->children[i]->possible);
    }
}

void fhi_eval_enter(fhi_walk *walk, fhi_eval *eval, const uint64_t *among)
{
    switch (eval->kind) {
    case FHI_EVAL_WORD:
        if (eval->united)
            (void)fhi_union_enter(walk, eval, eval->possible);
        else
            (void)fhi_group_enter(eval->groups, walk->chunk, among, eval->possible);
        return;
    case FHI_EVAL_PHRASE: enter_phrase(walk, eval, among); return;
    case FHI_EVAL_AND: enter_and(walk, eval, among); return;
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT: enter_children(walk, eval, among); return;
    default: memset(eval->possible, eval->kind == FHI_EVAL_NONE ? 0 : 0xFF, sizeof eval->possible);
    }
}

/* ---- how much ---- */

static void bound_leaf(const fhi_walk *walk, fhi_eval *eval, const uint64_t *among)
{
    uint8_t least[FHI_CHUNK_QUARTERS], bounds[FHI_CHUNK_QUARTERS];
    if (eval->united)
        fhi_union_bound(eval, among, least);
    else
        fhi_group_bound(&eval->groups[0], among, least);
    for (uint32_t i = 1; i < eval->deciding_count; i++) {
        fhi_group_bound(&eval->groups[i], among, bounds);
        for (uint32_t quarter = 0; quarter < FHI_CHUNK_QUARTERS; quarter++)
            least[quarter] = bounds[quarter] < least[quarter] ? bounds[quarter] : least[quarter];
    }
    walk->kernels->weigh(least, eval->bound_units, eval->sums);
}

static void bound_children(fhi_walk *walk, fhi_eval *eval, const uint64_t *among)
{
    const uint32_t scored = eval->kind == FHI_EVAL_NOT ? 1 : eval->child_count;
    for (uint32_t i = 0; i < scored; i++) {
        fhi_eval_bound(walk, eval->children[i], among);
        if (i == 0)
            memcpy(eval->sums, eval->children[i]->sums, sizeof eval->sums);
        else
            walk->kernels->add(eval->sums, eval->children[i]->sums);
    }
}

void fhi_eval_bound(fhi_walk *walk, fhi_eval *eval, const uint64_t among[FHI_QUARTER_WORDS])
{
    uint64_t here[FHI_QUARTER_WORDS];
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
        here[word] = among[word] & eval->possible[word];
    if (!fhi_bitmap_any(here)) {
        memset(eval->sums, 0, sizeof eval->sums);
        return;
    }
    switch (eval->kind) {
    case FHI_EVAL_WORD:
    case FHI_EVAL_PHRASE: bound_leaf(walk, eval, here); return;
    case FHI_EVAL_AND:
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT: bound_children(walk, eval, here); return;
    default: memset(eval->sums, 0, sizeof eval->sums);
    }
}
