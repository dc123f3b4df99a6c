/* facets.c - names of facets, bars out of days, and both as JSON. */
#include "query/answer/facets.h"

#include "query/answer/json_out.h"

#include <stdio.h>

static const char *const facet_names[FHI_FACET_COUNT] = {
    [FHI_COLUMN_SOURCE] = "source", [FHI_COLUMN_SECTION] = "section", [FHI_COLUMN_REGION] = "region",
    [FHI_COLUMN_AUTHOR] = "author", [FHI_COLUMN_LANG] = "lang",       [FHI_FACET_YEAR] = "year",
};

const char *fhi_facet_name(unsigned field)
{
    return facet_names[field];
}

fh_status fhi_fields_add(uint32_t *fields, fh_str name, fh_err *err)
{
    enum { SHOWN_BYTES_MAX = 40 };
    for (unsigned field = 0; field < FHI_FACET_COUNT; field++) {
        if (!fhi_str_equal(name, fhi_str(facet_names[field]))) continue;
        if (*fields >> field & 1) return fhi_fail(err, FH_E_INVALID, "`%s` is named twice", facet_names[field]);
        *fields |= UINT32_C(1) << field;
        return FH_OK;
    }
    if (name.len > SHOWN_BYTES_MAX || fhi_utf8_check(name.ptr, name.len) < name.len) name = FH_STR("");
    return fhi_fail(err, FH_E_INVALID,
                    "`fields` takes `source`, `section`, `region`, `author`, `lang` and `year`, with commas between "
                    "them, not `%.*s`",
                    (int)name.len, name.ptr);
}

fh_status fhi_fields_parse(fh_str names, uint32_t *fields, fh_err *err)
{
    *fields = 0;
    for (;;) {
        const char *comma = names.len ? memchr(names.ptr, ',', names.len) : NULL;
        const size_t len = comma ? (size_t)(comma - names.ptr) : names.len;
        FH_TRY(fhi_fields_add(fields, (fh_str){names.ptr, len}, err));
        if (!comma) return FH_OK;
        names = (fh_str){comma + 1, names.len - len - 1};
    }
}

const char *fhi_period_name(fhi_period period)
{
    static const char *const names[] = {"", "day", "month", "year"};
    return names[period];
}

/* ---- bars ------------------------------------------------------------------------------------------------ */

enum { SPAN_MAX = 124 }; /* bars side by side, empty ones included: four months of days, ten years of months */

/* Serial number of the period a day lies in, months having 31 days; -1: the day is not told so finely. */
static int64_t serial_of(fhi_period period, uint32_t day)
{
    const uint32_t year = day / 10000, month = day / 100 % 100, of_month = day % 100;
    if (period == FHI_PERIOD_YEAR) return year;
    if (month == 0) return -1;
    if (period == FHI_PERIOD_MONTH) return (int64_t)year * 12 + month - 1;
    return of_month ? ((int64_t)year * 12 + month - 1) * 31 + of_month - 1 : -1;
}

static bool fits(const fhi_day_counts *days, fhi_period period)
{
    int64_t first = -1, last = -1;
    uint64_t told = 0, dated = 0;
    for (uint32_t i = 0; i < days->day_count; i++) {
        const int64_t serial = serial_of(period, days->days[i].day);
        dated += days->days[i].count;
        if (serial < 0) continue;
        told += days->days[i].count;
        if (first < 0) first = serial;
        last = serial;
    }
    return last - first < SPAN_MAX && told >= dated - told;
}

static uint32_t bar_of(fhi_period period, uint32_t day)
{
    const uint32_t below = period == FHI_PERIOD_YEAR ? 10000 : period == FHI_PERIOD_MONTH ? 100 : 1;
    return day - day % below;
}

