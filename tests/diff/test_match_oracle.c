/* test_match_oracle.c - random plans over random corpora: the pruned run, the exhaustive run and an oracle that reads
 * plain arrays must agree on every document, every score bit and every total. */
#include "engine/kernel/kernel.h"
#include "tests/support/corpus.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants the four above first */
#include <cmocka.h>

enum { KERNELS_MAX = 8, WORDS_MAX = 4, NODES_MAX = 64, TOP_MAX = 1200 };

/* ---- random plans ---- */

typedef struct plan_pool {
    const corpus *made;
    rng *random;
    fhi_node nodes[NODES_MAX];
    uint32_t node_count;
    fhi_node *children[NODES_MAX * 4];
    uint32_t child_count;
    fhi_slot slots[NODES_MAX * 4];
    uint32_t slot_count;
    fh_str terms[NODES_MAX * 16];
    uint32_t term_count;
    char names[NODES_MAX * 64][16];
    uint32_t name_count;
} plan_pool;

static uint32_t number_of(fh_str term)
{
    char digits[16] = {0};
    memcpy(digits, term.ptr + 1, term.len - 1);
    return (uint32_t)strtoul(digits, NULL, 10);
}

static char *new_name(plan_pool *pool)
{
    return pool->names[pool->name_count++];
}

static uint32_t any_term(plan_pool *pool)
{
    const double unit = rng_unit(pool->random);
    return (uint32_t)((double)(pool->made->term_count + 2) * unit * unit); /* two that do not exist */
}

static void draw_word(plan_pool *pool, fhi_word_spec *word, uint32_t terms_max)
{
    *word = (fhi_word_spec){.terms = &pool->terms[pool->term_count],
                            .term_count = 1 + (uint32_t)rng_below(pool->random, terms_max)};
    const uint32_t first = any_term(pool);
    for (uint32_t i = 0, term = first; i < word->term_count; i++) {
        char *name = new_name(pool);
        corpus_term(term, name);
        pool->terms[pool->term_count++] = fhi_str(name);
        term += 1 + (uint32_t)(rng_below(pool->random, 2) ? rng_below(pool->random, pool->made->term_count) : 0);
    }
    if (rng_below(pool->random, 2) == 0) return;
    char *fold = new_name(pool), *exact = new_name(pool);
    corpus_form(first, (uint32_t)rng_below(pool->random, 5), fold, exact);
    word->fold = fhi_str(fold);
    word->exact = fhi_str(exact);
    word->exact_only = rng_below(pool->random, 3) == 0;
}

static bool accept_source(void *argument, fh_str key)
{
    const char *wanted = argument;
    return fhi_str_equal(key, fhi_str(wanted));
}

static void draw_phrase(plan_pool *pool, fhi_node *node)
{
    node->kind = FHI_NODE_PHRASE;
    node->slots = &pool->slots[pool->slot_count];
    node->slot_count = 1 + (uint32_t)rng_below(pool->random, 3);
    node->window = rng_below(pool->random, 2) ? 0 : 1 + (uint32_t)rng_below(pool->random, 8);
    for (uint32_t i = 0; i < node->slot_count; i++) {
        fhi_slot *slot = &pool->slots[pool->slot_count++];
        draw_word(pool, &slot->word, 2);
        slot->offset = i;
    }
}

