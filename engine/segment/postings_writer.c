/* postings_writer.c - encodes one term's postings.
 *
 * First pass: from positions and zones derive each posting's frequency, form code and the few explicit form
 * frequencies of postings that mix forms. Second pass: cut at fixed document boundaries and write blocks.
 * A list is a plain varint sequence (tiny), one sparse run (flat), or a directory of chunks of 65,536 documents,
 * each a sparse run or, where postings are frequent, 256 ranges of 256 documents (dense) with a score bound each, or
 * four.
 */
#include "engine/segment/postings_writer.h"

#include "engine/codec/bitpack.h"
#include "engine/kernel/kernel.h"

#include <math.h>
#include <stdlib.h>

enum {
    DENSE_POSTINGS_PER_RANGE = 1, /* a chunk is dense from this mean on: a balance of bytes and time, see METHOD.md */
    DENSE_PAIRS_PER_RANGE = 8,    /* the same of lists without positions, which are decoded sooner */
    FULL_POSTINGS_PER_RANGE = 8,  /* and tells bounds by quarter from this mean on */
    LOCATOR_OFFSET_BITS = 12,
    LOCATOR_OFFSET_MAX = (1 << LOCATOR_OFFSET_BITS) - 1,
    WIDE_SHIFT = 3 /* where that does not reach, payloads begin on multiples of 8 bytes */
};

struct fhi_postings_writer {
    fhi_doc_facts facts;
    float k_of_norm[256];
    /* the list being written */
    const fhi_list *list;
    bool forms_told;   /* form_count > 1 */
    bool placed;       /* positions are told */
    uint32_t *scratch; /* capacity * 4 words: freqs, codes, position_starts, mixed_starts */
    size_t capacity;
    uint32_t *freqs;           /* weighted frequency of posting i */
    uint32_t *codes;           /* form code of posting i */
    uint32_t *position_starts; /* index of its first position */
    uint32_t *mixed_starts;    /* offset of its mixed record in `mixed`, when codes[i] == FHI_FORM_MIXED */
    fhi_buf mixed;             /* mixed records: varint forms, then their frequencies but the last */
    fhi_buf pairs;             /* (form, frequency) of one posting, in order of first occurrence */
    fhi_buf bodies;            /* blocks being gathered */
    fhi_buf positions;         /* position blocks being gathered */
};

void fhi_length_table(const fhi_settings *settings, float average_length, float k_of_norm[256])
{
    const float average = average_length > 0.0f ? average_length : 1.0f;
    for (int norm = 0; norm < 256; norm++) {
        const float length = (float)fhi_length_of_norm((uint8_t)norm);
        k_of_norm[norm] = settings->k1 * (1.0f - settings->b + settings->b * length / average);
    }
}

fh_status fhi_postings_writer_create(const fhi_doc_facts *facts, fhi_postings_writer **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return FH_E_NOMEM;
    (*out)->facts = *facts;
    fhi_length_table(facts->settings, facts->average_length, (*out)->k_of_norm);
    return FH_OK;
}

void fhi_postings_writer_destroy(fhi_postings_writer *writer)
{
    if (!writer) return;
    free(writer->scratch);
    fhi_buf_fini(&writer->mixed);
    fhi_buf_fini(&writer->pairs);
    fhi_buf_fini(&writer->bodies);
    fhi_buf_fini(&writer->positions);
    free(writer);
}

static bool plain_weights(const fhi_settings *settings)
{
    return settings->title_weight == settings->body_weight && settings->lead_weight == settings->body_weight;
}

static uint32_t weight_at(const fhi_postings_writer *writer, uint32_t doc, uint32_t position)
{
    const fhi_settings *settings = writer->facts.settings;
    if (position < writer->facts.title_ends[doc]) return settings->title_weight;
    if (position < writer->facts.lead_ends[doc]) return settings->lead_weight;
    return settings->body_weight;
}

/* ---- first pass: what follows from the positions ---- */

/* What fhi_mixed_next reads. */
static void put_mixed_next(fhi_buf *to, uint32_t freq, uint32_t form)
{
    const uint32_t told = freq - 1 < FHI_MIXED_NEXT_STEP - 1 ? freq - 1 : FHI_MIXED_NEXT_STEP - 1;
    fhi_buf_put_varint(to, (uint64_t)form * FHI_MIXED_NEXT_STEP + told);
    if (told == FHI_MIXED_NEXT_STEP - 1) fhi_buf_put_varint(to, freq - 1 - told);
}

