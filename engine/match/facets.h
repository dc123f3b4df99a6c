/* facets.h - what the matches of a plan have in common, counted: values of columns, years, days.
 *
 * Every match is counted and none is scored, through fhi_match_each. Values are compared by their folded keys, in all
 * segments together. What is handed out lives in the arena and views the segments of the snapshot.
 */
#ifndef FHI_FACETS_H
#define FHI_FACETS_H

#include "engine/match/match.h"

/* The columns under their own numbers, and the year of the day. */
enum { FHI_FACET_YEAR = FHI_COLUMN_COUNT, FHI_FACET_COUNT };

typedef struct fhi_facet_value {
    fh_str value; /* as most matches write it; of equally many the first in byte order */
    uint64_t count;
} fhi_facet_value;

typedef struct fhi_facet {
    const fhi_facet_value *values; /* by count, the largest first, then by bytes */
    uint32_t value_count;
    uint32_t different; /* values among all matches, those beyond values_max included */
    uint64_t without;   /* matches that have none */
} fhi_facet;

typedef struct fhi_facets {
    fhi_facet facets[FHI_FACET_COUNT]; /* all 0 where not asked for */
    uint64_t total;                    /* matches */
    bool partial;                      /* the deadline came first: there are at least as many of each */
} fhi_facets;

typedef struct fhi_facet_options {
    uint32_t fields;      /* bit FHI_COLUMN_X or FHI_FACET_YEAR: wanted */
    uint32_t values_max;  /* values of each */
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0 = none */
    bool partial;         /* at the deadline hand over what has been counted, instead of FH_E_DEADLINE */
} fhi_facet_options;

/* Codes: as fhi_match_run. */
fh_status fhi_match_facets(const fhi_index *index, const fhi_node *root, const fhi_facet_options *options,
                           fhi_arena *arena, fhi_facets *out, fh_err *err);

typedef struct fhi_day_count {
    uint32_t day; /* YYYYMMDD, 00 for a month or day that is not known */
    uint64_t count;
} fhi_day_count;

typedef struct fhi_day_counts {
    const fhi_day_count *days; /* increasing; no count is 0 */
    uint32_t day_count;
    uint64_t undated;
    uint64_t total; /* matches */
    bool partial;   /* as above */
} fhi_day_counts;

/* partial: as of fhi_facet_options. Codes: as fhi_match_run. */
fh_status fhi_match_days(const fhi_index *index, const fhi_node *root, uint64_t deadline_ns, bool partial,
                         fhi_arena *arena, fhi_day_counts *out, fh_err *err);

/* ---- between facets.c and values.c ---- */

typedef struct fhi_value_count {
    fhi_column_value value;
    uint32_t hash; /* of what it is found by */
    uint64_t count;
    uint64_t best; /* of a group: matches that write it as value.value */
} fhi_value_count;

/* Distinct values and their counts. All zero is empty. */
typedef struct fhi_value_table {
    fhi_value_count *items; /* in the arena */
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* open addressing: index + 1, or 0; twice the capacity, a power of two */
    bool by_key;     /* what shares a key is one item */
} fhi_value_table;

/* Makes room for `more` values beyond those there. Codes: FH_E_NOMEM, FH_E_LIMIT. */
fh_status fhi_value_table_reserve(fhi_value_table *table, uint32_t more, fhi_arena *arena);
/* Adds to the count of a value; there is room. */
void fhi_value_table_add(fhi_value_table *table, const fhi_column_value *value, uint64_t count);
/* Groups the values by key and picks the first values_max. */
fh_status fhi_value_table_rank(const fhi_value_table *table, uint32_t values_max, fhi_arena *arena, fhi_facet *out);

#endif
