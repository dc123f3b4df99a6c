/* resolve.c - from a plan that names terms to trees that hold cursors.
 *
 * First the whole plan is looked up in every segment, since df and so idf are those of the whole index; then a
 * tree is built per segment. Words are numbered in preorder, phrase slots included; both passes count alike.
 */
#include "engine/match/eval.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

static fh_status refuse(const fhi_plan *plan, fh_status status, const char *why)
{
    return fhi_fail(plan->err, status, "%s", why);
}

static fh_status out_of_memory(const fhi_plan *plan)
{
    return refuse(plan, fhi_arena_failure(plan->arena), "the query needs more memory than a request may use");
}

static fh_status damaged(const fhi_plan *plan, uint32_t segment)
{
    return fhi_fail_at(plan->err, FH_E_CORRUPT, fhi_segment_path(fhi_index_segment(plan->index, segment)), 0,
                       "the segment is damaged; `fihrist check` tells where");
}

/* ---- looking up ---- */

static fh_status find_exact(fhi_plan *plan, const fhi_segment *segment, const fhi_word_spec *word, fhi_found *list,
                            uint64_t *exact_df)
{
    fhi_form_info form;
    const fh_status status = fhi_forms_find(segment, word->fold, word->exact, &form);
    uint32_t *forms = fhi_arena_alloc(plan->arena, sizeof *forms);
    if (!forms) return FH_E_NOMEM;
    list->forms = (fhi_form_set){forms, 0};
    if (status == FH_E_NOT_FOUND) return FH_OK;
    if (status != FH_OK) return status;
    if (list->info.df == 0 || form.term_ordinal != list->info.ordinal) return FH_OK; /* a form of another stem */
    forms[0] = form.form;
    list->forms.count = 1;
    *exact_df += form.df;
    return FH_OK;
}

/* `words` keeps no forms: the term is its own exact form. */
static bool keeps_forms(const fhi_plan *plan)
{
    return strcmp(fhi_index_settings(plan->index)->analyzer, "words") != 0;
}

static fh_status gather_word(fhi_plan *plan, const fhi_word_spec *word, fhi_word_stats *stats)
{
    const uint32_t segments = fhi_index_segment_count(plan->index);
    uint64_t df_of_term[FHI_CLASS_TERMS_MAX] = {0};
    if (word->term_count == 0 || word->term_count > FHI_CLASS_TERMS_MAX)
        return refuse(plan, FH_E_INVALID, "a word without terms, or with too many");
    const uint32_t terms = word->exact_only ? 1 : word->term_count;
    for (uint32_t i = 0; i < segments; i++) {
        const fhi_segment *segment = fhi_index_segment(plan->index, i);
        fhi_class_stats *class = &stats->segments[i];
        class->lists = fhi_arena_zalloc(plan->arena, terms, sizeof *class->lists);
        if (!class->lists) return out_of_memory(plan);
        class->list_count = terms;
        for (uint32_t j = 0; j < terms; j++) {
            const fh_status status = fhi_terms_find(segment, word->terms[j], &class->lists[j].info);
            if (status != FH_OK && status != FH_E_NOT_FOUND) return damaged(plan, i);
            fhi_list_prefetch(segment, &class->lists[j].info);
            df_of_term[j] += class->lists[j].info.df;
        }
        if (word->exact.len == 0 || !keeps_forms(plan)) continue;
        const fh_status status = find_exact(plan, segment, word, &class->lists[0], &stats->exact_df);
        if (status == FH_E_NOMEM) return out_of_memory(plan);
        if (status != FH_OK) return damaged(plan, i);
    }
    for (uint32_t j = 0; j < terms; j++)
        if (df_of_term[j] > stats->df) stats->df = df_of_term[j];
    if (word->exact_only && keeps_forms(plan)) stats->df = stats->exact_df;
    return FH_OK;
}

typedef struct expansion {
    uint64_t *pairs; /* term ordinal << 32 | form, then sorted */
    uint32_t count;
    uint64_t df;
} expansion;

