/* eval.c - the documents of one range under each kind of node, as bitmaps. */
#include "engine/match/eval.h"

#include <stdlib.h>

static void clear(uint64_t mask[4])
{
    memset(mask, 0, 4 * sizeof *mask);
}

void fhi_group_load(fhi_walk *walk, fhi_group *group)
{
    clear(group->mask);
    for (uint32_t i = 0; i < group->count; i++) {
        fhi_block *block = &group->blocks[i];
        fhi_cursor_load(&group->cursors[i], walk->range, block);
        for (uint32_t word = 0; word < 4; word++)
            group->mask[word] |= block->mask[word];
    }
}

/* Sums the lists' frequencies; with by_form only those of wanted forms, and only they match. */
static void gather_group(fhi_walk *walk, fhi_group *group, bool blocks_shared)
{
    clear(group->mask);
    memset(group->freqs, 0, FHI_RANGE_DOCS * sizeof *group->freqs);
    memset(group->exact_freqs, 0, FHI_RANGE_DOCS * sizeof *group->exact_freqs);
    for (uint32_t i = 0; i < group->count; i++) {
        fhi_cursor *cursor = &group->cursors[i];
        fhi_block *block = &group->blocks[blocks_shared ? 0 : i];
        fhi_cursor_load(cursor, walk->range, block);
        fhi_cursor_tail(cursor, block);
        for (uint32_t j = 0; j < block->count; j++) {
            const uint32_t doc = block->ids[j];
            const uint32_t exact = cursor->wanted ? block->form_freqs[j] : 0;
            const uint32_t freq = group->by_form ? exact : block->freqs[j];
            if (freq == 0) continue;
            group->freqs[doc] += freq;
            if (i == 0) group->exact_freqs[doc] = exact;
            group->mask[doc / 64] |= UINT64_C(1) << (doc % 64);
        }
    }
}

/* ---- positions ---- */

static bool reserve_positions(fhi_walk *walk, fhi_group *group, uint32_t room)
{
    if (room <= group->position_room) return true;
    const size_t grown = room < 64 ? 64 : (size_t)room + room / 2; /* a hostile count meets the arena's cap */
    uint32_t *positions = fhi_arena_alloc(walk->plan->arena, grown * sizeof *positions);
    if (!positions) return false;
    if (group->position_count) memcpy(positions, group->positions, group->position_count * sizeof *positions);
    group->positions = positions;
    group->position_room = grown < UINT32_MAX ? (uint32_t)grown : UINT32_MAX;
    return true;
}

static int compare_positions(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool append_positions(fhi_walk *walk, fhi_group *group, uint32_t list, uint32_t posting)
{
    for (;;) {
        const uint32_t room = group->position_room - group->position_count;
        const uint32_t count =
            fhi_cursor_positions(&group->cursors[list], walk->range, &group->blocks[list], posting, group->by_form,
                                 group->positions + group->position_count, NULL, room);
        if (count <= room) {
            group->position_count += count;
            return true;
        }
        if (!reserve_positions(walk, group, group->position_count + count)) return false;
    }
}

bool fhi_group_positions(fhi_walk *walk, fhi_group *group, uint32_t doc, uint32_t end)
{
    group->position_count = 0;
    if (!reserve_positions(walk, group, 64)) return false;
    uint32_t lists = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        const uint32_t posting = fhi_block_index(&group->blocks[i], doc);
        if (posting == UINT32_MAX) continue;
        if (!append_positions(walk, group, i, posting)) return false;
        lists++;
    }
    if (lists > 1) qsort(group->positions, group->position_count, sizeof *group->positions, compare_positions);
    while (group->position_count > 0 && group->positions[group->position_count - 1] >= end)
        group->position_count--;
    return true;
}

/* Keeps the documents whose title holds the word. */
static void keep_titles(fhi_walk *walk, fhi_eval *eval)
{
    fhi_group *group = eval->groups;
    const uint32_t base = walk->chunk * FHI_CHUNK_DOCS + walk->range * FHI_RANGE_DOCS;
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = eval->mask[word]; bits; bits &= bits - 1) {
            const uint32_t doc = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const uint32_t end = fhi_segment_title_end(walk->segment, base + doc);
            if (!fhi_group_positions(walk, group, doc, end) || group->position_count == 0)
                eval->mask[word] &= ~(UINT64_C(1) << (doc % 64));
        }
}

/* ---- nodes ---- */

static void match_word(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4])
{
    fhi_group *group = eval->groups;
    if (eval->gathered)
        gather_group(walk, group, !eval->title_only);
    else
        fhi_group_load(walk, group);
    for (uint32_t word = 0; word < 4; word++)
        eval->mask[word] = group->mask[word] & need[word];
    if (eval->title_only) keep_titles(walk, eval);
}

