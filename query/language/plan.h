/* plan.h - from a syntax tree to a plan for engine/match, through the analyzer.
 *
 *     plan.c         groups: which words are required, optional, filters, excluded
 *     plan_words.c   text leaves: words, phrases, prefixes, dates in running text
 *     plan_filter.c  source: section: region: author: lang: date:
 *
 * A plan names terms by their bytes and knows no segment. It lives in the arena of the request and views words
 * interned by the analyzer, so the analyzer must not be reset while a plan is in use.
 */
#ifndef FHI_PLAN_H
#define FHI_PLAN_H

#include "engine/match/match.h"
#include "query/language/syntax.h"

#include <fihrist/analyzer.h>

/* Kept of every prefix and of each clitic before it, to say which one grew too large. */
typedef struct fhi_plan_prefix {
    struct fhi_plan_prefix *next;
    const fhi_node *node;
    fh_str text; /* as written, a view into the query */
} fhi_plan_prefix;

typedef struct fhi_plan {
    fhi_node *root;
    bool scored;  /* some word, phrase or prefix ranks; without any the newest come first */
    bool content; /* some word is more than a stop word: then stop words alone are not worth showing */
    fhi_plan_prefix *prefixes;
} fhi_plan;

typedef struct fhi_plan_input {
    fh_analyzer *analyzer;
    const fhi_settings *settings; /* of the index */
    fhi_op op;
    fhi_arena *arena;
    fh_str query;
} fhi_plan_input;

/* Codes: FH_E_SYNTAX, FH_E_LIMIT with *error filled; otherwise error->code is NONE and err tells. */
fh_status fhi_plan_make(const fhi_plan_input *input, const fhi_syntax *root, fhi_plan *out, fhi_query_error *error,
                        fh_err *err);

/* What a COLUMN of such a plan compares values with, folded. */
fh_str fhi_plan_filter_key(const fhi_node *node);

/* ---- between the files of the planner ---- */

typedef struct fhi_node_list {
    fhi_node **items; /* in the arena */
    uint32_t count;
    uint32_t capacity;
} fhi_node_list;

typedef struct fhi_planner {
    const fhi_plan_input *input;
    fhi_arena *arena;
    bool words_index;    /* the `words` analyzer: no exact forms beside the terms */
    uint32_t leaf_count; /* words, phrases and prefixes as written */
    uint32_t list_count; /* words to look up for them: slots of phrases, clitics before prefixes */
    bool content;
    fhi_plan_prefix *prefixes;
    fhi_query_error *error;
    fh_err *err;
} fhi_planner;

/* How the words of a piece of text are meant. */
typedef struct fhi_words_mode {
    float weight;
    bool exact;
    bool title_only;
    bool loose; /* any word may match: parts of a compound stand alone */
} fhi_words_mode;

fh_status fhi_node_new(fhi_planner *planner, fhi_node_kind kind, fhi_node **out);
fh_status fhi_node_list_add(fhi_planner *planner, fhi_node_list *list, fhi_node *node);
/* One node of `kind` over the list; the single child when there is one, NULL when there is none. */
fh_status fhi_node_join(fhi_planner *planner, fhi_node_kind kind, const fhi_node_list *list, fhi_node **out);

/* Words of running text, added to the list one by one. A word already in the list is not added again. */
fh_status fhi_plan_text(fhi_planner *planner, fh_str text, const fhi_words_mode *mode, fhi_node_list *list);
/* A quoted phrase, a prefix; *out is NULL where the analyzer finds nothing in it. */
fh_status fhi_plan_phrase(fhi_planner *planner, const fhi_syntax *leaf, const fhi_words_mode *mode, fhi_node **out);
fh_status fhi_plan_prefix_leaf(fhi_planner *planner, const fhi_syntax *leaf, const fhi_words_mode *mode,
                               fhi_node **out);
/* A filter: `text` is its whole value. quoted: the words of an author in this order, side by side. */
fh_status fhi_plan_filter(fhi_planner *planner, fhi_syntax_field field, fh_str text, bool quoted, fhi_node **out);

#endif
