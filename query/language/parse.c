/* parse.c - lexemes to a tree, by descent.
 *
 *     or       := sequence (OR sequence)*
 *     sequence := and+                        side by side
 *     and      := unary (AND unary)*
 *     unary    := (NOT | - | +)* primary
 *     primary  := word | phrase | field value | ( or )
 *
 * Only parentheses recurse, and their depth is bounded. A node with one child is that child.
 */
#include "query/language/lex.h"
#include "query/language/syntax.h"

#include <assert.h>

typedef struct parser {
    fh_str query;
    const fhi_lexeme *next; /* the one to read; END stops every loop */
    fhi_arena *arena;
    fhi_query_error *error;
    fhi_syntax_field field; /* of the group we are in */
    unsigned depth;         /* open parentheses */
    unsigned clause_count;  /* leaves so far */
    unsigned clauses_max;
} parser;

static fh_status parse_or(parser *p, fhi_syntax **out);

static fh_status fail_at(parser *p, fhi_query_code code, const fhi_lexeme *lexeme)
{
    return fhi_query_fail(p->error, code, lexeme->begin, lexeme->text);
}

static fh_status new_node(parser *p, fhi_syntax_kind kind, fhi_syntax **out)
{
    fhi_syntax *node = fhi_arena_zalloc(p->arena, 1, sizeof *node);
    *out = node;
    if (!node) return fhi_arena_failure(p->arena);
    node->kind = kind;
    node->boost = 1;
    node->near = FHI_NEAR_NONE;
    return FH_OK;
}

/* Children in a row; the node around them is made only when there are two. */
typedef struct children {
    fhi_syntax *first;
    fhi_syntax *last;
} children;

static void add_child(children *list, fhi_syntax *child)
{
    if (list->last)
        list->last->next = child;
    else
        list->first = child;
    list->last = child;
}

static fh_status close_children(parser *p, fhi_syntax_kind kind, const children *list, fhi_syntax **out)
{
    *out = list->first;
    if (list->first == list->last) return FH_OK;
    assert(list->first && list->last);
    FH_TRY(new_node(p, kind, out));
    (*out)->first = list->first;
    (*out)->begin = list->first->begin;
    (*out)->end = list->last->end;
    return FH_OK;
}

static bool ends_operand(fhi_lexeme_kind kind)
{
    return kind == FHI_LEX_END || kind == FHI_LEX_CLOSE || kind == FHI_LEX_AND || kind == FHI_LEX_OR;
}

/* The mark behind the text of a lexeme that should not be there. */
static fh_status fail_at_mark(parser *p, fhi_query_code code, const fhi_lexeme *lexeme, char mark)
{
    const char *end = p->query.ptr + lexeme->end, *from = p->query.ptr + lexeme->begin;
    if (lexeme->text.len) from = lexeme->text.ptr + lexeme->text.len;
    const char *found = from < end ? memchr(from, mark, (size_t)(end - from)) : NULL;
    if (!found) return fail_at(p, code, lexeme);
    return fhi_query_fail(p->error, code, (size_t)(found - p->query.ptr), lexeme->text);
}

/* What a field other than title cannot do with its value. */
static fh_status check_value(parser *p, fhi_syntax_field field, const fhi_lexeme *lexeme)
{
    if (field == FHI_IN_TEXT || field == FHI_IN_TITLE) return FH_OK;
    if (lexeme->kind == FHI_LEX_PREFIX) return fail_at_mark(p, FHI_QUERY_BAD_PREFIX, lexeme, '*');
    if (lexeme->exact) return fail_at(p, FHI_QUERY_BAD_EXACT, lexeme);
    if (lexeme->near != FHI_NEAR_NONE) return fail_at_mark(p, FHI_QUERY_BAD_PROXIMITY, lexeme, '~');
    if (lexeme->boost > 0) return fail_at_mark(p, FHI_QUERY_BAD_BOOST, lexeme, '^');
    return FH_OK;
}

static fhi_syntax_kind leaf_kind(fhi_lexeme_kind kind, fhi_syntax_field field)
{
    if (field == FHI_IN_DATE) return FHI_SYNTAX_DAYS;
    if (kind == FHI_LEX_PREFIX) return FHI_SYNTAX_PREFIX;
    return kind == FHI_LEX_PHRASE ? FHI_SYNTAX_PHRASE : FHI_SYNTAX_WORD;
}

