/* highlight.c - which words of a text match a plan.
 *
 * Every leaf of the plan that is not excluded is a unit. A word is looked up once for each request, by the number
 * the analyzer gave it; phrases are then checked on the positions of the tokens around.
 */
#include "query/answer/snippet.h"

#include <stdlib.h>

enum {
    /* kinds of needles; the first two are the namespaces of terms */
    NEEDLE_STEM = 's',
    NEEDLE_DATE = 'd',
    NEEDLE_EXACT = 'x',
    STEPS_MAX = 1 << 18 /* comparisons spent on phrases in one piece; a hostile one is then left unmarked */
};

/* A window that shows a phrase beats one that shows two single words. */
static const float PHRASE_WORTH = 3;

/* ---- what to look for ------------------------------------------------------------------------------------ */

/* Room for every term and exact form of the plan; an upper bound. */
static uint32_t needle_count(const fhi_node *node)
{
    uint32_t count = node->word.term_count + 1;
    for (uint32_t i = 0; i < node->slot_count; i++)
        count += node->slots[i].word.term_count + 1;
    for (uint32_t i = 0; i < node->child_count; i++)
        count += needle_count(node->children[i]);
    return count;
}

static fhi_needle *find_needle(const fhi_highlight *h, uint8_t kind, fh_str key)
{
    uint32_t slot = (uint32_t)(fhi_hash64(key.ptr, key.len) + kind) & h->needle_mask;
    while (h->needles[slot].key.len && (h->needles[slot].kind != kind || !fhi_str_equal(h->needles[slot].key, key)))
        slot = (slot + 1) & h->needle_mask;
    return &h->needles[slot];
}

static void add_needle(fhi_highlight *h, uint8_t kind, fh_str key, uint64_t unit, bool inside)
{
    if (key.len == 0) return;
    fhi_needle *needle = find_needle(h, kind, key);
    needle->key = key;
    needle->kind = kind;
    if (inside)
        needle->inside |= unit;
    else
        needle->alone |= unit;
}

/* An exact form is looked for by itself: two words of one form have one stem. */
static void add_spec(fhi_highlight *h, const fhi_word_spec *word, uint64_t unit, bool inside)
{
    if (word->exact_only) {
        add_needle(h, NEEDLE_EXACT, word->exact, unit, inside);
        return;
    }
    for (uint32_t i = 0; i < word->term_count; i++) {
        const fh_str term = word->terms[i];
        add_needle(h, (uint8_t)term.ptr[0], (fh_str){term.ptr + 1, term.len - 1}, unit, inside);
    }
}

static void add_unit(fhi_highlight *h, const fhi_node *node)
{
    if (h->unit_count == FHI_UNITS_MAX) return;
    const uint32_t number = h->unit_count++;
    const uint64_t unit = 1ULL << number;
    h->units[number] = (fhi_unit){node, node->kind == FHI_NODE_PHRASE ? PHRASE_WORTH * node->weight : node->weight};
    if (node->title_only) h->title_units |= unit;
    if (node->kind == FHI_NODE_PREFIX) h->prefix_units |= unit;
    if (node->kind == FHI_NODE_WORD) add_spec(h, &node->word, unit, false);
    for (uint32_t i = 0; i < node->slot_count; i++)
        add_spec(h, &node->slots[i].word, unit, true);
}

/* What is excluded matches nothing that is shown. */
static void add_leaves(fhi_highlight *h, const fhi_node *node)
{
    const uint32_t count = node->kind == FHI_NODE_NOT ? 1 : node->child_count;
    if (node->kind == FHI_NODE_WORD || node->kind == FHI_NODE_PREFIX || node->kind == FHI_NODE_PHRASE)
        add_unit(h, node);
    for (uint32_t i = 0; i < count; i++)
        add_leaves(h, node->children[i]);
}

fh_status fhi_highlight_start(fhi_highlight *h, const fhi_plan *plan, fhi_arena *arena)
{
    const uint32_t wanted = 2 * needle_count(plan->root) + 2;
    uint32_t slots = 16;
    while (slots < wanted)
        slots *= 2;
    h->needles = fhi_arena_zalloc(arena, slots, sizeof *h->needles);
    if (!h->needles) return fhi_arena_failure(arena);
    h->needle_mask = slots - 1;
    h->unit_count = 0;
    h->title_units = h->prefix_units = 0;
    h->content = plan->content;
    if (++h->round == 0) { /* the counter went round: forget everything */
        if (h->words) memset(h->words, 0, h->word_capacity * sizeof *h->words);
        h->round = 1;
    }
    add_leaves(h, plan->root);
    return FH_OK;
}

void fhi_highlight_fini(fhi_highlight *highlight)
{
    free(highlight->words);
    *highlight = (fhi_highlight){0};
}

/* ---- words ----------------------------------------------------------------------------------------------- */

static fh_status reserve_words(fhi_highlight *h, uint32_t id)
{
    if (id < h->word_capacity) return FH_OK;
    size_t capacity = h->word_capacity ? h->word_capacity : 4096;
    while (capacity <= id)
        capacity *= 2;
    fhi_word_units *words = realloc(h->words, capacity * sizeof *words);
    if (!words) return FH_E_NOMEM;
    memset(words + h->word_capacity, 0, (capacity - h->word_capacity) * sizeof *words);
    h->words = words;
    h->word_capacity = capacity;
    return FH_OK;
}

