/* page.h - the search page: what it is asked, and its answers as HTML, as an Atom feed and as files.
 *
 *     page.c         from a question to its answer; what all pages share
 *     page_state.c   the question: parameters of an address, the query they make, addresses of other states
 *     page_search.c  results; page_side.c  filters and the timeline; page_error.c  what is wrong with a query, and
 *                    fixes
 *     page_read.c    one article; page_why.c  what of a search it has; page_list.c  a list of names; page_atom.c  the
 *                    feed
 *     page_refusal.c what the server refuses
 *     page_words.c   what is said, in three languages; page_format.c  numbers and dates in them
 *     page_html.c    the tree that HTML is made of; page_files.c  style sheet, scripts, icon, font
 *
 * Every page is whole without scripts; query/page/app.js adds what only scripts can do. Pages are made on a worker,
 * within the deadline of the request, and are the same for the same question, language and snapshot.
 */
#ifndef FHI_PAGE_H
#define FHI_PAGE_H

#include "query/answer/request.h"

typedef enum fhi_page_kind { FHI_PAGE_SEARCH, FHI_PAGE_READ, FHI_PAGE_WHY, FHI_PAGE_LIST, FHI_PAGE_ATOM } fhi_page_kind;

/* In the order of the columns of an index, then the year. */
typedef enum fhi_page_filter {
    FHI_PAGE_SOURCE,
    FHI_PAGE_SECTION,
    FHI_PAGE_REGION,
    FHI_PAGE_AUTHOR,
    FHI_PAGE_LANG,
    FHI_PAGE_YEAR,
    FHI_PAGE_FILTER_COUNT
} fhi_page_filter;

enum {
    FHI_PAGE_LANGS = 3,       /* in the order of fhi_message_lang */
    FHI_PAGE_VALUES_MAX = 8,  /* of one filter at a time */
    FHI_PAGE_TOP = 10,        /* hits on a page */
    FHI_PAGE_NAMES_MAX = 100, /* lines of a list */
    FHI_PAGE_NAME_BYTES_MAX = 200
};

/* What stands in an address beside the parameters of a search. Strings belong to the request. */
typedef struct fhi_page_state {
    fh_str values[FHI_PAGE_FILTER_COUNT][FHI_PAGE_VALUES_MAX]; /* any of them, of every filter that has some */
    uint8_t value_counts[FHI_PAGE_FILTER_COUNT];
    fh_str from, to;       /* days, months or years as in `date:from..to`; empty: no end */
    fh_str names;          /* LIST: one a line */
    bool lang_given;       /* request.lang was asked for; else it is what accepted_langs likes best */
    fh_str accepted_langs; /* Accept-Language */
} fhi_page_state;

/* Name of a filter, in an address and in the query language but for the year, which is a date there. */
const char *fhi_page_filter_name(fhi_page_filter filter);
/* Sets a parameter that a search has not: the filters, `from`, `to`, `names`, `ui`. Codes: FH_E_INVALID. */
fh_status fhi_page_set(fhi_page_state *state, fhi_request *request, fh_str name, fh_str value, fh_err *err);

typedef struct fhi_page_question {
    fhi_page_kind kind;
    fhi_request request;
    const fhi_page_state *state;
    fh_str article; /* READ, WHY: its id */
} fhi_page_question;

/* Makes pages; belongs to one thread. */
typedef struct fhi_page fhi_page;
fh_status fhi_page_create(fhi_page **out, fh_err *err);
void fhi_page_destroy(fhi_page *page);
/* Appends a whole document to *out, also where something failed, and answers why; on FH_E_NOMEM there may be none. */
fh_status fhi_page_answer(fhi_page *page, fhi_searcher *searcher, const fhi_index *index,
                          const fhi_page_question *question, fhi_buf *out);

/* What is refused before a page is made. */
typedef struct fhi_page_refusal {
    int status;    /* of HTTP */
    fh_str reason; /* in English */
    fh_str query;  /* as typed, as far as known */
    fh_str accepted_langs;
    bool lang_given; /* lang was asked for */
    fhi_message_lang lang;
} fhi_page_refusal;
/* The language it is told in. */
fhi_message_lang fhi_page_refusal_lang(const fhi_page_refusal *refusal);
/* Appends a whole page. Needs no fhi_page; on any thread. Codes: FH_E_NOMEM. */
fh_status fhi_page_refuse(const fhi_page_refusal *refusal, fhi_buf *out);

/* ---- files ---- */

typedef struct fhi_page_file {
    const char *content_type;
    fh_str bytes;
} fhi_page_file;

/* False: there is none of that name, and *out is empty. */
bool fhi_page_file_find(fh_str name, fhi_page_file *out);

#endif
