/* test_json_out.c - what is written straight into an answer is what jansson would have written. */
#include "query/answer/json_out.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>
#include <math.h>

enum { TEXT_BYTES = 64, ROUNDS = 200000 };

static void assert_same(const fhi_buf *ours, json_t *value, size_t flags)
{
    char *theirs = json_dumps(value, JSON_ENCODE_ANY | flags);
    assert_non_null(theirs);
    assert_int_equal(ours->status, FH_OK);
    if (strlen(theirs) != ours->len || memcmp(theirs, ours->data, ours->len) != 0)
        fail_msg("%.*s instead of %s", (int)ours->len, (const char *)ours->data, theirs);
    free(theirs);
    json_decref(value);
}

/* Mostly whole characters of one to four bytes with some that need an escape; now and then a damaged byte. */
static size_t random_text(rng *random, char *to)
{
    static const char *const parts[] = {
        "a",    "mot ",     "é",           "\"", "\\", "\n", "\x01", "م", "\t", "…", "\b", "/", "\xF0\x9F\x87\xB2",
        "\x7F", "\xC2\x80", "\xEF\xBF\xBF"};
    size_t len = 0;
    const size_t wanted = rng_below(random, TEXT_BYTES - 4);
    while (len < wanted) {
        const char *part = parts[rng_below(random, sizeof parts / sizeof parts[0])];
        memcpy(to + len, part, strlen(part));
        len += strlen(part);
    }
    if (len && rng_below(random, 8) == 0) to[rng_below(random, len)] = (char)rng_next(random);
    return len;
}

static void texts_are_written_as_jansson_writes_them(void **state)
{
    (void)state;
    rng random;
    fhi_buf json;
    fhi_buf_init(&json);
    rng_init(&random, "texts_are_written_as_jansson_writes_them");
    for (int round = 0; round < rng_rounds(ROUNDS); round++) {
        char text[TEXT_BYTES];
        const size_t len = random_text(&random, text);
        json_t *value = json_stringn(text, len);
        fhi_buf_clear(&json);
        const fh_status status = fhi_json_put_text(&json, (fh_str){text, len});
        assert_int_equal(status, value ? FH_OK : FH_E_CORRUPT);
        if (value) assert_same(&json, value, 0);
    }
    fhi_buf_fini(&json);
}

static void every_byte_alone_is_written_as_jansson_writes_it(void **state)
{
    (void)state;
    fhi_buf json;
    fhi_buf_init(&json);
    for (int byte = 0; byte < 0x80; byte++) {
        char text[16];
        for (size_t len = 1; len <= sizeof text; len++) {
            memset(text, 'a', sizeof text);
            text[len - 1] = (char)byte;
            fhi_buf_clear(&json);
            assert_int_equal(fhi_json_put_text(&json, (fh_str){text, len}), FH_OK);
            assert_same(&json, json_stringn(text, len), 0);
        }
    }
    fhi_buf_clear(&json);
    assert_int_equal(fhi_json_put_text(&json, (fh_str){NULL, 0}), FH_OK);
    assert_same(&json, json_string(""), 0);
    fhi_buf_fini(&json);
}

static void check_score(fhi_buf *json, float score)
{
    json_t *value = json_real((double)score);
    fhi_buf_clear(json);
    if (!value) return; /* JSON has no infinity */
    assert_int_equal(fhi_json_put_score(json, score), FH_OK);
    assert_same(json, value, JSON_REAL_PRECISION(9));
}

static void scores_are_written_as_jansson_writes_them(void **state)
{
    (void)state;
    static const float edges[] = {0,          1,         10,     0.1F,  0.0001F, 0.00009999F, 99999992,
                                  1e8F,       999999936, 1e9F,   1e10F, 1e38F,   0.5F,        7.720096F,
                                  16777216.F, 3.4e-38F,  1e-45F, 9.5F,  -1,      0.125F};
    rng random;
    fhi_buf json;
    fhi_buf_init(&json);
    rng_init(&random, "scores_are_written_as_jansson_writes_them");
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        check_score(&json, edges[i]);
        check_score(&json, nextafterf(edges[i], 0));
        check_score(&json, nextafterf(edges[i], INFINITY));
    }
    for (int round = 0; round < rng_rounds(ROUNDS); round++) {
        const uint32_t bits = (uint32_t)rng_next(&random);
        float score;
        memcpy(&score, &bits, sizeof score);
        check_score(&json, score);
        check_score(&json, (float)(rng_unit(&random) * 40));
    }
    fhi_buf_fini(&json);
}

static void whole_numbers_are_written_as_they_are(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 9, 10, 100, 12345, INT64_MAX};
    fhi_buf json;
    fhi_buf_init(&json);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        fhi_buf_clear(&json);
        fhi_json_put_number(&json, numbers[i]);
        assert_same(&json, json_integer((json_int_t)numbers[i]), 0);
    }
    fhi_buf_clear(&json);
    fhi_json_put_number(&json, UINT64_MAX);
    assert_true(fhi_str_equal(fhi_buf_str(&json), FH_STR("18446744073709551615")));
    fhi_buf_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_written_as_jansson_writes_them),
        cmocka_unit_test(every_byte_alone_is_written_as_jansson_writes_it),
        cmocka_unit_test(scores_are_written_as_jansson_writes_them),
        cmocka_unit_test(whole_numbers_are_written_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
