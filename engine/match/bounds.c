/* bounds.c - what a chunk, and each of its ranges, may hold and score at most.
 *
 * Invariant: bounds[r] >= the score of every document of range r under this node, and 0 where possible has no bit.
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
        for (uint32_t i = 0; i < eval->group_count; i++) {
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

/* ---- which ranges, and which quarters of them ---- */

static void summarize(fhi_eval *eval)
{
    for (uint32_t word = 0; word < 4; word++)
        eval->possible[word] = fhi_nonzero_bytes(eval->quarters + word * 64);
}

static void intersect(uint8_t *quarters, const uint8_t *more)
{
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
        quarters[range] &= more[range];
}

static void unite(uint8_t *quarters, const uint8_t *more)
{
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
        quarters[range] |= more[range];
}

static void enter_leaf(fhi_eval *eval, uint32_t chunk)
{
    uint8_t any[FHI_CHUNK_RANGES];
    for (uint32_t i = 0; i < eval->group_count; i++) {
        fhi_group *group = &eval->groups[i];
        uint8_t *into = i == 0 ? eval->quarters : any;
        memset(into, 0, FHI_CHUNK_RANGES);
        for (uint32_t j = 0; j < group->count; j++)
            if (fhi_cursor_enter(&group->cursors[j], chunk)) unite(into, group->cursors[j].quarters);
        if (i > 0) intersect(eval->quarters, any);
        summarize(eval);
        if (!fhi_mask_any(eval->possible)) return;
    }
}

static void enter_children(fhi_eval *eval, uint32_t chunk)
{
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval *child = eval->kind == FHI_EVAL_AND ? eval->cheapest[i] : eval->children[i];
        fhi_eval_enter(child, chunk);
        if (i == 0) memcpy(eval->quarters, child->quarters, sizeof eval->quarters);
        if (i > 0 && eval->kind == FHI_EVAL_AND) intersect(eval->quarters, child->quarters);
        if (i > 0 && eval->kind == FHI_EVAL_OR) unite(eval->quarters, child->quarters);
        if (eval->kind != FHI_EVAL_AND) continue;
        summarize(eval);
        if (!fhi_mask_any(eval->possible)) return;
    }
    summarize(eval);
}

void fhi_eval_enter(fhi_eval *eval, uint32_t chunk)
{
    switch (eval->kind) {
    case FHI_EVAL_WORD:
    case FHI_EVAL_PHRASE: enter_leaf(eval, chunk); return;
    case FHI_EVAL_AND:
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT: enter_children(eval, chunk); return;
    default:
        memset(eval->possible, eval->kind == FHI_EVAL_NONE ? 0 : 0xFF, sizeof eval->possible);
        memset(eval->quarters, eval->kind == FHI_EVAL_NONE ? 0 : 0x0F, sizeof eval->quarters);
    }
}

/* ---- how much ---- */

/* Sum of the lists' bounds, at most 255: x / (x + K) grows slower than x. */
static void bound_group(fhi_group *group, const uint64_t ranges[4], uint8_t bounds[FHI_CHUNK_RANGES])
{
    if (group->count == 1) {
        fhi_cursor_bound(group->cursors, ranges);
        memcpy(bounds, group->cursors->bounds, FHI_CHUNK_RANGES);
        return;
    }
    memset(bounds, 0, FHI_CHUNK_RANGES);
    for (uint32_t i = 0; i < group->count; i++) {
        if (!fhi_mask_any(group->cursors[i].present)) continue;
        fhi_cursor_bound(&group->cursors[i], ranges);
        const uint8_t *more = group->cursors[i].bounds;
        for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++) {
            const unsigned sum = bounds[range] + (unsigned)more[range];
            bounds[range] = (uint8_t)(sum < 255 ? sum : 255);
        }
    }
}

static void bound_leaf(fhi_eval *eval, const uint64_t ranges[4])
{
    uint8_t least[FHI_CHUNK_RANGES], bounds[FHI_CHUNK_RANGES];
    bound_group(&eval->groups[0], ranges, least);
    for (uint32_t i = 1; i < eval->group_count; i++) {
        bound_group(&eval->groups[i], ranges, bounds);
        for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
            least[range] = bounds[range] < least[range] ? bounds[range] : least[range];
    }
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
        eval->bounds[range] = (float)least[range] * eval->bound_weight;
}

static void bound_children(fhi_eval *eval, const uint64_t ranges[4])
{
    const uint32_t scored = eval->kind == FHI_EVAL_NOT ? 1 : eval->child_count;
    for (uint32_t i = 0; i < scored; i++) {
        fhi_eval *child = eval->children[i];
        fhi_eval_bound(child, ranges);
        if (i == 0) {
            memcpy(eval->bounds, child->bounds, sizeof eval->bounds);
            continue;
        }
        for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
            eval->bounds[range] += child->bounds[range];
    }
}

void fhi_eval_bound(fhi_eval *eval, const uint64_t ranges[4])
{
    uint64_t here[4];
    for (uint32_t word = 0; word < 4; word++)
        here[word] = ranges[word] & eval->possible[word];
    if (!fhi_mask_any(here)) {
        memset(eval->bounds, 0, sizeof eval->bounds);
        return;
    }
    switch (eval->kind) {
    case FHI_EVAL_WORD:
    case FHI_EVAL_PHRASE: bound_leaf(eval, here); return;
    case FHI_EVAL_AND:
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT: bound_children(eval, here); return;
    default: memset(eval->bounds, 0, sizeof eval->bounds);
    }
}

/* ---- quarters of one range ---- */

/* Adds a bound to the quarters that have a bit. */
static inline void add_quarters(float bounds[4], unsigned quarters, float bound)
{
    static const float present[16][4] = {
        {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}, {1, 0, 1, 0}, {0, 1, 1, 0}, {1, 1, 1, 0},
        {0, 0, 0, 1}, {1, 0, 0, 1}, {0, 1, 0, 1}, {1, 1, 0, 1}, {0, 0, 1, 1}, {1, 0, 1, 1}, {0, 1, 1, 1}, {1, 1, 1, 1}};
    for (uint32_t quarter = 0; quarter < 4; quarter++)
        bounds[quarter] += bound * present[quarters & 15][quarter];
}

void fhi_eval_bound_quarters(const fhi_eval *eval, uint32_t range, float bounds[4])
{
    const uint32_t scored = eval->kind == FHI_EVAL_NOT ? 1 : eval->child_count;
    for (uint32_t quarter = 0; quarter < 4; quarter++)
        bounds[quarter] = 0.0f;
    if (!fhi_mask_has(eval->possible, range)) return;
    if (eval->child_count == 0) add_quarters(bounds, eval->quarters[range], eval->bounds[range]);
    for (uint32_t i = 0; i < scored; i++) {
        const fhi_eval *child = eval->children[i];
        float more[4];
        if (child->child_count == 0) {
            add_quarters(bounds, child->quarters[range], child->bounds[range]);
            continue;
        }
        fhi_eval_bound_quarters(child, range, more);
        for (uint32_t quarter = 0; quarter < 4; quarter++)
            bounds[quarter] += more[quarter];
    }
}
