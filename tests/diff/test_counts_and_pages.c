/* test_counts_and_pages.c - random articles in several runs, some replaced, and random queries: facets and histogram
 * are what plain counting over the articles that a search finds gives, and its pages, one after the other, are its
 * list. */
#include "query/answer/cursor.h"
#include "query/answer/facets.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

#include <fihrist/analyzer.h>
#include <fihrist/search.h>
#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { GROUPS_MAX = 64, VARIANTS_MAX = 8, WORDS = 12 };

#define ANY(random, list) ((list)[rng_below((random), sizeof(list) / sizeof((list)[0]))])

static const char *const words[WORDS] = {"roi",   "maroc", "budget", "parlement", "safran", "barrage",
                                         "récit", "وزير",  "مدرسة",  "المغرب",    "école",  "neige"};

/* ---- articles ---- */

static void put_words(rng *random, fhi_buf *text, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const double unit = rng_unit(random);
        fhi_buf_printf(text, "%s%s", i ? " " : "", words[(size_t)(unit * unit * WORDS)]);
    }
}

static void draw_date(rng *random, char date[16])
{
    const unsigned year = 2010 + (unsigned)rng_below(random, rng_below(random, 4) ? 2 : 12);
    const unsigned month = 1 + (unsigned)rng_below(random, 12), day = 1 + (unsigned)rng_below(random, 28);
    switch (rng_below(random, 8)) {
    case 0: date[0] = '\0'; break;
    case 1: (void)snprintf(date, 16, "%u", year); break;
    case 2: (void)snprintf(date, 16, "%u-%02u", year, month); break;
    default: (void)snprintf(date, 16, "%u-%02u-%02u", year, month, day); break;
    }
}

static void add_article(rng *random, fh_writer *writer)
{
    static const char *const sources[] = {"Hespress",   "hespress", "HESPRESS", "Le Monde", "Médias 24",
                                          "Medias  24", "الصحراء",  "الصحراء ", "",         ""};
    static const char *const sections[] = {"Sport", "Économie", "economie", "رياضة", ""};
    static const char *const regions[] = {"Oriental", "", "Souss-Massa"};
    static const char *const langs[] = {"fr", "ar", "FR"};
    char id[24], date[16], author[24] = "";
    fhi_buf text;
    fh_record record = {0};
    fhi_buf_init(&text);
    put_words(random, &text, 1 + rng_below(random, 12));
    draw_date(random, date);
    (void)snprintf(id, sizeof id, "%u", (unsigned)rng_below(random, 600));
    if (rng_below(random, 2)) (void)snprintf(author, sizeof author, "Author %u", (unsigned)rng_skewed(random, 6));
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_BODY] = fhi_buf_str(&text);
    record.fields[FH_FIELD_DATE] = fhi_str(date);
    record.fields[FH_FIELD_SOURCE] = fhi_str(ANY(random, sources));
    record.fields[FH_FIELD_SECTION] = fhi_str(ANY(random, sections));
    record.fields[FH_FIELD_REGION] = fhi_str(ANY(random, regions));
    record.fields[FH_FIELD_LANG] = fhi_str(ANY(random, langs));
    record.fields[FH_FIELD_AUTHOR] = fhi_str(author);
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    fhi_buf_fini(&text);
}

static void make_index(rng *random, const char *path)
{
    fh_writer *writer;
    const uint64_t runs = 1 + rng_below(random, 6), most = 1 + rng_below(random, 200);
    for (uint64_t run = 0; run < runs; run++) {
        assert_int_equal(fh_writer_open(path, NULL, &writer, NULL), FH_OK);
        for (uint64_t i = 0; i < most; i++)
            add_article(random, writer);
        assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
        fh_writer_close(writer);
    }
}

/* ---- queries ---- */

static void draw_query(rng *random, fhi_buf *query)
{
    const char *a = ANY(random, words), *b = ANY(random, words), *c = ANY(random, words);
    fhi_buf_clear(query);
    switch (rng_below(random, 10)) {
    case 0: fhi_buf_printf(query, "%s", a); break;
    case 1: fhi_buf_printf(query, "%s %s", a, b); break;
    case 2: fhi_buf_printf(query, "%s OR %s OR %s", a, b, c); break;
    case 3: fhi_buf_printf(query, "%s NOT (%s OR %s)", a, b, c); break;
    case 4: fhi_buf_printf(query, "\"%s %s\"", a, b); break;
    case 5: fhi_buf_printf(query, "\"%s %s\"~3 -%s", a, b, c); break;
    case 6: fhi_buf_printf(query, "source:hespress"); break;
    case 7: fhi_buf_printf(query, "(%s OR %s) section:economie date:2010-03..2011-09", a, b); break;
    case 8: fhi_buf_printf(query, "=%s lang:fr -author:\"Author 1\"", a); break;
    default: fhi_buf_printf(query, "date:2010..2021 %s", rng_below(random, 2) ? a : ""); break;
    }
}

