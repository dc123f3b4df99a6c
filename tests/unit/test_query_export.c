/* test_query_export.c - what articles become as JSON Lines and CSV, and that pieces make a whole, each match once. */
#include "query/answer/export.h"
#include "query/answer/reply.h"
#include "tests/support/scratch.h"

#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARTICLES = 700, REPLACED = 90, TEXT_BYTES = 2000 };

typedef struct library {
    scratch folder;
    fhi_index *index;
    fhi_searcher *searcher;
    fhi_buf out;
} library;

static void add(fh_writer *writer, int number, const char *word)
{
    char id[16];
    fhi_buf body = {0};
    fh_record record = {0};
    (void)snprintf(id, sizeof id, "a%d", number);
    fhi_buf_printf(&body, "%s", word);
    while (body.len < TEXT_BYTES)
        fhi_buf_printf(&body, " mot%d", number % 7);
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_LANG] = FH_STR("fr");
    record.fields[FH_FIELD_TITLE] = FH_STR("=1+1, \"et\" نص");
    record.fields[FH_FIELD_SOURCE] = number % 2 ? FH_STR("Pair, impair") : FH_STR("-Moins");
    record.fields[FH_FIELD_TAGS] = FH_STR("un\ndeux");
    record.fields[FH_FIELD_BODY] = fhi_buf_str(&body);
    if (number % 3 == 0) record.fields[FH_FIELD_EXTRA] = FH_STR("{\"note\":4.2,\"title\":\"another\"}");
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    fhi_buf_fini(&body);
}

/* Two commits: two segments, the first with deletes. */
static int library_open(void **state)
{
    static library l;
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer;
    *state = &l;
    scratch_init(&l.folder);
    (void)scratch_path(&l.folder, "index", path);
    for (int commit = 0; commit < 2; commit++) {
        assert_int_equal(fh_writer_open(path, NULL, &writer, NULL), FH_OK);
        for (int i = 0; i < (commit ? REPLACED : ARTICLES); i++)
            add(writer, i * (commit ? 3 : 1), i % 5 ? "roi" : "reine");
        assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
        fh_writer_close(writer);
    }
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &l.index, NULL), FH_OK);
    assert_int_equal(fhi_searcher_create("press", &l.searcher, NULL), FH_OK);
    return 0;
}

static int library_close(void **state)
{
    library *l = *state;
    fhi_buf_fini(&l->out);
    fhi_searcher_destroy(l->searcher);
    fhi_index_release(l->index);
    scratch_fini(&l->folder);
    return 0;
}

/* The whole export into l->out, NUL behind it; answers the number of pieces. */
static unsigned export_as(library *l, const char *query, fhi_export_options options, fhi_sort sort)
{
    fhi_request request;
    fhi_export_state state = {.begun = false};
    unsigned pieces = 0;
    fhi_request_defaults(&request);
    request.query = fhi_str(query);
    request.sort = sort;
    fhi_buf_clear(&l->out);
    for (; !state.ended; pieces++) {
        const size_t before = l->out.len;
        assert_int_equal(fhi_export_piece(l->searcher, l->index, &request, &options, false, NULL, &state, &l->out),
                         FH_OK);
        assert_true(state.ended || l->out.len - before >= FHI_EXPORT_PIECE_BYTES);
        assert_true(l->out.len - before < FHI_EXPORT_PIECE_BYTES + 2 * TEXT_BYTES);
    }
    fhi_export_state_fini(&state);
    fhi_buf_put8(&l->out, 0);
    assert_int_equal(l->out.status, FH_OK);
    return pieces;
}

static unsigned export(library *l, const char *query, fhi_export_options options)
{
    return export_as(l, query, options, FHI_SORT_SCORE);
}

static uint64_t total_of(library *l, const char *query)
{
    fhi_request request;
    fhi_buf json = {0};
    fhi_request_defaults(&request);
    request.query = fhi_str(query);
    assert_int_equal(fhi_searcher_run(l->searcher, l->index, &request, NULL, &json), FH_OK);
    json_t *answer = json_loadb((const char *)json.data, json.len, 0, NULL);
    const json_int_t total = json_integer_value(json_object_get(answer, "total"));
    json_decref(answer);
    fhi_buf_fini(&json);
    return (uint64_t)total;
}

/* Every line an article that no other line has; answers how many. */
static uint64_t count_lines(const library *l)
{
    bool seen[ARTICLES] = {false};
    uint64_t count = 0;
    for (const char *at = (const char *)l->out.data; *at; at = strchr(at, '\n') + 1, count++) {
        json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        const char *id = json_string_value(json_object_get(line, "id"));
        assert_non_null(id);
        const long number = strtol(id + 1, NULL, 10);
        assert_in_range(number, 0, ARTICLES - 1);
        assert_false(seen[number]);
        seen[number] = true;
        json_decref(line);
    }
    return count;
}

