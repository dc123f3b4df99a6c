/* plan_words.c - text leaves of a plan: what the analyzer makes of words, phrases and prefixes.
 *
 * One stretch of text may hold several words to the analyzer. Tokens that touch (vice-président, 20/11) are one
 * compound: where all words are needed it is the phrase of its parts or its joined form; where any word is enough
 * its parts and the joined form stand alone. A calendar date counts as one word and stands for its parts.
 */
#include "query/language/lex.h"
#include "query/language/plan.h"

#include <unicode/uchar.h>

static const float STOP_WEIGHT = 0.5F;   /* of stop and question words */
static const float JOINED_WEIGHT = 0.4F; /* of a joined form beside its parts, where any word is enough */

/* Tokens of one text: the plain ones in order, and what lies over them. */
typedef struct tokens {
    fh_str text;
    fh_token *plain; /* words and numbers */
    uint32_t plain_count;
    fh_token *over; /* joined forms and dates */
    uint32_t over_count;
} tokens;

/* ---- tokens ---------------------------------------------------------------------------------------------- */

static bool lies_over(const fh_token *token)
{
    return token->word->kind == FH_TOKEN_JOINED || token->word->kind == FH_TOKEN_DATE;
}

static fh_status read_tokens(fhi_planner *planner, fh_str text, tokens *out)
{
    const fh_token *all;
    size_t count;
    *out = (tokens){.text = text};
    FH_TRY(fh_analyzer_run(planner->input->analyzer, text, &all, &count, planner->err));
    out->plain = fhi_arena_alloc(planner->arena, (count + 1) * sizeof(fh_token));
    out->over = fhi_arena_alloc(planner->arena, (count + 1) * sizeof(fh_token));
    if (!out->plain || !out->over) return fhi_arena_failure(planner->arena);
    for (size_t i = 0; i < count; i++) {
        if (lies_over(&all[i]))
            out->over[out->over_count++] = all[i];
        else
            out->plain[out->plain_count++] = all[i];
    }
    return FH_OK;
}

/* The date that begins at this token, or NULL. */
static const fh_token *date_at(const tokens *t, uint32_t plain)
{
    for (uint32_t i = 0; i < t->over_count; i++)
        if (t->over[i].word->kind == FH_TOKEN_DATE && t->over[i].begin == t->plain[plain].begin) return &t->over[i];
    return NULL;
}

/* The joined form of exactly these tokens, or NULL. */
static const fh_token *joined_of(const tokens *t, uint32_t first, uint32_t last)
{
    for (uint32_t i = 0; i < t->over_count; i++) {
        const fh_token *over = &t->over[i];
        if (over->word->kind == FH_TOKEN_JOINED && over->begin <= t->plain[first].begin &&
            over->position == t->plain[first].position && over->end >= t->plain[last].end)
            return over;
    }
    return NULL;
}

static bool separates(UChar32 c)
{
    const uint32_t mask = U_GC_PS_MASK | U_GC_PE_MASK | U_GC_PI_MASK | U_GC_PF_MASK | U_GC_Z_MASK | U_GC_CC_MASK;
    static const UChar32 marks[] = {',', ';',    '!',   '?',   '"',   '|',    '<',
                                    '>', 0x2026, 0x60C, 0x61B, 0x61F, 0x2013, 0x2014};
    if (c < 0 || (U_GET_GC_MASK(c) & mask & ~U_GC_PF_MASK)) return true;
    if (c == 0xBB || c == 0x201D) return true; /* but ’, also of class Pf, is an apostrophe */
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (c == marks[i]) return true;
    return false;
}

/* Whether nothing but hyphens, dots, slashes, apostrophes lies between two tokens. */
static bool touch(const tokens *t, uint32_t left)
{
    const fh_token *a = &t->plain[left], *b = &t->plain[left + 1];
    size_t bytes = 0;
    for (size_t at = a->end; at < b->begin; at += bytes)
        if (separates(fhi_lex_char(t->text, at, &bytes))) return false;
    return true;
}

/* ---- leaves ---------------------------------------------------------------------------------------------- */

static fh_status term_of(fhi_planner *planner, char name_space, fh_str text, fh_str *out)
{
    char *bytes = fhi_arena_alloc(planner->arena, text.len + 1);
    if (!bytes) return fhi_arena_failure(planner->arena);
    bytes[0] = name_space;
    if (text.len) memcpy(bytes + 1, text.ptr, text.len);
    *out = (fh_str){bytes, text.len + 1};
    return FH_OK;
}