/* ---- plain counting ---- */

typedef struct variant {
    char text[64];
    uint64_t count;
} variant;

typedef struct group {
    char key[64];
    variant variants[VARIANTS_MAX];
    size_t variant_count;
    uint64_t count;
    const char *shown;
} group;

typedef struct tally {
    group groups[GROUPS_MAX];
    size_t group_count;
    uint64_t without;
} tally;

static void copy(char to[64], fh_str text)
{
    assert_true(text.len < 64);
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
}

static void tally_add(tally *t, fh_str key, fh_str value)
{
    size_t g = 0, v = 0;
    if (value.len == 0) {
        t->without++;
        return;
    }
    while (g < t->group_count && !fhi_str_equal(fhi_str(t->groups[g].key), key))
        g++;
    assert_true(g < GROUPS_MAX);
    group *found = &t->groups[g];
    if (g == t->group_count) {
        t->group_count++;
        copy(found->key, key);
    }
    while (v < found->variant_count && !fhi_str_equal(fhi_str(found->variants[v].text), value))
        v++;
    assert_true(v < VARIANTS_MAX);
    if (v == found->variant_count) {
        found->variant_count++;
        copy(found->variants[v].text, value);
    }
    found->variants[v].count++;
    found->count++;
}

static int by_frequency(const void *a, const void *b)
{
    const variant *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->text, y->text);
}

static int by_count(const void *a, const void *b)
{
    const group *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->variants[0].text, y->variants[0].text);
}

static void check_facet(tally *t, const fh_search_facet *facet, uint32_t values_max)
{
    for (size_t g = 0; g < t->group_count; g++)
        qsort(t->groups[g].variants, t->groups[g].variant_count, sizeof(variant), by_frequency);
    qsort(t->groups, t->group_count, sizeof(group), by_count);
    assert_int_equal(facet->different, t->group_count);
    assert_int_equal(facet->without, t->without);
    assert_int_equal(facet->value_count, t->group_count < values_max ? t->group_count : values_max);
    for (uint32_t i = 0; i < facet->value_count; i++) {
        assert_int_equal(facet->values[i].count, t->groups[i].count);
        assert_int_equal(facet->values[i].value.len, strlen(t->groups[i].variants[0].text));
        assert_memory_equal(facet->values[i].value.ptr, t->groups[i].variants[0].text, facet->values[i].value.len);
    }
}

/* Of the date up to so many bytes, where it is so long. */
static fh_str date_part(const fh_search_hit *hit, size_t bytes)
{
    return hit->date.len >= bytes ? (fh_str){hit->date.ptr, bytes} : (fh_str){"", 0};
}

static fh_str value_of(const fh_search_hit *hit, int field)
{
    switch (field) {
    case FH_SEARCH_SOURCE: return hit->source;
    case FH_SEARCH_SECTION: return hit->section;
    case FH_SEARCH_REGION: return hit->region;
    case FH_SEARCH_AUTHOR: return hit->author;
    case FH_SEARCH_LANGUAGE: return hit->lang;
    default: return date_part(hit, 4);
    }
}

/* ---- comparing ---- */

