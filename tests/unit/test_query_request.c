/* test_query_request.c - from the text of a query to hits, on small indexes made for each test. */
#include "query/answer/reply.h"
#include "query/answer/request.h"
#include "tests/support/scratch.h"

#include <fihrist/search.h>
#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>

/* ---- an index of a few articles -------------------------------------------------------------------------- */

typedef struct article {
    const char *id, *title, *body, *date, *source, *author, *lang;
} article;

typedef struct library {
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fhi_index *index;
    fhi_searcher *searcher;
    fhi_buf json;
    json_t *answer;
} library;

static void add_article(fh_writer *writer, const article *a)
{
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = fhi_str(a->id);
    record.fields[FH_FIELD_TITLE] = fhi_str(a->title ? a->title : "");
    record.fields[FH_FIELD_BODY] = fhi_str(a->body ? a->body : "");
    record.fields[FH_FIELD_DATE] = fhi_str(a->date ? a->date : "");
    record.fields[FH_FIELD_SOURCE] = fhi_str(a->source ? a->source : "");
    record.fields[FH_FIELD_AUTHOR] = fhi_str(a->author ? a->author : "");
    record.fields[FH_FIELD_LANG] = fhi_str(a->lang ? a->lang : "");
    record.fields[FH_FIELD_EXTRA] = FH_STR("{\"story\":7,\"lat\":33.573109999999998}");
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
}

static void library_open(library *l, const char *analyzer, const article *articles, size_t count)
{
    const fh_writer_options options = {.analyzer = analyzer};
    fh_writer *writer;
    memset(l, 0, sizeof *l);
    scratch_init(&l->folder);
    (void)scratch_path(&l->folder, "index", l->path);
    assert_int_equal(fh_writer_open(l->path, &options, &writer, NULL), FH_OK);
    for (size_t i = 0; i < count; i++)
        add_article(writer, &articles[i]);
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), l->path, &l->index, NULL), FH_OK);
    assert_int_equal(fhi_searcher_create(analyzer, &l->searcher, NULL), FH_OK);
    fhi_buf_init(&l->json);
}

static void library_close(library *l)
{
    json_decref(l->answer);
    fhi_buf_fini(&l->json);
    fhi_searcher_destroy(l->searcher);
    fhi_index_release(l->index);
    scratch_fini(&l->folder);
}

static fh_status ask_request(library *l, const fhi_request *request, json_t *id)
{
    fhi_buf_clear(&l->json);
    json_decref(l->answer);
    const fh_status status = fhi_searcher_run(l->searcher, l->index, request, id, &l->json);
    l->answer = json_loadb((const char *)l->json.data, l->json.len, 0, NULL);
    assert_non_null(l->answer);
    return status;
}

static fh_status ask(library *l, const char *query)
{
    fhi_request request;
    fhi_request_defaults(&request);
    request.query = fhi_str(query);
    return ask_request(l, &request, NULL);
}

/* Ids of the hits, separated by spaces, in order; of an error its code and place. */
static const char *ids(library *l)
{
    const json_t *error = json_object_get(l->answer, "error");
    size_t i;
    const json_t *hit;
    fhi_buf_clear(&l->json);
    if (error)
        fhi_buf_printf(&l->json, "%s@%d", json_string_value(json_object_get(error, "code")),
                       (int)json_integer_value(json_object_get(error, "offset")));
    json_array_foreach(json_object_get(l->answer, "hits"), i, hit)
        fhi_buf_printf(&l->json, "%s%s", i ? " " : "", json_string_value(json_object_get(hit, "id")));
    fhi_buf_put8(&l->json, 0);
    return (const char *)l->json.data;
}

#define CHECK(library, query, expected)                                                                                \
    do {                                                                                                               \
        (void)ask(library, query);                                                                                     \
        assert_string_equal(ids(library), expected);                                                                   \
    } while (0)

