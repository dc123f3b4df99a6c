/* test_indexer_article.c - what becomes an article and what is refused, with which words; records. */
#include "engine/base/base.h"
#include "indexer/article.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_field(const fhi_article *article, fh_field field, const char *wanted)
{
    const fh_str text = article->record.fields[field];
    assert_int_equal(text.len, strlen(wanted));
    if (text.len) assert_memory_equal(text.ptr, wanted, text.len);
}

static void check_refusal(const char *json, size_t len, fh_status wanted, const char *reason)
{
    fhi_article article = {0};
    fh_err err = {0};
    const fh_status status = fhi_article_from_json(&article, (fh_str){json, len}, FH_STR("f:1"), &err);
    fhi_article_fini(&article);
    assert_string_equal(err.text, reason);
    assert_int_equal(status, wanted);
}

#define REFUSED(json, status, reason) check_refusal((json), sizeof(json) - 1, (status), (reason))

static void json_article_takes_all_known_fields(void **state)
{
    (void)state;
    static const char json[] = "{\"id\":\"a1\",\"url\":\"http://x\",\"lang\":\"fr\",\"source\":\"S\",\"section\":\"C\","
                               "\"region\":\"R\",\"author\":\"A\",\"date\":\"2025-11-20\",\"title\":\"T\","
                               "\"abstract\":\"B\",\"body\":\"D\\u00e9\",\"tags\":[\"x\",\"y\\nz\"]}";
    fhi_article article = {0};
    assert_int_equal(fhi_article_from_json(&article, FH_STR(json), FH_STR("f:1"), NULL), FH_OK);
    static const char *const wanted[] = {"a1",         "http://x", "fr", "S",         "C",      "R", "A",
                                         "2025-11-20", "T",        "B",  "D\xC3\xA9", "x\ny z", ""};
    for (int i = 0; i < FH_FIELD_COUNT; i++)
        check_field(&article, (fh_field)i, wanted[i]);
    assert_int_equal(article.day, 20251120);
    assert_false(article.date_refused);
    fhi_article_fini(&article);
}

static void json_article_keeps_unknown_fields_in_their_order(void **state)
{
    (void)state;
    fhi_article article = {0};
    static const char json[] = "{\"z\":[1,2.5,{\"k\":null}],\"title\":\"T\",\"a\":true,\"tags\":[\"t\"]}";
    assert_int_equal(fhi_article_from_json(&article, FH_STR(json), FH_STR("f:1"), NULL), FH_OK);
    check_field(&article, FH_FIELD_EXTRA, "{\"z\":[1,2.5,{\"k\":null}],\"a\":true}");
    check_field(&article, FH_FIELD_TAGS, "t");
    fhi_article_fini(&article);
}

static void json_article_id_defaults_to_url_then_place(void **state)
{
    (void)state;
    fhi_article article = {0};
    const fh_str place = FH_STR("feed.jsonl:7");
    assert_int_equal(fhi_article_from_json(&article, FH_STR("{\"title\":\"T\",\"url\":\"u\"}"), place, NULL), FH_OK);
    check_field(&article, FH_FIELD_ID, "u");
    assert_int_equal(fhi_article_from_json(&article, FH_STR("{\"title\":\"T\",\"url\":\"\"}"), place, NULL), FH_OK);
    check_field(&article, FH_FIELD_ID, "feed.jsonl:7");
    assert_int_equal(fhi_article_from_json(&article, FH_STR("{\"title\":\"T\",\"id\":null}"), place, NULL), FH_OK);
    check_field(&article, FH_FIELD_ID, "feed.jsonl:7");
    fhi_article_fini(&article);
}

static void json_article_is_refused_with_a_stable_reason(void **state)
{
    (void)state;
    REFUSED("{\"title\":\"a\xFF\"}", FH_E_UTF8, "not UTF-8 at byte 11");
    REFUSED("{\"title\":\"\xED\xA0\x80\"}", FH_E_UTF8, "not UTF-8 at byte 10");
    REFUSED("{\"title\":\"\\ud800\"}", FH_E_SYNTAX, "escaped lone surrogate at column 17");
    REFUSED("{\"title\":\"\\udc00x\"}", FH_E_SYNTAX, "escaped lone surrogate at column 18");
    REFUSED("{\"title\":\"a\\u0000b\"}", FH_E_SYNTAX, "escaped NUL at column 19");
    REFUSED("[1]", FH_E_INVALID, "not a JSON object");
    REFUSED("\"text\"", FH_E_INVALID, "not a JSON object");
    REFUSED("{}", FH_E_INVALID, "neither title nor body");
    REFUSED("{\"abstract\":\"x\",\"title\":\" \\t\",\"body\":\"\"}", FH_E_INVALID, "neither title nor body");
    REFUSED("{\"title\":5}", FH_E_INVALID, "field title is not a string");
    REFUSED("{\"n\":18446744073709551616}", FH_E_SYNTAX, "a number beyond 64 bits at column 25");
    REFUSED("{\"title\":\"t\",\"date\":20251120}", FH_E_INVALID, "field date is not a string");
    REFUSED("{\"title\":\"t\",\"id\":7}", FH_E_INVALID, "field id is not a string");
    REFUSED("{\"title\":\"t\",\"tags\":{}}", FH_E_INVALID, "field tags is not a string or an array of strings");
    REFUSED("{\"title\":\"t\",\"tags\":[\"a\",1]}", FH_E_INVALID, "field tags is not an array of strings");
}

