/* page_side.c - what narrows a search: filters that are set, values with their counts, the timeline.
 *
 * The counts of a filter leave that filter itself out, so that a second value can be seen and added; all others hold.
 * Every step is a link to another address of the page.
 */
#include "query/page/page_impl.h"

enum {
    VALUES_SHOWN = 8,
    CHART_HEIGHT = 100, /* units of the drawing; the style sheet gives it its size */
    SLOT_WIDTH = 10,
    SLOTS_MAX = 4000
};

static const fhi_page_word filter_words[FHI_PAGE_FILTER_COUNT] = {FHI_SAY_SOURCE, FHI_SAY_SECTION, FHI_SAY_REGION,
                                                                  FHI_SAY_AUTHOR, FHI_SAY_LANG,    FHI_SAY_YEAR};

_Static_assert((int)FHI_PAGE_YEAR == (int)FHI_FACET_YEAR && (int)FHI_PAGE_LANG == (int)FHI_COLUMN_LANG,
               "filters have the numbers of facets");

/* An address of the first results of another state. */
static fh_str address_of(fhi_page_work *work, const fhi_page_state *state)
{
    const fhi_request request = fhi_page_first(work);
    return fhi_page_address_text(work, &(fhi_page_address){"/", FH_STR(""), &request, state});
}

/* Position of a value in a filter, or -1. */
static int find_value(const fhi_page_state *state, fhi_page_filter filter, fh_str value)
{
    for (int i = 0; i < state->value_counts[filter]; i++)
        if (fhi_str_equal(state->values[filter][i], value)) return i;
    return -1;
}

static void drop_value(fhi_page_state *state, fhi_page_filter filter, int at)
{
    for (int i = at; i + 1 < state->value_counts[filter]; i++)
        state->values[filter][i] = state->values[filter][i + 1];
    state->value_counts[filter]--;
}

/* The state with a value set that is not, or not set that is. False: no more can be set, or it cannot be asked for. */
static bool toggle(fhi_page_state *state, fhi_page_filter filter, fh_str value)
{
    const int at = find_value(state, filter, value);
    fhi_request unused;
    if (at >= 0) {
        drop_value(state, filter, at);
        return true;
    }
    return fhi_page_set(state, &unused, fhi_str(fhi_page_filter_name(filter)), value, NULL) == FH_OK;
}

/* A value as people read it: languages by their names. */
static fh_str shown_value(const fhi_page_work *work, fhi_page_filter filter, fh_str value)
{
    if (filter != FHI_PAGE_LANG) return value;
    if (fhi_str_equal(value, FH_STR("fr"))) return fhi_page_say(work, FHI_SAY_FRENCH);
    if (fhi_str_equal(value, FH_STR("ar"))) return fhi_page_say(work, FHI_SAY_ARABIC);
    return fhi_str_equal(value, FH_STR("mixed")) ? fhi_page_say(work, FHI_SAY_MIXED) : value;
}

/* ---- filters that are set -------------------------------------------------------------------------------- */

static void add_chip(fhi_page_work *work, xmlNode *list, fh_str text, const fhi_page_state *without)
{
    xmlNode *item = fhi_html_add(&work->html, list, "li", NULL);
    xmlNode *link = fhi_page_link(work, item, NULL, address_of(work, without));
    fhi_html_add_text(&work->html, link, "span", "unseen", fhi_page_say(work, FHI_SAY_REMOVE));
    fhi_html_text(&work->html, link, FH_STR(" "));
    fhi_html_add_text(&work->html, link, "bdi", NULL, text);
}

/* "July 2025 – 15 August 2025", "since 2024", or one date alone. */
static fh_str days_text(fhi_page_work *work)
{
    const fhi_page_state *state = work->question->state;
    fh_str iso;
    fhi_buf text;
    fhi_buf_init(&text);
    const fh_str from = fhi_page_date(work, state->from, &iso), to = fhi_page_date(work, state->to, &iso);
    const bool one = fhi_str_equal(state->from, state->to);
    if (!from.len || !to.len) {
        const fh_str side = fhi_page_say(work, from.len ? FHI_SAY_SINCE : FHI_SAY_UNTIL);
        fhi_buf_put(&text, side.ptr, side.len);
        fhi_buf_put8(&text, ' ');
    }
    fhi_buf_put(&text, from.ptr, from.len);
    if (from.len && to.len && !one) fhi_buf_put(&text, " – ", strlen(" – "));
    if (!one) fhi_buf_put(&text, to.ptr, to.len);
    const fh_str kept = text.status == FH_OK ? fhi_arena_copy(&work->page->arena, fhi_buf_str(&text)) : FH_STR("");
    fhi_buf_fini(&text);
    return kept.ptr ? kept : FH_STR("");
}

