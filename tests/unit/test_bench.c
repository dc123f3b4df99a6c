/* test_bench.c - the bench asks what it says it asks: queries of a file, answers equal to those of the engine, JSON
 * lines of the documented shape, random numbers and percentiles. */
#include "bench/report.h"
#include "bench/rounds.h"
#include "bench/stats.h"
#include "tests/support/corpus.h"
#include "tests/support/scratch.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above first */
#include <cmocka.h>

typedef struct fixture {
    scratch folder;
    corpus made;
    fhi_index *index;
    char path[SCRATCH_PATH_BYTES];
    char queries[SCRATCH_PATH_BYTES];
} fixture;

static const char *const some_queries = "OR\t00000 00003\n"
                                        "AND\t00000  00001 00002\n"
                                        "\n"
                                        "PHRASE\t00000 00001\n"
                                        "OR\tabsent";

static void fixture_init(fixture *f)
{
    rng random;
    fh_err err = {.text = ""};
    rng_init(&random, "bench");
    scratch_init(&f->folder);
    corpus_make(&f->made, &random, false, 2, 600, 30);
    assert_int_equal(corpus_write(&f->made, fhi_vfs_posix(), scratch_path(&f->folder, "index", f->path), &err), FH_OK);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), f->path, &f->index, &err), FH_OK);
    scratch_write_text(scratch_path(&f->folder, "queries", f->queries), some_queries);
}

static void fixture_fini(fixture *f)
{
    fhi_index_release(f->index);
    corpus_fini(&f->made);
    scratch_fini(&f->folder);
}

/* ---- queries of a file ----------------------------------------------------------------------------------- */

static void queries_are_read_with_their_words(void **state)
{
    (void)state;
    fixture f;
    fhi_bench_set set;
    fh_err err = {.text = ""};
    fixture_init(&f);
    assert_int_equal(fhi_bench_set_read(f.queries, &set, &err), FH_OK);
    assert_int_equal(set.count, 4);
    assert_int_equal(set.items[0].op, FHI_BENCH_OR);
    assert_int_equal(set.items[1].op, FHI_BENCH_AND);
    assert_int_equal(set.items[1].term_count, 3);
    assert_true(fhi_str_equal(set.items[1].text, FH_STR("00000 00001 00002")));
    assert_int_equal(set.items[2].op, FHI_BENCH_PHRASE);
    assert_true(fhi_str_equal(set.items[3].terms[0], FH_STR("absent")));
    fhi_bench_set_fini(&set);
    fixture_fini(&f);
}

static void a_bad_line_is_named_with_its_file(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
    } cases[] = {
        {"OR\ta\nXOR\tb\n", 2},   {"or\ta\n", 1},      {"OR a\n", 1}, {"\n\nOR\ta\n\nAND\t \n", 5}, {"AND", 1},
        {"OR\ta\nOR\t\xff\n", 2}, {"OR\ta\n\ta\n", 2},
    };
    scratch folder;
    scratch_init(&folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[SCRATCH_PATH_BYTES], wanted[SCRATCH_PATH_BYTES + 16];
        fhi_bench_set set;
        fh_err err = {.text = ""};
        scratch_write_text(scratch_path(&folder, "queries", path), cases[i].text);
        assert_int_not_equal(fhi_bench_set_read(path, &set, &err), FH_OK);
        (void)snprintf(wanted, sizeof wanted, "%s:%u", path, cases[i].line);
        assert_string_equal(err.file, wanted);
        assert_true(err.text[0] != '\0');
        fhi_bench_set_fini(&set);
    }
    scratch_fini(&folder);
}

static void a_file_without_queries_is_refused(void **state)
{
    (void)state;
    fixture f;
    fhi_bench_set set;
    fh_err err = {.text = ""};
    fixture_init(&f);
    scratch_write_text(f.queries, "\n \n");
    assert_int_equal(fhi_bench_set_read(f.queries, &set, &err), FH_E_INVALID);
    fhi_bench_set_fini(&set);
    assert_int_equal(fhi_bench_set_read("/nonexistent/queries", &set, &err), FH_E_NOT_FOUND);
    fhi_bench_set_fini(&set);
    fixture_fini(&f);
}

/* ---- answers --------------------------------------------------------------------------------------------- */

