/* test_indexer_merge_all.c - what `fihrist merge` does: one segment, in another order if asked, and the same index. */
#include "tests/support/articles.h"

#include <fihrist/search.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void merge_all(const char *directory, bool reorder, uint32_t threads)
{
    const fhi_merge_all_options options = {.reorder = reorder, .threads = threads};
    fh_err err = {0};
    fh_writer *writer = article_writer_open(directory, NULL, 0);
    if (fhi_writer_merge_all(writer, &options, &err) != FH_OK) fail_msg("%s", err.text);
    fh_writer_close(writer);
}

typedef struct found {
    char id[32];
    float score;
} found;

static int by_found(const void *a, const void *b)
{
    return strcmp(((const found *)a)->id, ((const found *)b)->id);
}

/* All hits of a query, by id. */
static size_t search_all(const char *directory, const char *query, found *to, size_t room)
{
    fh_search *search;
    fh_search_hits hits;
    fh_err err = {0};
    const fh_search_request request = {.query = fhi_str(query), .top = FH_SEARCH_TOP_MAX, .op = FH_SEARCH_OR};
    assert_int_equal(fh_search_open(directory, &search, NULL), FH_OK);
    if (fh_search_run(search, &request, &hits, &err) != FH_OK) fail_msg("%s: %s", query, err.text);
    assert_true(hits.hit_count <= room);
    const size_t count = hits.hit_count;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) assert_true(hits.hits[i - 1].score >= hits.hits[i].score);
        to[i].score = hits.hits[i].score;
        (void)snprintf(to[i].id, sizeof to[i].id, "%.*s", (int)hits.hits[i].id.len, hits.hits[i].id.ptr);
    }
    fh_search_close(search);
    qsort(to, count, sizeof *to, by_found);
    return count;
}

/* Another order of articles: the same articles, words, hits and scores. Nothing is deleted, so nothing is counted
 * otherwise before and after. */
static void reordered_index_gives_the_same_hits_and_scores(void **state)
{
    (void)state;
    enum { ARTICLES = 700 };
    static const char *const queries[] = {"maroc",           "المغرب",         "=élection",       "mot1*",
                                          "mot3 mot5 maroc", "\"l'économie\"", "title:elections", "maroc -wazir"};
    static found before[ARTICLES], after[ARTICLES];
    rng random;
    rng_init(&random, "reordered_index_gives_the_same_hits_and_scores");
    scratch folder, natural;
    scratch_init(&folder);
    scratch_init(&natural);
    fh_writer *writer = article_writer_open(folder.path, NULL, 0);
    for (int i = 0; i < ARTICLES; i++) {
        char id[32];
        fhi_buf title = {0}, body = {0};
        (void)snprintf(id, sizeof id, "d%d", i);
        article_words(&random, &title, rng_below(&random, 8) + 1);
        article_words(&random, &body, rng_skewed(&random, 8));
        fhi_buf_put8(&title, 0);
        fhi_buf_put8(&body, 0);
        article_add(writer, id, (const char *)title.data, (const char *)body.data);
        if (i % 200 == 150) article_commit(writer);
        fhi_buf_fini(&title);
        fhi_buf_fini(&body);
    }
    article_commit(writer);
    fh_writer_close(writer);
    assert_true(article_index_segments(folder.path) > 1);
    char copy[SCRATCH_PATH_BYTES];
    scratch_copy_dir(folder.path, scratch_path(&natural, "index", copy));
    merge_all(copy, true, 2);
    assert_int_equal(article_index_segments(copy), 1);
    article_index_same(folder.path, copy);
    for (size_t q = 0; q < sizeof queries / sizeof queries[0]; q++) {
        const size_t count = search_all(folder.path, queries[q], before, ARTICLES);
        assert_int_equal(search_all(copy, queries[q], after, ARTICLES), count);
        for (size_t i = 0; i < count; i++) {
            assert_string_equal(before[i].id, after[i].id);
            assert_memory_equal(&before[i].score, &after[i].score, sizeof before[i].score);
        }
    }
    scratch_fini(&folder);
    scratch_fini(&natural);
}

