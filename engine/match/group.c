/* group.c - lists that count as one word: one list, the terms of a class, or the forms of a prefix.
 *
 * A group of several lists sums frequencies by document. Lists that are decoded whole are summed once a chunk; dense
 * ones, of which a class has few, a range at a time, when it is asked for.
 */
#include "engine/match/eval.h"

#include <stdlib.h>

static bool is_in_view(const fhi_cursor *cursor)
{
    return cursor->chunk != UINT32_MAX;
}

bool fhi_group_enter(fhi_group *group, uint32_t chunk, const uint64_t *among, uint64_t possible[FHI_QUARTER_WORDS])
{
    memset(possible, 0, FHI_QUARTER_WORDS * sizeof *possible);
    for (uint32_t i = 0; i < group->count; i++) {
        fhi_cursor *cursor = &group->cursors[i];
        (void)fhi_cursor_enter(cursor, chunk);
        fhi_cursor_survey(cursor, among);
        for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
            possible[word] |= cursor->present[word];
    }
    return fhi_bitmap_any(possible);
}

static void add_bounds(uint8_t *bounds, const uint8_t *more)
{
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS; i++) {
        const unsigned sum = bounds[i] + (unsigned)more[i];
        bounds[i] = (uint8_t)(sum < 255 ? sum : 255);
    }
}

void fhi_group_bound(fhi_group *group, const uint64_t among[FHI_QUARTER_WORDS], uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    uint8_t more[FHI_CHUNK_QUARTERS];
    if (group->count == 0) memset(bounds, 0, FHI_CHUNK_QUARTERS);
    for (uint32_t i = 0; i < group->count; i++) {
        fhi_cursor_bound(&group->cursors[i], among, i == 0 ? bounds : more);
        if (i > 0) add_bounds(bounds, more);
    }
}

uint64_t fhi_group_mask(fhi_walk *walk, fhi_group *group)
{
    uint32_t first;
    group->mask = fhi_cursor_mask(&group->cursors[0], walk->quarter, &group->first);
    for (uint32_t i = 1; i < group->count; i++)
        group->mask |= fhi_cursor_mask(&group->cursors[i], walk->quarter, &first);
    return group->mask;
}

/* ---- frequencies ---- */

static uint8_t lane_of(uint32_t freq)
{
    return (uint8_t)(freq < FHI_LANE_MAX ? freq : FHI_LANE_MAX);
}

static void add_lanes(uint8_t *lanes, const uint8_t *more)
{
    for (uint32_t i = 0; i < FHI_QUARTER_DOCS; i++)
        lanes[i] = lane_of((uint32_t)lanes[i] + more[i]);
}

void fhi_group_lanes(const fhi_walk *walk, fhi_group *group, uint8_t lanes[FHI_QUARTER_DOCS])
{
    uint8_t more[FHI_QUARTER_DOCS];
    uint32_t first;
    if (group->count == 1) {
        (void)fhi_cursor_lanes(&group->cursors[0], group->first, group->mask, lanes, NULL);
        return;
    }
    memset(lanes, 0, FHI_QUARTER_DOCS);
    for (uint32_t i = 0; i < group->count; i++) {
        const uint64_t mask = fhi_cursor_mask(&group->cursors[i], walk->quarter, &first);
        if (!mask) continue;
        (void)fhi_cursor_lanes(&group->cursors[i], first, mask, more, NULL);
        add_lanes(lanes, more);
    }
}

/* ---- positions ---- */