/* Writes the mixed record of a posting: how many forms, which, and the frequency of all but the last. */
static void put_mixed_record(fhi_postings_writer *writer, uint32_t doc, const uint32_t *positions,
                             const uint32_t *forms, uint32_t count)
{
    fhi_buf *pairs = &writer->pairs;
    uint32_t pair_count = 0;
    fhi_buf_clear(pairs);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *pair = (uint32_t *)(void *)pairs->data;
        uint32_t at = 0;
        while (at < pair_count && pair[2 * at] != forms[i])
            at++;
        if (at == pair_count) {
            fhi_buf_put32(pairs, forms[i]);
            fhi_buf_put32(pairs, 0);
            if (pairs->status != FH_OK) break;
            pair_count++;
            pair = (uint32_t *)(void *)pairs->data;
        }
        pair[2 * at + 1] += weight_at(writer, doc, positions[i]);
    }
    const uint32_t *pair = (const uint32_t *)(const void *)pairs->data;
    const uint32_t more = pair_count - 2 < FHI_MIXED_STEP - 1 ? pair_count - 2 : FHI_MIXED_STEP - 1;
    if (pairs->status == FH_OK) fhi_buf_put_varint(&writer->mixed, (uint64_t)pair[0] * FHI_MIXED_STEP + more);
    if (more == FHI_MIXED_STEP - 1) fhi_buf_put_varint(&writer->mixed, pair_count - 2 - more);
    for (uint32_t i = 1; i < pair_count; i++)
        put_mixed_next(&writer->mixed, pair[2 * i - 1], pair[2 * i]);
    if (pairs->status != FH_OK) writer->mixed.status = pairs->status;
}

static fh_status reserve_scratch(fhi_postings_writer *writer, size_t count)
{
    if (writer->capacity < count) {
        const size_t capacity = count + count / 2;
        uint32_t *scratch = realloc(writer->scratch, capacity * 4 * sizeof *scratch);
        if (!scratch) return FH_E_NOMEM;
        writer->scratch = scratch;
        writer->capacity = capacity;
    }
    writer->freqs = writer->scratch;
    writer->codes = writer->scratch + writer->capacity;
    writer->position_starts = writer->scratch + 2 * writer->capacity;
    writer->mixed_starts = writer->scratch + 3 * writer->capacity;
    return FH_OK;
}

/* One posting: checks its positions, sums its frequency, finds its form code. */
static fh_status derive_posting(fhi_postings_writer *writer, uint32_t i, uint32_t start)
{
    const fhi_list *list = writer->list;
    const uint32_t doc = list->docs[i], count = list->counts[i], unit = writer->facts.settings->body_weight;
    if (!writer->placed) {
        writer->freqs[i] = count * unit;
        writer->codes[i] = 0;
        return count <= UINT32_MAX / unit ? FH_OK : FH_E_INVALID;
    }
    const uint32_t *positions = list->positions + start;
    const uint32_t *forms = list->forms ? list->forms + start : NULL;
    const unsigned width = writer->facts.widths[doc];
    uint32_t freq = 0, differ = 0;
    if (width == 0 && count > FHI_PLACE_COUNT_MAX) return FH_E_INVALID;
    for (uint32_t j = 0; j < count; j++) {
        if (fhi_bits_of(positions[j]) > width || (j && positions[j] < positions[j - 1])) return FH_E_INVALID;
        freq += weight_at(writer, doc, positions[j]);
        if (forms) differ |= forms[j] ^ forms[0];
    }
    writer->freqs[i] = freq;
    writer->position_starts[i] = start;
    writer->codes[i] = forms && writer->forms_told ? fhi_form_code(forms[0]) : 0;
    if (differ && writer->forms_told) {
        writer->codes[i] = FHI_FORM_MIXED;
        writer->mixed_starts[i] = (uint32_t)writer->mixed.len;
        put_mixed_record(writer, doc, positions, forms, count);
    }
    return FH_OK;
}

