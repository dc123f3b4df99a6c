/* postings_reader.c - the cursor over one term's postings; see postings_reader.h and FORMAT.md, section 5. */
#include "engine/segment/postings_reader.h"

#include "engine/codec/bitpack.h"

#include <stddef.h>

/* Nothing is in view any more. */
static bool leave(fhi_cursor *cursor)
{
    memset(cursor->present, 0, sizeof cursor->present);
    cursor->chunk = UINT32_MAX;
    cursor->dense = false;
    cursor->run_first = cursor->run_end = 0;
    cursor->view.payload = cursor->view.parsed = NULL;
    return false;
}

bool fhi_cursor_corrupt(fhi_cursor *cursor)
{
    if (cursor->status == FH_OK) cursor->status = FH_E_CORRUPT;
    return leave(cursor);
}

bool fhi_cursor_out_of_memory(fhi_cursor *cursor)
{
    if (cursor->status == FH_OK) cursor->status = fhi_arena_failure(cursor->arena);
    return leave(cursor);
}

/* ---- runs: decoded whole ---- */

static bool reserve_run(fhi_cursor *cursor, uint32_t count)
{
    cursor->run_count = 0;
    if (count <= cursor->run_capacity) return true;
    const size_t arrays = cursor->forms_told ? 4 : 2;
    const size_t room = (size_t)count + FHI_TAIL_SLACK;
    uint32_t *words = fhi_arena_alloc(cursor->arena, arrays * room * sizeof *words);
    cursor->run_mixed = cursor->forms_told ? fhi_arena_alloc(cursor->arena, count * sizeof *cursor->run_mixed) : NULL;
    const size_t blocks = (count + FHI_BLOCK_POSTINGS - 1) / FHI_BLOCK_POSTINGS;
    cursor->block_positions = fhi_arena_alloc(cursor->arena, (blocks + 1) * sizeof *cursor->block_positions);
    if (!words || !cursor->block_positions || (cursor->forms_told && !cursor->run_mixed))
        return fhi_cursor_out_of_memory(cursor);
    cursor->run_docs = words;
    cursor->run_freqs = words + room;
    cursor->run_codes = cursor->forms_told ? words + 2 * room : NULL;
    cursor->run_form_freqs = cursor->forms_told ? words + 3 * room : cursor->run_freqs;
    cursor->run_capacity = count;
    return true;
}

bool fhi_form_is_wanted(const fhi_form_set *wanted, uint32_t form)
{
    if (wanted->count == 1) return wanted->forms[0] == form;
    uint32_t low = 0, high = wanted->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (wanted->forms[middle] < form)
            low = middle + 1;
        else
            high = middle;
    }
    return low < wanted->count && wanted->forms[low] == form;
}

/* Frequency of the wanted forms in a posting that mixes several: all but the last are explicit. */
uint32_t fhi_mixed_freq(const fhi_form_set *wanted, const uint8_t *record, const uint8_t *end, uint32_t freq)
{
    fhi_span span = fhi_span_of(record, (size_t)(end - record));
    uint32_t found = 0, left = freq, form;
    const uint64_t count = fhi_mixed_begin(&span, &form);
    for (uint64_t i = 1; i < count; i++) {
        const bool is_wanted = fhi_form_is_wanted(wanted, form);
        const uint64_t told = fhi_mixed_next(&span, &form);
        const uint32_t part = told < left ? (uint32_t)told : left;
        left -= part;
        if (is_wanted) found += part;
    }
    return fhi_form_is_wanted(wanted, form) ? found + left : found;
}

static void pick_forms(const fhi_cursor *cursor, uint32_t count, const fhi_tail *tail, uint32_t *form_freqs)
{
    if (!cursor->wanted) return;
    if (!cursor->forms_told) { /* the only form of this stem: wanted or not */
        const bool wanted = fhi_form_is_wanted(cursor->wanted, 0);
        for (uint32_t i = 0; i < count; i++)
            form_freqs[i] = wanted ? tail->freqs[i] : 0;
        return;
    }
    if (cursor->wanted->count == 1) { /* the exact form of a word: compare codes, then look into what is mixed */
        const uint32_t code = fhi_form_code(cursor->wanted->forms[0]);
        for (uint32_t i = 0; i < count; i++)
            form_freqs[i] = tail->codes[i] == code ? tail->freqs[i] : 0;
    } else {
        for (uint32_t i = 0; i < count; i++)
            form_freqs[i] = fhi_form_is_wanted(cursor->wanted, fhi_form_of_code(tail->codes[i])) ? tail->freqs[i] : 0;
    }
    for (uint32_t i = 0; i < count; i++)
        if (tail->codes[i] == FHI_FORM_MIXED)
            form_freqs[i] = fhi_mixed_freq(cursor->wanted, tail->mixed[i], cursor->list_end, tail->freqs[i]);
}

