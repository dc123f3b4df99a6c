/* postings_quarter.c - a chunk of one term as queries read it: 64 documents at a time, a byte of frequency each.
 *
 * Invariant: once a range is in view, all its parts lie within the payloads of the chunk; what kernels read past a part
 * lies within the file, since a footer of 408 bytes follows all sections.
 */
#include "engine/segment/postings_reader.h"

#include "engine/codec/bitpack.h"

static uint64_t below(uint32_t doc)
{
    return (UINT64_C(1) << doc) - 1;
}

/* ---- which quarters ---- */

static bool reserve_view(fhi_cursor *cursor)
{
    const uint32_t count = cursor->run_end;
    const bool forms = cursor->wanted && cursor->forms_told;
    if (!cursor->run) {
        cursor->run = fhi_arena_alloc(cursor->arena, sizeof *cursor->run);
        if (!cursor->run) return fhi_cursor_out_of_memory(cursor);
        cursor->run->room = 0;
    }
    fhi_run_view *view = cursor->run;
    if (count <= view->room) return true;
    const size_t lanes = (size_t)count + FHI_KERNEL_SLACK;
    view->freqs = fhi_arena_alloc(cursor->arena, forms ? 2 * lanes : lanes);
    if (!view->freqs) return fhi_cursor_out_of_memory(cursor);
    view->form_freqs = forms ? view->freqs + lanes : NULL;
    view->room = count;
    return true;
}

static void copy_lanes(const uint32_t *values, uint32_t first, uint32_t end, uint8_t *lanes)
{
    for (uint32_t i = first; i < end; i++)
        lanes[i] = (uint8_t)(values[i] < FHI_LANE_MAX ? values[i] : FHI_LANE_MAX);
}

/* All quarters; without branches, since quarters come and go. */
static void survey_all(fhi_cursor *cursor)
{
    fhi_run_view *view = cursor->run;
    uint32_t last = UINT32_MAX, first = 0;
    uint64_t mask = 0, word = 0;
    for (uint32_t i = cursor->run_first; i < cursor->run_end; i++) {
        const uint32_t doc = cursor->run_docs[i], quarter = doc / FHI_QUARTER_DOCS % FHI_CHUNK_QUARTERS;
        const bool new = quarter != last;
        mask = (mask & ((uint64_t) new - 1)) | UINT64_C(1) << (doc % FHI_QUARTER_DOCS);
        word = (word & ((uint64_t)(quarter / 64 != last / 64) - 1)) | UINT64_C(1) << (quarter % 64);
        first += (i - first) & (0 - (uint32_t) new);
        last = quarter;
        view->masks[quarter] = mask;
        view->firsts[quarter] = first;
        cursor->present[quarter / 64] = word;
    }
}

/* A few quarters, which most postings are not in. */
static void survey_few(fhi_cursor *cursor, const uint64_t *among)
{
    fhi_run_view *view = cursor->run;
    for (uint32_t i = cursor->run_first; i < cursor->run_end; i++) {
        const uint32_t doc = cursor->run_docs[i], quarter = doc / FHI_QUARTER_DOCS % FHI_CHUNK_QUARTERS;
        if (FHI_LIKELY(!(among[quarter / 64] >> (quarter % 64) & 1))) continue;
        const bool new = !(cursor->present[quarter / 64] >> (quarter % 64) & 1);
        if (new) view->firsts[quarter] = i;
        view->masks[quarter] = (new ? 0 : view->masks[quarter]) | UINT64_C(1) << (doc % FHI_QUARTER_DOCS);
        cursor->present[quarter / 64] |= UINT64_C(1) << (quarter % 64);
    }
}

static void survey_run(fhi_cursor *cursor, const uint64_t *among)
{
    enum { FEW = FHI_CHUNK_QUARTERS / 8 };
    uint32_t count = 0;
    if (cursor->run_end == cursor->run_first || !reserve_view(cursor)) return;
    for (uint32_t word = 0; among && word < FHI_QUARTER_WORDS; word++)
        count += fhi_popcount64(among[word]);
    if (among && count < FEW)
        survey_few(cursor, among);
    else
        survey_all(cursor);
    cursor->run->filled = false;
}

