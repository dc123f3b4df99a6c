/* strings.c - the numbered set of strings. */
#include "indexer/strings.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 128 * 1024, FIRST_SLOTS = 1024 };

struct fhi_string_chunk {
    fhi_string_chunk *next;
    size_t capacity;
    size_t used;
    char bytes[];
};

void fhi_strings_fini(fhi_strings *strings)
{
    while (strings->chunks) {
        fhi_string_chunk *next = strings->chunks->next;
        free(strings->chunks);
        strings->chunks = next;
    }
    free(strings->entries);
    free(strings->slots);
    *strings = (fhi_strings){0};
}

void fhi_strings_clear(fhi_strings *strings)
{
    fhi_strings_fini(strings);
}

size_t fhi_strings_heap_bytes(const fhi_strings *strings)
{
    return strings->chunk_bytes + strings->capacity * sizeof *strings->entries +
           strings->slot_count * sizeof *strings->slots;
}

static char *copy_bytes(fhi_strings *strings, fh_str text)
{
    fhi_string_chunk *chunk = strings->chunks;
    if (!chunk || chunk->capacity - chunk->used < text.len) {
        const size_t capacity = text.len > CHUNK_BYTES ? text.len : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + capacity);
        if (!chunk) return NULL;
        *chunk = (fhi_string_chunk){.next = strings->chunks, .capacity = capacity};
        strings->chunks = chunk;
        strings->chunk_bytes += sizeof *chunk + capacity;
    }
    char *to = chunk->bytes + chunk->used;
    if (text.len) memcpy(to, text.ptr, text.len);
    chunk->used += text.len;
    return to;
}

static fh_status grow_slots(fhi_strings *strings)
{
    const uint32_t slot_count = strings->slot_count ? strings->slot_count * 2 : FIRST_SLOTS;
    if (slot_count > UINT32_C(1) << 30) return FH_E_NOMEM;
    fhi_string_slot *slots = calloc(slot_count, sizeof *slots);
    if (!slots) return FH_E_NOMEM;
    for (uint32_t i = 0; i < strings->slot_count; i++) {
        const fhi_string_slot slot = strings->slots[i];
        if (slot.number == 0) continue;
        uint32_t at = slot.hash & (slot_count - 1);
        while (slots[at].number != 0)
            at = (at + 1) & (slot_count - 1);
        slots[at] = slot;
    }
    free(strings->slots);
    strings->slots = slots;
    strings->slot_count = slot_count;
    return FH_OK;
}

/* Room for one more, with at most two thirds of the slots taken. */
static fh_status make_room(fhi_strings *strings)
{
    if (strings->count == strings->capacity) {
        const uint32_t capacity = strings->capacity ? strings->capacity * 2 : FIRST_SLOTS / 2;
        fhi_string_entry *entries = realloc(strings->entries, capacity * sizeof *entries);
        if (!entries) return FH_E_NOMEM;
        strings->entries = entries;
        strings->capacity = capacity;
    }
    return strings->count >= strings->slot_count / 3 * 2 ? grow_slots(strings) : FH_OK;
}

/* The slot of a string, or the empty one where it belongs. There are slots. */
static uint32_t find_slot(const fhi_strings *strings, fh_str text, uint32_t hash)
{
    const uint32_t mask = strings->slot_count - 1;
    uint32_t at = hash & mask;
    for (; strings->slots[at].number != 0; at = (at + 1) & mask) {
        const fhi_string_slot slot = strings->slots[at];
        if (slot.hash == hash && fhi_str_equal(fhi_strings_at(strings, slot.number - 1), text)) break;
    }
    return at;
}

bool fhi_strings_find(const fhi_strings *strings, fh_str text, uint32_t *number)
{
    if (strings->slot_count == 0) return false;
    const uint32_t at = find_slot(strings, text, (uint32_t)(fhi_hash64(text.ptr, text.len) >> 32));
    if (strings->slots[at].number == 0) return false;
    *number = strings->slots[at].number - 1;
    return true;
}

fh_status fhi_strings_intern(fhi_strings *strings, fh_str text, uint32_t *number, bool *added)
{
    *number = 0;
    *added = false;
    FH_TRY(make_room(strings));
    const uint32_t hash = (uint32_t)(fhi_hash64(text.ptr, text.len) >> 32);
    const uint32_t at = find_slot(strings, text, hash);
    if (strings->slots[at].number != 0) {
        *number = strings->slots[at].number - 1;
        return FH_OK;
    }
    const char *copy = text.len <= UINT32_MAX ? copy_bytes(strings, text) : NULL;
    if (!copy) return FH_E_NOMEM;
    strings->entries[strings->count] = (fhi_string_entry){copy, (uint32_t)text.len};
    *number = strings->count++;
    strings->slots[at] = (fhi_string_slot){hash, *number + 1};
    *added = true;
    return FH_OK;
}