static const article press[] = {
    {"fr1", "Le conseil du roi", "Le conseil se réunit à Rabat lundi.", "2025-07-01", "Hespress", "Hamza Lahlou", "fr"},
    {"fr2", "Budget", "Le parlement vote le budget. Le roi en parle dans son discours.", "2025-07-15", "Le Monde",
     "Ali Ouahbi", "fr"},
    {"fr3", "Une date", "Le 20 novembre 2025 à Rabat.", "2024-01-05T23:30:00+01:00", "Hespress", NULL, "fr"},
    {"ar1", "وزير الداخلية", "استقبل الوزير وفدا يوم 20/11/2025.", "2023", "هسبريس", NULL, "ar"},
    {"nil", "Sans date", "Le conseil.", NULL, NULL, NULL, "fr"},
};
enum { PRESS_COUNT = sizeof press / sizeof press[0] };

/* ---- answers --------------------------------------------------------------------------------------------- */

static void an_answer_has_its_keys_in_order(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    fhi_request request;
    fhi_request_defaults(&request);
    request.query = FH_STR("discours");
    json_t *id = json_pack("[i,s]", 1, "x");
    assert_int_equal(ask_request(&l, &request, id), FH_OK);
    json_decref(id);
    fhi_buf_put8(&l.json, 0);
    const char *text = (const char *)l.json.data;
    const char *score = strstr(text, "\"score\":");
    assert_non_null(score);
    static const char head[] = "{\"id\":[1,\"x\"],\"hits\":[{\"id\":\"fr2\",\"score\":";
    assert_memory_equal(text, head, sizeof head - 1);
    static const char middle[] =
        ",\"title\":\"Budget\",\"snippet\":\"Le parlement vote le budget. Le roi en parle dans son discours.\","
        "\"date\":\"2025-07-15\",\"source\":\"Le Monde\",\"section\":\"\",\"author\":\"Ali Ouahbi\",\"lang\":\"fr\","
        "\"url\":\"\",\"region\":\"\",\"title_marks\":[],\"snippet_marks\":[[54,62]]}],\"total\":1,\"took_us\":";
    assert_non_null(strstr(text, middle));
    library_close(&l);
}

static void without_snippets_hits_lack_them_and_nothing_else(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    fhi_request request;
    fhi_request_defaults(&request);
    request.query = FH_STR("budget roi");
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    json_t *whole = json_incref(json_array_get(json_object_get(l.answer, "hits"), 0));
    assert_int_equal(fhi_request_set(&request, FH_STR("snippets"), FH_STR("0"), NULL), FH_OK);
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_int_equal(json_integer_value(json_object_get(l.answer, "total")), 1);
    assert_int_equal(json_object_del(whole, "snippet"), 0);
    assert_int_equal(json_object_del(whole, "snippet_marks"), 0);
    assert_true(json_equal(whole, json_array_get(json_object_get(l.answer, "hits"), 0)));
    json_decref(whole);
    assert_int_equal(fhi_request_set(&request, FH_STR("snippets"), FH_STR("1"), NULL), FH_OK);
    assert_false(request.no_snippets);
    library_close(&l);
}

/* Same ids, sizes and generation: only the letters tell the two indexes apart. */
static void articles_read_before_are_those_of_their_index(void **state)
{
    (void)state;
    static const article old[] = {{"a", "Le titre un", "Le texte un.", "2025-07-01", "Source", NULL, "fr"}};
    static const article new[] = {{"a", "Le titre nu", "Le texte nu.", "2025-07-01", "Source", NULL, "fr"}};
    library first, second;
    fhi_request request;
    library_open(&first, "press", old, 1);
    library_open(&second, "press", new, 1);
    fhi_request_defaults(&request);
    request.query = FH_STR("titre texte");
    for (int i = 0; i < 8; i++) {
        request.no_snippets = i & 1;
        fhi_index *index = i & 2 ? second.index : first.index;
        fhi_buf_clear(&first.json);
        assert_int_equal(fhi_searcher_run(first.searcher, index, &request, NULL, &first.json), FH_OK);
        fhi_buf_put8(&first.json, 0);
        const char *text = (const char *)first.json.data;
        assert_non_null(strstr(text, i & 2 ? "\"Le titre nu\"" : "\"Le titre un\""));
        assert_int_equal(strstr(text, i & 2 ? "Le texte nu." : "Le texte un.") != NULL, !request.no_snippets);
    }
    library_close(&first);
    library_close(&second);
}

