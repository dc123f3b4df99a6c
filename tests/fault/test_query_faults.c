/* test_query_faults.c - a search short of memory says so, leaks nothing, and the searcher works again afterwards. */
#include "query/answer/export.h"
#include "tests/support/fault.h"
#include "tests/support/scratch.h"

#include <fihrist/search.h>
#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>

static const char query[] = "(maroc OR \"conseil de gouvernement\" OR وزير^2) -title:absent +roi écon* date:2025..";

static void make_index(const char *path)
{
    fh_writer *writer;
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("1");
    record.fields[FH_FIELD_TITLE] = FH_STR("Le roi du Maroc");
    record.fields[FH_FIELD_BODY] = FH_STR("L'économie et le conseil de gouvernement. قال الوزير");
    record.fields[FH_FIELD_DATE] = FH_STR("2025-07-01");
    record.fields[FH_FIELD_EXTRA] = FH_STR("{\"x\":[1,2]}");
    assert_int_equal(fh_writer_open(path, NULL, &writer, NULL), FH_OK);
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
}

/* jansson's own allocations fail too. */
static int count_json_allocations(void **state)
{
    (void)state;
    json_set_alloc_funcs(malloc, free);
    return 0;
}

static fh_status search_as_program(void *context)
{
    fh_search *search;
    fh_search_hits hits;
    fh_search_counts counts;
    fh_search_timeline timeline;
    fh_str json;
    const fh_search_request request = {.query = {query, sizeof query - 1}};
    fh_status status = fh_search_open(context, &search, NULL);
    if (status == FH_OK) status = fh_search_run(search, &request, &hits, NULL);
    if (status == FH_OK) assert_int_equal(hits.hit_count, 1);
    if (status == FH_OK) status = fh_search_json(search, &request, &json);
    if (status == FH_OK) status = fh_search_facets(search, &request, 63, 5, &counts, NULL);
    if (status == FH_OK) assert_int_equal(counts.facets[FH_SEARCH_YEAR].values[0].count, 1);
    if (status == FH_OK) status = fh_search_histogram(search, &request, FH_SEARCH_ANY, &timeline, NULL);
    if (status == FH_OK) assert_int_equal(timeline.bar_count, 1);
    fh_search_close(search);
    return status;
}

static fh_status read_article(void *context)
{
    fhi_index *index = NULL;
    fhi_searcher *searcher = NULL;
    fhi_buf json;
    fhi_buf_init(&json);
    fh_status status = fhi_index_open(fhi_vfs_posix(), context, &index, NULL);
    if (status == FH_OK) status = fhi_searcher_create("press", &searcher, NULL);
    if (status == FH_OK) status = fhi_searcher_article(searcher, index, FH_STR("1"), &json);
    fhi_buf_fini(&json);
    fhi_searcher_destroy(searcher);
    fhi_index_release(index);
    return status;
}

/* Counts and an explanation as JSON, which allocates most. */
static fh_status count_as_json(void *context)
{
    fhi_index *index = NULL;
    fhi_searcher *searcher = NULL;
    fhi_request request;
    fhi_buf json;
    fhi_buf_init(&json);
    fhi_request_defaults(&request);
    request.query = (fh_str){query, sizeof query - 1};
    request.article = FH_STR("1");
    fh_status status = fhi_index_open(fhi_vfs_posix(), context, &index, NULL);
    if (status == FH_OK) status = fhi_searcher_create("press", &searcher, NULL);
    for (int kind = FHI_REQUEST_FACETS; status == FH_OK && kind <= FHI_REQUEST_EXPLAIN; kind++) {
        request.kind = (fhi_request_kind)kind;
        status = fhi_searcher_run(searcher, index, &request, NULL, &json);
    }
    fhi_buf_fini(&json);
    fhi_searcher_destroy(searcher);
    fhi_index_release(index);
    return status;
}

static fh_status export_all(void *context)
{
    fhi_index *index = NULL;
    fhi_searcher *searcher = NULL;
    fhi_request request;
    fhi_buf out;
    fhi_buf_init(&out);
    fhi_request_defaults(&request);
    request.query = (fh_str){query, sizeof query - 1};
    fh_status status = fhi_index_open(fhi_vfs_posix(), context, &index, NULL);
    if (status == FH_OK) status = fhi_searcher_create("press", &searcher, NULL);
    for (int way = 0; status == FH_OK && way < 4; way++) {
        const fhi_export_options options = {.format = way % 2 ? FHI_EXPORT_CSV : FHI_EXPORT_JSONL, .sorted = way > 1};
        fhi_export_state made = {.begun = false};
        status = fhi_export_piece(searcher, index, &request, &options, false, NULL, &made, &out);
        fhi_export_state_fini(&made);
        assert_true(made.ended);
        if (status == FH_OK) assert_int_equal(made.article_count, 1);
    }
    fhi_buf_fini(&out);
    fhi_searcher_destroy(searcher);
    fhi_index_release(index);
    return status;
}

static void searches_survive_every_failed_allocation(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    scratch_init(&folder);
    make_index(scratch_path(&folder, "index", path));
    assert_true(fault_each_allocation(search_as_program, path, 5000) > 0);
    assert_true(fault_each_allocation(read_article, path, 5000) > 0);
    assert_true(fault_each_allocation(count_as_json, path, 5000) > 0);
    assert_true(fault_each_allocation(export_all, path, 5000) > 0);
    scratch_fini(&folder);
}

static fh_status wrong_query(void *context)
{
    fhi_index *index = NULL;
    fhi_searcher *searcher = NULL;
    fhi_request request;
    fhi_buf json;
    fhi_buf_init(&json);
    fhi_request_defaults(&request);
    request.query = FH_STR("roi \"maroc");
    fh_status status = fhi_index_open(fhi_vfs_posix(), context, &index, NULL);
    if (status == FH_OK) status = fhi_searcher_create("press", &searcher, NULL);
    if (status == FH_OK) {
        const fh_status answer = fhi_searcher_run(searcher, index, &request, NULL, &json);
        if (json.len == 0)
            status = FH_E_NOMEM; /* no memory even for the error object */
        else
            assert_true(answer == FH_E_SYNTAX || answer == FH_E_NOMEM);
    }
    fhi_buf_fini(&json);
    fhi_searcher_destroy(searcher);
    fhi_index_release(index);
    return status;
}

static void wrong_queries_survive_every_failed_allocation(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    scratch_init(&folder);
    make_index(scratch_path(&folder, "index", path));
    assert_true(fault_each_allocation(wrong_query, path, 5000) > 0);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_survive_every_failed_allocation),
        cmocka_unit_test(wrong_queries_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, count_json_allocations, NULL);
}