fh_status fhi_histogram_make(const fhi_day_counts *days, fhi_period period, fhi_arena *arena, fhi_histogram *out)
{
    for (fhi_period finest = FHI_PERIOD_DAY; period == FHI_PERIOD_ANY; finest++)
        if (finest == FHI_PERIOD_YEAR || fits(days, finest)) period = finest;
    *out = (fhi_histogram){.period = period, .undated = days->undated, .total = days->total, .partial = days->partial};
    fhi_bar *bars = fhi_arena_alloc(arena, ((size_t)days->day_count + 1) * sizeof *bars);
    if (!bars) return fhi_arena_failure(arena);
    for (uint32_t i = 0; i < days->day_count; i++) {
        const fhi_day_count *day = &days->days[i];
        const uint32_t from = bar_of(period, day->day);
        if (serial_of(period, day->day) < 0)
            out->undated += day->count;
        else if (out->bar_count > 0 && bars[out->bar_count - 1].from == from)
            bars[out->bar_count - 1].count += day->count;
        else
            bars[out->bar_count++] = (fhi_bar){from, day->count};
    }
    out->bars = bars;
    return FH_OK;
}

void fhi_bar_text(fhi_period period, uint32_t from, char text[FHI_BAR_TEXT_BYTES])
{
    const unsigned year = from / 10000 % 10000, month = from / 100 % 100, day = from % 100;
    int len = snprintf(text, FHI_BAR_TEXT_BYTES, "%04u", year);
    if (period != FHI_PERIOD_YEAR) len += snprintf(text + len, FHI_BAR_TEXT_BYTES - (size_t)len, "-%02u", month);
    if (period == FHI_PERIOD_DAY) (void)snprintf(text + len, FHI_BAR_TEXT_BYTES - (size_t)len, "-%02u", day);
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static void put_count(fhi_buf *json, const char *before, uint64_t count)
{
    fhi_buf_put(json, before, strlen(before));
    fhi_json_put_number(json, count);
}

static fh_status put_facet(const char *name, const fhi_facet *facet, fhi_buf *json)
{
    fhi_buf_printf(json, "\"%s\":{\"values\":[", name);
    for (uint32_t i = 0; i < facet->value_count; i++) {
        fhi_buf_printf(json, "%s{\"value\":", i ? "," : "");
        FH_TRY(fhi_json_put_text(json, facet->values[i].value));
        put_count(json, ",\"count\":", facet->values[i].count);
        fhi_buf_put8(json, '}');
    }
    put_count(json, "],\"different\":", facet->different);
    put_count(json, ",\"without\":", facet->without);
    fhi_buf_put8(json, '}');
    return json->status;
}

fh_status fhi_reply_facets(const fhi_facets *facets, uint32_t fields, fhi_buf *json)
{
    bool any = false;
    put_count(json, "\"total\":", facets->total);
    if (facets->partial) fhi_buf_printf(json, ",\"partial\":true");
    fhi_buf_printf(json, ",\"facets\":{");
    for (unsigned field = 0; field < FHI_FACET_COUNT; field++) {
        if (!(fields >> field & 1)) continue;
        if (any) fhi_buf_put8(json, ',');
        FH_TRY(put_facet(facet_names[field], &facets->facets[field], json));
        any = true;
    }
    fhi_buf_put8(json, '}');
    return json->status;
}

fh_status fhi_reply_histogram(const fhi_histogram *histogram, fhi_buf *json)
{
    char text[FHI_BAR_TEXT_BYTES];
    put_count(json, "\"total\":", histogram->total);
    if (histogram->partial) fhi_buf_printf(json, ",\"partial\":true");
    fhi_buf_printf(json, ",\"by\":\"%s\",\"bars\":[", fhi_period_name(histogram->period));
    for (uint32_t i = 0; i < histogram->bar_count; i++) {
        fhi_bar_text(histogram->period, histogram->bars[i].from, text);
        fhi_buf_printf(json, "%s{\"from\":\"%s\",\"count\":", i ? "," : "", text);
        fhi_json_put_number(json, histogram->bars[i].count);
        fhi_buf_put8(json, '}');
    }
    put_count(json, "],\"undated\":", histogram->undated);
    return json->status;
}
