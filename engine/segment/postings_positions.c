/* postings_positions.c - positions of a posting, through the position block of its range or its block of 128.
 *
 * A block is opened whole: the positions of a posting begin where those of all before it end.
 */
#include "engine/segment/postings_reader.h"

#include "engine/codec/bitpack.h"

static bool reserve_opened(fhi_cursor *cursor)
{
    if (cursor->opened_counts) return true;
    cursor->opened_counts = fhi_arena_alloc(cursor->arena, (FHI_RANGE_DOCS * 2 + FHI_TAIL_SLACK) * sizeof(uint32_t));
    cursor->opened_starts = fhi_arena_alloc(cursor->arena, FHI_RANGE_DOCS * 2 * sizeof(uint64_t));
    cursor->opened_mixed = fhi_arena_alloc(cursor->arena, FHI_RANGE_DOCS * sizeof(uint8_t *));
    if (!cursor->opened_counts || !cursor->opened_starts || !cursor->opened_mixed)
        return fhi_cursor_out_of_memory(cursor);
    cursor->opened_codes = cursor->opened_counts + FHI_RANGE_DOCS;
    cursor->opened_form_starts = cursor->opened_starts + FHI_RANGE_DOCS;
    return true;
}

/* Opens the position block of a dense range. */
static bool open_dense(fhi_cursor *cursor, uint32_t range, fhi_block *block)
{
    if (cursor->opened == block->payload) return true;
    if (!reserve_opened(cursor)) return false;
    uint32_t freqs[FHI_RANGE_DOCS + FHI_TAIL_SLACK], docs[FHI_RANGE_DOCS];
    fhi_block_fill_ids(cursor, block);
    fhi_tail tail = {.freqs = freqs, .codes = cursor->opened_codes, .mixed = cursor->opened_mixed};
    if (!fhi_tail_decode(cursor->kernels, fhi_payload_tail(block->payload), cursor->payloads_end, block->count,
                         cursor->unit, true, cursor->forms_told, &tail))
        return fhi_cursor_corrupt(cursor);
    const uint64_t base = fhi_load32(cursor->position_bases + (size_t)(range / FHI_GROUP_RANGES) * 4);
    const uint64_t room = (uint64_t)(cursor->positions_end - cursor->positions_start);
    if (base > room || tail.place > room - base) return fhi_cursor_corrupt(cursor);
    for (uint32_t i = 0; i < block->count; i++)
        docs[i] = cursor->chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS + block->ids[i];
    if (!fhi_positions_open(cursor->segment, cursor->positions_start + base + tail.place, cursor->positions_end,
                            block->count, docs, freqs, cursor->forms_told ? cursor->opened_codes : NULL,
                            cursor->opened_mixed, &cursor->opened_bits, cursor->opened_counts, cursor->opened_starts,
                            cursor->opened_form_starts))
        return fhi_cursor_corrupt(cursor);
    cursor->opened = block->payload;
    return true;
}

/* Opens the position block of 128 that holds posting `index` of the run. */
static bool open_run(fhi_cursor *cursor, uint32_t index)
{
    const uint32_t number = index / FHI_BLOCK_POSTINGS, first = number * FHI_BLOCK_POSTINGS;
    const uint8_t **from = &cursor->block_positions[number];
    if (cursor->opened == from) return true;
    if (!reserve_opened(cursor)) return false;
    const uint32_t left = cursor->run_count - first;
    const uint32_t count = left < FHI_BLOCK_POSTINGS ? left : FHI_BLOCK_POSTINGS;
    const uint32_t *codes = cursor->forms_told ? cursor->run_codes + first : NULL;
    const uint8_t **mixed = cursor->forms_told ? cursor->run_mixed + first : NULL;
    for (uint32_t i = 0; codes && i < count; i++) {
        cursor->opened_codes[i] = codes[i];
        cursor->opened_mixed[i] = mixed[i];
    }
    if (!fhi_positions_open(cursor->segment, from[0], from[1], count, cursor->run_docs + first,
                            cursor->run_freqs + first, codes, mixed, &cursor->opened_bits, cursor->opened_counts,
                            cursor->opened_starts, cursor->opened_form_starts))
        return fhi_cursor_corrupt(cursor);
    cursor->opened = from;
    return true;
}

/* Four values of up to 14 bits stand in any 8 bytes: one load serves them. */
void fhi_positions_copy(const uint8_t *bits, uint64_t at, uint32_t count, unsigned width, uint32_t *to)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    uint32_t i = 0;
    for (; width <= 14 && i + 4 <= count; i += 4, at += 4 * (uint64_t)width) {
        const uint64_t window = fhi_load64(bits + at / 8) >> (at % 8);
        to[i] = (uint32_t)(window & mask);
        to[i + 1] = (uint32_t)(window >> width & mask);
        to[i + 2] = (uint32_t)(window >> 2 * width & mask);
        to[i + 3] = (uint32_t)(window >> 3 * width & mask);
    }
    for (; i < count; i++, at += width)
        to[i] = fhi_bits_at(bits, at, width);
}