static bool collect_form(void *argument, fh_str fold, fh_str exact, const fhi_form_info *info)
{
    expansion *found = argument;
    (void)fold;
    (void)exact;
    if (found->count < FHI_EXPANSION_MAX) found->pairs[found->count] = (uint64_t)info->term_ordinal << 32 | info->form;
    found->df += info->df;
    return ++found->count <= FHI_EXPANSION_MAX;
}

static bool collect_term(void *argument, fh_str term, const fhi_term_info *info)
{
    expansion *found = argument;
    (void)term;
    if (found->count < FHI_EXPANSION_MAX) found->pairs[found->count] = (uint64_t)info->ordinal << 32;
    found->df += info->df;
    return ++found->count <= FHI_EXPANSION_MAX;
}

static int compare_pairs(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* One list per stem, with the set of its forms that start so. */
static fh_status group_pairs(fhi_plan *plan, const fhi_segment *segment, const expansion *found, fhi_class_stats *class)
{
    class->lists = fhi_arena_zalloc(plan->arena, found->count ? found->count : 1, sizeof *class->lists);
    uint32_t *forms = fhi_arena_alloc(plan->arena, ((size_t)found->count + 1) * sizeof *forms);
    if (!class->lists || !forms) return FH_E_NOMEM;
    for (uint32_t i = 0; i < found->count;) {
        const uint32_t ordinal = (uint32_t)(found->pairs[i] >> 32);
        fhi_found *list = &class->lists[class->list_count++];
        FH_TRY(fhi_terms_at(segment, ordinal, &list->info));
        list->forms.forms = forms + i;
        for (; i < found->count && (uint32_t)(found->pairs[i] >> 32) == ordinal; i++) {
            forms[i] = (uint32_t)found->pairs[i];
            list->forms.count++;
        }
    }
    return FH_OK;
}

static fh_status gather_prefix(fhi_plan *plan, fh_str prefix, fhi_word_stats *stats)
{
    const bool by_forms = keeps_forms(plan);
    char term[FH_ERR_FILE_BYTES];
    if (prefix.len + 1 > sizeof term) return refuse(plan, FH_E_LIMIT, "the prefix is too long");
    term[0] = FHI_NS_STEM;
    if (prefix.len) memcpy(term + 1, prefix.ptr, prefix.len);
    for (uint32_t i = 0; i < fhi_index_segment_count(plan->index); i++) {
        const fhi_segment *segment = fhi_index_segment(plan->index, i);
        expansion found = {.pairs = fhi_arena_alloc(plan->arena, FHI_EXPANSION_MAX * sizeof *found.pairs)};
        if (!found.pairs) return out_of_memory(plan);
        fh_status status = by_forms ? fhi_forms_scan(segment, prefix, collect_form, &found)
                                    : fhi_terms_scan(segment, (fh_str){term, prefix.len + 1}, collect_term, &found);
        if (status != FH_OK) return damaged(plan, i);
        if (found.count > FHI_EXPANSION_MAX)
            return refuse(plan, FH_E_LIMIT, "the prefix stands for too many words; write more of it");
        qsort(found.pairs, found.count, sizeof *found.pairs, compare_pairs);
        status = group_pairs(plan, segment, &found, &stats->segments[i]);
        if (status == FH_E_NOMEM) return out_of_memory(plan);
        if (status != FH_OK) return damaged(plan, i);
        stats->df += found.df;
    }
    const uint64_t most = fhi_index_doc_count(plan->index);
    if (stats->df > most) stats->df = most;
    return FH_OK;
}

/* ---- counting and looking up the whole tree ---- */

static fh_status count_words(fhi_plan *plan, const fhi_node *node, uint32_t depth)
{
    if (depth > FHI_PLAN_DEPTH_MAX) return refuse(plan, FH_E_LIMIT, "the query is nested too deep");
    if (node->slot_count > FHI_PHRASE_SLOTS_MAX) return refuse(plan, FH_E_LIMIT, "the phrase is too long");
    if (node->window > FHI_WINDOW_MAX) return refuse(plan, FH_E_LIMIT, "the words may be too far apart");
    if (node->kind == FHI_NODE_WORD || node->kind == FHI_NODE_PREFIX) plan->leaf_count++;
    if (node->kind == FHI_NODE_PHRASE) plan->leaf_count += node->slot_count;
    if (plan->leaf_count > FHI_PLAN_LEAVES_MAX) return refuse(plan, FH_E_LIMIT, "the query has too many words");
    for (uint32_t i = 0; i < node->child_count; i++)
        FH_TRY(count_words(plan, node->children[i], depth + 1));
    return FH_OK;
}

static fh_status gather(fhi_plan *plan, const fhi_node *node, fhi_word_stats **next)
{
    if (node->kind == FHI_NODE_WORD) FH_TRY(gather_word(plan, &node->word, (*next)++));
    if (node->kind == FHI_NODE_PREFIX) FH_TRY(gather_prefix(plan, node->prefix, (*next)++));
    for (uint32_t i = 0; node->kind == FHI_NODE_PHRASE && i < node->slot_count; i++)
        FH_TRY(gather_word(plan, &node->slots[i].word, (*next)++));
    for (uint32_t i = 0; i < node->child_count; i++)
        FH_TRY(gather(plan, node->children[i], next));
    return FH_OK;
}

fh_status fhi_plan_gather(fhi_plan *plan, const fhi_node *root, fhi_word_stats **stats)
{
    plan->leaf_count = 0;
    FH_TRY(count_words(plan, root, 0));
    const uint32_t segments = fhi_index_segment_count(plan->index);
    *stats = fhi_arena_zalloc(plan->arena, plan->leaf_count + 1, sizeof **stats);
    if (!*stats) return out_of_memory(plan);
    for (uint32_t i = 0; i < plan->leaf_count; i++) {
        (*stats)[i].segments = fhi_arena_zalloc(plan->arena, segments + 1, sizeof(fhi_class_stats));
        if (!(*stats)[i].segments) return out_of_memory(plan);
    }
    fhi_word_stats *next = *stats;
    return gather(plan, root, &next);
}

/* ---- building the tree of one segment ---- */

typedef struct tree_builder {
    fhi_plan *plan;
    const fhi_segment *segment;
    uint32_t segment_number;
    const fhi_word_stats *next;
    float bound_scale; /* stored bounds hold for the segment's average length; a larger one now may exceed them */
    float bound_total; /* the most that all words can score together */
} tree_builder;

double fhi_plan_idf(const fhi_plan *plan, uint64_t df)
{
    const double docs = fhi_index_doc_count(plan->index);
    return log(1.0 + (docs - (double)df + 0.5) / ((double)df + 0.5));
}

static fh_status resolve(tree_builder *builder, const fhi_node *node, fhi_eval **out);

static fh_status new_eval(const tree_builder *builder, fhi_eval_kind kind, fhi_eval **out)
{
    *out = fhi_arena_alloc(builder->plan->arena, sizeof **out);
    if (!*out) return out_of_memory(builder->plan);
    memset(*out, 0, offsetof(fhi_eval, sums));
    (*out)->kind = kind;
    return FH_OK;
}

enum { DOCS_ONLY_LISTS_MAX = 4 };

/* Cursors of the lists that exist here. */
static fh_status fill_group(const tree_builder *builder, const fhi_class_stats *class, bool by_form, bool docs_only,
                            fhi_group *group)
{
    fhi_arena *arena = builder->plan->arena;
    group->by_form = by_form;
    group->cursors = fhi_arena_alloc(arena, ((size_t) class->list_count + 1) * sizeof *group->cursors);
    if (!group->cursors) return out_of_memory(builder->plan);
    for (uint32_t i = 0; i < class->list_count; i++) {
        const fhi_found *found = &class->lists[i];
        const fhi_form_set *wanted = found->forms.forms ? &found->forms : NULL;
        if (found->info.df == 0 || (by_form && (!wanted || wanted->count == 0))) continue;
        fhi_cursor *cursor = &group->cursors[group->count];
        const fh_status status = docs_only ? fhi_cursor_init_docs(cursor, builder->segment, &found->info, arena)
                                           : fhi_cursor_init(cursor, builder->segment, &found->info, wanted, arena);
        if (status == FH_E_CORRUPT) return damaged(builder->plan, builder->segment_number);
        if (status != FH_OK) return out_of_memory(builder->plan);
        group->df += found->info.df;
        group->count++;
    }
    return FH_OK;
}

static void set_weights(tree_builder *builder, const fhi_node *node, double idf, double exact_idf, fhi_eval *eval)
{
    const fhi_settings *settings = fhi_index_settings(builder->plan->index);
    const double unit = (double)node->weight * ((double)settings->k1 + 1.0);
    eval->weight = (float)(unit * idf);
    eval->exact_weight = (float)(unit * exact_idf * (double)settings->exact_weight);
    eval->bound_weight = (eval->weight + eval->exact_weight) / 255.0f * builder->bound_scale * 1.0005f;
    builder->bound_total += 255.0f * eval->bound_weight;
}

static fh_status resolve_word(tree_builder *builder, const fhi_node *node, fhi_eval **out)
{
    const fhi_word_stats *stats = builder->next++;
    const fhi_class_stats *class = &stats->segments[builder->segment_number];
    const bool prefix = node->kind == FHI_NODE_PREFIX;
    const bool by_form = keeps_forms(builder->plan) && (prefix || node->word.exact_only);
    /* a few lists are asked one by one, more are better united */
    const bool docs_only =
        builder->plan->docs_only && !by_form && !node->title_only && class->list_count <= DOCS_ONLY_LISTS_MAX;
    fhi_arena *arena = builder->plan->arena;
    FH_TRY(new_eval(builder, FHI_EVAL_WORD, out));
    fhi_eval *eval = *out;
    eval->groups = fhi_arena_zalloc(arena, 1, sizeof *eval->groups);
    if (!eval->groups) return out_of_memory(builder->plan);
    eval->group_count = eval->deciding_count = 1;
    eval->title_only = node->title_only;
    FH_TRY(fill_group(builder, class, by_form, docs_only, eval->groups));
    const bool united = (eval->groups->count > 1 && !docs_only) || by_form;
    const bool beside = !prefix && !by_form && stats->exact_df > 0 && keeps_forms(builder->plan);
    set_weights(builder, node, fhi_plan_idf(builder->plan, stats->df),
                beside ? fhi_plan_idf(builder->plan, stats->exact_df) : 0.0, eval);
    if (eval->groups->count == 0) eval->kind = FHI_EVAL_NONE;
    eval->df = eval->groups->df;
    eval->cost = (uint8_t)(1 + (united ? 1 : 0) + (eval->title_only ? 3 : 0));
    eval->plain = eval->kind == FHI_EVAL_WORD && eval->groups->count == 1 && !united && !node->title_only;
    if (!united) return FH_OK;
    eval->united = fhi_arena_alloc(arena, sizeof *eval->united);
    if (!eval->united) return out_of_memory(builder->plan);
    eval->united->room = 0;
    memset(eval->united->held, 0, sizeof eval->united->held);
    memset(eval->united->masks, 0, sizeof eval->united->masks);
    memset(eval->united->bounds, 0, sizeof eval->united->bounds);
    return FH_OK;
}

/* ---- phrases ---- */

/* Which of the frequent words a term is, or FHI_FREQUENT_MAX. */
static uint32_t frequent_of(const tree_builder *builder, fh_str term)
{
    if (term.len < 1 || term.ptr[0] != FHI_NS_STEM) return FHI_FREQUENT_MAX;
    return fhi_frequent_find(fhi_index_frequent(builder->plan->index), (fh_str){term.ptr + 1, term.len - 1});
}

/* The terms of a slot that are here, and which frequent words they are. */
typedef struct slot_terms {
    uint32_t count;
    uint64_t df; /* of all together, at most */
    const fhi_found *found[FHI_CLASS_TERMS_MAX];
    uint32_t frequent[FHI_CLASS_TERMS_MAX];
} slot_terms;

/* What tells where two slots may stand side by side: pairs of their terms that the index keeps, and the terms some of
 * whose pairs it does not. */
typedef struct slot_pair {
    uint32_t pair_count, loose_count;
    uint16_t firsts[FHI_CLASS_TERMS_MAX], seconds[FHI_CLASS_TERMS_MAX]; /* of each pair */
    const fhi_found *loose[2 * FHI_CLASS_TERMS_MAX];
    uint64_t loose_df;
} slot_pair;

typedef struct slot_pairs {
    slot_pair *pairs;                      /* of each slot, with the next */
    bool begins[FHI_PHRASE_SLOTS_MAX + 1]; /* with which slots one begins that decides */
} slot_pairs;

static void find_terms(const tree_builder *builder, const fhi_slot *slot, const fhi_word_stats *stats,
                       slot_terms *terms)
{
    const fhi_class_stats *class = &stats->segments[builder->segment_number];
    *terms = (slot_terms){0};
    for (uint32_t i = 0; i < class->list_count; i++) {
        if (class->lists[i].info.df == 0) continue;
        terms->frequent[terms->count] = frequent_of(builder, slot->word.terms[i]);
        terms->found[terms->count++] = &class->lists[i];
        terms->df += class->lists[i].info.df;
    }
}

static void add_loose(slot_pair *pair, const fhi_found *found)
{
    for (uint32_t i = 0; i < pair->loose_count; i++)
        if (pair->loose[i] == found) return;
    pair->loose[pair->loose_count++] = found;
    pair->loose_df += found->info.df;
}

/* Two terms that may stand side by side: told by their pair, or by the rarer of them. */
static void add_terms(const fhi_frequent *frequent, const slot_terms *first, uint32_t i, const slot_terms *second,
                      uint32_t j, slot_pair *pair)
{
    const uint32_t a = first->frequent[i], b = second->frequent[j];
    const bool known = a < FHI_FREQUENT_MAX && b < FHI_FREQUENT_MAX;
    if (known && pair->pair_count < FHI_CLASS_TERMS_MAX && fhi_frequent_pair(frequent, a, b) != FHI_NO_PAIR) {
        pair->firsts[pair->pair_count] = (uint16_t)a;
        pair->seconds[pair->pair_count++] = (uint16_t)b;
    } else {
        add_loose(pair, first->found[i]->info.df < second->found[j]->info.df ? first->found[i] : second->found[j]);
    }
}

/* Whether the pairs of two neighbours narrow the documents down. */
static bool find_pair(const tree_builder *builder, const slot_terms *first, const slot_terms *second, slot_pair *pair)
{
    enum { LOOSE_SHARE = 2 }; /* the terms without pairs may be in one of so many documents of the rarer slot */
    const fhi_frequent *frequent = fhi_index_frequent(builder->plan->index);
    for (uint32_t i = 0; i < first->count; i++)
        for (uint32_t j = 0; j < second->count; j++)
            add_terms(frequent, first, i, second, j, pair);
    return pair->pair_count > 0 && pair->loose_df * LOOSE_SHARE <= (first->df < second->df ? first->df : second->df);
}

static fh_status find_pairs(const tree_builder *builder, const fhi_node *node, const fhi_word_stats *stats,
                            slot_pairs *pairs)
{
    enum { LISTS_MAX = 64 }; /* that a phrase opens for its pairs, lest a long one take too much memory */
    slot_terms terms[2];
    uint32_t lists = 0;
    *pairs = (slot_pairs){0};
    if (node->window || node->slot_count < 2) return FH_OK;
    if (fhi_index_frequent(builder->plan->index)->pair_count == 0) return FH_OK;
    pairs->pairs = fhi_arena_zalloc(builder->plan->arena, node->slot_count, sizeof *pairs->pairs);
    if (!pairs->pairs) return out_of_memory(builder->plan);
    for (uint32_t i = 0; i < node->slot_count; i++) {
        const fhi_slot *slot = &node->slots[i];
        find_terms(builder, slot, &stats[i], &terms[i % 2]);
        if (i == 0 || slot->offset != slot[-1].offset + 1) continue;
        if (slot->word.exact_only || slot[-1].word.exact_only) continue;
        slot_pair *pair = &pairs->pairs[i - 1];
        if (!find_pair(builder, &terms[(i - 1) % 2], &terms[i % 2], pair)) continue;
        lists += pair->pair_count + pair->loose_count;
        pairs->begins[i - 1] = lists <= LISTS_MAX;
    }
    return FH_OK;
}

/* Whether a pair alone tells that a slot is there. */
static bool is_implied(const slot_pairs *pairs, uint32_t slot)
{
    const bool before = slot > 0 && pairs->begins[slot - 1] && pairs->pairs[slot - 1].loose_count == 0;
    return before || (pairs->begins[slot] && pairs->pairs[slot].loose_count == 0);
}

/* Opens the lists that tell where two slots may stand side by side. The group stays empty when they never do here. */
static fh_status fill_pair(const tree_builder *builder, const slot_pair *pair, bool docs_only, fhi_group *group)
{
    const fhi_frequent *frequent = fhi_index_frequent(builder->plan->index);
    char bytes[FHI_PAIR_TERM_BYTES_MAX];
    fhi_found found[3 * FHI_CLASS_TERMS_MAX] = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < pair->pair_count; i++) {
        const fh_str term = fhi_pair_term(frequent->words[pair->firsts[i]], frequent->words[pair->seconds[i]], bytes);
        const fh_status status = fhi_terms_find(builder->segment, term, &found[count].info);
        if (status != FH_OK && status != FH_E_NOT_FOUND) return damaged(builder->plan, builder->segment_number);
        count += status == FH_OK;
    }
    for (uint32_t i = 0; i < pair->loose_count; i++)
        found[count++].info = pair->loose[i]->info;
    group->pair = true;
    return fill_group(builder, &(fhi_class_stats){count, found}, false, docs_only, group);
}

