/* plan.c - the groups of a query.
 *
 * Words side by side: under AND all are needed; under OR any is enough, but what has a + is needed and makes the
 * others optional, filters always restrict, and what is excluded is excluded from the whole sequence.
 */
#include "query/language/plan.h"

static fh_status plan_node(fhi_planner *planner, const fhi_syntax *node, float weight, bool loose, fhi_node **out);

/* ---- nodes ----------------------------------------------------------------------------------------------- */

fh_status fhi_node_new(fhi_planner *planner, fhi_node_kind kind, fhi_node **out)
{
    *out = fhi_arena_zalloc(planner->arena, 1, sizeof **out);
    if (!*out) return fhi_arena_failure(planner->arena);
    (*out)->kind = kind;
    return FH_OK;
}

fh_status fhi_node_list_add(fhi_planner *planner, fhi_node_list *list, fhi_node *node)
{
    if (!node) return FH_OK;
    if (list->count == list->capacity) {
        const uint32_t capacity = list->capacity ? list->capacity * 2 : 8;
        fhi_node **items = fhi_arena_alloc(planner->arena, capacity * sizeof(fhi_node *));
        if (!items) return fhi_arena_failure(planner->arena);
        if (list->count) memcpy(items, list->items, list->count * sizeof(fhi_node *));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = node;
    return FH_OK;
}

static bool same_word(const fhi_node *a, const fhi_node *b)
{
    return a->kind == FHI_NODE_WORD && b->kind == FHI_NODE_WORD && a->title_only == b->title_only &&
           a->word.exact_only == b->word.exact_only && fhi_str_equal(a->word.exact, b->word.exact) &&
           fhi_str_equal(a->word.terms[0], b->word.terms[0]);
}

/* A word that is there already counts once, at its greater weight. */
static fh_status add_once(fhi_planner *planner, fhi_node_list *list, fhi_node *node)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (!same_word(list->items[i], node)) continue;
        if (list->items[i]->weight < node->weight) list->items[i] = node;
        return FH_OK;
    }
    return fhi_node_list_add(planner, list, node);
}

/* AND inside AND and OR inside OR are one group: weights are on the leaves. */
static fh_status flatten(fhi_planner *planner, fhi_node_kind kind, const fhi_node_list *list, fhi_node_list *out)
{
    *out = (fhi_node_list){NULL, 0, 0};
    for (uint32_t i = 0; i < list->count; i++) {
        fhi_node *node = list->items[i];
        const bool splice = node->kind == kind;
        for (uint32_t c = 0; splice && c < node->child_count; c++)
            FH_TRY(add_once(planner, out, node->children[c]));
        if (!splice) FH_TRY(add_once(planner, out, node));
    }
    return FH_OK;
}

fh_status fhi_node_join(fhi_planner *planner, fhi_node_kind kind, const fhi_node_list *list, fhi_node **out)
{
    fhi_node_list flat = *list;
    *out = NULL;
    if (kind != FHI_NODE_NOT) FH_TRY(flatten(planner, kind, list, &flat));
    if (flat.count == 0) return FH_OK;
    *out = flat.items[0];
    if (flat.count == 1) return FH_OK;
    FH_TRY(fhi_node_new(planner, kind, out));
    (*out)->children = flat.items;
    (*out)->child_count = flat.count;
    return FH_OK;
}

static bool is_leaf(const fhi_node *node)
{
    return node->child_count == 0;
}

/* Restricts without ranking. */
static bool is_filter(const fhi_node *node)
{
    if (is_leaf(node))
        return node->kind == FHI_NODE_COLUMN || node->kind == FHI_NODE_DAYS || node->kind == FHI_NODE_ALL;
    for (uint32_t i = 0; i < node->child_count; i++)
        if (!is_filter(node->children[i])) return false;
    return true;
}

