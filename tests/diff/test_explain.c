/* test_explain.c - random articles in several runs, some replaced, and random queries: what an explanation adds up is
 * the score of a search to the bit, and an article that a search does not find fails by a clause that is named. */
#include "query/answer/request.h"
#include "tests/support/articles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>

enum { WORDS = 12, IDS = 300 };

#define ANY(random, list) ((list)[rng_below((random), sizeof(list) / sizeof((list)[0]))])

static const char *const words[WORDS] = {"roi",   "maroc", "budgets", "parlement", "safran", "barrage",
                                         "récit", "وزير",  "المدرسة", "المغرب",    "écoles", "budget"};

typedef struct library {
    scratch folder;
    fhi_index *index;
    fhi_searcher *searcher;
    fhi_buf json;
} library;

/* ---- articles ---- */

static void put_words(rng *random, fhi_buf *text, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const double unit = rng_unit(random);
        fhi_buf_printf(text, "%s%s", i ? rng_below(random, 9) ? " " : ". " : "", words[(size_t)(unit * unit * WORDS)]);
    }
}

static void add_random(rng *random, fh_writer *writer)
{
    static const char *const sources[] = {"Hespress", "Le Monde", ""}, *const langs[] = {"fr", "ar"},
                             *const dates[] = {"2010-03-01", "2011-09-30", "2012", ""};
    char id[24];
    fhi_buf title, body;
    fh_record record = {0};
    fhi_buf_init(&title);
    fhi_buf_init(&body);
    put_words(random, &title, rng_below(random, 4));
    put_words(random, &body, 1 + rng_below(random, rng_below(random, 10) ? 30 : 900));
    (void)snprintf(id, sizeof id, "%u", (unsigned)rng_below(random, IDS));
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_TITLE] = fhi_buf_str(&title);
    record.fields[FH_FIELD_BODY] = fhi_buf_str(&body);
    record.fields[FH_FIELD_SOURCE] = fhi_str(ANY(random, sources));
    record.fields[FH_FIELD_LANG] = fhi_str(ANY(random, langs));
    record.fields[FH_FIELD_DATE] = fhi_str(ANY(random, dates));
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    fhi_buf_fini(&title);
    fhi_buf_fini(&body);
}

static void library_make(rng *random, const char *analyzer, library *l)
{
    char path[SCRATCH_PATH_BYTES];
    scratch_init(&l->folder);
    (void)scratch_path(&l->folder, "index", path);
    const uint64_t runs = 1 + rng_below(random, 4), most = 1 + rng_below(random, 200);
    for (uint64_t run = 0; run < runs; run++) {
        fh_writer *writer = article_writer_open(path, analyzer, 0);
        for (uint64_t i = 0; i < most; i++)
            add_random(random, writer);
        article_commit(writer);
        fh_writer_close(writer);
    }
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), path, &l->index, NULL), FH_OK);
    assert_int_equal(fhi_searcher_create(analyzer, &l->searcher, NULL), FH_OK);
    fhi_buf_init(&l->json);
}

static void library_drop(library *l)
{
    fhi_buf_fini(&l->json);
    fhi_searcher_destroy(l->searcher);
    fhi_index_release(l->index);
    scratch_fini(&l->folder);
}

static json_t *ask(library *l, const fhi_request *request)
{
    fhi_buf_clear(&l->json);
    if (fhi_searcher_run(l->searcher, l->index, request, NULL, &l->json) != FH_OK)
        fail_msg("%.*s", (int)l->json.len, (const char *)l->json.data);
    json_t *answer = json_loadb((const char *)l->json.data, l->json.len, 0, NULL);
    assert_non_null(answer);
    return answer;
}

/* ---- queries ---- */

