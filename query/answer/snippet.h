/* snippet.h - what of an article to show, and where the query matches in it.
 *
 *     highlight.c     plan -> what to look for; tokens of a text -> byte ranges that match
 *     skim.c          which stretches of a text can match, so that the others need no analysis
 *     snippet.c       the best window or two of an article
 *     snippet_cut.c   cuts at word and grapheme boundaries, white space, marks in code points
 *
 * A snippeter belongs to one thread and is used for one plan at a time.
 */
#ifndef FHI_SNIPPET_H
#define FHI_SNIPPET_H

#include "query/language/plan.h"

#include <fihrist/record.h>

#include <unicode/ubrk.h>

enum {
    FHI_SNIPPET_CHARS = 240,            /* aimed at, of article text */
    FHI_SNIPPET_TEXT_BYTES = 64 * 1024, /* of an article that are looked through */
    FHI_SNIPPET_PIECE_BYTES = 8 * 1024, /* analyzed at a time */
    FHI_MATCHES_MAX = 2048,             /* remembered of one text */
    FHI_UNITS_MAX = 64                  /* leaves of the plan that are shown: one bit each */
};

/* Plain text and the matches in it as pairs [begin, end) of code points, in order, apart. In the arena. */
typedef struct fhi_shown {
    fh_str text;
    uint32_t *marks; /* 2 * mark_count numbers */
    uint32_t mark_count;
} fhi_shown;

typedef struct fhi_snippeter fhi_snippeter;

/* Codes: FH_E_NOMEM, FH_E_INTERNAL (ICU data absent). */
fh_status fhi_snippeter_create(fh_analyzer *analyzer, fhi_snippeter **out, fh_err *err);
void fhi_snippeter_destroy(fhi_snippeter *snippeter); /* NULL is allowed */

/* For tests: every word is analyzed, as it was before there was skim.c. The answers are the same. */
void fhi_snippeter_read_all(fhi_snippeter *snippeter, bool all);

/* Sets what to look for (NULL: nothing); the nodes of the plan and the arena must live until the next start. Codes:
 * FH_E_NOMEM, FH_E_LIMIT (arena). */
fh_status fhi_snippeter_start(fhi_snippeter *snippeter, const fhi_plan *plan, fhi_arena *arena);

/* The title as it is, and the best of abstract, body and tags; what they answer lives in `arena`. */
fh_status fhi_snippet_title(fhi_snippeter *snippeter, fh_str title, fhi_arena *arena, fhi_shown *out);
fh_status fhi_snippet_make(fhi_snippeter *snippeter, const fh_record *record, fhi_arena *arena, fhi_shown *out);
/* A whole text as it is; title: what is looked for in titles alone counts. */
fh_status fhi_snippet_whole(fhi_snippeter *snippeter, fh_str text, bool title, fhi_arena *arena, fhi_shown *out);

/* ---- between the files of this part ---- */

/* Something that matched: bytes [begin, end) of the text. units: which parts of the query. */
typedef struct fhi_match {
    uint32_t begin;
    uint32_t end;
    uint64_t units;
} fhi_match;

typedef struct fhi_match_list {
    fhi_match *items; /* FHI_MATCHES_MAX */
    uint32_t count;
} fhi_match_list;

/* One thing the plan looks for. */
typedef struct fhi_unit {
    const fhi_node *node;
    float weight; /* how much showing it is worth */
} fhi_unit;

/* What a distinct word of the texts stands for, remembered by its number in the analyzer. */
typedef struct fhi_word_units {
    uint32_t round; /* of the snippeter when this was found */
    bool stop;
    uint64_t alone;  /* units it matches by itself */
    uint64_t inside; /* phrases it may be part of */
} fhi_word_units;

typedef struct fhi_needle {
    fh_str key; /* empty: free slot */
    uint8_t kind;
    uint64_t alone;
    uint64_t inside;
} fhi_needle;

typedef struct fhi_highlight {
    fhi_unit units[FHI_UNITS_MAX];
    uint32_t unit_count;
    uint64_t title_units; /* those that match in titles only */
    uint64_t prefix_units;
    bool content;        /* stop words alone are not shown */
    fhi_needle *needles; /* open addressing; mask + 1 slots, in the arena */
    uint32_t needle_mask;
    uint32_t round;
    fhi_word_units *words; /* by word id, on the heap, grown as needed */
    size_t word_capacity;
} fhi_highlight;

fh_status fhi_highlight_start(fhi_highlight *highlight, const fhi_plan *plan, fhi_arena *arena);
void fhi_highlight_fini(fhi_highlight *highlight);
/* Adds the matches of one analyzed piece; `base` is its offset in the whole text. units: those wanted. */
fh_status fhi_highlight_find(fhi_highlight *highlight, const fh_token *tokens, size_t token_count, uint32_t base,
                             uint64_t units, fhi_match_list *out);

enum { FHI_SKIM_SIGNS = 1 << 16 };

typedef struct fhi_skim {
    uint64_t seed;
    uint64_t *slots;  /* by the hash of a chunk: its upper 48 bits, and the sign; 0: free */
    uint64_t *wanted; /* a bit for each sign */
    bool possible;    /* for this plan */
    uint32_t gap;     /* words between two that belong to one match */
} fhi_skim;

fh_status fhi_skim_init(fhi_skim *skim);
void fhi_skim_fini(fhi_skim *skim);
/* Makes ready for a plan that the highlight has been started with. */
void fhi_skim_start(fhi_skim *skim, const fhi_highlight *highlight);
/* As fhi_highlight_find of bytes [begin, end), where that is possible. Codes: those of fh_analyzer_run, FH_E_NOMEM. */
fh_status fhi_skim_find(const fhi_skim *skim, fh_analyzer *analyzer, fhi_highlight *highlight, fh_str text,
                        uint32_t begin, uint32_t end, uint64_t units, fhi_match_list *out);

typedef struct fhi_cutter {
    UBreakIterator *words;
    UBreakIterator *graphemes;
} fhi_cutter;

/* The last place at or before `at` (first: at or after) where a word begins or ends, and no grapheme is cut. */
uint32_t fhi_cut_before(const fhi_cutter *cutter, fh_str text, uint32_t at);
uint32_t fhi_cut_after(const fhi_cutter *cutter, fh_str text, uint32_t at);

bool fhi_cut_is_white(int32_t code_point); /* negative: a damaged character, which is not */

/* Text being shown, piece by piece. */
typedef struct fhi_show {
    fhi_buf text;
    uint32_t char_count;
    uint32_t *marks; /* 2 * FHI_MATCHES_MAX */
    uint32_t mark_count;
    bool keep_space; /* as it is, for titles */
} fhi_show;

void fhi_show_plain(fhi_show *show, const char *text);
/* Bytes [begin, end) of text with the matches (sorted) that lie in it. */
void fhi_show_part(fhi_show *show, fh_str text, uint32_t begin, uint32_t end, const fhi_match_list *matches);

#endif