static fh_status derive(fhi_postings_writer *writer)
{
    const fhi_list *list = writer->list;
    FH_TRY(reserve_scratch(writer, list->doc_count));
    fhi_buf_clear(&writer->mixed);
    uint32_t start = 0;
    for (uint32_t i = 0; i < list->doc_count; i++) {
        const uint32_t doc = list->docs[i], count = list->counts[i];
        if (doc >= writer->facts.doc_count || (i && doc <= list->docs[i - 1])) return FH_E_INVALID;
        if (count == 0 || (writer->placed && count > list->position_count - start)) return FH_E_INVALID;
        FH_TRY(derive_posting(writer, i, start));
        if (writer->placed) start += count;
    }
    if (start != list->position_count) return FH_E_INVALID;
    return writer->mixed.len > UINT32_MAX ? FH_E_LIMIT : writer->mixed.status;
}

/* ---- blocks ---- */

/* Bytes the frequency codes take at this width, escapes included; an escape costs one more, for the time it takes. */
static size_t freq_cost(const uint32_t *freqs, uint32_t count, uint32_t unit, unsigned width)
{
    const uint32_t escape = width == 0 ? 1 : (UINT32_C(1) << width) - 1;
    size_t bytes = fhi_packed_bytes(count, width);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t code = freqs[i] - unit;
        if (code < escape) continue;
        if (width == 0) return SIZE_MAX;
        bytes += code - escape < 0x80 ? 2 : code - escape < 0x4000 ? 3 : 6;
    }
    return bytes;
}

static unsigned best_freq_code(const uint32_t *freqs, uint32_t count, uint32_t unit)
{
    unsigned best = 4;
    size_t best_bytes = SIZE_MAX;
    for (unsigned code = 0; code <= 4; code++) {
        const size_t bytes = freq_cost(freqs, count, unit, fhi_width_of_code[code]);
        if (bytes < best_bytes) {
            best_bytes = bytes;
            best = code;
        }
    }
    return best;
}

enum { NO_PLACE = -1 };

/* Frequencies, form codes, where the positions stand, and what does not fit the first two, of postings [first,
 * first + count). */
static void put_tail(fhi_postings_writer *writer, uint32_t first, uint32_t count, int64_t place, fhi_buf *to)
{
    const uint32_t *freqs = writer->freqs + first, *codes = writer->codes + first;
    const uint32_t unit = writer->facts.settings->body_weight;
    const unsigned freq_code = best_freq_code(freqs, count, unit);
    const unsigned freq_width = fhi_width_of_code[freq_code];
    const uint32_t escape = freq_width ? (UINT32_C(1) << freq_width) - 1 : UINT32_MAX;
    uint32_t packed[FHI_RANGE_DOCS], code_max = 0;
    for (uint32_t i = 0; i < count; i++) {
        packed[i] = freqs[i] - unit < escape ? freqs[i] - unit : escape;
        if (codes[i] > code_max) code_max = codes[i];
    }
    const unsigned form_code = fhi_code_of_width(fhi_bits_of(code_max));
    fhi_buf_put8(to, (uint8_t)(freq_code | form_code << 3));
    fhi_pack(to, packed, count, freq_width);
    fhi_pack(to, codes, count, fhi_width_of_code[form_code]);
    if (place != NO_PLACE) fhi_buf_put_varint(to, (uint64_t)place);
    for (uint32_t i = 0; i < count; i++)
        if (packed[i] == escape) fhi_buf_put_varint(to, freqs[i] - unit - escape);
    for (uint32_t i = 0; i < count; i++) {
        if (codes[i] != FHI_FORM_MIXED) continue;
        const uint32_t start = writer->mixed_starts[first + i];
        fhi_span record = fhi_span_of(writer->mixed.data + start, writer->mixed.len - start);
        uint32_t form;
        for (uint64_t left = fhi_mixed_begin(&record, &form) - 1; left > 0; left--)
            (void)fhi_mixed_next(&record, &form);
        fhi_buf_put(to, writer->mixed.data + start, record.at);
    }
}

/* Index of a form in the mixed record of posting i. */
static uint32_t mixed_index(const fhi_postings_writer *writer, uint32_t i, uint32_t form)
{
    const uint32_t start = writer->mixed_starts[i];
    fhi_span record = fhi_span_of(writer->mixed.data + start, writer->mixed.len - start);
    uint32_t named, index = 0;
    const uint64_t form_count = fhi_mixed_begin(&record, &named);
    for (; named != form && index + 1 < form_count; index++)
        (void)fhi_mixed_next(&record, &named);
    return index;
}