/* What a word stands for in this request: two lookups the first time it is met, none afterwards. */
static fh_status word_units(fhi_highlight *h, const fh_word *word, const fhi_word_units **out)
{
    FH_TRY(reserve_words(h, word->id));
    fhi_word_units *units = &h->words[word->id];
    *out = units;
    if (units->round == h->round) return FH_OK;
    const fhi_needle *stem = find_needle(h, word->kind == FH_TOKEN_DATE ? NEEDLE_DATE : NEEDLE_STEM, word->stem);
    const fhi_needle *exact = find_needle(h, NEEDLE_EXACT, word->exact);
    *units = (fhi_word_units){.round = h->round,
                              .stop = word->stop && h->content,
                              .alone = stem->alone | exact->alone,
                              .inside = stem->inside | exact->inside};
    for (uint32_t i = 0; h->prefix_units && i < h->unit_count; i++)
        if ((h->prefix_units >> i & 1) && word->kind != FH_TOKEN_DATE &&
            fhi_str_starts(word->fold, h->units[i].node->prefix))
            units->alone |= 1ULL << i;
    return FH_OK;
}

/* The same question of one slot of a phrase, asked only of words that fill some slot of it. */
static bool spec_matches(const fhi_word_spec *spec, const fh_word *word)
{
    if (spec->exact_only) return fhi_str_equal(spec->exact, word->exact);
    const char name_space = word->kind == FH_TOKEN_DATE ? NEEDLE_DATE : NEEDLE_STEM;
    for (uint32_t i = 0; i < spec->term_count; i++) {
        const fh_str term = spec->terms[i];
        if (term.ptr[0] == name_space && fhi_str_equal((fh_str){term.ptr + 1, term.len - 1}, word->stem)) return true;
    }
    return false;
}

/* ---- phrases --------------------------------------------------------------------------------------------- */

typedef struct piece {
    const fh_token *tokens;
    size_t count;
    uint32_t base; /* offset of the piece in its text */
    uint32_t steps;
    fhi_match_list *out;
} piece;

static void add_match(const piece *p, uint32_t begin, uint32_t end, uint64_t units)
{
    fhi_match_list *list = p->out;
    if (list->count == FHI_MATCHES_MAX) return;
    list->items[list->count++] = (fhi_match){p->base + begin, p->base + end, units};
}

/* Whether token i may fill a slot; counts the step, and says no when all are spent. */
static bool fills(piece *p, size_t i, const fhi_slot *slot)
{
    if (p->steps == 0) return false;
    p->steps--;
    return spec_matches(&slot->word, p->tokens[i].word);
}

/* The token from `from` on that fills `slot` at exactly `position`, or count. */
static size_t token_at(piece *p, size_t from, const fhi_slot *slot, uint32_t position)
{
    for (size_t i = from; i < p->count && p->tokens[i].position <= position; i++)
        if (p->tokens[i].position == position && fills(p, i, slot)) return i;
    return p->count;
}

/* First of the tokens that share the position of token i. */
static size_t first_beside(const piece *p, size_t i)
{
    while (i > 0 && p->tokens[i - 1].position == p->tokens[i].position)
        i--;
    return i;
}

/* A phrase in order whose first slot is token `first`: one match over all of it. */
static void find_ordered(piece *p, size_t first, const fhi_node *phrase, uint64_t unit)
{
    const uint32_t start = p->tokens[first].position;
    if (!fills(p, first, &phrase->slots[0])) return;
    size_t found = first;
    uint32_t end = p->tokens[first].end;
    for (uint32_t s = 1; s < phrase->slot_count; s++) {
        found = token_at(p, first_beside(p, found), &phrase->slots[s], start + phrase->slots[s].offset);
        if (found == p->count) return;
        if (p->tokens[found].end > end) end = p->tokens[found].end;
    }
    add_match(p, p->tokens[first].begin, end, unit);
}

/* The token in [from, end) that fills a slot, or end. */
static size_t token_near(piece *p, size_t from, size_t end, const fhi_slot *slot)
{
    while (from < end && !fills(p, from, slot))
        from++;
    return from;
}

/* All slots in any order from token `first` on: each word is a match of its own. */
static void find_near(piece *p, size_t first, const fhi_node *phrase, uint64_t unit)
{
    const uint32_t last_position = p->tokens[first].position + phrase->slot_count - 1 + phrase->window;
    size_t end = first;
    while (end < p->count && p->tokens[end].position <= last_position)
        end++;
    for (uint32_t s = 0; s < phrase->slot_count; s++)
        if (token_near(p, first, end, &phrase->slots[s]) == end) return;
    for (uint32_t s = 0; s < phrase->slot_count; s++)
        for (size_t i = token_near(p, first, end, &phrase->slots[s]); i < end;
             i = token_near(p, i + 1, end, &phrase->slots[s]))
            add_match(p, p->tokens[i].begin, p->tokens[i].end, unit);
}

fh_status fhi_highlight_find(fhi_highlight *h, const fh_token *tokens, size_t token_count, uint32_t base,
                             uint64_t units, fhi_match_list *out)
{
    piece p = {tokens, token_count, base, STEPS_MAX, out};
    for (size_t i = 0; i < token_count; i++) {
        const fhi_word_units *word;
        FH_TRY(word_units(h, tokens[i].word, &word));
        const uint64_t alone = word->stop ? 0 : word->alone & units;
        if (alone) add_match(&p, tokens[i].begin, tokens[i].end, alone);
        for (uint64_t inside = word->inside & units; inside; inside &= inside - 1) {
            const unsigned number = (unsigned)__builtin_ctzll(inside);
            const fhi_node *phrase = h->units[number].node;
            if (phrase->window)
                find_near(&p, i, phrase, 1ULL << number);
            else
                find_ordered(&p, i, phrase, 1ULL << number);
        }
    }
    return FH_OK;
}