/* Whether anything is asked for rather than excluded. */
static bool is_positive(const fhi_node *node, bool negated)
{
    if (is_leaf(node)) return node->kind != FHI_NODE_ALL && !negated;
    for (uint32_t i = 0; i < node->child_count; i++)
        if (is_positive(node->children[i], negated ^ (node->kind == FHI_NODE_NOT && i > 0))) return true;
    return false;
}

static bool is_scored(const fhi_node *node)
{
    if (is_leaf(node)) return !is_filter(node) && node->weight > 0;
    const uint32_t count = node->kind == FHI_NODE_NOT ? 1 : node->child_count;
    for (uint32_t i = 0; i < count; i++)
        if (is_scored(node->children[i])) return true;
    return false;
}

/* The parser bounds parentheses; one pair of them may become several nodes here. */
static unsigned height_of(const fhi_node *node)
{
    unsigned height = 0;
    for (uint32_t i = 0; i < node->child_count; i++) {
        const unsigned below = height_of(node->children[i]);
        if (below > height) height = below;
    }
    return height + 1;
}

/* ---- groups ---------------------------------------------------------------------------------------------- */

/* What stands in one sequence, by the part it plays. */
typedef struct group {
    fhi_node_list plain;    /* words and groups without a sign */
    fhi_node_list required; /* behind a + */
    fhi_node_list filters;  /* restrict without ranking: never optional */
    fhi_node_list excluded; /* behind a - or NOT */
} group;

static fh_status add_all(fhi_planner *planner, fhi_node_list *to, const fhi_node_list *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        FH_TRY(fhi_node_list_add(planner, to, from->items[i]));
    return FH_OK;
}

static fh_status add_everything(fhi_planner *planner, fhi_node_list *to)
{
    fhi_node *all;
    FH_TRY(fhi_node_new(planner, FHI_NODE_ALL, &all));
    return fhi_node_list_add(planner, to, all);
}

/* The part of a group that says what is wanted. */
static fh_status join_wanted(fhi_planner *planner, group *parts, bool loose, fhi_node **out)
{
    fhi_node_list needed = {NULL, 0, 0};
    FH_TRY(add_all(planner, &needed, &parts->filters));
    FH_TRY(add_all(planner, &needed, &parts->required));
    if (!loose) {
        FH_TRY(add_all(planner, &needed, &parts->plain));
    } else if (parts->plain.count) {
        fhi_node *any;
        if (parts->required.count) FH_TRY(add_everything(planner, &parts->plain)); /* optional: they only rank */
        FH_TRY(fhi_node_join(planner, FHI_NODE_OR, &parts->plain, &any));
        FH_TRY(fhi_node_list_add(planner, &needed, any));
    }
    return fhi_node_join(planner, FHI_NODE_AND, &needed, out);
}

/* The group as a whole: what is wanted, or everything, without what is excluded. */
static fh_status join_group(fhi_planner *planner, group *parts, bool loose, fhi_node **out)
{
    FH_TRY(join_wanted(planner, parts, loose, out));
    if (parts->excluded.count == 0) return FH_OK;
    fhi_node_list list = {NULL, 0, 0};
    if (*out)
        FH_TRY(fhi_node_list_add(planner, &list, *out));
    else
        FH_TRY(add_everything(planner, &list));
    FH_TRY(add_all(planner, &list, &parts->excluded));
    return fhi_node_join(planner, FHI_NODE_NOT, &list, out);
}

/* A plain word may join its neighbours into one text, so that `20 novembre 2025` is seen as a date. */
static bool is_plain_word(const fhi_syntax *node)
{
    const bool boosted = node->boost < 1 || node->boost > 1;
    return node->kind == FHI_SYNTAX_WORD && !node->exact && !node->required && !boosted;
}

/* Whether nothing but white space and punctuation lies between the texts of two neighbours. */
static bool continues(fh_str query, const fhi_syntax *left, const fhi_syntax *right)
{
    return is_plain_word(left) && is_plain_word(right) && left->field == right->field &&
           left->text.ptr + left->text.len == query.ptr + left->end && right->text.ptr == query.ptr + right->begin;
}