static void match_and(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4])
{
    memcpy(eval->mask, need, sizeof eval->mask);
    for (uint32_t i = 0; i < eval->child_count && fhi_mask_any(eval->mask); i++) {
        fhi_eval_match(walk, eval->cheapest[i], eval->mask);
        memcpy(eval->mask, eval->cheapest[i]->mask, sizeof eval->mask);
    }
}

static void match_or(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4])
{
    clear(eval->mask);
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval_match(walk, eval->children[i], need);
        for (uint32_t word = 0; word < 4; word++)
            eval->mask[word] |= eval->children[i]->mask[word];
    }
}

static void prefetch_leaf(const fhi_eval *eval, uint32_t range)
{
    for (uint32_t i = 0; i < eval->group_count; i++)
        if (eval->groups[i].count > 0) fhi_cursor_prefetch(&eval->groups[i].cursors[0], range);
}

void fhi_eval_prefetch(const fhi_eval *eval, uint32_t range)
{
    prefetch_leaf(eval, range);
    for (uint32_t i = 0; i < eval->child_count; i++)
        prefetch_leaf(eval->children[i], range);
}

/* ---- an OR at the top, when hits must reach a score (MaxScore, Turtle and Flood 1995, a range at a time) ---- */

enum { SORTED_CHILDREN_MAX = 32 };

/* Children by their bound in this range, the lowest first. */
static void sort_by_bound(const fhi_eval *eval, uint32_t range, fhi_eval *sorted[SORTED_CHILDREN_MAX])
{
    for (uint32_t i = 0; i < eval->child_count; i++) {
        fhi_eval *child = eval->children[i];
        uint32_t j = i;
        for (; j > 0 && sorted[j - 1]->bounds[range] > child->bounds[range]; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = child;
    }
}

/* Children whose bounds together stay below the score to reach cannot lift a document alone: only documents of the
 * others are looked at, and these children only for them. */
void fhi_eval_match_best(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4])
{
    fhi_eval *sorted[SORTED_CHILDREN_MAX];
    if (eval->kind != FHI_EVAL_OR || eval->child_count > SORTED_CHILDREN_MAX || walk->least <= 0.0f) {
        fhi_eval_match(walk, eval, need);
        return;
    }
    sort_by_bound(eval, walk->range, sorted);
    float sum = 0.0f;
    uint32_t first = 0; /* of the children that can lift a document */
    while (first < eval->child_count && sum + sorted[first]->bounds[walk->range] < walk->least)
        sum += sorted[first++]->bounds[walk->range];
    clear(eval->mask);
    for (uint32_t i = first; i < eval->child_count; i++) {
        fhi_eval_match(walk, sorted[i], need);
        for (uint32_t word = 0; word < 4; word++)
            eval->mask[word] |= sorted[i]->mask[word];
    }
    for (uint32_t i = 0; i < first; i++) {
        if (fhi_mask_any(eval->mask))
            fhi_eval_match(walk, sorted[i], eval->mask);
        else
            clear(sorted[i]->mask);
    }
}

static void match_not(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4])
{
    fhi_eval_match(walk, eval->children[0], need);
    memcpy(eval->mask, eval->children[0]->mask, sizeof eval->mask);
    for (uint32_t i = 1; i < eval->child_count && fhi_mask_any(eval->mask); i++) {
        fhi_eval_match(walk, eval->children[i], eval->mask);
        for (uint32_t word = 0; word < 4; word++)
            eval->mask[word] &= ~eval->children[i]->mask[word];
    }
}

static bool passes(const fhi_walk *walk, const fhi_eval *eval, uint32_t doc)
{
    if (eval->kind == FHI_EVAL_COLUMN)
        return eval->accepted[fhi_segment_column_ordinal(walk->segment, eval->column, doc)] != 0;
    const uint32_t day = fhi_segment_day(walk->segment, doc);
    return day != 0 && day >= eval->day_first && day <= eval->day_last;
}

static void match_filter(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4])
{
    const uint32_t base = walk->chunk * FHI_CHUNK_DOCS + walk->range * FHI_RANGE_DOCS;
    clear(eval->mask);
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = need[word]; bits; bits &= bits - 1) {
            const uint32_t bit = (uint32_t)__builtin_ctzll(bits);
            if (passes(walk, eval, base + word * 64 + bit)) eval->mask[word] |= UINT64_C(1) << bit;
        }
}

void fhi_eval_match(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4])
{
    if (!fhi_mask_has(eval->possible, walk->range)) {
        clear(eval->mask);
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
    case FHI_EVAL_ALL: memcpy(eval->mask, need, sizeof eval->mask); break;
    default: clear(eval->mask);
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
