/* test_indexer_writer.c - what went in is what is there: replaced, merged, flushed early or late, by any workers.
 */
#include "tests/support/articles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- writing ------------------------------------------------------------------------------------------- */

static void check_lacks(const char *text, const char *what)
{
    if (strstr(text, what)) fail_msg("should not be there: %s", what);
}

static void check_holds(const char *text, const char *what)
{
    if (!strstr(text, what)) fail_msg("should be there: %s", what);
}

static void positions_zones_and_forms_are_as_specified(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("a");
    record.fields[FH_FIELD_TITLE] = FH_STR("Élections générales");
    record.fields[FH_FIELD_BODY] = FH_STR("Rabat vote. Fès attend. Une élection au Maroc.");
    record.fields[FH_FIELD_TAGS] = FH_STR("vote");
    record.fields[FH_FIELD_SOURCE] = FH_STR("L'Écho");
    record.fields[FH_FIELD_DATE] = FH_STR("2025-11-20T10:30:00Z");
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    article_commit(writer);
    fh_writer_close(writer);
    char *text = article_index_text(folder.path);
    check_holds(text, "|20251120 630 2 22 norm "); /* two title words; a gap of 16; four words in two sentences */
    check_holds(text, "fr=fr");
    check_holds(text, "=L'Écho");
    check_holds(text, "in a: 0(elections/élections) 23(election/élection)");
    check_holds(text, "in a: 19(vote/vote) 42(vote/vote)");
    free(text);
    scratch_fini(&folder);
}

static void later_article_replaces_the_one_with_its_id(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, "words", 0);
    article_add(writer, "a", "one", "alpha");
    article_add(writer, "b", "two", "beta");
    article_add(writer, "a", "three", "gamma"); /* in the same run */
    article_commit(writer);
    fh_writer_stats stats = fh_writer_get_stats(writer);
    assert_int_equal(stats.indexed, 3);
    assert_int_equal(stats.replaced, 1);
    char *text = article_index_text(folder.path);
    check_lacks(text, "alpha");
    check_holds(text, "term sgamma in a:");
    free(text);
    article_add(writer, "b", "four", "delta"); /* in a later commit of the same writer */
    article_commit(writer);
    fh_writer_close(writer);
    writer = article_writer_open(folder.path, NULL, 0); /* and of another */
    article_add(writer, "a", "five", "epsilon");
    article_commit(writer);
    assert_int_equal(fh_writer_get_stats(writer).replaced, 1);
    fh_writer_close(writer);
    text = article_index_text(folder.path);
    check_lacks(text, "beta");
    check_lacks(text, "gamma");
    check_holds(text, "term sdelta in b:");
    check_holds(text, "term sepsilon in a:");
    free(text);
    scratch_fini(&folder);
}

static void uncommitted_articles_leave_no_trace(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "a", "premier", "");
    article_commit(writer);
    char *before = article_index_text(folder.path);
    article_add(writer, "b", "second", "");
    fh_err err;
    assert_int_equal(fhi_writer_flush(writer, &err), FH_OK); /* a segment lies there, unnamed */
    fh_writer_close(writer);
    char *after = article_index_text(folder.path);
    assert_string_equal(before, after);
    assert_int_not_equal(access(scratch_path(&folder, "0000000000000002.seg", path), F_OK), 0);
    free(before);
    free(after);
    scratch_fini(&folder);
}

/* A first run was killed after it had written segments: they were never part of an index. */
static void leftovers_of_a_killed_first_run_are_taken_away(void **state)
{
    (void)state;
    scratch folder, killed;
    scratch_init(&folder);
    scratch_init(&killed);
    char copy[SCRATCH_PATH_BYTES], path[SCRATCH_PATH_BYTES];
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "a", "premier", "");
    assert_int_equal(fhi_writer_flush(writer, NULL), FH_OK);
    assert_int_equal(access(scratch_path(&folder, "MANIFEST.first.tmp", path), F_OK), 0);
    scratch_copy_dir(folder.path, scratch_path(&killed, "index", copy)); /* as a kill would leave it */
    article_commit(writer);
    fh_writer_close(writer);
    assert_int_not_equal(access(path, F_OK), 0); /* the commit has taken the mark */
    for (int i = 0; i < 2; i++) {                /* the second run ends without a commit, the third goes through */
        writer = article_writer_open(copy, NULL, 0);
        scratch_path(&killed, "index/0000000000000001.seg", path);
        assert_int_not_equal(access(path, F_OK), 0);
        article_add(writer, "b", "second", "");
        assert_int_equal(fhi_writer_flush(writer, NULL), FH_OK);
        if (i == 1) article_commit(writer);
        fh_writer_close(writer);
    }
    char *text = article_index_text(copy);
    check_holds(text, "doc b|");
    check_lacks(text, "premier");
    free(text);
    scratch_fini(&folder);
    scratch_fini(&killed);
}

