/* phrase.c - words at given distances, or near each other, checked on positions.
 *
 * Where two of the words are a pair of the index, its list says which documents hold them side by side; of a slot
 * of several terms pairs and rare terms do so together.
 * Slots come rarest first. An ordered phrase keeps the start positions that survive each slot; a window slides over
 * all slots at once, each slot needing a position of its own. The frequency never exceeds that of the rarest slot,
 * which the stored bounds rely on.
 */
#include "engine/match/eval.h"

/* Keeps in starts those for which the slot has start + offset, its positions being decoded. Both lists increase. */
static uint32_t keep_starts(uint32_t *starts, uint32_t count, const fhi_group *slot)
{
    uint32_t kept = 0, at = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t wanted = (uint64_t)starts[i] + slot->offset;
        while (at < slot->position_count && slot->positions[at] < wanted)
            at++;
        if (at == slot->position_count) break;
        if (slot->positions[at] == wanted) starts[kept++] = starts[i];
    }
    return kept;
}

/* Which of the starts an ordered phrase has stand where a slot has a position, one bit each, asked of lists as they are
 * packed; false when they have to be decoded. */
static bool find_wanted(const fhi_walk *walk, fhi_group *slot, const fhi_spot *spot, uint32_t doc,
                        const uint32_t *wanted, uint32_t count, uint64_t *found)
{
    uint32_t first;
    fhi_spot at;
    *found = 0;
    for (uint32_t i = 0; i < slot->count; i++) {
        fhi_cursor *cursor = &slot->cursors[i];
        if (slot->count > 1 && !(fhi_cursor_mask(cursor, walk->quarter, &first) >> doc & 1)) continue;
        if (spot->bits)
            at = *spot;
        else if (!fhi_cursor_spot(cursor, walk->quarter, doc, &at))
            return false;
        *found |= walk->kernels->find(at.bits, at.bit, at.count, at.width, wanted, count);
    }
    return true;
}

/* As keep_starts, of positions that are not decoded. Starts are 64 at most. */
static bool find_starts(const fhi_walk *walk, uint32_t *starts, uint32_t *count, fhi_group *slot, const fhi_spot *spot,
                        uint32_t doc, uint32_t end)
{
    enum { STARTS_MAX = 64 };
    uint32_t wanted[STARTS_MAX], kept = 0;
    uint64_t found;
    if (slot->by_form || *count > STARTS_MAX) return false;
    for (uint32_t i = 0; i < *count; i++)
        wanted[i] = starts[i] + slot->offset;
    if (!find_wanted(walk, slot, spot, doc, wanted, *count, &found)) return false;
    for (; found; found &= found - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(found);
        if (wanted[i] < end) starts[kept++] = starts[i];
    }
    *count = kept;
    return true;
}

/* Where the positions of a quarter's documents stand, of the slots that decide most documents; bits NULL: not told. */
enum { AHEAD_SLOTS = 2 };
typedef struct spots_ahead {
    fhi_spot spots[AHEAD_SLOTS][FHI_QUARTER_DOCS];
} spots_ahead;

static uint32_t count_ordered(fhi_walk *walk, fhi_eval *eval, const spots_ahead *ahead, uint32_t doc, uint32_t end)
{
    static const fhi_spot untold = {0};
    fhi_group *first = eval->slots[0];
    const fhi_spot *spot = &ahead->spots[0][doc];
    if (!(spot->bits ? fhi_group_unpack(walk, first, spot, end) : fhi_group_positions(walk, first, doc, end))) return 0;
    uint32_t count = 0;
    uint32_t *starts = first->positions;
    for (uint32_t i = 0; i < first->position_count; i++) {
        if (first->positions[i] < first->offset) continue;
        const uint32_t start = first->positions[i] - first->offset;
        if (count == 0 || starts[count - 1] != start) starts[count++] = start;
    }
    for (uint32_t i = 1; i < eval->slot_count && count > 0; i++) {
        spot = i < AHEAD_SLOTS ? &ahead->spots[i][doc] : &untold;
        if (find_starts(walk, starts, &count, eval->slots[i], spot, doc, end)) continue;
        if (!fhi_group_positions(walk, eval->slots[i], doc, end)) return 0;
        count = keep_starts(starts, count, eval->slots[i]);
    }
    return count;
}

/* ---- windows ---- */

enum { OWNERS = FHI_WINDOW_MAX + FHI_PHRASE_SLOTS_MAX };

/* One window [start, start + span]: which slot stands at each position; 0 none, else slot + 1. */
typedef struct window {
    const fhi_eval *eval;
    const uint32_t *first; /* per slot: its first position at or after start */
    uint32_t start, span;
    uint8_t owner[OWNERS];
    uint8_t tried[OWNERS];
} window;

/* Gives the slot a position of its own, moving others where they have a choice (Kuhn's augmenting path). */
static bool place(window *view, uint32_t slot)
{
    const fhi_group *group = &view->eval->groups[slot];
    for (uint32_t i = view->first[slot]; i < group->position_count; i++) {
        if (group->positions[i] - view->start > view->span) return false;
        const uint32_t at = group->positions[i] - view->start;
        if (view->tried[at]) continue;
        view->tried[at] = 1;
        if (view->owner[at] && !place(view, view->owner[at] - 1u)) continue;
        view->owner[at] = (uint8_t)(slot + 1);
        return true;
    }
    return false;
}

