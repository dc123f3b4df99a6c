/* test_page.c - parameters of pages, the queries they make, and how numbers, dates and texts are written. */
#include "query/page/page_impl.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct fixture {
    scratch folder;
    fhi_index *index;
    fhi_page_state state;
    fhi_page_question question;
    fhi_page_work work;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer;
    fh_record record = {0};
    assert_non_null(f);
    record.fields[FH_FIELD_ID] = FH_STR("a");
    record.fields[FH_FIELD_BODY] = FH_STR("roi");
    scratch_init(&f->folder);
    assert_int_equal(fh_writer_open(scratch_path(&f->folder, "index", path), NULL, &writer, NULL), FH_OK);
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &f->index, NULL), FH_OK);
    fhi_request_defaults(&f->question.request);
    f->question.state = &f->state;
    f->work = (fhi_page_work){.question = &f->question, .index = f->index};
    assert_int_equal(fhi_page_create(&f->work.page, NULL), FH_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    fhi_page_destroy(f->work.page);
    fhi_index_release(f->index);
    scratch_fini(&f->folder);
    free(f);
    return 0;
}

static void set(fixture *f, const char *name, const char *value, fh_status wanted)
{
    fh_err err = {0};
    assert_int_equal(fhi_page_set(&f->state, &f->question.request, fhi_str(name), fhi_str(value), &err), wanted);
    assert_int_equal(err.text[0] != '\0', wanted != FH_OK);
}

static void expect_text(fh_str text, const char *wanted)
{
    char shown[256];
    (void)snprintf(shown, sizeof shown, "%.*s", (int)text.len, text.ptr);
    assert_string_equal(shown, wanted);
}

static void expect_query(fixture *f, const char *wanted)
{
    assert_int_equal(fhi_page_compose(&f->work, FHI_PAGE_FILTER_COUNT), FH_OK);
    expect_text(f->work.request.query, wanted);
}

static void filters_become_clauses_behind_the_words(void **state)
{
    fixture *f = *state;
    f->question.request.query = FH_STR("roi OR reine");
    expect_query(f, "roi OR reine");
    set(f, "source", "Le Monde", FH_OK);
    expect_query(f, "(roi OR reine) source:\"Le Monde\"");
    assert_int_equal(f->work.query_shift, 1);
    set(f, "source", "الصحراء", FH_OK);
    set(f, "year", "2019", FH_OK);
    set(f, "from", "2019-03", FH_OK);
    expect_query(f, "(roi OR reine) source:(\"Le Monde\" | \"الصحراء\") date:2019 date:2019-03..");
    assert_int_equal(fhi_page_compose(&f->work, FHI_PAGE_SOURCE), FH_OK);
    expect_text(f->work.request.query, "(roi OR reine) date:2019 date:2019-03..");
    f->question.request.query = FH_STR(" ");
    set(f, "to", "2019-03", FH_OK);
    expect_query(f, "source:(\"Le Monde\" | \"الصحراء\") date:2019 date:2019-03");
}

static void words_must_be_a_query_by_themselves(void **state)
{
    fixture *f = *state;
    set(f, "lang", "fr", FH_OK);
    f->question.request.query = FH_STR("a) OR (b");
    assert_int_equal(fhi_page_compose(&f->work, FHI_PAGE_FILTER_COUNT), FH_E_SYNTAX);
    assert_int_equal(f->work.failure.query.code, FHI_QUERY_CLOSE_PARENTHESIS);
}

static void values_keep_their_quotation_marks_or_are_refused(void **state)
{
    fixture *f = *state;
    set(f, "author", "Jean \"le Bon\"", FH_OK);
    expect_query(f, "author:«Jean \"le Bon\"»");
    set(f, "author", "« \"", FH_E_INVALID);
    set(f, "source", "", FH_OK);
    for (int i = 0; i < FHI_PAGE_VALUES_MAX; i++)
        set(f, "region", "Rabat", FH_OK);
    set(f, "region", "Fès", FH_E_INVALID);
    set(f, "ui", "xx", FH_E_INVALID);
}

static void dates_cannot_bring_other_clauses(void **state)
{
    static const char *const dates[] = {"2019 source:x", "2019)", "2019|2020", "\"2019\"", "2019\n", "\xD9\xA2"};
    fixture *f = *state;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        f->state.from = fhi_str(dates[i]);
        assert_int_equal(fhi_page_compose(&f->work, FHI_PAGE_FILTER_COUNT), FH_E_INVALID);
    }
}

static void addresses_hold_the_whole_state(void **state)
{
    fixture *f = *state;
    f->question.request.query = FH_STR("a&b=c #+%");
    f->question.request.offset = 10;
    set(f, "source", "L'É", FH_OK);
    set(f, "ui", "ar", FH_OK);
    const fhi_page_address address = {"/read/", FH_STR("x/../y?z"), &f->question.request, &f->state};
    expect_text(fhi_page_address_text(&f->work, &address),
                "/read/x%2F..%2Fy%3Fz?q=a%26b%3Dc%20%23%2B%25&source=L'%C3%89&offset=10&ui=ar");
}