static fh_status put_slot(tree_builder *builder, const fhi_slot *slot, const fhi_word_stats *stats, fhi_eval *eval)
{
    fhi_group *group = &eval->groups[eval->group_count++];
    group->offset = slot->offset;
    const bool by_form = keeps_forms(builder->plan) && slot->word.exact_only;
    FH_TRY(fill_group(builder, &stats->segments[builder->segment_number], by_form, false, group));
    if (group->count == 0) eval->kind = FHI_EVAL_NONE;
    return FH_OK;
}

static void sort_groups(fhi_group *groups, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        const fhi_group group = groups[i];
        uint32_t j = i;
        for (; j > 0 && groups[j - 1].df > group.df; j--)
            groups[j] = groups[j - 1];
        groups[j] = group;
    }
}

static void sort_slots(fhi_eval *eval)
{
    for (uint32_t i = 0; i < eval->group_count; i++) {
        fhi_group *group = &eval->groups[i];
        if (group->pair) continue;
        uint32_t j = eval->slot_count++;
        for (; j > 0 && eval->slots[j - 1]->df > group->df; j--)
            eval->slots[j] = eval->slots[j - 1];
        eval->slots[j] = group;
    }
}

/* Pairs, and words that none of them implies, decide which documents may match. */
static fh_status put_slots(tree_builder *builder, const fhi_node *node, const fhi_word_stats *stats,
                           const slot_pairs *pairs, fhi_eval *eval)
{
    fhi_arena *arena = builder->plan->arena;
    eval->groups = fhi_arena_zalloc(arena, 2 * (size_t)node->slot_count, sizeof *eval->groups);
    eval->slots = fhi_arena_alloc(arena, node->slot_count * sizeof *eval->slots);
    eval->phrase_freqs = fhi_arena_alloc(arena, FHI_QUARTER_DOCS * sizeof(uint32_t));
    if (!eval->groups || !eval->slots || !eval->phrase_freqs) return out_of_memory(builder->plan);
    for (uint32_t i = 0; i < node->slot_count; i++) {
        if (!is_implied(pairs, i)) FH_TRY(put_slot(builder, &node->slots[i], &stats[i], eval));
        if (!pairs->begins[i]) continue;
        fhi_group *group = &eval->groups[eval->group_count++];
        FH_TRY(fill_pair(builder, &pairs->pairs[i], false, group));
        if (group->count == 0) eval->kind = FHI_EVAL_NONE;
    }
    eval->deciding_count = eval->group_count;
    sort_groups(eval->groups, eval->group_count);
    for (uint32_t i = 0; i < node->slot_count; i++)
        if (is_implied(pairs, i)) FH_TRY(put_slot(builder, &node->slots[i], &stats[i], eval));
    sort_slots(eval);
    return FH_OK;
}

