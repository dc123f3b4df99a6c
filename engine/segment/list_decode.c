/* list_decode.c - one term's postings decoded whole, as the writer took them: for merges and for check.
 *
 * What comes out may be written again as it is: documents increase, positions do not go back, forms are of the term.
 */
#include "engine/segment/postings_reader.h"

#include <stdlib.h>

enum { DECODE_ARENA_BYTES = 1 << 30 };

void fhi_list_scratch_fini(fhi_list_scratch *scratch)
{
    free(scratch->words);
    *scratch = (fhi_list_scratch){0};
}

/* Two growing halves: per posting (docs, counts) and per occurrence (positions, forms). */
typedef struct list_decoder {
    fhi_cursor cursor;
    fhi_block block;
    fhi_buf docs, counts, positions, forms;
    const fhi_segment *segment;
    uint32_t form_count;
    uint64_t occurrences_max; /* a list of its size holds no more: one takes a bit, or its document is short */
} list_decoder;

static void refuse(list_decoder *decoder)
{
    if (decoder->cursor.status == FH_OK) decoder->cursor.status = FH_E_CORRUPT;
}

static bool fits(const list_decoder *decoder, uint32_t doc, const uint32_t *positions, const uint32_t *forms,
                 uint32_t count)
{
    uint32_t before = 0;
    if (decoder->docs.len) before = fhi_load32(decoder->docs.data + decoder->docs.len - sizeof before) + 1;
    if (doc < before || doc >= decoder->segment->doc_count) return false;
    if (decoder->positions.len / sizeof *positions + count > decoder->occurrences_max) return false;
    for (uint32_t i = 0; i < count; i++)
        if (forms[i] >= decoder->form_count || (i > 0 && positions[i] < positions[i - 1])) return false;
    return true;
}

static void decode_posting(list_decoder *decoder, uint32_t chunk, uint32_t range, uint32_t i)
{
    const uint32_t doc = chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS + decoder->block.ids[i];
    uint32_t room = 64;
    for (;;) {
        const size_t at = decoder->positions.len;
        uint8_t *positions = fhi_buf_extend(&decoder->positions, room * sizeof(uint32_t));
        uint8_t *forms = fhi_buf_extend(&decoder->forms, room * sizeof(uint32_t));
        if (!positions || !forms) return;
        const uint32_t count = fhi_cursor_positions(&decoder->cursor, range, &decoder->block, i, false,
                                                    (uint32_t *)(void *)positions, (uint32_t *)(void *)forms, room);
        decoder->positions.len = decoder->forms.len = at;
        if (decoder->cursor.status != FH_OK) return;
        if (count > room) {
            room = count;
            continue;
        }
        if (count == 0 || !fits(decoder, doc, (uint32_t *)(void *)positions, (uint32_t *)(void *)forms, count)) {
            refuse(decoder);
            return;
        }
        decoder->positions.len = decoder->forms.len = at + count * sizeof(uint32_t);
        fhi_buf_put32(&decoder->docs, doc);
        fhi_buf_put32(&decoder->counts, count);
        return;
    }
}

/* Of a list without positions. */
static void decode_count(list_decoder *decoder, uint32_t chunk, uint32_t range, uint32_t i)
{
    const uint32_t unit = decoder->segment->settings.body_weight, freq = decoder->block.freqs[i];
    const uint32_t doc = chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS + decoder->block.ids[i];
    if (freq == 0 || freq % unit != 0 || !fits(decoder, doc, NULL, NULL, 0)) {
        refuse(decoder);
        return;
    }
    fhi_buf_put32(&decoder->docs, doc);
    fhi_buf_put32(&decoder->counts, freq / unit);
}

static void decode_chunk(list_decoder *decoder, uint32_t chunk)
{
    uint64_t ranges[4];
    fhi_cursor_ranges(&decoder->cursor, ranges);
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++) {
        if (!(ranges[range / 64] >> (range % 64) & 1)) continue;
        fhi_cursor_load(&decoder->cursor, range, &decoder->block);
        fhi_cursor_tail(&decoder->cursor, &decoder->block);
        for (uint32_t i = 0; i < decoder->block.count && decoder->cursor.status == FH_OK; i++)
            (decoder->cursor.placed ? decode_posting : decode_count)(decoder, chunk, range, i);
    }
}

static fh_status first_failure(const list_decoder *decoder)
{
    const fhi_buf *bufs[] = {&decoder->docs, &decoder->counts, &decoder->positions, &decoder->forms};
    for (size_t i = 0; i < 4; i++)
        if (bufs[i]->status != FH_OK) return bufs[i]->status;
    return decoder->cursor.status;
}

/* Moves the four arrays into one block of words that the scratch owns. */
static fh_status gather(const list_decoder *decoder, fhi_list_scratch *scratch, fhi_list *list)
{
    const size_t docs = decoder->docs.len / 4, positions = decoder->positions.len / 4;
    const size_t words = 2 * docs + 2 * positions;
    if (words > scratch->capacity) {
        uint32_t *grown = realloc(scratch->words, words * sizeof *grown);
        if (!grown) return FH_E_NOMEM;
        scratch->words = grown;
        scratch->capacity = words;
    }
    uint32_t *to = scratch->words;
    const fhi_buf *bufs[] = {&decoder->docs, &decoder->counts, &decoder->positions, &decoder->forms};
    const uint32_t *starts[4];
    for (size_t i = 0; i < 4; i++) {
        starts[i] = to;
        if (bufs[i]->len) memcpy(to, bufs[i]->data, bufs[i]->len);
        to += bufs[i]->len / 4;
    }
    *list = (fhi_list){(uint32_t)docs, (uint32_t)positions, starts[0], starts[1], starts[2], starts[3]};
    return FH_OK;
}

fh_status fhi_list_decode(const fhi_segment *segment, const fhi_term_info *info, fhi_list_scratch *scratch,
                          fhi_list *list)
{
    *list = (fhi_list){0};
    fhi_arena arena;
    fhi_arena_init(&arena, DECODE_ARENA_BYTES);
    list_decoder *state = calloc(1, sizeof *state);
    if (!state) return FH_E_NOMEM;
    state->segment = segment;
    state->form_count = info->form_count;
    state->occurrences_max = fhi_term_occurrences_max(info);
    fh_status status = fhi_cursor_init(&state->cursor, segment, info, NULL, &arena);
    const uint32_t chunks = (segment->doc_count + FHI_CHUNK_DOCS - 1) / FHI_CHUNK_DOCS;
    for (uint32_t chunk = 0; chunk < chunks && status == FH_OK; chunk++) {
        if (fhi_cursor_enter(&state->cursor, chunk)) decode_chunk(state, chunk);
        status = first_failure(state);
    }
    if (status == FH_OK && state->docs.len / 4 != info->df) status = FH_E_CORRUPT;
    if (status == FH_OK) status = gather(state, scratch, list);
    fhi_buf_fini(&state->docs);
    fhi_buf_fini(&state->counts);
    fhi_buf_fini(&state->positions);
    fhi_buf_fini(&state->forms);
    fhi_arena_fini(&arena);
    free(state);
    return status;
}