static void counts_and_dates_are_those_of_the_language(void **state)
{
    fixture *f = *state;
    fh_str iso;
    f->work.lang = FHI_LANG_FR;
    expect_text(fhi_page_count(&f->work, 0), "Aucun article");
    expect_text(fhi_page_count(&f->work, 1), "1 article");
    expect_text(fhi_page_count(&f->work, 1234), "1\u202f234 articles");
    expect_text(fhi_page_date(&f->work, FH_STR("2025-10-08T07:30:00+01:00"), &iso), "8 octobre 2025");
    expect_text(iso, "2025-10-08");
    expect_text(fhi_page_date(&f->work, FH_STR("2024-06"), &iso), "juin 2024");
    expect_text(fhi_page_date(&f->work, FH_STR("2024"), &iso), "2024");
    expect_text(fhi_page_date(&f->work, FH_STR("lundi dernier"), &iso), "lundi dernier");
    expect_text(iso, "");
    expect_text(fhi_page_date(&f->work, FH_STR("2024-13-01"), &iso), "2024-13-01");
    f->work.lang = FHI_LANG_AR;
    expect_text(fhi_page_count(&f->work, 2), "مقالان");
    expect_text(fhi_page_count(&f->work, 5), "5 مقالات");
    expect_text(fhi_page_date(&f->work, FH_STR("2025-11-20"), &iso), "20 نونبر 2025");
    f->work.lang = FHI_LANG_EN;
    expect_text(fhi_page_count(&f->work, 1234), "1,234 articles");
    assert_int_equal(f->work.html.status, FH_OK);
}

static void everything_is_said_in_every_language(void **state)
{
    fixture *f = *state;
    for (int word = 0; word < FHI_SAY_WORD_COUNT; word++)
        for (int lang = 0; lang < FHI_PAGE_LANGS; lang++) {
            f->work.lang = (fhi_message_lang)lang;
            assert_true(fhi_page_say(&f->work, (fhi_page_word)word).len > 0);
        }
}

/* Whatever is typed, there is a whole page: of results, or of what is wrong and how to write it. */
static void any_text_gets_a_page(void **state)
{
    static const char *const pieces[] = {"\"", "«",     "»",      "”",    "(",   ")",      "*",  "^", "~",
                                         "=",  "-",     "+",      "|",    " ",   " ",      ":",  "a", "é",
                                         "سد", "date:", "title:", "nom:", "OR",  "2025..", "..", "<", "&",
                                         "'",  "\n",    "\t",     "\x01", "AND", "NOT ",   "12", "%", "\xEF\xBF\xBF"};
    fixture *f = *state;
    fhi_searcher *searcher;
    rng random;
    rng_init(&random, "any_text_gets_a_page");
    assert_int_equal(fhi_searcher_create("press", &searcher, NULL), FH_OK);
    for (int round = 0; round < rng_rounds(2000); round++) {
        fhi_buf query, out;
        fhi_buf_init(&query);
        fhi_buf_init(&out);
        for (uint64_t i = rng_below(&random, 12) + 1; i; i--) {
            const fh_str piece = fhi_str(pieces[rng_below(&random, sizeof pieces / sizeof pieces[0])]);
            fhi_buf_put(&query, piece.ptr, piece.len);
        }
        f->question.request.query = fhi_buf_str(&query);
        f->question.kind = (fhi_page_kind)rng_below(&random, FHI_PAGE_ATOM + 1);
        f->question.article = fhi_buf_str(&query);
        f->state.names = fhi_buf_str(&query);
        (void)fhi_page_answer(f->work.page, searcher, f->index, &f->question, &out);
        fhi_buf_put8(&out, '\0');
        const char *end = f->question.kind == FHI_PAGE_ATOM ? "</feed>" : "</html>";
        if (!strstr((const char *)out.data, end))
            fail_msg("no page for %.*s", (int)query.len, (const char *)query.data);
        fhi_buf_fini(&query);
        fhi_buf_fini(&out);
    }
    fhi_searcher_destroy(searcher);
}

static void what_no_document_can_hold_is_replaced(void **state)
{
    fhi_buf clean;
    (void)state;
    fhi_buf_init(&clean);
    assert_string_equal(fhi_xml_clean((fh_str){"a\0b\x01\n\x7f", 6}, &clean), "a\xEF\xBF\xBD"
                                                                              "b\xEF\xBF\xBD\n\xEF\xBF\xBD");
    assert_string_equal(fhi_xml_clean(FH_STR("é\xEF\xBF\xBE\xEF\xBF\xBFz"), &clean), "é\xEF\xBF\xBD\xEF\xBF\xBDz");
    assert_string_equal(fhi_xml_clean(FH_STR(""), &clean), "");
    fhi_buf_fini(&clean);
}

static void only_addresses_of_the_web_are_followed(void **state)
{
    (void)state;
    expect_text(fhi_page_host_of(FH_STR("https://a.example/b?c")), "a.example");
    expect_text(fhi_page_host_of(FH_STR("http://a.example")), "a.example");
    expect_text(fhi_page_host_of(FH_STR("javascript:alert(1)//http://a")), "");
    expect_text(fhi_page_host_of(FH_STR(" https://a")), "");
    expect_text(fhi_page_host_of(FH_STR("data:text/html,x")), "");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(filters_become_clauses_behind_the_words),
        CASE(words_must_be_a_query_by_themselves),
        CASE(values_keep_their_quotation_marks_or_are_refused),
        CASE(dates_cannot_bring_other_clauses),
        CASE(addresses_hold_the_whole_state),
        CASE(counts_and_dates_are_those_of_the_language),
        CASE(everything_is_said_in_every_language),
        CASE(any_text_gets_a_page),
        cmocka_unit_test(what_no_document_can_hold_is_replaced),
        cmocka_unit_test(only_addresses_of_the_web_are_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
