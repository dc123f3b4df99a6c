/* facets.h - facets and histograms as every door asks and answers them: names, bars, JSON. The counting itself is
 * engine/match/facets.h's.
 */
#ifndef FHI_QUERY_FACETS_H
#define FHI_QUERY_FACETS_H

#include "engine/match/facets.h"
#include "query/answer/request.h"

enum { FHI_FIELDS_ALL = (1 << FHI_FACET_COUNT) - 1 };

/* "source", "section", "region", "author", "lang", "year". */
const char *fhi_facet_name(unsigned field);
/* Adds one field by its name to the bits of *fields. Codes: FH_E_INVALID (no such field, or there already). */
fh_status fhi_fields_add(uint32_t *fields, fh_str name, fh_err *err);
/* Names separated by commas, at least one; replaces *fields. */
fh_status fhi_fields_parse(fh_str names, uint32_t *fields, fh_err *err);

/* "day", "month", "year"; not for FHI_PERIOD_ANY. */
const char *fhi_period_name(fhi_period period);

typedef struct fhi_bar {
    uint32_t from; /* YYYYMMDD, 00 for what is finer than the period */
    uint64_t count;
} fhi_bar;

typedef struct fhi_histogram {
    fhi_period period;
    const fhi_bar *bars; /* increasing; no count is 0 */
    uint32_t bar_count;
    uint64_t undated; /* matches without a date, or with one that is not told as finely as the period */
    uint64_t total;
    bool partial; /* the deadline came first: there are at least as many */
} fhi_histogram;

/* FHI_PERIOD_ANY: the finest period of which some hundred and twenty span all days, the gaps included, and as finely as
 * which at least half of the dated matches tell their date. Codes: FH_E_NOMEM, FH_E_LIMIT. */
fh_status fhi_histogram_make(const fhi_day_counts *days, fhi_period period, fhi_arena *arena, fhi_histogram *out);

/* "2019", "2019-07", "2019-07-15" */
enum { FHI_BAR_TEXT_BYTES = 16 };
void fhi_bar_text(fhi_period period, uint32_t from, char text[FHI_BAR_TEXT_BYTES]);

/* Append the members "total" and "facets", or "total", "by", "bars" and "undated". Codes: FH_E_NOMEM, FH_E_CORRUPT (not
 * UTF-8). */
fh_status fhi_reply_facets(const fhi_facets *facets, uint32_t fields, fhi_buf *json);
fh_status fhi_reply_histogram(const fhi_histogram *histogram, fhi_buf *json);

#endif