static uint32_t mixed_size(const fhi_postings_writer *writer, uint32_t i)
{
    fhi_span record =
        fhi_span_of(writer->mixed.data + writer->mixed_starts[i], writer->mixed.len - writer->mixed_starts[i]);
    uint32_t form;
    return (uint32_t)fhi_mixed_begin(&record, &form);
}

/* By how much freq / body_weight overstates the count: occurrences in title and lead weigh more. */
static uint32_t deficit_of(const fhi_postings_writer *writer, uint32_t i)
{
    return writer->freqs[i] / writer->facts.settings->body_weight - writer->list->counts[i];
}

/* Position block of postings [first, first + count): deficits, positions, form indexes. */
static void put_positions(fhi_postings_writer *writer, uint32_t first, uint32_t count, fhi_buf *to)
{
    if (!writer->placed) return;
    if (!plain_weights(writer->facts.settings)) {
        uint32_t deficits[FHI_RANGE_DOCS], deficit_max = 0;
        for (uint32_t i = 0; i < count; i++) {
            deficits[i] = deficit_of(writer, first + i);
            if (deficits[i] > deficit_max) deficit_max = deficits[i];
        }
        const unsigned code = fhi_code_of_width(fhi_bits_of(deficit_max));
        fhi_buf_put8(to, (uint8_t)code);
        fhi_pack(to, deficits, count, fhi_width_of_code[code]);
    }
    fhi_bit_writer bits = {.buf = to};
    for (uint32_t i = first; i < first + count; i++) {
        const uint32_t start = writer->position_starts[i], end = start + writer->list->counts[i];
        const unsigned width = writer->facts.widths[writer->list->docs[i]];
        for (uint32_t j = start; j < end; j++)
            fhi_bit_writer_put(&bits, writer->list->positions[j], width);
    }
    for (uint32_t i = first; i < first + count; i++) {
        const uint32_t start = writer->position_starts[i], end = start + writer->list->counts[i];
        if (writer->codes[i] != FHI_FORM_MIXED) continue;
        const unsigned form_width = fhi_bits_of(mixed_size(writer, i) - 1);
        for (uint32_t j = start; j < end; j++)
            fhi_bit_writer_put(&bits, mixed_index(writer, i, writer->list->forms[j]), form_width);
    }
    fhi_bit_writer_finish(&bits);
}

/* Upper bound of the postings' share of the score, in 1/255, never 0: stored bounds may only err upwards. */
static uint8_t bound_of(const fhi_postings_writer *writer, uint32_t first, uint32_t count)
{
    const double unit = writer->facts.settings->body_weight;
    double best = 0;
    for (uint32_t i = first; i < first + count; i++) {
        const double tf = writer->freqs[i] / unit;
        const double part = tf / (tf + (double)writer->k_of_norm[writer->facts.norms[writer->list->docs[i]]]);
        if (part > best) best = part;
    }
    const double scaled = ceil(best * 255.0 * (1 + 1e-6));
    return scaled >= 255.0 ? 255 : scaled < 1.0 ? 1 : (uint8_t)scaled;
}

/* ---- sparse run: blocks of 128 postings, a directory of varints before them ---- */

/* The width at which gaps take the fewest bytes, what is above it told beside them; that costs more than its bytes, for
 * the time it takes. */
static unsigned best_gap_width(const uint32_t *gaps, uint32_t count)
{
    enum { HIGHS_COST = 4, HIGH_COST = 2 }; /* of any, and of each beside its varint */
    uint32_t with[33] = {0};                /* gaps of so many bits */
    unsigned widest = 0, best;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned bits = fhi_bits_of(gaps[i]);
        with[bits]++;
        if (bits > widest) widest = bits;
    }
    size_t best_bytes = fhi_packed_bytes(count, widest);
    best = widest;
    for (unsigned width = widest; width-- > 0;) {
        size_t high_bytes = 0;
        for (unsigned bits = width + 1; bits <= widest; bits++)
            high_bytes += (size_t)with[bits] * (HIGH_COST + (bits - width + 6) / 7);
        const size_t bytes = fhi_packed_bytes(count, width) + HIGHS_COST + high_bytes;
        if (bytes >= best_bytes) continue;
        best_bytes = bytes;
        best = width;
    }
    return best;
}