void fhi_page_chips(fhi_page_work *work, xmlNode *parent)
{
    const fhi_page_state *state = work->question->state;
    if (!fhi_page_is_filtered(state)) return;
    xmlNode *list = fhi_html_add(&work->html, parent, "ul", "chips");
    fhi_html_set_str(&work->html, list, "aria-label", fhi_page_say(work, FHI_SAY_FILTERS));
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT; filter++)
        for (int i = 0; i < state->value_counts[filter]; i++) {
            fhi_page_state without = *state;
            drop_value(&without, (fhi_page_filter)filter, i);
            add_chip(work, list, shown_value(work, (fhi_page_filter)filter, state->values[filter][i]), &without);
        }
    if (state->from.len || state->to.len) {
        fhi_page_state without = *state;
        without.from = without.to = FH_STR("");
        add_chip(work, list, days_text(work), &without);
    }
    const fhi_page_state bare = {.lang_given = state->lang_given};
    xmlNode *item = fhi_html_add(&work->html, list, "li", "clear");
    fhi_html_text(&work->html, fhi_page_link(work, item, NULL, address_of(work, &bare)),
                  fhi_page_say(work, FHI_SAY_CLEAR));
}

/* ---- values and their counts ----------------------------------------------------------------------------- */

static void add_value(fhi_page_work *work, xmlNode *list, fhi_page_filter filter, const fhi_facet_value *value)
{
    fhi_page_state other = *work->question->state;
    const bool set = find_value(&other, filter, value->value) >= 0;
    xmlNode *item = fhi_html_add(&work->html, list, "li", NULL), *place = item;
    if (toggle(&other, filter, value->value)) {
        place = fhi_page_link(work, item, NULL, address_of(work, &other));
        if (set) fhi_html_set(&work->html, place, "aria-current", "true");
    }
    fhi_html_add_text(&work->html, place, "bdi", NULL, shown_value(work, filter, value->value));
    fhi_html_text(&work->html, place, FH_STR(" "));
    fhi_html_add_text(&work->html, place, "span", "count", fhi_page_number(work, value->count));
}

static void add_facet(fhi_page_work *work, xmlNode *parent, fhi_page_filter filter, const fhi_facet *facet)
{
    if (facet->value_count == 0) return;
    xmlNode *section = fhi_html_add(&work->html, parent, "section", "facet");
    fhi_html_set(&work->html, section, "data-filter", fhi_page_filter_name(filter));
    fhi_page_add(work, section, "h3", NULL, filter_words[filter]);
    xmlNode *list = fhi_html_add(&work->html, section, "ul", NULL);
    for (uint32_t i = 0; i < facet->value_count; i++)
        add_value(work, list, filter, &facet->values[i]);
    if (facet->different <= facet->value_count) return;
    xmlNode *more = fhi_html_add_text(&work->html, section, "p", "more", FH_STR("+ "));
    fhi_html_text(&work->html, more, fhi_page_number(work, facet->different - facet->value_count));
    fhi_html_text(&work->html, more, FH_STR(" "));
    fhi_html_text(&work->html, more, fhi_page_say(work, FHI_SAY_OTHERS));
}

/* The counts of some filters, those of one that is set without itself. */
static bool add_facets(fhi_page_work *work, xmlNode *parent, uint32_t fields, fhi_page_filter without)
{
    fhi_facets facets;
    work->failure.status = fhi_page_compose(work, without);
    work->request.fields = fields;
    work->request.values = VALUES_SHOWN;
    /* A query of that one filter alone is none without it. */
    if (work->failure.status == FH_OK && work->request.query.len == 0) return true;
    if (work->failure.status == FH_OK)
        (void)fhi_searcher_facets(work->searcher, work->index, &work->request, &facets, &work->failure);
    if (work->failure.status != FH_OK) return false;
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT; filter++)
        if (fields >> filter & 1) add_facet(work, parent, (fhi_page_filter)filter, &facets.facets[filter]);
    return true;
}