static fhi_node *draw_leaf(plan_pool *pool, fhi_node *node)
{
    static char sources[5][16] = {"source0", "source1", "source2", "source3", "source4"};
    node->title_only = rng_below(pool->random, 8) == 0 && pool->made->forms_told;
    switch (rng_below(pool->random, 12)) {
    case 0:
    case 1: draw_phrase(pool, node); break;
    case 2: {
        char *name = new_name(pool);
        (void)snprintf(name, 16, "%04u", any_term(pool) / 10);
        node->kind = FHI_NODE_PREFIX;
        node->prefix = fhi_str(name);
        break;
    }
    case 3:
        node->kind = FHI_NODE_COLUMN;
        node->column = FHI_COLUMN_SOURCE;
        node->accept = accept_source;
        node->accept_argument = sources[rng_below(pool->random, 5)];
        break;
    case 4:
        node->kind = FHI_NODE_DAYS;
        node->day_first = 20200100 + (uint32_t)rng_below(pool->random, 31);
        node->day_last = node->day_first + (uint32_t)rng_below(pool->random, 15);
        break;
    default: node->kind = FHI_NODE_WORD; draw_word(pool, &node->word, rng_below(pool->random, 3) ? 1 : 3);
    }
    return node;
}

static fhi_node *draw_node(plan_pool *pool, uint32_t depth)
{
    fhi_node *node = &pool->nodes[pool->node_count++];
    *node = (fhi_node){.weight = (float)(1 + rng_below(pool->random, 8)) / 4.0f};
    if (rng_below(pool->random, 12) == 0) node->weight = 0.0f;
    if (depth == 0 || pool->node_count > NODES_MAX - 16 || rng_below(pool->random, 4) == 0)
        return draw_leaf(pool, node);
    const uint64_t kind = rng_below(pool->random, 5);
    node->kind = kind < 2 ? FHI_NODE_OR : kind < 4 ? FHI_NODE_AND : FHI_NODE_NOT;
    node->child_count = 1 + (uint32_t)rng_below(pool->random, WORDS_MAX);
    node->children = &pool->children[pool->child_count];
    pool->child_count += node->child_count;
    fhi_node **children = node->children;
    for (uint32_t i = 0; i < node->child_count; i++)
        children[i] = draw_node(pool, depth - 1);
    return node;
}

/* ---- the oracle ---- */

typedef struct known_df {
    const void *key; /* the word it was counted for */
    bool exact;
    uint64_t df;
} known_df;

typedef struct oracle {
    const corpus *made;
    float average;
    known_df *known; /* counting is slow: once a word */
    uint32_t known_count;
} oracle;

static uint32_t weight_of(const corpus *made, const corpus_doc *doc, uint32_t position)
{
    if (position < doc->title_end) return made->settings.title_weight;
    return position < doc->lead_end ? made->settings.lead_weight : made->settings.body_weight;
}

static bool is_form(const corpus *made, const corpus_occurrence *occurrence, const fhi_word_spec *word)
{
    char fold[16], exact[16];
    if (!made->forms_told) return true;
    corpus_form(occurrence->term, occurrence->form, fold, exact);
    return fhi_str_equal(fhi_str(exact), word->exact) && fhi_str_equal(fhi_str(fold), word->fold);
}

/* Which occurrences count for a word: by term, and by form when only the exact form counts. */
static bool counts(const oracle *sure, const corpus_occurrence *occurrence, const fhi_word_spec *word)
{
    const uint32_t terms = word->exact_only ? 1 : word->term_count;
    for (uint32_t i = 0; i < terms; i++)
        if (occurrence->term == number_of(word->terms[i]))
            return !word->exact_only || word->exact.len == 0 || is_form(sure->made, occurrence, word);
    return false;
}

static bool matches_prefix(const oracle *sure, const corpus_occurrence *occurrence, fh_str prefix)
{
    char fold[16], exact[16];
    if (sure->made->forms_told)
        corpus_form(occurrence->term, occurrence->form, fold, exact);
    else
        (void)snprintf(fold, sizeof fold, "%05u", occurrence->term);
    return fhi_str_starts(fhi_str(fold), prefix);
}

static bool node_counts(const oracle *sure, const fhi_node *node, const corpus_occurrence *occurrence)
{
    if (node->kind == FHI_NODE_PREFIX) return matches_prefix(sure, occurrence, node->prefix);
    return counts(sure, occurrence, &node->word);
}