/* Sums of gaps may have wrapped around in a damaged file. */
static bool increase(const uint32_t *docs, uint32_t count, uint32_t before, uint32_t doc_count)
{
    bool bad = docs[count - 1] >= doc_count || (before != UINT32_MAX && docs[0] <= before);
    for (uint32_t i = 1; i < count; i++)
        bad |= docs[i] <= docs[i - 1];
    return !bad;
}

/* Adds the bits of gaps above their width. Documents are sums of gaps, so one that grows moves all behind it. */
static bool add_highs(fhi_span *span, unsigned width, uint32_t *docs, uint32_t count)
{
    const uint32_t high_count = fhi_span_get8(span) + 1u;
    uint32_t more = 0, at = 0;
    for (uint32_t i = 0; i < high_count; i++) {
        const uint32_t next = fhi_span_get8(span);
        const uint64_t high = fhi_span_get_varint(span);
        if (span->failed || next < at || next >= count) return false;
        for (; at < next; at++)
            docs[at] += more;
        more += (uint32_t)(high << width);
    }
    for (; at < count; at++)
        docs[at] += more;
    return true;
}

/* One block of a run: gaps, then the tail. */
static bool decode_block(fhi_cursor *cursor, const uint8_t *body, const uint8_t *end, uint32_t first, uint32_t count,
                         uint32_t before)
{
    if (body >= end) return fhi_cursor_corrupt(cursor);
    const unsigned width = *body & ~(unsigned)FHI_GAPS_HIGH;
    const size_t bytes = fhi_packed_bytes(count, width);
    if (width > 32 || bytes > (size_t)(end - body - 1)) return fhi_cursor_corrupt(cursor);
    fhi_span span = fhi_span_of(body + 1 + bytes, (size_t)(end - body - 1) - bytes);
    cursor->kernels->sum_gaps(body + 1, count, width, before, cursor->run_docs + first);
    if (*body & FHI_GAPS_HIGH && !add_highs(&span, width, cursor->run_docs + first, count))
        return fhi_cursor_corrupt(cursor);
    if (!increase(cursor->run_docs + first, count, before, cursor->segment->doc_count))
        return fhi_cursor_corrupt(cursor);
    if (cursor->docs_only) return true;
    fhi_tail tail = {.freqs = cursor->run_freqs + first,
                     .codes = cursor->forms_told ? cursor->run_codes + first : NULL,
                     .mixed = cursor->forms_told ? cursor->run_mixed + first : NULL};
    return fhi_tail_decode(cursor->kernels, span.data + span.at, end, count, cursor->unit, false, cursor->forms_told,
                           &tail) ||
           fhi_cursor_corrupt(cursor);
}

/* Directory of a run: last document, bytes, bytes of positions and bound of each block of 128. */
static bool decode_run(fhi_cursor *cursor, const uint8_t *from, const uint8_t *end, uint32_t count, uint32_t before)
{
    if (!reserve_run(cursor, count)) return false;
    const uint32_t blocks = (count + FHI_BLOCK_POSTINGS - 1) / FHI_BLOCK_POSTINGS;
    fhi_span directory = fhi_span_of(from, (size_t)(end - from));
    uint64_t body_total = 0;
    for (uint32_t i = 0; i < blocks; i++) {
        (void)fhi_span_get_varint(&directory);
        body_total += fhi_span_get_varint(&directory);
        (void)fhi_span_get_varint(&directory);
        (void)fhi_span_get8(&directory);
    }
    if (directory.failed || body_total > fhi_span_left(&directory)) return fhi_cursor_corrupt(cursor);
    const uint8_t *body = from + directory.at, *positions = body + body_total;
    directory = fhi_span_of(from, directory.at);
    for (uint32_t i = 0; i < blocks; i++) {
        const uint32_t first = i * FHI_BLOCK_POSTINGS;
        const uint32_t block = count - first < FHI_BLOCK_POSTINGS ? count - first : FHI_BLOCK_POSTINGS;
        (void)fhi_span_get_varint(&directory);
        const uint64_t body_bytes = fhi_span_get_varint(&directory), position_bytes = fhi_span_get_varint(&directory);
        (void)fhi_span_get8(&directory);
        if (body_bytes > (uint64_t)(from + (end - from) - body) || position_bytes > (uint64_t)(end - positions))
            return fhi_cursor_corrupt(cursor);
        if (!decode_block(cursor, body, body + body_bytes, first, block, before)) return false;
        before = cursor->run_docs[first + block - 1];
        cursor->block_positions[i] = positions;
        body += body_bytes;
        positions += position_bytes;
    }
    cursor->block_positions[blocks] = positions;
    cursor->run_count = count;
    const fhi_tail tail = {.freqs = cursor->run_freqs, .codes = cursor->run_codes, .mixed = cursor->run_mixed};
    if (cursor->wanted && cursor->forms_told) pick_forms(cursor, count, &tail, cursor->run_form_freqs);
    return true;
}

