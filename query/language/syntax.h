/* syntax.h - the query language: text in, a tree or the place of an error out.
 *
 *     lex.c     text -> lexemes: words, phrases, signs, operators, fields
 *     parse.c   lexemes -> tree; precedence NOT > AND > words side by side > OR
 *     days.c    the values of `date:`
 *     error.c   the errors, their codes and their sentences in three languages
 *
 * query/LANGUAGE.md describes the language for people. Trees live in the caller's arena and view
 * the query text, which must outlive them. Nothing here knows of analyzers or indexes.
 */
#ifndef FHI_SYNTAX_H
#define FHI_SYNTAX_H

#include "engine/base/base.h"

typedef enum fhi_op { FHI_OP_AND, FHI_OP_OR } fhi_op; /* of words side by side */
typedef enum fhi_message_lang { FHI_LANG_EN, FHI_LANG_FR, FHI_LANG_AR } fhi_message_lang;

enum {
    FHI_QUERY_BYTES_MAX = 4096,
    FHI_QUERY_CLAUSES_MAX = 256,
    FHI_QUERY_DEPTH_MAX = 64, /* parentheses inside parentheses */
    FHI_QUERY_BOOST_MAX = 1000,
    FHI_QUERY_NEAR_MAX = 1000
};

/* ---- errors: X(name, stable code) ---- */
#define FHI_QUERY_ERROR_LIST(X)                                                                                        \
    X(NONE, "")                                                                                                        \
    X(EMPTY, "empty")                                                                                                  \
    X(ONLY_NOT, "only_not")                                                                                            \
    X(OPEN_QUOTE, "open_quote")                                                                                        \
    X(CLOSE_QUOTE, "close_quote")                                                                                      \
    X(OPEN_PARENTHESIS, "open_parenthesis")                                                                            \
    X(CLOSE_PARENTHESIS, "close_parenthesis")                                                                          \
    X(MISSING_OPERAND, "missing_operand")                                                                              \
    X(MISSING_VALUE, "missing_value")                                                                                  \
    X(UNKNOWN_FIELD, "unknown_field")                                                                                  \
    X(FIELD_IN_FIELD, "field_in_field")                                                                                \
    X(BAD_DATE, "bad_date")                                                                                            \
    X(RANGE_BACKWARDS, "range_backwards")                                                                              \
    X(BAD_PREFIX, "bad_prefix")                                                                                        \
    X(BAD_BOOST, "bad_boost")                                                                                          \
    X(BAD_PROXIMITY, "bad_proximity")                                                                                  \
    X(BAD_EXACT, "bad_exact")                                                                                          \
    X(TOO_LONG, "too_long")                                                                                            \
    X(TOO_MANY_CLAUSES, "too_many_clauses")                                                                            \
    X(TOO_DEEP, "too_deep")                                                                                            \
    X(EXPANSION_LIMIT, "expansion_limit")                                                                              \
    X(NOT_UTF8, "not_utf8")                                                                                            \
    X(BAD_CHARACTER, "bad_character")

typedef enum fhi_query_code {
#define FHI_QUERY_CODE_ENUM(name, code) FHI_QUERY_##name,
    FHI_QUERY_ERROR_LIST(FHI_QUERY_CODE_ENUM)
#undef FHI_QUERY_CODE_ENUM
        FHI_QUERY_CODE_COUNT
} fhi_query_code;

typedef struct fhi_query_error {
    fhi_query_code code;
    uint32_t offset; /* bytes from the start of the query */
    fh_str detail;   /* part of the query that the sentence quotes; may be empty */
} fhi_query_error;

/* Fills *error and returns the status that goes with the code: E_SYNTAX, E_LIMIT or E_UTF8. */
fh_status fhi_query_fail(fhi_query_error *error, fhi_query_code code, size_t offset, fh_str detail);
const char *fhi_query_code_name(fhi_query_code code);
/* Whether a stable code is one of the query's, so that its offset means a place. */
bool fhi_query_code_is(const char *name);
/* The sentence of an error, appended to *text. */
void fhi_query_message(const fhi_query_error *error, fhi_message_lang lang, fhi_buf *text);
/* The sentence of a failure that is not the query's; detail: more about it in English, or "". */
void fhi_status_message(fh_status status, const char *detail, fhi_message_lang lang, fhi_buf *text);
/* Characters (code points) before byte `offset`; a malformed byte counts as one. */
uint32_t fhi_query_chars_before(fh_str query, size_t offset);

/* ---- tree ---- */
typedef enum fhi_syntax_field {
    FHI_IN_TEXT, /* no field was named */
    FHI_IN_TITLE,
    FHI_IN_SOURCE,
    FHI_IN_SECTION,
    FHI_IN_REGION,
    FHI_IN_AUTHOR,
    FHI_IN_LANG,
    FHI_IN_DATE
} fhi_syntax_field;

typedef enum fhi_syntax_kind {
    FHI_SYNTAX_WORD,     /* characters between white space; one word or several to the analyzer */
    FHI_SYNTAX_PREFIX,   /* mot* */
    FHI_SYNTAX_PHRASE,   /* "..." */
    FHI_SYNTAX_DAYS,     /* date:... */
    FHI_SYNTAX_SEQUENCE, /* side by side: all of them, or any of them under --op or */
    FHI_SYNTAX_AND,
    FHI_SYNTAX_OR,
    FHI_SYNTAX_NOT /* of its one child */
} fhi_syntax_kind;

enum { FHI_NEAR_NONE = UINT16_MAX };

typedef struct fhi_syntax fhi_syntax;
struct fhi_syntax {
    fhi_syntax_kind kind;
    fhi_syntax_field field; /* of a leaf */
    bool exact;             /* =mot, ="phrase" */
    bool required;          /* +: needed also where words are optional */
    uint16_t near;          /* PHRASE: words allowed in between; FHI_NEAR_NONE without ~ */
    float boost;            /* > 0; of a group it multiplies those inside */
    uint32_t begin;         /* byte range in the query, with field, sign and suffix */
    uint32_t end;
    fh_str text; /* of a leaf: inside the quotes, without sign and suffix */
    uint32_t day_first;
    uint32_t day_last;
    fhi_syntax *first; /* children */
    fhi_syntax *next;  /* sibling */
};

typedef struct fhi_parse_options {
    bool any_word;        /* a token of punctuation alone is a word too, as the `words` analyzer has it */
    uint32_t clauses_max; /* 0: FHI_QUERY_CLAUSES_MAX */
} fhi_parse_options;

/* Codes: FH_E_SYNTAX, FH_E_LIMIT, FH_E_UTF8 with *error filled; FH_E_NOMEM, or FH_E_LIMIT of the arena, with
 * error->code NONE. */
fh_status fhi_parse(fh_str query, const fhi_parse_options *options, fhi_arena *arena, fhi_syntax **root,
                    fhi_query_error *error);

/* Value of `date:`: 2025, 2025-07, 2025-07-01, A..B, A.., ..B. offset: of value in the query, for errors. */
fh_status fhi_parse_days(fh_str value, uint32_t offset, uint32_t *day_first, uint32_t *day_last,
                         fhi_query_error *error);

#endif
