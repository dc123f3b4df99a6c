/* test_base_sums.c - checksums against published vectors and a bitwise definition, UTF-8 against ICU, hashes. */
#include "engine/base/base.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <unicode/ustring.h>

/* ---- CRC-32C ---- */

static void crc_of(const void *data, size_t len, uint32_t expected)
{
    assert_int_equal(fhi_crc32c(0, data, len), expected);
    assert_int_equal(fhi_crc32c_scalar(0, data, len), expected);
}

/* RFC 3720, appendix B.4; and the check value of the catalogue of CRCs. */
static void crc_equals_the_published_vectors(void **state)
{
    (void)state;
    static const uint8_t read_command[48] = {
        0x01, 0xC0, 0, 0,    0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
        0,    0,    0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0,    0,
    };
    uint8_t bytes[32];
    crc_of("123456789", 9, 0xE3069283);
    crc_of("", 0, 0);
    memset(bytes, 0, sizeof bytes);
    crc_of(bytes, sizeof bytes, 0x8A9136AA);
    memset(bytes, 0xFF, sizeof bytes);
    crc_of(bytes, sizeof bytes, 0x62A8AB43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    crc_of(bytes, sizeof bytes, 0x46DD794E);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(31 - i);
    crc_of(bytes, sizeof bytes, 0x113FDB5C);
    crc_of(read_command, sizeof read_command, 0xD9963A56);
}

static uint32_t crc_by_bits(uint32_t crc, const uint8_t *data, size_t len)
{
    crc = ~crc;
    for (size_t i = 0; i < len * 8; i++) {
        const uint32_t bit = (crc ^ (uint32_t)(data[i / 8] >> (i % 8))) & 1;
        crc = crc >> 1 ^ (bit ? 0x82F63B78 : 0);
    }
    return ~crc;
}

static void crc_is_the_same_by_bits_by_table_and_by_instruction_and_chains(void **state)
{
    (void)state;
    enum { BYTES = 700 };
    uint8_t bytes[BYTES + 8];
    rng random;
    rng_init(&random, "crc_is_the_same_by_bits_by_table_and_by_instruction_and_chains");
    for (int round = 0; round < 2000; round++) {
        const size_t at = (size_t)rng_below(&random, 8), len = (size_t)rng_skewed(&random, 9);
        const size_t cut = (size_t)rng_below(&random, len + 1);
        rng_bytes(&random, bytes, sizeof bytes);
        const uint32_t start = rng_below(&random, 2) ? (uint32_t)rng_next(&random) : 0;
        const uint32_t expected = crc_by_bits(start, bytes + at, len);
        assert_int_equal(fhi_crc32c(start, bytes + at, len), expected);
        assert_int_equal(fhi_crc32c_scalar(start, bytes + at, len), expected);
        assert_int_equal(fhi_crc32c(fhi_crc32c(start, bytes + at, cut), bytes + at + cut, len - cut), expected);
    }
}

/* ---- UTF-8 ---- */

static bool icu_accepts(const uint8_t *data, size_t len)
{
    UErrorCode error = U_ZERO_ERROR;
    int32_t units = 0;
    (void)u_strFromUTF8(NULL, 0, &units, (const char *)data, (int32_t)len, &error);
    return U_SUCCESS(error) || error == U_BUFFER_OVERFLOW_ERROR;
}

/* The answer is the first place where no character starts: all before is valid, and nothing that begins there is. */
static void check_utf8(const uint8_t *data, size_t len)
{
    const size_t bad = fhi_utf8_check(data, len);
    assert_true(bad <= len);
    assert_true(icu_accepts(data, bad));
    if (bad == len) return;
    for (size_t more = 1; more <= 4 && bad + more <= len; more++)
        assert_false(icu_accepts(data + bad, more));
}

static size_t put_character(rng *random, uint8_t *to)
{
    const uint32_t point = (uint32_t)rng_skewed(random, 21); /* surrogates and points past the last among them */
    if (point < 0x80) {
        to[0] = (uint8_t)point;
        return 1;
    }
    const unsigned count = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (unsigned i = count; i-- > 1;)
        to[i] = (uint8_t)(0x80 | (point >> 6 * (count - 1 - i) & 0x3F));
    to[0] = (uint8_t)((0xF00U >> count & 0xF0) | point >> 6 * (count - 1));
    return count;
}

static void utf8_check_agrees_with_icu(void **state)
{
    (void)state;
    enum { BYTES = 64 };
    rng random;
    rng_init(&random, "utf8_check_agrees_with_icu");
    size_t valid = 0, rounds = 50000;
    for (size_t round = 0; round < rounds; round++) {
        const size_t room = (size_t)rng_below(&random, BYTES);
        uint8_t *bytes = malloc(room + 4);
        assert_non_null(bytes);
        size_t len = 0;
        while (len < room) {
            if (rng_below(&random, 3))
                bytes[len++] = 'a';
            else
                len += put_character(&random, bytes + len);
        }
        if (len && rng_below(&random, 2)) bytes[rng_below(&random, len)] = (uint8_t)rng_next(&random);
        bytes = realloc(bytes, len ? len : 1);
        assert_non_null(bytes);
        check_utf8(bytes, len);
        valid += fhi_utf8_check(bytes, len) == len;
        free(bytes);
    }
    assert_true(valid > rounds / 10 && valid < rounds * 9 / 10); /* both answers were tried */
}

static void utf8_check_agrees_with_icu_on_every_two_and_three_bytes(void **state)
{
    (void)state;
    for (unsigned first = 0x80; first < 0x100; first++)
        for (unsigned second = 0; second < 0x100; second++) {
            const uint8_t two[] = {(uint8_t)first, (uint8_t)second};
            assert_int_equal(fhi_utf8_check(two, 2) == 2, icu_accepts(two, 2));
            for (unsigned third = 0x70; third < 0xD0; third += 5) {
                const uint8_t three[] = {(uint8_t)first, (uint8_t)second, (uint8_t)third};
                assert_int_equal(fhi_utf8_check(three, 3) == 3, icu_accepts(three, 3));
            }
        }
}

/* ---- hashes ---- */

static void hash_differs_by_every_bit_and_by_length(void **state)
{
    (void)state;
    uint8_t bytes[40] = {0};
    for (size_t len = 0; len < sizeof bytes; len++) {
        const uint64_t plain = fhi_hash64(bytes, len);
        assert_true(plain == fhi_hash64(bytes, len));
        if (len) assert_true(plain != fhi_hash64(bytes, len - 1));
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_true(fhi_hash64(bytes, len) != plain);
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_equals_the_published_vectors),
        cmocka_unit_test(crc_is_the_same_by_bits_by_table_and_by_instruction_and_chains),
        cmocka_unit_test(utf8_check_agrees_with_icu),
        cmocka_unit_test(utf8_check_agrees_with_icu_on_every_two_and_three_bytes),
        cmocka_unit_test(hash_differs_by_every_bit_and_by_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