static uint32_t weight_at(const fhi_segment *segment, uint32_t doc, uint32_t position)
{
    if (position < fhi_segment_title_end(segment, doc)) return segment->settings.title_weight;
    if (position < fhi_segment_lead_end(segment, doc)) return segment->settings.lead_weight;
    return segment->settings.body_weight;
}

static bool push_tiny(fhi_cursor *cursor, uint32_t *room, uint32_t at, uint32_t position, uint32_t form)
{
    if (at == *room) {
        const uint32_t grown = *room ? *room * 2 : 16;
        uint32_t *words = fhi_arena_alloc(cursor->arena, (size_t)grown * 2 * sizeof *words);
        if (!words) return fhi_cursor_out_of_memory(cursor);
        if (at) memcpy(words, cursor->tiny_positions, at * sizeof *words);
        if (at) memcpy(words + grown, cursor->tiny_forms, at * sizeof *words);
        cursor->tiny_positions = words;
        cursor->tiny_forms = words + grown;
        *room = grown;
    }
    cursor->tiny_positions[at] = position;
    cursor->tiny_forms[at] = form;
    return true;
}

/* A list of at most 8 postings: varints, positions included. */
static bool decode_tiny(fhi_cursor *cursor)
{
    fhi_span span = fhi_span_of(cursor->list, (size_t)(cursor->list_end - cursor->list));
    cursor->run_position_starts = fhi_arena_alloc(cursor->arena, (FHI_TINY_DF_MAX + 1) * sizeof(uint32_t));
    if (!reserve_run(cursor, cursor->df) || !cursor->run_position_starts) return fhi_cursor_out_of_memory(cursor);
    const uint64_t left = fhi_span_left(&span);
    uint64_t doc = UINT64_MAX;
    uint32_t at = 0, room = 0;
    for (uint32_t i = 0; i < cursor->df; i++) {
        const uint64_t head = fhi_span_get_varint(&span);
        const uint64_t count = (head & 1) ? fhi_span_get_varint(&span) : 1;
        doc += 1 + (head >> 1);
        const uint64_t most = cursor->placed ? left : UINT32_MAX / cursor->unit;
        if (span.failed || doc >= cursor->segment->doc_count || count == 0 || count > most)
            return fhi_cursor_corrupt(cursor);
        cursor->run_docs[i] = (uint32_t)doc;
        cursor->run_position_starts[i] = at;
        cursor->run_freqs[i] = (uint32_t)count * cursor->unit;
        if (!cursor->placed) continue;
        uint32_t freq = 0, form_freq = 0;
        uint64_t position = 0;
        for (uint64_t j = 0; j < count; j++, at++) {
            position += fhi_span_get_varint(&span);
            const uint32_t form = cursor->forms_told ? (uint32_t)fhi_span_get_varint(&span) : 0;
            if (span.failed || position >> cursor->segment->widths[doc] != 0) return fhi_cursor_corrupt(cursor);
            const uint32_t weight = weight_at(cursor->segment, (uint32_t)doc, (uint32_t)position);
            freq += weight;
            if (cursor->wanted && fhi_form_is_wanted(cursor->wanted, form)) form_freq += weight;
            if (!push_tiny(cursor, &room, at, (uint32_t)position, form)) return false;
        }
        cursor->run_freqs[i] = freq;
        if (cursor->forms_told) cursor->run_form_freqs[i] = form_freq;
    }
    cursor->run_position_starts[cursor->df] = at;
    cursor->run_count = cursor->df;
    return true;
}

/* ---- opening ---- */

