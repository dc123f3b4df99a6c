/* request.h - one search as every door asks it: command line, socket, HTTP. Parse, plan, match, show.
 *
 * A searcher belongs to one thread (it owns an analyzer and scratch); it works on any snapshot handed to it.
 */
#ifndef FHI_REQUEST_H
#define FHI_REQUEST_H

#include "engine/match/match.h"
#include "query/language/syntax.h"

typedef enum fhi_period {
    FHI_PERIOD_ANY,
    FHI_PERIOD_DAY,
    FHI_PERIOD_MONTH,
    FHI_PERIOD_YEAR
} fhi_period; /* ANY: what fits */

/* What is wanted of the articles that match. */
typedef enum fhi_request_kind {
    FHI_REQUEST_HITS,
    FHI_REQUEST_FACETS,
    FHI_REQUEST_HISTOGRAM,
    FHI_REQUEST_EXPLAIN
} fhi_request_kind;

enum { FHI_FACET_VALUES_MAX = 1000 };

/* What a request took, for those who keep count of it. */
typedef struct fhi_request_notes {
    uint64_t slow_ns;   /* of one that takes longer the plan is kept; 0: of none */
    uint64_t search_ns; /* reading the query, planning, matching */
    uint64_t show_ns;   /* titles and snippets */
    bool partial;       /* the answer is */
    fhi_buf plan;       /* as of fhi_plan_print */
} fhi_request_notes;

/* Bounds of one request below those of the engine; 0: the engine's own. */
typedef struct fhi_request_limits {
    uint32_t clauses_max;    /* at most FHI_QUERY_CLAUSES_MAX */
    uint32_t expansion_max;  /* at most FHI_EXPANSION_MAX */
    size_t memory_bytes_max; /* of plan, hits and counts */
} fhi_request_limits;

typedef struct fhi_request {
    fhi_request_kind kind;
    fh_str query;
    uint32_t top;    /* 1 to FHI_TOP_MAX; default 10 */
    uint32_t offset; /* offset + top <= FHI_TOP_MAX */
    fh_str after;    /* the `next` of an answer: hits that follow it; offset is 0. len 0: none */
    fhi_op op;
    fhi_sort sort;
    bool no_snippets;      /* hits have titles only; no text of an article is looked at */
    bool partial;          /* HITS, counts: at the deadline those found so far, instead of an error */
    fhi_message_lang lang; /* of error messages */
    uint64_t deadline_ns;  /* CLOCK_MONOTONIC; 0 = none */
    uint32_t fields;       /* FACETS: bits as in fhi_facet_options; default all */
    uint32_t values;       /* FACETS: 1 to FHI_FACET_VALUES_MAX of each; default 20 */
    fhi_period by;         /* HISTOGRAM; default ANY */
    fh_str article;        /* EXPLAIN: its id */
    fhi_request_limits limits;
    fhi_request_notes *notes; /* filled as it runs; NULL: nobody wants to know */
} fhi_request;

void fhi_request_defaults(fhi_request *request);

/* Whether a question of this kind takes a parameter of this name: q, op, lang; top, offset, sort, snippets; fields,
 * values; by; id. */
bool fhi_request_takes(fhi_request_kind kind, fh_str name);
/* Sets one named parameter from text, as doors that take text do.
 * Codes: FH_E_NOT_FOUND (no such parameter), FH_E_INVALID (value; err says what is allowed), FH_E_LIMIT. */
fh_status fhi_request_set(fhi_request *request, fh_str name, fh_str value, fh_err *err);

typedef struct fhi_searcher fhi_searcher;
fh_status fhi_searcher_create(const char *analyzer, fhi_searcher **out, fh_err *err);
void fhi_searcher_destroy(fhi_searcher *searcher);

/* Answers request with one compact JSON object appended to *json (no newline):
 *   {"hits":[{"id","score","title","snippet","date","source","section","author","lang","url"}...],
 *    "total":n,"next":"...","took_us":n}: next where hits follow; with `after`, "offset" says how many stand before
 *   {"total":n,"facets":{"source":{"values":[{"value","count"}...],"different":n,"without":n}...},"took_us":n}
 *   {"total":n,"by":"month","bars":[{"from","count"}...],"undated":n,"took_us":n}
 *   {"article":id,"matches","score","sorted_by","plan","fails":[...],"clauses":{...},"ranking":{...},"took_us":n}
 * or {"error":{"code","message","offset","offset_chars"}}. id_json, when not NULL, is any JSON value put first as
 * "id". Title and snippet are plain text of the article; "title_marks" and "snippet_marks" list the matches in them as
 * [begin, end) pairs in code points. Without snippets neither `snippet` nor its marks are there. Returns FH_OK unless
 * the answer is an error object; else the status behind it, which is written all the same (but on FH_E_NOMEM). */
struct json_t;
fh_status fhi_searcher_run(fhi_searcher *searcher, fhi_index *index, const fhi_request *request, struct json_t *id_json,
                           fhi_buf *json);

/* The stored article with this id as one JSON object, or an error object with FH_E_NOT_FOUND. */
fh_status fhi_searcher_article(fhi_searcher *searcher, fhi_index *index, fh_str id, fhi_buf *json);

/* What becomes of a text, as an array of tokens: {"original","position","begin","end","exact","folded","base","stem",
 * "kind","script","stop","variants"}, as of `fihrist analyze --json`; or an error object. */
fh_status fhi_searcher_analyze(fhi_searcher *searcher, fh_str text, fhi_buf *json);

/* An error object alone, for doors whose own parsing failed. */
fh_status fhi_error_json(const char *code, const char *message, struct json_t *id_json, fhi_buf *json);
/* The same for a failure that is not the query's: code and sentence of the status; detail: more in English, or "". */
fh_status fhi_failure_json(fh_status status, const char *detail, fhi_message_lang lang, fhi_buf *json);

#endif