static void segments_without_manifest_are_refused_and_stay(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES], segment[SCRATCH_PATH_BYTES];
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "a", "premier", "");
    article_commit(writer);
    fh_writer_close(writer);
    size_t before_len, after_len;
    char *before = scratch_read(scratch_path(&folder, "0000000000000001.seg", segment), &before_len);
    scratch_remove(scratch_path(&folder, "MANIFEST", path));
    fh_err err;
    assert_int_equal(fh_writer_open(folder.path, NULL, &writer, &err), FH_E_CORRUPT);
    check_holds(err.text, "no MANIFEST");
    char *after = scratch_read(segment, &after_len);
    assert_int_equal(before_len, after_len);
    assert_memory_equal(before, after, before_len);
    free(before);
    free(after);
    scratch_fini(&folder);
}

/* Leftovers of a killed run keep their names until a commit; no new segment takes one of them. */
static void leftovers_stay_until_a_commit(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char left[SCRATCH_PATH_BYTES], foreign[SCRATCH_PATH_BYTES], path[SCRATCH_PATH_BYTES];
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "a", "premier", "");
    article_commit(writer);
    fh_writer_close(writer);
    scratch_write_text(scratch_path(&folder, "0000000000000005.seg", left), "left over");
    scratch_write_text(scratch_path(&folder, "notes.seg", foreign), "mine");
    writer = article_writer_open(folder.path, NULL, 0);
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(access(left, F_OK), 0); /* nothing went in: nothing has changed */
    writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "b", "second", "");
    assert_int_equal(fhi_writer_flush(writer, NULL), FH_OK);
    fh_writer_close(writer); /* not committed */
    assert_int_equal(access(left, F_OK), 0);
    writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "b", "second", "");
    article_commit(writer);
    fh_writer_close(writer);
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_equal(access(scratch_path(&folder, "0000000000000006.seg", path), F_OK), 0);
    assert_int_equal(access(foreign, F_OK), 0);
    scratch_fini(&folder);
}

static void manifest_of_other_counts_is_refused(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "a", "premier", "");
    article_commit(writer);
    fh_writer_close(writer);
    fhi_manifest manifest;
    assert_int_equal(fhi_manifest_read(fhi_vfs_posix(), folder.path, &manifest, NULL), FH_OK);
    manifest.segments[0].doc_count = 7;
    assert_int_equal(fhi_manifest_write(fhi_vfs_posix(), folder.path, &manifest, NULL), FH_OK);
    fhi_manifest_fini(&manifest);
    fh_err err;
    assert_int_equal(fh_writer_open(folder.path, NULL, &writer, &err), FH_E_CORRUPT);
    check_holds(err.text, "tells of another segment");
    scratch_fini(&folder);
}

static void second_writer_is_told_that_the_index_is_busy(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, NULL, 0), *other;
    assert_int_equal(fh_writer_open(folder.path, NULL, &other, NULL), FH_E_BUSY);
    assert_null(other);
    fh_writer_close(writer);
    writer = article_writer_open(folder.path, NULL, 0);
    fh_writer_close(writer);
    scratch_fini(&folder);
}

static void other_analyzer_is_refused(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, "words", 0), *other;
    article_add(writer, "a", "x", "");
    article_commit(writer);
    fh_writer_close(writer);
    const fh_writer_options press = {.analyzer = "press"}, none = {.analyzer = "nothing"};
    fh_err err = {0};
    assert_int_equal(fh_writer_open(folder.path, &press, &other, &err), FH_E_ANALYZER);
    assert_non_null(strstr(err.text, "words"));
    scratch_fini(&folder);
    scratch_init(&folder);
    assert_int_equal(fh_writer_open(folder.path, &none, &other, &err), FH_E_INVALID);
    scratch_fini(&folder);
}

