/* postings_tail.c - what stands beside the ids of a block: frequencies, forms, positions.
 *
 * All reading is checked against the end of the list; packed arrays may be read past their end, by as many bytes as
 * the file always has there (FORMAT.md, section 2).
 */
#include "engine/segment/postings_reader.h"

#include "engine/codec/bitpack.h"

/* Values of 16 or 32 bits, or of less, with nothing to escape from. */
static void unpack_codes(const fhi_kernels *kernels, const uint8_t *packed, uint32_t count, unsigned width,
                         uint32_t *values)
{
    uint8_t lanes[FHI_QUARTER_DOCS];
    for (uint32_t i = 0; width > 8 && i < count; i++)
        values[i] = fhi_bits_at(packed, (uint64_t)i * width, width);
    for (uint32_t first = 0; width <= 8 && first < count; first += FHI_QUARTER_DOCS) {
        const uint32_t left = count - first < FHI_QUARTER_DOCS ? count - first : FHI_QUARTER_DOCS;
        (void)kernels->expand(packed, first, width, 0, UINT64_MAX, lanes);
        for (uint32_t i = 0; i < left; i++)
            values[first + i] = lanes[i];
    }
}

/* Frequencies, those that did not fit their width completed from the varints behind. */
static void unpack_freqs(const fhi_kernels *kernels, const uint8_t *packed, uint32_t count, unsigned width,
                         uint32_t unit, fhi_span *escapes, uint32_t *freqs)
{
    uint8_t lanes[FHI_QUARTER_DOCS];
    for (uint32_t first = 0; first < count; first += FHI_QUARTER_DOCS) {
        const uint32_t left = count - first < FHI_QUARTER_DOCS ? count - first : FHI_QUARTER_DOCS;
        const uint64_t mask = left < FHI_QUARTER_DOCS ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
        uint64_t escaped = kernels->expand(packed, first, width, 0, mask, lanes);
        for (uint32_t i = 0; i < left; i++)
            freqs[first + i] = lanes[i] + unit;
        for (; escaped; escaped &= escaped - 1)
            freqs[first + (uint32_t)__builtin_ctzll(escaped)] += (uint32_t)fhi_span_get_varint(escapes);
    }
}

bool fhi_mixed_skip(fhi_span *span)
{
    uint32_t form;
    const uint64_t forms = fhi_mixed_begin(span, &form);
    if (forms < 2 || forms - 1 > fhi_span_left(span)) return false;
    for (uint64_t i = 1; i < forms && !span->failed; i++)
        (void)fhi_mixed_next(span, &form);
    return !span->failed;
}

bool fhi_tail_decode(const fhi_kernels *kernels, const uint8_t *from, const uint8_t *end, uint32_t count, uint32_t unit,
                     bool placed, bool forms_told, fhi_tail *tail)
{
    if (from >= end) return false;
    const uint8_t head = *from;
    const unsigned freq_width = fhi_width_of_code[head & 7], form_width = fhi_width_of_code[head >> 3 & 7];
    const size_t freq_bytes = fhi_packed_bytes(count, freq_width), form_bytes = fhi_packed_bytes(count, form_width);
    if (freq_width > 8 || head >> 6 || freq_bytes + form_bytes > (size_t)(end - from - 1)) return false;
    const uint8_t *freqs = from + 1, *forms = freqs + freq_bytes;
    fhi_span span = fhi_span_of(forms + form_bytes, (size_t)(end - forms) - form_bytes);
    tail->place = placed ? fhi_span_get_varint(&span) : 0;
    unpack_freqs(kernels, freqs, count, freq_width, unit, &span, tail->freqs);
    if (forms_told) {
        unpack_codes(kernels, forms, count, form_width, tail->codes);
        for (uint32_t i = 0; i < count; i++) {
            tail->mixed[i] = NULL;
            if (tail->codes[i] != FHI_FORM_MIXED) continue;
            tail->mixed[i] = span.data + span.at;
            if (!fhi_mixed_skip(&span)) return false;
        }
    }
    return !span.failed;
}

unsigned fhi_mixed_width(const uint8_t *record, const uint8_t *end)
{
    fhi_span span = fhi_span_of(record, (size_t)(end - record));
    uint32_t form;
    return fhi_bits_of((uint32_t)fhi_mixed_begin(&span, &form) - 1);
}

bool fhi_positions_open(const fhi_segment *segment, const uint8_t *from, const uint8_t *end, uint32_t count,
                        const uint32_t *docs, const uint32_t *freqs, const uint32_t *codes, const uint8_t *const *mixed,
                        const uint8_t **bits, uint32_t *counts, uint64_t *starts, uint64_t *form_starts)
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
        unpack_codes(segment->kernels, from + 1, count, width, counts);
        for (uint32_t i = 0; i < count; i++) {
            if (counts[i] >= freqs[i] / unit) return false;
            counts[i] = freqs[i] / unit - counts[i];
        }
        *bits = from + 1 + bytes;
    }
    uint64_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned width = segment->widths[docs[i]];
        if (width == 0 && counts[i] > FHI_PLACE_COUNT_MAX) return false;
        starts[i] = at;
        at += (uint64_t)counts[i] * width;
    }
    for (uint32_t i = 0; i < count && codes; i++) {
        form_starts[i] = at;
        if (codes[i] == FHI_FORM_MIXED) at += (uint64_t)counts[i] * fhi_mixed_width(mixed[i], end);
    }
    return (at + 7) / 8 <= (uint64_t)(end - *bits);
}
