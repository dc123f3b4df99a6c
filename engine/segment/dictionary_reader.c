/* dictionary_reader.c - finding and walking keys in a mapped dictionary.
 *
 * Invariants: every block is read through a span and its checksum verified before its first entry is used; a key
 * never grows past FHI_KEY_BYTES_MAX.
 */
#include "engine/segment/dictionary.h"

enum { INDEX_ENTRY_BYTES = 16 };

uint64_t fhi_dictionary_head(const fhi_dictionary *dictionary, uint32_t block)
{
    return fhi_load64(dictionary->index + (size_t)block * INDEX_ENTRY_BYTES);
}

static uint64_t block_offset(const fhi_dictionary *dictionary, uint32_t block)
{
    if (block == dictionary->block_count) return dictionary->blocks_bytes;
    return fhi_load64(dictionary->index + (size_t)block * INDEX_ENTRY_BYTES + 8);
}

fh_status fhi_dictionary_open(fhi_dictionary *dictionary, fhi_dictionary_kind kind, fhi_span blocks, fhi_span index)
{
    *dictionary = (fhi_dictionary){.kind = kind};
    if (index.len < 8 || (index.len - 8) % INDEX_ENTRY_BYTES != 0) return FH_E_CORRUPT;
    const uint64_t block_count = (index.len - 8) / INDEX_ENTRY_BYTES;
    const uint64_t entry_count = fhi_load64(index.data + index.len - 8);
    if (entry_count > UINT32_MAX) return FH_E_CORRUPT;
    if ((entry_count + fhi_block_entries(kind) - 1) / fhi_block_entries(kind) != block_count) return FH_E_CORRUPT;
    dictionary->blocks = blocks.data;
    dictionary->blocks_bytes = blocks.len;
    dictionary->index = index.data;
    dictionary->block_count = (uint32_t)block_count;
    dictionary->entry_count = (uint32_t)entry_count;
    for (uint32_t i = 0; i < block_count; i++) {
        const uint64_t start = block_offset(dictionary, i), end = block_offset(dictionary, i + 1);
        if (start >= end || end > blocks.len || end - start < 4) return FH_E_CORRUPT;
        if (i && fhi_dictionary_head(dictionary, i) < fhi_dictionary_head(dictionary, i - 1)) return FH_E_CORRUPT;
    }
    return block_count == 0 || block_offset(dictionary, 0) == 0 ? FH_OK : FH_E_CORRUPT;
}

/* Bytes of an entry's key: those it shares with the key before it, and the rest. */
static inline void get_lengths(fhi_span *span, uint64_t *shared, uint64_t *fresh)
{
    const uint8_t both = fhi_span_get8(span);
    *shared = both % (FHI_LENGTH_FOLLOWS + 1);
    *fresh = both / (FHI_LENGTH_FOLLOWS + 1);
    if (FHI_UNLIKELY(*shared == FHI_LENGTH_FOLLOWS)) *shared += fhi_span_get_varint(span);
    if (FHI_UNLIKELY(*fresh == FHI_LENGTH_FOLLOWS)) *fresh += fhi_span_get_varint(span);
}

static fh_status enter_block(const fhi_dictionary *dictionary, uint32_t block, fhi_dictionary_cursor *cursor)
{
    if (block >= dictionary->block_count) return FH_E_NOT_FOUND;
    const uint64_t start = block_offset(dictionary, block), end = block_offset(dictionary, block + 1);
    const uint8_t *bytes = dictionary->blocks + start;
    const size_t len = (size_t)(end - start) - 4;
    if (fhi_crc32c(0, bytes, len) != fhi_load32(bytes + len)) return FH_E_CORRUPT;
    cursor->dictionary = dictionary;
    cursor->block = block;
    cursor->span = fhi_span_of(bytes, len);
    cursor->entry =
        (fhi_dictionary_entry){.ordinal = block * fhi_block_entries(dictionary->kind) - 1, .key = {cursor->key, 0}};
    cursor->next_offset = dictionary->kind == FHI_DICTIONARY_TERMS ? fhi_span_get_varint(&cursor->span) : 0;
    return FH_OK;
}

/* Numbers the entry that begins; false when its block holds more than it may. */
static bool count_entry(fhi_dictionary_cursor *cursor)
{
    const uint32_t ordinal = ++cursor->entry.ordinal;
    return ordinal < cursor->dictionary->entry_count &&
           ordinal / fhi_block_entries(cursor->dictionary->kind) == cursor->block;
}

static void get_values(fhi_dictionary_cursor *cursor)
{
    fhi_span *span = &cursor->span;
    uint64_t *values = cursor->entry.values;
    const uint64_t first = fhi_span_get_varint(span);
    const uint64_t second = (first & 1) ? fhi_span_get_varint(span) : 0;
    if (cursor->dictionary->kind == FHI_DICTIONARY_TERMS) {
        values[0] = first >> 1;
        values[1] = (first & 1) ? second : 1;
        values[2] = fhi_span_get_varint(span);
        cursor->entry.offset = cursor->next_offset;
        cursor->next_offset += values[2];
        return;
    }
    const uint64_t zigzag = first >> 1;
    const uint64_t before = cursor->entry.ordinal % FHI_FORM_BLOCK_FORMS == 0 ? 0 : values[0];
    values[0] = before + ((zigzag & 1) ? ~(zigzag >> 1) : zigzag >> 1);
    values[1] = second;
    values[2] = fhi_span_get_varint(span);
}