static void every_form_of_the_language_finds_its_articles(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    CHECK(&l, "parlement budget", "fr2");
    CHECK(&l, "parlement rabat", "");
    CHECK(&l, "parlement | rabat -novembre", "fr2 fr1");
    CHECK(&l, "\"conseil du roi\"", "fr1");
    CHECK(&l, "\"roi conseil\"", "");
    CHECK(&l, "\"roi conseil\"~1", "fr1");
    CHECK(&l, "=\"Conseil du Roi\"", "fr1");
    CHECK(&l, "parl*", "fr2");
    CHECK(&l, "title:roi", "fr1");
    CHECK(&l, "roi -title:roi", "fr2");
    CHECK(&l, "source:hespress", "fr1 fr3");
    CHECK(&l, "source:هسبريس", "ar1");
    CHECK(&l, "author:lahlou", "fr1");
    CHECK(&l, "author:\"ali ouahbi\"", "fr2");
    CHECK(&l, "lang:ar", "ar1");
    CHECK(&l, "للوزير", "ar1");
    CHECK(&l, "20 novembre 2025", "fr3 ar1");
    CHECK(&l, "20 نونبر 2025", "fr3 ar1");
    CHECK(&l, "date:2024-01-05", "fr3");
    CHECK(&l, "date:2025-07-01..2025-07-15 roi", "fr1 fr2");
    CHECK(&l, "absent", "");
    library_close(&l);
}

static void filters_alone_list_the_newest_first(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    CHECK(&l, "date:2023..", "fr2 fr1 fr3 ar1");
    CHECK(&l, "date:..2024", "fr3 ar1");
    CHECK(&l, "lang:fr -source:hespress", "fr2 nil");
    library_close(&l);
}

static void top_and_offset_walk_through_the_hits(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    fhi_request request;
    fhi_request_defaults(&request);
    request.query = FH_STR("date:2023..");
    request.top = 2;
    request.offset = 1;
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_int_equal(json_integer_value(json_object_get(l.answer, "total")), 4);
    assert_string_equal(ids(&l), "fr1 fr3");
    request.offset = 40;
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_string_equal(ids(&l), "");
    request.offset = FHI_TOP_MAX - 1;
    assert_int_equal(ask_request(&l, &request, NULL), FH_E_INVALID);
    assert_string_equal(ids(&l), "invalid@0");
    library_close(&l);
}

static void op_and_sort_are_heeded(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    fhi_request request;
    fhi_request_defaults(&request);
    request.query = FH_STR("roi novembre");
    assert_int_equal(fhi_request_set(&request, FH_STR("op"), FH_STR("or"), NULL), FH_OK);
    assert_int_equal(fhi_request_set(&request, FH_STR("sort"), FH_STR("date"), NULL), FH_OK);
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_string_equal(ids(&l), "fr2 fr1 fr3");
    library_close(&l);
}

static void wrong_queries_answer_with_code_place_and_sentence(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    fhi_request request;
    fhi_request_defaults(&request);
    request.query = FH_STR("é \"x");
    request.lang = FHI_LANG_FR;
    assert_int_equal(ask_request(&l, &request, NULL), FH_E_SYNTAX);
    fhi_buf_put8(&l.json, 0);
    assert_string_equal((const char *)l.json.data,
                        "{\"error\":{\"code\":\"open_quote\",\"message\":\"Le guillemet ouvert ici n'est jamais "
                        "fermé.\",\"offset\":3,\"offset_chars\":2}}");
    CHECK(&l, "-roi", "only_not@0");
    CHECK(&l, "", "empty@0");
    request.query = (fh_str){"a\xFF", 2};
    assert_int_equal(ask_request(&l, &request, NULL), FH_E_UTF8);
    library_close(&l);
}