static uint32_t df_of(const oracle *sure, const fhi_node *node, bool exact)
{
    uint32_t best = 0, total = 0;
    const uint32_t terms = node->kind == FHI_NODE_PREFIX ? 1 : node->word.term_count;
    for (uint32_t i = 0; i < terms; i++) {
        fhi_node one = *node;
        if (node->kind == FHI_NODE_WORD) {
            one.word.terms = &node->word.terms[i];
            one.word.term_count = 1;
        }
        total = 0;
        for (uint32_t d = 0; d < sure->made->doc_count; d++) {
            const corpus_doc *doc = &sure->made->docs[d];
            bool found = false;
            for (uint32_t j = 0; j < doc->occurrence_count && !found; j++)
                found = node_counts(sure, &one, &doc->occurrences[j]) &&
                        (!exact || is_form(sure->made, &doc->occurrences[j], &node->word));
            total += found;
        }
        if (total > best) best = total;
        if (exact || node->word.exact_only) break;
    }
    return best;
}

/* A prefix's df adds its forms' own, as the engine documents. */
static uint64_t prefix_df(const oracle *sure, fh_str prefix)
{
    uint64_t df = 0;
    for (uint32_t term = 0; term < sure->made->term_count; term++)
        for (uint32_t form = 0; form < (sure->made->forms_told ? 1 + term % sure->made->forms_max : 1); form++) {
            const corpus_occurrence wanted = {term, form, 0};
            if (!matches_prefix(sure, &wanted, prefix)) continue;
            for (uint32_t d = 0; d < sure->made->doc_count; d++) {
                const corpus_doc *doc = &sure->made->docs[d];
                bool found = false;
                for (uint32_t j = 0; j < doc->occurrence_count && !found; j++)
                    found = doc->occurrences[j].term == term && doc->occurrences[j].form == form;
                df += found;
            }
        }
    return df < sure->made->doc_count ? df : sure->made->doc_count;
}

static uint64_t known(oracle *sure, const fhi_node *node, bool exact)
{
    const void *key = node->kind == FHI_NODE_PREFIX ? (const void *)node->prefix.ptr : (const void *)node->word.terms;
    for (uint32_t i = 0; i < sure->known_count; i++)
        if (sure->known[i].key == key && sure->known[i].exact == exact) return sure->known[i].df;
    const uint64_t df = node->kind == FHI_NODE_PREFIX ? prefix_df(sure, node->prefix) : df_of(sure, node, exact);
    sure->known[sure->known_count++] = (known_df){key, exact, df};
    return df;
}

static double idf(const oracle *sure, uint64_t df)
{
    const double docs = sure->made->doc_count;
    return log(1.0 + (docs - (double)df + 0.5) / ((double)df + 0.5));
}

static float share(const oracle *sure, const corpus_doc *doc, float weight, float tf)
{
    const fhi_settings *settings = &sure->made->settings;
    const float length = (float)fhi_length_of_norm(fhi_norm_of_length(doc->length));
    const float average = sure->average > 0.0f ? sure->average : 1.0f;
    const float k = settings->k1 * (1.0f - settings->b + settings->b * length / average);
    return weight * (tf / (tf + k));
}

static float weight_of_idf(const oracle *sure, const fhi_node *node, double idf_sum, double factor)
{
    return (float)((double)node->weight * ((double)sure->made->settings.k1 + 1.0) * idf_sum * factor);
}

/* Number of starts of an ordered phrase, or of windows; the definition, not the engine's way. */
static uint32_t phrase_freq(const oracle *sure, const corpus_doc *doc, const fhi_node *node)
{
    uint32_t freq = 0;
    const uint32_t end = node->title_only ? doc->title_end : UINT32_MAX;
    for (uint32_t start = 0; start < doc->position_end && node->window == 0; start++) {
        uint32_t found = 0;
        for (uint32_t s = 0; s < node->slot_count; s++)
            for (uint32_t j = 0; j < doc->occurrence_count; j++)
                if (doc->occurrences[j].position == start + node->slots[s].offset &&
                    doc->occurrences[j].position < end && counts(sure, &doc->occurrences[j], &node->slots[s].word)) {
                    found++;
                    break;
                }
        freq += found == node->slot_count;
    }
    return freq;
}