/* Two words that are nothing but one pair: its list tells all there is to know, as that of a word does. */
static bool is_one_pair(const fhi_node *node, const slot_pairs *pairs)
{
    return node->slot_count == 2 && !node->title_only && pairs->begins[0] && pairs->pairs[0].pair_count == 1 &&
           pairs->pairs[0].loose_count == 0;
}

static fh_status put_pair(tree_builder *builder, const slot_pairs *pairs, fhi_eval *eval)
{
    eval->groups = fhi_arena_zalloc(builder->plan->arena, 1, sizeof *eval->groups);
    if (!eval->groups) return out_of_memory(builder->plan);
    FH_TRY(fill_pair(builder, &pairs->pairs[0], builder->plan->docs_only, eval->groups));
    eval->group_count = eval->deciding_count = 1;
    eval->kind = eval->groups->count ? FHI_EVAL_WORD : FHI_EVAL_NONE;
    eval->plain = eval->kind == FHI_EVAL_WORD;
    eval->df = eval->groups->df;
    eval->cost = 1;
    return FH_OK;
}

static fh_status resolve_phrase(tree_builder *builder, const fhi_node *node, fhi_eval **out)
{
    const fhi_word_stats *stats = builder->next;
    slot_pairs pairs;
    double idf = 0.0;
    if (node->slot_count == 0) return refuse(builder->plan, FH_E_INVALID, "a phrase without words");
    builder->next += node->slot_count;
    FH_TRY(new_eval(builder, FHI_EVAL_PHRASE, out));
    fhi_eval *eval = *out;
    eval->title_only = node->title_only;
    eval->window = node->window;
    eval->cost = 5;
    for (uint32_t i = 0; i < node->slot_count; i++)
        idf += fhi_plan_idf(builder->plan, stats[i].df);
    FH_TRY(find_pairs(builder, node, stats, &pairs));
    FH_TRY(is_one_pair(node, &pairs) ? put_pair(builder, &pairs, eval) : put_slots(builder, node, stats, &pairs, eval));
    set_weights(builder, node, idf, 0.0, eval);
    return FH_OK;
}

