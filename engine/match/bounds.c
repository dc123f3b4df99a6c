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

/* Sum of the lists' bounds, at most 255: x / (x + K) grows slower than x. */
static void enter_group(fhi_group *group, uint32_t chunk, uint8_t bounds[FHI_CHUNK_RANGES])
{
    memset(bounds, 0, FHI_CHUNK_RANGES);
    for (uint32_t i = 0; i < group->count; i++) {
        if (!fhi_cursor_enter(&group->cursors[i], chunk)) continue;
        const uint8_t *more = group->cursors[i].bounds;
        for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++) {
            const unsigned sum = bounds[range] + (unsigned)more[range];
            bounds[range] = (uint8_t)(sum < 255 ? sum : 255);
        }
    }
}

/* Bit i: byte i is not 0. */
static uint64_t nonzero_bytes(uint64_t bytes)
{
    const uint64_t low = 0x7F7F7F7F7F7F7F7F, high = ~low;
    const uint64_t flags = (((bytes & low) + low) | bytes) & high;
    return (flags >> 7) * 0x0102040810204080 >> 56;
}

static void enter_leaf(fhi_eval *eval, uint32_t chunk)
{
    uint8_t least[FHI_CHUNK_RANGES], bounds[FHI_CHUNK_RANGES];
    enter_group(&eval->groups[0], chunk, least);
    for (uint32_t i = 1; i < eval->group_count; i++) {
        enter_group(&eval->groups[i], chunk, bounds);
        for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
            least[range] = bounds[range] < least[range] ? bounds[range] : least[range];
    }
    for (uint32_t word = 0; word < 4; word++) {
        uint64_t bits = 0;
        for (uint32_t i = 0; i < 8; i++)
            bits |= nonzero_bytes(fhi_load64(least + word * 64 + i * 8)) << (i * 8);
        eval->possible[word] = bits;
    }
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
        eval->bounds[range] = (float)least[range] * eval->bound_weight;
}

static void add_bounds(fhi_eval *eval, const fhi_eval *child)
{
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
        eval->bounds[range] += child->bounds[range];
}

static void enter_children(fhi_eval *eval, uint32_t chunk)
{
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval *child = eval->children[i];
        fhi_eval_enter(child, chunk);
        if (i == 0) {
            memcpy(eval->possible, child->possible, sizeof eval->possible);
            memcpy(eval->bounds, child->bounds, sizeof eval->bounds);
            continue;
        }
        if (eval->kind == FHI_EVAL_NOT) continue;
        for (uint32_t word = 0; word < 4; word++)
            eval->possible[word] = eval->kind == FHI_EVAL_AND ? eval->possible[word] & child->possible[word]
                                                              : eval->possible[word] | child->possible[word];
        add_bounds(eval, child);
    }
    if (eval->kind != FHI_EVAL_AND) return;
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
        if (!fhi_mask_has(eval->possible, range)) eval->bounds[range] = 0.0f;
}

void fhi_eval_enter(fhi_eval *eval, uint32_t chunk)
{
    const bool everywhere = eval->kind != FHI_EVAL_NONE;
    switch (eval->kind) {
    case FHI_EVAL_WORD:
    case FHI_EVAL_PHRASE: enter_leaf(eval, chunk); return;
    case FHI_EVAL_AND:
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT: enter_children(eval, chunk); return;
    default:
        memset(eval->possible, everywhere ? 0xFF : 0, sizeof eval->possible);
        memset(eval->bounds, 0, sizeof eval->bounds);
    }
}