/* A range with a space in it would pass for an open one, or for a day and a word. */
static fh_status check_range_end(parser *p, const fhi_lexeme *value)
{
    const fh_str all = p->query;
    size_t at = value->end, end;
    uint32_t first, last;
    fhi_query_error ignored;
    while (at < all.len && fhi_lex_is_space(all, at, &end))
        at = end;
    if (at == value->end || at == all.len) return FH_OK;
    const fh_str rest = {all.ptr + at, all.len - at}, next = p->next->text;
    const bool open = value->text.len > 2 && memcmp(value->text.ptr + value->text.len - 2, "..", 2) == 0;
    const bool day_follows = p->next->kind == FHI_LEX_WORD && p->next->begin == at &&
                             fhi_parse_days(next, 0, &first, &last, &ignored) == FH_OK;
    if (!(open && day_follows) && !fhi_str_starts(rest, FH_STR("..")) && !fhi_str_starts(rest, FH_STR("…")))
        return FH_OK;
    const size_t stop = p->next->kind == FHI_LEX_WORD ? p->next->end : at;
    return fhi_query_fail(p->error, FHI_QUERY_BAD_DATE, value->begin,
                          (fh_str){all.ptr + value->begin, stop - value->begin});
}

static fh_status parse_leaf(parser *p, fhi_syntax **out)
{
    const fhi_lexeme *lexeme = p->next++;
    *out = NULL;
    if (++p->clause_count > p->clauses_max) return fail_at(p, FHI_QUERY_TOO_MANY_CLAUSES, lexeme);
    FH_TRY(check_value(p, p->field, lexeme));
    fhi_syntax *node;
    FH_TRY(new_node(p, leaf_kind(lexeme->kind, p->field), &node));
    node->field = p->field;
    node->exact = lexeme->exact;
    node->near = lexeme->near;
    node->boost = lexeme->boost > 0 ? lexeme->boost : 1;
    node->begin = lexeme->begin;
    node->end = lexeme->end;
    node->text = lexeme->text;
    if (node->kind == FHI_SYNTAX_DAYS) {
        FH_TRY(fhi_parse_days(node->text, (uint32_t)(node->text.ptr - p->query.ptr), &node->day_first, &node->day_last,
                              p->error));
        FH_TRY(check_range_end(p, lexeme));
    }
    *out = node;
    return FH_OK;
}

/* ( ... ); its boost multiplies that of what is inside. */
static fh_status parse_group(parser *p, fhi_syntax **out)
{
    const fhi_lexeme *open = p->next++;
    *out = NULL;
    if (p->depth == FHI_QUERY_DEPTH_MAX) return fail_at(p, FHI_QUERY_TOO_DEEP, open);
    if (p->next->kind == FHI_LEX_CLOSE) return fail_at(p, FHI_QUERY_EMPTY, open);
    if (p->next->kind == FHI_LEX_END) return fail_at(p, FHI_QUERY_OPEN_PARENTHESIS, open);
    p->depth++;
    FH_TRY(parse_or(p, out));
    p->depth--;
    if (p->next->kind != FHI_LEX_CLOSE) return fail_at(p, FHI_QUERY_OPEN_PARENTHESIS, open);
    const fhi_lexeme *close = p->next++;
    if (close->boost > 0 && p->field > FHI_IN_TITLE) return fail_at_mark(p, FHI_QUERY_BAD_BOOST, close, '^');
    if (close->boost > 0) (*out)->boost *= close->boost;
    (*out)->begin = open->begin;
    (*out)->end = close->end;
    return FH_OK;
}

/* name: and the word, phrase or group that follows at once. */
static fh_status parse_field(parser *p, fhi_syntax **out)
{
    const fhi_lexeme *name = p->next++;
    const fhi_lexeme *value = p->next;
    *out = NULL;
    if (p->field != FHI_IN_TEXT) return fail_at(p, FHI_QUERY_FIELD_IN_FIELD, name);
    const bool touches = value->begin == name->end;
    if (touches && value->kind == FHI_LEX_FIELD) return fail_at(p, FHI_QUERY_FIELD_IN_FIELD, value);
    if (touches && (value->kind == FHI_LEX_AND || value->kind == FHI_LEX_OR || value->kind == FHI_LEX_NOT))
        return fail_at(p, FHI_QUERY_MISSING_OPERAND, value);
    const bool is_value = value->kind == FHI_LEX_WORD || value->kind == FHI_LEX_PREFIX ||
                          value->kind == FHI_LEX_PHRASE || value->kind == FHI_LEX_OPEN;
    if (!touches || !is_value || (value->blank && name->field != FHI_IN_DATE))
        return fail_at(p, FHI_QUERY_MISSING_VALUE, name);
    p->field = name->field;
    FH_TRY(value->kind == FHI_LEX_OPEN ? parse_group(p, out) : parse_leaf(p, out));
    p->field = FHI_IN_TEXT;
    assert(*out);
    (*out)->begin = name->begin;
    return FH_OK;
}

static fh_status parse_primary(parser *p, fhi_syntax **out)
{
    switch (p->next->kind) {
    case FHI_LEX_OPEN: return parse_group(p, out);
    case FHI_LEX_FIELD: return parse_field(p, out);
    default: return parse_leaf(p, out);
    }
}