static fh_status open_list(fhi_cursor *cursor, const fhi_segment *segment, const fhi_term_info *info,
                           const fhi_form_set *wanted, bool docs_only, fhi_arena *arena)
{
    *cursor = (fhi_cursor){0};
    cursor->segment = segment;
    cursor->docs_only = docs_only;
    cursor->kernels = segment->kernels;
    cursor->wanted = wanted;
    cursor->arena = arena;
    cursor->df = info->df;
    cursor->unit = segment->settings.body_weight;
    cursor->forms_told = info->form_count > 1;
    cursor->placed = info->form_count > 0;
    (void)leave(cursor);
    const fhi_span *postings = &segment->sections[FHI_SECTION_POSTINGS];
    if (info->offset > postings->len || info->bytes > postings->len - info->offset || info->bytes == 0 ||
        info->df == 0 || info->df > segment->doc_count)
        return cursor->status = FH_E_CORRUPT;
    cursor->list = postings->data + info->offset;
    cursor->list_end = cursor->list + info->bytes;
    if (info->df <= FHI_TINY_DF_MAX) {
        (void)decode_tiny(cursor);
        return cursor->status;
    }
    cursor->kind = *cursor->list;
    if (cursor->kind == FHI_LIST_FLAT) {
        (void)decode_run(cursor, cursor->list + 1, cursor->list_end, info->df, UINT32_MAX);
        return cursor->status;
    }
    if (cursor->kind != FHI_LIST_CHUNKED || info->bytes < 3) return cursor->status = FH_E_CORRUPT;
    cursor->entry_count = fhi_load16(cursor->list + 1);
    cursor->entries = cursor->list + 3;
    if ((size_t)(cursor->list_end - cursor->entries) / FHI_CHUNK_ENTRY_BYTES < cursor->entry_count)
        return cursor->status = FH_E_CORRUPT;
    return FH_OK;
}

fh_status fhi_cursor_init(fhi_cursor *cursor, const fhi_segment *segment, const fhi_term_info *info,
                          const fhi_form_set *wanted, fhi_arena *arena)
{
    return open_list(cursor, segment, info, wanted, false, arena);
}

fh_status fhi_cursor_init_docs(fhi_cursor *cursor, const fhi_segment *segment, const fhi_term_info *info,
                               fhi_arena *arena)
{
    return open_list(cursor, segment, info, NULL, true, arena);
}

/* ---- chunks ---- */

static bool view_run(fhi_cursor *cursor, uint32_t chunk, uint32_t first, uint32_t end)
{
    cursor->run_first = first;
    cursor->run_end = end;
    cursor->chunk = chunk;
    cursor->dense = false;
    return end > first;
}

