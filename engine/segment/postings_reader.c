/* postings_reader.c - the cursor over one term's postings; see postings_reader.h and FORMAT.md, section 5. */
#include "engine/segment/postings_reader.h"

#include "engine/codec/bitpack.h"

#include <stddef.h>

enum { LOCATOR_OFFSET_MASK = 0xFFF, LOCATOR_PRESENCE_SHIFT = 12 };

static bool corrupt(fhi_cursor *cursor)
{
    if (cursor->status == FH_OK) cursor->status = FH_E_CORRUPT;
    memset(cursor->present, 0, sizeof cursor->present);
    memset(cursor->quarters, 0, sizeof cursor->quarters);
    cursor->chunk = UINT32_MAX;
    return false;
}

static bool out_of_memory(fhi_cursor *cursor)
{
    (void)corrupt(cursor);
    cursor->status = cursor->arena->status;
    return false;
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
    if (!words || !cursor->block_positions || (cursor->forms_told && !cursor->run_mixed)) return out_of_memory(cursor);
    cursor->run_docs = words;
    cursor->run_freqs = words + room;
    cursor->run_codes = cursor->forms_told ? words + 2 * room : NULL;
    cursor->run_form_freqs = cursor->forms_told ? words + 3 * room : cursor->run_freqs;
    cursor->run_capacity = count;
    return true;
}

static bool is_wanted(const fhi_form_set *wanted, uint32_t form)
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
static uint32_t mixed_freq(const fhi_form_set *wanted, const uint8_t *record, const uint8_t *end, uint32_t freq)
{
    fhi_span names = fhi_span_of(record, (size_t)(end - record));
    const uint64_t count = fhi_span_get_varint(&names);
    fhi_span freqs = names;
    bool any = false;
    for (uint64_t i = 0; i < count; i++)
        any |= is_wanted(wanted, (uint32_t)fhi_span_get_varint(&freqs));
    if (!any) return 0;
    uint32_t found = 0, left = freq;
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t form = (uint32_t)fhi_span_get_varint(&names);
        const uint32_t told = i + 1 < count ? (uint32_t)fhi_span_get_varint(&freqs) : left;
        const uint32_t part = told < left ? told : left;
        left -= part;
        if (is_wanted(wanted, form)) found += part;
    }
    return found;
}

static void pick_forms(const fhi_cursor *cursor, uint32_t count, const fhi_tail *tail, uint32_t *form_freqs)
{
    if (!cursor->wanted) return;
    if (!cursor->forms_told) { /* the only form of this stem: wanted or not */
        const bool wanted = is_wanted(cursor->wanted, 0);
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
            form_freqs[i] = is_wanted(cursor->wanted, fhi_form_of_code(tail->codes[i])) ? tail->freqs[i] : 0;
    }
    for (uint32_t i = 0; i < count; i++)
        if (tail->codes[i] == FHI_FORM_MIXED)
            form_freqs[i] = mixed_freq(cursor->wanted, tail->mixed[i], cursor->list_end, tail->freqs[i]);
}

/* Sums of gaps may have wrapped around in a damaged file. */
static bool increase(const uint32_t *docs, uint32_t count, uint32_t before, uint32_t doc_count)
{
    bool bad = docs[count - 1] >= doc_count || (before != UINT32_MAX && docs[0] <= before);
    for (uint32_t i = 1; i < count; i++)
        bad |= docs[i] <= docs[i - 1];
    return !bad;
}