static bool reserve_positions(const fhi_walk *walk, fhi_group *group, uint32_t room)
{
    if (room <= group->position_room) return true;
    enum { SPARE_MAX = 64 * 1024 }; /* beyond, just as much as is needed: an article of millions must fit the arena */
    const size_t grown = room < 64 ? 64 : (size_t)room + (room < SPARE_MAX ? room / 2 : 0);
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

static bool append_positions(const fhi_walk *walk, fhi_group *group, fhi_cursor *cursor, uint32_t doc)
{
    for (;;) {
        const uint32_t room = group->position_room - group->position_count;
        const uint32_t count = fhi_cursor_spots(cursor, walk->quarter, doc, group->by_form,
                                                group->positions + group->position_count, room);
        if (count <= room) {
            group->position_count += count;
            return true;
        }
        if (!reserve_positions(walk, group, group->position_count + count)) return false;
    }
}

static void cut_positions(fhi_group *group, uint32_t end)
{
    while (group->position_count > 0 && group->positions[group->position_count - 1] >= end)
        group->position_count--;
}

bool fhi_group_unpack(fhi_walk *walk, fhi_group *group, const fhi_spot *spot, uint32_t end)
{
    group->position_count = 0;
    if (!reserve_positions(walk, group, spot->count)) return false;
    fhi_spot_copy(spot, group->positions);
    group->position_count = spot->count;
    cut_positions(group, end);
    return !fhi_walk_is_late(walk, spot->count);
}

bool fhi_group_positions(fhi_walk *walk, fhi_group *group, uint32_t doc, uint32_t end)
{
    uint32_t lists = 0;
    group->position_count = 0;
    if (!reserve_positions(walk, group, 64)) return false;
    for (uint32_t i = 0; i < group->count; i++) {
        fhi_cursor *cursor = &group->cursors[i];
        if (group->count > 1 && !fhi_cursor_holds(cursor, walk->quarter, doc)) continue;
        if (!append_positions(walk, group, cursor, doc)) return false;
        lists++;
    }
    if (lists > 1) qsort(group->positions, group->position_count, sizeof *group->positions, compare_positions);
    const bool late = fhi_walk_is_late(walk, group->position_count);
    cut_positions(group, end);
    return !late;
}

/* ---- several lists as one ---- */

/* Frequencies of posting i of a decoded run; 0 when it does not count. */
static uint32_t run_freq(const fhi_group *group, const fhi_cursor *cursor, uint32_t i, uint32_t *exact)
{
    *exact = 0;
    if (cursor->wanted)
        *exact = cursor->forms_told || fhi_form_is_wanted(cursor->wanted, 0) ? cursor->run_form_freqs[i] : 0;
    return group->by_form ? *exact : cursor->run_freqs[i];
}

static bool reserve_union(const fhi_walk *walk, fhi_union *united, uint32_t docs)
{
    if (docs > united->room) {
        const uint32_t grown = docs + docs / 4;
        united->freqs = fhi_arena_alloc(walk->plan->arena, 2 * (size_t)grown * sizeof *united->freqs);
        if (!united->freqs) return false;
        united->exact_freqs = united->freqs + grown;
        united->room = grown;
    }
    if (docs) memset(united->freqs, 0, docs * sizeof *united->freqs);
    if (docs) memset(united->exact_freqs, 0, docs * sizeof *united->exact_freqs);
    return true;
}

/* Forgets the chunk before: most quarters hold nothing, so only those that do are looked at. */
static void clear_union(fhi_union *united)
{
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
        for (uint64_t bits = united->held[word]; bits; bits &= bits - 1) {
            const uint32_t quarter = word * 64 + (uint32_t)__builtin_ctzll(bits);
            united->masks[quarter] = 0;
            united->bounds[quarter] = 0;
        }
    memset(united->held, 0, sizeof united->held);
}

/* Where the sums of each quarter's documents begin; answers how many documents there are. */
static uint32_t rank_quarters(fhi_union *united)
{
    uint32_t docs = 0;
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
        for (uint64_t bits = united->held[word]; bits; bits &= bits - 1) {
            const uint32_t quarter = word * 64 + (uint32_t)__builtin_ctzll(bits);
            united->ranks[quarter] = docs;
            docs += fhi_popcount64(united->masks[quarter]);
        }
    return docs;
}

/* First the documents, then where each quarter's begin, then the sums. */
static bool sum_runs(const fhi_walk *walk, const fhi_group *group, fhi_union *united)
{
    uint32_t exact;
    clear_union(united);
    for (uint32_t j = 0; j < group->count; j++) {
        const fhi_cursor *cursor = &group->cursors[j];
        for (uint32_t i = cursor->run_first; !cursor->dense && i < cursor->run_end; i++) {
            if (run_freq(group, cursor, i, &exact) == 0) continue;
            const uint32_t doc = cursor->run_docs[i], quarter = doc / FHI_QUARTER_DOCS % FHI_CHUNK_QUARTERS;
            united->masks[quarter] |= UINT64_C(1) << doc % FHI_QUARTER_DOCS;
            united->held[quarter / 64] |= UINT64_C(1) << (quarter % 64);
        }
    }
    if (!reserve_union(walk, united, rank_quarters(united))) return false;
    for (uint32_t j = 0; j < group->count; j++) {
        const fhi_cursor *cursor = &group->cursors[j];
        for (uint32_t i = cursor->run_first; !cursor->dense && i < cursor->run_end; i++) {
            const uint32_t doc = cursor->run_docs[i], quarter = doc / FHI_QUARTER_DOCS % FHI_CHUNK_QUARTERS;
            const uint32_t freq = run_freq(group, cursor, i, &exact);
            if (freq == 0) continue;
            const uint64_t before = united->masks[quarter] & ((UINT64_C(1) << doc % FHI_QUARTER_DOCS) - 1);
            const uint32_t at = united->ranks[quarter] + fhi_popcount64(before);
            united->freqs[at] += freq;
            if (j == 0) united->exact_freqs[at] = exact;
        }
    }
    return true;
}

static void bound_quarter(const fhi_walk *walk, fhi_union *united, uint32_t quarter)
{
    const fhi_segment *segment = walk->segment;
    const uint8_t *norms = segment->norms + walk->chunk * FHI_CHUNK_DOCS + quarter * FHI_QUARTER_DOCS;
    uint32_t at = united->ranks[quarter];
    for (uint64_t bits = united->masks[quarter]; bits; bits &= bits - 1, at++) {
        const uint8_t bound = fhi_segment_bound(segment, united->freqs[at], norms[__builtin_ctzll(bits)]);
        if (bound > united->bounds[quarter]) united->bounds[quarter] = bound;
    }
}

bool fhi_union_enter(fhi_walk *walk, fhi_eval *eval, uint64_t possible[FHI_QUARTER_WORDS])
{
    fhi_union *united = eval->united;
    fhi_group *group = eval->groups;
    united->range = UINT32_MAX;
    memset(possible, 0, FHI_QUARTER_WORDS * sizeof *possible);
    for (uint32_t i = 0; i < group->count; i++) {
        fhi_cursor *cursor = &group->cursors[i];
        if (!fhi_cursor_enter(cursor, walk->chunk) || !cursor->dense) continue;
        fhi_cursor_survey(cursor, NULL);
        for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
            possible[word] |= cursor->present[word];
    }
    if (!sum_runs(walk, group, united)) return false;
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++) {
        for (uint64_t bits = united->held[word]; bits; bits &= bits - 1)
            bound_quarter(walk, united, word * 64 + (uint32_t)__builtin_ctzll(bits));
        possible[word] |= united->held[word];
    }
    return fhi_bitmap_any(possible);
}

