/* test_columns.c - packed arrays and columns of repeated strings come back, and refuse what does not fit. */
#include "engine/codec/bitpack.h"
#include "engine/segment/columns.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DOCS_MAX = 3000 };

/* The written bytes and FHI_PAD_BYTES of noise, and nothing after them. */
static uint8_t *exact_copy(rng *random, const fhi_buf *buf, size_t len)
{
    uint8_t *copy = malloc(len + FHI_PAD_BYTES);
    assert_non_null(copy);
    if (len) memcpy(copy, buf->data, len);
    rng_bytes(random, copy + len, FHI_PAD_BYTES);
    return copy;
}

static void packed_arrays_come_back_and_know_their_size(void **state)
{
    (void)state;
    static uint32_t values[DOCS_MAX];
    rng random;
    fhi_buf buf = {0};
    rng_init(&random, "packed_arrays_come_back_and_know_their_size");
    for (unsigned bits = 0; bits <= 32; bits++)
        for (int round = 0; round < 12; round++) {
            const size_t count = (size_t)rng_skewed(&random, 11);
            const uint32_t least = bits == 32 ? 0 : (uint32_t)rng_below(&random, UINT64_C(1) << 31);
            for (size_t i = 0; i < count; i++)
                values[i] = least + (uint32_t)rng_below(&random, UINT64_C(1) << bits);
            fhi_buf_clear(&buf);
            fhi_packed_put(&buf, values, count);
            uint8_t *bytes = exact_copy(&random, &buf, buf.len);
            fhi_span span = fhi_span_of(bytes, buf.len);
            const fhi_packed array = fhi_packed_open(&span, count);
            assert_false(span.failed);
            assert_int_equal(fhi_span_left(&span), 0);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(fhi_packed_get(&array, i), values[i]);
            span = fhi_span_of(bytes, buf.len - 1);
            (void)fhi_packed_open(&span, count);
            assert_true(span.failed);
            free(bytes);
        }
    fhi_buf_fini(&buf);
}

static fhi_column_value draw_value(rng *random, uint64_t kinds, char value[64], char key[64])
{
    const unsigned number = (unsigned)rng_below(random, kinds);
    (void)snprintf(value, 64, "Journal %u%.*s", number, (int)(number % 40), "----------------------------------------");
    (void)snprintf(key, 64, "journal %u", number);
    if (number == 0) value[0] = key[0] = '\0';
    return (fhi_column_value){fhi_str(value), fhi_str(key)};
}

static void check_column(rng *random, uint32_t doc_count, uint64_t kinds)
{
    static char values[DOCS_MAX][64], keys[DOCS_MAX][64];
    fhi_column_writer writer = {0};
    fhi_column_reader reader;
    fhi_buf buf = {0};
    for (uint32_t i = 0; i < doc_count; i++) {
        const fhi_column_value value = draw_value(random, kinds, values[i], keys[i]);
        assert_int_equal(fhi_column_writer_add(&writer, &value), FH_OK);
    }
    fhi_column_writer_put(&writer, doc_count, &buf);
    uint8_t *bytes = exact_copy(random, &buf, buf.len);
    fhi_span span = fhi_span_of(bytes, buf.len);
    assert_true(fhi_column_open(&reader, &span, doc_count));
    assert_int_equal(fhi_span_left(&span), 0);
    assert_true(reader.value_count <= kinds && reader.value_count <= doc_count);
    for (uint32_t i = 0; i < doc_count; i++) {
        const uint32_t ordinal = fhi_packed_get(&reader.ordinals, i);
        assert_true(ordinal < reader.value_count);
        const fhi_column_value found = fhi_column_reader_value(&reader, ordinal);
        assert_true(fhi_str_equal(found.value, fhi_str(values[i])));
        assert_true(fhi_str_equal(found.key, fhi_str(keys[i])));
    }
    for (size_t cut = 0; cut < buf.len; cut += 1 + cut / 16) {
        uint8_t *short_bytes = exact_copy(random, &buf, cut);
        span = fhi_span_of(short_bytes, cut);
        assert_false(fhi_column_open(&reader, &span, doc_count));
        free(short_bytes);
    }
    free(bytes);
    fhi_buf_fini(&buf);
    fhi_column_writer_fini(&writer);
}

static void columns_come_back_and_refuse_to_be_cut(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "columns_come_back_and_refuse_to_be_cut");
    check_column(&random, 0, 1);
    for (int round = 0; round < 40; round++)
        check_column(&random, (uint32_t)rng_range(&random, 1, DOCS_MAX), 1 + rng_skewed(&random, 12));
}

/* Whatever a byte becomes, opening answers and every value it lets through can be read. */
static void column_with_a_changed_byte_is_refused_or_readable(void **state)
{
    (void)state;
    enum { DOCS = 40 };
    rng random;
    fhi_column_writer writer = {0};
    fhi_buf buf = {0};
    char value[64], key[64];
    rng_init(&random, "column_with_a_changed_byte_is_refused_or_readable");
    for (uint32_t i = 0; i < DOCS; i++) {
        const fhi_column_value drawn = draw_value(&random, 6, value, key);
        assert_int_equal(fhi_column_writer_add(&writer, &drawn), FH_OK);
    }
    fhi_column_writer_put(&writer, DOCS, &buf);
    for (size_t at = 0; at < buf.len; at++)
        for (unsigned with = 1; with < 256; with += 17) {
            fhi_column_reader reader;
            uint8_t *bytes = exact_copy(&random, &buf, buf.len);
            bytes[at] ^= (uint8_t)with;
            fhi_span span = fhi_span_of(bytes, buf.len);
            if (fhi_column_open(&reader, &span, DOCS))
                for (uint32_t i = 0; i < reader.value_count; i++) {
                    const fhi_column_value found = fhi_column_reader_value(&reader, i);
                    assert_true(found.value.len + found.key.len <= buf.len);
                }
            free(bytes);
        }
    fhi_buf_fini(&buf);
    fhi_column_writer_fini(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_arrays_come_back_and_know_their_size),
        cmocka_unit_test(columns_come_back_and_refuse_to_be_cut),
        cmocka_unit_test(column_with_a_changed_byte_is_refused_or_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
