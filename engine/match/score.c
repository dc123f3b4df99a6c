/* score.c - what the words of a plan add to the scores of a quarter, in the order of the plan.
 *
 * Words give a byte of frequency for each document, which the kernels turn into scores. Where a byte says too little
 * (a frequency of 255 and more, a posting that mixes forms) the score so found is a bound, and the document is scored
 * again from exact frequencies if the bound is good enough. Both ways do the same sums in the same order.
 */
#include "engine/match/eval.h"

static void append(fhi_walk *walk, const uint8_t *freqs, uint64_t mask, float weight)
{
    walk->addends[walk->addend_count++] = (fhi_addend){freqs, mask, weight};
}

static void collect_word(fhi_walk *walk, fhi_eval *eval, uint64_t mask)
{
    const bool exact = eval->exact_weight > 0.0f;
    if (eval->united) {
        walk->unsure |= mask & eval->united->unsure;
        for (uint64_t bits = mask; bits; bits &= bits - 1)
            if (eval->lanes[__builtin_ctzll(bits)] == FHI_LANE_MAX) walk->unsure |= bits & -bits;
    } else {
        const fhi_group *group = eval->groups;
        walk->unsure |= mask & fhi_cursor_lanes(&group->cursors[0], group->first, group->mask, eval->lanes,
                                                exact ? eval->exact_lanes : NULL);
    }
    append(walk, eval->lanes, mask, eval->weight);
    if (exact) append(walk, eval->exact_lanes, mask, eval->exact_weight);
}

/* A phrase counts occurrences, wherever they stand: each weighs as one in the body. */
static void collect_phrase(fhi_walk *walk, fhi_eval *eval, uint64_t mask)
{
    const uint32_t unit = walk->segment->settings.body_weight;
    memset(eval->lanes, 0, sizeof eval->lanes);
    for (uint64_t bits = mask; bits; bits &= bits - 1) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits);
        const uint64_t freq = (uint64_t)eval->phrase_freqs[doc] * unit;
        eval->lanes[doc] = (uint8_t)(freq < FHI_LANE_MAX ? freq : FHI_LANE_MAX);
        if (freq >= FHI_LANE_MAX) walk->unsure |= bits & -bits;
    }
    append(walk, eval->lanes, mask, eval->weight);
}

void fhi_eval_collect(fhi_walk *walk, fhi_eval *eval, uint64_t mask)
{
    mask &= eval->mask;
    if (!mask) return;
    const uint32_t scored = eval->kind == FHI_EVAL_NOT ? 1 : eval->child_count;
    switch (eval->kind) {
    case FHI_EVAL_WORD:
        if (eval->weight != 0.0f) collect_word(walk, eval, mask);
        return;
    case FHI_EVAL_PHRASE:
        if (eval->weight != 0.0f) collect_phrase(walk, eval, mask);
        return;
    case FHI_EVAL_AND:
    case FHI_EVAL_OR:
    case FHI_EVAL_NOT:
        for (uint32_t i = 0; i < scored; i++) {
            fhi_eval *child = eval->children[i];
            const uint64_t here = mask & child->mask;
            if (!child->plain)
                fhi_eval_collect(walk, child, mask);
            else if (here && child->weight != 0.0f)
                collect_word(walk, child, here);
        }
        return;
    default: return;
    }
}

/* ---- one document, exactly ---- */

/* f / (f + unit K) is tf / (tf + K). */
static float contribution(const fhi_walk *walk, float weight, uint64_t freq, uint32_t doc)
{
    const float f = (float)freq;
    return weight * (f / (f + walk->plan->k_of_norm[walk->segment->norms[walk->base + doc]]));
}

void fhi_eval_shares(const fhi_walk *walk, const fhi_eval *leaf, uint32_t doc, fhi_share shares[FHI_SHARES])
{
    uint32_t freq = 0, exact = 0;
    memset(shares, 0, FHI_SHARES * sizeof *shares);
    if (leaf->kind == FHI_EVAL_PHRASE)
        shares[0].freq = (uint64_t)leaf->phrase_freqs[doc] * walk->segment->settings.body_weight;
    if (leaf->kind != FHI_EVAL_WORD && leaf->kind != FHI_EVAL_PHRASE) return;
    if (leaf->kind == FHI_EVAL_WORD) {
        if (leaf->united)
            fhi_union_freqs(walk, leaf, doc, &freq, &exact);
        else
            fhi_cursor_freqs(&leaf->groups->cursors[0], walk->quarter, doc, &freq, &exact);
        shares[0].freq = freq;
        shares[1].freq = leaf->exact_weight > 0.0f ? exact : 0;
    }
    if (shares[0].freq) shares[0].adds = contribution(walk, leaf->weight, shares[0].freq, doc);
    if (shares[1].freq) shares[1].adds = contribution(walk, leaf->exact_weight, shares[1].freq, doc);
}

float fhi_eval_score(fhi_walk *walk, const fhi_eval *eval, uint32_t doc, float score)
{
    if (!(eval->mask >> doc & 1)) return score;
    const uint32_t scored = eval->kind == FHI_EVAL_NOT ? 1 : eval->child_count;
    if (eval->weight != 0.0f) {
        fhi_share shares[FHI_SHARES];
        fhi_eval_shares(walk, eval, doc, shares);
        for (int i = 0; i < FHI_SHARES; i++)
            score += shares[i].adds; /* adding none changes nothing */
    }
    for (uint32_t i = 0; i < scored; i++)
        score = fhi_eval_score(walk, eval->children[i], doc, score);
    return score;
}
