/* test_query_facets.c - facets and histograms as JSON, on small indexes made for each test. */
#include "query/answer/facets.h"
#include "tests/support/scratch.h"

#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct library {
    scratch folder;
    fhi_index *index;
    fhi_searcher *searcher;
    fhi_buf json;
} library;

typedef struct article {
    const char *source, *author, *date;
} article;

/* All say the same word; their ids are their numbers. */
static void library_open(library *l, const article *articles, size_t count)
{
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer;
    scratch_init(&l->folder);
    assert_int_equal(fh_writer_open(scratch_path(&l->folder, "index", path), NULL, &writer, NULL), FH_OK);
    for (size_t i = 0; i < count; i++) {
        char id[] = {(char)('a' + i), '\0'};
        fh_record record = {0};
        record.fields[FH_FIELD_ID] = fhi_str(id);
        record.fields[FH_FIELD_BODY] = FH_STR("roi");
        record.fields[FH_FIELD_LANG] = FH_STR("fr");
        record.fields[FH_FIELD_SOURCE] = fhi_str(articles[i].source);
        record.fields[FH_FIELD_AUTHOR] = fhi_str(articles[i].author);
        record.fields[FH_FIELD_DATE] = fhi_str(articles[i].date);
        assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    }
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &l->index, NULL), FH_OK);
    assert_int_equal(fhi_searcher_create("press", &l->searcher, NULL), FH_OK);
    fhi_buf_init(&l->json);
}

static void library_close(library *l)
{
    fhi_buf_fini(&l->json);
    fhi_searcher_destroy(l->searcher);
    fhi_index_release(l->index);
    scratch_fini(&l->folder);
}

/* The answer without the time it took, which comes last. */
static const char *ask(library *l, const fhi_request *request)
{
    fhi_buf_clear(&l->json);
    (void)fhi_searcher_run(l->searcher, l->index, request, NULL, &l->json);
    fhi_buf_put8(&l->json, 0);
    assert_int_equal(l->json.status, FH_OK);
    char *took = strstr((char *)l->json.data, ",\"took_us\"");
    if (took) *took = '\0';
    return (const char *)l->json.data;
}

static fhi_request request_of(fhi_request_kind kind, const char *query, const char *name, const char *value)
{
    fhi_request request;
    fhi_request_defaults(&request);
    request.kind = kind;
    request.query = fhi_str(query);
    if (name) assert_int_equal(fhi_request_set(&request, fhi_str(name), fhi_str(value), NULL), FH_OK);
    return request;
}

static void facets_group_by_folded_value_and_show_the_usual_one(void **state)
{
    (void)state;
    static const article articles[] = {
        {"hespress", "A", "2019"}, {"Hespress", "B", "2019-07"}, {"Hespress", "", ""},        {"Médias 24", "B", ""},
        {"Medias 24", "", ""},     {"الصحراء", "A", "2020-1-2"}, {"", "C", "4 novembre 2019"}};
    library l;
    library_open(&l, articles, sizeof articles / sizeof articles[0]);
    fhi_request request = request_of(FHI_REQUEST_FACETS, "roi", "fields", "year,source,author");
    request.values = 2;
    assert_string_equal(
        ask(&l, &request),
        "{\"total\":7,\"facets\":{"
        "\"source\":{\"values\":[{\"value\":\"Hespress\",\"count\":3},{\"value\":\"Medias 24\",\"count\":2}],"
        "\"different\":3,\"without\":1},"
        "\"author\":{\"values\":[{\"value\":\"A\",\"count\":2},{\"value\":\"B\",\"count\":2}],"
        "\"different\":3,\"without\":2},"
        "\"year\":{\"values\":[{\"value\":\"2019\",\"count\":3},{\"value\":\"2020\",\"count\":1}],"
        "\"different\":2,\"without\":3}}");
    request = request_of(FHI_REQUEST_FACETS, "roi -source:hespress author:b", "fields", "source");
    assert_string_equal(ask(&l, &request), "{\"total\":1,\"facets\":{\"source\":{\"values\":[{\"value\":\"Médias "
                                           "24\",\"count\":1}],\"different\":1,\"without\":0}}");
    request = request_of(FHI_REQUEST_FACETS, "reine", "fields", "lang");
    assert_string_equal(ask(&l, &request),
                        "{\"total\":0,\"facets\":{\"lang\":{\"values\":[],\"different\":0,\"without\":0}}");
    library_close(&l);
}

