/* fuzz_postings.c - any bytes as a posting list, read through the cursor and decoded whole.
 *
 * Input: one byte of flags (1: forms are told apart; 2: some forms are asked for; 4: the other segment; 8: documents of
 * a single position; 16: all zones weigh the same; 32: a pair, without positions), two of df, then the list. The list
 * lies alone on the heap, followed by the padding that every section has, so that a sanitizer sees each byte read
 * outside of it; in a file it would be some other section's.
 */
#include "engine/codec/bitpack.h"
#include "engine/segment/postings_reader.h"
#include "tests/support/small_index.h"

#include <stdlib.h>

enum { HEAD_BYTES = 3, ROOM = 4096, ARENA_BYTES = 64 << 20, FORMS = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
    if (!holds) abort();
}

static const fhi_segment *base_segment(unsigned which)
{
    static vfs_memory memory;
    static fhi_index *index;
    if (!index) {
        vfs_memory_init(&memory);
        require(small_index_write(&memory.table, SMALL_INDEX_FOLDER, NULL) == FH_OK);
        require(fhi_index_open(&memory.table, SMALL_INDEX_FOLDER, &index, NULL) == FH_OK);
    }
    return fhi_index_segment(index, which);
}

/* tailed: the block knows its documents. */
static void check_block(fhi_cursor *cursor, uint32_t range, fhi_block *block, bool tailed)
{
    static uint32_t positions[ROOM], forms[ROOM];
    require(block->count <= FHI_RANGE_DOCS);
    for (uint32_t i = 0; i < block->count; i++) {
        const uint32_t count = fhi_cursor_positions(cursor, range, block, i, i % 2, positions, forms, ROOM);
        const uint32_t doc = cursor->chunk * FHI_CHUNK_DOCS + range * FHI_RANGE_DOCS + block->ids[i];
        for (uint32_t j = 0; j < count && count <= ROOM && tailed && cursor->status == FH_OK; j++)
            require(positions[j] >> cursor->segment->widths[doc] == 0);
    }
}

static void walk_quarters(fhi_cursor *cursor)
{
    static uint32_t positions[ROOM];
    uint8_t bounds[FHI_CHUNK_QUARTERS], lanes[FHI_QUARTER_DOCS], forms[FHI_QUARTER_DOCS];
    fhi_cursor_survey(cursor, NULL);
    fhi_cursor_bound(cursor, cursor->present, bounds);
    for (uint32_t quarter = 0; quarter < FHI_CHUNK_QUARTERS; quarter++) {
        const uint16_t both[2] = {(uint16_t)quarter, (uint16_t)(FHI_CHUNK_QUARTERS - 1 - quarter)};
        uint32_t first, freq, form_freq;
        uint64_t masks[2];
        fhi_cursor_prefetch(cursor, both, 2);
        fhi_cursor_masks(cursor, both, 2, masks);
        const uint64_t mask = fhi_cursor_mask(cursor, quarter, &first);
        for (uint32_t doc = 0; doc < FHI_QUARTER_DOCS; doc += 21) { /* whether it is there or not */
            fhi_spot spot;
            (void)fhi_cursor_spot(cursor, quarter, doc, &spot);
        }
        (void)fhi_cursor_mask(cursor, quarter, &first); /* lanes() is about the mask asked last */
        if (!mask) continue;
        (void)fhi_cursor_lanes(cursor, first, mask, lanes, cursor->wanted ? forms : NULL);
        for (uint32_t doc = 0; doc < FHI_QUARTER_DOCS; doc++) {
            if (!(mask >> doc & 1) || !fhi_cursor_holds(cursor, quarter, doc)) continue;
            fhi_cursor_freqs(cursor, quarter, doc, &freq, &form_freq);
            (void)fhi_cursor_spots(cursor, quarter, doc, doc % 2, positions, ROOM);
        }
    }
}

static void walk(const fhi_segment *segment, const fhi_term_info *info, const fhi_form_set *wanted)
{
    static fhi_cursor cursor;
    static fhi_block block;
    fhi_arena arena;
    fhi_arena_init(&arena, ARENA_BYTES);
    const bool open = fhi_cursor_init(&cursor, segment, info, wanted, &arena) == FH_OK;
    for (uint32_t chunk = 0; chunk < 2 && open; chunk++) { /* the second is none of the segment's */
        (void)fhi_cursor_chunk_bound(&cursor, chunk);
        if (!fhi_cursor_enter(&cursor, chunk)) continue;
        walk_quarters(&cursor);
        for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++) {
            fhi_cursor_load(&cursor, range, &block);
            if (range % 3 != 2) fhi_cursor_tail(&cursor, &block);
            check_block(&cursor, range, &block, range % 3 != 2);
        }
    }
    require(open || cursor.status != FH_OK);
    require(cursor.status != FH_E_NOMEM);
    fhi_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t no_widths[2 * FHI_PAGE_BYTES];
    static const uint32_t forms[] = {0, 1, 2, 7, 250};
    const fhi_form_set wanted = {forms, 5};
    fhi_list_scratch scratch = {0};
    fhi_list list;
    if (len <= HEAD_BYTES) return 0;
    const size_t bytes = len - HEAD_BYTES;
    uint8_t *alone = malloc(bytes + FHI_KERNEL_SLACK);
    require(alone != NULL);
    memcpy(alone, data + HEAD_BYTES, bytes);
    memset(alone + bytes, 0, FHI_KERNEL_SLACK);
    fhi_segment segment = *base_segment(data[0] >> 2 & 1);
    segment.sections[FHI_SECTION_POSTINGS] = fhi_span_of(alone, bytes);
    if (data[0] & 8) segment.widths = no_widths;
    if (data[0] & 16) segment.plain_weights = true;
    const uint32_t form_count = (data[0] & 32) ? 0 : (data[0] & 1) ? FORMS : 1;
    const fhi_term_info info = {.df = fhi_load16(data + 1), .form_count = form_count, .bytes = bytes};
    walk(&segment, &info, (data[0] & 2) ? &wanted : NULL);
    const fh_status status = fhi_list_decode(&segment, &info, &scratch, &list);
    require(status == FH_OK || status == FH_E_CORRUPT);
    require(status != FH_OK || (list.doc_count == info.df && list.docs[info.df - 1] < segment.doc_count));
    fhi_list_scratch_fini(&scratch);
    free(alone);
    return 0;
}