static void a_prefix_of_too_many_words_is_named(void **state)
{
    (void)state;
    library l;
    fhi_buf body;
    fhi_buf_init(&body);
    for (int i = 0; i < FHI_EXPANSION_MAX + 1; i++)
        fhi_buf_printf(&body, "mot%c%c%c ", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676 % 26);
    fhi_buf_put8(&body, 0);
    const article one = {"x", "Titre", (const char *)body.data, NULL, NULL, NULL, NULL};
    library_open(&l, "press", &one, 1);
    CHECK(&l, "titre mot*", "expansion_limit@6");
    CHECK(&l, "titre mota*", "x");
    library_close(&l);
    fhi_buf_fini(&body);
}

static const char *ask_within(library *l, const char *query, fhi_request_limits limits)
{
    fhi_request request;
    fhi_request_defaults(&request);
    request.query = fhi_str(query);
    request.limits = limits;
    (void)ask_request(l, &request, NULL);
    return ids(l);
}

static void a_request_may_be_given_lower_bounds(void **state)
{
    (void)state;
    const article one = {"x", "Titre", "mota motb motc motd", NULL, NULL, NULL, NULL};
    library l;
    library_open(&l, "press", &one, 1);
    assert_string_equal(ask_within(&l, "mota motb", (fhi_request_limits){.clauses_max = 2}), "x");
    assert_string_equal(ask_within(&l, "mota motb motc", (fhi_request_limits){.clauses_max = 2}),
                        "too_many_clauses@10");
    assert_string_equal(ask_within(&l, "mot*", (fhi_request_limits){.expansion_max = 4}), "x");
    assert_string_equal(ask_within(&l, "mot*", (fhi_request_limits){.expansion_max = 3}), "expansion_limit@0");
    assert_string_equal(ask_within(&l, "mot*", (fhi_request_limits){0}), "x");
    library_close(&l);
    library_open(&l, "press", &one, 1);
    assert_string_equal(ask_within(&l, "mot*", (fhi_request_limits){.memory_bytes_max = 4096}), "limit@0");
    library_close(&l);
}

static void slow_requests_tell_their_plan(void **state)
{
    (void)state;
    fhi_request request;
    fhi_request_notes notes = {.slow_ns = 1};
    library l;
    library_open(&l, "press", press, 3);
    fhi_request_defaults(&request);
    request.query = FH_STR("roi date:2025 source:Hespress");
    request.notes = &notes;
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_true(notes.search_ns > 0 && notes.show_ns > 0);
    fhi_buf_put8(&notes.plan, 0);
    assert_string_equal((const char *)notes.plan.data, "and(days(20250000..20251231), column(source), word(roi =roi))");
    fhi_buf_clear(&notes.plan);
    notes.slow_ns = UINT64_MAX;
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_int_equal(notes.plan.len, 0);
    fhi_buf_fini(&notes.plan);
    library_close(&l);
}

/* The deadline is over before anything is matched. */
static void partial_answers_come_only_when_asked_for(void **state)
{
    (void)state;
    fhi_request request;
    library l;
    library_open(&l, "press", press, 3);
    fhi_request_defaults(&request);
    request.query = FH_STR("roi OR date");
    request.top = 1;
    request.deadline_ns = 1;
    assert_int_equal(ask_request(&l, &request, NULL), FH_E_DEADLINE);
    assert_string_equal(ids(&l), "deadline@0");
    fhi_request_notes notes = {.slow_ns = 0};
    assert_int_equal(fhi_request_set(&request, FH_STR("partial"), FH_STR("1"), NULL), FH_OK);
    request.notes = &notes;
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_true(json_is_true(json_object_get(l.answer, "partial")));
    assert_null(json_object_get(l.answer, "next"));
    assert_true(notes.partial);
    request.deadline_ns = 0;
    assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
    assert_null(json_object_get(l.answer, "partial"));
    assert_non_null(json_object_get(l.answer, "next"));
    assert_false(notes.partial);
    library_close(&l);
}