void fhi_union_bound(fhi_eval *eval, const uint64_t among[FHI_QUARTER_WORDS], uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    uint8_t more[FHI_CHUNK_QUARTERS];
    memcpy(bounds, eval->united->bounds, FHI_CHUNK_QUARTERS);
    for (uint32_t i = 0; i < eval->groups->count; i++) {
        fhi_cursor *cursor = &eval->groups->cursors[i];
        if (!is_in_view(cursor) || !cursor->dense) continue;
        fhi_cursor_bound(cursor, among, more);
        add_bounds(bounds, more);
    }
}

/* Sums the dense lists over a range: by form, whether a posting counts at all is told by its forms, all of them. */
static bool sum_range(const fhi_walk *walk, const fhi_eval *eval, uint32_t range)
{
    fhi_union *united = eval->united;
    const fhi_group *group = eval->groups;
    fhi_block *block = NULL;
    memset(united->range_masks, 0, sizeof united->range_masks);
    memset(united->range_freqs, 0, sizeof united->range_freqs);
    memset(united->range_exact_freqs, 0, sizeof united->range_exact_freqs);
    united->range = range;
    for (uint32_t j = 0; j < group->count; j++) {
        fhi_cursor *cursor = &group->cursors[j];
        if (!is_in_view(cursor) || !cursor->dense) continue;
        if (!block) block = group->cursors[0].block;
        if (!block) block = group->cursors[0].block = fhi_arena_alloc(walk->plan->arena, sizeof *block);
        if (!block) return false;
        group->cursors[0].block_range = UINT32_MAX; /* what it holds is of another list */
        fhi_cursor_load(cursor, range, block);
        fhi_cursor_tail(cursor, block);
        for (uint32_t i = 0; i < block->count; i++) {
            const uint32_t doc = block->ids[i], exact = cursor->wanted ? block->form_freqs[i] : 0;
            const uint32_t freq = group->by_form ? exact : block->freqs[i];
            if (freq == 0) continue;
            united->range_freqs[doc] += freq;
            if (j == 0) united->range_exact_freqs[doc] = exact;
            united->range_masks[doc / 64] |= UINT64_C(1) << (doc % 64);
        }
    }
    return true;
}

