/* plan_filter.c - filters on columns: values are compared folded, whole, but an author word by word. */
#include "query/language/lex.h"
#include "query/language/plan.h"

#include <unicode/uchar.h>

typedef struct words_argument {
    fh_str key; /* folded words that the value must hold */
    bool adjacent;
} words_argument;

static bool accept_whole(void *argument, fh_str folded_value)
{
    const fh_str *key = argument;
    return fhi_str_equal(*key, folded_value);
}

/* The next run of letters, marks and digits of *rest; empty at the end. */
static fh_str next_word(fh_str *rest)
{
    size_t begin = 0, at = 0, bytes = 0;
    for (; at < rest->len; at += bytes) {
        const UChar32 c = fhi_lex_char(*rest, at, &bytes);
        const bool inside = c >= 0 && (u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK));
        if (!inside && at > begin) break;
        if (!inside) begin = at + bytes;
    }
    const fh_str word = {rest->ptr + begin, at - begin};
    rest->ptr += at;
    rest->len -= at;
    return word;
}

static bool has_word(fh_str value, fh_str wanted)
{
    for (fh_str word = next_word(&value); word.len; word = next_word(&value))
        if (fhi_str_equal(word, wanted)) return true;
    return false;
}

/* Whether the words of key begin the words of value. */
static bool begins_with_words(fh_str value, fh_str key)
{
    for (fh_str wanted = next_word(&key); wanted.len; wanted = next_word(&key))
        if (!fhi_str_equal(next_word(&value), wanted)) return false;
    return true;
}

static bool accept_words(void *argument, fh_str folded_value)
{
    const words_argument *wanted = argument;
    fh_str rest = wanted->adjacent ? folded_value : wanted->key;
    if (!wanted->adjacent) {
        for (fh_str word = next_word(&rest); word.len; word = next_word(&rest))
            if (!has_word(folded_value, word)) return false;
        return true;
    }
    do {
        if (begins_with_words(rest, wanted->key)) return true;
    } while (next_word(&rest).len);
    return false;
}

static fh_str trim(fh_str text)
{
    while (text.len && text.ptr[0] == ' ')
        text = (fh_str){text.ptr + 1, text.len - 1};
    while (text.len && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

static fhi_column column_of(fhi_syntax_field field)
{
    switch (field) {
    case FHI_IN_SOURCE: return FHI_COLUMN_SOURCE;
    case FHI_IN_SECTION: return FHI_COLUMN_SECTION;
    case FHI_IN_REGION: return FHI_COLUMN_REGION;
    case FHI_IN_AUTHOR: return FHI_COLUMN_AUTHOR;
    default: return FHI_COLUMN_LANG;
    }
}

fh_status fhi_plan_filter(fhi_planner *planner, fhi_syntax_field field, fh_str text, bool quoted, fhi_node **out)
{
    fh_str folded;
    *out = NULL;
    FH_TRY(fh_analyzer_fold(planner->input->analyzer, text, &folded, planner->err));
    words_argument *argument = fhi_arena_zalloc(planner->arena, 1, sizeof *argument);
    fh_str key = fhi_arena_copy(planner->arena, trim(folded));
    if (!argument || !key.ptr) return fhi_arena_failure(planner->arena);
    FH_TRY(fhi_node_new(planner, FHI_NODE_COLUMN, out));
    *argument = (words_argument){.key = key, .adjacent = quoted};
    (*out)->column = column_of(field);
    (*out)->accept = field == FHI_IN_AUTHOR ? accept_words : accept_whole;
    (*out)->accept_argument = argument; /* its key comes first: accept_whole reads just that */
    return FH_OK;
}

fh_str fhi_plan_filter_key(const fhi_node *node)
{
    const words_argument *argument = node->accept_argument;
    return argument->key;
}