static void refused_record_leaves_the_writer_usable(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("a");
    fh_err err = {0};
    assert_int_equal(fh_writer_add(writer, &record, &err), FH_E_INVALID);
    record.fields[FH_FIELD_TITLE] = FH_STR("bad \xC3( text");
    assert_int_equal(fh_writer_add(writer, &record, &err), FH_E_UTF8);
    article_add(writer, "b", "good", "");
    article_commit(writer);
    assert_int_equal(fh_writer_get_stats(writer).indexed, 1);
    fh_writer_close(writer);
    scratch_fini(&folder);
}

/* ---- random corpora ------------------------------------------------------------------------------------ */

static void same_input_gives_the_same_index_whatever_the_workers(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "same_input_gives_the_same_index_whatever_the_workers");
    scratch folder, one, four;
    scratch_init(&folder);
    scratch_init(&one);
    scratch_init(&four);
    char path[SCRATCH_PATH_BYTES], a[SCRATCH_PATH_BYTES], b[SCRATCH_PATH_BYTES];
    article_corpus_write(&random, scratch_path(&folder, "a.jsonl", path), 4000);
    article_corpus_run(one.path, path, 1, 0);
    article_corpus_run(four.path, path, 4, 0);
    size_t len_a, len_b;
    char *bytes_a = scratch_read(scratch_path(&one, "0000000000000001.seg", a), &len_a);
    char *bytes_b = scratch_read(scratch_path(&four, "0000000000000001.seg", b), &len_b);
    assert_int_equal(len_a, len_b);
    assert_memory_equal(bytes_a, bytes_b, len_a);
    free(bytes_a);
    free(bytes_b);
    scratch_fini(&folder);
    scratch_fini(&one);
    scratch_fini(&four);
}

static void merged_segments_hold_what_one_flush_holds(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "merged_segments_hold_what_one_flush_holds");
    scratch folder, whole, parts;
    scratch_init(&folder);
    scratch_init(&whole);
    scratch_init(&parts);
    char path[SCRATCH_PATH_BYTES];
    article_corpus_write(&random, scratch_path(&folder, "a.jsonl", path), 600);
    article_corpus_add(whole.path, path, 0);
    article_corpus_add(parts.path, path, 37);
    assert_int_equal(article_index_segments(parts.path), 1);
    article_index_same(whole.path, parts.path);
    scratch_fini(&folder);
    scratch_fini(&whole);
    scratch_fini(&parts);
}

/* All but the header, which holds the number of the segment. */
static void merged_segments_are_byte_for_byte_what_one_flush_writes(void **state)
{
    (void)state;
    enum { ARTICLES = 500, HEADER_BYTES = 64 };
    rng random;
    rng_init(&random, "merged_segments_are_byte_for_byte_what_one_flush_writes");
    scratch folder, whole, parts;
    scratch_init(&folder);
    scratch_init(&whole);
    scratch_init(&parts);
    char path[SCRATCH_PATH_BYTES];
    fhi_buf text = {0};
    for (int i = 0; i < ARTICLES; i++) { /* each id once */
        fhi_buf_printf(&text, "{\"id\":\"d%d\",\"title\":\"", i);
        article_words(&random, &text, rng_below(&random, 8) + 1);
        fhi_buf_printf(&text, "\",\"body\":\"");
        article_words(&random, &text, rng_skewed(&random, 8));
        fhi_buf_printf(&text, "\"}\n");
    }
    scratch_write(scratch_path(&folder, "a.jsonl", path), text.data, text.len);
    article_corpus_add(whole.path, path, ARTICLES);
    article_corpus_add(parts.path, path, 9); /* 56 segments: one pass */
    char name[SCRATCH_PATH_BYTES];
    size_t len, other_len;
    char *bytes = scratch_read(scratch_path(&whole, "0000000000000001.seg", name), &len);
    char *other = scratch_read(scratch_path(&parts, "0000000000000039.seg", name), &other_len);
    assert_int_equal(len, other_len);
    assert_memory_equal(bytes + HEADER_BYTES, other + HEADER_BYTES, len - HEADER_BYTES);
    free(bytes);
    free(other);
    fhi_buf_fini(&text);
    scratch_fini(&folder);
    scratch_fini(&whole);
    scratch_fini(&parts);
}