/* Of the lists that are decoded whole; 0 where there is nothing. */
static void run_freqs(const fhi_union *united, uint32_t quarter, uint32_t doc, uint32_t *freq, uint32_t *exact_freq)
{
    const uint64_t mask = united->masks[quarter];
    *freq = *exact_freq = 0;
    if (!(mask >> doc & 1)) return;
    const uint32_t at = united->ranks[quarter] + fhi_popcount64(mask & ((UINT64_C(1) << doc) - 1));
    *freq = united->freqs[at];
    *exact_freq = united->exact_freqs[at];
}

void fhi_union_freqs(const fhi_walk *walk, const fhi_eval *eval, uint32_t doc, uint32_t *freq, uint32_t *exact_freq)
{
    const fhi_union *united = eval->united;
    const fhi_group *group = eval->groups;
    run_freqs(united, walk->quarter, doc, freq, exact_freq);
    if (group->by_form) {
        const uint32_t at = walk->quarter % FHI_RANGE_QUARTERS * FHI_QUARTER_DOCS + doc;
        *freq += united->range_freqs[at];
        *exact_freq += united->range_exact_freqs[at];
        return;
    }
    for (uint32_t i = 0; i < group->count; i++) {
        uint32_t more, exact;
        fhi_cursor *cursor = &group->cursors[i];
        if (!is_in_view(cursor) || !cursor->dense || !fhi_cursor_holds(cursor, walk->quarter, doc)) continue;
        fhi_cursor_freqs(cursor, walk->quarter, doc, &more, &exact);
        *freq += more;
        if (i == 0) *exact_freq += exact;
    }
}

/* Adds the lanes of the dense lists; answers their documents. */
static uint64_t add_dense(const fhi_walk *walk, fhi_eval *eval)
{
    uint8_t lanes[FHI_QUARTER_DOCS], exact[FHI_QUARTER_DOCS];
    const fhi_group *group = eval->groups;
    uint64_t found = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        fhi_cursor *cursor = &group->cursors[i];
        uint32_t first;
        if (!is_in_view(cursor) || !cursor->dense) continue;
        const uint64_t mask = fhi_cursor_mask(cursor, walk->quarter, &first);
        if (!mask) continue;
        const bool forms = i == 0 && eval->exact_weight > 0.0f;
        eval->united->unsure |= fhi_cursor_lanes(cursor, first, mask, lanes, forms ? exact : NULL);
        add_lanes(eval->lanes, lanes);
        if (forms) add_lanes(eval->exact_lanes, exact);
        found |= mask;
    }
    return found;
}

uint64_t fhi_union_mask(fhi_walk *walk, fhi_eval *eval)
{
    fhi_union *united = eval->united;
    const uint32_t range = walk->quarter / FHI_RANGE_QUARTERS, place = walk->quarter % FHI_RANGE_QUARTERS;
    const bool by_form = eval->groups->by_form;
    if (by_form && united->range != range && !sum_range(walk, eval, range)) return 0;
    const uint64_t mask = united->masks[walk->quarter] | (by_form ? united->range_masks[place] : 0);
    memset(eval->lanes, 0, sizeof eval->lanes);
    memset(eval->exact_lanes, 0, sizeof eval->exact_lanes);
    united->unsure = 0;
    for (uint64_t bits = mask; bits; bits &= bits - 1) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits);
        uint32_t freq, exact;
        if (by_form)
            fhi_union_freqs(walk, eval, doc, &freq, &exact);
        else
            run_freqs(united, walk->quarter, doc, &freq, &exact);
        eval->lanes[doc] = lane_of(freq);
        eval->exact_lanes[doc] = lane_of(exact);
    }
    return by_form ? mask : mask | add_dense(walk, eval);
}
