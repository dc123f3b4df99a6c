/* test_base.c - buffers, spans, arenas, strings and statuses: what they keep, and what they refuse. */
#include "engine/base/base.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- varints ---- */

static void varint_of_every_width_comes_back(void **state)
{
    (void)state;
    fhi_buf buf = {0};
    for (unsigned bits = 0; bits <= 64; bits++) {
        const uint64_t top = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
        for (uint64_t less = 0; less < 3 && less <= top; less++) {
            fhi_buf_clear(&buf);
            fhi_buf_put_varint(&buf, top - less);
            const size_t bytes = top - less ? (64 - (size_t)__builtin_clzll(top - less) + 6) / 7 : 1;
            assert_int_equal(buf.len, bytes);
            fhi_span span = fhi_span_of(buf.data, buf.len);
            assert_true(fhi_span_get_varint(&span) == top - less);
            assert_false(span.failed);
            assert_int_equal(fhi_span_left(&span), 0);
            for (size_t cut = 0; cut < buf.len; cut++) {
                span = fhi_span_of(buf.data, cut);
                assert_int_equal(fhi_span_get_varint(&span), 0);
                assert_true(span.failed);
            }
        }
    }
    fhi_buf_fini(&buf);
}

static void varint_over_64_bits_fails(void **state)
{
    (void)state;
    static const uint8_t too_wide[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02};
    static const uint8_t endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
    fhi_span span = fhi_span_of(too_wide, sizeof too_wide);
    assert_int_equal(fhi_span_get_varint(&span), 0);
    assert_true(span.failed);
    span = fhi_span_of(endless, sizeof endless);
    assert_int_equal(fhi_span_get_varint(&span), 0);
    assert_true(span.failed);
}

/* ---- buffers and spans ---- */

typedef struct step {
    unsigned kind;
    uint64_t value; /* a number, or where the text starts in `noise` */
    size_t len;
} step;

static void put_step(fhi_buf *buf, const step *made, const char *noise)
{
    switch (made->kind) {
    case 0: fhi_buf_put8(buf, (uint8_t)made->value); break;
    case 1: fhi_buf_put16(buf, (uint16_t)made->value); break;
    case 2: fhi_buf_put32(buf, (uint32_t)made->value); break;
    case 3: fhi_buf_put64(buf, made->value); break;
    case 4: fhi_buf_put_varint(buf, made->value); break;
    default: fhi_buf_put_str(buf, (fh_str){noise + made->value, made->len});
    }
}

static void check_step(fhi_span *span, const step *made, const char *noise)
{
    switch (made->kind) {
    case 0: assert_int_equal(fhi_span_get8(span), (uint8_t)made->value); break;
    case 1: assert_int_equal(fhi_span_get16(span), (uint16_t)made->value); break;
    case 2: assert_int_equal(fhi_span_get32(span), (uint32_t)made->value); break;
    case 3: assert_true(fhi_span_get64(span) == made->value); break;
    case 4: assert_true(fhi_span_get_varint(span) == made->value); break;
    default: {
        const fh_str text = fhi_span_get_str(span);
        assert_true(fhi_str_equal(text, (fh_str){noise + made->value, made->len}));
    }
    }
}

static void what_a_buffer_takes_a_span_gives_back(void **state)
{
    (void)state;
    enum { ROUNDS = 300, STEPS = 60, NOISE = 4096 };
    static char noise[NOISE];
    rng random;
    rng_init(&random, "what_a_buffer_takes_a_span_gives_back");
    rng_bytes(&random, noise, sizeof noise);
    fhi_buf buf = {0};
    for (int round = 0; round < ROUNDS; round++) {
        step steps[STEPS];
        fhi_buf_clear(&buf);
        for (int i = 0; i < STEPS; i++) {
            steps[i] = (step){(unsigned)rng_below(&random, 6), rng_skewed(&random, 64), 0};
            if (steps[i].kind == 5) {
                steps[i].len = (size_t)rng_below(&random, 300);
                steps[i].value = rng_below(&random, NOISE - steps[i].len);
            }
            put_step(&buf, &steps[i], noise);
        }
        assert_int_equal(buf.status, FH_OK);
        uint8_t *exact = malloc(buf.len); /* so that a sanitizer sees a read past the end */
        assert_non_null(exact);
        memcpy(exact, buf.data, buf.len);
        fhi_span span = fhi_span_of(exact, buf.len);
        for (int i = 0; i < STEPS; i++)
            check_step(&span, &steps[i], noise);
        assert_false(span.failed);
        assert_int_equal(fhi_span_left(&span), 0);
        assert_int_equal(fhi_span_get8(&span), 0);
        assert_true(span.failed);
        free(exact);
    }
    fhi_buf_fini(&buf);
}

