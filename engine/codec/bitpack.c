/* bitpack.c - the scalar definition of bit packing. */
#include "engine/codec/bitpack.h"

void fhi_bit_writer_put(fhi_bit_writer *writer, uint32_t value, unsigned width)
{
    writer->pending |= (uint64_t)value << writer->pending_bits;
    writer->pending_bits += width;
    while (writer->pending_bits >= 8) {
        fhi_buf_put8(writer->buf, (uint8_t)writer->pending);
        writer->pending >>= 8;
        writer->pending_bits -= 8;
    }
}

void fhi_bit_writer_finish(fhi_bit_writer *writer)
{
    if (writer->pending_bits > 0) fhi_buf_put8(writer->buf, (uint8_t)writer->pending);
    writer->pending = 0;
    writer->pending_bits = 0;
}

void fhi_pack(fhi_buf *buf, const uint32_t *values, size_t count, unsigned width)
{
    const size_t bytes = fhi_packed_bytes(count, width);
    uint8_t *to = bytes ? fhi_buf_extend(buf, bytes) : NULL;
    if (!to) return;
    uint64_t pending = 0;
    unsigned pending_bits = 0;
    for (size_t i = 0; i < count; i++) {
        pending |= (uint64_t)values[i] << pending_bits;
        pending_bits += width;
        for (; pending_bits >= 8; pending_bits -= 8, pending >>= 8)
            *to++ = (uint8_t)pending;
    }
    if (pending_bits > 0) *to = (uint8_t)pending;
}

void fhi_unpack(const uint8_t *packed, size_t count, unsigned width, uint32_t *values)
{
    if (width == 0) {
        memset(values, 0, count * sizeof *values);
        return;
    }
    for (size_t i = 0; i < count; i++)
        values[i] = fhi_bits_at(packed, (uint64_t)i * width, width);
}

/* Four values of up to 14 bits stand in any 8 bytes: one load serves them. */
static uint32_t unpack_narrow_gaps(const uint8_t *packed, size_t count, unsigned width, uint32_t doc, uint32_t *docs)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    uint64_t bit = 0;
    size_t i = 0;
    for (; i + 4 <= count; i += 4, bit += 4 * (uint64_t)width) {
        const uint64_t window = fhi_load64(packed + bit / 8) >> (bit % 8);
        docs[i] = doc += 1 + (uint32_t)(window & mask);
        docs[i + 1] = doc += 1 + (uint32_t)(window >> width & mask);
        docs[i + 2] = doc += 1 + (uint32_t)(window >> 2 * width & mask);
        docs[i + 3] = doc += 1 + (uint32_t)(window >> 3 * width & mask);
    }
    for (; i < count; i++, bit += width)
        docs[i] = doc += 1 + fhi_bits_at(packed, bit, width);
    return doc;
}

void fhi_unpack_gaps(const uint8_t *packed, size_t count, unsigned width, uint32_t before, uint32_t *docs)
{
    uint32_t doc = before;
    if (width == 0) {
        for (size_t i = 0; i < count; i++)
            docs[i] = ++doc;
        return;
    }
    if (width <= 14) {
        (void)unpack_narrow_gaps(packed, count, width, doc, docs);
        return;
    }
    for (size_t i = 0; i < count; i++)
        docs[i] = doc += 1 + fhi_bits_at(packed, (uint64_t)i * width, width);
}