/* Several segments, several dictionaries of stored articles, many deletes; then again over what came out. */
static void merging_all_drops_what_is_deleted(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "merging_all_drops_what_is_deleted");
    for (int reorder = 0; reorder < 2; reorder++) {
        scratch folder, whole;
        scratch_init(&folder);
        scratch_init(&whole);
        char path[SCRATCH_PATH_BYTES], copy[SCRATCH_PATH_BYTES];
        article_corpus_write(&random, scratch_path(&folder, "a.jsonl", path), 400);
        scratch_path(&folder, "index", copy);
        article_corpus_add(copy, path, 0); /* a trained dictionary */
        article_corpus_add(whole.path, path, 0);
        article_corpus_write(&random, path, 300);
        article_corpus_add(copy, path, 90); /* none */
        article_corpus_add(whole.path, path, 90);
        assert_true(article_index_segments(copy) > 1);
        for (int i = 0; i < 2; i++) {
            merge_all(copy, reorder, 1 + (uint32_t)i);
            article_index_same(whole.path, copy);
            assert_int_equal(article_index_segments(copy), 1);
        }
        fhi_index *index;
        assert_int_equal(fhi_index_open(fhi_vfs_posix(), copy, &index, NULL), FH_OK);
        assert_int_equal(fhi_index_doc_count(index), fhi_index_live_count(index));
        fhi_index_release(index);
        article_corpus_run(copy, path, 2, 0); /* it can be added to as ever */
        article_index_same(whole.path, copy);
        scratch_fini(&folder);
        scratch_fini(&whole);
    }
}

static bool after_some(void *argument)
{
    return --*(int *)argument < 0;
}

static void cancelled_merge_leaves_the_old_index(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "cancelled_merge_leaves_the_old_index");
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES], copy[SCRATCH_PATH_BYTES];
    article_corpus_write(&random, scratch_path(&folder, "a.jsonl", path), 500);
    scratch_path(&folder, "index", copy);
    article_corpus_add(copy, path, 0);
    char *before = article_index_text(copy);
    fh_status status = FH_E_CANCELLED;
    int asked = 0;
    for (; status == FH_E_CANCELLED; asked++) {
        int left = asked;
        const fh_writer_options options = {.cancelled = after_some, .cancelled_argument = &left};
        const fhi_merge_all_options work = {.reorder = true, .threads = 1};
        fh_writer *writer;
        assert_int_equal(fh_writer_open(copy, &options, &writer, NULL), FH_OK);
        status = fhi_writer_merge_all(writer, &work, NULL);
        fh_writer_close(writer);
        assert_int_equal(article_index_segments(copy), 1);
    }
    assert_int_equal(status, FH_OK);
    assert_true(asked > 3);
    char *after = article_index_text(copy);
    assert_string_equal(before, after);
    free(before);
    free(after);
    scratch_fini(&folder);
}

static void index_of_dead_articles_merges_to_nothing(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, "words", 0);
    article_add(writer, "a", "one", "");
    article_commit(writer);
    const uint32_t id = (uint32_t)writer->segments[0].info.id;
    assert_int_equal(id, 1);
    fh_writer_close(writer);
    fhi_manifest manifest; /* the only article is deleted, by hand */
    const uint64_t deleted = 1;
    assert_int_equal(fhi_manifest_read(fhi_vfs_posix(), folder.path, &manifest, NULL), FH_OK);
    manifest.segments[0].delete_id = manifest.next_segment_id++;
    manifest.segments[0].deleted_count = 1;
    manifest.generation++;
    assert_int_equal(
        fhi_deletes_write(fhi_vfs_posix(), folder.path, 1, manifest.segments[0].delete_id, &deleted, 1, NULL), FH_OK);
    assert_int_equal(fhi_manifest_write(fhi_vfs_posix(), folder.path, &manifest, NULL), FH_OK);
    fhi_manifest_fini(&manifest);
    merge_all(folder.path, true, 1);
    assert_int_equal(article_index_segments(folder.path), 0);
    merge_all(folder.path, true, 1);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reordered_index_gives_the_same_hits_and_scores),
        cmocka_unit_test(merging_all_drops_what_is_deleted),
        cmocka_unit_test(cancelled_merge_leaves_the_old_index),
        cmocka_unit_test(index_of_dead_articles_merges_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