/* First of postings [low, high) of the run whose document is at least `doc`; high when there is none. */
static uint32_t lower_bound(const fhi_cursor *cursor, uint32_t low, uint32_t high, uint64_t doc)
{
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (cursor->run_docs[middle] < doc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool enter_run(fhi_cursor *cursor, uint32_t chunk)
{
    const uint64_t base = (uint64_t)chunk * FHI_CHUNK_DOCS;
    const uint32_t first = lower_bound(cursor, 0, cursor->run_count, base);
    return view_run(cursor, chunk, first, lower_bound(cursor, first, cursor->run_count, base + FHI_CHUNK_DOCS));
}

static bool enter_dense(fhi_cursor *cursor, uint32_t chunk, const uint8_t *entry, const uint8_t *from,
                        const uint8_t *end)
{
    const bool full = entry[4] == FHI_CHUNK_FULL;
    const uint32_t left = cursor->segment->doc_count - chunk * FHI_CHUNK_DOCS;
    const uint32_t docs = left < FHI_CHUNK_DOCS ? left : FHI_CHUNK_DOCS;
    const uint32_t ranges = (docs + FHI_RANGE_DOCS - 1) / FHI_RANGE_DOCS;
    const uint32_t groups = (ranges + FHI_GROUP_RANGES - 1) / FHI_GROUP_RANGES;
    const size_t bound_bytes = full ? (size_t)ranges * FHI_RANGE_QUARTERS : ranges;
    const size_t head = 4 + (size_t)groups * 8 + (size_t)ranges * 2 + bound_bytes;
    if ((size_t)(end - from) < head || entry[6] > FHI_LOCATOR_SHIFT_MAX) return fhi_cursor_corrupt(cursor);
    const uint32_t payload_bytes = fhi_load32(from);
    if (payload_bytes > (size_t)(end - from) - head) return fhi_cursor_corrupt(cursor);
    cursor->bases = from + 4;
    cursor->position_bases = cursor->bases + (size_t)groups * 4;
    cursor->locators = cursor->position_bases + (size_t)groups * 4;
    cursor->bounds = cursor->locators + (size_t)ranges * 2;
    cursor->range_count = ranges;
    cursor->full = full;
    cursor->shift = entry[6];
    cursor->payloads = from + head;
    cursor->payloads_end = cursor->payloads + payload_bytes;
    cursor->positions_start = cursor->payloads_end;
    cursor->positions_end = end;
    cursor->chunk = chunk;
    cursor->dense = true;
    return true;
}

/* Entry of a chunk, or NULL. Chunks are mostly entered in increasing order. */
static const uint8_t *find_entry(const fhi_cursor *cursor, uint32_t chunk)
{
    uint32_t low = 0, high = cursor->entry_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (fhi_load16(cursor->entries + (size_t)middle * FHI_CHUNK_ENTRY_BYTES) < chunk)
            low = middle + 1;
        else
            high = middle;
    }
    const uint8_t *entry = cursor->entries + (size_t)low * FHI_CHUNK_ENTRY_BYTES;
    return low < cursor->entry_count && fhi_load16(entry) == chunk ? entry : NULL;
}

void fhi_cursor_prefetch_chunk(const fhi_cursor *cursor, uint32_t chunk)
{
    enum { AHEAD_BYTES = 1024, LINE_BYTES = 64 };
    if (cursor->kind != FHI_LIST_CHUNKED) return;
    const uint8_t *entry = find_entry(cursor, chunk);
    if (!entry) return;
    const uint8_t *from = cursor->list + fhi_load32(entry + 8);
    for (uint32_t at = 0; at < AHEAD_BYTES; at += LINE_BYTES)
        __builtin_prefetch(from + at);
}

bool fhi_cursor_enter(fhi_cursor *cursor, uint32_t chunk)
{
    if (cursor->status != FH_OK) return false;
    if (cursor->chunk == chunk) return true;
    (void)leave(cursor);
    cursor->opened = NULL;
    cursor->block_range = UINT32_MAX;
    if (cursor->spots) cursor->spots->range = UINT32_MAX;
    if (cursor->exact) cursor->exact->range = UINT32_MAX;
    if (cursor->kind != FHI_LIST_CHUNKED) return enter_run(cursor, chunk);
    const uint8_t *entry = find_entry(cursor, chunk);
    if (!entry) return false;
    if ((uint64_t)chunk * FHI_CHUNK_DOCS >= cursor->segment->doc_count) return fhi_cursor_corrupt(cursor);
    const uint32_t index = (uint32_t)((entry - cursor->entries) / FHI_CHUNK_ENTRY_BYTES);
    const uint64_t start = fhi_load32(entry + 8);
    const uint64_t end = index + 1 < cursor->entry_count ? fhi_load32(entry + FHI_CHUNK_ENTRY_BYTES + 8)
                                                         : (uint64_t)(cursor->list_end - cursor->list);
    if (start > end || end > (uint64_t)(cursor->list_end - cursor->list)) return fhi_cursor_corrupt(cursor);
    if (entry[4] == FHI_CHUNK_DENSE || entry[4] == FHI_CHUNK_FULL)
        return enter_dense(cursor, chunk, entry, cursor->list + start, cursor->list + end);
    const uint32_t count = fhi_load16(entry + 2) + 1u;
    if (!decode_run(cursor, cursor->list + start, cursor->list + end, count, chunk * FHI_CHUNK_DOCS - 1)) return false;
    if (cursor->run_docs[count - 1] / FHI_CHUNK_DOCS != chunk) return fhi_cursor_corrupt(cursor);
    return view_run(cursor, chunk, 0, count);
}

uint8_t fhi_cursor_chunk_bound(const fhi_cursor *cursor, uint32_t chunk)
{
    if (cursor->kind != FHI_LIST_CHUNKED) return 255;
    const uint8_t *entry = find_entry(cursor, chunk);
    return entry ? entry[5] : 0;
}

/* ---- ranges ---- */

void fhi_cursor_ranges(const fhi_cursor *cursor, uint64_t ranges[4])
{
    memset(ranges, 0, 4 * sizeof *ranges);
    for (uint32_t range = 0; cursor->dense && range < cursor->range_count; range++)
        if (fhi_load16(cursor->locators + (size_t)range * 2) > FHI_LOCATOR_OFFSET)
            ranges[range / 64] |= UINT64_C(1) << (range % 64);
    for (uint32_t at = cursor->run_first; !cursor->dense && at < cursor->run_end; at++) {
        const uint32_t range = cursor->run_docs[at] / FHI_RANGE_DOCS % FHI_CHUNK_RANGES;
        ranges[range / 64] |= UINT64_C(1) << (range % 64);
    }
}

uint32_t fhi_run_index(const fhi_cursor *cursor, uint32_t doc)
{
    return lower_bound(cursor, cursor->run_first, cursor->run_end, doc);
}

static void load_run(fhi_cursor *cursor, uint32_t range, fhi_block *block)
{
    const uint32_t base = cursor->chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS;
    const uint32_t first = fhi_run_index(cursor, base);
    uint32_t count = 0;
    for (uint32_t at = first; at < cursor->run_end && cursor->run_docs[at] - base < FHI_RANGE_DOCS; at++, count++)
        block->mask[cursor->run_docs[at] / 64 % 4] |= UINT64_C(1) << (cursor->run_docs[at] % 64);
    block->run_first = first;
    block->count = count;
}

static void load_dense(fhi_cursor *cursor, uint32_t range, fhi_block *block)
{
    const uint8_t *payload = fhi_cursor_payload(cursor, range);
    if (!payload) return;
    const uint32_t count = *payload + 1u;
    if (count >= 32) {
        memcpy(block->mask, payload + 1, sizeof block->mask);
    } else {
        for (uint32_t i = 0; i < count; i++)
            block->mask[payload[1 + i] / 64] |= UINT64_C(1) << (payload[1 + i] % 64);
    }
    uint32_t set = 0;
    for (int i = 0; i < 4; i++)
        set += fhi_popcount64(block->mask[i]);
    if (set != count) {
        memset(block->mask, 0, sizeof block->mask);
        (void)fhi_cursor_corrupt(cursor);
        return;
    }
    block->count = count;
    block->payload = payload;
    cursor->opened = NULL; /* opening positions fills the ids of this block */
}

void fhi_cursor_load(fhi_cursor *cursor, uint32_t range, fhi_block *block)
{
    memset(block->mask, 0, sizeof block->mask);
    block->count = 0;
    block->payload = NULL;
    if (cursor->chunk == UINT32_MAX) return;
    if (cursor->dense)
        load_dense(cursor, range, block);
    else
        load_run(cursor, range, block);
}

/* Documents of the block, in order. Bytes in the file are in order, unless they are damaged: then only results are. */
void fhi_block_fill_ids(const fhi_cursor *cursor, fhi_block *block)
{
    uint32_t count = 0;
    if (!block->payload) {
        for (; count < block->count; count++)
            block->ids[count] = (uint8_t)cursor->run_docs[block->run_first + count];
        return;
    }
    if (block->count < 32) {
        memcpy(block->ids, block->payload + 1, block->count);
        return;
    }
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = block->mask[word]; bits; bits &= bits - 1)
            block->ids[count++] = (uint8_t)(word * 64 + (uint32_t)__builtin_ctzll(bits));
}