fh_status fhi_dictionary_next(fhi_dictionary_cursor *cursor)
{
    if (fhi_span_left(&cursor->span) == 0) FH_TRY(enter_block(cursor->dictionary, cursor->block + 1, cursor));
    fhi_span *span = &cursor->span;
    uint64_t shared, fresh;
    get_lengths(span, &shared, &fresh);
    if (span->failed || shared > cursor->entry.key.len || fresh >= FHI_KEY_BYTES_MAX - shared) return FH_E_CORRUPT;
    const uint8_t *suffix = fhi_span_take(span, (size_t)fresh);
    if (!suffix) return FH_E_CORRUPT;
    memcpy(cursor->key + shared, suffix, (size_t)fresh);
    cursor->entry.key.len = (size_t)(shared + fresh);
    if (!count_entry(cursor)) return FH_E_CORRUPT;
    get_values(cursor);
    return span->failed ? FH_E_CORRUPT : FH_OK;
}

/* First key of a block against key, without copying. */
static int compare_first(const fhi_dictionary *dictionary, uint32_t block, fh_str key)
{
    const uint64_t start = block_offset(dictionary, block), end = block_offset(dictionary, block + 1);
    fhi_span span = fhi_span_of(dictionary->blocks + start, (size_t)(end - start));
    if (dictionary->kind == FHI_DICTIONARY_TERMS) (void)fhi_span_get_varint(&span);
    uint64_t shared, fresh;
    get_lengths(&span, &shared, &fresh);
    const uint8_t *first = fresh < FHI_KEY_BYTES_MAX ? fhi_span_take(&span, (size_t)fresh) : NULL;
    return fhi_str_compare((fh_str){(const char *)first, first ? (size_t)fresh : 0}, key);
}

/* How many blocks have a head before this one, or up to it. Halves without branches: no predictor knows the way. */
static uint32_t count_heads(const fhi_dictionary *dictionary, uint64_t head, bool equal_too)
{
    uint32_t first = 0, left = dictionary->block_count;
    while (left > 0) {
        const uint32_t half = left / 2;
        const uint64_t other = fhi_dictionary_head(dictionary, first + half);
        const bool before = equal_too ? other <= head : other < head;
        first += before ? half + 1 : 0;
        left = before ? left - half - 1 : half;
    }
    return first;
}

/* Last block whose first key is <= key; 0 when there is none. Heads decide but where they are equal. */
static uint32_t find_block(const fhi_dictionary *dictionary, fh_str key)
{
    const uint64_t head = fhi_key_head(key);
    uint32_t low = count_heads(dictionary, head, false), high = low;
    if (low < dictionary->block_count && fhi_dictionary_head(dictionary, low) == head)
        high = count_heads(dictionary, head, true);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (compare_first(dictionary, middle, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

fh_status fhi_dictionary_seek(const fhi_dictionary *dictionary, fh_str key, fhi_dictionary_cursor *cursor)
{
    FH_TRY(enter_block(dictionary, find_block(dictionary, key), cursor));
    for (;;) {
        FH_TRY(fhi_dictionary_next(cursor));
        if (fhi_str_compare(cursor->entry.key, key) >= 0) return FH_OK;
    }
}

fh_status fhi_dictionary_at(const fhi_dictionary *dictionary, uint32_t ordinal, fhi_dictionary_cursor *cursor)
{
    if (ordinal >= dictionary->entry_count) return FH_E_NOT_FOUND;
    FH_TRY(enter_block(dictionary, ordinal / fhi_block_entries(dictionary->kind), cursor));
    for (;;) {
        FH_TRY(fhi_dictionary_next(cursor));
        if (cursor->entry.ordinal == ordinal) return FH_OK;
    }
}

/* How many leading bytes of suffix equal those of key from `at` on. */
static size_t common(fh_str key, size_t at, const uint8_t *suffix, size_t len)
{
    size_t same = 0;
    while (same < len && at + same < key.len && (uint8_t)key.ptr[at + same] == suffix[same])
        same++;
    return same;
}

/* Keys before the wanted one share `matched` bytes with it at most in increasing order: an entry that keeps more of
 * its predecessor than that is still before it, one that keeps less is behind it; no key is put together. */
fh_status fhi_dictionary_find(const fhi_dictionary *dictionary, fh_str key, fhi_dictionary_entry *entry)
{
    fhi_dictionary_cursor cursor;
    size_t matched = 0;
    FH_TRY(enter_block(dictionary, find_block(dictionary, key), &cursor));
    fhi_span *span = &cursor.span;
    while (fhi_span_left(span) > 0) {
        uint64_t shared, fresh;
        get_lengths(span, &shared, &fresh);
        const uint8_t *suffix = fresh < FHI_KEY_BYTES_MAX ? fhi_span_take(span, (size_t)fresh) : NULL;
        if (span->failed || !suffix || !count_entry(&cursor)) return FH_E_CORRUPT;
        get_values(&cursor);
        if (shared > matched) continue;
        if (shared < matched) return FH_E_NOT_FOUND;
        const size_t same = common(key, matched, suffix, (size_t)fresh);
        matched += same;
        if (same == fresh && matched == key.len) {
            *entry = cursor.entry;
            entry->key = key;
            return span->failed ? FH_E_CORRUPT : FH_OK;
        }
        if (matched == key.len || (same < fresh && suffix[same] > (uint8_t)key.ptr[matched])) return FH_E_NOT_FOUND;
    }
    return span->failed ? FH_E_CORRUPT : FH_E_NOT_FOUND;
}