/* Counts that were cut short are what was counted, and say so. */
static void partial_counts_come_only_when_asked_for(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, 3);
    for (int kind = FHI_REQUEST_FACETS; kind <= FHI_REQUEST_HISTOGRAM; kind++) {
        fhi_request_notes notes = {.slow_ns = 0};
        fhi_request request;
        fhi_request_defaults(&request);
        request.kind = (fhi_request_kind)kind;
        request.query = FH_STR("roi OR date");
        request.notes = &notes;
        request.deadline_ns = 1;
        assert_int_equal(ask_request(&l, &request, NULL), FH_E_DEADLINE);
        request.partial = true;
        assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
        assert_true(json_is_true(json_object_get(l.answer, "partial")));
        assert_in_range(json_integer_value(json_object_get(l.answer, "total")), 0, 3);
        assert_true(notes.partial);
        request.deadline_ns = 0;
        assert_int_equal(ask_request(&l, &request, NULL), FH_OK);
        assert_null(json_object_get(l.answer, "partial"));
        assert_int_equal(json_integer_value(json_object_get(l.answer, "total")), 3);
        assert_false(notes.partial);
    }
    library_close(&l);
}

/* Half of the words stand behind the article: each half alone is within the limit. */
static void an_arabic_prefix_counts_its_clitics_toward_one_limit(void **state)
{
    static const char *const letters[] = {"ج", "ح", "خ", "د", "ذ", "ر", "ز", "س", "ش", "ص", "ض", "ط", "غ"};
    enum { LETTERS = sizeof letters / sizeof letters[0], HALF = LETTERS * LETTERS * LETTERS };
    (void)state;
    _Static_assert(HALF < (int)FHI_EXPANSION_MAX && 2 * HALF > (int)FHI_EXPANSION_MAX, "one fits, both do not");
    library l;
    fhi_buf body;
    fhi_buf_init(&body);
    for (int i = 0; i < 2 * HALF; i++)
        fhi_buf_printf(&body, "%sمق%s%s%s ", i < HALF ? "" : "ال", letters[i % LETTERS], letters[i / LETTERS % LETTERS],
                       letters[i / LETTERS / LETTERS % LETTERS]);
    fhi_buf_put8(&body, 0);
    const article one = {"x", "عنوان", (const char *)body.data, NULL, NULL, NULL, NULL};
    library_open(&l, "press", &one, 1);
    CHECK(&l, "عنوان مق*", "expansion_limit@11");
    CHECK(&l, "مق* i*", "expansion_limit@0");
    CHECK(&l, "عنوان المق*", "x");
    CHECK(&l, "مقج*", "x");
    library_close(&l);
    fhi_buf_fini(&body);
}

static void a_words_index_takes_words_as_they_are(void **state)
{
    (void)state;
    static const article lines[] = {{"0", NULL, "foo bar baz", NULL, NULL, NULL, NULL},
                                    {"1", NULL, "Foo bar , qux", NULL, NULL, NULL, NULL},
                                    {"2", NULL, "bar foo", NULL, NULL, NULL, NULL}};
    library l;
    library_open(&l, "words", lines, 3);
    CHECK(&l, "foo", "2 0");
    CHECK(&l, "Foo", "1");
    CHECK(&l, "\"foo bar\"", "0");
    CHECK(&l, ",", "1");
    CHECK(&l, "ba*", "0 2 1");
    library_close(&l);
}