static void tail_of_run(fhi_cursor *cursor, fhi_block *block)
{
    block->freqs = cursor->run_freqs + block->run_first;
    if (!cursor->wanted) return;
    block->form_freqs = cursor->run_form_freqs + block->run_first;
    if (cursor->forms_told) return;
    const fhi_tail tail = {.freqs = cursor->run_freqs + block->run_first};
    pick_forms(cursor, block->count, &tail, block->own_form_freqs);
    block->form_freqs = block->own_form_freqs;
}

void fhi_cursor_tail(fhi_cursor *cursor, fhi_block *block)
{
    uint32_t codes[FHI_RANGE_DOCS + FHI_TAIL_SLACK];
    const uint8_t *mixed[FHI_RANGE_DOCS];
    if (block->count == 0) return;
    fhi_block_fill_ids(cursor, block);
    if (!block->payload) {
        tail_of_run(cursor, block);
        return;
    }
    fhi_tail tail = {.freqs = block->own_freqs, .codes = codes, .mixed = mixed};
    const bool with_forms = cursor->forms_told && cursor->wanted;
    if (!fhi_tail_decode(cursor->kernels, fhi_payload_tail(block->payload), cursor->payloads_end, block->count,
                         cursor->unit, cursor->placed, with_forms, &tail)) {
        memset(block->mask, 0, sizeof block->mask);
        block->count = 0;
        (void)fhi_cursor_corrupt(cursor);
        return;
    }
    block->freqs = block->own_freqs;
    block->form_freqs = block->own_form_freqs;
    pick_forms(cursor, block->count, &tail, block->own_form_freqs);
}
