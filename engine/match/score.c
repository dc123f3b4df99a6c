/* score.c - adds each leaf's share to the scores of the documents of a range, in the order of the plan. */
#include "engine/match/eval.h"

static float share(float weight, float tf, float k)
{
    return weight * tf / (tf + k);
}

typedef struct leaf_view {
    const uint8_t *norms; /* of the range */
    const float *k_of_norm;
    float unit; /* weight of one occurrence in the body */
} leaf_view;

static leaf_view view_of(const fhi_walk *walk)
{
    const uint32_t base = walk->chunk * FHI_CHUNK_DOCS + walk->range * FHI_RANGE_DOCS;
    return (leaf_view){walk->segment->norms + base, walk->plan->k_of_norm,
                       (float)fhi_index_settings(walk->plan->index)->body_weight};
}

/* Index of the first posting after a quarter of the range. */
static uint32_t after_quarter(const fhi_block *block, uint32_t quarter)
{
    uint32_t index = 0;
    for (uint32_t i = 0; i <= quarter; i++)
        index += fhi_popcount64(block->mask[i]);
    return index;
}

/* A word of one list: its postings in order. */
static void score_list(fhi_walk *walk, fhi_eval *eval, const uint64_t mask[4])
{
    const leaf_view view = view_of(walk);
    fhi_block *block = &eval->groups->blocks[0];
    fhi_cursor_tail(&eval->groups->cursors[0], block);
    const bool exact = eval->exact_weight > 0.0f && eval->groups->cursors[0].wanted;
    uint32_t next = 0;
    for (uint32_t i = 0; i < block->count; i = next) {
        const uint32_t doc = block->ids[i];
        next = mask[doc / 64] ? i + 1 : after_quarter(block, doc / 64);
        if (!fhi_mask_has(mask, doc)) continue;
        const float k = view.k_of_norm[view.norms[doc]];
        walk->scores[doc] += share(eval->weight, (float)block->freqs[i] / view.unit, k);
        if (exact && block->form_freqs[i])
            walk->scores[doc] += share(eval->exact_weight, (float)block->form_freqs[i] / view.unit, k);
    }
}

/* A word of several lists, whose frequencies were summed while matching. */
static void score_gathered(fhi_walk *walk, const fhi_eval *eval, const uint64_t mask[4])
{
    const leaf_view view = view_of(walk);
    const fhi_group *group = eval->groups;
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = mask[word]; bits; bits &= bits - 1) {
            const uint32_t doc = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const float k = view.k_of_norm[view.norms[doc]];
            walk->scores[doc] += share(eval->weight, (float)group->freqs[doc] / view.unit, k);
            if (eval->exact_weight > 0.0f && group->exact_freqs[doc])
                walk->scores[doc] += share(eval->exact_weight, (float)group->exact_freqs[doc] / view.unit, k);
        }
}

static void score_phrase(fhi_walk *walk, const fhi_eval *eval, const uint64_t mask[4])
{
    const leaf_view view = view_of(walk);
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = mask[word]; bits; bits &= bits - 1) {
            const uint32_t doc = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const float k = view.k_of_norm[view.norms[doc]];
            walk->scores[doc] += share(eval->weight, (float)eval->phrase_freqs[doc], k);
        }
}

void fhi_eval_score(fhi_walk *walk, fhi_eval *eval, const uint64_t mask[4])
{
    uint64_t here[4];
    for (uint32_t word = 0; word < 4; word++)
        here[word] = mask[word] & eval->mask[word];
    if (!fhi_mask_any(here)) return;
    const uint32_t scored = eval->kind == FHI_EVAL_NOT ? 1 : eval->child_count;
    switch (eval->kind) {
    case FHI_EVAL_WORD:
        if (eval->weight == 0.0f) return;
        if (eval->gathered)
            score_gathered(walk, eval, here);
        else
            score_list(walk, eval, here);
        return;
    case FHI_EVAL_PHRASE:
        if (eval->weight != 0.0f) score_phrase(walk, eval, here);
        return;
    case FHI_EVAL_AND:
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT:
        for (uint32_t i = 0; i < scored; i++)
            fhi_eval_score(walk, eval->children[i], here);
        return;
    default: return;
    }
}