static void json_article_that_is_not_json_tells_the_column(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "{\"title\":\"a\"", "{\"title\" \"a\"}", "title", "{\"title\":\"a\"} x", "{\"title\":\"a\",\"title\":\"b\"}",
        "{'title':1}"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        fhi_article article = {0};
        fh_err err = {0};
        assert_int_equal(fhi_article_from_json(&article, fhi_str(broken[i]), FH_STR("f:1"), &err), FH_E_SYNTAX);
        assert_memory_equal(err.text, "not JSON: ", 10);
        assert_non_null(strstr(err.text, " at column "));
        fhi_article_fini(&article);
    }
}

static void json_article_nested_without_end_is_refused(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *json = malloc(DEPTH + 32);
    assert_non_null(json);
    const int head = snprintf(json, 32, "{\"title\":\"t\",\"x\":");
    memset(json + head, '[', DEPTH);
    fhi_article article = {0};
    fh_err err = {0};
    assert_int_equal(fhi_article_from_json(&article, (fh_str){json, (size_t)head + DEPTH}, FH_STR("f:1"), &err),
                     FH_E_SYNTAX);
    fhi_article_fini(&article);
    free(json);
}

static char *json_of_body(size_t body_bytes, size_t *len)
{
    static const char head[] = "{\"title\":\"t\",\"body\":\"", tail[] = "\"}";
    char *json = malloc(sizeof head + sizeof tail + body_bytes);
    assert_non_null(json);
    memcpy(json, head, sizeof head - 1);
    memset(json + sizeof head - 1, 'a', body_bytes);
    memcpy(json + sizeof head - 1 + body_bytes, tail, sizeof tail - 1);
    *len = sizeof head - 1 + body_bytes + sizeof tail - 1;
    return json;
}

static void json_article_body_may_have_16_mib_and_no_byte_more(void **state)
{
    (void)state;
    enum { LIMIT = 16 * 1024 * 1024 };
    for (size_t more = 0; more < 2; more++) {
        size_t len;
        char *json = json_of_body(LIMIT + more, &len);
        fhi_article article = {0};
        fh_err err = {0};
        const fh_status status = fhi_article_from_json(&article, (fh_str){json, len}, FH_STR("f:1"), &err);
        assert_int_equal(status, more ? FH_E_LIMIT : FH_OK);
        if (more) assert_string_equal(err.text, "body over 16 MiB");
        fhi_article_fini(&article);
        free(json);
    }
}

static void json_article_long_id_is_refused(void **state)
{
    (void)state;
    char json[8192];
    const int len = snprintf(json, sizeof json, "{\"title\":\"t\",\"id\":\"%05000d\"}", 0);
    check_refusal(json, (size_t)len, FH_E_LIMIT, "id over 4096 bytes");
}

static void unreadable_date_goes_and_the_article_stays(void **state)
{
    (void)state;
    fhi_article article = {0};
    static const char json[] = "{\"title\":\"t\",\"date\":\"yesterday\"}";
    assert_int_equal(fhi_article_from_json(&article, FH_STR(json), FH_STR("f:1"), NULL), FH_OK);
    assert_true(article.date_refused);
    assert_int_equal(article.day, 0);
    check_field(&article, FH_FIELD_DATE, "");
    fhi_article_fini(&article);
}

/* Such an id would make every answer that holds the article unreadable. */
static void name_that_is_not_utf8_is_no_id(void **state)
{
    (void)state;
    fhi_article article = {0};
    fh_err err;
    const fh_str name = FH_STR("a\xff.txt");
    assert_int_equal(fhi_article_from_text(&article, FH_STR("Title"), name, &err), FH_E_UTF8);
    assert_int_equal(fhi_article_from_json(&article, FH_STR("{\"title\":\"t\"}"), name, &err), FH_E_UTF8);
    assert_int_equal(fhi_article_from_json(&article, FH_STR("{\"title\":\"t\",\"id\":\"1\"}"), name, &err), FH_OK);
    fhi_article_fini(&article);
}

