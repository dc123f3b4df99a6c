/* test_query_cursor.c - cursors: what is written is read back, and anything else is refused with the right name. */
#include "engine/segment/segment_internal.h"
#include "query/answer/cursor.h"
#include "tests/support/corpus.h"
#include "tests/support/scratch.h"

#include <fihrist/search.h>
#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const fhi_question question = {UINT64_C(0x0123456789abcdef), 77};

static void cursors_are_read_as_written(void **state)
{
    (void)state;
    static const fhi_place places[] = {
        {0, 0, 0}, {UINT64_MAX, UINT32_MAX, UINT32_MAX}, {20251120ULL << 16 | 870, 3, 7}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char text[FHI_CURSOR_BYTES + 1];
        fhi_place place;
        uint64_t passed;
        fhi_cursor_write(&question, &places[i], 10 * i, text);
        assert_int_equal(strlen(text), FHI_CURSOR_BYTES);
        assert_int_equal(strspn(text, "0123456789abcdef"), FHI_CURSOR_BYTES);
        assert_int_equal(fhi_cursor_read(fhi_str(text), &question, &place, &passed, NULL), FH_OK);
        assert_memory_equal(&place, &places[i], sizeof place);
        assert_int_equal(passed, 10 * i);
    }
}

static void changed_cursors_are_refused(void **state)
{
    (void)state;
    char text[FHI_CURSOR_BYTES + 1];
    fhi_place place;
    uint64_t passed;
    fhi_cursor_write(&question, &(fhi_place){5, 1, 2}, 3, text);
    for (size_t len = 0; len < FHI_CURSOR_BYTES; len++)
        assert_int_equal(fhi_cursor_read((fh_str){text, len}, &question, &place, &passed, NULL), FH_E_CURSOR);
    for (size_t i = 0; i < FHI_CURSOR_BYTES; i++)
        for (const char *other = "0f gF%\n"; *other; other++) {
            const char kept = text[i];
            if (*other == kept) continue;
            text[i] = *other;
            assert_int_equal(fhi_cursor_read(fhi_str(text), &question, &place, &passed, NULL), FH_E_CURSOR);
            text[i] = kept;
        }
}

static void other_questions_and_snapshots_are_told_apart(void **state)
{
    (void)state;
    char text[FHI_CURSOR_BYTES + 1];
    fhi_place place;
    uint64_t passed;
    const fhi_question other = {question.identity, 78}, later = {question.identity + 1, question.hash};
    fhi_cursor_write(&question, &(fhi_place){5, 1, 2}, 3, text);
    assert_int_equal(fhi_cursor_read(fhi_str(text), &other, &place, &passed, NULL), FH_E_CURSOR);
    assert_int_equal(fhi_cursor_read(fhi_str(text), &later, &place, &passed, NULL), FH_E_GONE);
    fhi_request one, two;
    fhi_request_defaults(&one);
    one.query = FH_STR("roi");
    two = one;
    two.top = 3;
    two.lang = FHI_LANG_AR;
    two.no_snippets = true;
    assert_int_equal(fhi_request_hash(&one), fhi_request_hash(&two));
    two.sort = FHI_SORT_DATE;
    assert_int_not_equal(fhi_request_hash(&one), fhi_request_hash(&two));
    two = one;
    two.op = FHI_OP_OR;
    assert_int_not_equal(fhi_request_hash(&one), fhi_request_hash(&two));
    two = one;
    two.query = FH_STR("roi ");
    assert_int_not_equal(fhi_request_hash(&one), fhi_request_hash(&two));
}

/* ---- searches ---- */

static void add_articles(const char *path, unsigned from, unsigned count)
{
    fh_writer *writer;
    assert_int_equal(fh_writer_open(path, NULL, &writer, NULL), FH_OK);
    for (unsigned i = from; i < from + count; i++) {
        char id[16];
        fh_record record = {0};
        (void)snprintf(id, sizeof id, "%u", i);
        record.fields[FH_FIELD_ID] = fhi_str(id);
        record.fields[FH_FIELD_BODY] = FH_STR("roi");
        assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    }
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
}