void fhi_cursor_survey(fhi_cursor *cursor, const uint64_t *among)
{
    memset(cursor->present, 0, sizeof cursor->present);
    if (cursor->chunk == UINT32_MAX) return;
    if (cursor->dense)
        cursor->kernels->presence(cursor->locators, cursor->range_count, cursor->present);
    else
        survey_run(cursor, among);
}

/* Bits as a mask: all set or none. */
static uint64_t present_at(const fhi_cursor *cursor, uint32_t quarter)
{
    return 0 - (cursor->present[quarter / 64] >> (quarter % 64) & 1);
}

/* Without branches, as quarters come and go: what is absent is looked for where the first payload stands. */
static void dense_masks(fhi_cursor *cursor, const uint16_t *quarters, uint32_t count, uint64_t *masks)
{
    const uint8_t *ids[FHI_MASKS_MAX] = {0};
    const uint64_t room = (uint64_t)(cursor->payloads_end - cursor->payloads);
    const uint32_t last = cursor->range_count - 1;
    bool damaged = room < 2;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t range = quarters[i] / FHI_RANGE_QUARTERS < last ? quarters[i] / FHI_RANGE_QUARTERS : last;
        const uint64_t base = fhi_load32(cursor->bases + (size_t)(range / FHI_GROUP_RANGES) * 4);
        const uint64_t offset = base + fhi_cursor_offset(cursor, range);
        const bool inside = offset + 2 <= room;
        damaged |= !inside && present_at(cursor, quarters[i]);
        ids[i] = cursor->payloads + 1 + (inside ? offset : 0);
    }
    if (damaged) {
        (void)fhi_cursor_corrupt(cursor);
        memset(masks, 0, count * sizeof *masks);
        return;
    }
    cursor->kernels->pick_many(ids, quarters, count, masks);
    for (uint32_t i = 0; i < count; i++)
        masks[i] &= present_at(cursor, quarters[i]);
}