void fhi_page_side(fhi_page_work *work, xmlNode *parent)
{
    const fhi_page_state *state = work->question->state;
    uint32_t unset = 0;
    xmlNode *side = fhi_html_add(&work->html, parent, "aside", "side");
    fhi_html_set(&work->html, side, "id", "filters");
    fhi_page_add(work, side, "h2", NULL, FHI_SAY_FILTERS);
    bool good = true;
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT && good; filter++) {
        if (state->value_counts[filter])
            good = add_facets(work, side, 1U << filter, (fhi_page_filter)filter);
        else
            unset |= 1U << filter;
    }
    if (good && unset) good = add_facets(work, side, unset, FHI_PAGE_FILTER_COUNT);
    if (!good) fhi_page_failed(work, side);
}

/* ---- timeline -------------------------------------------------------------------------------------------- */

/* Days since some day, by the civil calendar (Howard Hinnant's days_from_civil). */
static int64_t day_number(uint32_t year, uint32_t month, uint32_t day)
{
    const int64_t y = (int64_t)year - (month <= 2), era = y / 400, of_era = y - era * 400;
    const int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
}

/* Where a bar stands: bars of periods that follow each other have numbers that do. */
static int64_t slot_of(fhi_period period, uint32_t from)
{
    const uint32_t year = from / 10000, month = from / 100 % 100, day = from % 100;
    if (period == FHI_PERIOD_YEAR) return year;
    if (period == FHI_PERIOD_MONTH) return (int64_t)year * 12 + month;
    return day_number(year, month, day);
}

typedef struct chart {
    fhi_page_work *work;
    const fhi_histogram *histogram;
    xmlNode *svg;
    int64_t first;
    uint64_t highest;
} chart;

static void add_bar(const chart *to, const fhi_bar *bar)
{
    fhi_page_work *work = to->work;
    fhi_html *html = &work->html;
    char day[FHI_BAR_TEXT_BYTES];
    fh_str iso;
    fhi_page_state state = *work->question->state;
    fhi_bar_text(to->histogram->period, bar->from, day);
    state.from = state.to = fhi_str(day);
    const uint64_t slot = (uint64_t)(slot_of(to->histogram->period, bar->from) - to->first);
    const uint64_t scaled = bar->count * CHART_HEIGHT / to->highest, height = scaled ? scaled : 1;
    xmlNode *link = fhi_page_link(work, to->svg, NULL, address_of(work, &state));
    fhi_html_set(html, link, "tabindex", "-1");
    fhi_html_set(html, link, "data-from", day);
    xmlNode *title = fhi_html_add_text(html, link, "title", NULL, fhi_page_date(work, fhi_str(day), &iso));
    fhi_html_text(html, title, FH_STR(" · "));
    fhi_html_text(html, title, fhi_page_count(work, bar->count));
    /* What can be pointed at is as high as the chart, however low the bar. */
    for (int part = 0; part < 2; part++) {
        xmlNode *rect = fhi_html_add(html, link, "rect", part ? "value" : "reach");
        fhi_html_set_number(html, rect, "x", slot * SLOT_WIDTH + (part ? 1 : 0));
        fhi_html_set_number(html, rect, "y", part ? CHART_HEIGHT - height : 0);
        fhi_html_set_number(html, rect, "width", part ? SLOT_WIDTH - 2 : SLOT_WIDTH);
        fhi_html_set_number(html, rect, "height", part ? height : CHART_HEIGHT);
    }
}

static void add_ends(fhi_page_work *work, xmlNode *parent, const fhi_histogram *histogram)
{
    xmlNode *ends = fhi_html_add(&work->html, parent, "p", "ends");
    fhi_html_set(&work->html, ends, "dir", "ltr");
    for (int last = 0; last < 2; last++) {
        char day[FHI_BAR_TEXT_BYTES];
        fh_str iso;
        const fhi_bar *bar = &histogram->bars[last ? histogram->bar_count - 1 : 0];
        fhi_bar_text(histogram->period, bar->from, day);
        xmlNode *time = fhi_html_add_text(&work->html, ends, "time", NULL, fhi_page_date(work, fhi_str(day), &iso));
        fhi_html_set(&work->html, time, "dir", "auto");
        fhi_html_set(&work->html, time, "datetime", day);
    }
}