static void put_gaps(const uint32_t *gaps, uint32_t count, fhi_buf *to)
{
    const unsigned width = best_gap_width(gaps, count);
    uint32_t lows[FHI_BLOCK_POSTINGS], high_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        lows[i] = width < 32 ? gaps[i] & ((UINT32_C(1) << width) - 1) : gaps[i];
        high_count += lows[i] != gaps[i];
    }
    fhi_buf_put8(to, (uint8_t)(width | (high_count ? FHI_GAPS_HIGH : 0)));
    fhi_pack(to, lows, count, width);
    if (high_count == 0) return;
    fhi_buf_put8(to, (uint8_t)(high_count - 1));
    for (uint32_t i = 0; i < count; i++) {
        if (lows[i] == gaps[i]) continue;
        fhi_buf_put8(to, (uint8_t)i);
        fhi_buf_put_varint(to, gaps[i] >> width);
    }
}

/* Ids as gaps from `before` (UINT32_MAX: none), then the tail. */
static void put_sparse_block(fhi_postings_writer *writer, uint32_t first, uint32_t count, uint32_t before, fhi_buf *to)
{
    uint32_t gaps[FHI_BLOCK_POSTINGS];
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t doc = writer->list->docs[first + i];
        gaps[i] = doc - before - 1;
        before = doc;
    }
    put_gaps(gaps, count, to);
    put_tail(writer, first, count, NO_PLACE, to);
}

static void put_sparse_run(fhi_postings_writer *writer, uint32_t first, uint32_t count, uint32_t before, fhi_buf *to)
{
    fhi_buf *bodies = &writer->bodies, *positions = &writer->positions;
    fhi_buf_clear(bodies);
    fhi_buf_clear(positions);
    for (uint32_t at = 0; at < count; at += FHI_BLOCK_POSTINGS) {
        const uint32_t block = count - at < FHI_BLOCK_POSTINGS ? count - at : FHI_BLOCK_POSTINGS;
        const size_t body_start = bodies->len, position_start = positions->len;
        put_sparse_block(writer, first + at, block, before, bodies);
        put_positions(writer, first + at, block, positions);
        const uint32_t last = writer->list->docs[first + at + block - 1];
        fhi_buf_put_varint(to, last - before - 1);
        fhi_buf_put_varint(to, bodies->len - body_start);
        fhi_buf_put_varint(to, positions->len - position_start);
        fhi_buf_put8(to, bound_of(writer, first + at, block));
        before = last;
    }
    fhi_buf_put(to, bodies->data, bodies->len);
    fhi_buf_put(to, positions->data, positions->len);
    if (bodies->status != FH_OK) to->status = bodies->status;
    if (positions->status != FH_OK) to->status = positions->status;
}

/* ---- dense chunk ---- */

/* Ids of one range: bytes below 32 postings, else a 256-bit map; then the tail. */
static void put_dense_range(fhi_postings_writer *writer, uint32_t first, uint32_t count, size_t position_offset,
                            fhi_buf *to)
{
    fhi_buf_put8(to, (uint8_t)(count - 1));
    if (count < 32) {
        for (uint32_t i = first; i < first + count; i++)
            fhi_buf_put8(to, (uint8_t)(writer->list->docs[i] % FHI_RANGE_DOCS));
    } else {
        uint8_t map[FHI_RANGE_DOCS / 8] = {0};
        for (uint32_t i = first; i < first + count; i++) {
            const uint32_t doc = writer->list->docs[i] % FHI_RANGE_DOCS;
            map[doc / 8] |= (uint8_t)(1u << (doc % 8));
        }
        fhi_buf_put(to, map, sizeof map);
    }
    put_tail(writer, first, count, writer->placed ? (int64_t)position_offset : NO_PLACE, to);
}

static uint16_t presence_of(const fhi_postings_writer *writer, uint32_t first, uint32_t count)
{
    uint16_t presence = 0;
    for (uint32_t i = first; i < first + count; i++)
        presence |= (uint16_t)(1u << (writer->list->docs[i] % FHI_RANGE_DOCS / 64));
    return presence;
}

/* Bounds of the quarters of a range; 0 where there is no posting. */
static void bound_quarters(const fhi_postings_writer *writer, uint32_t first, uint32_t count, uint8_t bounds[4])
{
    const uint32_t *docs = writer->list->docs;
    memset(bounds, 0, 4);
    for (uint32_t at = first; at < first + count;) {
        const uint32_t start = at, quarter = docs[at] / FHI_QUARTER_DOCS;
        while (at < first + count && docs[at] / FHI_QUARTER_DOCS == quarter)
            at++;
        bounds[quarter % FHI_RANGE_QUARTERS] = bound_of(writer, start, at - start);
    }
}