/* Whether some choice of distinct positions, one a slot, lies within the window. */
static bool near_enough(const oracle *sure, const corpus_doc *doc, const fhi_node *node, uint32_t slot,
                        uint32_t *chosen)
{
    const uint32_t end = node->title_only ? doc->title_end : UINT32_MAX;
    if (slot == node->slot_count) return true;
    for (uint32_t j = 0; j < doc->occurrence_count; j++) {
        const uint32_t position = doc->occurrences[j].position;
        if (position >= end || !counts(sure, &doc->occurrences[j], &node->slots[slot].word)) continue;
        bool fits = true;
        for (uint32_t s = 0; s < slot && fits; s++) {
            const uint32_t gap = position > chosen[s] ? position - chosen[s] : chosen[s] - position;
            fits = gap != 0 && gap <= node->window + node->slot_count - 1;
        }
        chosen[slot] = position;
        if (fits && near_enough(sure, doc, node, slot + 1, chosen)) return true;
    }
    return false;
}

static bool word_in_zone(const oracle *sure, const corpus_doc *doc, const fhi_node *node)
{
    for (uint32_t j = 0; j < doc->occurrence_count; j++)
        if (node_counts(sure, node, &doc->occurrences[j]) &&
            (!node->title_only || doc->occurrences[j].position < doc->title_end))
            return true;
    return false;
}

static bool oracle_matches(const oracle *sure, const corpus_doc *doc, const fhi_node *node)
{
    uint32_t chosen[FHI_PHRASE_SLOTS_MAX];
    switch (node->kind) {
    case FHI_NODE_WORD:
    case FHI_NODE_PREFIX: return word_in_zone(sure, doc, node);
    case FHI_NODE_PHRASE:
        return node->window ? near_enough(sure, doc, node, 0, chosen) : phrase_freq(sure, doc, node) > 0;
    case FHI_NODE_COLUMN: {
        char source[16];
        (void)snprintf(source, sizeof source, "source%u", doc->source);
        return node->accept(node->accept_argument, fhi_str(source));
    }
    case FHI_NODE_DAYS: return doc->day != 0 && doc->day >= node->day_first && doc->day <= node->day_last;
    case FHI_NODE_AND:
        for (uint32_t i = 0; i < node->child_count; i++)
            if (!oracle_matches(sure, doc, node->children[i])) return false;
        return true;
    case FHI_NODE_OR:
        for (uint32_t i = 0; i < node->child_count; i++)
            if (oracle_matches(sure, doc, node->children[i])) return true;
        return false;
    default:
        for (uint32_t i = 1; i < node->child_count; i++)
            if (oracle_matches(sure, doc, node->children[i])) return false;
        return oracle_matches(sure, doc, node->children[0]);
    }
}

static bool has_window(const fhi_node *node)
{
    if (node->kind == FHI_NODE_PHRASE && node->window) return true;
    for (uint32_t i = 0; i < node->child_count; i++)
        if (has_window(node->children[i])) return true;
    return false;
}

