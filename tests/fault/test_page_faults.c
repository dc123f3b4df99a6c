/* test_page_faults.c - a page short of memory says so, leaks nothing, and the next one is whole again. */
#include "query/page/page.h"
#include "tests/support/fault.h"
#include "tests/support/scratch.h"

#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libxml/xmlmemory.h>

typedef struct fixture {
    scratch folder;
    fhi_index *index;
    fhi_searcher *searcher;
    fhi_page *page;
    fhi_page_question question;
    fhi_page_state state;
} fixture;

/* libxml2's own allocations fail too. */
static int count_xml_allocations(void **state)
{
    (void)state;
    return xmlMemSetup(free, malloc, realloc, strdup);
}

static void set_up(fixture *f)
{
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer;
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("a/../b");
    record.fields[FH_FIELD_URL] = FH_STR("https://a.example/1");
    record.fields[FH_FIELD_TITLE] = FH_STR("Le roi du Maroc <b>");
    record.fields[FH_FIELD_BODY] = FH_STR("L'économie et le conseil.\nقال الوزير");
    record.fields[FH_FIELD_DATE] = FH_STR("2025-07-01");
    record.fields[FH_FIELD_SOURCE] = FH_STR("La \"Vigie\"");
    record.fields[FH_FIELD_TAGS] = FH_STR("un\ndeux");
    *f = (fixture){.question = {.state = &f->state}};
    scratch_init(&f->folder);
    assert_int_equal(fh_writer_open(scratch_path(&f->folder, "index", path), NULL, &writer, NULL), FH_OK);
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &f->index, NULL), FH_OK);
    assert_int_equal(fhi_searcher_create("press", &f->searcher, NULL), FH_OK);
    assert_int_equal(fhi_page_create(&f->page, NULL), FH_OK);
    fhi_request_defaults(&f->question.request);
}

static void tear_down(fixture *f)
{
    fhi_page_destroy(f->page);
    fhi_searcher_destroy(f->searcher);
    fhi_index_release(f->index);
    scratch_fini(&f->folder);
}

/* What is missing is never taken for a page: the answer is whole, or tells. */
static fh_status answer(void *context)
{
    fixture *f = context;
    fhi_buf out;
    fhi_buf_init(&out);
    fh_status status = fhi_page_answer(f->page, f->searcher, f->index, &f->question, &out);
    if (status == FH_E_SYNTAX) status = FH_OK; /* the page of a wrong query */
    if (status == FH_OK) {
        fhi_buf_put8(&out, '\0');
        status = out.status;
    }
    if (status == FH_OK && f->question.kind == FHI_PAGE_ATOM)
        assert_non_null(strstr((const char *)out.data, "</feed>"));
    if (status == FH_OK && f->question.kind != FHI_PAGE_ATOM)
        assert_non_null(strstr((const char *)out.data, "</html>"));
    fhi_buf_fini(&out);
    return status;
}

static void pages_survive_every_failed_allocation(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    f.question.request.query = FH_STR("roi OR وزير");
    f.question.article = FH_STR("a/../b");
    f.state.names = FH_STR("roi\n\"conseil\"");
    assert_int_equal(fhi_page_set(&f.state, &f.question.request, FH_STR("source"), FH_STR("La \"Vigie\""), NULL),
                     FH_OK);
    for (int kind = FHI_PAGE_SEARCH; kind <= FHI_PAGE_ATOM; kind++) {
        f.question.kind = (fhi_page_kind)kind;
        assert_int_equal(answer(&f), FH_OK); /* formats are opened once */
        assert_true(fault_each_allocation(answer, &f, 20000) > 0);
    }
    tear_down(&f);
}

static void pages_of_wrong_queries_survive_every_failed_allocation(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    f.question.request.query = FH_STR("titre:roi (maroc");
    assert_true(fault_each_allocation(answer, &f, 20000) > 0);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_survive_every_failed_allocation),
        cmocka_unit_test(pages_of_wrong_queries_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, count_xml_allocations, NULL);
}