/* Stem and its variants as one class, the exact form beside or instead. */
static fh_status spec_of(fhi_planner *planner, const fh_word *word, bool exact_only, fhi_word_spec *out)
{
    fh_str variants[FH_VARIANTS_MAX];
    size_t variant_count = 0;
    *out = (fhi_word_spec){0};
    if (!exact_only) FH_TRY(fh_analyzer_variants(planner->input->analyzer, word, variants, &variant_count));
    fh_str *terms = fhi_arena_alloc(planner->arena, (1 + variant_count) * sizeof(fh_str));
    if (!terms) return fhi_arena_failure(planner->arena);
    FH_TRY(term_of(planner, FHI_NS_STEM, word->stem, &terms[0]));
    for (size_t i = 0; i < variant_count; i++)
        FH_TRY(term_of(planner, FHI_NS_STEM, variants[i], &terms[1 + i]));
    out->terms = terms;
    out->term_count = (uint32_t)(1 + variant_count);
    if (planner->words_index) return FH_OK;
    out->exact = word->exact;
    out->fold = word->fold;
    out->exact_only = exact_only;
    return FH_OK;
}

/* "d" and the eight digits of a date token. */
static fh_status date_spec(fhi_planner *planner, const fh_word *word, fhi_word_spec *out)
{
    fh_str digits = word->stem;
    while (digits.len > 8)
        digits = (fh_str){digits.ptr + 1, digits.len - 1};
    fh_str *term = fhi_arena_alloc(planner->arena, sizeof *term);
    *out = (fhi_word_spec){.terms = term, .term_count = 1};
    if (!term) return fhi_arena_failure(planner->arena);
    return term_of(planner, FHI_NS_DATE, digits, term);
}

static fh_status too_many(const fhi_planner *planner, const tokens *t, const fh_token *token)
{
    const size_t offset = (size_t)(t->text.ptr - planner->input->query.ptr) + token->begin;
    return fhi_query_fail(planner->error, FHI_QUERY_TOO_MANY_CLAUSES, offset, (fh_str){NULL, 0});
}

/* A word, phrase or prefix as written, for which the matcher looks up `lists` words. */
static fh_status count_leaf(fhi_planner *planner, const tokens *t, const fh_token *token, uint32_t lists)
{
    planner->list_count += lists;
    if (++planner->leaf_count <= FHI_QUERY_CLAUSES_MAX && planner->list_count <= FHI_PLAN_LEAVES_MAX) return FH_OK;
    return too_many(planner, t, token);
}

static fh_status word_node(fhi_planner *planner, const fh_token *token, const fhi_words_mode *mode, fhi_node **out)
{
    FH_TRY(fhi_node_new(planner, FHI_NODE_WORD, out));
    (*out)->title_only = mode->title_only;
    (*out)->weight = mode->weight * (token->word->stop ? STOP_WEIGHT : 1);
    if (!token->word->stop) planner->content = true;
    if (token->word->kind == FH_TOKEN_DATE) return date_spec(planner, token->word, &(*out)->word);
    FH_TRY(spec_of(planner, token->word, mode->exact, &(*out)->word));
    /* Nearly every French article holds `de` as written: to tell its forms apart costs time and says nothing. `sûr`
     * does, and so do Arabic stop words (MRR@10 of Arabic headlines .697 with, .696 without). */
    if (token->word->stop && token->word->script == FH_SCRIPT_LATIN && !mode->exact &&
        fhi_str_equal(token->word->exact, token->word->fold))
        (*out)->word.exact = (fh_str){NULL, 0};
    return FH_OK;
}

/* Tokens [first, last] as a phrase, dates as one slot. The one word when there is one. */
static fh_status phrase_node(fhi_planner *planner, const tokens *t, uint32_t first, uint32_t last,
                             const fhi_words_mode *mode, fhi_node **out)
{
    fhi_slot *slots = fhi_arena_zalloc(planner->arena, last - first + 1, sizeof *slots);
    uint32_t count = 0;
    const fh_token *token = NULL;
    *out = NULL;
    if (!slots) return fhi_arena_failure(planner->arena);
    for (uint32_t i = first; i <= last; i++) {
        const fh_token *date = mode->exact ? NULL : date_at(t, i);
        token = date ? date : &t->plain[i];
        slots[count].offset = token->position - t->plain[first].position;
        if (date)
            FH_TRY(date_spec(planner, date->word, &slots[count].word));
        else
            FH_TRY(spec_of(planner, token->word, mode->exact, &slots[count].word));
        count++;
        while (date && i < last && t->plain[i + 1].begin < date->end)
            i++;
    }
    if (count > FHI_PHRASE_SLOTS_MAX) return too_many(planner, t, &t->plain[first]);
    if (count == 1) return word_node(planner, token, mode, out);
    FH_TRY(fhi_node_new(planner, FHI_NODE_PHRASE, out));
    (*out)->title_only = mode->title_only;
    (*out)->weight = mode->weight;
    (*out)->slots = slots;
    planner->content = true;
    (*out)->slot_count = count;
    return FH_OK;
}