static void check_facets(fh_analyzer *analyzer, const fh_search_hits *hits, const fh_search_counts *counts,
                         uint32_t fields, uint32_t values)
{
    assert_int_equal(counts->total, hits->total);
    for (int field = 0; field < FH_SEARCH_FIELDS; field++) {
        tally *t = calloc(1, sizeof *t);
        assert_non_null(t);
        for (uint32_t i = 0; i < hits->hit_count; i++) {
            fh_str key;
            const fh_str value = value_of(&hits->hits[i], field);
            assert_int_equal(fh_analyzer_fold(analyzer, value, &key, NULL), FH_OK);
            tally_add(t, key, value);
        }
        if (fields >> field & 1)
            check_facet(t, &counts->facets[field], values);
        else
            assert_memory_equal(&counts->facets[field], &(fh_search_facet){0}, sizeof(fh_search_facet));
        free(t);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void check_timeline(const fh_search_hits *hits, const fh_search_timeline *timeline)
{
    static const size_t bytes[] = {[FH_SEARCH_DAY] = 10, [FH_SEARCH_MONTH] = 7, [FH_SEARCH_BY_YEAR] = 4};
    char(*dates)[16] = calloc(hits->hit_count + 1, sizeof *dates), text[FHI_BAR_TEXT_BYTES];
    size_t count = 0, at = 0;
    assert_non_null(dates);
    assert_in_range(timeline->period, FH_SEARCH_DAY, FH_SEARCH_BY_YEAR);
    for (uint32_t i = 0; i < hits->hit_count; i++) {
        const fh_str part = date_part(&hits->hits[i], bytes[timeline->period]);
        if (part.len) memcpy(dates[count++], part.ptr, part.len);
    }
    qsort(dates, count, sizeof *dates, by_text);
    assert_int_equal(timeline->total, hits->total);
    assert_int_equal(timeline->undated, hits->hit_count - count);
    for (uint32_t i = 0; i < timeline->bar_count; i++) {
        fhi_bar_text((fhi_period)timeline->period, timeline->bars[i].from, text);
        assert_true(timeline->bars[i].count > 0);
        for (uint64_t j = 0; j < timeline->bars[i].count; j++) {
            assert_true(at < count);
            assert_string_equal(dates[at++], text);
        }
    }
    assert_int_equal(at, count);
    free(dates);
}

static void compare(rng *random, fh_search *finder, fh_search *counter, fh_analyzer *analyzer, fhi_buf *query)
{
    fh_err err = {0};
    fh_search_hits hits;
    fh_search_counts counts;
    fh_search_timeline timeline;
    draw_query(random, query);
    const fh_search_request request = {.query = fhi_buf_str(query), .top = FH_SEARCH_TOP_MAX};
    const uint32_t fields = (uint32_t)rng_below(random, 1 << FH_SEARCH_FIELDS);
    const uint32_t values = 1 + (uint32_t)rng_below(random, rng_below(random, 2) ? 4 : 60);
    if (fh_search_run(finder, &request, &hits, &err) != FH_OK) fail_msg("%s", err.text);
    assert_int_equal(hits.hit_count, hits.total);
    if (fh_search_facets(counter, &request, fields, values, &counts, &err) != FH_OK) fail_msg("%s", err.text);
    check_facets(analyzer, &hits, &counts, fields, values);
    const fh_search_period period = (fh_search_period)rng_below(random, 4);
    if (fh_search_histogram(counter, &request, period, &timeline, &err) != FH_OK) fail_msg("%s", err.text);
    if (period != FH_SEARCH_ANY) assert_int_equal(timeline.period, period);
    check_timeline(&hits, &timeline);
}

/* ---- pages ---- */

static void check_hit(const fh_search_hit *hit, const fh_search_hit *wanted)
{
    assert_int_equal(hit->id.len, wanted->id.len);
    assert_memory_equal(hit->id.ptr, wanted->id.ptr, hit->id.len);
    assert_memory_equal(&hit->score, &wanted->score, sizeof(float));
}

/* `finder` keeps the whole list while `pager` turns the pages. */
static void turn_pages(rng *random, fh_search *finder, fh_search *pager, fhi_buf *query)
{
    fh_err err = {0};
    fh_search_hits all, page;
    char next[FHI_CURSOR_BYTES];
    uint32_t at = 0;
    draw_query(random, query);
    fh_search_request request = {.query = fhi_buf_str(query), .top = FH_SEARCH_TOP_MAX, .no_snippets = true};
    request.sort = rng_below(random, 2) ? FH_SEARCH_BEST : FH_SEARCH_NEWEST;
    if (fh_search_run(finder, &request, &all, &err) != FH_OK) fail_msg("%s", err.text);
    assert_int_equal(all.next.len, 0);
    request.offset = rng_below(random, 4) ? 0 : (uint32_t)rng_below(random, 40);
    at = request.offset;
    do {
        request.top = 1 + (uint32_t)rng_below(random, 60);
        if (fh_search_run(pager, &request, &page, &err) != FH_OK) fail_msg("%s", err.text);
        assert_int_equal(page.total, all.total);
        for (uint32_t i = 0; i < page.hit_count; i++, at++) {
            assert_true(at < all.hit_count);
            check_hit(&page.hits[i], &all.hits[at]);
        }
        assert_int_equal(page.next.len, at < all.hit_count ? FHI_CURSOR_BYTES : 0);
        if (page.next.len) memcpy(next, page.next.ptr, page.next.len);
        request.after = (fh_str){next, page.next.len};
        request.offset = 0;
    } while (page.next.len);
    assert_true(at >= all.hit_count);
}

/* ---- corpora ---- */

static void counts_and_pages_are_those_of_the_articles_found(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "counts and pages");
    fh_analyzer *analyzer;
    fhi_buf query;
    fhi_buf_init(&query);
    assert_int_equal(fh_analyzer_create("press", &analyzer, NULL), FH_OK);
    for (int i = 0; i < rng_rounds(25); i++) {
        scratch folder;
        char path[SCRATCH_PATH_BYTES];
        fh_search *finder, *other;
        scratch_init(&folder);
        make_index(&random, scratch_path(&folder, "index", path));
        assert_int_equal(fh_search_open(path, &finder, NULL), FH_OK);
        assert_int_equal(fh_search_open(path, &other, NULL), FH_OK);
        for (int j = 0; j < 40; j++)
            compare(&random, finder, other, analyzer, &query);
        for (int j = 0; j < 10; j++)
            turn_pages(&random, finder, other, &query);
        fh_search_close(other);
        fh_search_close(finder);
        scratch_fini(&folder);
    }
    fhi_buf_fini(&query);
    fh_analyzer_destroy(analyzer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_pages_are_those_of_the_articles_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