/* Lists the forms that a mixed record names; each stands somewhere, so there are at most as many as occurrences. */
static bool read_names(fhi_cursor *cursor, const uint8_t *record, uint32_t occurrences, uint32_t *count)
{
    fhi_span span = fhi_span_of(record, (size_t)(cursor->list_end - record));
    uint32_t form;
    const uint64_t named = fhi_mixed_begin(&span, &form);
    if (named > occurrences) return fhi_cursor_corrupt(cursor);
    if (named > cursor->names_room) {
        cursor->names = fhi_arena_alloc(cursor->arena, 2 * (size_t)named * sizeof *cursor->names);
        if (!cursor->names) return fhi_cursor_out_of_memory(cursor);
        cursor->names_room = 2 * (uint32_t)named;
    }
    *count = (uint32_t)named;
    cursor->names[0] = form;
    for (uint32_t i = 1; i < *count; i++)
        (void)fhi_mixed_next(&span, &cursor->names[i]);
    return true;
}

/* Copies the positions of posting i of the opened block, all of them or those of wanted forms. */
static uint32_t copy_opened(fhi_cursor *cursor, uint32_t i, uint32_t doc, bool wanted_only, uint32_t *to,
                            uint32_t *forms)
{
    const unsigned width = cursor->segment->widths[doc];
    const uint32_t count = cursor->opened_counts[i];
    const uint64_t start = cursor->opened_starts[i];
    const bool choose = wanted_only && cursor->wanted;
    const bool mixed = cursor->forms_told && cursor->opened_codes[i] == FHI_FORM_MIXED;
    uint32_t form = cursor->forms_told ? fhi_form_of_code(cursor->opened_codes[i]) : 0;
    if (choose && !mixed && !fhi_form_is_wanted(cursor->wanted, form)) return 0;
    const unsigned form_width = mixed ? fhi_mixed_width(cursor->opened_mixed[i], cursor->list_end) : 0;
    if (!mixed && !forms) {
        fhi_positions_copy(cursor->opened_bits, start, count, width, to);
        return count;
    }
    uint32_t written = 0, named = 0;
    if (mixed && !read_names(cursor, cursor->opened_mixed[i], count, &named)) return 0;
    for (uint32_t j = 0; j < count; j++) {
        if (mixed) {
            const uint64_t at = cursor->opened_form_starts[i] + (uint64_t)j * form_width;
            const uint32_t index = fhi_bits_at(cursor->opened_bits, at, form_width);
            if (index >= named) return (uint32_t)fhi_cursor_corrupt(cursor);
            form = cursor->names[index];
            if (choose && !fhi_form_is_wanted(cursor->wanted, form)) continue;
        }
        if (forms) forms[written] = form;
        to[written++] = width ? fhi_bits_at(cursor->opened_bits, start + (uint64_t)j * width, width) : 0;
    }
    return written;
}

static uint32_t tiny_positions(const fhi_cursor *cursor, uint32_t index, bool wanted_only, uint32_t *to,
                               uint32_t *forms, uint32_t room)
{
    const uint32_t start = cursor->run_position_starts[index], end = cursor->run_position_starts[index + 1];
    if (end - start > room) return end - start;
    uint32_t written = 0;
    for (uint32_t i = start; i < end; i++) {
        if (wanted_only && cursor->wanted && !fhi_form_is_wanted(cursor->wanted, cursor->tiny_forms[i])) continue;
        if (forms) forms[written] = cursor->tiny_forms[i];
        to[written++] = cursor->tiny_positions[i];
    }
    return written;
}

uint32_t fhi_run_positions(fhi_cursor *cursor, uint32_t index, bool wanted_only, uint32_t *to, uint32_t *forms,
                           uint32_t room)
{
    if (!fhi_cursor_has_places(cursor)) return 0;
    if (cursor->kind == 0) return tiny_positions(cursor, index, wanted_only, to, forms, room);
    if (!open_run(cursor, index)) return 0;
    const uint32_t at = index % FHI_BLOCK_POSTINGS;
    if (cursor->opened_counts[at] > room) return cursor->opened_counts[at];
    return copy_opened(cursor, at, cursor->run_docs[index], wanted_only, to, forms);
}

uint32_t fhi_cursor_positions(fhi_cursor *cursor, uint32_t range, fhi_block *block, uint32_t i, bool wanted_only,
                              uint32_t *to, uint32_t *forms, uint32_t room)
{
    if (cursor->status != FH_OK || i >= block->count) return 0;
    if (!block->payload) return fhi_run_positions(cursor, block->run_first + i, wanted_only, to, forms, room);
    if (!fhi_cursor_has_places(cursor) || !open_dense(cursor, range, block)) return 0;
    const uint32_t doc = cursor->chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS + block->ids[i];
    if (doc >= cursor->segment->doc_count) return 0;
    if (cursor->opened_counts[i] > room) return cursor->opened_counts[i];
    return copy_opened(cursor, i, doc, wanted_only, to, forms);
}