/* One block of a run: gaps, then the tail. */
static bool decode_block(fhi_cursor *cursor, const uint8_t *body, const uint8_t *end, uint32_t first, uint32_t count,
                         uint32_t before)
{
    if (body >= end) return corrupt(cursor);
    const unsigned width = *body;
    const size_t bytes = fhi_packed_bytes(count, width);
    if (width > 32 || bytes > (size_t)(end - body - 1)) return corrupt(cursor);
    fhi_unpack_gaps(body + 1, count, width, before, cursor->run_docs + first);
    if (!increase(cursor->run_docs + first, count, before, cursor->segment->doc_count)) return corrupt(cursor);
    fhi_tail tail = {.freqs = cursor->run_freqs + first,
                     .codes = cursor->forms_told ? cursor->run_codes + first : NULL,
                     .mixed = cursor->forms_told ? cursor->run_mixed + first : NULL};
    return fhi_tail_decode(body + 1 + bytes, end, count, cursor->unit, cursor->forms_told, &tail) || corrupt(cursor);
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
    if (directory.failed || body_total > fhi_span_left(&directory)) return corrupt(cursor);
    const uint8_t *body = from + directory.at, *positions = body + body_total;
    directory = fhi_span_of(from, directory.at);
    for (uint32_t i = 0; i < blocks; i++) {
        const uint32_t first = i * FHI_BLOCK_POSTINGS;
        const uint32_t block = count - first < FHI_BLOCK_POSTINGS ? count - first : FHI_BLOCK_POSTINGS;
        (void)fhi_span_get_varint(&directory);
        const uint64_t body_bytes = fhi_span_get_varint(&directory), position_bytes = fhi_span_get_varint(&directory);
        (void)fhi_span_get8(&directory);
        if (body_bytes > (uint64_t)(from + (end - from) - body) || position_bytes > (uint64_t)(end - positions))
            return corrupt(cursor);
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
        if (!words) return out_of_memory(cursor);
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
    if (!reserve_run(cursor, cursor->df) || !cursor->run_position_starts) return out_of_memory(cursor);
    const uint64_t left = fhi_span_left(&span);
    uint64_t doc = UINT64_MAX;
    uint32_t at = 0, room = 0;
    for (uint32_t i = 0; i < cursor->df; i++) {
        const uint64_t head = fhi_span_get_varint(&span);
        const uint64_t count = (head & 1) ? fhi_span_get_varint(&span) : 1;
        doc += 1 + (head >> 1);
        if (span.failed || doc >= cursor->segment->doc_count || count == 0 || count > left) return corrupt(cursor);
        cursor->run_docs[i] = (uint32_t)doc;
        cursor->run_position_starts[i] = at;
        uint32_t freq = 0, form_freq = 0;
        uint64_t position = 0;
        for (uint64_t j = 0; j < count; j++, at++) {
            position += fhi_span_get_varint(&span);
            const uint32_t form = cursor->forms_told ? (uint32_t)fhi_span_get_varint(&span) : 0;
            if (span.failed || position >> cursor->segment->widths[doc] != 0) return corrupt(cursor);
            const uint32_t weight = weight_at(cursor->segment, (uint32_t)doc, (uint32_t)position);
            freq += weight;
            if (cursor->wanted && is_wanted(cursor->wanted, form)) form_freq += weight;
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

fh_status fhi_cursor_init(fhi_cursor *cursor, const fhi_segment *segment, const fhi_term_info *info,
                          const fhi_form_set *wanted, fhi_arena *arena)
{
    memset(cursor, 0, offsetof(fhi_cursor, bounds)); /* the arrays behind are filled before they are read */
    cursor->segment = segment;
    cursor->wanted = wanted;
    cursor->arena = arena;
    cursor->df = info->df;
    cursor->unit = segment->settings.body_weight;
    cursor->forms_told = info->form_count > 1;
    cursor->chunk = UINT32_MAX;
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

/* ---- chunks ---- */

static void summarize_quarters(fhi_cursor *cursor)
{
    for (uint32_t word = 0; word < 4; word++)
        cursor->present[word] = fhi_nonzero_bytes(cursor->quarters + word * 64);
}

/* Which ranges a decoded run reaches, and where each starts in it. */
static bool view_run(fhi_cursor *cursor, uint32_t chunk, uint32_t first, uint32_t end)
{
    memset(cursor->quarters, 0, sizeof cursor->quarters);
    for (uint32_t at = end; at-- > first;) { /* backwards: the last write is the range's first posting */
        const uint32_t doc = cursor->run_docs[at], range = doc / FHI_RANGE_DOCS % FHI_CHUNK_RANGES;
        cursor->range_starts[range] = at;
        cursor->quarters[range] |= (uint8_t)(1u << (doc / 64 % 4));
    }
    summarize_quarters(cursor);
    cursor->run_end = end;
    cursor->chunk = chunk;
    cursor->dense = false;
    return end > first;
}

/* From the frequencies and lengths themselves. */
static uint8_t run_bound(const fhi_cursor *cursor, uint32_t range)
{
    const fhi_segment *segment = cursor->segment;
    uint32_t at = cursor->range_starts[range];
    const uint32_t here = cursor->run_docs[at] / FHI_RANGE_DOCS;
    uint8_t best = 0;
    for (; at < cursor->run_end && cursor->run_docs[at] / FHI_RANGE_DOCS == here; at++) {
        const uint8_t bound = fhi_segment_bound(segment, cursor->run_freqs[at], segment->norms[cursor->run_docs[at]]);
        if (bound > best) best = bound;
    }
    return best;
}

void fhi_cursor_bound(fhi_cursor *cursor, const uint64_t ranges[4])
{
    if (cursor->dense) return;
    memset(cursor->bounds, 0, sizeof cursor->bounds);
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = cursor->present[word] & ranges[word]; bits; bits &= bits - 1) {
            const uint32_t range = word * 64 + (uint32_t)__builtin_ctzll(bits);
            cursor->bounds[range] = run_bound(cursor, range);
        }
}

static bool enter_run(fhi_cursor *cursor, uint32_t chunk)
{
    uint32_t low = 0, high = cursor->run_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (cursor->run_docs[middle] / FHI_CHUNK_DOCS < chunk)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t end = low;
    while (end < cursor->run_count && cursor->run_docs[end] / FHI_CHUNK_DOCS == chunk)
        end++;
    return view_run(cursor, chunk, low, end);
}

static bool enter_dense(fhi_cursor *cursor, uint32_t chunk, const uint8_t *from, const uint8_t *end)
{
    const uint32_t left = cursor->segment->doc_count - chunk * FHI_CHUNK_DOCS;
    const uint32_t docs = left < FHI_CHUNK_DOCS ? left : FHI_CHUNK_DOCS;
    const uint32_t ranges = (docs + FHI_RANGE_DOCS - 1) / FHI_RANGE_DOCS;
    const uint32_t groups = (ranges + FHI_GROUP_RANGES - 1) / FHI_GROUP_RANGES;
    const size_t head = 4 + (size_t)groups * 8 + (size_t)ranges * FHI_DENSE_RANGE_BYTES;
    if ((size_t)(end - from) < head) return corrupt(cursor);
    const uint32_t payload_bytes = fhi_load32(from);
    if (payload_bytes > (size_t)(end - from) - head) return corrupt(cursor);
    cursor->bases = from + 4;
    cursor->position_bases = cursor->bases + (size_t)groups * 4;
    cursor->locators = cursor->position_bases + (size_t)groups * 4;
    memset(cursor->bounds, 0, sizeof cursor->bounds);
    memcpy(cursor->bounds, cursor->locators + (size_t)ranges * 2, ranges);
    memset(cursor->quarters, 0, sizeof cursor->quarters);
    for (uint32_t range = 0; range < ranges; range++)
        cursor->quarters[range] = (uint8_t)(fhi_load16(cursor->locators + range * 2) >> LOCATOR_PRESENCE_SHIFT);
    summarize_quarters(cursor);
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

bool fhi_cursor_enter(fhi_cursor *cursor, uint32_t chunk)
{
    if (cursor->status != FH_OK) return false;
    if (cursor->chunk == chunk) return true;
    cursor->opened = NULL;
    if (cursor->kind != FHI_LIST_CHUNKED) return enter_run(cursor, chunk);
    const uint8_t *entry = find_entry(cursor, chunk);
    if (!entry || (uint64_t)chunk * FHI_CHUNK_DOCS >= cursor->segment->doc_count) {
        memset(cursor->present, 0, sizeof cursor->present);
        memset(cursor->quarters, 0, sizeof cursor->quarters);
        cursor->chunk = UINT32_MAX;
        return entry ? corrupt(cursor) : false;
    }
    const uint32_t index = (uint32_t)((entry - cursor->entries) / FHI_CHUNK_ENTRY_BYTES);
    const uint64_t start = fhi_load32(entry + 8);
    const uint64_t end = index + 1 < cursor->entry_count ? fhi_load32(entry + FHI_CHUNK_ENTRY_BYTES + 8)
                                                         : (uint64_t)(cursor->list_end - cursor->list);
    if (start > end || end > (uint64_t)(cursor->list_end - cursor->list)) return corrupt(cursor);
    if (entry[4] == FHI_CHUNK_DENSE) return enter_dense(cursor, chunk, cursor->list + start, cursor->list + end);
    const uint32_t count = fhi_load16(entry + 2) + 1u;
    if (!decode_run(cursor, cursor->list + start, cursor->list + end, count, chunk * FHI_CHUNK_DOCS - 1)) return false;
    if (cursor->run_docs[count - 1] / FHI_CHUNK_DOCS != chunk) return corrupt(cursor);
    return view_run(cursor, chunk, 0, count);
}

uint8_t fhi_cursor_chunk_bound(const fhi_cursor *cursor, uint32_t chunk)
{
    if (cursor->kind != FHI_LIST_CHUNKED) return 255;
    const uint8_t *entry = find_entry(cursor, chunk);
    return entry ? entry[5] : 0;
}

/* ---- ranges ---- */

static void load_run(fhi_cursor *cursor, uint32_t range, fhi_block *block)
{
    const uint32_t first = cursor->range_starts[range], wanted = cursor->run_docs[first] / FHI_RANGE_DOCS;
    uint32_t count = 0;
    for (uint32_t at = first; at < cursor->run_end; at++, count++) {
        const uint32_t doc = cursor->run_docs[at];
        if (doc / FHI_RANGE_DOCS != wanted) break;
        block->mask[doc / 64 % 4] |= UINT64_C(1) << (doc % 64);
    }
    block->run_first = first;
    block->count = count;
}

static void load_dense(fhi_cursor *cursor, uint32_t range, fhi_block *block)
{
    const uint16_t locator = fhi_load16(cursor->locators + (size_t)range * 2);
    const uint64_t offset =
        (uint64_t)fhi_load32(cursor->bases + (size_t)(range / FHI_GROUP_RANGES) * 4) + (locator & LOCATOR_OFFSET_MASK);
    const uint64_t room = (uint64_t)(cursor->payloads_end - cursor->payloads);
    if (offset >= room || room - offset < 2) {
        (void)corrupt(cursor);
        return;
    }
    const uint8_t *payload = cursor->payloads + offset;
    const uint32_t count = *payload + 1u;
    if (room - offset - 1 < (count < 32 ? count : 32)) {
        (void)corrupt(cursor);
        return;
    }
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
        (void)corrupt(cursor);
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
    if (!(cursor->present[range / 64] >> (range % 64) & 1)) return;
    if (cursor->dense)
        load_dense(cursor, range, block);
    else
        load_run(cursor, range, block);
}

/* Documents of the block, in order. Bytes in the file are in order, unless they are damaged: then only results are. */
static void fill_ids(const fhi_cursor *cursor, fhi_block *block)
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

static const uint8_t *tail_start(const fhi_block *block)
{
    return block->payload + 1 + (block->count < 32 ? block->count : 32);
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
    fill_ids(cursor, block);
    if (!block->payload) {
        tail_of_run(cursor, block);
        return;
    }
    fhi_tail tail = {.freqs = block->own_freqs, .codes = codes, .mixed = mixed};
    const bool with_forms = cursor->forms_told && cursor->wanted;
    if (!fhi_tail_decode(tail_start(block), cursor->payloads_end, block->count, cursor->unit, with_forms, &tail)) {
        memset(block->mask, 0, sizeof block->mask);
        block->count = 0;
        (void)corrupt(cursor);
        return;
    }
    block->freqs = block->own_freqs;
    block->form_freqs = block->own_form_freqs;
    pick_forms(cursor, block->count, &tail, block->own_form_freqs);
}

bool fhi_cursor_freq(const fhi_cursor *cursor, const fhi_block *block, uint32_t i, uint32_t *freq, uint32_t *form_freq)
{
    *form_freq = 0;
    if (!block->payload) {
        *freq = cursor->run_freqs[block->run_first + i];
        if (cursor->wanted && !cursor->forms_told) *form_freq = is_wanted(cursor->wanted, 0) ? *freq : 0;
        if (cursor->wanted && cursor->forms_told) *form_freq = cursor->run_form_freqs[block->run_first + i];
        return true;
    }
    const uint8_t *tail = tail_start(block);
    if (tail >= cursor->payloads_end) return false;
    const unsigned width = fhi_width_of_code[*tail & 7], form_width = fhi_width_of_code[*tail >> 3 & 7];
    const size_t freq_bytes = fhi_packed_bytes(block->count, width);
    if (width > 8 ||
        freq_bytes + fhi_packed_bytes(block->count, form_width) > (size_t)(cursor->payloads_end - tail - 1))
        return false;
    const uint32_t code = width ? fhi_bits_at(tail + 1, (uint64_t)i * width, width) : 0;
    if (width && code == (UINT32_C(1) << width) - 1) return false;
    *freq = cursor->unit + code;
    if (!cursor->wanted) return true;
    uint32_t form = 0;
    if (cursor->forms_told && form_width)
        form = fhi_bits_at(tail + 1 + freq_bytes, (uint64_t)i * form_width, form_width);
    if (cursor->forms_told && form == FHI_FORM_MIXED) return false;
    *form_freq = is_wanted(cursor->wanted, fhi_form_of_code(form)) ? *freq : 0;
    return true;
}

/* ---- positions ---- */

static bool reserve_opened(fhi_cursor *cursor)
{
    if (cursor->opened_counts) return true;
    cursor->opened_counts = fhi_arena_alloc(cursor->arena, (FHI_RANGE_DOCS * 2 + FHI_TAIL_SLACK) * sizeof(uint32_t));
    cursor->opened_starts = fhi_arena_alloc(cursor->arena, FHI_RANGE_DOCS * sizeof(uint64_t));
    cursor->opened_mixed = fhi_arena_alloc(cursor->arena, FHI_RANGE_DOCS * sizeof(uint8_t *));
    if (!cursor->opened_counts || !cursor->opened_starts || !cursor->opened_mixed) return out_of_memory(cursor);
    cursor->opened_codes = cursor->opened_counts + FHI_RANGE_DOCS;
    return true;
}

/* Opens the position block of a dense range; its place stands behind the tail. */
static bool open_dense(fhi_cursor *cursor, uint32_t range, fhi_block *block)
{
    if (cursor->opened == block->payload) return true;
    if (!reserve_opened(cursor)) return false;
    uint32_t freqs[FHI_RANGE_DOCS + FHI_TAIL_SLACK], docs[FHI_RANGE_DOCS];
    fill_ids(cursor, block);
    fhi_tail tail = {.freqs = freqs, .codes = cursor->opened_codes, .mixed = cursor->opened_mixed};
    if (!fhi_tail_decode(tail_start(block), cursor->payloads_end, block->count, cursor->unit, cursor->forms_told,
                         &tail))
        return corrupt(cursor);
    fhi_span span = fhi_span_of(tail.end, (size_t)(cursor->payloads_end - tail.end));
    const uint64_t place =
        fhi_span_get_varint(&span) + fhi_load32(cursor->position_bases + (size_t)(range / FHI_GROUP_RANGES) * 4);
    if (span.failed || place > (uint64_t)(cursor->positions_end - cursor->positions_start)) return corrupt(cursor);
    const uint32_t base = cursor->chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS;
    for (uint32_t i = 0; i < block->count; i++)
        docs[i] = base + block->ids[i];
    if (!fhi_positions_open(cursor->segment, cursor->positions_start + place, cursor->positions_end, block->count, docs,
                            freqs, cursor->forms_told ? cursor->opened_codes : NULL, cursor->opened_mixed,
                            &cursor->opened_bits, cursor->opened_counts, cursor->opened_starts))
        return corrupt(cursor);
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
                            cursor->opened_starts))
        return corrupt(cursor);
    cursor->opened = from;
    return true;
}

/* Four values of up to 14 bits stand in any 8 bytes: one load serves them. */
static void copy_plain(const uint8_t *bits, uint64_t at, uint32_t count, unsigned width, uint32_t *to)
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
    const uint64_t named = fhi_span_get_varint(&span);
    if (named > occurrences) return corrupt(cursor);
    if (named > cursor->names_room) {
        cursor->names = fhi_arena_alloc(cursor->arena, 2 * (size_t)named * sizeof *cursor->names);
        if (!cursor->names) return out_of_memory(cursor);
        cursor->names_room = 2 * (uint32_t)named;
    }
    *count = (uint32_t)named;
    for (uint32_t i = 0; i < *count; i++)
        cursor->names[i] = (uint32_t)fhi_span_get_varint(&span);
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
    if (choose && !mixed && !is_wanted(cursor->wanted, form)) return 0;
    const unsigned form_width = mixed ? fhi_mixed_width(cursor->opened_mixed[i], cursor->list_end) : 0;
    if (!mixed && !forms) {
        copy_plain(cursor->opened_bits, start, count, width, to);
        return count;
    }
    uint32_t written = 0, named = 0;
    if (mixed && !read_names(cursor, cursor->opened_mixed[i], count, &named)) return 0;
    for (uint32_t j = 0; j < count; j++) {
        if (mixed) {
            const uint64_t at = start + (uint64_t)count * width + (uint64_t)j * form_width;
            const uint32_t index = fhi_bits_at(cursor->opened_bits, at, form_width);
            if (index >= named) return (uint32_t)corrupt(cursor);
            form = cursor->names[index];
            if (choose && !is_wanted(cursor->wanted, form)) continue;
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
        if (wanted_only && cursor->wanted && !is_wanted(cursor->wanted, cursor->tiny_forms[i])) continue;
        if (forms) forms[written] = cursor->tiny_forms[i];
        to[written++] = cursor->tiny_positions[i];
    }
    return written;
}

uint32_t fhi_cursor_positions(fhi_cursor *cursor, uint32_t range, fhi_block *block, uint32_t i, bool wanted_only,
                              uint32_t *to, uint32_t *forms, uint32_t room)
{
    if (cursor->status != FH_OK || i >= block->count) return 0;
    if (!block->payload && cursor->kind == 0)
        return tiny_positions(cursor, block->run_first + i, wanted_only, to, forms, room);
    const bool open = block->payload ? open_dense(cursor, range, block) : open_run(cursor, block->run_first + i);
    const uint32_t doc = block->payload ? cursor->chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS + block->ids[i]
                                        : cursor->run_docs[block->run_first + i];
    if (!open || doc >= cursor->segment->doc_count) return 0;
    const uint32_t at = block->payload ? i : (block->run_first + i) % FHI_BLOCK_POSTINGS;
    if (cursor->opened_counts[at] > room) return cursor->opened_counts[at];
    return copy_opened(cursor, at, doc, wanted_only, to, forms);
}