static float score_word(oracle *sure, const corpus_doc *doc, const fhi_node *node, float score)
{
    const fhi_settings *settings = &sure->made->settings;
    const bool prefix = node->kind == FHI_NODE_PREFIX;
    uint32_t freq = 0, exact = 0;
    for (uint32_t j = 0; j < doc->occurrence_count; j++) {
        const corpus_occurrence *occurrence = &doc->occurrences[j];
        if (!node_counts(sure, node, occurrence)) continue;
        const uint32_t weight = weight_of(sure->made, doc, occurrence->position);
        freq += weight;
        if (!prefix && node->word.exact.len && sure->made->forms_told &&
            occurrence->term == number_of(node->word.terms[0]) && is_form(sure->made, occurrence, &node->word))
            exact += weight;
    }
    score += share(sure, doc, weight_of_idf(sure, node, idf(sure, known(sure, node, false)), 1.0),
                   (float)freq / (float)settings->body_weight);
    if (exact == 0 || node->word.exact_only || settings->exact_weight == 0.0f) return score;
    const float weight = weight_of_idf(sure, node, idf(sure, known(sure, node, true)), (double)settings->exact_weight);
    return score + share(sure, doc, weight, (float)exact / (float)settings->body_weight);
}

static float score_phrase(oracle *sure, const corpus_doc *doc, const fhi_node *node, float score)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < node->slot_count; i++) {
        fhi_node word = {.kind = FHI_NODE_WORD, .word = node->slots[i].word};
        sum += idf(sure, known(sure, &word, false));
    }
    return score + share(sure, doc, weight_of_idf(sure, node, sum, 1.0), (float)phrase_freq(sure, doc, node));
}

static float oracle_score(oracle *sure, const corpus_doc *doc, const fhi_node *node, float score)
{
    if (!oracle_matches(sure, doc, node)) return score;
    if ((node->kind == FHI_NODE_WORD || node->kind == FHI_NODE_PREFIX) && node->weight != 0.0f)
        return score_word(sure, doc, node, score);
    if (node->kind == FHI_NODE_PHRASE && node->weight != 0.0f) return score_phrase(sure, doc, node, score);
    const uint32_t scored = node->kind == FHI_NODE_NOT ? 1 : node->child_count;
    for (uint32_t i = 0; i < scored; i++)
        score = oracle_score(sure, doc, node->children[i], score);
    return score;
}

/* ---- comparing ---- */

/* The plan on one line, for a failing run. */
static void print_plan(const fhi_node *node)
{
    static const char *const kinds[] = {"word", "prefix", "phrase", "and", "or", "not", "column", "days", "all"};
    print_error("(%s", kinds[node->kind]);
    if (node->title_only) print_error(" title");
    if (node->kind == FHI_NODE_PREFIX) print_error(" %s", node->prefix.ptr);
    if (node->kind == FHI_NODE_PHRASE) print_error(" window %u", node->window);
    const uint32_t words = node->kind == FHI_NODE_PHRASE ? node->slot_count : node->kind == FHI_NODE_WORD;
    for (uint32_t i = 0; i < words; i++) {
        const fhi_word_spec *word = node->kind == FHI_NODE_PHRASE ? &node->slots[i].word : &node->word;
        print_error(" [");
        for (uint32_t j = 0; j < word->term_count; j++)
            print_error("%s ", word->terms[j].ptr);
        print_error("%s%s]", word->exact_only ? "=" : "", word->exact.len ? word->exact.ptr : "");
    }
    for (uint32_t i = 0; i < node->child_count; i++)
        print_plan(node->children[i]);
    print_error(")");
}

typedef struct expected {
    float score;
    uint32_t doc; /* in the whole corpus */
} expected;

static int by_score(const void *a, const void *b)
{
    const expected *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->doc > y->doc) - (x->doc < y->doc);
}

static uint32_t flat_doc(const corpus *made, const fhi_hit *hit)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < hit->segment; i++)
        first += made->segment_docs[i];
    return first + hit->doc;
}

static fhi_hits run(const fhi_index *index, const fhi_node *root, bool exhaustive, uint32_t top, fhi_arena *arena)
{
    fh_err err = {0};
    fhi_hits hits;
    const fhi_match_options options = {.top = top, .exhaustive = exhaustive, .count = true};
    const fh_status status = fhi_match_run(index, root, &options, arena, &hits, &err);
    if (status != FH_OK) print_error("%s\n", err.text);
    assert_int_equal(status, FH_OK);
    return hits;
}

