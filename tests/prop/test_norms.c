/* test_norms.c - document lengths in one byte: exact while small, rounded down by less than an eighth, monotone. */
#include "engine/segment/layout.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The bytes above are never given out, and stand for the same length. */
static uint8_t norm_max(void)
{
    return fhi_norm_of_length(UINT32_MAX);
}

static void check_length(uint32_t length)
{
    const uint8_t norm = fhi_norm_of_length(length);
    const uint32_t floor = fhi_length_of_norm(norm);
    assert_true(floor <= length);
    if (length < 40) assert_int_equal(floor, length);
    assert_true(length - floor < length / 8 + 1);
    if (norm < norm_max()) assert_true(fhi_length_of_norm((uint8_t)(norm + 1)) > length);
}

static void norms_round_down_exactly_below_forty_and_by_an_eighth_above(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "norms_round_down_exactly_below_forty_and_by_an_eighth_above");
    for (uint32_t length = 0; length < 200000; length++)
        check_length(length);
    for (int round = 0; round < 200000; round++)
        check_length((uint32_t)rng_skewed(&random, 32));
    for (unsigned bits = 6; bits <= 32; bits++) {
        const uint32_t top = (uint32_t)((UINT64_C(1) << bits) - 1);
        check_length(top);
        check_length(top / 2 + 1);
    }
}

static void lengths_of_norms_increase_and_keep_their_norm(void **state)
{
    (void)state;
    for (unsigned norm = norm_max(); norm < 256; norm++)
        assert_int_equal(fhi_length_of_norm((uint8_t)norm), fhi_length_of_norm(norm_max()));
    for (unsigned norm = 0; norm <= norm_max(); norm++) {
        const uint32_t length = fhi_length_of_norm((uint8_t)norm);
        if (norm) assert_true(length > fhi_length_of_norm((uint8_t)(norm - 1)));
        assert_int_equal(fhi_norm_of_length(length), norm);
    }
}

static void length_table_grows_with_length_and_survives_an_empty_index(void **state)
{
    (void)state;
    fhi_settings settings;
    float table[256];
    fhi_settings_press(&settings, 1);
    fhi_length_table(&settings, 100.0F, table);
    for (int norm = 1; norm <= norm_max(); norm++)
        assert_true(table[norm] > table[norm - 1]);
    /* at the average length K is k1 itself */
    fhi_length_table(&settings, (float)fhi_length_of_norm(39), table);
    assert_float_equal(table[39], settings.k1, 1e-6);
    fhi_length_table(&settings, 0.0F, table);
    for (int norm = 0; norm < 256; norm++)
        assert_true(table[norm] > 0.0F && table[norm] < 1e12F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norms_round_down_exactly_below_forty_and_by_an_eighth_above),
        cmocka_unit_test(lengths_of_norms_increase_and_keep_their_norm),
        cmocka_unit_test(length_table_grows_with_length_and_survives_an_empty_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