void fhi_cursor_masks(fhi_cursor *cursor, const uint16_t *quarters, uint32_t count, uint64_t *masks)
{
    const fhi_run_view *run = cursor->run;
    if (cursor->chunk == UINT32_MAX || (!cursor->dense && !run)) {
        memset(masks, 0, count * sizeof *masks);
        return;
    }
    if (cursor->dense) {
        dense_masks(cursor, quarters, count, masks);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        masks[i] = run->masks[quarters[i]] & present_at(cursor, quarters[i]);
}

/* From the frequencies and lengths themselves. */
static void bound_run(const fhi_cursor *cursor, uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    const fhi_segment *segment = cursor->segment;
    for (uint32_t i = cursor->run_first; i < cursor->run_end; i++) {
        const uint32_t doc = cursor->run_docs[i], quarter = doc / FHI_QUARTER_DOCS % FHI_CHUNK_QUARTERS;
        const uint8_t bound = fhi_segment_bound(segment, cursor->run_freqs[i], segment->norms[doc]);
        bounds[quarter] = bound > bounds[quarter] ? bound : bounds[quarter];
    }
}

static uint8_t bound_quarter(const fhi_cursor *cursor, uint32_t quarter)
{
    const fhi_segment *segment = cursor->segment;
    const uint8_t *norms = segment->norms + cursor->chunk * FHI_CHUNK_DOCS + quarter * FHI_QUARTER_DOCS;
    uint32_t i = cursor->run->firsts[quarter];
    uint8_t most = 0;
    for (uint64_t bits = cursor->run->masks[quarter]; bits; bits &= bits - 1, i++) {
        const uint8_t bound = fhi_segment_bound(segment, cursor->run_freqs[i], norms[__builtin_ctzll(bits)]);
        most = bound > most ? bound : most;
    }
    return most;
}

void fhi_cursor_bound(fhi_cursor *cursor, const uint64_t among[FHI_QUARTER_WORDS], uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    if (cursor->dense && cursor->full) {
        const size_t told = (size_t)cursor->range_count * FHI_RANGE_QUARTERS;
        memcpy(bounds, cursor->bounds, told);
        memset(bounds + told, 0, FHI_CHUNK_QUARTERS - told);
        return;
    }
    if (cursor->dense) {
        cursor->kernels->spread(cursor->bounds, cursor->range_count, cursor->present, bounds);
        return;
    }
    uint64_t left = 0;
    memset(bounds, 0, FHI_CHUNK_QUARTERS);
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
        left |= cursor->present[word] & ~among[word];
    if (!left) {
        bound_run(cursor, bounds);
        return;
    }
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
        for (uint64_t bits = among[word] & cursor->present[word]; bits; bits &= bits - 1) {
            const uint32_t quarter = word * 64 + (uint32_t)__builtin_ctzll(bits);
            bounds[quarter] = bound_quarter(cursor, quarter);
        }
}

/* ---- a range in view ---- */

/* Finds the parts of the payload in view; false when it is damaged. */
static bool parse_view(fhi_cursor *cursor)
{
    fhi_dense_view *view = &cursor->view;
    if (view->parsed == view->payload) return view->payload != NULL;
    const uint8_t *payload = view->payload, *tail = fhi_payload_tail(payload);
    view->parsed = NULL;
    view->count = *payload + 1u;
    if (view->count > FHI_IDS_MAX) {
        uint32_t set = 0;
        for (uint32_t i = 0; i < FHI_RANGE_QUARTERS; i++)
            set += fhi_popcount64(fhi_load64(payload + 1 + (size_t)i * 8));
        if (set != view->count) return fhi_cursor_corrupt(cursor);
    }
    view->freq_width = fhi_width_of_code[*tail & 7];
    view->form_width = fhi_width_of_code[*tail >> 3 & 7];
    const size_t freq_bytes = fhi_packed_bytes(view->count, view->freq_width);
    const size_t form_bytes = fhi_packed_bytes(view->count, view->form_width);
    if (view->freq_width > 8 || *tail >> 6 || freq_bytes + form_bytes > (size_t)(cursor->payloads_end - tail - 1))
        return fhi_cursor_corrupt(cursor);
    view->freqs = tail + 1;
    view->forms = view->freqs + freq_bytes;
    view->rest = view->forms + form_bytes;
    view->parsed = payload;
    return true;
}

/* ---- frequencies ---- */

/* What stands behind the packed values: where the positions are, then escapes and mixed records. */
static fhi_span rest_of(const fhi_cursor *cursor, uint64_t *place)
{
    const uint8_t *rest = cursor->view.rest;
    fhi_span span = fhi_span_of(rest, (size_t)(cursor->payloads_end - rest));
    *place = cursor->placed ? fhi_span_get_varint(&span) : 0;
    return span;
}

/* Adds what stands behind the packed frequencies for those that did not fit. */
static uint64_t add_escapes(fhi_cursor *cursor, uint32_t first, uint64_t escaped, uint8_t lanes[FHI_QUARTER_DOCS])
{
    const fhi_dense_view *view = &cursor->view;
    const uint32_t before = first ? cursor->kernels->escapes(view->freqs, first, view->freq_width) : 0;
    const uint32_t count = before + fhi_popcount64(escaped);
    uint64_t place;
    fhi_span span = rest_of(cursor, &place);
    const uint8_t *bytes = span.data + span.at;
    if (span.failed || count > fhi_span_left(&span)) return (void)fhi_cursor_corrupt(cursor), 0;
    uint64_t long_ones = 0;
    for (uint32_t i = 0; i < count; i += 8) {
        const uint64_t eight = fhi_load64(bytes + i) & UINT64_C(0x8080808080808080);
        long_ones |= count - i >= 8 ? eight : eight & below(8 * (count - i));
    }
    if (long_ones == 0) return cursor->kernels->raise(lanes, bytes + before, escaped);
    uint8_t short_ones[FHI_QUARTER_DOCS];
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t value = fhi_span_get_varint(&span);
        if (i >= before) short_ones[i - before] = (uint8_t)(value < FHI_LANE_MAX ? value : FHI_LANE_MAX);
    }
    if (span.failed) return (void)fhi_cursor_corrupt(cursor), 0;
    return cursor->kernels->raise(lanes, short_ones, escaped);
}

