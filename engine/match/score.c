/* score.c - adds each leaf's share to the scores of the documents of a range, in the order of the plan. */
#include "engine/match/eval.h"

typedef struct leaf_view {
    const uint8_t *norms; /* of the range */
    const float *shares;  /* by frequency below FHI_SHARE_FREQS and length byte */
    const float *k_of_norm;
    float unit; /* weight of one occurrence in the body */
} leaf_view;

static leaf_view view_of(const fhi_walk *walk)
{
    const uint32_t base = walk->chunk * FHI_CHUNK_DOCS + walk->range * FHI_RANGE_DOCS;
    return (leaf_view){walk->segment->norms + base, walk->plan->shares, walk->plan->k_of_norm, walk->plan->unit};
}

/* tf / (tf + K) of a frequency in a document of the range. */
static inline float share(const leaf_view *view, uint32_t freq, uint32_t doc)
{
    if (FHI_LIKELY(freq < FHI_SHARE_FREQS)) return view->shares[freq * 256 + view->norms[doc]];
    const float tf = (float)freq / view->unit;
    return tf / (tf + view->k_of_norm[view->norms[doc]]);
}

/* Postings [i, end) of a block, all of them or those of mask. */
static void add_postings(fhi_walk *walk, const fhi_eval *eval, const fhi_block *block, uint32_t i, uint32_t end,
                         const uint64_t *mask)
{
    const leaf_view view = view_of(walk);
    const bool exact = eval->exact_weight > 0.0f && eval->groups->cursors[0].wanted;
    if (!mask && !exact) {
        for (; i < end; i++)
            walk->scores[block->ids[i]] += eval->weight * share(&view, block->freqs[i], block->ids[i]);
        return;
    }
    for (; i < end; i++) {
        const uint32_t doc = block->ids[i];
        if (mask && !fhi_mask_has(mask, doc)) continue;
        walk->scores[doc] += eval->weight * share(&view, block->freqs[i], doc);
        if (exact && block->form_freqs[i])
            walk->scores[doc] += eval->exact_weight * share(&view, block->form_freqs[i], doc);
    }
}

/* Few documents of a block: their frequencies one by one. False when there are many, or one needs the others. */
static bool score_few(fhi_walk *walk, const fhi_eval *eval, const uint64_t mask[4])
{
    enum { FEW = 32, SHARE = 4 }; /* at most so many, and so much of the block */
    const leaf_view view = view_of(walk);
    const fhi_cursor *cursor = &eval->groups->cursors[0];
    const fhi_block *block = &eval->groups->blocks[0];
    uint32_t count = 0, docs[FEW], freqs[FEW], form_freqs[FEW];
    for (uint32_t word = 0; word < 4; word++)
        count += fhi_popcount64(mask[word]);
    if (count > FEW || count * SHARE > block->count) return false;
    count = 0;
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = mask[word]; bits; bits &= bits - 1, count++) {
            docs[count] = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const uint32_t posting = fhi_block_index(block, docs[count]);
            if (!fhi_cursor_freq(cursor, block, posting, &freqs[count], &form_freqs[count])) return false;
        }
    for (uint32_t i = 0; i < count; i++) {
        walk->scores[docs[i]] += eval->weight * share(&view, freqs[i], docs[i]);
        if (eval->exact_weight > 0.0f && form_freqs[i])
            walk->scores[docs[i]] += eval->exact_weight * share(&view, form_freqs[i], docs[i]);
    }
    return true;
}

/* A word of one list: its postings in order, quarter by quarter. A document that is not needed may be scored too:
 * nobody reads it. */
static void score_list(fhi_walk *walk, const fhi_eval *eval, const uint64_t mask[4])
{
    fhi_block *block = &eval->groups->blocks[0];
    if (score_few(walk, eval, mask)) return;
    fhi_cursor_tail(&eval->groups->cursors[0], block);
    uint32_t start = 0;
    for (uint32_t word = 0; word < 4; word++) {
        const uint32_t end = start + fhi_popcount64(block->mask[word]);
        const bool all = (block->mask[word] & walk->need[word] & ~mask[word]) == 0;
        if (mask[word]) add_postings(walk, eval, block, start, end, all ? NULL : mask);
        start = end;
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
            walk->scores[doc] += eval->weight * share(&view, group->freqs[doc], doc);
            if (eval->exact_weight > 0.0f && group->exact_freqs[doc])
                walk->scores[doc] += eval->exact_weight * share(&view, group->exact_freqs[doc], doc);
        }
}

/* A phrase counts occurrences, wherever they stand: each weighs as one in the body. */
static void score_phrase(fhi_walk *walk, const fhi_eval *eval, const uint64_t mask[4])
{
    const leaf_view view = view_of(walk);
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = mask[word]; bits; bits &= bits - 1) {
            const uint32_t doc = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const float tf = (float)eval->phrase_freqs[doc];
            walk->scores[doc] += eval->weight * (tf / (tf + view.k_of_norm[view.norms[doc]]));
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