static fh_status run(const char *path, fh_search_request request, char next[FHI_CURSOR_BYTES + 1], const char *code)
{
    fh_search *search;
    fh_search_hits hits;
    fh_err err = {0};
    assert_int_equal(fh_search_open(path, &search, &err), FH_OK);
    const fh_status status = fh_search_run(search, &request, &hits, &err);
    assert_string_equal(fh_search_error_code(search), code);
    if (next) (void)snprintf(next, FHI_CURSOR_BYTES + 1, "%.*s", (int)hits.next.len, hits.next.ptr);
    fh_search_close(search);
    return status;
}

static void searches_name_what_is_wrong_with_a_cursor(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES], next[FHI_CURSOR_BYTES + 1];
    scratch_init(&folder);
    add_articles(scratch_path(&folder, "index", path), 0, 5);
    fh_search_request request = {.query = FH_STR("roi"), .top = 2};
    assert_int_equal(run(path, request, next, ""), FH_OK);
    request.after = fhi_str(next);
    request.top = 3;
    assert_int_equal(run(path, request, NULL, ""), FH_OK);
    request.offset = 1;
    assert_int_equal(run(path, request, NULL, "invalid"), FH_E_INVALID);
    request.offset = 0;
    request.sort = FH_SEARCH_NEWEST;
    assert_int_equal(run(path, request, NULL, "bad_cursor"), FH_E_CURSOR);
    request.sort = FH_SEARCH_BEST;
    request.query = FH_STR("roi maroc");
    assert_int_equal(run(path, request, NULL, "bad_cursor"), FH_E_CURSOR);
    request.query = FH_STR("roi");
    request.after = FH_STR("0");
    assert_int_equal(run(path, request, NULL, "bad_cursor"), FH_E_CURSOR);
    request.after = fhi_str(next);
    add_articles(path, 5, 1);
    assert_int_equal(run(path, request, NULL, "gone"), FH_E_GONE);
    scratch_fini(&folder);
}

/* ---- order by date ---- */

static uint32_t no_score(const fhi_addend *addends, uint32_t count, uint64_t among, const uint8_t norms[64],
                         const float k_of_norm[256], float least, uint8_t docs[64], float scores[64])
{
    (void)addends, (void)count, (void)among, (void)norms, (void)k_of_norm, (void)least, (void)docs, (void)scores;
    fail_msg("a search by date has scored");
    return 0;
}

static void searches_by_date_do_not_score(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fhi_index *index;
    fhi_arena arena;
    fhi_hits hits;
    scratch_init(&folder);
    add_articles(scratch_path(&folder, "index", path), 0, 300);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &index, NULL), FH_OK);
    fhi_segment *segment = (fhi_segment *)fhi_index_segment(index, 0);
    fhi_kernels kernels = *segment->kernels;
    kernels.score = no_score;
    segment->kernels = &kernels;
    const fh_str term = FH_STR("sroi");
    const fhi_node root = {.kind = FHI_NODE_WORD, .weight = 1.0f, .word = {.terms = &term, .term_count = 1}};
    const fhi_match_options options = {.top = 10, .sort = FHI_SORT_DATE, .count = true};
    fhi_arena_init(&arena, 1 << 24);
    assert_int_equal(fhi_match_run(index, &root, &options, &arena, &hits, NULL), FH_OK);
    assert_int_equal(hits.total, 300);
    assert_int_equal(hits.hit_count, 10);
    fhi_arena_fini(&arena);
    fhi_index_release(index);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursors_are_read_as_written),
        cmocka_unit_test(changed_cursors_are_refused),
        cmocka_unit_test(other_questions_and_snapshots_are_told_apart),
        cmocka_unit_test(searches_name_what_is_wrong_with_a_cursor),
        cmocka_unit_test(searches_by_date_do_not_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