/* Lanes of the wanted forms; answers those that may be too high. */
static uint64_t form_lanes_of(const fhi_cursor *cursor, uint32_t first, uint64_t mask, const uint8_t *lanes,
                              uint8_t *form_lanes)
{
    const fhi_form_set *wanted = cursor->wanted;
    const fhi_dense_view *view = &cursor->view;
    if (!wanted || wanted->count == 0 || (!cursor->forms_told && !fhi_form_is_wanted(wanted, 0))) {
        memset(form_lanes, 0, FHI_QUARTER_DOCS);
        return 0;
    }
    if (cursor->forms_told && wanted->count == 1 && view->form_width <= 8) {
        const uint32_t code = fhi_form_code(wanted->forms[0]);
        const uint8_t byte =
            (uint8_t)(code <= UINT8_MAX ? code : FHI_FORM_MIXED); /* no code of so few bits is larger */
        return cursor->kernels->pick_form(view->forms, first, view->form_width, byte, mask, lanes, form_lanes);
    }
    memcpy(form_lanes, lanes, FHI_QUARTER_DOCS);
    return cursor->forms_told ? mask : 0;
}

static uint64_t run_lanes(const fhi_cursor *cursor, uint32_t first, uint64_t mask, uint8_t lanes[FHI_QUARTER_DOCS],
                          uint8_t *form_lanes)
{
    fhi_run_view *view = cursor->run;
    if (!view->filled) {
        copy_lanes(cursor->run_freqs, cursor->run_first, cursor->run_end, view->freqs);
        if (view->form_freqs) copy_lanes(cursor->run_form_freqs, cursor->run_first, cursor->run_end, view->form_freqs);
        view->filled = true;
    }
    uint64_t full = cursor->kernels->expand(view->freqs, first, 8, 0, mask, lanes);
    if (!form_lanes) return full;
    if (view->form_freqs)
        (void)cursor->kernels->expand(view->form_freqs, first, 8, 0, mask, form_lanes);
    else
        full |= form_lanes_of(cursor, first, mask, lanes, form_lanes);
    return full;
}

uint64_t fhi_cursor_lanes(fhi_cursor *cursor, uint32_t first, uint64_t mask, uint8_t lanes[FHI_QUARTER_DOCS],
                          uint8_t *form_lanes)
{
    if (!cursor->dense) {
        if (cursor->chunk != UINT32_MAX) return run_lanes(cursor, first, mask, lanes, form_lanes);
        memset(lanes, 0, FHI_QUARTER_DOCS);
        if (form_lanes) memset(form_lanes, 0, FHI_QUARTER_DOCS);
        return 0;
    }
    if (!parse_view(cursor)) {
        memset(lanes, 0, FHI_QUARTER_DOCS);
        if (form_lanes) memset(form_lanes, 0, FHI_QUARTER_DOCS);
        return 0;
    }
    const fhi_dense_view *view = &cursor->view;
    const uint8_t unit = (uint8_t)cursor->unit;
    const uint64_t escaped = cursor->kernels->expand(view->freqs, first, view->freq_width, unit, mask, lanes);
    uint64_t unsure = 0;
    if (escaped)
        unsure = add_escapes(cursor, first, escaped, lanes);
    else if (view->freq_width == 8)
        unsure = cursor->kernels->raise(lanes, lanes, 0);
    if (form_lanes) unsure |= form_lanes_of(cursor, first, mask, lanes, form_lanes);
    return unsure & mask;
}

static fhi_block *exact_block(fhi_cursor *cursor, uint32_t range)
{
    if (!cursor->block) {
        cursor->block = fhi_arena_alloc(cursor->arena, sizeof *cursor->block);
        cursor->block_range = UINT32_MAX;
    }
    if (!cursor->block) return (void)fhi_cursor_out_of_memory(cursor), NULL;
    if (cursor->block_range == range) return cursor->block;
    fhi_cursor_load(cursor, range, cursor->block);
    cursor->block_range = range;
    return cursor->block;
}