static void compare(const corpus *made, const fhi_index *index, const fhi_node *root, rng *random)
{
    static const uint32_t tops[] = {1, 3, 10, 100, 1000};
    known_df dfs[NODES_MAX * 8];
    oracle sure = {made, fhi_index_average_length(index), dfs, 0};
    const uint32_t top = tops[rng_below(random, 5)];
    expected *wanted = calloc(made->doc_count + 1, sizeof *wanted);
    assert_non_null(wanted);
    uint32_t count = 0;
    for (uint32_t d = 0; d < made->doc_count; d++)
        if (!made->docs[d].deleted && oracle_matches(&sure, &made->docs[d], root))
            wanted[count++] = (expected){has_window(root) ? 0.0f : oracle_score(&sure, &made->docs[d], root, 0.0f), d};
    fhi_arena arena;
    fhi_arena_init(&arena, 1u << 30);
    const fhi_hits pruned = run(index, root, false, top, &arena), full = run(index, root, true, top, &arena);
    if (pruned.total != count) print_plan(root);
    assert_int_equal(pruned.total, count);
    assert_int_equal(full.total, count);
    assert_int_equal(pruned.hit_count, full.hit_count);
    assert_int_equal(full.hit_count, count < top ? count : top);
    qsort(wanted, count, sizeof *wanted, by_score);
    for (uint32_t i = 0; i < full.hit_count; i++) {
        assert_int_equal(flat_doc(made, &pruned.hits[i]), flat_doc(made, &full.hits[i]));
        assert_memory_equal(&pruned.hits[i].score, &full.hits[i].score, sizeof(float));
        if (has_window(root)) continue; /* how often words are near is the engine's definition */
        assert_int_equal(flat_doc(made, &full.hits[i]), wanted[i].doc);
        assert_memory_equal(&full.hits[i].score, &wanted[i].score, sizeof(float));
    }
    fhi_arena_fini(&arena);
    free(wanted);
}

/* ---- pages ---- */

static fhi_hits run_sorted(const fhi_index *index, const fhi_node *root, fhi_match_options options, fhi_arena *arena)
{
    fh_err err = {0};
    fhi_hits hits;
    options.count = true;
    if (fhi_match_run(index, root, &options, arena, &hits, &err) != FH_OK) fail_msg("%s", err.text);
    return hits;
}

/* What is handed over at any deadline is true: hits that match, with the scores they have, and a total that is not too
 * high. */
static void compare_partial(const fhi_index *index, const fhi_node *root, fhi_sort sort, rng *random)
{
    fhi_arena arena;
    fhi_arena_init(&arena, 1u << 30);
    const fhi_match_options whole = {.top = FHI_TOP_MAX, .sort = sort, .exhaustive = true};
    const fhi_hits all = run_sorted(index, root, whole, &arena);
    for (int tries = 0; tries < 4; tries++) {
        struct timespec now;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        const uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
        const fhi_match_options options = {.top = FHI_TOP_MAX,
                                           .sort = sort,
                                           .partial = true,
                                           .deadline_ns = tries ? now_ns + rng_below(random, 200000) : 1};
        const fhi_hits some = run_sorted(index, root, options, &arena);
        assert_in_range(some.total, some.hit_count, all.total);
        if (!some.partial) assert_int_equal(some.hit_count, all.hit_count);
        for (uint32_t i = 0, at = 0; i < some.hit_count; i++, at++) { /* a part of the list, in its order */
            while (at < all.hit_count && memcmp(&some.hits[i], &all.hits[at], sizeof(fhi_hit)) != 0)
                at++;
            assert_true(at < all.hit_count);
        }
    }
    fhi_arena_fini(&arena);
}

