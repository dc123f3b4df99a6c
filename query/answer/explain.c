/* explain.c - why an article matches, or does not, and what its score is made of, as JSON.
 *
 * The tree of clauses is that of the plan, in its order. Invariant: "score" is the sum of every "adds" from the first
 * to the last, in IEEE single precision, and nine digits tell each of them to the bit.
 */
#include "query/answer/explain.h"

#include "query/language/plan.h"
#include "query/language/plan_print.h"

#include <math.h>

static const char formula[] = "adds = weight * idf * (k1 + 1) * tf / (tf + k), "
                              "k = k1 * (1 - b + b * length / average_length), "
                              "idf = ln(1 + (articles - df + 0.5) / (df + 0.5)): BM25 (Robertson and Zaragoza, 2009) "
                              "with the idf of Lucene";

/* A long term may have been cut in the middle of a character. */
static json_t *text_json(fh_str text)
{
    return json_stringn(text.ptr ? text.ptr : "", text.len ? fhi_utf8_check(text.ptr, text.len) : 0);
}

/* As it was written in the program: 0.9, not the float next to it. */
static double decimal(float value)
{
    return rint((double)value * 1e6) / 1e6;
}

static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

/* ---- clauses ---- */

static bool set_word(json_t *clause, const fhi_word_spec *word)
{
    json_t *terms = json_array();
    for (uint32_t i = 0; terms && i < word->term_count && !word->exact_only; i++) {
        const fh_str term = word->terms[i]; /* its first byte is the namespace */
        if (json_array_append_new(terms, text_json(term.len ? (fh_str){term.ptr + 1, term.len - 1} : term)) == 0)
            continue;
        json_decref(terms);
        return false;
    }
    if (word->exact_only)
        json_decref(terms);
    else if (!set(clause, "stems", terms))
        return false;
    return word->exact.len == 0 || set(clause, "form", text_json(word->exact));
}

static json_t *slot_json(const fhi_node *node, uint32_t i, const fhi_explained_part *part)
{
    json_t *slot = json_object();
    if (set_word(slot, &node->slots[i].word) &&
        (node->window || set(slot, "at", json_integer(node->slots[i].offset))) &&
        set(slot, "df", json_integer((json_int_t)part->df)) && set(slot, "idf", json_real(part->idf)))
        return slot;
    json_decref(slot);
    return NULL;
}

static bool set_slots(json_t *clause, const fhi_explained *explained)
{
    json_t *slots = json_array();
    for (uint32_t i = 0; i < explained->node->slot_count; i++)
        if (json_array_append_new(slots, slot_json(explained->node, i, &explained->slots[i])) != 0) {
            json_decref(slots);
            return false;
        }
    return set(clause, "slots", slots) &&
           (!explained->node->window || set(clause, "within", json_integer(explained->node->window)));
}

static json_t *part_json(const char *of, double weight, const fhi_explained_part *part)
{
    json_t *told = json_pack("{s:s, s:f, s:f, s:f, s:f}", "of", of, "weight", weight, "idf", part->idf, "tf", part->tf,
                             "adds", (double)part->adds);
    if (told && part->df && !set(told, "df", json_integer((json_int_t)part->df))) {
        json_decref(told);
        return NULL;
    }
    return told;
}

static bool set_parts(json_t *clause, const fhi_explanation_view *view, const fhi_explained *explained)
{
    static const char *const names[] = {
        [FHI_NODE_WORD] = "stem", [FHI_NODE_PREFIX] = "prefix", [FHI_NODE_PHRASE] = "phrase"};
    const fhi_node *node = explained->node;
    const bool form = node->kind == FHI_NODE_WORD && node->word.exact_only;
    const double beside = (double)node->weight * decimal(fhi_index_settings(view->index)->exact_weight);
    json_t *parts =
        json_pack("[o]", part_json(form ? "form" : names[node->kind], decimal(node->weight), &explained->whole));
    if (parts && explained->exact.told &&
        json_array_append_new(parts, part_json("form", beside, &explained->exact)) != 0) {
        json_decref(parts);
        return false;
    }
    return set(clause, "parts", parts);
}

static bool set_filter(json_t *clause, const fhi_explanation_view *view, const fhi_node *node)
{
    static const char *const columns[FHI_COLUMN_COUNT] = {"source", "section", "region", "author", "lang"};
    const fhi_segment *segment = fhi_index_segment(view->index, view->document.segment);
    const uint32_t ordinal = fhi_segment_column_ordinal(segment, node->column, view->document.doc);
    const fhi_column_value has = fhi_segment_column_value(segment, node->column, ordinal);
    return set(clause, "field", json_string(columns[node->column])) &&
           set(clause, "wanted", text_json(fhi_plan_filter_key(node))) && set(clause, "has", text_json(has.value));
}

static bool set_days(json_t *clause, const fhi_explanation_view *view, const fhi_node *node)
{
    const fhi_segment *segment = fhi_index_segment(view->index, view->document.segment);
    return set(clause, "from", json_integer(node->day_first)) && set(clause, "to", json_integer(node->day_last)) &&
           set(clause, "day", json_integer(fhi_segment_day(segment, view->document.doc)));
}

