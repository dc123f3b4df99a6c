/* columns.c - packed arrays and columns of repeated strings. */
#include "engine/segment/columns.h"

#include "engine/codec/bitpack.h"

#include <stdlib.h>

void fhi_column_writer_fini(fhi_column_writer *writer)
{
    fhi_buf_fini(&writer->ordinals);
    fhi_buf_fini(&writer->values);
    fhi_buf_fini(&writer->offsets);
    free(writer->table);
    *writer = (fhi_column_writer){0};
}

static fhi_column_value value_at(const fhi_column_writer *writer, uint32_t ordinal)
{
    const uint32_t start = fhi_load32(writer->offsets.data + (size_t)ordinal * 4);
    fhi_span span = fhi_span_of(writer->values.data + start, writer->values.len - start);
    const fh_str value = fhi_span_get_str(&span);
    return (fhi_column_value){value, fhi_span_get_str(&span)};
}

static uint32_t *find_slot(const fhi_column_writer *writer, fh_str value)
{
    uint32_t at = (uint32_t)fhi_hash64(value.ptr, value.len) & (writer->table_size - 1);
    while (writer->table[at] && !fhi_str_equal(value_at(writer, writer->table[at] - 1).value, value))
        at = (at + 1) & (writer->table_size - 1);
    return &writer->table[at];
}

static fh_status grow_table(fhi_column_writer *writer)
{
    const uint32_t size = writer->table_size ? writer->table_size * 2 : 64;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table) return FH_E_NOMEM;
    free(writer->table);
    writer->table = table;
    writer->table_size = size;
    for (uint32_t i = 0; i < writer->value_count; i++)
        *find_slot(writer, value_at(writer, i).value) = i + 1;
    return FH_OK;
}

fh_status fhi_column_writer_add(fhi_column_writer *writer, const fhi_column_value *value)
{
    if (writer->value_count * 2 >= writer->table_size) FH_TRY(grow_table(writer));
    uint32_t *slot = find_slot(writer, value->value);
    if (*slot == 0) {
        fhi_buf_put32(&writer->offsets, (uint32_t)writer->values.len);
        fhi_buf_put_str(&writer->values, value->value);
        fhi_buf_put_str(&writer->values, value->key);
        if (writer->values.status != FH_OK || writer->offsets.status != FH_OK) return FH_E_NOMEM;
        if (writer->values.len > UINT32_MAX / 2) return FH_E_LIMIT;
        *slot = ++writer->value_count;
    }
    fhi_buf_put32(&writer->ordinals, *slot - 1);
    return writer->ordinals.status;
}

void fhi_column_writer_put(const fhi_column_writer *writer, uint32_t doc_count, fhi_buf *to)
{
    fhi_buf_put32(to, writer->value_count);
    fhi_buf_put32(to, (uint32_t)writer->values.len);
    fhi_buf_put(to, writer->offsets.data, writer->offsets.len);
    fhi_buf_put(to, writer->values.data, writer->values.len);
    fhi_packed_put(to, (const uint32_t *)(const void *)writer->ordinals.data, doc_count);
}

void fhi_packed_put(fhi_buf *to, const uint32_t *values, size_t count)
{
    uint32_t smallest = count ? values[0] : 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i] < smallest) smallest = values[i];
        if (values[i] > largest) largest = values[i];
    }
    const unsigned width = fhi_bits_of(count ? largest - smallest : 0);
    fhi_buf_put32(to, smallest);
    fhi_buf_put32(to, width);
    fhi_bit_writer bits = {.buf = to};
    for (size_t i = 0; i < count; i++)
        fhi_bit_writer_put(&bits, values[i] - smallest, width);
    fhi_bit_writer_finish(&bits);
}

fhi_packed fhi_packed_open(fhi_span *span, size_t count)
{
    const uint32_t base = fhi_span_get32(span), width = fhi_span_get32(span);
    if (width > 32) span->failed = true;
    const uint8_t *packed = span->failed ? NULL : fhi_span_take(span, fhi_packed_bytes(count, width));
    return (fhi_packed){packed, base, width};
}

bool fhi_column_open(fhi_column_reader *reader, fhi_span *span, uint32_t doc_count)
{
    *reader = (fhi_column_reader){.value_count = fhi_span_get32(span)};
    reader->values_bytes = fhi_span_get32(span);
    reader->offsets = fhi_span_take(span, (size_t)reader->value_count * 4);
    reader->values = fhi_span_take(span, reader->values_bytes);
    reader->ordinals = fhi_packed_open(span, doc_count);
    if (span->failed || (doc_count && reader->value_count == 0)) return false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < reader->value_count; i++) {
        if (fhi_load32(reader->offsets + (size_t)i * 4) != at) return false;
        fhi_span value = fhi_span_of(reader->values + at, reader->values_bytes - at);
        (void)fhi_span_get_str(&value);
        (void)fhi_span_get_str(&value);
        if (value.failed) return false;
        at += (uint32_t)value.at;
    }
    return at == reader->values_bytes;
}

fhi_column_value fhi_column_reader_value(const fhi_column_reader *reader, uint32_t ordinal)
{
    const uint32_t start = fhi_load32(reader->offsets + (size_t)ordinal * 4);
    fhi_span span = fhi_span_of(reader->values + start, reader->values_bytes - start);
    const fh_str value = fhi_span_get_str(&span);
    return (fhi_column_value){value, fhi_span_get_str(&span)};
}
