/* test_bitpack.c - packed integers come back: every width, every count up to 300, in a string of exactly their bytes
 * and the padding a reader may touch. */
#include "engine/codec/bitpack.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT_MAX = 300 };

static uint32_t widest(unsigned width)
{
    return (uint32_t)((UINT64_C(1) << width) - 1);
}

/* Each value any of its width, or one of the two ends, where mistakes sit. */
static void draw(rng *random, unsigned width, uint32_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t kind = rng_below(random, 4);
        values[i] = kind == 0 ? 0 : kind == 1 ? widest(width) : (uint32_t)rng_next(random) & widest(width);
    }
}

/* The packed bytes and FHI_PAD_BYTES of noise, and nothing after them. */
static uint8_t *exact_copy(rng *random, const fhi_buf *packed)
{
    uint8_t *copy = malloc(packed->len + FHI_PAD_BYTES);
    assert_non_null(copy);
    if (packed->len) memcpy(copy, packed->data, packed->len);
    rng_bytes(random, copy + packed->len, FHI_PAD_BYTES);
    return copy;
}

static void packed_values_come_back_at_every_width_and_count(void **state)
{
    (void)state;
    rng random;
    uint32_t values[COUNT_MAX], back[COUNT_MAX + 1];
    fhi_buf packed = {0};
    rng_init(&random, "packed_values_come_back_at_every_width_and_count");
    for (unsigned width = 0; width <= 32; width++)
        for (size_t count = 0; count <= COUNT_MAX; count++) {
            draw(&random, width, values, count);
            fhi_buf_clear(&packed);
            fhi_pack(&packed, values, count, width);
            assert_int_equal(packed.len, fhi_packed_bytes(count, width));
            uint8_t *bytes = exact_copy(&random, &packed);
            back[count] = 0xDEADBEEF;
            fhi_unpack(bytes, count, width, back);
            assert_memory_equal(back, values, count * sizeof *values);
            assert_int_equal(back[count], 0xDEADBEEF);
            for (int i = 0; i < 3 && count && width; i++) {
                const size_t at = (size_t)rng_below(&random, count);
                assert_int_equal(fhi_bits_at(bytes, (uint64_t)at * width, width), values[at]);
            }
            free(bytes);
        }
    fhi_buf_fini(&packed);
}

static void bit_writer_and_pack_write_the_same_bytes(void **state)
{
    (void)state;
    rng random;
    uint32_t values[COUNT_MAX];
    fhi_buf packed = {0}, written = {0};
    rng_init(&random, "bit_writer_and_pack_write_the_same_bytes");
    for (unsigned width = 0; width <= 32; width++)
        for (int round = 0; round < 20; round++) {
            const size_t count = (size_t)rng_below(&random, COUNT_MAX + 1);
            draw(&random, width, values, count);
            fhi_buf_clear(&packed);
            fhi_buf_clear(&written);
            fhi_pack(&packed, values, count, width);
            fhi_bit_writer bits = {.buf = &written};
            for (size_t i = 0; i < count; i++)
                fhi_bit_writer_put(&bits, values[i], width);
            fhi_bit_writer_finish(&bits);
            assert_int_equal(written.len, packed.len);
            if (packed.len) assert_memory_equal(written.data, packed.data, packed.len);
        }
    fhi_buf_fini(&packed);
    fhi_buf_fini(&written);
}

static void values_of_mixed_widths_come_back(void **state)
{
    (void)state;
    rng random;
    uint32_t values[COUNT_MAX];
    unsigned widths[COUNT_MAX];
    fhi_buf written = {0};
    rng_init(&random, "values_of_mixed_widths_come_back");
    for (int round = 0; round < 200; round++) {
        const size_t count = (size_t)rng_below(&random, COUNT_MAX);
        fhi_buf_clear(&written);
        fhi_bit_writer bits = {.buf = &written};
        for (size_t i = 0; i < count; i++) {
            widths[i] = (unsigned)rng_below(&random, 33);
            draw(&random, widths[i], &values[i], 1);
            fhi_bit_writer_put(&bits, values[i], widths[i]);
        }
        fhi_bit_writer_finish(&bits);
        uint8_t *bytes = exact_copy(&random, &written);
        uint64_t at = 0;
        for (size_t i = 0; i < count; at += widths[i++])
            assert_int_equal(fhi_bits_at(bytes, at, widths[i]), values[i]);
        assert_int_equal((at + 7) / 8, written.len);
        free(bytes);
    }
    fhi_buf_fini(&written);
}

static void bits_of_a_value_are_just_enough(void **state)
{
    (void)state;
    assert_int_equal(fhi_bits_of(0), 0);
    for (unsigned width = 1; width <= 32; width++) {
        assert_int_equal(fhi_bits_of(widest(width)), width);
        assert_int_equal(fhi_bits_of(widest(width - 1) + 1), width);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_values_come_back_at_every_width_and_count),
        cmocka_unit_test(bit_writer_and_pack_write_the_same_bytes),
        cmocka_unit_test(values_of_mixed_widths_come_back),
        cmocka_unit_test(bits_of_a_value_are_just_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