/* ---- words side by side ---------------------------------------------------------------------------------- */

static bool same_stem(const fhi_node *a, const fhi_node *b)
{
    return a->kind == FHI_NODE_WORD && a->title_only == b->title_only &&
           fhi_str_equal(a->word.terms[0], b->word.terms[0]);
}

/* Adds a word that the list does not hold yet. Of a second form of the same stem only the form counts, and only
 * where any word is enough: each distinct form scores once. */
static fh_status add_word(fhi_planner *planner, const fhi_words_mode *mode, fhi_node *node, fhi_node_list *list)
{
    const bool as_written = node->word.exact_only;
    bool second_form = false;
    for (uint32_t i = 0; i < list->count; i++) {
        fhi_node *other = list->items[i];
        if (!same_stem(other, node)) continue;
        const bool same_form = fhi_str_equal(other->word.exact, node->word.exact);
        if (same_form && (other->word.exact_only == as_written || second_form)) {
            if (other->weight < node->weight && !second_form) other->weight = node->weight;
            return FH_OK;
        }
        if (!as_written && !other->word.exact_only) second_form = true;
    }
    if (second_form && !mode->loose) return FH_OK;
    if (second_form) {
        node->word.exact_only = true;
        node->word.term_count = 1;
        node->weight *= planner->input->settings->exact_weight;
    }
    return fhi_node_list_add(planner, list, node);
}

static fh_status plan_token(fhi_planner *planner, const tokens *t, const fh_token *token, const fhi_words_mode *mode,
                            fhi_node_list *list)
{
    fhi_node *node;
    FH_TRY(count_leaf(planner, t, token, 1));
    FH_TRY(word_node(planner, token, mode, &node));
    return add_word(planner, mode, node, list);
}

/* Tokens [first, last] that touch. */
static fh_status plan_compound(fhi_planner *planner, const tokens *t, uint32_t first, uint32_t last,
                               const fhi_words_mode *mode, fhi_node_list *list)
{
    const fh_token *joined = mode->exact ? NULL : joined_of(t, first, last);
    if (mode->loose && !mode->exact) {
        for (uint32_t i = first; i <= last; i++)
            FH_TRY(plan_token(planner, t, &t->plain[i], mode, list));
        fhi_words_mode joined_mode = *mode;
        joined_mode.weight *= JOINED_WEIGHT;
        return joined && last > first ? plan_token(planner, t, joined, &joined_mode, list) : FH_OK;
    }
    fhi_node_list ways = {NULL, 0, 0};
    fhi_node *node;
    FH_TRY(count_leaf(planner, t, &t->plain[last], last - first + 1 + (joined ? 1 : 0)));
    FH_TRY(phrase_node(planner, t, first, last, mode, &node));
    FH_TRY(fhi_node_list_add(planner, &ways, node));
    if (joined) {
        FH_TRY(word_node(planner, joined, mode, &node));
        FH_TRY(fhi_node_list_add(planner, &ways, node));
    }
    FH_TRY(fhi_node_join(planner, FHI_NODE_OR, &ways, &node));
    return fhi_node_list_add(planner, list, node);
}

/* A date as one word; where any word is enough its parts too. */
static fh_status plan_date(fhi_planner *planner, const tokens *t, const fh_token *date, uint32_t first, uint32_t last,
                           const fhi_words_mode *mode, fhi_node_list *list)
{
    FH_TRY(plan_token(planner, t, date, mode, list));
    for (uint32_t i = first; mode->loose && i <= last; i++)
        FH_TRY(plan_token(planner, t, &t->plain[i], mode, list));
    return FH_OK;
}

fh_status fhi_plan_text(fhi_planner *planner, fh_str text, const fhi_words_mode *mode, fhi_node_list *list)
{
    tokens t;
    FH_TRY(read_tokens(planner, text, &t));
    for (uint32_t first = 0, last; first < t.plain_count; first = last + 1) {
        const fh_token *date = mode->exact ? NULL : date_at(&t, first);
        last = first;
        if (date) {
            while (last + 1 < t.plain_count && t.plain[last + 1].begin < date->end)
                last++;
            FH_TRY(plan_date(planner, &t, date, first, last, mode, list));
            continue;
        }
        while (last + 1 < t.plain_count && touch(&t, last) && !date_at(&t, last + 1))
            last++;
        if (last == first && !joined_of(&t, first, last))
            FH_TRY(plan_token(planner, &t, &t.plain[first], mode, list));
        else
            FH_TRY(plan_compound(planner, &t, first, last, mode, list));
    }
    return FH_OK;
}

/* ---- phrases and prefixes -------------------------------------------------------------------------------- */