typedef struct dense_shape {
    bool full;      /* bounds by quarter, not by range */
    unsigned shift; /* offsets of payloads are told in multiples of 2^shift bytes */
} dense_shape;

/* Where the next payload of a group begins, in the units of a locator. */
static size_t align_payload(fhi_buf *bodies, uint32_t base, unsigned shift)
{
    const size_t unit = (size_t)1 << shift;
    while ((bodies->len - base) % unit != 0 && bodies->status == FH_OK)
        fhi_buf_put8(bodies, 0);
    return (bodies->len - base) >> shift;
}

/* Bytes of the payloads, group bases, locators, bounds, payloads, positions. Answers false, with *to as it was, when a
 * locator would overflow. */
static bool put_dense_chunk(fhi_postings_writer *writer, uint32_t first, uint32_t count, uint32_t chunk,
                            dense_shape shape, fhi_buf *to)
{
    const uint32_t ranges_left =
        (writer->facts.doc_count - chunk * FHI_CHUNK_DOCS + FHI_RANGE_DOCS - 1) / FHI_RANGE_DOCS;
    const uint32_t ranges = ranges_left < FHI_CHUNK_RANGES ? ranges_left : FHI_CHUNK_RANGES;
    const uint32_t groups = (ranges + FHI_GROUP_RANGES - 1) / FHI_GROUP_RANGES;
    uint8_t bounds[FHI_CHUNK_QUARTERS] = {0};
    uint16_t locators[FHI_CHUNK_RANGES] = {0};
    uint32_t bases[FHI_CHUNK_RANGES / FHI_GROUP_RANGES], position_bases[FHI_CHUNK_RANGES / FHI_GROUP_RANGES];
    fhi_buf *bodies = &writer->bodies, *positions = &writer->positions;
    fhi_buf_clear(bodies);
    fhi_buf_clear(positions);
    uint32_t at = first;
    for (uint32_t range = 0; range < ranges; range++) {
        const uint32_t group = range / FHI_GROUP_RANGES;
        if (range % FHI_GROUP_RANGES == 0) {
            bases[group] = (uint32_t)bodies->len;
            position_bases[group] = (uint32_t)positions->len;
        }
        const uint32_t start = at, end_doc = chunk * FHI_CHUNK_DOCS + (range + 1) * FHI_RANGE_DOCS;
        while (at < first + count && writer->list->docs[at] < end_doc)
            at++;
        if (at == start) continue;
        const size_t offset = align_payload(bodies, bases[group], shape.shift);
        if (bodies->status != FH_OK) break;
        if (offset > LOCATOR_OFFSET_MAX) return false;
        if (shape.full)
            bound_quarters(writer, start, at - start, bounds + (size_t)range * FHI_RANGE_QUARTERS);
        else
            bounds[range] = bound_of(writer, start, at - start);
        locators[range] = (uint16_t)(offset | (size_t)presence_of(writer, start, at - start) << LOCATOR_OFFSET_BITS);
        put_dense_range(writer, start, at - start, positions->len - position_bases[group], bodies);
        put_positions(writer, start, at - start, positions);
    }
    fhi_buf_put32(to, (uint32_t)bodies->len);
    fhi_buf_put(to, bases, groups * sizeof *bases);
    fhi_buf_put(to, position_bases, groups * sizeof *position_bases);
    fhi_buf_put(to, locators, ranges * sizeof *locators);
    fhi_buf_put(to, bounds, shape.full ? (size_t)ranges * FHI_RANGE_QUARTERS : ranges);
    fhi_buf_put(to, bodies->data, bodies->len);
    fhi_buf_put(to, positions->data, positions->len);
    if (bodies->status != FH_OK) to->status = bodies->status;
    if (positions->status != FH_OK) to->status = positions->status;
    return true;
}

/* ---- whole lists ---- */