static void pieces_hold_every_match_once(void **state)
{
    library *l = *state;
    const fhi_export_options whole = {.format = FHI_EXPORT_JSONL};
    static const char *const queries[] = {"roi",       "reine", "roi OR reine", "source:\"-Moins\" roi",
                                          "roi -mot3", "absent"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        const unsigned pieces = export(l, queries[i], whole);
        assert_int_equal(count_lines(l), total_of(l, queries[i]));
        if (i == 2) assert_true(pieces > 8 && count_lines(l) == ARTICLES);
    }
}

static void lines_are_articles_as_they_are_stored(void **state)
{
    library *l = *state;
    fhi_buf article = {0};
    (void)export(l, "roi OR reine", (fhi_export_options){.format = FHI_EXPORT_JSONL});
    const char *at = (const char *)l->out.data;
    for (int i = 0; i < 20; i++, at = strchr(at, '\n') + 1) {
        char id[16];
        assert_int_equal(sscanf(at, "{\"id\":\"%15[^\"]\"", id), 1);
        fhi_buf_clear(&article);
        assert_int_equal(fhi_searcher_article(l->searcher, l->index, fhi_str(id), &article), FH_OK);
        assert_memory_equal(article.data, at, article.len);
        assert_int_equal(at[article.len], '\n');
    }
    fhi_buf_fini(&article);
}

static void fields_come_as_asked(void **state)
{
    library *l = *state;
    fhi_export_options options = {.format = FHI_EXPORT_JSONL};
    assert_int_equal(fhi_export_set_fields(&options, FH_STR("tags,title,author"), NULL), FH_OK);
    (void)export(l, "reine", options);
    static const char line[] = "{\"tags\":[\"un\",\"deux\"],\"title\":\"=1+1, \\\"et\\\" نص\",\"author\":\"\"}\n";
    assert_memory_equal(l->out.data, line, sizeof line - 1);
    options.format = FHI_EXPORT_CSV;
    (void)export(l, "reine", options);
    static const char table[] = "tags,title,author\r\n\"un\ndeux\",\"'=1+1, \"\"et\"\" نص\",\r\n";
    assert_memory_equal(l->out.data, table, sizeof table - 1);
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ",", "id,", "id,id", "colour", "extra", "id title", "ID"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fhi_export_options options = {.format = FHI_EXPORT_JSONL};
        if (fhi_export_set_fields(&options, fhi_str(bad[i]), NULL) != FH_E_INVALID) fail_msg("`%s`", bad[i]);
    }
}

static void csv_has_a_header_even_without_a_match(void **state)
{
    library *l = *state;
    (void)export(l, "absent", (fhi_export_options){.format = FHI_EXPORT_CSV});
    assert_string_equal(l->out.data, "id,url,lang,source,section,region,author,date,title,abstract,body,tags\r\n");
}

static void cells_are_quoted_and_formulas_disarmed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell;
    } cells[] = {
        {"", ""},
        {"roi", "roi"},
        {"a b", "a b"},
        {"a,b", "\"a,b\""},
        {"a;b", "a;b"},
        {"l'eau", "l'eau"},
        {"\"", "\"\"\"\""},
        {"a\"b\"", "\"a\"\"b\"\"\""},
        {"a\nb", "\"a\nb\""},
        {"a\r\nb", "\"a\r\nb\""},
        {" a", "\" a\""},
        {"a ", "\"a \""},
        {"=1+1", "\"'=1+1\""},
        {"+212", "\"'+212\""},
        {"-1", "\"'-1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"\t=1", "\"'\t=1\""},
        {"\r=1", "\"'\r=1\""},
        {"=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""},
        {"a=1", "a=1"},
        {"نص", "نص"},
    };
    fhi_buf out = {0};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        fhi_buf_clear(&out);
        fhi_csv_put_cell(&out, fhi_str(cells[i].text));
        fhi_buf_put8(&out, 0);
        assert_string_equal((const char *)out.data, cells[i].cell);
    }
    fhi_buf_fini(&out);
}

/* The ids of an export, one a line, in the order of a search for the same. */
static void check_order(library *l, const char *query, fhi_sort sort)
{
    fhi_request request;
    fhi_buf json = {0};
    fhi_request_defaults(&request);
    request.query = fhi_str(query);
    request.sort = sort;
    request.top = FHI_TOP_MAX;
    request.no_snippets = true;
    assert_int_equal(fhi_searcher_run(l->searcher, l->index, &request, NULL, &json), FH_OK);
    json_t *answer = json_loadb((const char *)json.data, json.len, 0, NULL);
    const fhi_export_options options = {.format = FHI_EXPORT_JSONL, .sorted = true};
    assert_true(export_as(l, query, options, sort) > 1);
    const char *at = (const char *)l->out.data;
    size_t i;
    const json_t *hit;
    json_array_foreach(json_object_get(answer, "hits"), i, hit)
    {
        json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        assert_true(json_equal(json_object_get(line, "id"), json_object_get(hit, "id")));
        json_decref(line);
        at = strchr(at, '\n') + 1;
    }
    assert_int_equal(*at, '\0');
    json_decref(answer);
    fhi_buf_fini(&json);
}