static void date_written_out_is_the_date_and_stays_as_written(void **state)
{
    (void)state;
    fhi_article article = {0};
    static const char first[] = "{\"title\":\"t\",\"date\":\"lundi 4 novembre 2019 à 14h30\"}";
    static const char second[] = "{\"title\":\"t\",\"date\":\"٢٠ غشت ٢٠٢٥\"}";
    assert_int_equal(fhi_article_from_json(&article, FH_STR(first), FH_STR("f:1"), NULL), FH_OK);
    assert_false(article.date_refused);
    assert_int_equal(article.day, 20191104);
    assert_int_equal(article.minute, 14 * 60 + 30);
    check_field(&article, FH_FIELD_DATE, "lundi 4 novembre 2019 à 14h30");
    assert_int_equal(fhi_article_from_json(&article, FH_STR(second), FH_STR("f:2"), NULL), FH_OK);
    assert_int_equal(article.day, 20250820);
    fhi_article_fini(&article);
}

static void text_article_takes_its_first_line_as_title(void **state)
{
    (void)state;
    fhi_article article = {0};
    const fh_str id = FH_STR("a/b.txt");
    assert_int_equal(fhi_article_from_text(&article, FH_STR("\n \nTitle\r\nBody 1\nBody 2\n"), id, NULL), FH_OK);
    check_field(&article, FH_FIELD_ID, "a/b.txt");
    check_field(&article, FH_FIELD_TITLE, "Title");
    check_field(&article, FH_FIELD_BODY, "Body 1\nBody 2\n");
    assert_int_equal(fhi_article_from_text(&article, FH_STR("Only"), id, NULL), FH_OK);
    check_field(&article, FH_FIELD_TITLE, "Only");
    check_field(&article, FH_FIELD_BODY, "");
    fh_err err = {0};
    assert_int_equal(fhi_article_from_text(&article, FH_STR(" \n"), id, &err), FH_E_INVALID);
    assert_string_equal(err.text, "neither title nor body");
    assert_int_equal(fhi_article_from_text(&article, FH_STR("ab\xC3"), id, &err), FH_E_UTF8);
    assert_string_equal(err.text, "not UTF-8 at byte 2");
    assert_int_equal(fhi_article_from_line(&article, FH_STR("a\0b"), id, &err), FH_E_INVALID);
    assert_string_equal(err.text, "NUL at byte 1");
    fhi_article_fini(&article);
}

static void record_round_trips_random_fields(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "record_round_trips_random_fields");
    static char bytes[FH_FIELD_COUNT][70000];
    for (int round = 0; round < 50; round++) {
        fh_record record;
        for (int i = 0; i < FH_FIELD_COUNT; i++) {
            record.fields[i] = (fh_str){bytes[i], rng_skewed(&random, 16)};
            rng_bytes(&random, bytes[i], record.fields[i].len);
        }
        const size_t len = fh_record_bytes(&record);
        char *to = malloc(len);
        assert_non_null(to);
        fh_record_encode(&record, to);
        fh_record again;
        assert_int_equal(fh_record_decode((fh_str){to, len}, &again), FH_OK);
        for (int i = 0; i < FH_FIELD_COUNT; i++)
            assert_true(fhi_str_equal(record.fields[i], again.fields[i]));
        for (size_t cut = 0; cut < len; cut += 1 + len / 97)
            assert_int_equal(fh_record_decode((fh_str){to, cut}, &again), FH_E_CORRUPT);
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_article_takes_all_known_fields),
        cmocka_unit_test(json_article_keeps_unknown_fields_in_their_order),
        cmocka_unit_test(json_article_id_defaults_to_url_then_place),
        cmocka_unit_test(json_article_is_refused_with_a_stable_reason),
        cmocka_unit_test(json_article_that_is_not_json_tells_the_column),
        cmocka_unit_test(json_article_nested_without_end_is_refused),
        cmocka_unit_test(json_article_body_may_have_16_mib_and_no_byte_more),
        cmocka_unit_test(json_article_long_id_is_refused),
        cmocka_unit_test(name_that_is_not_utf8_is_no_id),
        cmocka_unit_test(date_written_out_is_the_date_and_stays_as_written),
        cmocka_unit_test(unreadable_date_goes_and_the_article_stays),
        cmocka_unit_test(text_article_takes_its_first_line_as_title),
        cmocka_unit_test(record_round_trips_random_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