static void memory_budget_flushes_and_changes_nothing(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "memory_budget_flushes_and_changes_nothing");
    scratch folder, large, small;
    scratch_init(&folder);
    scratch_init(&large);
    scratch_init(&small);
    char path[SCRATCH_PATH_BYTES], seg[SCRATCH_PATH_BYTES];
    article_corpus_write(&random, scratch_path(&folder, "a.jsonl", path), 12000);
    article_corpus_run(large.path, path, 2, 0);
    article_corpus_run(small.path, path, 2, 1); /* raised to the least there is */
    assert_int_equal(article_index_segments(small.path), 1);
    /* Segment 1 was a flush of its own, merged away. */
    assert_int_not_equal(access(scratch_path(&small, "0000000000000001.seg", seg), F_OK), 0);
    article_index_same(large.path, small.path);
    scratch_fini(&folder);
    scratch_fini(&large);
    scratch_fini(&small);
}

static void many_commits_keep_few_segments_and_all_articles(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "many_commits_keep_few_segments_and_all_articles");
    scratch folder, whole;
    scratch_init(&folder);
    scratch_init(&whole);
    fh_writer *all = article_writer_open(whole.path, NULL, 0);
    for (int i = 0; i < 60; i++) {
        fh_writer *writer = article_writer_open(folder.path, NULL, 0);
        for (uint64_t left = rng_below(&random, 12) + 1; left > 0; left--) {
            char id[32];
            fhi_buf body = {0};
            (void)snprintf(id, sizeof id, "d%llu", (unsigned long long)rng_below(&random, 150));
            article_words(&random, &body, 20);
            fhi_buf_put8(&body, 0);
            article_add(writer, id, "titre", (const char *)body.data);
            article_add(all, id, "titre", (const char *)body.data);
            fhi_buf_fini(&body);
        }
        article_commit(writer);
        fh_writer_close(writer);
        assert_true(article_index_segments(folder.path) <= FHI_SEGMENTS_KEPT_MAX);
    }
    article_commit(all);
    fh_writer_close(all);
    article_index_same(folder.path, whole.path);
    scratch_fini(&folder);
    scratch_fini(&whole);
}

static bool always(void *argument)
{
    (void)argument;
    return true;
}

static void cancelled_commit_leaves_the_old_index(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    article_add(writer, "a", "premier", "");
    article_commit(writer);
    fh_writer_close(writer);
    char *before = article_index_text(folder.path);
    const fh_writer_options options = {.cancelled = always};
    assert_int_equal(fh_writer_open(folder.path, &options, &writer, NULL), FH_OK);
    article_add(writer, "a", "second", "");
    fh_err err = {0};
    assert_int_equal(fh_writer_commit(writer, &err), FH_E_CANCELLED);
    assert_int_equal(fh_writer_commit(writer, &err), FH_E_CLOSED);
    fh_writer_close(writer);
    char *after = article_index_text(folder.path);
    assert_string_equal(before, after);
    free(before);
    free(after);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_zones_and_forms_are_as_specified),
        cmocka_unit_test(later_article_replaces_the_one_with_its_id),
        cmocka_unit_test(uncommitted_articles_leave_no_trace),
        cmocka_unit_test(leftovers_of_a_killed_first_run_are_taken_away),
        cmocka_unit_test(segments_without_manifest_are_refused_and_stay),
        cmocka_unit_test(leftovers_stay_until_a_commit),
        cmocka_unit_test(manifest_of_other_counts_is_refused),
        cmocka_unit_test(second_writer_is_told_that_the_index_is_busy),
        cmocka_unit_test(other_analyzer_is_refused),
        cmocka_unit_test(refused_record_leaves_the_writer_usable),
        cmocka_unit_test(same_input_gives_the_same_index_whatever_the_workers),
        cmocka_unit_test(merged_segments_hold_what_one_flush_holds),
        cmocka_unit_test(merged_segments_are_byte_for_byte_what_one_flush_writes),
        cmocka_unit_test(memory_budget_flushes_and_changes_nothing),
        cmocka_unit_test(many_commits_keep_few_segments_and_all_articles),
        cmocka_unit_test(cancelled_commit_leaves_the_old_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