static void span_stays_failed_after_the_first_read_past_its_end(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2, 3, 4, 5};
    fhi_span span = fhi_span_of(bytes, sizeof bytes);
    assert_int_equal(fhi_span_get8(&span), 1);
    assert_int_equal(fhi_span_get64(&span), 0);
    assert_true(span.failed);
    assert_int_equal(fhi_span_get8(&span), 0);
    assert_null(fhi_span_take(&span, 0));
    assert_null(fhi_span_get_str(&span).ptr);
    span = fhi_span_of(bytes, sizeof bytes);
    assert_null(fhi_span_take(&span, SIZE_MAX));
    assert_true(span.failed);
    span = fhi_span_of("\x05"
                       "abc",
                       4); /* a text longer than what is left */
    assert_null(fhi_span_get_str(&span).ptr);
    assert_true(span.failed);
}

static void buffer_that_cannot_grow_stays_failed_until_cleared(void **state)
{
    (void)state;
    fhi_buf buf = {0};
    assert_non_null(fhi_buf_extend(&buf, 0)); /* NULL would say that memory is out */
    fhi_buf_put8(&buf, 7);
    assert_null(fhi_buf_extend(&buf, SIZE_MAX / 2));
    assert_int_equal(buf.status, FH_E_NOMEM);
    fhi_buf_put8(&buf, 8);
    fhi_buf_printf(&buf, "%d", 9);
    assert_int_equal(buf.len, 1);
    fhi_buf_clear(&buf);
    assert_int_equal(buf.status, FH_OK);
    fhi_buf_printf(&buf, "%s-%d", "a", 12);
    assert_true(fhi_str_equal(fhi_buf_str(&buf), FH_STR("a-12")));
    fhi_buf_fini(&buf);
}

/* ---- strings ---- */

