/* facets.c - counts the matches of a plan by the values of their columns, and by their days.
 *
 * Inside a segment a value is an ordinal and its count one of an array. When a segment is done, its values that occur
 * go into a table of all segments. Days are counted in one page for each year that occurs, so they need no sorting.
 */
#include "engine/match/facets.h"

#include "engine/match/eval.h"

#include <stdio.h>

enum {
    YEARS = 10000,
    PAGE_DAYS = 1232,    /* month * 100 + day, from 0000 to 1231 */
    VALUES_A_LOOK = 4096 /* between two looks at the clock */
};

typedef struct day_pages {
    uint32_t *pages[YEARS]; /* counts; NULL: no match of that year */
    uint64_t undated;
} day_pages;

typedef struct tally {
    const fhi_index *index;
    fhi_arena *arena;
    fh_err *err;
    uint64_t deadline_ns;
    bool partial; /* the deadline ends the walk; what has been counted is gathered all the same */
    bool late;
    uint32_t fields; /* bits, as in fhi_facet_options */
    uint64_t total;
    uint32_t segment_number; /* being counted */
    const fhi_segment *segment;
    uint32_t *counts[FHI_COLUMN_COUNT]; /* by ordinal of that segment; NULL: not wanted */
    fhi_value_table values[FHI_COLUMN_COUNT];
    uint64_t without[FHI_COLUMN_COUNT];
    day_pages *days; /* NULL: not wanted */
} tally;

static bool is_wanted(const tally *t, unsigned field)
{
    return t->fields >> field & 1;
}

static fh_status no_memory(const tally *t)
{
    return fhi_fail(t->err, fhi_arena_failure(t->arena), "the counts need more memory than a request may use");
}

/* ---- while matches come in ---- */

static fh_status count_day(tally *t, uint32_t day)
{
    const uint32_t year = day / 10000, of_year = day - year * 10000;
    day_pages *days = t->days;
    if (day == 0) {
        days->undated++;
        return FH_OK;
    }
    if (year >= YEARS || of_year >= PAGE_DAYS)
        return fhi_fail_at(t->err, FH_E_CORRUPT, fhi_segment_path(t->segment), 0, "%u is no day", day);
    if (!days->pages[year]) {
        days->pages[year] = fhi_arena_zalloc(t->arena, PAGE_DAYS, sizeof *days->pages[year]);
        if (!days->pages[year]) return no_memory(t);
    }
    days->pages[year][of_year]++;
    return FH_OK;
}

static fh_status count_days(tally *t, uint32_t first, uint64_t docs)
{
    uint32_t days[64];
    const uint32_t count = fhi_segment_days(t->segment, first, docs, days);
    for (uint32_t i = 0; i < count; i++)
        FH_TRY(count_day(t, days[i]));
    return FH_OK;
}

/* ---- from one segment to the next ---- */

/* Adds the values that occurred in the segment to those of all. */
static fh_status gather_column(tally *t, fhi_column column)
{
    const uint32_t count = fhi_segment_column_value_count(t->segment, column);
    const uint32_t *counts = t->counts[column];
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += counts[i] != 0;
    if (fhi_value_table_reserve(&t->values[column], found, t->arena) != FH_OK) return no_memory(t);
    for (uint32_t i = 0; i < count; i++) {
        if (!t->partial && i % VALUES_A_LOOK == 0 && fhi_deadline_is_over(t->deadline_ns))
            return fhi_fail(t->err, FH_E_DEADLINE, "the query took too long");
        if (counts[i] == 0) continue;
        const fhi_column_value value = fhi_segment_column_value(t->segment, column, i);
        if (value.value.len == 0)
            t->without[column] += counts[i];
        else
            fhi_value_table_add(&t->values[column], &value, counts[i]);
    }
    return FH_OK;
}

static fh_status gather(tally *t)
{
    for (int column = 0; t->segment && column < FHI_COLUMN_COUNT; column++)
        if (is_wanted(t, (unsigned)column)) FH_TRY(gather_column(t, (fhi_column)column));
    return FH_OK;
}

static fh_status enter_segment(tally *t, uint32_t number)
{
    FH_TRY(gather(t));
    t->segment_number = number;
    t->segment = fhi_index_segment(t->index, number);
    for (int column = 0; column < FHI_COLUMN_COUNT; column++)
        if (is_wanted(t, (unsigned)column))
            memset(t->counts[column], 0,
                   fhi_segment_column_value_count(t->segment, (fhi_column)column) * sizeof *t->counts[column]);
    return FH_OK;
}

static fh_status count_quarter(void *argument, uint32_t segment, uint32_t first, uint64_t docs)
{
    tally *t = argument;
    if (!t->segment || segment != t->segment_number) FH_TRY(enter_segment(t, segment));
    t->total += fhi_popcount64(docs);
    for (int column = 0; column < FHI_COLUMN_COUNT; column++)
        if (t->counts[column]) fhi_segment_column_count(t->segment, (fhi_column)column, first, docs, t->counts[column]);
    return t->days ? count_days(t, first, docs) : FH_OK;
}