/* Decodes the frequencies and forms of a loaded range; NULL when that fails. */
static const fhi_exact_view *exact_view(fhi_cursor *cursor, uint32_t range, const fhi_block *block)
{
    if (!cursor->exact) {
        cursor->exact = fhi_arena_alloc(cursor->arena, sizeof *cursor->exact);
        if (!cursor->exact) return (void)fhi_cursor_out_of_memory(cursor), NULL;
        cursor->exact->range = UINT32_MAX;
    }
    fhi_exact_view *view = cursor->exact;
    if (view->range == range) return view;
    const bool forms = cursor->forms_told && cursor->wanted;
    fhi_tail tail = {.freqs = view->freqs, .codes = view->codes, .mixed = view->mixed};
    if (!fhi_tail_decode(cursor->kernels, fhi_payload_tail(block->payload), cursor->payloads_end, block->count,
                         cursor->unit, cursor->placed, forms, &tail))
        return (void)fhi_cursor_corrupt(cursor), NULL;
    view->range = range;
    return view;
}

static uint32_t form_freq_of(const fhi_cursor *cursor, const fhi_exact_view *view, uint32_t i)
{
    const uint32_t freq = view->freqs[i], code = cursor->forms_told ? view->codes[i] : 0;
    if (cursor->forms_told && code == FHI_FORM_MIXED)
        return fhi_mixed_freq(cursor->wanted, view->mixed[i], cursor->list_end, freq);
    return fhi_form_is_wanted(cursor->wanted, fhi_form_of_code(code)) ? freq : 0;
}

static uint32_t document(const fhi_cursor *cursor, uint32_t quarter, uint32_t doc)
{
    return cursor->chunk * FHI_CHUNK_DOCS + quarter * FHI_QUARTER_DOCS + doc;
}

bool fhi_cursor_holds(fhi_cursor *cursor, uint32_t quarter, uint32_t doc)
{
    uint32_t first;
    if (cursor->chunk == UINT32_MAX) return false;
    if (cursor->dense) return fhi_cursor_mask(cursor, quarter, &first) >> doc & 1;
    const uint32_t wanted = document(cursor, quarter, doc), at = fhi_run_index(cursor, wanted);
    return at < cursor->run_end && cursor->run_docs[at] == wanted;
}

void fhi_cursor_freqs(fhi_cursor *cursor, uint32_t quarter, uint32_t doc, uint32_t *freq, uint32_t *form_freq)
{
    *freq = *form_freq = 0;
    if (cursor->chunk == UINT32_MAX) return;
    if (!cursor->dense) {
        const uint32_t i = fhi_run_index(cursor, document(cursor, quarter, doc));
        if (i == cursor->run_end) return;
        *freq = cursor->run_freqs[i];
        if (!cursor->wanted) return;
        *form_freq = cursor->run_form_freqs[i];
        if (!cursor->forms_told && !fhi_form_is_wanted(cursor->wanted, 0)) *form_freq = 0;
        return;
    }
    const uint32_t range = quarter / FHI_RANGE_QUARTERS;
    const fhi_block *block = exact_block(cursor, range);
    if (!block || !block->payload) return;
    const uint32_t i = fhi_block_index(block, quarter % FHI_RANGE_QUARTERS * FHI_QUARTER_DOCS + doc);
    const fhi_exact_view *view = i == UINT32_MAX ? NULL : exact_view(cursor, range, block);
    if (!view) return;
    *freq = view->freqs[i];
    if (cursor->wanted) *form_freq = form_freq_of(cursor, view, i);
}

/* ---- positions ---- */