fh_status fhi_plan_phrase(fhi_planner *planner, const fhi_syntax *leaf, const fhi_words_mode *mode, fhi_node **out)
{
    tokens t;
    *out = NULL;
    FH_TRY(read_tokens(planner, leaf->text, &t));
    if (t.plain_count == 0) return FH_OK;
    FH_TRY(count_leaf(planner, &t, &t.plain[0], t.plain_count));
    FH_TRY(phrase_node(planner, &t, 0, t.plain_count - 1, mode, out));
    if (leaf->near == FHI_NEAR_NONE) return FH_OK;
    if ((*out)->kind == FHI_NODE_PHRASE) {
        (*out)->window = leaf->near;
        return FH_OK;
    }
    const fh_str query = planner->input->query;
    size_t tilde = (size_t)(leaf->text.ptr - query.ptr) + leaf->text.len;
    while (tilde < leaf->end && query.ptr[tilde] != '~')
        tilde++;
    return fhi_query_fail(planner->error, FHI_QUERY_BAD_PROXIMITY, tilde, leaf->text);
}

/* Clitics that Arabic writes in front of a word, article included; none in front of the article itself. */
static const char *const clitics[] = {"ال", "و", "وال", "ب", "بال", "ف", "فال", "ل", "لل", "ك", "كال"};
enum { CLITIC_COUNT = sizeof clitics / sizeof clitics[0] };

/* One prefix, as clitic and stem, added to the list. */
static fh_status add_prefix(fhi_planner *planner, const fhi_syntax *leaf, const char *clitic, fh_str fold,
                            const fhi_words_mode *mode, fhi_node_list *list)
{
    const size_t clitic_len = strlen(clitic);
    fhi_node *node;
    FH_TRY(fhi_node_new(planner, FHI_NODE_PREFIX, &node));
    char *bytes = fhi_arena_alloc(planner->arena, clitic_len + fold.len + 1);
    fhi_plan_prefix *prefix = fhi_arena_alloc(planner->arena, sizeof *prefix);
    if (!bytes || !prefix) return fhi_arena_failure(planner->arena);
    if (fold.len) memcpy(bytes + clitic_len, fold.ptr, fold.len);
    memcpy(bytes, clitic, clitic_len);
    bytes[clitic_len + fold.len] = '\0';
    node->prefix = (fh_str){bytes, clitic_len + fold.len};
    node->weight = mode->weight;
    node->title_only = mode->title_only;
    *prefix = (fhi_plan_prefix){planner->prefixes, node, leaf->text};
    planner->prefixes = prefix;
    return fhi_node_list_add(planner, list, node);
}

/* The forms that begin so; of an Arabic word also those with a clitic before it, each a class of its own. Nobody who
 * writes the article means words without it. */
static fh_status prefix_node(fhi_planner *planner, const fhi_syntax *leaf, const tokens *t, const fh_token *token,
                             const fhi_words_mode *mode, fhi_node **out)
{
    const fh_str fold = token->word->fold;
    const bool arabic = token->word->script == FH_SCRIPT_ARABIC && !planner->words_index;
    const uint32_t clitic_count = arabic && !fhi_str_starts(fold, FH_STR("ال")) ? CLITIC_COUNT : 0;
    fhi_node_list ways = {NULL, 0, 0};
    planner->content = true;
    FH_TRY(count_leaf(planner, t, token, 1 + clitic_count));
    FH_TRY(add_prefix(planner, leaf, "", fold, mode, &ways));
    for (uint32_t i = 0; i < clitic_count; i++)
        FH_TRY(add_prefix(planner, leaf, clitics[i], fold, mode, &ways));
    return fhi_node_join(planner, FHI_NODE_OR, &ways, out);
}

fh_status fhi_plan_prefix_leaf(fhi_planner *planner, const fhi_syntax *leaf, const fhi_words_mode *mode, fhi_node **out)
{
    tokens t;
    fhi_node_list list = {NULL, 0, 0};
    fhi_node *node;
    *out = NULL;
    FH_TRY(read_tokens(planner, leaf->text, &t));
    if (t.plain_count == 0)
        return fhi_query_fail(planner->error, FHI_QUERY_BAD_PREFIX,
                              (size_t)(leaf->text.ptr - planner->input->query.ptr) + leaf->text.len, leaf->text);
    const uint32_t last = t.plain_count - 1;
    const fh_token *joined = joined_of(&t, 0, last);
    for (uint32_t i = 0; !joined && i < last; i++)
        FH_TRY(plan_token(planner, &t, &t.plain[i], mode, &list));
    FH_TRY(prefix_node(planner, leaf, &t, joined ? joined : &t.plain[last], mode, &node));
    FH_TRY(fhi_node_list_add(planner, &list, node));
    return fhi_node_join(planner, FHI_NODE_AND, &list, out);
}