/* Plain words side by side from *node on, as one text; *node moves to the last of them. */
static fh_str take_run(fh_str query, const fhi_syntax **node)
{
    const fhi_syntax *first = *node, *last = first;
    while (last->next && continues(query, last, last->next))
        last = last->next;
    *node = last;
    return (fh_str){first->text.ptr, (size_t)(last->text.ptr + last->text.len - first->text.ptr)};
}

static fhi_words_mode mode_of(const fhi_syntax *leaf, float weight, bool loose)
{
    return (fhi_words_mode){.weight = weight * leaf->boost,
                            .exact = leaf->exact,
                            .title_only = leaf->field == FHI_IN_TITLE,
                            .loose = loose};
}

/* A way among others that only excludes would let in nearly everything: nobody means that. */
static fh_status check_way(fhi_planner *planner, const fhi_syntax *written, const fhi_node *node)
{
    if (!node || is_positive(node, false)) return FH_OK;
    return fhi_query_fail(planner->error, FHI_QUERY_ONLY_NOT, written->begin, (fh_str){NULL, 0});
}

/* Anything but an exclusion and a run of words. A required word that is several to the analyzer is required whole. */
static fh_status plan_item(fhi_planner *planner, const fhi_syntax *item, float weight, bool loose, group *parts)
{
    fhi_node *node;
    FH_TRY(plan_node(planner, item, weight, loose && !item->required, &node));
    if (!node) return FH_OK;
    if (loose && !item->required) FH_TRY(check_way(planner, item, node));
    fhi_node_list *to = item->required ? &parts->required : is_filter(node) ? &parts->filters : &parts->plain;
    return fhi_node_list_add(planner, to, node);
}

static fh_status plan_sequence(fhi_planner *planner, const fhi_syntax *sequence, float weight, bool loose,
                               fhi_node **out)
{
    group parts = {0};
    for (const fhi_syntax *child = sequence->first; child; child = child->next) {
        const fhi_syntax *item = child;
        if (is_plain_word(item)) {
            const fh_str text = take_run(planner->input->query, &child);
            const fhi_words_mode mode = mode_of(item, weight, loose);
            fhi_node *filter = NULL;
            if (item->field <= FHI_IN_TITLE)
                FH_TRY(fhi_plan_text(planner, text, &mode, &parts.plain));
            else
                FH_TRY(fhi_plan_filter(planner, item->field, text, false, &filter));
            FH_TRY(fhi_node_list_add(planner, &parts.filters, filter));
        } else if (item->kind == FHI_SYNTAX_NOT) {
            fhi_node *excluded;
            FH_TRY(plan_node(planner, item->first, weight, false, &excluded));
            FH_TRY(fhi_node_list_add(planner, &parts.excluded, excluded));
        } else {
            FH_TRY(plan_item(planner, item, weight, loose, &parts));
        }
    }
    return join_group(planner, &parts, loose, out);
}

/* Both sides of an AND are needed whatever --op says, each as a whole. */
static fh_status plan_and(fhi_planner *planner, const fhi_syntax *node, float weight, fhi_node **out)
{
    group parts = {0};
    for (const fhi_syntax *child = node->first; child; child = child->next) {
        const bool excludes = child->kind == FHI_SYNTAX_NOT;
        fhi_node *planned;
        FH_TRY(plan_node(planner, excludes ? child->first : child, weight, false, &planned));
        FH_TRY(fhi_node_list_add(planner, excludes ? &parts.excluded : &parts.plain, planned));
    }
    return join_group(planner, &parts, false, out);
}

static fh_status plan_or(fhi_planner *planner, const fhi_syntax *node, float weight, fhi_node **out)
{
    fhi_node_list list = {NULL, 0, 0};
    for (const fhi_syntax *child = node->first; child; child = child->next) {
        fhi_node *planned;
        FH_TRY(plan_node(planner, child, weight, false, &planned));
        FH_TRY(check_way(planner, child, planned));
        FH_TRY(fhi_node_list_add(planner, &list, planned));
    }
    return fhi_node_join(planner, FHI_NODE_OR, &list, out);
}

