/* test_kernels.c - every table of kernels that this processor runs answers what the scalar one answers, bit for bit, on
 * random input and on the ends of what is allowed. */
#include "engine/codec/bitpack.h"
#include "engine/kernel/kernel.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 400, VALUES_MAX = 320, RANGES_MAX = 256, ADDENDS_MAX = 12 };

static const fhi_kernels *const sure = &fhi_kernels_scalar;

/* Bits that are sparse, dense, all or none. */
static uint64_t draw_mask(rng *random)
{
    const uint64_t a = rng_next(random), b = rng_next(random), c = rng_next(random);
    switch (rng_below(random, 6)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return a & b & c;
    case 3: return a | b | c;
    case 4: return UINT64_C(1) << (a % 64);
    default: return a;
    }
}

static void draw_bitmap(rng *random, uint64_t bitmap[FHI_QUARTER_WORDS])
{
    for (uint32_t i = 0; i < FHI_QUARTER_WORDS; i++)
        bitmap[i] = draw_mask(random);
}

static void draw_bytes(rng *random, uint8_t *bytes, size_t count)
{
    const uint64_t most = rng_below(random, 3) == 0 ? 256 : 1 + rng_below(random, 16);
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(rng_below(random, 16) == 0 ? 255 : rng_below(random, most));
}

static void draw_sums(rng *random, uint16_t sums[FHI_CHUNK_QUARTERS])
{
    const unsigned bits = 1 + (unsigned)rng_below(random, 16);
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS; i++)
        sums[i] = (uint16_t)(rng_below(random, 20) == 0 ? 65535 : rng_below(random, UINT64_C(1) << bits));
}

/* ---- a chunk ---- */

static void check_chunk(const fhi_kernels *kernels, rng *random)
{
    static uint8_t locators[RANGES_MAX * 2], range_bounds[RANGES_MAX];
    static uint8_t bounds[2][FHI_CHUNK_QUARTERS];
    static uint16_t sums[2][FHI_CHUNK_QUARTERS], more[FHI_CHUNK_QUARTERS], quarters[2][FHI_SELECT_ROOM];
    uint64_t present[2][FHI_QUARTER_WORDS], among[FHI_QUARTER_WORDS];
    const uint32_t ranges = (uint32_t)rng_below(random, RANGES_MAX + 1);
    draw_bytes(random, range_bounds, sizeof range_bounds);
    for (size_t i = 0; i < sizeof locators; i++) {
        const uint64_t bits = rng_next(random);
        locators[i] = (uint8_t)(bits & bits >> 32);
    }
    sure->presence(locators, ranges, present[0]);
    kernels->presence(locators, ranges, present[1]);
    assert_memory_equal(present[0], present[1], sizeof present[0]);
    sure->spread(range_bounds, ranges, present[0], bounds[0]);
    kernels->spread(range_bounds, ranges, present[0], bounds[1]);
    assert_memory_equal(bounds[0], bounds[1], sizeof bounds[0]);
    const uint16_t weight = (uint16_t)(rng_below(random, 8) == 0 ? 65535 : rng_skewed(random, 16));
    sure->weigh(bounds[0], weight, sums[0]);
    kernels->weigh(bounds[0], weight, sums[1]);
    assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
    draw_sums(random, more);
    sure->add(sums[0], more);
    kernels->add(sums[1], more);
    assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
    draw_bitmap(random, among);
    assert_int_equal(sure->highest(sums[0], among), kernels->highest(sums[0], among));
    const uint16_t low = (uint16_t)(rng_below(random, 4) ? rng_skewed(random, 16) : 0);
    const uint16_t high = (uint16_t)(rng_below(random, 3) ? 65535 : rng_range(random, low, 65536));
    const uint32_t count = sure->select(sums[0], among, low, high, quarters[0]);
    assert_int_equal(kernels->select(sums[0], among, low, high, quarters[1]), count);
    assert_memory_equal(quarters[0], quarters[1], count * sizeof quarters[0][0]);
}

static void chunks_are_read_alike(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "chunks");
    for (int i = 0; i < rng_rounds(ROUNDS); i++)
        for (uint32_t table = 1; fhi_kernels_at(table); table++)
            check_chunk(fhi_kernels_at(table), &random);
}

/* ---- a quarter ---- */