/* ---- a run ---- */

/* Room for the counts of the segment that has most values. */
static fh_status reserve(tally *t)
{
    for (int column = 0; column < FHI_COLUMN_COUNT; column++) {
        uint32_t most = 1;
        if (!is_wanted(t, (unsigned)column)) continue;
        for (uint32_t i = 0; i < fhi_index_segment_count(t->index); i++) {
            const uint32_t count = fhi_segment_column_value_count(fhi_index_segment(t->index, i), (fhi_column)column);
            if (count > most) most = count;
        }
        t->counts[column] = fhi_arena_alloc(t->arena, most * sizeof *t->counts[column]);
        if (!t->counts[column]) return no_memory(t);
    }
    if (is_wanted(t, FHI_FACET_YEAR)) {
        t->days = fhi_arena_zalloc(t->arena, 1, sizeof *t->days);
        if (!t->days) return no_memory(t);
    }
    return FH_OK;
}

static fh_status count_all(tally *t, const fhi_node *root)
{
    FH_TRY(reserve(t));
    const fh_status status = fhi_match_each(t->index, root, t->deadline_ns, count_quarter, t, t->arena, t->err);
    t->late = status == FH_E_DEADLINE && t->partial;
    if (status != FH_OK && !t->late) return status;
    return gather(t);
}

/* Years as values of four digits. */
static fh_status rank_years(tally *t, uint32_t values_max, fhi_facet *out)
{
    fhi_value_table years = {0};
    for (uint32_t year = 0; year < YEARS; year++) {
        const uint32_t *page = t->days->pages[year];
        char digits[8];
        uint64_t count = 0;
        if (!page) continue;
        for (uint32_t i = 0; i < PAGE_DAYS; i++)
            count += page[i];
        (void)snprintf(digits, sizeof digits, "%04u", year);
        const fh_str text = fhi_arena_copy(t->arena, fhi_str(digits));
        if (!text.ptr) return no_memory(t);
        if (fhi_value_table_reserve(&years, 1, t->arena) != FH_OK) return no_memory(t);
        fhi_value_table_add(&years, &(fhi_column_value){text, text}, count);
    }
    out->without = t->days->undated;
    return fhi_value_table_rank(&years, values_max, t->arena, out) == FH_OK ? FH_OK : no_memory(t);
}

fh_status fhi_match_facets(const fhi_index *index, const fhi_node *root, const fhi_facet_options *options,
                           fhi_arena *arena, fhi_facets *out, fh_err *err)
{
    tally t = {
        .index = index, .arena = arena, .err = err, .deadline_ns = options->deadline_ns, .fields = options->fields};
    t.partial = options->partial;
    *out = (fhi_facets){0};
    FH_TRY(count_all(&t, root));
    for (int column = 0; column < FHI_COLUMN_COUNT; column++) {
        out->facets[column].without = t.without[column];
        if (!is_wanted(&t, (unsigned)column)) continue;
        if (fhi_value_table_rank(&t.values[column], options->values_max, arena, &out->facets[column]) != FH_OK)
            return no_memory(&t);
        if (!t.partial && fhi_deadline_is_over(t.deadline_ns))
            return fhi_fail(err, FH_E_DEADLINE, "the query took too long");
    }
    if (t.days) FH_TRY(rank_years(&t, options->values_max, &out->facets[FHI_FACET_YEAR]));
    out->total = t.total;
    out->partial = t.late;
    return FH_OK;
}

/* ---- days ---- */

static uint32_t count_different(const day_pages *days)
{
    uint32_t different = 0;
    for (uint32_t year = 0; year < YEARS; year++)
        for (uint32_t i = 0; days->pages[year] && i < PAGE_DAYS; i++)
            different += days->pages[year][i] != 0;
    return different;
}

fh_status fhi_match_days(const fhi_index *index, const fhi_node *root, uint64_t deadline_ns, bool partial,
                         fhi_arena *arena, fhi_day_counts *out, fh_err *err)
{
    tally t = {.index = index,
               .arena = arena,
               .err = err,
               .deadline_ns = deadline_ns,
               .partial = partial,
               .fields = UINT32_C(1) << FHI_FACET_YEAR};
    *out = (fhi_day_counts){0};
    FH_TRY(count_all(&t, root));
    fhi_day_count *days = fhi_arena_alloc(arena, ((size_t)count_different(t.days) + 1) * sizeof *days);
    if (!days) return no_memory(&t);
    for (uint32_t year = 0; year < YEARS; year++)
        for (uint32_t i = 0; t.days->pages[year] && i < PAGE_DAYS; i++)
            if (t.days->pages[year][i])
                days[out->day_count++] = (fhi_day_count){year * 10000 + i, t.days->pages[year][i]};
    out->days = days;
    out->undated = t.days->undated;
    out->total = t.total;
    out->partial = t.late;
    return FH_OK;
}