/* Two negations cancel each other here, so that they nest nothing. */
static fh_status parse_unary(parser *p, fhi_syntax **out)
{
    const fhi_lexeme *first = p->next;
    bool negated = false, required = false;
    *out = NULL;
    for (;; p->next++) {
        const fhi_lexeme_kind kind = p->next->kind;
        if (kind == FHI_LEX_REQUIRE)
            required = true;
        else if (kind == FHI_LEX_NOT || kind == FHI_LEX_EXCLUDE)
            negated = !negated;
        else if (kind != FHI_LEX_SIGN)
            break;
        if (ends_operand(p->next[1].kind)) return fail_at(p, FHI_QUERY_MISSING_OPERAND, p->next);
    }
    FH_TRY(parse_primary(p, out));
    if (negated) {
        fhi_syntax *operand = *out;
        FH_TRY(new_node(p, FHI_SYNTAX_NOT, out));
        (*out)->first = operand;
        (*out)->end = operand->end;
    }
    (*out)->required = required && !negated;
    (*out)->begin = first->begin;
    return FH_OK;
}

static fh_status parse_and(parser *p, fhi_syntax **out)
{
    children list = {NULL, NULL};
    *out = NULL;
    for (;;) {
        fhi_syntax *item;
        FH_TRY(parse_unary(p, &item));
        add_child(&list, item);
        if (p->next->kind != FHI_LEX_AND) break;
        if (ends_operand(p->next[1].kind)) return fail_at(p, FHI_QUERY_MISSING_OPERAND, p->next);
        p->next++;
    }
    return close_children(p, FHI_SYNTAX_AND, &list, out);
}

static fh_status parse_sequence(parser *p, fhi_syntax **out)
{
    children list = {NULL, NULL};
    const fhi_syntax *wanted = NULL; /* the first value of date:( ) */
    *out = NULL;
    if (p->next->kind == FHI_LEX_CLOSE && p->depth == 0) return fail_at(p, FHI_QUERY_CLOSE_PARENTHESIS, p->next);
    if (ends_operand(p->next->kind)) return fail_at(p, FHI_QUERY_MISSING_OPERAND, p->next);
    while (!ends_operand(p->next->kind)) {
        fhi_syntax *item;
        FH_TRY(parse_and(p, &item));
        if (p->field == FHI_IN_DATE && item && item->kind != FHI_SYNTAX_NOT) { /* no day is two: OR, or .. was meant */
            if (wanted)
                return fhi_query_fail(p->error, FHI_QUERY_BAD_DATE, wanted->begin,
                                      (fh_str){p->query.ptr + wanted->begin, item->end - wanted->begin});
            wanted = item;
        }
        add_child(&list, item);
    }
    return close_children(p, FHI_SYNTAX_SEQUENCE, &list, out);
}

static fh_status parse_or(parser *p, fhi_syntax **out)
{
    children list = {NULL, NULL};
    *out = NULL;
    for (;;) {
        fhi_syntax *item;
        FH_TRY(parse_sequence(p, &item));
        add_child(&list, item);
        if (p->next->kind != FHI_LEX_OR) break;
        if (ends_operand(p->next[1].kind)) return fail_at(p, FHI_QUERY_MISSING_OPERAND, p->next);
        p->next++;
    }
    return close_children(p, FHI_SYNTAX_OR, &list, out);
}

static fh_status check_text(fh_str query, fhi_query_error *error)
{
    if (query.len > FHI_QUERY_BYTES_MAX)
        return fhi_query_fail(error, FHI_QUERY_TOO_LONG, FHI_QUERY_BYTES_MAX, (fh_str){NULL, 0});
    const char *nul = query.len ? memchr(query.ptr, 0, query.len) : NULL;
    if (nul) return fhi_query_fail(error, FHI_QUERY_BAD_CHARACTER, (size_t)(nul - query.ptr), (fh_str){NULL, 0});
    const size_t bad = fhi_utf8_check(query.ptr, query.len);
    if (bad < query.len) return fhi_query_fail(error, FHI_QUERY_NOT_UTF8, bad, (fh_str){NULL, 0});
    return FH_OK;
}

fh_status fhi_parse(fh_str query, const fhi_parse_options *options, fhi_arena *arena, fhi_syntax **root,
                    fhi_query_error *error)
{
    fhi_lexeme *lexemes;
    *root = NULL;
    *error = (fhi_query_error){.code = FHI_QUERY_NONE};
    FH_TRY(check_text(query, error));
    FH_TRY(fhi_lex(query, options, arena, &lexemes, error));
    parser p = {.query = query, .next = lexemes, .arena = arena, .error = error};
    p.clauses_max = options->clauses_max ? options->clauses_max : FHI_QUERY_CLAUSES_MAX;
    if (lexemes->kind == FHI_LEX_END) return fhi_query_fail(error, FHI_QUERY_EMPTY, 0, (fh_str){NULL, 0});
    FH_TRY(parse_or(&p, root));
    if (p.next->kind == FHI_LEX_END) return FH_OK;
    *root = NULL; /* only a closing parenthesis stops parse_or before the end */
    return fail_at(&p, FHI_QUERY_CLOSE_PARENTHESIS, p.next);
}