static void histograms_count_what_a_date_tells(void **state)
{
    (void)state;
    static const article articles[] = {{"", "", "2019"},       {"", "", "2019-07"},    {"", "", "2019-07-05"},
                                       {"", "", "2019-07-05"}, {"", "", "2020-01-31"}, {"", "", ""}};
    library l;
    library_open(&l, articles, sizeof articles / sizeof articles[0]);
    fhi_request request = request_of(FHI_REQUEST_HISTOGRAM, "roi", "by", "day");
    assert_string_equal(ask(&l, &request), "{\"total\":6,\"by\":\"day\",\"bars\":[{\"from\":\"2019-07-05\",\"count\":2}"
                                           ",{\"from\":\"2020-01-31\",\"count\":1}],\"undated\":3");
    request = request_of(FHI_REQUEST_HISTOGRAM, "roi", "by", "month");
    assert_string_equal(ask(&l, &request), "{\"total\":6,\"by\":\"month\",\"bars\":[{\"from\":\"2019-07\",\"count\":3},"
                                           "{\"from\":\"2020-01\",\"count\":1}],\"undated\":2");
    request = request_of(FHI_REQUEST_HISTOGRAM, "roi", "by", "year");
    assert_string_equal(ask(&l, &request), "{\"total\":6,\"by\":\"year\",\"bars\":[{\"from\":\"2019\",\"count\":4},"
                                           "{\"from\":\"2020\",\"count\":1}],\"undated\":1");
    request = request_of(FHI_REQUEST_HISTOGRAM, "reine", NULL, NULL);
    assert_string_equal(ask(&l, &request), "{\"total\":0,\"by\":\"day\",\"bars\":[],\"undated\":0");
    library_close(&l);
}

static const char *period_of(const fhi_day_count *days, uint32_t count)
{
    const fhi_day_counts counts = {.days = days, .day_count = count};
    fhi_histogram histogram;
    fhi_arena arena;
    fhi_arena_init(&arena, 1 << 20);
    assert_int_equal(fhi_histogram_make(&counts, FHI_PERIOD_ANY, &arena, &histogram), FH_OK);
    fhi_arena_fini(&arena);
    return fhi_period_name(histogram.period);
}

static void bars_are_as_fine_as_fits(void **state)
{
    (void)state;
    static const fhi_day_count season[] = {{20190101, 1}, {20190430, 1}}, half[] = {{20190101, 1}, {20190601, 1}},
                               decade[] = {{20100101, 1}, {20191231, 1}}, century[] = {{19190101, 1}, {20191231, 1}},
                               vague[] = {{20190000, 3}, {20190101, 1}}, month[] = {{20190300, 2}, {20190301, 1}},
                               even[] = {{20190300, 2}, {20190301, 2}};
    assert_string_equal(period_of(season, 2), "day");
    assert_string_equal(period_of(half, 2), "month");
    assert_string_equal(period_of(decade, 2), "month");
    assert_string_equal(period_of(century, 2), "year");
    assert_string_equal(period_of(vague, 2), "year");
    assert_string_equal(period_of(month, 2), "month");
    assert_string_equal(period_of(even, 2), "day");
}

static void parameters_are_checked(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{"fields", ""},      {"fields", "colour"}, {"fields", "source,"},
                                         {"fields", ",lang"}, {"fields", "a b"},    {"fields", "lang,lang"},
                                         {"values", "0"},     {"values", "1001"},   {"values", "x"},
                                         {"by", ""},          {"by", "week"}};
    fhi_request request;
    fh_err err;
    fhi_request_defaults(&request);
    assert_int_equal(request.fields, FHI_FIELDS_ALL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(fhi_request_set(&request, fhi_str(bad[i][0]), fhi_str(bad[i][1]), &err), FH_E_INVALID);
    assert_int_equal(fhi_request_set(&request, FH_STR("fields"), FH_STR("lang,source"), &err), FH_OK);
    assert_int_equal(request.fields, 1U << FHI_COLUMN_LANG | 1U << FHI_COLUMN_SOURCE);
    assert_false(fhi_request_takes(FHI_REQUEST_FACETS, FH_STR("top")));
    assert_false(fhi_request_takes(FHI_REQUEST_HITS, FH_STR("by")));
    assert_true(fhi_request_takes(FHI_REQUEST_HISTOGRAM, FH_STR("by")));
}

static void errors_are_those_of_a_search(void **state)
{
    (void)state;
    static const article articles[] = {{"x", "", "2019"}};
    library l;
    library_open(&l, articles, 1);
    for (fhi_request_kind kind = FHI_REQUEST_FACETS; kind <= FHI_REQUEST_HISTOGRAM; kind++) {
        fhi_request request = request_of(kind, "roi \"maroc", NULL, NULL);
        assert_non_null(strstr(ask(&l, &request), "{\"error\":{\"code\":\"open_quote\""));
        assert_non_null(strstr(ask(&l, &request), "\"offset\":4"));
        request = request_of(kind, "roi", NULL, NULL);
        request.deadline_ns = 1; /* long ago */
        const char *answer = ask(&l, &request);
        assert_non_null(strstr(answer, "{\"error\":{\"code\":\"deadline\""));
    }
    library_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facets_group_by_folded_value_and_show_the_usual_one),
        cmocka_unit_test(histograms_count_what_a_date_tells),
        cmocka_unit_test(bars_are_as_fine_as_fits),
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(errors_are_those_of_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
