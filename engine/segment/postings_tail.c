/* postings_tail.c - what stands beside the ids of a block: frequencies, forms, positions.
 *
 * All reading is checked against the end of the list; packed arrays may be read up to 8 bytes past their end, which
 * the file always has (FORMAT.md, section 2).
 */
#include "engine/segment/postings_reader.h"

#include "engine/codec/bitpack.h"

/* Widths are powers of two up to 32, so a byte holds whole values. Writes up to 7 values more than count: the arrays
 * of all callers have room for FHI_TAIL_SLACK. */
static void unpack_small(const uint8_t *packed, uint32_t count, unsigned width, uint32_t add, uint32_t *values)
{
    const size_t bytes = fhi_packed_bytes(count, width);
    switch (width) {
    case 0:
        for (uint32_t i = 0; i < count; i++)
            values[i] = add;
        return;
    case 1:
        for (size_t i = 0; i < bytes; i++)
            for (uint32_t j = 0; j < 8; j++)
                values[8 * i + j] = add + (packed[i] >> j & 1u);
        return;
    case 2:
        for (size_t i = 0; i < bytes; i++)
            for (uint32_t j = 0; j < 4; j++)
                values[4 * i + j] = add + (packed[i] >> (2 * j) & 3u);
        return;
    case 4:
        for (size_t i = 0; i < bytes; i++) {
            values[2 * i] = add + (packed[i] & 15u);
            values[2 * i + 1] = add + (packed[i] >> 4);
        }
        return;
    case 8:
        for (uint32_t i = 0; i < count; i++)
            values[i] = add + packed[i];
        return;
    default:
        for (uint32_t i = 0; i < count; i++)
            values[i] = add + fhi_bits_at(packed, (uint64_t)i * width, width);
    }
}

/* Skips one mixed record; false when it does not fit or names fewer than two forms. */
static bool skip_mixed(fhi_span *span)
{
    const uint64_t forms = fhi_span_get_varint(span);
    if (forms < 2 || forms > fhi_span_left(span)) return false;
    uint64_t left = 2 * forms - 1; /* a varint ends with a byte below 0x80 */
    for (; left > 0 && span->at < span->len; span->at++)
        left -= span->data[span->at] < 0x80;
    return left == 0;
}

bool fhi_tail_decode(const uint8_t *from, const uint8_t *end, uint32_t count, uint32_t unit, bool forms_told,
                     fhi_tail *tail)
{
    tail->end = NULL;
    if (from >= end) return false;
    const uint8_t head = *from;
    const unsigned freq_width = fhi_width_of_code[head & 7], form_width = fhi_width_of_code[head >> 3 & 7];
    const size_t freq_bytes = fhi_packed_bytes(count, freq_width), form_bytes = fhi_packed_bytes(count, form_width);
    if (freq_width > 8 || head >> 6 || freq_bytes + form_bytes > (size_t)(end - from - 1)) return false;
    const uint8_t *freqs = from + 1, *forms = freqs + freq_bytes;
    unpack_small(freqs, count, freq_width, unit, tail->freqs);
    fhi_span span = fhi_span_of(forms + form_bytes, (size_t)(end - forms) - form_bytes);
    if (freq_width) {
        const uint32_t escape = (UINT32_C(1) << freq_width) - 1 + unit;
        uint32_t escapes = 0;
        for (uint32_t i = 0; i < count; i++)
            escapes += tail->freqs[i] == escape;
        for (uint32_t i = 0; escapes > 0 && i < count; i++) {
            if (tail->freqs[i] != escape) continue;
            tail->freqs[i] += (uint32_t)fhi_span_get_varint(&span);
            escapes--;
        }
    }
    if (forms_told) {
        unpack_small(forms, count, form_width, 0, tail->codes);
        for (uint32_t i = 0; i < count; i++) {
            tail->mixed[i] = NULL;
            if (tail->codes[i] != FHI_FORM_MIXED) continue;
            tail->mixed[i] = span.data + span.at;
            if (!skip_mixed(&span)) return false;
        }
    }
    if (span.failed) return false;
    tail->end = span.data + span.at;
    return true;
}

unsigned fhi_mixed_width(const uint8_t *record, const uint8_t *end)
{
    fhi_span span = fhi_span_of(record, (size_t)(end - record));
    return fhi_bits_of((uint32_t)fhi_span_get_varint(&span) - 1);
}

bool fhi_positions_open(const fhi_segment *segment, const uint8_t *from, const uint8_t *end, uint32_t count,
                        const uint32_t *docs, const uint32_t *freqs, const uint32_t *codes, const uint8_t *const *mixed,
                        const uint8_t **bits, uint32_t *counts, uint64_t *starts)
{
    const uint32_t unit = segment->settings.body_weight;
    if (from > end) return false;
    if (segment->plain_weights) {
        *bits = from;
        for (uint32_t i = 0; i < count; i++)
            counts[i] = unit == 1 ? freqs[i] : freqs[i] / unit;
    } else {
        if (from == end) return false;
        const unsigned width = fhi_width_of_code[*from & 7];
        const size_t bytes = fhi_packed_bytes(count, width);
        if (*from > 6 || bytes > (size_t)(end - from - 1)) return false;
        unpack_small(from + 1, count, width, 0, counts);
        for (uint32_t i = 0; i < count; i++) {
            if (counts[i] >= freqs[i] / unit) return false;
            counts[i] = freqs[i] / unit - counts[i];
        }
        *bits = from + 1 + bytes;
    }
    uint64_t at = 0;
    for (uint32_t i = 0; i < count && !codes; i++) {
        const unsigned width = segment->widths[docs[i]];
        if (width == 0 && counts[i] > FHI_PLACE_COUNT_MAX) return false;
        starts[i] = at;
        at += (uint64_t)counts[i] * width;
    }
    for (uint32_t i = 0; i < count && codes; i++) {
        unsigned width = segment->widths[docs[i]];
        if (width == 0 && counts[i] > FHI_PLACE_COUNT_MAX) return false;
        if (codes[i] == FHI_FORM_MIXED) width += fhi_mixed_width(mixed[i], end);
        starts[i] = at;
        at += (uint64_t)counts[i] * width;
    }
    return (at + 7) / 8 <= (uint64_t)(end - *bits);
}