/* An exclusion that stands alone in an operand: everything without it. Whether a query of nothing else is an error is
 * decided at the end. */
static fh_status plan_not(fhi_planner *planner, const fhi_syntax *node, fhi_node **out)
{
    group parts = {0};
    fhi_node *excluded;
    FH_TRY(plan_node(planner, node->first, 1, false, &excluded));
    FH_TRY(fhi_node_list_add(planner, &parts.excluded, excluded));
    return join_group(planner, &parts, false, out);
}

static fh_status plan_days(fhi_planner *planner, const fhi_syntax *leaf, fhi_node **out)
{
    FH_TRY(fhi_node_new(planner, FHI_NODE_DAYS, out));
    (*out)->day_first = leaf->day_first;
    (*out)->day_last = leaf->day_last;
    return FH_OK;
}

static fh_status plan_leaf(fhi_planner *planner, const fhi_syntax *leaf, float weight, bool loose, fhi_node **out)
{
    const fhi_words_mode mode = mode_of(leaf, weight, loose);
    const bool quoted = leaf->kind == FHI_SYNTAX_PHRASE;
    if (leaf->kind == FHI_SYNTAX_DAYS) return plan_days(planner, leaf, out);
    if (leaf->field > FHI_IN_TITLE) return fhi_plan_filter(planner, leaf->field, leaf->text, quoted, out);
    if (leaf->kind == FHI_SYNTAX_PREFIX) return fhi_plan_prefix_leaf(planner, leaf, &mode, out);
    if (quoted) return fhi_plan_phrase(planner, leaf, &mode, out);
    fhi_node_list list = {NULL, 0, 0};
    FH_TRY(fhi_plan_text(planner, leaf->text, &mode, &list));
    return fhi_node_join(planner, loose ? FHI_NODE_OR : FHI_NODE_AND, &list, out);
}

/* Depth is that of the parser, which bounds it. */
static fh_status plan_node(fhi_planner *planner, const fhi_syntax *node, float weight, bool loose, fhi_node **out)
{
    *out = NULL;
    switch (node->kind) {
    case FHI_SYNTAX_SEQUENCE:
        return plan_sequence(planner, node, weight * node->boost, planner->input->op == FHI_OP_OR, out);
    case FHI_SYNTAX_AND: return plan_and(planner, node, weight * node->boost, out);
    case FHI_SYNTAX_OR: return plan_or(planner, node, weight * node->boost, out);
    case FHI_SYNTAX_NOT: return plan_not(planner, node, out);
    default: return plan_leaf(planner, node, weight, loose, out);
    }
}

fh_status fhi_plan_make(const fhi_plan_input *input, const fhi_syntax *root, fhi_plan *out, fhi_query_error *error,
                        fh_err *err)
{
    fhi_planner planner = {.input = input,
                           .arena = input->arena,
                           .words_index = strcmp(input->settings->analyzer, "words") == 0,
                           .error = error,
                           .err = err};
    const fh_str nothing = {NULL, 0};
    *out = (fhi_plan){0};
    *error = (fhi_query_error){.code = FHI_QUERY_NONE};
    fhi_node *node;
    FH_TRY(plan_node(&planner, root, 1, input->op == FHI_OP_OR, &node));
    if (!node) return fhi_query_fail(error, FHI_QUERY_EMPTY, root->begin, nothing);
    if (!is_positive(node, false)) return fhi_query_fail(error, FHI_QUERY_ONLY_NOT, root->begin, nothing);
    if (height_of(node) > FHI_PLAN_DEPTH_MAX) return fhi_query_fail(error, FHI_QUERY_TOO_DEEP, root->begin, nothing);
    *out =
        (fhi_plan){.root = node, .scored = is_scored(node), .content = planner.content, .prefixes = planner.prefixes};
    return FH_OK;
}