static void strings_are_ordered_by_bytes_then_length(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "A", "a", "ab", "abc", "b", "\xC3\xA9"};
    const size_t count = sizeof sorted / sizeof sorted[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            const int order = fhi_str_compare(fhi_str(sorted[i]), fhi_str(sorted[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(fhi_str_equal(fhi_str(sorted[i]), fhi_str(sorted[j])), i == j);
        }
    assert_true(fhi_str_starts(FH_STR("abc"), FH_STR("ab")));
    assert_true(fhi_str_starts(FH_STR("abc"), (fh_str){NULL, 0}));
    assert_false(fhi_str_starts(FH_STR("ab"), FH_STR("abc")));
    assert_true(fhi_str_equal((fh_str){NULL, 0}, FH_STR("")));
}

/* ---- arenas ---- */

static void arena_keeps_its_cap_and_says_which_limit_was_met(void **state)
{
    (void)state;
    fhi_arena arena;
    rng random;
    rng_init(&random, "arena_keeps_its_cap_and_says_which_limit_was_met");
    for (int round = 0; round < 50; round++) {
        const size_t cap = (size_t)rng_skewed(&random, 20);
        size_t given = 0;
        fhi_arena_init(&arena, cap);
        for (;;) {
            const size_t bytes = (size_t)rng_skewed(&random, 12);
            uint8_t *got = fhi_arena_alloc(&arena, bytes);
            assert_true(arena.used_bytes <= cap);
            if (!got) break;
            assert_int_equal((uintptr_t)got % 16, 0);
            memset(got, 0xA5, bytes);
            given += bytes + 1; /* an allocation of nothing must end the loop too */
            if (given > 4 * cap + 100000) break;
        }
        if (arena.status != FH_OK) {
            assert_int_equal(arena.status, FH_E_LIMIT);
            assert_null(fhi_arena_alloc(&arena, 1)); /* sticky */
            assert_null(fhi_arena_zalloc(&arena, 1, 1));
            assert_null(fhi_arena_copy(&arena, FH_STR("a")).ptr);
            assert_int_equal(fhi_arena_failure(&arena), FH_E_LIMIT);
        }
        fhi_arena_reset(&arena);
        assert_int_equal(arena.status, FH_OK);
        assert_true(arena.used_bytes <= cap);
        fhi_arena_fini(&arena);
    }
}

static void arena_refuses_products_that_overflow(void **state)
{
    (void)state;
    fhi_arena arena;
    fhi_arena_init(&arena, SIZE_MAX / 2);
    assert_null(fhi_arena_zalloc(&arena, SIZE_MAX / 2, 4));
    assert_int_equal(arena.status, FH_E_LIMIT);
    fhi_arena_reset(&arena);
    assert_null(fhi_arena_alloc(&arena, SIZE_MAX - 3));
    assert_int_equal(arena.status, FH_E_LIMIT);
    fhi_arena_reset(&arena);
    const uint8_t *zeros = fhi_arena_zalloc(&arena, 1000, 7);
    assert_non_null(zeros);
    for (size_t i = 0; i < 7000; i++)
        assert_int_equal(zeros[i], 0);
    fhi_arena_fini(&arena);
}

static void arena_copies_are_terminated_and_survive_later_ones(void **state)
{
    (void)state;
    enum { COPIES = 3000 };
    fhi_arena arena;
    fh_str copies[COPIES];
    char text[32];
    fhi_arena_init(&arena, 8 << 20);
    for (int i = 0; i < COPIES; i++) {
        (void)snprintf(text, sizeof text, "copy %d", i);
        copies[i] = fhi_arena_copy(&arena, fhi_str(text));
        assert_non_null(copies[i].ptr);
        if (i % 7 == 0) assert_non_null(fhi_arena_alloc(&arena, 1000));
    }
    for (int i = 0; i < COPIES; i++) {
        (void)snprintf(text, sizeof text, "copy %d", i);
        assert_string_equal(copies[i].ptr, text);
        assert_int_equal(copies[i].len, strlen(text));
    }
    fhi_arena_fini(&arena);
}

/* ---- statuses ---- */

static void statuses_have_names_texts_and_pinned_numbers(void **state)
{
    (void)state;
#define CHECK_STATUS(name, number, text)                                                                               \
    assert_int_equal(FH_##name, number);                                                                               \
    assert_string_equal(fh_status_name(FH_##name), #name);                                                             \
    assert_string_equal(fh_status_text(FH_##name), text);
    FH_STATUS_LIST(CHECK_STATUS)
#undef CHECK_STATUS
    assert_string_equal(fh_status_name((fh_status)999), "E_UNKNOWN");
    assert_non_null(fh_status_text((fh_status)999));
}

static void failures_name_the_place_and_are_cut_to_fit(void **state)
{
    (void)state;
    fh_err err = {0};
    char path[2 * FH_ERR_FILE_BYTES];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(fhi_fail_at(&err, FH_E_CORRUPT, path, 42, "%0600d", 1), FH_E_CORRUPT);
    assert_int_equal(err.status, FH_E_CORRUPT);
    assert_int_equal(err.offset, 42);
    assert_int_equal(strlen(err.file), FH_ERR_FILE_BYTES - 1);
    assert_int_equal(strlen(err.text), FH_ERR_TEXT_BYTES - 1);
    for (int shift = 1; shift < 5; shift++) { /* nor is a character cut */
        (void)fhi_fail(&err, FH_E_IO, "%0*d%s", 250 + shift, 1, "\u00e9\u4e2d\U0001f600");
        assert_int_equal(fhi_utf8_check(err.text, strlen(err.text)), strlen(err.text));
        assert_in_range(strlen(err.text), 252, 255);
    }
    assert_int_equal(fhi_fail(NULL, FH_E_IO, "nobody reads this"), FH_E_IO);
    assert_int_equal(fhi_fail(&err, FH_E_LIMIT, "short"), FH_E_LIMIT);
    assert_string_equal(err.file, "");
    assert_string_equal(err.text, "short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varint_of_every_width_comes_back),
        cmocka_unit_test(varint_over_64_bits_fails),
        cmocka_unit_test(what_a_buffer_takes_a_span_gives_back),
        cmocka_unit_test(span_stays_failed_after_the_first_read_past_its_end),
        cmocka_unit_test(buffer_that_cannot_grow_stays_failed_until_cleared),
        cmocka_unit_test(strings_are_ordered_by_bytes_then_length),
        cmocka_unit_test(arena_keeps_its_cap_and_says_which_limit_was_met),
        cmocka_unit_test(arena_refuses_products_that_overflow),
        cmocka_unit_test(arena_copies_are_terminated_and_survive_later_ones),
        cmocka_unit_test(statuses_have_names_texts_and_pinned_numbers),
        cmocka_unit_test(failures_name_the_place_and_are_cut_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