/* What the engine itself says to one of the queries above. */
static fhi_hits ask(const fixture *f, const fhi_bench_item *item, uint32_t top, bool count, fhi_arena *arena)
{
    static const fhi_node_kind kinds[] = {FHI_NODE_AND, FHI_NODE_OR, FHI_NODE_PHRASE};
    char bytes[4][32];
    fh_str terms[4];
    fhi_node words[4], *children[4];
    fhi_slot slots[4];
    fhi_hits hits;
    fh_err err = {.text = ""};
    for (uint32_t i = 0; i < item->term_count; i++) {
        (void)snprintf(bytes[i], sizeof bytes[i], "s%.*s", (int)item->terms[i].len, item->terms[i].ptr);
        terms[i] = fhi_str(bytes[i]);
        slots[i] = (fhi_slot){.word = {.terms = &terms[i], .term_count = 1}, .offset = i};
        words[i] = (fhi_node){.kind = FHI_NODE_WORD, .weight = 1, .word = slots[i].word};
        children[i] = &words[i];
    }
    fhi_node root = {.kind = kinds[item->op], .weight = 1, .child_count = item->term_count, .children = children};
    if (item->op == FHI_BENCH_PHRASE)
        root = (fhi_node){.kind = FHI_NODE_PHRASE, .weight = 1, .slot_count = item->term_count, .slots = slots};
    const fhi_match_options options = {.top = top, .count = count};
    assert_int_equal(fhi_match_run(f->index, &root, &options, arena, &hits, &err), FH_OK);
    return hits;
}

static void check_line(const fixture *f, const fhi_bench_item *item, uint32_t top, const char *text)
{
    fhi_arena arena;
    fhi_buf id;
    fh_err err = {.text = ""};
    const char *op = NULL, *q = NULL;
    json_t *hits = NULL;
    json_int_t count = 0;
    double us = 0;
    fhi_arena_init(&arena, 1 << 26);
    fhi_buf_init(&id);
    json_t *line = json_loads(text, 0, NULL);
    assert_int_equal(
        json_unpack(line, "{ss ss sI sf so !}", "op", &op, "q", &q, "count", &count, "min_us", &us, "top", &hits), 0);
    assert_string_equal(op, fhi_bench_op_name(item->op));
    assert_true(fhi_str_equal(fhi_str(q), item->text));
    assert_true(us > 0 && us < 1e6);
    const fhi_hits wanted = ask(f, item, top, true, &arena);
    assert_int_equal(count, wanted.total);
    assert_int_equal(json_array_size(hits), wanted.hit_count);
    for (uint32_t i = 0; i < wanted.hit_count; i++) {
        const json_t *hit = json_array_get(hits, i);
        const fhi_segment *segment = fhi_index_segment(f->index, wanted.hits[i].segment);
        assert_int_equal(fhi_segment_doc_id(segment, wanted.hits[i].doc, &id, &err), FH_OK);
        assert_true(fhi_str_equal(fhi_str(json_string_value(json_array_get(hit, 0))), fhi_buf_str(&id)));
        const float score = (float)json_real_value(json_array_get(hit, 1)); /* to the last bit */
        assert_memory_equal(&score, &wanted.hits[i].score, sizeof score);
    }
    json_decref(line);
    fhi_buf_fini(&id);
    fhi_arena_fini(&arena);
}

static void check_run(const fixture *f, const fhi_bench_plan *plan)
{
    fhi_bench_set set;
    fhi_bench_side side;
    fh_err err = {.text = ""};
    size_t failed, bytes;
    char *text;
    assert_int_equal(fhi_bench_set_read(f->queries, &set, &err), FH_OK);
    assert_int_equal(fhi_bench_side_init(&side, fhi_bench_engine_fihrist(), f->path, plan, &err), FH_OK);
    assert_int_equal(fhi_bench_measure(&side, &set, plan, &failed, &err), FH_OK);
    FILE *to = open_memstream(&text, &bytes);
    assert_non_null(to);
    assert_int_equal(fhi_bench_print(to, &side, &set, &err), FH_OK);
    assert_int_equal(fclose(to), 0);
    char *line = text;
    for (size_t i = 0; i < set.count; i++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        check_line(f, &set.items[i], plan->top, line);
        line = end + 1;
    }
    assert_int_equal(*line, '\0');
    free(text);
    fhi_bench_side_fini(&side, set.count);
    fhi_bench_set_fini(&set);
}