static int by_value(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* The documents of a range behind a byte that counts them, less 1; answers the count. */
static uint32_t draw_ids(rng *random, uint8_t bytes[33])
{
    const uint32_t count = 1 + (uint32_t)(rng_below(random, 4) ? rng_below(random, 31) : rng_below(random, 256));
    bytes[0] = (uint8_t)(count - 1);
    for (uint32_t i = 1; i < 33; i++)
        bytes[i] = (uint8_t)rng_next(random);
    if (count < 32 && rng_below(random, 8))
        qsort(bytes + 1, count, 1, by_value); /* a damaged file's are in any order */
    return count;
}

static void check_ids(const fhi_kernels *kernels, rng *random)
{
    enum { MANY = 5 };
    static const uint16_t quarters[MANY] = {0, 1023, 2, 513, 4};
    uint8_t bytes[MANY][33];
    const uint8_t *ids[MANY];
    uint64_t masks[2][MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        const uint32_t count = draw_ids(random, bytes[i]);
        uint32_t before[2];
        ids[i] = bytes[i] + 1;
        for (uint32_t quarter = 0; quarter < 4; quarter++) {
            const uint64_t mask = sure->pick(ids[i], count, quarter, &before[0]);
            assert_true(kernels->pick(ids[i], count, quarter, &before[1]) == mask);
            assert_int_equal(before[0], before[1]);
            if (quarter == quarters[i] % 4) masks[0][i] = mask;
        }
    }
    kernels->pick_many(ids, quarters, MANY, masks[1]);
    assert_memory_equal(masks[0], masks[1], sizeof masks[0]);
    sure->pick_many(ids, quarters, MANY, masks[1]);
    assert_memory_equal(masks[0], masks[1], sizeof masks[0]);
}

/* Values of a width, many of them the greatest there is, packed as the writer packs them. */
static void draw_packed(rng *random, unsigned width, uint32_t count, fhi_buf *packed)
{
    uint32_t values[VALUES_MAX];
    for (uint32_t i = 0; i < count; i++)
        values[i] = width == 0                  ? 0
                    : rng_below(random, 4) == 0 ? (1u << width) - 1
                                                : (uint32_t)rng_below(random, UINT64_C(1) << width);
    fhi_buf_clear(packed);
    fhi_pack(packed, values, count, width);
    for (uint32_t i = 0; i < FHI_KERNEL_SLACK; i++)
        fhi_buf_put8(packed, (uint8_t)rng_next(random));
    assert_int_equal(packed->status, FH_OK);
}

static void check_lanes(const fhi_kernels *kernels, rng *random, fhi_buf *packed)
{
    static const unsigned widths[] = {0, 1, 2, 4, 8};
    uint8_t lanes[2][64], forms[2][64];
    const unsigned width = widths[rng_below(random, 5)];
    const uint64_t mask = draw_mask(random), raised = mask & draw_mask(random);
    const uint32_t first = (uint32_t)rng_below(random, 193);
    const uint8_t base = (uint8_t)rng_skewed(random, 8), code = (uint8_t)rng_below(random, 6);
    draw_packed(random, width, first + 64, packed);
    memset(lanes, 0xA5, sizeof lanes);
    const uint64_t escaped = sure->expand(packed->data, first, width, base, mask, lanes[0]);
    assert_true(kernels->expand(packed->data, first, width, base, mask, lanes[1]) == escaped);
    assert_memory_equal(lanes[0], lanes[1], 64);
    if (width)
        assert_int_equal(sure->escapes(packed->data, first + 64, width),
                         kernels->escapes(packed->data, first + 64, width));
    const uint64_t mixed = sure->pick_form(packed->data, first, width, code, mask, lanes[0], forms[0]);
    assert_true(kernels->pick_form(packed->data, first, width, code, mask, lanes[0], forms[1]) == mixed);
    assert_memory_equal(forms[0], forms[1], 64);
    const uint64_t full = sure->raise(lanes[0], packed->data, raised);
    assert_true(kernels->raise(lanes[1], packed->data, raised) == full);
    assert_memory_equal(lanes[0], lanes[1], 64);
    for (uint32_t i = 0; i < 64; i++)
        forms[0][i] = (uint8_t)rng_below(random, 128);
    assert_int_equal(sure->dot(lanes[0], forms[0], mask), kernels->dot(lanes[0], forms[0], mask));
}

static void quarters_are_read_alike(void **state)
{
    (void)state;
    rng random;
    fhi_buf packed;
    rng_init(&random, "quarters");
    fhi_buf_init(&packed);
    for (int i = 0; i < rng_rounds(20 * ROUNDS); i++)
        for (uint32_t table = 1; fhi_kernels_at(table); table++) {
            check_ids(fhi_kernels_at(table), &random);
            check_lanes(fhi_kernels_at(table), &random, &packed);
        }
    fhi_buf_fini(&packed);
}

static void check_score(const fhi_kernels *kernels, rng *random)
{
    static uint8_t lanes[ADDENDS_MAX][64];
    fhi_addend addends[ADDENDS_MAX];
    uint64_t masks[ADDENDS_MAX];
    uint16_t weights[ADDENDS_MAX];
    uint8_t norms[64], docs[2][64];
    float k_of_norm[256], scores[2][64];
    const uint32_t count = (uint32_t)rng_below(random, ADDENDS_MAX + 1);
    for (uint32_t i = 0; i < count; i++) {
        draw_bytes(random, lanes[i], 64);
        masks[i] = draw_mask(random);
        weights[i] = (uint16_t)rng_skewed(random, 16);
        addends[i] = (fhi_addend){lanes[i], masks[i], (float)rng_unit(random) * 20.0f};
    }
    for (uint32_t i = 0; i < 256; i++)
        k_of_norm[i] = rng_below(random, 64) == 0 ? 0.0f : (float)rng_unit(random) * 9.0f;
    draw_bytes(random, norms, 64);
    const uint64_t among = draw_mask(random);
    const float least = rng_below(random, 3) ? (float)rng_unit(random) * 10.0f * (float)count : 0.0f;
    const uint32_t found = sure->score(addends, count, among, norms, k_of_norm, least, docs[0], scores[0]);
    assert_int_equal(kernels->score(addends, count, among, norms, k_of_norm, least, docs[1], scores[1]), found);
    assert_memory_equal(docs[0], docs[1], found);
    assert_memory_equal(scores[0], scores[1], found * sizeof scores[0][0]); /* bit for bit */
    const uint32_t limit = (uint32_t)rng_skewed(random, 17);
    assert_true(sure->reaching(masks, weights, count, limit) == kernels->reaching(masks, weights, count, limit));
}

static void scores_are_the_same_bits(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "scores");
    for (int i = 0; i < rng_rounds(20 * ROUNDS); i++)
        for (uint32_t table = 1; fhi_kernels_at(table); table++)
            check_score(fhi_kernels_at(table), &random);
}