static void an_article_is_given_whole_by_its_id(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    fhi_buf_clear(&l.json);
    assert_int_equal(fhi_searcher_article(l.searcher, l.index, FH_STR("ar1"), &l.json), FH_OK);
    fhi_buf_put8(&l.json, 0);
    assert_string_equal((const char *)l.json.data,
                        "{\"id\":\"ar1\",\"lang\":\"ar\",\"source\":\"هسبريس\",\"date\":\"2023\",\"title\":\"وزير "
                        "الداخلية\",\"body\":\"استقبل الوزير وفدا يوم 20/11/2025.\",\"story\":7,\"lat\":33.57311}");
    fhi_buf_clear(&l.json);
    assert_int_equal(fhi_searcher_article(l.searcher, l.index, FH_STR("none"), &l.json), FH_E_NOT_FOUND);
    fhi_buf_put8(&l.json, 0);
    assert_non_null(strstr((const char *)l.json.data, "\"code\":\"not_found\""));
    library_close(&l);
}

static void parameters_are_set_by_name_or_refused(void **state)
{
    (void)state;
    fhi_request request;
    fh_err err;
    fhi_request_defaults(&request);
    assert_int_equal(fhi_request_set(&request, FH_STR("top"), FH_STR("10000"), &err), FH_OK);
    assert_int_equal(fhi_request_set(&request, FH_STR("offset"), FH_STR("9999"), &err), FH_OK);
    assert_int_equal(fhi_request_set(&request, FH_STR("lang"), FH_STR("ar"), &err), FH_OK);
    assert_int_equal(request.top, 10000);
    assert_int_equal(request.offset, 9999);
    assert_int_equal(request.lang, FHI_LANG_AR);
    static const char *const refused[][2] = {{"top", "0"},  {"top", "10001"},      {"top", "1x"},       {"top", ""},
                                             {"top", "-1"}, {"top", "9999999999"}, {"offset", "10000"}, {"op", "AND"},
                                             {"sort", ""},  {"lang", "de"},        {"snippets", "no"}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(fhi_request_set(&request, fhi_str(refused[i][0]), fhi_str(refused[i][1]), &err), FH_E_INVALID);
    assert_int_equal(fhi_request_set(&request, FH_STR("tops"), FH_STR("1"), &err), FH_E_NOT_FOUND);
}

/* ---- the C API ------------------------------------------------------------------------------------------- */

static void numbers_of_clients_and_articles_keep_every_bit(void **state)
{
    (void)state;
    static const struct {
        const char *text, *echo; /* echo NULL: as the text */
    } ids[] = {{"3.141592653589793", NULL},
               {"0.1", NULL},
               {"-0.0", NULL},
               {"9223372036854775807", NULL},
               {"[4.2,{\"a\":1.5}]", NULL},
               {"1e5", "100000.0"},
               {"0.30000000000000004", NULL},
               {"{}", NULL},
               {"null", NULL},
               {"\"\\u0000é\"", NULL}};
    library l;
    fhi_request request;
    library_open(&l, "press", press, PRESS_COUNT);
    fhi_request_defaults(&request);
    request.query = FH_STR("roi");
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char start[64];
        json_t *id = json_loads(ids[i].text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        fhi_buf_clear(&l.json);
        assert_int_equal(fhi_searcher_run(l.searcher, l.index, &request, id, &l.json), FH_OK);
        const int len = snprintf(start, sizeof start, "{\"id\":%s,\"hits\":[", ids[i].echo ? ids[i].echo : ids[i].text);
        if (memcmp(l.json.data, start, (size_t)len) != 0) fail_msg("%s: %.40s", start, (const char *)l.json.data);
        json_decref(id);
    }
    fhi_buf_clear(&l.json);
    json_t *body = json_pack("{s:f,s:f}", "a", 4.2, "b", 0.1 + 0.2);
    const int digits = fhi_reply_digits(body);
    assert_int_equal(fhi_reply_write(body, NULL, digits, &l.json), FH_OK);
    fhi_buf_put8(&l.json, 0);
    assert_string_equal((const char *)l.json.data, "{\"a\":4.2000000000000002,\"b\":0.30000000000000004}");
    library_close(&l);
}

static void a_program_gets_hits_as_structs(void **state)
{
    (void)state;
    library l;
    library_open(&l, "press", press, PRESS_COUNT);
    fh_search *search;
    fh_search_hits hits;
    fh_err err;
    assert_int_equal(fh_search_open(l.path, &search, &err), FH_OK);
    const fh_search_request good = {.query = FH_STR("title:budget discours")};
    assert_int_equal(fh_search_run(search, &good, &hits, &err), FH_OK);
    assert_int_equal(hits.hit_count, 1);
    assert_int_equal(hits.total, 1);
    assert_true(fhi_str_equal(hits.hits[0].id, FH_STR("fr2")));
    assert_true(fhi_str_equal(hits.hits[0].source, FH_STR("Le Monde")));
    assert_int_equal(hits.hits[0].title_mark_count, 1);
    assert_int_equal(hits.hits[0].title_marks[0].end, 6);
    assert_int_equal(hits.hits[0].snippet_marks[0].begin, 54);
    const fh_search_request brief = {.query = FH_STR("title:budget discours"), .no_snippets = true};
    assert_int_equal(fh_search_run(search, &brief, &hits, &err), FH_OK);
    assert_int_equal(hits.hits[0].title_mark_count, 1);
    assert_int_equal(hits.hits[0].snippet.len, 0);
    assert_int_equal(hits.hits[0].snippet_mark_count, 0);
    const fh_search_request bad = {.query = FH_STR("(budget"), .lang = FH_SEARCH_FR};
    assert_int_equal(fh_search_run(search, &bad, &hits, &err), FH_E_SYNTAX);
    assert_string_equal(fh_search_error_code(search), "open_parenthesis");
    assert_string_equal(err.text, "La parenthèse ouverte ici n'est jamais fermée.");
    assert_int_equal(hits.hit_count, 0);
    fh_str json;
    assert_int_equal(fh_search_json(search, &good, &json), FH_OK);
    assert_string_equal(fh_search_error_code(search), "");
    assert_true(fhi_str_starts(json, FH_STR("{\"hits\":[{\"id\":\"fr2\"")));
    fh_search_close(search);
    assert_int_equal(fh_search_open("/nowhere", &search, &err), FH_E_NOT_FOUND);
    assert_null(search);
    library_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_its_keys_in_order),
        cmocka_unit_test(without_snippets_hits_lack_them_and_nothing_else),
        cmocka_unit_test(articles_read_before_are_those_of_their_index),
        cmocka_unit_test(every_form_of_the_language_finds_its_articles),
        cmocka_unit_test(filters_alone_list_the_newest_first),
        cmocka_unit_test(top_and_offset_walk_through_the_hits),
        cmocka_unit_test(op_and_sort_are_heeded),
        cmocka_unit_test(wrong_queries_answer_with_code_place_and_sentence),
        cmocka_unit_test(a_prefix_of_too_many_words_is_named),
        cmocka_unit_test(a_request_may_be_given_lower_bounds),
        cmocka_unit_test(slow_requests_tell_their_plan),
        cmocka_unit_test(partial_answers_come_only_when_asked_for),
        cmocka_unit_test(partial_counts_come_only_when_asked_for),
        cmocka_unit_test(an_arabic_prefix_counts_its_clitics_toward_one_limit),
        cmocka_unit_test(a_words_index_takes_words_as_they_are),
        cmocka_unit_test(an_article_is_given_whole_by_its_id),
        cmocka_unit_test(parameters_are_set_by_name_or_refused),
        cmocka_unit_test(numbers_of_clients_and_articles_keep_every_bit),
        cmocka_unit_test(a_program_gets_hits_as_structs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
