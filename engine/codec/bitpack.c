/* bitpack.c - the scalar definition of bit packing. */
#include "engine/codec/bitpack.h"

void fhi_bit_writer_finish(fhi_bit_writer *writer)
{
    for (unsigned done = 0; done < writer->pending_bits; done += 8)
        fhi_buf_put8(writer->buf, (uint8_t)(writer->pending >> done));
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
