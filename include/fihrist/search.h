/* search.h - search an index from a C program; every door of the project gives the same answers.
 *
 * An fh_search holds the state of the index at the time it was opened and belongs to one thread at a time; several of
 * them share nothing writable. Queries are text in the language of query/LANGUAGE.md.
 */
#ifndef FIHRIST_SEARCH_H
#define FIHRIST_SEARCH_H

#include <fihrist/status.h>

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FH_SEARCH_TOP_MAX = 10000 };

typedef enum fh_search_op { FH_SEARCH_AND = 0, FH_SEARCH_OR = 1 } fh_search_op; /* of words side by side */
typedef enum fh_search_sort { FH_SEARCH_BEST = 0, FH_SEARCH_NEWEST = 1 } fh_search_sort;
typedef enum fh_search_lang { FH_SEARCH_EN = 0, FH_SEARCH_FR = 1, FH_SEARCH_AR = 2 } fh_search_lang;

/* All zero but `query` is a request for the ten best. */
typedef struct fh_search_request {
    fh_str query;
    uint32_t top;    /* hits wanted; 0 stands for 10 */
    uint32_t offset; /* hits left out before them; offset + top <= FH_SEARCH_TOP_MAX */
    fh_search_op op;
    fh_search_sort sort;
    fh_search_lang lang;  /* of messages */
    bool no_snippets;     /* titles only; no text of an article is looked at */
    uint64_t time_us_max; /* then FH_E_DEADLINE; 0: no bound */
    fh_str after;         /* `next` of an answer to the same query, op and sort: the hits that follow it, however many
                             came before; offset is 0. len 0: from the first */
} fh_search_request;

typedef struct fh_search_mark {
    uint32_t begin; /* code points of the text, [begin, end) */
    uint32_t end;
} fh_search_mark;

/* Texts are UTF-8 and empty where the article has none. */
typedef struct fh_search_hit {
    fh_str id, url, lang, source, section, region, author;
    fh_str date; /* as written */
    fh_str title;
    fh_str snippet;                    /* plain text; cuts are shown by an ellipsis; empty without snippets */
    const fh_search_mark *title_marks; /* where the query matches, in order, apart */
    const fh_search_mark *snippet_marks;
    uint32_t title_mark_count;
    uint32_t snippet_mark_count;
    float score; /* 0 when sorted by date */
} fh_search_hit;

typedef struct fh_search_hits {
    const fh_search_hit *hits; /* best first */
    uint32_t hit_count;
    uint64_t total; /* articles that match */
    fh_str next;    /* what to ask `after` for those that follow; len 0 when there are none */
} fh_search_hits;

typedef struct fh_search fh_search;

/* Codes: FH_E_NOT_FOUND, FH_E_IO, FH_E_CORRUPT, FH_E_TOO_OLD, FH_E_TOO_NEW, FH_E_ANALYZER, FH_E_NOMEM. */
fh_status fh_search_open(const char *directory, fh_search **out, fh_err *err);
void fh_search_close(fh_search *search); /* NULL is allowed */

/* What *hits points to belongs to the search and lives until the next call on it. Codes: FH_E_SYNTAX (err->offset is
 * the byte of the query, err->text the sentence), FH_E_UTF8, FH_E_LIMIT, FH_E_INVALID, FH_E_CURSOR (`after` is not of
 * this question), FH_E_GONE (nor of this state of the index), FH_E_DEADLINE, FH_E_CORRUPT, FH_E_NOMEM. */
fh_status fh_search_run(fh_search *search, const fh_search_request *request, fh_search_hits *hits, fh_err *err);
/* Stable code of the last failure, such as "open_quote"; "" after a success. */
const char *fh_search_error_code(const fh_search *search);

/* ---- counts ----
 * Of all matches, without ranking them: request->top, offset and sort are not looked at. Owned like the hits; codes as
 * of fh_search_run. */

typedef enum fh_search_field {
    FH_SEARCH_SOURCE = 0,
    FH_SEARCH_SECTION = 1,
    FH_SEARCH_REGION = 2,
    FH_SEARCH_AUTHOR = 3,
    FH_SEARCH_LANGUAGE = 4,
    FH_SEARCH_YEAR = 5 /* of the date */
} fh_search_field;
enum { FH_SEARCH_FIELDS = 6, FH_SEARCH_VALUES_MAX = 1000 };

typedef struct fh_search_value {
    fh_str value; /* compared without case and accents; as most of the matches write it */
    uint64_t count;
} fh_search_value;

typedef struct fh_search_facet {
    const fh_search_value *values; /* by count, the largest first, then by bytes */
    uint32_t value_count;
    uint32_t different; /* values among the matches, those beyond the ones wanted included */
    uint64_t without;   /* matches that have none */
} fh_search_facet;

typedef struct fh_search_counts {
    fh_search_facet facets[FH_SEARCH_FIELDS]; /* by fh_search_field; all 0 where not asked for */
    uint64_t total;                           /* articles that match */
} fh_search_counts;

/* fields: one bit 1 << FH_SEARCH_X for each one wanted; values_max: of each, 1 to FH_SEARCH_VALUES_MAX. */
fh_status fh_search_facets(fh_search *search, const fh_search_request *request, uint32_t fields, uint32_t values_max,
                           fh_search_counts *counts, fh_err *err);

/* ANY: the finest of which some hundred and twenty span the dates of the matches. */
typedef enum fh_search_period {
    FH_SEARCH_ANY = 0,
    FH_SEARCH_DAY = 1,
    FH_SEARCH_MONTH = 2,
    FH_SEARCH_BY_YEAR = 3
} fh_search_period;

typedef struct fh_search_bar {
    uint32_t from; /* YYYYMMDD, 00 for what is finer than the period */
    uint64_t count;
} fh_search_bar;

typedef struct fh_search_timeline {
    fh_search_period period;
    const fh_search_bar *bars; /* increasing; no count is 0 */
    uint32_t bar_count;
    uint64_t undated; /* articles without a date, or with one that does not tell the period: 2019 no month */
    uint64_t total;
} fh_search_timeline;

fh_status fh_search_histogram(fh_search *search, const fh_search_request *request, fh_search_period period,
                              fh_search_timeline *timeline, fh_err *err);

/* The answer of `fihrist search --json`, also when it is an error object; owned like the hits. Same codes. */
fh_status fh_search_json(fh_search *search, const fh_search_request *request, fh_str *json);

#ifdef __cplusplus
}
#endif
#endif