/* Every slot at a position of its own: two slots on one position would be one word counted twice. */
static bool all_placed(const fhi_eval *eval, const uint32_t *first, uint32_t start, uint32_t span)
{
    window view = {.eval = eval, .first = first, .start = start, .span = span};
    for (uint32_t slot = 0; slot < eval->group_count; slot++) {
        memset(view.tried, 0, (size_t)span + 1);
        if (!place(&view, slot)) return false;
    }
    return true;
}

/* The frequency: in how many windows, each starting at some slot's position, all slots find room. */
static uint32_t count_windows(fhi_walk *walk, fhi_eval *eval, uint32_t doc, uint32_t end)
{
    uint32_t at[FHI_PHRASE_SLOTS_MAX] = {0}, least = UINT32_MAX, count = 0;
    const uint32_t span = eval->window + eval->group_count - 1;
    for (uint32_t i = 0; i < eval->group_count; i++) {
        if (!fhi_group_positions(walk, &eval->groups[i], doc, end)) return 0;
        if (eval->groups[i].position_count < least) least = eval->groups[i].position_count;
    }
    if (least == 0) return 0;
    for (;;) {
        uint32_t start = UINT32_MAX;
        bool reaches = true;
        for (uint32_t i = 0; i < eval->group_count; i++)
            if (eval->groups[i].positions[at[i]] < start) start = eval->groups[i].positions[at[i]];
        for (uint32_t i = 0; i < eval->group_count; i++)
            reaches = reaches && eval->groups[i].positions[at[i]] - start <= span;
        if (fhi_walk_is_late(walk, eval->group_count * (reaches ? span + 16 : 16))) return 0;
        if (reaches && all_placed(eval, at, start, span) && ++count == least) return count;
        for (uint32_t i = 0; i < eval->group_count; i++) {
            while (at[i] < eval->groups[i].position_count && eval->groups[i].positions[at[i]] == start)
                at[i]++;
            if (at[i] == eval->groups[i].position_count) return count;
        }
    }
}

/* ---- which documents are worth it ---- */

/* Documents where a phrase that is the whole plan could still reach the score to beat: it occurs as often as its rarest
 * word at most. */
static uint64_t may_reach(fhi_walk *walk, fhi_eval *eval, uint64_t mask)
{
    uint8_t least[FHI_QUARTER_DOCS], lanes[FHI_QUARTER_DOCS], docs[FHI_QUARTER_DOCS];
    float bounds[FHI_QUARTER_DOCS];
    uint64_t found = 0;
    memset(least, FHI_LANE_MAX, sizeof least);
    for (uint32_t i = 0; i < eval->deciding_count; i++) {
        fhi_group_lanes(walk, &eval->groups[i], lanes);
        for (uint32_t doc = 0; doc < FHI_QUARTER_DOCS; doc++)
            least[doc] = lanes[doc] < least[doc] ? lanes[doc] : least[doc];
    }
    const fhi_addend addend = {least, mask, eval->weight};
    const uint32_t count = walk->kernels->score(&addend, 1, mask, walk->segment->norms + walk->base,
                                                walk->plan->k_of_norm, walk->least, docs, bounds);
    for (uint32_t i = 0; i < count; i++)
        found |= UINT64_C(1) << docs[i];
    return found;
}

/* Finds the spots of the two rarest slots, and asks for what they tell. */
static void look_ahead(const fhi_walk *walk, const fhi_eval *eval, uint64_t mask, spots_ahead *ahead)
{
    for (uint32_t i = 0; i < AHEAD_SLOTS && i < eval->slot_count; i++) {
        fhi_group *slot = eval->slots[i];
        const bool single = slot->count == 1 && !slot->by_form;
        for (uint64_t bits = mask; bits; bits &= bits - 1) {
            const uint32_t doc = (uint32_t)__builtin_ctzll(bits);
            fhi_spot *spot = &ahead->spots[i][doc];
            if (single && fhi_cursor_spot(&slot->cursors[0], walk->quarter, doc, spot))
                __builtin_prefetch(spot->bits + spot->bit / 8);
            else
                spot->bits = NULL;
        }
    }
}

void fhi_phrase_match(fhi_walk *walk, fhi_eval *eval, uint64_t need)
{
    for (uint32_t i = 0; i < eval->deciding_count && need; i++)
        need &= fhi_group_mask(walk, &eval->groups[i]);
    if (need && walk->root == eval && walk->least > 0.0f) need = may_reach(walk, eval, need);
    eval->mask = need;
    spots_ahead ahead;
    if (!eval->window) look_ahead(walk, eval, need, &ahead);
    for (uint64_t bits = need; bits; bits &= bits - 1) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits);
        const uint32_t end = eval->title_only ? fhi_segment_title_end(walk->segment, walk->base + doc) : UINT32_MAX;
        const uint32_t freq =
            eval->window ? count_windows(walk, eval, doc, end) : count_ordered(walk, eval, &ahead, doc, end);
        eval->phrase_freqs[doc] = freq;
        if (freq == 0) eval->mask &= ~(UINT64_C(1) << doc);
    }
}