static void answers_are_those_of_the_engine(void **state)
{
    (void)state;
    static const fhi_bench_plan plans[] = {{10, 2, false}, {1, 1, false}, {10000, 1, false}, {10, 1, true}};
    fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        check_run(&f, &plans[i]);
    fixture_fini(&f);
}

static void an_index_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    const fhi_bench_engine *const engines[] = {fhi_bench_engine_fihrist(), fhi_bench_engine_xapian()};
    const fhi_bench_plan plan = {10, 1, false};
    for (size_t i = 0; i < 2; i++) {
        fhi_bench_side side;
        fh_err err = {.text = ""};
        assert_int_equal(fhi_bench_side_init(&side, engines[i], "/nonexistent/index", &plan, &err), FH_E_NOT_FOUND);
        fhi_bench_side_fini(&side, 0);
    }
}

/* ---- figures --------------------------------------------------------------------------------------------- */

static void percentiles_are_nearest_ranks(void **state)
{
    (void)state;
    double us[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const fhi_bench_series series = {.us = us, .count = 10};
    assert_true(fhi_bench_percentile(&series, 0.5) == 5);
    assert_true(fhi_bench_percentile(&series, 0.9) == 9);
    assert_true(fhi_bench_percentile(&series, 0.99) == 10);
    assert_true(fhi_bench_percentile(&series, 0) == 1);
    const fhi_bench_series one = {.us = us, .count = 1};
    assert_true(fhi_bench_percentile(&one, 0.99) == 1);
}

static void random_numbers_are_the_published_ones(void **state)
{
    (void)state;
    uint64_t random = 0;
    assert_true(fhi_bench_random(&random) == UINT64_C(0xE220A8397B1DCDAF));
    assert_true(fhi_bench_random(&random) == UINT64_C(0x6E789E6AA1B965F4));
    for (int i = 0; i < 1000; i++) {
        assert_true(fhi_bench_below(&random, 3) < 3);
        const double unit = fhi_bench_unit(&random);
        assert_true(unit >= 0 && unit < 1);
    }
}

/* ---- differences ---- */

static void assert_close(double value, double wanted, double error)
{
    if (!(fabs(value - wanted) <= error)) fail_msg("%.9g is not %.9g", value, wanted);
}

/* Tables of Student's t: two-sided 5 % and 1 %. */
static void students_t_is_that_of_the_tables(void **state)
{
    (void)state;
    static const struct {
        double t, p;
        unsigned df;
    } rows[] = {{12.7062, 0.05, 1}, {63.6567, 0.01, 1}, {4.30265, 0.05, 2},  {3.18245, 0.05, 3},
                {2.26216, 0.05, 9}, {3.24984, 0.01, 9}, {2.20099, 0.05, 11}, {2.04227, 0.05, 30}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_close(fhi_bench_student_p(rows[i].t, rows[i].df), rows[i].p, 1e-5);
        assert_close(fhi_bench_student_p(-rows[i].t, rows[i].df), rows[i].p, 1e-5);
        assert_close(fhi_bench_student_t(rows[i].p, rows[i].df), rows[i].t, rows[i].t * 1e-5);
    }
    assert_close(fhi_bench_student_p(0, 7), 1, 1e-12);
}

/* Student's own example: hours of sleep gained by one drug over another (Biometrika 6, 1908): t 4.0621, p 0.00283. */
static void paired_differences_are_judged_as_student_did(void **state)
{
    (void)state;
    static const double sleep[] = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};
    const fhi_bench_paired found = fhi_bench_paired_t(sleep, 10, 0.05);
    assert_close(found.mean, 1.58, 1e-9);
    assert_close(found.p, 0.00283, 1e-5);
    assert_close(found.margin, 0.87989, 1e-4);
    static const double same[] = {0, 0, 0};
    assert_close(fhi_bench_paired_t(same, 3, 0.05).p, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_read_with_their_words),
        cmocka_unit_test(a_bad_line_is_named_with_its_file),
        cmocka_unit_test(a_file_without_queries_is_refused),
        cmocka_unit_test(answers_are_those_of_the_engine),
        cmocka_unit_test(an_index_that_is_not_there_is_an_error),
        cmocka_unit_test(percentiles_are_nearest_ranks),
        cmocka_unit_test(random_numbers_are_the_published_ones),
        cmocka_unit_test(students_t_is_that_of_the_tables),
        cmocka_unit_test(paired_differences_are_judged_as_student_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