/* Where the position block of a range begins, and whether lanes are enough to find a document's place in it. */
static bool open_spots(fhi_cursor *cursor, uint32_t range)
{
    fhi_spot_view *spots = cursor->spots;
    spots->range = range;
    spots->known = 0;
    spots->starts[0] = 0;
    /* next_spots() turns frequencies into occurrences where a weight of 1 says so, or deficits from half-units do. */
    spots->plain = cursor->segment->plain_weights ? cursor->unit == 1 : cursor->unit <= 2;
    if (!spots->plain) return true;
    uint64_t place;
    const fhi_span span = rest_of(cursor, &place);
    const uint64_t base = fhi_load32(cursor->position_bases + (size_t)(range / FHI_GROUP_RANGES) * 4);
    const uint64_t room = (uint64_t)(cursor->positions_end - cursor->positions_start);
    if (span.failed || base > room || place > room - base) return fhi_cursor_corrupt(cursor);
    place += base;
    spots->bits = cursor->positions_start + place;
    spots->deficit_width = 0;
    if (cursor->segment->plain_weights) return true;
    spots->plain = place < room && *spots->bits <= 4; /* codes above: 16 bits */
    if (!spots->plain) return place < room || fhi_cursor_corrupt(cursor);
    spots->deficit_width = fhi_width_of_code[*spots->bits];
    spots->deficits = spots->bits + 1;
    const size_t bytes = 1 + fhi_packed_bytes(cursor->view.count, spots->deficit_width);
    if (bytes > room - place) return fhi_cursor_corrupt(cursor);
    spots->bits += bytes;
    return true;
}

/* Lanes become occurrences; false when a deficit leaves none. Documents that are not there have 0 of both. */
static bool count_occurrences(uint8_t counts[FHI_QUARTER_DOCS], const uint8_t deficits[FHI_QUARTER_DOCS], uint32_t unit)
{
    uint8_t wrong = 0;
    for (uint32_t doc = 0; unit == 2 && doc < FHI_QUARTER_DOCS; doc++)
        counts[doc] >>= 1;
    for (uint32_t doc = 0; doc < FHI_QUARTER_DOCS; doc++) {
        wrong |= (uint8_t)(counts[doc] != 0) & (uint8_t)(deficits[doc] >= counts[doc]);
        counts[doc] = (uint8_t)(counts[doc] - deficits[doc]);
    }
    return !wrong;
}

/* The frequencies of lanes, in a range in view, become occurrences; false when lanes do not tell. The first of them is
 * that of posting `first`. */
static bool read_counts(fhi_cursor *cursor, uint32_t first, uint64_t mask, uint8_t counts[FHI_QUARTER_DOCS])
{
    fhi_spot_view *spots = cursor->spots;
    uint8_t deficits[FHI_QUARTER_DOCS];
    if (fhi_cursor_lanes(cursor, first, mask, counts, NULL)) spots->plain = false;
    if (cursor->status != FH_OK || !spots->plain) return false;
    if (cursor->segment->plain_weights) return true;
    (void)cursor->kernels->expand(spots->deficits, first, spots->deficit_width, 0, mask, deficits);
    return count_occurrences(counts, deficits, cursor->unit) || fhi_cursor_corrupt(cursor);
}

/* All postings of a range that has few, in their order. */
static bool few_spots(fhi_cursor *cursor)
{
    fhi_spot_view *spots = cursor->spots;
    const uint32_t count = cursor->view.count;
    const uint8_t *ids = cursor->view.payload + 1;
    const uint8_t *widths = cursor->segment->widths + document(cursor, spots->range * FHI_RANGE_QUARTERS, 0);
    if (!read_counts(cursor, 0, below(count), spots->few_counts)) return false;
    for (uint32_t i = 0, at = 0; i < count; i++) {
        spots->few_starts[i] = at;
        at += (uint32_t)spots->few_counts[i] * widths[ids[i]];
    }
    return true;
}

/* Occurrences of the next quarter's documents, and the bits its positions take; false when lanes do not tell. */
static bool next_spots(fhi_cursor *cursor)
{
    fhi_spot_view *spots = cursor->spots;
    const uint32_t place = spots->known, quarter = spots->range * FHI_RANGE_QUARTERS + place;
    const uint8_t *widths = cursor->segment->widths + document(cursor, quarter, 0);
    uint8_t *counts = spots->counts[place];
    uint32_t first;
    const uint64_t mask = fhi_cursor_mask(cursor, quarter, &first);
    if (cursor->status != FH_OK || (mask && !read_counts(cursor, first, mask, counts))) return false;
    spots->masks[place] = mask;
    spots->starts[place + 1] = spots->starts[place] + (mask ? cursor->kernels->dot(counts, widths, mask) : 0);
    spots->known++;
    return true;
}

