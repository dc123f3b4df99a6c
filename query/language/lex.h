/* lex.h - lexemes of a query, between lex.c and parse.c. */
#ifndef FHI_LEX_H
#define FHI_LEX_H

#include "query/language/syntax.h"

typedef enum fhi_lexeme_kind {
    FHI_LEX_END,
    FHI_LEX_WORD,
    FHI_LEX_PREFIX,
    FHI_LEX_PHRASE,
    FHI_LEX_FIELD, /* name and colon; what belongs to it follows at once */
    FHI_LEX_OPEN,
    FHI_LEX_CLOSE,
    FHI_LEX_AND,
    FHI_LEX_OR,
    FHI_LEX_NOT,
    FHI_LEX_REQUIRE, /* + before a word */
    FHI_LEX_EXCLUDE, /* - before a word */
    FHI_LEX_SIGN     /* + or - alone: a dash in running text, unless nothing follows it */
} fhi_lexeme_kind;

typedef struct fhi_lexeme {
    fhi_lexeme_kind kind;
    fhi_syntax_field field; /* FIELD */
    bool exact;
    bool blank;    /* nothing to search for in it; kept only as a value after a field */
    uint16_t near; /* PHRASE */
    float boost;   /* WORD, PREFIX, PHRASE, CLOSE; 0 when not written */
    uint32_t begin;
    uint32_t end;
    fh_str text;
} fhi_lexeme;

/* All lexemes, ended by one of kind END at text.len. The text is valid UTF-8 of at most FHI_QUERY_BYTES_MAX bytes. */
fh_status fhi_lex(fh_str text, const fhi_parse_options *options, fhi_arena *arena, fhi_lexeme **lexemes,
                  fhi_query_error *error);

/* Code point at byte `at` < text.len and its length in bytes. */
int32_t fhi_lex_char(fh_str text, size_t at, size_t *bytes);
/* Whether the character there is white space; *end is where it ends. */
bool fhi_lex_is_space(fh_str text, size_t at, size_t *end);
/* Whether the code point is an invisible mark: of direction (U+200F), zero width, soft hyphen. */
bool fhi_lex_is_mark(int32_t c);
/* Whether any letter or digit is in it. */
bool fhi_lex_has_word(fh_str text);

#endif