static void draw(fhi_page_work *work, xmlNode *parent, const fhi_histogram *histogram)
{
    fhi_html *html = &work->html;
    chart to = {.work = work, .histogram = histogram, .highest = 1};
    char box[64];
    to.first = slot_of(histogram->period, histogram->bars[0].from);
    const int64_t last = slot_of(histogram->period, histogram->bars[histogram->bar_count - 1].from);
    if (last - to.first >= SLOTS_MAX) return; /* a date far off: the bars would be thinner than can be seen */
    for (uint32_t i = 0; i < histogram->bar_count; i++)
        if (histogram->bars[i].count > to.highest) to.highest = histogram->bars[i].count;
    (void)snprintf(box, sizeof box, "0 0 %lld %d", (long long)(last - to.first + 1) * SLOT_WIDTH, CHART_HEIGHT);
    to.svg = fhi_html_add(html, parent, "svg", "chart");
    fhi_html_set(html, to.svg, "viewBox", box);
    fhi_html_set(html, to.svg, "preserveAspectRatio", "none");
    fhi_html_set(html, to.svg, "role", "group");
    fhi_html_set_str(html, to.svg, "aria-label", fhi_page_say(work, FHI_SAY_TIMELINE));
    for (uint32_t i = 0; i < histogram->bar_count; i++)
        add_bar(&to, &histogram->bars[i]);
    add_ends(work, parent, histogram);
}

/* A field of the form of dates: a day, a month or a year, as it is written in a query. */
static void add_day_field(fhi_page_work *work, xmlNode *form, const char *name, fhi_page_word word, fh_str value)
{
    xmlNode *label = fhi_page_add(work, form, "label", NULL, word);
    fhi_html_text(&work->html, label, FH_STR(" "));
    xmlNode *input = fhi_html_add(&work->html, label, "input", NULL);
    fhi_html_set(&work->html, input, "name", name);
    fhi_html_set(&work->html, input, "size", "10");
    fhi_html_set(&work->html, input, "dir", "ltr");
    fhi_html_set(&work->html, input, "placeholder", "2025-07");
    fhi_html_set(&work->html, input, "autocomplete", "off");
    fhi_html_set_str(&work->html, input, "value", value);
}

static void add_dates_form(fhi_page_work *work, xmlNode *parent)
{
    fhi_page_state state = *work->question->state;
    xmlNode *form = fhi_html_add(&work->html, parent, "form", "dates");
    fhi_html_set(&work->html, form, "action", "/");
    add_day_field(work, form, "from", FHI_SAY_FROM, state.from);
    add_day_field(work, form, "to", FHI_SAY_TO, state.to);
    state.from = state.to = FH_STR("");
    fhi_page_hidden(work, form, "q", work->question->request.query);
    fhi_page_keep_state(work, form, &state);
    fhi_page_add(work, form, "button", NULL, FHI_SAY_NARROW);
}

void fhi_page_timeline(fhi_page_work *work, xmlNode *parent)
{
    fhi_histogram histogram;
    work->failure.status = fhi_page_compose(work, FHI_PAGE_FILTER_COUNT);
    work->request.by = FHI_PERIOD_ANY;
    xmlNode *section = fhi_html_add(&work->html, parent, "section", "timeline");
    fhi_page_add(work, section, "h2", NULL, FHI_SAY_TIMELINE);
    if (fhi_searcher_histogram(work->searcher, work->index, &work->request, &histogram, &work->failure) != FH_OK) {
        fhi_page_failed(work, section);
        return;
    }
    if (histogram.bar_count) draw(work, section, &histogram);
    if (histogram.undated) {
        xmlNode *line =
            fhi_html_add_text(&work->html, section, "p", "undated", fhi_page_number(work, histogram.undated));
        fhi_html_text(&work->html, line, FH_STR(" "));
        fhi_html_text(&work->html, line, fhi_page_say(work, FHI_SAY_UNDATED));
    }
    add_dates_form(work, section);
}