static void draw_query(rng *random, fhi_buf *query)
{
    const char *a = ANY(random, words), *b = ANY(random, words), *c = ANY(random, words);
    fhi_buf_clear(query);
    switch (rng_below(random, 14)) {
    case 0: fhi_buf_printf(query, "%s", a); break;
    case 1: fhi_buf_printf(query, "%s %s", a, b); break;
    case 2: fhi_buf_printf(query, "%s OR %s^3 OR %s", a, b, c); break;
    case 3: fhi_buf_printf(query, "%s NOT (%s OR %s)", a, b, c); break;
    case 4: fhi_buf_printf(query, "\"%s %s\"", a, b); break;
    case 5: fhi_buf_printf(query, "\"%s %s\"~3 -%s", a, b, c); break;
    case 6: fhi_buf_printf(query, "source:hespress"); break;
    case 7: fhi_buf_printf(query, "(%s OR %s) source:\"le monde\" date:2010-03..2011-09", a, b); break;
    case 8: fhi_buf_printf(query, "=%s lang:fr", a); break;
    case 9: fhi_buf_printf(query, "title:%s OR (%s %s)", a, b, c); break;
    case 10: fhi_buf_printf(query, "b* OR %s", a); break;
    case 11: fhi_buf_printf(query, "مد* OR \"%s %s %s\"", a, b, c); break;
    case 12: fhi_buf_printf(query, "%s (%s OR \"%s %s\"^0.5)", a, b, a, c); break;
    default: fhi_buf_printf(query, "+%s %s %s", a, b, c); break;
    }
}

/* ---- comparing ---- */

/* Every `adds` in the order they stand, in single precision. */
static void sum_up(const json_t *clause, float *sum)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(clause, "parts"), i, item)
    {
        const float adds = (float)json_real_value(json_object_get(item, "adds"));
        assert_true(adds <= 0.0F || json_is_true(json_object_get(clause, "counts")));
        *sum += adds;
    }
    json_array_foreach(json_object_get(clause, "clauses"), i, item) sum_up(item, sum);
}

static const json_t *hit_of(const json_t *hits, const char *id)
{
    size_t i;
    const json_t *hit;
    json_array_foreach(hits, i, hit) if (strcmp(json_string_value(json_object_get(hit, "id")), id) == 0) return hit;
    return NULL;
}

static void check_article(const json_t *told, const json_t *hit)
{
    const float score = (float)json_number_value(json_object_get(told, "score"));
    const float wanted = (float)json_number_value(json_object_get(hit, "score"));
    float sum = 0.0F;
    sum_up(json_object_get(told, "clauses"), &sum);
    assert_int_equal(json_is_true(json_object_get(told, "matches")), hit != NULL);
    assert_int_equal(json_array_size(json_object_get(told, "fails")) > 0, hit == NULL);
    assert_memory_equal(&sum, &score, sizeof score);
    assert_memory_equal(&score, &wanted, sizeof score);
}

static uint64_t explain_all(library *l, fhi_request request)
{
    char id[24];
    uint64_t found = 0;
    json_t *answer = ask(l, &request);
    const json_t *hits = json_object_get(answer, "hits");
    assert_int_equal(json_array_size(hits), json_integer_value(json_object_get(answer, "total")));
    request.kind = FHI_REQUEST_EXPLAIN;
    for (unsigned i = 0; i < IDS; i++) {
        (void)snprintf(id, sizeof id, "%u", i);
        uint32_t segment, doc;
        if (fhi_index_find_id(l->index, fhi_str(id), &segment, &doc, NULL) != FH_OK) continue;
        request.article = fhi_str(id);
        json_t *told = ask(l, &request);
        check_article(told, hit_of(hits, id));
        found += json_is_true(json_object_get(told, "matches"));
        json_decref(told);
    }
    assert_int_equal(found, json_array_size(hits));
    json_decref(answer);
    return found;
}

static void sums_are_the_scores_of_a_search(void **state)
{
    (void)state;
    static const char *const analyzers[] = {"press", "press", "words"};
    uint64_t found = 0;
    rng random;
    rng_init(&random, "explain");
    fhi_buf query;
    fhi_buf_init(&query);
    for (int i = 0; i < rng_rounds(9); i++) {
        library l;
        library_make(&random, analyzers[i % 3], &l);
        for (int j = 0; j < 15; j++) {
            fhi_request request;
            fhi_request_defaults(&request);
            draw_query(&random, &query);
            request.query = fhi_buf_str(&query);
            request.top = FHI_TOP_MAX;
            request.no_snippets = true;
            request.op = rng_below(&random, 3) ? FHI_OP_AND : FHI_OP_OR;
            found += explain_all(&l, request);
        }
        library_drop(&l);
    }
    assert_true(found > 1000);
    fhi_buf_fini(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_are_the_scores_of_a_search)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