static fh_status resolve_column(tree_builder *builder, const fhi_node *node, fhi_eval **out)
{
    FH_TRY(new_eval(builder, FHI_EVAL_COLUMN, out));
    if (!node->accept || (unsigned)node->column >= FHI_COLUMN_COUNT)
        return refuse(builder->plan, FH_E_INVALID, "a column filter without a test");
    const uint32_t values = fhi_segment_column_value_count(builder->segment, node->column);
    uint8_t *accepted = fhi_arena_zalloc(builder->plan->arena, values + 1, 1);
    if (!accepted) return out_of_memory(builder->plan);
    for (uint32_t i = 0; i < values; i++)
        accepted[i] =
            node->accept(node->accept_argument, fhi_segment_column_value(builder->segment, node->column, i).key);
    (*out)->accepted = accepted;
    (*out)->column = node->column;
    (*out)->cost = 3;
    return FH_OK;
}

/* Word lists before filters before phrases; of words the rarest first. */
static bool is_cheaper(const fhi_eval *a, const fhi_eval *b)
{
    return a->cost != b->cost ? a->cost < b->cost : a->df < b->df;
}

static void sort_by_cost(fhi_eval **children, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        fhi_eval *child = children[i];
        uint32_t j = i;
        for (; j > 0 && is_cheaper(child, children[j - 1]); j--)
            children[j] = children[j - 1];
        children[j] = child;
    }
}