static void sorted_exports_have_the_order_of_a_search(void **state)
{
    check_order(*state, "roi OR mot3", FHI_SORT_SCORE);
    check_order(*state, "roi OR mot3", FHI_SORT_DATE);
    check_order(*state, "lang:fr", FHI_SORT_SCORE); /* which has none: by date */
    library *l = *state;
    assert_int_equal(export(l, "absent", (fhi_export_options){.sorted = true}), 1);
    assert_string_equal((const char *)l->out.data, "");
}

static void sorted_exports_go_on_beyond_what_is_found_ahead(void **state)
{
    enum { COUNT = 2 * FHI_EXPORT_AHEAD + 100, DAYS = 28 };
    (void)state;
    library l = {.index = NULL};
    char path[SCRATCH_PATH_BYTES], id[16], date[16];
    fh_writer *writer;
    unsigned count = 0, day = DAYS;
    scratch_init(&l.folder);
    (void)scratch_path(&l.folder, "index", path);
    assert_int_equal(fh_writer_open(path, NULL, &writer, NULL), FH_OK);
    for (unsigned i = 0; i < COUNT; i++) {
        fh_record record = {0};
        (void)snprintf(id, sizeof id, "%u", i);
        (void)snprintf(date, sizeof date, "2025-03-%02u", i % DAYS + 1);
        record.fields[FH_FIELD_ID] = fhi_str(id);
        record.fields[FH_FIELD_DATE] = fhi_str(date);
        record.fields[FH_FIELD_BODY] = FH_STR("roi");
        assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    }
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &l.index, NULL), FH_OK);
    assert_int_equal(fhi_searcher_create("press", &l.searcher, NULL), FH_OK);
    fhi_export_options options = {.format = FHI_EXPORT_CSV, .sorted = true};
    assert_int_equal(fhi_export_set_fields(&options, FH_STR("date"), NULL), FH_OK);
    (void)export_as(&l, "roi", options, FHI_SORT_DATE);
    for (const char *at = strchr((const char *)l.out.data, '\n') + 1; *at; at = strchr(at, '\n') + 1, count++) {
        const unsigned here = (unsigned)strtoul(at + 8, NULL, 10);
        assert_in_range(here, 1, day);
        day = here;
    }
    assert_int_equal(count, COUNT);
    (void)library_close((void *[]){&l});
}

static void a_wrong_query_is_an_error_and_nothing_else(void **state)
{
    library *l = *state;
    fhi_request request;
    fhi_export_state made = {.begun = false};
    const fhi_export_options options = {.format = FHI_EXPORT_CSV};
    fhi_request_defaults(&request);
    request.query = FH_STR("(roi");
    fhi_buf_clear(&l->out);
    assert_int_equal(fhi_export_piece(l->searcher, l->index, &request, &options, false, NULL, &made, &l->out),
                     FH_E_SYNTAX);
    assert_true(made.ended);
    assert_memory_equal(l->out.data, "{\"error\":{\"code\":\"open_parenthesis\"", 34);
}

static void what_was_made_by_the_deadline_is_a_piece(void **state)
{
    library *l = *state;
    fhi_request request;
    fhi_export_state made = {.begun = false};
    const fhi_export_options options = {.format = FHI_EXPORT_JSONL};
    fhi_request_defaults(&request);
    request.query = FH_STR("roi");
    request.deadline_ns = 1; /* long ago */
    fhi_buf_clear(&l->out);
    const fh_status status = fhi_export_piece(l->searcher, l->index, &request, &options, false, NULL, &made, &l->out);
    /* The clock is looked at now and then: either nothing was made by then, or something is there. */
    if (status == FH_OK)
        assert_true(made.article_count > 0);
    else
        assert_int_equal(status, FH_E_DEADLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_hold_every_match_once),
        cmocka_unit_test(lines_are_articles_as_they_are_stored),
        cmocka_unit_test(fields_come_as_asked),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(csv_has_a_header_even_without_a_match),
        cmocka_unit_test(cells_are_quoted_and_formulas_disarmed),
        cmocka_unit_test(sorted_exports_have_the_order_of_a_search),
        cmocka_unit_test(sorted_exports_go_on_beyond_what_is_found_ahead),
        cmocka_unit_test(a_wrong_query_is_an_error_and_nothing_else),
        cmocka_unit_test(what_was_made_by_the_deadline_is_a_piece),
    };
    return cmocka_run_group_tests(tests, library_open, library_close);
}
