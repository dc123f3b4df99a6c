/* columns.h - one value per document and column, gathered while writing; see FORMAT.md, section 4. */
#ifndef FHI_COLUMNS_H
#define FHI_COLUMNS_H

#include "engine/codec/bitpack.h"
#include "engine/segment/layout.h"

/* Growing array of 32-bit values, written packed in as few bits as the largest needs. */
typedef struct fhi_column_writer {
    fhi_buf ordinals; /* u32 a document */
    fhi_buf values;   /* per value: str value, str key */
    fhi_buf offsets;  /* u32: where each value starts in `values` */
    uint32_t *table;  /* open addressing: ordinal + 1, or 0 */
    uint32_t table_size;
    uint32_t value_count;
} fhi_column_writer;

void fhi_column_writer_fini(fhi_column_writer *writer);
fh_status fhi_column_writer_add(fhi_column_writer *writer, const fhi_column_value *value);
/* Appends: u32 value count, u32 bytes of the values, offsets, values, then a packed array of the ordinals. */
void fhi_column_writer_put(const fhi_column_writer *writer, uint32_t doc_count, fhi_buf *to);

/* A packed array as it lies in a section: u32 smallest value, u32 width, packed differences. */
typedef struct fhi_packed {
    const uint8_t *packed;
    uint32_t base;
    unsigned width;
} fhi_packed;

void fhi_packed_put(fhi_buf *to, const uint32_t *values, size_t count);
/* Reads the head and skips the body; span->failed when it does not fit. */
fhi_packed fhi_packed_open(fhi_span *span, size_t count);
static inline uint32_t fhi_packed_get(const fhi_packed *array, size_t i)
{
    if (array->width == 0) return array->base;
    return array->base + fhi_bits_at(array->packed, (uint64_t)i * array->width, array->width);
}

typedef struct fhi_column_reader {
    const uint8_t *offsets;
    const uint8_t *values;
    uint32_t values_bytes;
    uint32_t value_count;
    fhi_packed ordinals;
} fhi_column_reader;

/* Checks every value's place. */
bool fhi_column_open(fhi_column_reader *reader, fhi_span *span, uint32_t doc_count);
fhi_column_value fhi_column_reader_value(const fhi_column_reader *reader, uint32_t ordinal);

#endif
