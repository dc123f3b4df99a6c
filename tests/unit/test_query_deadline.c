/* test_query_deadline.c - a query that takes long in one article, or in few that lie together, ends when its time is
 * over and not when the article does.
 *
 * Time that a query takes is that of the processor, so that a busy machine changes nothing.
 */
#include "query/answer/request.h"
#include "tests/support/articles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static uint64_t time_ns(clockid_t clock)
{
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void index_pairs(const char *path, uint32_t articles, uint32_t words)
{
    fh_writer *writer = article_writer_open(path, NULL, 0);
    fhi_buf body = {0};
    char id[16];
    for (uint32_t i = 0; i < words; i += 2)
        fhi_buf_printf(&body, "lune safran ");
    fhi_buf_put8(&body, '\0');
    assert_int_equal(body.status, FH_OK);
    for (uint32_t i = 0; i < articles; i++) {
        (void)snprintf(id, sizeof id, "%u", i);
        article_add(writer, id, "", (const char *)body.data);
    }
    article_commit(writer);
    fh_writer_close(writer);
    fhi_buf_fini(&body);
}

/* Asks and answers how long it took. */
static uint64_t ask(fhi_searcher *searcher, fhi_index *index, const fhi_request *request, fh_status wanted,
                    const char *said)
{
    fhi_buf json = {0};
    const uint64_t begin = time_ns(CLOCK_PROCESS_CPUTIME_ID);
    const fh_status status = fhi_searcher_run(searcher, index, request, NULL, &json);
    const uint64_t taken = time_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
    fhi_buf_put8(&json, '\0');
    assert_int_equal(json.status, FH_OK);
    if (status != wanted || !strstr((const char *)json.data, said)) fail_msg("%.300s", (const char *)json.data);
    fhi_buf_fini(&json);
    return taken;
}

static void expect_in_time(const char *query, uint32_t articles, uint32_t words)
{
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fhi_index *index;
    fhi_searcher *searcher;
    fhi_request request;
    scratch_init(&folder);
    index_pairs(scratch_path(&folder, "index", path), articles, words);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &index, NULL), FH_OK);
    assert_int_equal(fhi_searcher_create("press", &searcher, NULL), FH_OK);
    fhi_request_defaults(&request);
    request.query = fhi_str(query);
    (void)ask(searcher, index, &request, FH_OK, "\"total\":"); /* the first time all is slower */
    const uint64_t whole_ns = ask(searcher, index, &request, FH_OK, "\"total\":");
    request.deadline_ns = time_ns(CLOCK_MONOTONIC) + whole_ns / 4;
    const uint64_t cut_ns = ask(searcher, index, &request, FH_E_DEADLINE, "\"code\":\"deadline\"");
    if (cut_ns > whole_ns / 4 * 3)
        fail_msg("%llu of %llu ns", (unsigned long long)cut_ns, (unsigned long long)whole_ns);
    request.partial = true;
    request.deadline_ns = time_ns(CLOCK_MONOTONIC) + whole_ns / 4;
    (void)ask(searcher, index, &request, FH_OK, "\"partial\":true");
    fhi_searcher_destroy(searcher);
    fhi_index_release(index);
    scratch_fini(&folder);
}

/* `"lune safran lune ..."` of so many words, and what follows. */
static void expect_long_in_time(unsigned count, const char *rest, uint32_t articles, uint32_t words)
{
    fhi_buf query = {0};
    for (unsigned i = 0; i < count; i++)
        fhi_buf_printf(&query, "%s%s", i ? " " : "\"", i % 2 ? "safran" : "lune");
    fhi_buf_printf(&query, "\"%s", rest);
    fhi_buf_put8(&query, '\0');
    assert_int_equal(query.status, FH_OK);
    expect_in_time((const char *)query.data, articles, words);
    fhi_buf_fini(&query);
}

static void a_wide_window_over_half_a_million_words_ends_in_time(void **state)
{
    (void)state;
    expect_in_time("\"lune safran\"~900", 1, 500000);
}

static void a_window_of_many_words_ends_in_time(void **state)
{
    (void)state;
    expect_long_in_time(40, "~900", 1, 20000);
}

static void long_phrases_in_articles_side_by_side_end_in_time(void **state)
{
    (void)state;
    expect_long_in_time(40, "", 64, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_window_over_half_a_million_words_ends_in_time),
        cmocka_unit_test(a_window_of_many_words_ends_in_time),
        cmocka_unit_test(long_phrases_in_articles_side_by_side_end_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
