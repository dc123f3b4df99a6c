/* bitpack.h - integers of a fixed bit width, packed least significant bit first.
 *
 * Value i of width w occupies bits [i*w, (i+1)*w) of the byte string. Readers load 8 bytes at a time: the
 * string must be followed by FHI_PAD_BYTES readable bytes (every section of a segment is).
 */
#ifndef FHI_BITPACK_H
#define FHI_BITPACK_H

#include "engine/base/base.h"

enum { FHI_PAD_BYTES = 8 };

/* Bits needed to hold value: 0 for 0, 32 for 2^32 - 1. */
static inline unsigned fhi_bits_of(uint32_t value)
{
    return value ? 32u - (unsigned)__builtin_clz(value) : 0u;
}

static inline size_t fhi_packed_bytes(size_t count, unsigned width)
{
    return (count * width + 7) / 8;
}

/* Up to 32 bits starting at any bit. */
static inline uint32_t fhi_bits_at(const uint8_t *packed, uint64_t bit, unsigned width)
{
    const uint64_t window = fhi_load64(packed + bit / 8) >> (bit % 8);
    return (uint32_t)(window & ((UINT64_C(1) << width) - 1));
}

/* Appends count values of width 0..32 to buf, padded to a whole byte. Each value must fit. */
void fhi_pack(fhi_buf *buf, const uint32_t *values, size_t count, unsigned width);

/* The scalar definition every faster kernel is tested against. */
void fhi_unpack(const uint8_t *packed, size_t count, unsigned width, uint32_t *values);

/* Appends to a bit string whose length need not be a whole byte. Start with {0}; finish pads with zeros. */
typedef struct fhi_bit_writer {
    fhi_buf *buf;
    uint64_t pending;
    unsigned pending_bits; /* < 32 between calls */
} fhi_bit_writer;

/* width: 0 to 32. */
static inline void fhi_bit_writer_put(fhi_bit_writer *writer, uint32_t value, unsigned width)
{
    writer->pending |= (uint64_t)value << writer->pending_bits;
    writer->pending_bits += width;
    if (writer->pending_bits < 32) return;
    fhi_buf_put32(writer->buf, (uint32_t)writer->pending);
    writer->pending >>= 32;
    writer->pending_bits -= 32;
}

void fhi_bit_writer_finish(fhi_bit_writer *writer);

#endif