/* ---- a run ---- */

static void runs_are_summed_alike(void **state)
{
    (void)state;
    rng random;
    fhi_buf packed;
    uint32_t values[VALUES_MAX], docs[2][VALUES_MAX + 1];
    rng_init(&random, "runs");
    fhi_buf_init(&packed);
    for (uint32_t i = 0; i < (uint32_t)rng_rounds(ROUNDS) * 33; i++) {
        const unsigned width = i % 33;
        const uint32_t count = (uint32_t)rng_below(&random, 301), before = (uint32_t)rng_next(&random);
        for (uint32_t j = 0; j < count; j++)
            values[j] = (uint32_t)(rng_below(&random, 3) ? rng_below(&random, UINT64_C(1) << width)
                                                         : (UINT64_C(1) << width) - 1);
        fhi_buf_clear(&packed);
        fhi_pack(&packed, values, count, width);
        for (uint32_t j = 0; j < FHI_KERNEL_SLACK; j++)
            fhi_buf_put8(&packed, 0xFF);
        sure->sum_gaps(packed.data, count, width, before, docs[0]);
        for (uint32_t j = 0, doc = before; j < count; j++)
            assert_int_equal(docs[0][j], doc += values[j] + 1);
        for (uint32_t table = 1; fhi_kernels_at(table); table++) {
            docs[1][count] = 7; /* nothing is written past the end */
            fhi_kernels_at(table)->sum_gaps(packed.data, count, width, before, docs[1]);
            assert_memory_equal(docs[0], docs[1], count * sizeof docs[0][0]);
            assert_int_equal(docs[1][count], 7);
        }
    }
    fhi_buf_fini(&packed);
}

/* ---- which ---- */

static void the_environment_names_the_kernels(void **state)
{
    (void)state;
    const fhi_kernels *kernels;
    fh_err err = {0};
    for (uint32_t table = 0; fhi_kernels_at(table); table++) {
        assert_int_equal(setenv("FIHRIST_KERNEL", fhi_kernels_at(table)->name, 1), 0);
        assert_int_equal(fhi_kernels_pick(&kernels, &err), FH_OK);
        assert_ptr_equal(kernels, fhi_kernels_at(table));
    }
    assert_int_equal(setenv("FIHRIST_KERNEL", "abacus", 1), 0);
    assert_int_equal(fhi_kernels_pick(&kernels, &err), FH_E_INVALID);
    assert_non_null(strstr(err.text, "abacus"));
    assert_int_equal(unsetenv("FIHRIST_KERNEL"), 0);
    assert_int_equal(fhi_kernels_pick(&kernels, &err), FH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_read_alike),
        cmocka_unit_test(quarters_are_read_alike),
        cmocka_unit_test(scores_are_the_same_bits),
        cmocka_unit_test(runs_are_summed_alike),
        cmocka_unit_test(the_environment_names_the_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
