/* analyzer.h - text in, terms with offsets out. The same analyzer serves index and query.
 *
 * Two analyzers exist. "press" runs the French and Arabic chains; "words" takes whitespace-separated
 * words as they are. An fh_analyzer belongs to one thread at a time; two of them share nothing writable.
 */
#ifndef FIHRIST_ANALYZER_H
#define FIHRIST_ANALYZER_H

#include <fihrist/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FH_TERM_BYTES_MAX = 200,             /* a longer word is cut here, at a character boundary */
    FH_TEXT_BYTES_MAX = 16 * 1024 * 1024 /* a longer text answers FH_E_LIMIT */
};

typedef enum fh_script { FH_SCRIPT_OTHER = 0, FH_SCRIPT_LATIN = 1, FH_SCRIPT_ARABIC = 2 } fh_script;

typedef enum fh_token_kind {
    FH_TOKEN_WORD = 0,
    FH_TOKEN_NUMBER = 1, /* joined digits, decimal point normalised */
    FH_TOKEN_JOINED = 2, /* the joined form of a hyphenated word; shares its first part's position */
    FH_TOKEN_DATE = 3    /* a calendar day, YYYYMMDD; shares the position of its first part */
} fh_token_kind;

/* One distinct surface word, interned by the analyzer. exact: case-folded NFKC, accents kept. fold: the same
 * without accents, Arabic letters normalised; prefix search runs over it. stem: what `mot` matches. For `words` and
 * where no rule applies all three are equal. Bytes live until the analyzer is reset or destroyed. */
typedef struct fh_word {
    fh_str exact;
    fh_str fold;
    fh_str stem;
    uint32_t id;    /* dense from 0 in order of first sight since the last reset */
    uint8_t script; /* fh_script */
    uint8_t kind;   /* fh_token_kind */
    uint8_t stop;   /* 1 for stop and question words, which weigh half in ranking */
} fh_word;

typedef struct fh_token {
    const fh_word *word;
    uint32_t position; /* from 0, never decreasing inside one text */
    uint32_t begin;    /* byte range [begin, end) in the original text */
    uint32_t end;
} fh_token;

typedef struct fh_analyzer fh_analyzer;

/* name: "press" or "words". Codes: FH_E_INVALID (unknown name), FH_E_NOMEM, FH_E_INTERNAL (ICU data absent). */
fh_status fh_analyzer_create(const char *name, fh_analyzer **out, fh_err *err);
void fh_analyzer_destroy(fh_analyzer *analyzer); /* NULL is allowed */

/* Identifies rules and tables; written into every segment, compared at open. "press" and "words" differ. */
uint32_t fh_analyzer_id(const fh_analyzer *analyzer);

/* Analyze one text. *tokens is owned by the analyzer and valid until the next call on it.
 * Codes: FH_E_UTF8 (err->offset is the byte), FH_E_LIMIT, FH_E_NOMEM. */
fh_status fh_analyzer_run(fh_analyzer *analyzer, fh_str text, const fh_token **tokens, size_t *token_count,
                          fh_err *err);

/* Byte offset just past the second sentence of text (its length when it has fewer): the lead of an article. */
fh_status fh_analyzer_lead_end(fh_analyzer *analyzer, fh_str text, uint32_t *end);

/* Bytes held by the word cache, and how to drop it: every fh_word given out before is then invalid. */
size_t fh_analyzer_cache_bytes(const fh_analyzer *analyzer);
void fh_analyzer_reset(fh_analyzer *analyzer);

/* Query side: other stems that `word` also matches where the dictionary has them (Arabic one-letter clitics
 * before the stem). At most FH_VARIANTS_MAX; strings are owned by the analyzer until the next call on it. */
enum { FH_VARIANTS_MAX = 8 };
fh_status fh_analyzer_variants(fh_analyzer *analyzer, const fh_word *word, fh_str variants[FH_VARIANTS_MAX],
                               size_t *variant_count);

/* Key under which a whole field value is compared: no case, no accent, Arabic letters normalised, runs of
 * white space to one space. *key is owned by the analyzer until the next call on it. Codes: FH_E_UTF8, FH_E_NOMEM. */
fh_status fh_analyzer_fold(fh_analyzer *analyzer, fh_str value, fh_str *key, fh_err *err);

#ifdef __cplusplus
}
#endif
#endif