static uint32_t exact_positions(fhi_cursor *cursor, uint32_t quarter, uint32_t doc, bool wanted_only, uint32_t *to,
                                uint32_t room)
{
    fhi_block *block = exact_block(cursor, quarter / FHI_RANGE_QUARTERS);
    if (!block) return 0;
    const uint32_t i = fhi_block_index(block, quarter % FHI_RANGE_QUARTERS * FHI_QUARTER_DOCS + doc);
    if (i == UINT32_MAX) return 0;
    return fhi_cursor_positions(cursor, quarter / FHI_RANGE_QUARTERS, block, i, wanted_only, to, NULL, room);
}

/* Of a spot that lies in the positions of the chunk. */
static bool fits_positions(fhi_cursor *cursor, const fhi_spot *at)
{
    const uint64_t bytes = (at->bit + (uint64_t)at->count * at->width + 7) / 8;
    return bytes <= (uint64_t)(cursor->positions_end - cursor->spots->bits) || fhi_cursor_corrupt(cursor);
}

bool fhi_cursor_spot(fhi_cursor *cursor, uint32_t quarter, uint32_t doc, fhi_spot *out)
{
    if (cursor->status != FH_OK || cursor->chunk == UINT32_MAX || !cursor->dense) return false;
    if (!fhi_cursor_has_places(cursor) || !present_at(cursor, quarter)) return false;
    const uint32_t range = quarter / FHI_RANGE_QUARTERS, place = quarter % FHI_RANGE_QUARTERS;
    if (!cursor->spots) {
        cursor->spots = fhi_arena_alloc(cursor->arena, sizeof *cursor->spots);
        if (!cursor->spots) return fhi_cursor_out_of_memory(cursor);
        cursor->spots->range = UINT32_MAX;
    }
    fhi_spot_view *spots = cursor->spots;
    if (spots->range != range) {
        uint32_t first;
        (void)fhi_cursor_mask(cursor, quarter, &first);
        if (cursor->status != FH_OK || !parse_view(cursor) || !open_spots(cursor, range)) return false;
        spots->few = cursor->view.count <= FHI_IDS_MAX;
        if (spots->plain && spots->few && !few_spots(cursor)) return false;
    }
    if (!spots->plain) return false;
    const uint8_t *widths = cursor->segment->widths + document(cursor, quarter, 0);
    out->bits = spots->bits;
    out->width = widths[doc];
    if (spots->few) {
        uint32_t first;
        const uint64_t mask = fhi_cursor_mask(cursor, quarter, &first);
        const uint32_t rank = first + fhi_popcount64(mask & below(doc));
        const bool here = mask >> doc & 1;
        out->count = here ? spots->few_counts[rank] : 0;
        out->bit = here ? spots->few_starts[rank] : 0;
        return fits_positions(cursor, out);
    }
    while (spots->known <= place)
        if (!next_spots(cursor)) return false;
    const uint64_t mask = spots->masks[place];
    out->count = mask >> doc & 1 ? spots->counts[place][doc] : 0;
    out->bit = spots->starts[place] + cursor->kernels->dot(spots->counts[place], widths, mask & below(doc));
    return fits_positions(cursor, out);
}

uint32_t fhi_cursor_spots(fhi_cursor *cursor, uint32_t quarter, uint32_t doc, bool wanted_only, uint32_t *to,
                          uint32_t room)
{
    fhi_spot at = {0};
    if (cursor->status != FH_OK || cursor->chunk == UINT32_MAX) return 0;
    if (!cursor->dense) {
        const uint32_t i = fhi_run_index(cursor, document(cursor, quarter, doc));
        return i < cursor->run_end ? fhi_run_positions(cursor, i, wanted_only, to, NULL, room) : 0;
    }
    if ((wanted_only && cursor->wanted) || !fhi_cursor_spot(cursor, quarter, doc, &at))
        return cursor->status == FH_OK ? exact_positions(cursor, quarter, doc, wanted_only, to, room) : 0;
    if (at.count <= room) fhi_spot_copy(&at, to);
    return at.count;
}
