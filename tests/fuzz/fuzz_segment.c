/* fuzz_segment.c - an index file as somebody might make it on purpose: its checksums are right, the rest is any bytes.
 *
 * The first byte says what the input is. 0: a whole segment. Else changes to one file of a small index (small_index.h),
 * each 4 bytes of place, one of length, then the bytes. The index is opened, checked, searched, and every list is
 * walked; it may be refused anywhere, but not crash, hang, read outside of the file or ask for endless memory.
 */
#include "engine/segment/postings_reader.h"
#include "tests/support/repair.h"
#include "tests/support/small_index.h"

#include <stdlib.h>

enum { TERMS_MAX = 64, ROOM = 4096, ARENA_BYTES = 64 << 20, FOOTER_TAIL_BYTES = 48 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
    if (!holds) abort();
}

/* ---- the index ---- */

static const vfs_memory *whole_index(void)
{
    static vfs_memory memory;
    static bool made;
    if (!made) {
        vfs_memory_init(&memory);
        require(small_index_write(&memory.table, SMALL_INDEX_FOLDER, NULL) == FH_OK);
        made = true;
    }
    return &memory;
}

/* A manifest that believes what the segment says of itself. */
static void put_segment(vfs_memory *memory, const uint8_t *data, size_t len)
{
    const uint8_t *tail = data + len - FOOTER_TAIL_BYTES;
    fhi_segment_info info = {.id = 1, .file_bytes = len};
    fhi_manifest manifest = {.generation = 1, .next_segment_id = 2, .segment_count = 1, .segments = &info};
    fhi_settings_press(&manifest.settings, 7);
    require(vfs_memory_put(memory, SMALL_INDEX_FOLDER "/0000000000000001.seg", data, len));
    uint8_t *copy = vfs_memory_find(memory, SMALL_INDEX_FOLDER "/0000000000000001.seg")->data;
    if (len >= FHI_HEADER_BYTES + FOOTER_TAIL_BYTES) {
        static const uint8_t weights[4] = {4, 3, 2, 0};
        fhi_store64(copy + 8, FHI_FORMAT_VERSION);
        fhi_store32(copy + 20, manifest.settings.analyzer_id);
        fhi_store64(copy + 24, info.id);
        memcpy(copy + 32, weights, sizeof weights);
        memcpy(copy + 36, &manifest.settings.k1, 4);
        memcpy(copy + 40, &manifest.settings.b, 4);
        info.doc_count = fhi_load32(tail);
        info.length_sum = fhi_load64(tail + 8);
    }
    repair_segment(copy, len);
    require(fhi_manifest_write(&memory->table, SMALL_INDEX_FOLDER, &manifest, NULL) == FH_OK);
}

static void put_changes(vfs_memory *memory, uint8_t which, const uint8_t *data, size_t len)
{
    static const char *const files[] = {
        SMALL_INDEX_FOLDER "/0000000000000001.seg", SMALL_INDEX_FOLDER "/0000000000000002.seg",
        SMALL_INDEX_FOLDER "/0000000000000002-0000000000000003.del", SMALL_INDEX_FOLDER "/MANIFEST"};
    require(vfs_memory_copy(memory, whole_index()));
    memory_file *file = vfs_memory_find(memory, files[which % 4]);
    fhi_span changes = fhi_span_of(data, len);
    while (fhi_span_left(&changes) > 0 && !changes.failed) {
        const uint32_t where = fhi_span_get32(&changes);
        const size_t place = which % 4 < 2 ? repair_place(file->data, file->len, where) : where % file->len;
        const size_t most = file->len - place;
        const size_t count = fhi_span_get8(&changes) % 32U;
        const uint8_t *bytes = fhi_span_take(&changes, count);
        if (bytes) memcpy(file->data + place, bytes, count < most ? count : most);
    }
    if (which % 4 < 2)
        repair_segment(file->data, file->len);
    else
        repair_tail(file->data, file->len);
}

/* ---- every list ---- */

static void walk_range(fhi_cursor *cursor, uint32_t range)
{
    static uint32_t positions[ROOM], forms[ROOM];
    static fhi_block block;
    fhi_cursor_load(cursor, range, &block);
    fhi_cursor_tail(cursor, &block);
    require(block.count <= FHI_RANGE_DOCS);
    for (uint32_t i = 0; i < block.count; i++) {
        (void)fhi_cursor_positions(cursor, range, &block, i, i % 2, positions, forms, ROOM);
    }
}

static bool walk_list(void *argument, fh_str term, const fhi_term_info *info)
{
    static const uint32_t wanted[] = {0, 2, 3, 1000};
    static uint8_t bounds[FHI_CHUNK_QUARTERS];
    static fhi_cursor cursor;
    const fhi_segment *segment = argument;
    const fhi_form_set set = {wanted, 4};
    fhi_arena arena;
    require(term.len < FHI_KEY_BYTES_MAX);
    fhi_arena_init(&arena, ARENA_BYTES);
    if (fhi_cursor_init(&cursor, segment, info, info->ordinal % 2 ? &set : NULL, &arena) == FH_OK)
        for (uint32_t chunk = 0; (uint64_t)chunk * FHI_CHUNK_DOCS < segment->doc_count; chunk++) {
            if (!fhi_cursor_enter(&cursor, chunk)) continue;
            fhi_cursor_survey(&cursor, NULL);
            fhi_cursor_bound(&cursor, cursor.present, bounds);
            for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
                walk_range(&cursor, range);
        }
    fhi_arena_fini(&arena);
    return info->ordinal < TERMS_MAX;
}

static bool see_form(void *argument, fh_str fold, fh_str exact, const fhi_form_info *info)
{
    (void)argument, (void)info;
    require(fold.len + exact.len < 2 * FHI_KEY_BYTES_MAX);
    return true;
}

static void walk_segment(const fhi_segment *segment)
{
    for (int i = 0; i < FHI_COLUMN_COUNT && segment->doc_count; i++) {
        const uint32_t ordinal = fhi_segment_column_ordinal(segment, (fhi_column)i, segment->doc_count - 1);
        require(ordinal < fhi_segment_column_value_count(segment, (fhi_column)i));
        (void)fhi_segment_column_value(segment, (fhi_column)i, ordinal);
    }
    (void)fhi_terms_scan(segment, FH_STR(""), walk_list, (void *)(uintptr_t)segment);
    (void)fhi_forms_scan(segment, FH_STR("c"), see_form, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static vfs_memory memory;
    fhi_index *index;
    fh_err err = {0};
    if (len < 2) return 0;
    vfs_memory_init(&memory);
    if (data[0] == 0)
        put_segment(&memory, data + 1, len - 1);
    else
        put_changes(&memory, data[0], data + 1, len - 1);
    if (fhi_index_open(&memory.table, SMALL_INDEX_FOLDER, &index, &err) == FH_OK) {
        (void)fhi_index_check(index, &err);
        for (unsigned i = 0; i < 2; i++) /* every search in its turn */
            (void)small_index_search(index, (unsigned)(data[len - 1] + i * 5 + len) % SMALL_INDEX_SEARCHES, &err);
        for (uint32_t i = 0; i < fhi_index_segment_count(index); i++)
            walk_segment(fhi_index_segment(index, i));
        fhi_index_release(index);
    } else {
        require(err.status != FH_OK && err.status != FH_E_NOMEM);
    }
    vfs_memory_fini(&memory);
    return 0;
}