static fh_status resolve_children(tree_builder *builder, const fhi_node *node, fhi_eval_kind kind, fhi_eval **out)
{
    FH_TRY(new_eval(builder, kind, out));
    fhi_eval *eval = *out;
    const uint32_t count = node->child_count;
    if (count == 0) return refuse(builder->plan, FH_E_INVALID, "an operator without operands");
    eval->children = fhi_arena_alloc(builder->plan->arena, 2 * (size_t)count * sizeof *eval->children);
    if (!eval->children) return out_of_memory(builder->plan);
    eval->cheapest = eval->children + count;
    for (uint32_t i = 0; i < count; i++) {
        FH_TRY(resolve(builder, node->children[i], &eval->children[i]));
        eval->cheapest[i] = eval->children[i];
        if (eval->children[i]->cost > eval->cost) eval->cost = eval->children[i]->cost;
    }
    eval->child_count = count;
    sort_by_cost(eval->cheapest, count);
    return FH_OK;
}

static fh_status resolve(tree_builder *builder, const fhi_node *node, fhi_eval **out)
{
    switch (node->kind) {
    case FHI_NODE_WORD:
    case FHI_NODE_PREFIX: return resolve_word(builder, node, out);
    case FHI_NODE_PHRASE: return resolve_phrase(builder, node, out);
    case FHI_NODE_AND: return resolve_children(builder, node, FHI_EVAL_AND, out);
    case FHI_NODE_OR: return resolve_children(builder, node, FHI_EVAL_OR, out);
    case FHI_NODE_NOT: return resolve_children(builder, node, FHI_EVAL_NOT, out);
    case FHI_NODE_COLUMN: return resolve_column(builder, node, out);
    case FHI_NODE_DAYS:
        FH_TRY(new_eval(builder, FHI_EVAL_DAYS, out));
        (*out)->day_first = node->day_first;
        (*out)->day_last = node->day_last;
        (*out)->cost = 3;
        return FH_OK;
    case FHI_NODE_ALL: return new_eval(builder, FHI_EVAL_ALL, out);
    default: return refuse(builder->plan, FH_E_INVALID, "an unknown kind of node");
    }
}

/* Rounded up: a bound of b in 1/255 becomes b * units / 256 + 1, never less than the score it bounds. */
static void set_units(fhi_eval *eval, float units)
{
    eval->bound_units = (uint16_t)(256.0f * units * eval->bound_weight * 1.0001f + 1.0f);
    for (uint32_t i = 0; i < eval->child_count; i++)
        set_units(eval->children[i], units);
}

fh_status fhi_plan_resolve(fhi_plan *plan, const fhi_node *root, const fhi_word_stats *stats, uint32_t segment,
                           fhi_eval **out, float *units)
{
    enum { UNITS_TOTAL = 60000 }; /* what is left is for rounding; sums that pass the top are taken for the top */
    tree_builder state = {.plan = plan,
                          .segment = fhi_index_segment(plan->index, segment),
                          .segment_number = segment,
                          .next = stats,
                          .bound_scale = 1.0f};
    const float here = state.segment->average_length;
    *units = 0.0f;
    if (here > 0.0f && plan->average_length > here) state.bound_scale = plan->average_length / here;
    FH_TRY(resolve(&state, root, out));
    if (state.bound_total > 0.0f) *units = UNITS_TOTAL / state.bound_total;
    set_units(*out, *units);
    return FH_OK;
}