/* Page after page, each told only where the last one ended, is the exhaustive list. */
static void compare_pages(const corpus *made, const fhi_index *index, const fhi_node *root, fhi_sort sort, rng *random)
{
    fhi_arena arena, page_arena;
    fhi_arena_init(&arena, 1u << 30);
    fhi_arena_init(&page_arena, 1u << 30);
    const fhi_match_options whole = {.top = FHI_TOP_MAX, .sort = sort, .exhaustive = true};
    const fhi_hits all = run_sorted(index, root, whole, &arena);
    const uint32_t least = 1 + all.hit_count / 8, most = 1 + (uint32_t)rng_below(random, made->doc_count);
    fhi_match_options options = {.top = most > least ? most : least, .sort = sort};
    fhi_place place;
    uint32_t at = 0;
    for (bool ended = false; !ended;) {
        fhi_arena_reset(&page_arena);
        const fhi_hits page = run_sorted(index, root, options, &page_arena);
        assert_int_equal(page.total, all.total);
        assert_int_equal(page.hit_count, all.hit_count - at < options.top ? all.hit_count - at : options.top);
        for (uint32_t i = 0; i < page.hit_count; i++, at++)
            assert_memory_equal(&page.hits[i], &all.hits[at], sizeof(fhi_hit));
        ended = page.hit_count == 0;
        if (ended) continue;
        const fhi_hit *last = &page.hits[page.hit_count - 1];
        place = (fhi_place){last->key, last->segment, last->doc};
        options.after = &place;
    }
    assert_int_equal(at, all.hit_count);
    fhi_arena_fini(&page_arena);
    fhi_arena_fini(&arena);
}

static void try_corpus(rng *random, bool forms_told, uint32_t segments, uint32_t docs_max, uint32_t terms,
                       uint32_t plans)
{
    corpus made;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fh_err err = {0};
    fhi_index *indexes[KERNELS_MAX] = {NULL};
    uint32_t kernels = 0;
    scratch_init(&folder);
    corpus_make(&made, random, forms_told, segments, docs_max, terms);
    if (rng_below(random, 2)) corpus_delete_some(&made, random, 20);
    assert_int_equal(corpus_write(&made, fhi_vfs_posix(), scratch_path(&folder, "index", path), &err), FH_OK);
    for (; kernels < KERNELS_MAX && fhi_kernels_at(kernels); kernels++) {
        assert_int_equal(setenv("FIHRIST_KERNEL", fhi_kernels_at(kernels)->name, 1), 0);
        assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &indexes[kernels], &err), FH_OK);
    }
    if (fhi_index_check(indexes[0], &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    plan_pool *pool = calloc(1, sizeof *pool);
    assert_non_null(pool);
    for (uint32_t i = 0; i < plans; i++) {
        *pool = (plan_pool){.made = &made, .random = random};
        const fhi_node *root = draw_node(pool, (uint32_t)rng_below(random, 4));
        const fhi_index *index = indexes[rng_below(random, kernels)];
        compare(&made, index, root, random);
        compare_pages(&made, index, root, rng_below(random, 3) ? FHI_SORT_SCORE : FHI_SORT_DATE, random);
        compare_partial(index, root, rng_below(random, 3) ? FHI_SORT_SCORE : FHI_SORT_DATE, random);
    }
    free(pool);
    while (kernels > 0)
        fhi_index_release(indexes[--kernels]);
    corpus_fini(&made);
    scratch_fini(&folder);
}

static void pruned_exhaustive_and_oracle_agree_on_small_corpora(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "small corpora");
    for (int i = 0; i < rng_rounds(60); i++)
        try_corpus(&random, rng_below(&random, 2), 1 + (uint32_t)rng_below(&random, 4), 60, 12, 60);
}

static void they_agree_where_lists_are_dense(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "dense lists");
    for (int i = 0; i < rng_rounds(6); i++)
        try_corpus(&random, rng_below(&random, 2), 1 + (uint32_t)rng_below(&random, 2), 4000, 40, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pruned_exhaustive_and_oracle_agree_on_small_corpora),
        cmocka_unit_test(they_agree_where_lists_are_dense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