static void put_tiny(fhi_postings_writer *writer, fhi_buf *to)
{
    const fhi_list *list = writer->list;
    uint32_t before = UINT32_MAX;
    for (uint32_t i = 0; i < list->doc_count; i++) {
        const uint32_t count = list->counts[i], start = writer->placed ? writer->position_starts[i] : 0;
        fhi_buf_put_varint(to, (uint64_t)(list->docs[i] - before - 1) << 1 | (count > 1));
        if (count > 1) fhi_buf_put_varint(to, count);
        for (uint32_t j = start; writer->placed && j < start + count; j++) {
            fhi_buf_put_varint(to, list->positions[j] - (j > start ? list->positions[j - 1] : 0));
            if (writer->forms_told) fhi_buf_put_varint(to, list->forms ? list->forms[j] : 0);
        }
        before = list->docs[i];
    }
}

static uint32_t count_chunk(const fhi_list *list, uint32_t first)
{
    const uint32_t chunk = list->docs[first] / FHI_CHUNK_DOCS;
    uint32_t at = first;
    while (at < list->doc_count && list->docs[at] / FHI_CHUNK_DOCS == chunk)
        at++;
    return at - first;
}

static void put_chunked(fhi_postings_writer *writer, fhi_buf *to)
{
    const fhi_list *list = writer->list;
    uint32_t chunks = 0;
    for (uint32_t at = 0; at < list->doc_count; at += count_chunk(list, at))
        chunks++;
    fhi_buf_put16(to, (uint16_t)chunks);
    const size_t directory = to->len;
    if (!fhi_buf_extend(to, (size_t)chunks * FHI_CHUNK_ENTRY_BYTES)) return;
    uint32_t at = 0;
    for (uint32_t i = 0; i < chunks && to->status == FH_OK; i++) {
        const uint32_t count = count_chunk(list, at), chunk = list->docs[at] / FHI_CHUNK_DOCS;
        const uint32_t left = writer->facts.doc_count - chunk * FHI_CHUNK_DOCS;
        const uint32_t docs = left < FHI_CHUNK_DOCS ? left : FHI_CHUNK_DOCS;
        const size_t start = to->len;
        dense_shape shape = {(uint64_t)count * FHI_RANGE_DOCS >= (uint64_t)docs * FULL_POSTINGS_PER_RANGE, 0};
        const uint64_t dense_mean = writer->placed ? DENSE_POSTINGS_PER_RANGE : DENSE_PAIRS_PER_RANGE;
        bool dense = (uint64_t)count * FHI_RANGE_DOCS >= docs * dense_mean;
        if (dense && !put_dense_chunk(writer, at, count, chunk, shape, to)) {
            shape.shift = WIDE_SHIFT;
            dense = put_dense_chunk(writer, at, count, chunk, shape, to);
        }
        if (!dense) put_sparse_run(writer, at, count, chunk * FHI_CHUNK_DOCS - 1, to);
        if (to->status != FH_OK) return;
        uint8_t *entry = to->data + directory + (size_t)i * FHI_CHUNK_ENTRY_BYTES;
        fhi_store16(entry, (uint16_t)chunk);
        fhi_store16(entry + 2, (uint16_t)(count - 1));
        entry[4] = !dense ? FHI_CHUNK_SPARSE : shape.full ? FHI_CHUNK_FULL : FHI_CHUNK_DENSE;
        entry[5] = bound_of(writer, at, count);
        entry[6] = dense ? (uint8_t)shape.shift : 0;
        entry[7] = 0;
        fhi_store32(entry + 8, (uint32_t)start);
        at += count;
    }
}

fh_status fhi_postings_write(fhi_postings_writer *writer, const fhi_list *list, uint32_t form_count, fhi_buf *out)
{
    fhi_buf_clear(out);
    if (list->doc_count == 0) return FH_E_INVALID;
    writer->list = list;
    writer->forms_told = form_count > 1;
    writer->placed = form_count > 0;
    FH_TRY(derive(writer));
    if (list->doc_count <= FHI_TINY_DF_MAX) {
        put_tiny(writer, out);
    } else if (list->doc_count <= FHI_FLAT_DF_MAX) {
        fhi_buf_put8(out, FHI_LIST_FLAT);
        put_sparse_run(writer, 0, list->doc_count, UINT32_MAX, out);
    } else {
        fhi_buf_put8(out, FHI_LIST_CHUNKED);
        put_chunked(writer, out);
    }
    if (out->status != FH_OK) return out->status;
    return out->len > UINT32_MAX ? FH_E_LIMIT : FH_OK;
}