static json_t *clause_json(const fhi_explanation_view *view, const fhi_explained *explained);

static bool set_children(json_t *clause, const fhi_explanation_view *view, const fhi_explained *explained)
{
    json_t *children = json_array();
    for (uint32_t i = 0; i < explained->node->child_count; i++)
        if (json_array_append_new(children, clause_json(view, &explained->children[i])) != 0) {
            json_decref(children);
            return false;
        }
    return set(clause, "clauses", children);
}

static bool fill_clause(json_t *clause, const fhi_explanation_view *view, const fhi_explained *explained)
{
    const fhi_node *node = explained->node;
    if (node->title_only && !set(clause, "field", json_string("title"))) return false;
    switch (node->kind) {
    case FHI_NODE_WORD: return set_word(clause, &node->word) && set_parts(clause, view, explained);
    case FHI_NODE_PREFIX: return set(clause, "prefix", text_json(node->prefix)) && set_parts(clause, view, explained);
    case FHI_NODE_PHRASE: return set_slots(clause, explained) && set_parts(clause, view, explained);
    case FHI_NODE_COLUMN: return set_filter(clause, view, node);
    case FHI_NODE_DAYS: return set_days(clause, view, node);
    case FHI_NODE_ALL: return true;
    default: return set_children(clause, view, explained);
    }
}

/* As deep as a plan. */
static json_t *clause_json(const fhi_explanation_view *view, const fhi_explained *explained)
{
    json_t *clause = json_pack("{s:s, s:b, s:b}", "kind", fhi_plan_kind_name(explained->node->kind), "matches",
                               (int)explained->matches, "counts", (int)explained->counts);
    if (clause && fill_clause(clause, view, explained)) return clause;
    json_decref(clause);
    return NULL;
}

/* ---- what fails ---- */

static bool add_failing(json_t *list, const fhi_node *node, const char *why)
{
    fhi_buf text;
    fhi_buf_init(&text);
    fhi_plan_print(node, &text);
    const fh_str clause = fhi_buf_str(&text);
    const bool added =
        text.status == FH_OK &&
        json_array_append_new(list, json_pack("{s:s%, s:s}", "clause", clause.ptr, clause.len, "why", why)) == 0;
    fhi_buf_fini(&text);
    return added;
}

/* The clauses for which a node that does not match fails; as deep as a plan. */
static bool add_all_failing(json_t *list, const fhi_explained *explained)
{
    const fhi_node *node = explained->node;
    const bool filter = node->kind == FHI_NODE_COLUMN || node->kind == FHI_NODE_DAYS;
    if (explained->matches) return true;
    if (node->kind == FHI_NODE_OR) return add_failing(list, node, "none");
    if (node->child_count == 0) return add_failing(list, node, filter ? "filter" : "absent");
    for (uint32_t i = 0; i < node->child_count; i++) {
        const bool excluded = node->kind == FHI_NODE_NOT && i > 0;
        const fhi_explained *child = &explained->children[i];
        if (excluded && child->matches && !add_failing(list, child->node, "excluded")) return false;
        if (!excluded && !add_all_failing(list, child)) return false;
    }
    return true;
}

static json_t *failing_json(const fhi_explained *root)
{
    json_t *list = json_array();
    if (list && add_all_failing(list, root)) return list;
    json_decref(list);
    return NULL;
}

/* ---- the whole ---- */

static json_t *ranking_json(const fhi_explanation_view *view)
{
    const fhi_settings *settings = fhi_index_settings(view->index);
    const fhi_explanation *explanation = &view->explanation;
    const double unit = settings->body_weight;
    return json_pack("{s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "formula", formula, "articles",
                     (json_int_t)fhi_index_doc_count(view->index), "length", (json_int_t)explanation->length,
                     "average_length", (double)explanation->average_length, "k", (double)explanation->k, "k1",
                     decimal(settings->k1), "b", decimal(settings->b), "title_weight", settings->title_weight / unit,
                     "lead_weight", settings->lead_weight / unit);
}

json_t *fhi_reply_explanation(const fhi_explanation_view *view, fh_str id)
{
    fhi_buf plan;
    fhi_buf_init(&plan);
    fhi_plan_print(view->explanation.root.node, &plan);
    const fh_str text = fhi_buf_str(&plan);
    json_t *told = plan.status != FH_OK
                       ? NULL
                       : json_pack("{s:s%, s:b, s:f, s:s, s:s%, s:o, s:o, s:o}", "article", id.ptr, id.len, "matches",
                                   (int)view->explanation.root.matches, "score", (double)view->explanation.score,
                                   "sorted_by", view->scored ? "score" : "date", "plan", text.ptr, text.len, "fails",
                                   failing_json(&view->explanation.root), "clauses",
                                   clause_json(view, &view->explanation.root), "ranking", ranking_json(view));
    fhi_buf_fini(&plan);
    return told;
}
