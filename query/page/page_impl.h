/* page_impl.h - the inside of the page, shared by its files; nobody else includes it. */
#ifndef FHI_PAGE_IMPL_H
#define FHI_PAGE_IMPL_H

#include "query/answer/find.h"
#include "query/page/page.h"
#include "query/page/page_html.h"
#include "query/page/page_words.h"

#include <unicode/udat.h>
#include <unicode/umsg.h>

/* Formats of one language, opened when first needed. */
typedef struct fhi_page_formats {
    UMessageFormat *counts;
    UNumberFormat *numbers, *decimals;
    UDateFormat *dates[3]; /* year; year and month; day */
} fhi_page_formats;

struct fhi_page {
    fhi_page_formats formats[FHI_PAGE_LANGS];
    fhi_arena arena; /* of one answer */
};

/* One page being made. */
typedef struct fhi_page_work {
    fhi_page *page;
    fhi_searcher *searcher;
    const fhi_index *index;
    const fhi_page_question *question;
    fhi_request request; /* that of the question, with the whole query and the language decided */
    fhi_message_lang lang;
    uint32_t query_shift; /* bytes of request.query before the query as typed */
    fhi_html html;
    xmlNode *main;
    fhi_failure failure;
} fhi_page_work;

/* ---- page.c ---- */
/* What a browser likes best of our languages, by its Accept-Language; French where it likes none of them. */
fhi_message_lang fhi_page_accepted_lang(fh_str header);
/* Everything around work->main, which is made. */
void fhi_page_begin(fhi_page_work *work);
fh_str fhi_page_say(const fhi_page_work *work, fhi_page_word word);
/* An element with that text in it. */
xmlNode *fhi_page_add(fhi_page_work *work, xmlNode *parent, const char *name, const char *css_class,
                      fhi_page_word word);
/* A link; the address is copied. */
xmlNode *fhi_page_link(fhi_page_work *work, xmlNode *parent, const char *css_class, fh_str address);
const char *fhi_page_lang_name(fhi_message_lang lang);
/* Whether it may stand in an attribute as a language: two or three small letters. */
bool fhi_page_is_tag(fh_str lang);
/* The host of an address that may be followed: http and https alone. Empty: it is none. */
fh_str fhi_page_host_of(fh_str url);
/* Sets lang and dir of what is of an article in `lang`, which may be neither fr nor ar. */
void fhi_page_set_lang(fhi_page_work *work, xmlNode *element, fh_str lang);
void fhi_page_hidden(fhi_page_work *work, xmlNode *form, const char *name, fh_str value);
/* Hidden fields for all of a state but the query and the place among the results. */
void fhi_page_keep_state(fhi_page_work *work, xmlNode *form, const fhi_page_state *state);
/* "source · section · date · author"; NULL: there is none of them. */
xmlNode *fhi_page_byline(fhi_page_work *work, xmlNode *parent, const fh_record *record);
/* What a failure is called when it is not the query's. */
void fhi_page_failed(fhi_page_work *work, xmlNode *parent);

/* ---- page_state.c ---- */

/* Puts the words as typed and the filters, but `without` (FHI_PAGE_FILTER_COUNT: but none), into work->request.
 * Codes: FH_E_SYNTAX and its like with work->failure filled where the words alone are no query; FH_E_INVALID. */
fh_status fhi_page_compose(fhi_page_work *work, fhi_page_filter without);
/* The request of the question, at the first results. */
fhi_request fhi_page_first(const fhi_page_work *work);
/* Whether the question looks for anything. */
bool fhi_page_asks(const fhi_page_work *work);
bool fhi_page_is_filtered(const fhi_page_state *state);
/* An address: path, then the state. In the arena; empty when there is no memory. NULL for a state: none of it. */
typedef struct fhi_page_address {
    const char *path; /* "/", "/search.atom" and so on */
    fh_str article;   /* after the path, encoded; may be empty */
    const fhi_request *request;
    const fhi_page_state *state;
} fhi_page_address;
fh_str fhi_page_address_text(fhi_page_work *work, const fhi_page_address *address);

/* ---- parts of pages ---- */
void fhi_page_search(fhi_page_work *work);
void fhi_page_side(fhi_page_work *work, xmlNode *parent);
void fhi_page_timeline(fhi_page_work *work, xmlNode *parent);
void fhi_page_chips(fhi_page_work *work, xmlNode *parent);
void fhi_page_error(fhi_page_work *work, xmlNode *parent);
xmlNode *fhi_page_help(fhi_page_work *work, xmlNode *parent);
void fhi_page_read(fhi_page_work *work);
/* The link from an article back to the results of its search. */
void fhi_page_back(fhi_page_work *work, xmlNode *bar);
/* A link that asks why, where the question asks for anything. */
void fhi_page_ask_why(fhi_page_work *work, xmlNode *parent, fh_str article);
void fhi_page_why(fhi_page_work *work);
void fhi_page_list(fhi_page_work *work);
void fhi_page_atom(fhi_page_work *work);

/* ---- page_format.c ---- */
void fhi_page_formats_fini(fhi_page_formats *formats);
/* "1 234", "1 234 articles": in the arena; empty when there is no memory. */
fh_str fhi_page_number(fhi_page_work *work, uint64_t number);
fh_str fhi_page_decimal(fhi_page_work *work, double number, int digits); /* so many behind the point */
fh_str fhi_page_count(fhi_page_work *work, uint64_t number);
/* A date as articles have it, for people; as it is where it is no ISO date. *iso: its beginning that is one. */
fh_str fhi_page_date(fhi_page_work *work, fh_str date, fh_str *iso);

#endif
