/* strings.h - a set of byte strings, numbered from 0 in order of first sight.
 *
 * Strings do not move, and everything goes at once. Used for terms, forms, column values and ids.
 */
#ifndef FHI_STRINGS_H
#define FHI_STRINGS_H

#include "engine/base/base.h"

typedef struct fhi_string_entry {
    const char *ptr;
    uint32_t len;
} fhi_string_entry;

typedef struct fhi_string_slot {
    uint32_t hash;   /* high half of fhi_hash64: strings are read only where it is the same, and not to grow */
    uint32_t number; /* number + 1, 0 when free */
} fhi_string_slot;

typedef struct fhi_string_chunk fhi_string_chunk;

typedef struct fhi_strings {
    fhi_string_entry *entries;
    uint32_t count;
    uint32_t capacity;
    fhi_string_slot *slots; /* linear probing */
    uint32_t slot_count;
    fhi_string_chunk *chunks;
    size_t chunk_bytes;
} fhi_strings;

void fhi_strings_fini(fhi_strings *strings); /* zero-initialised is empty */
void fhi_strings_clear(fhi_strings *strings);

/* *number of text, copied in when it is new (*added). Codes: FH_E_NOMEM, and then nothing has changed. */
/* False when it is not among them. */
bool fhi_strings_find(const fhi_strings *strings, fh_str text, uint32_t *number);
fh_status fhi_strings_intern(fhi_strings *strings, fh_str text, uint32_t *number, bool *added);

static inline fh_str fhi_strings_at(const fhi_strings *strings, uint32_t number)
{
    return (fh_str){strings->entries[number].ptr, strings->entries[number].len};
}

size_t fhi_strings_heap_bytes(const fhi_strings *strings);

#endif
