/* dictionary.h - sorted byte-string keys in front-coded blocks, with a small index over the blocks.
 *
 * One structure serves terms and forms; each entry carries up to FHI_ENTRY_VALUES integers, whose coding is the
 * kind's own (FORMAT.md, section 6). A block ends with its CRC32C, which every lookup verifies.
 */
#ifndef FHI_DICTIONARY_H
#define FHI_DICTIONARY_H

#include "engine/segment/layout.h"

enum { FHI_KEY_BYTES_MAX = 1024, FHI_ENTRY_VALUES = 3 };

typedef enum fhi_dictionary_kind {
    FHI_DICTIONARY_TERMS, /* values: df, form_count, bytes of the list */
    FHI_DICTIONARY_FORMS  /* values: term ordinal, form ordinal, df */
} fhi_dictionary_kind;

static inline uint32_t fhi_block_entries(fhi_dictionary_kind kind)
{
    return kind == FHI_DICTIONARY_TERMS ? FHI_TERM_BLOCK_TERMS : FHI_FORM_BLOCK_FORMS;
}

/* Both lengths of an entry stand in one byte, the shared one in its lower half; this says that a number follows. */
enum { FHI_LENGTH_FOLLOWS = 15 };

/* First 8 bytes of a key, so that comparing numbers compares bytes. */
static inline uint64_t fhi_key_head(fh_str key)
{
    uint8_t head[8] = {0};
    if (key.len) memcpy(head, key.ptr, key.len < sizeof head ? key.len : sizeof head);
    return __builtin_bswap64(fhi_load64(head));
}

/* The key of a form, in `key`; ptr NULL when it is too long. */
fh_str fhi_form_key(fh_str fold, fh_str exact, char key[FHI_KEY_BYTES_MAX]);

/* ---- writing ---- */
typedef struct fhi_dictionary_writer {
    fhi_dictionary_kind kind;
    fhi_buf blocks; /* the section being written; the owner may take finished bytes out between entries */
    fhi_buf index;  /* per block: u64 first bytes of its first key, then u64 offset of the block */
    fhi_buf last_key;
    size_t block_start;     /* in blocks.data */
    uint64_t flushed_bytes; /* of blocks taken out by the owner */
    uint64_t list_offset;   /* TERMS: running offset of the postings */
    uint32_t last_term;     /* FORMS: term ordinal of the entry before */
    uint32_t entry_count;
} fhi_dictionary_writer;

void fhi_dictionary_writer_init(fhi_dictionary_writer *writer, fhi_dictionary_kind kind);
void fhi_dictionary_writer_fini(fhi_dictionary_writer *writer);
/* Keys must increase strictly: else FH_E_INVALID. */
fh_status fhi_dictionary_writer_add(fhi_dictionary_writer *writer, fh_str key, const uint64_t values[FHI_ENTRY_VALUES]);
/* Closes the last block and puts the number of entries at the end of the index, which is then complete. */
fh_status fhi_dictionary_writer_finish(fhi_dictionary_writer *writer);

/* ---- reading ---- */
typedef struct fhi_dictionary {
    fhi_dictionary_kind kind;
    const uint8_t *blocks; /* section */
    size_t blocks_bytes;
    const uint8_t *index; /* block_count entries of 16 bytes */
    uint32_t block_count;
    uint32_t entry_count;
} fhi_dictionary;

typedef struct fhi_dictionary_entry {
    uint32_t ordinal;
    fh_str key;      /* in the cursor's buffer */
    uint64_t offset; /* TERMS: of the postings */
    uint64_t values[FHI_ENTRY_VALUES];
} fhi_dictionary_entry;

/* Walks the entries of one block after another. */
typedef struct fhi_dictionary_cursor {
    const fhi_dictionary *dictionary;
    uint32_t block; /* the block being read */
    fhi_span span;  /* its entries, without checksum */
    fhi_dictionary_entry entry;
    uint64_t next_offset;
    char key[FHI_KEY_BYTES_MAX];
} fhi_dictionary_cursor;

/* What the index says of the first key of a block. */
uint64_t fhi_dictionary_head(const fhi_dictionary *dictionary, uint32_t block);

/* Checks sizes and order of the index. Codes: FH_E_CORRUPT. */
fh_status fhi_dictionary_open(fhi_dictionary *dictionary, fhi_dictionary_kind kind, fhi_span blocks, fhi_span index);

/* The entry with exactly this key (entry->key is then `key` itself), or FH_E_NOT_FOUND. */
fh_status fhi_dictionary_find(const fhi_dictionary *dictionary, fh_str key, fhi_dictionary_entry *entry);

/* Places the cursor on the first entry whose key is >= key, or answers FH_E_NOT_FOUND at the end. */
fh_status fhi_dictionary_seek(const fhi_dictionary *dictionary, fh_str key, fhi_dictionary_cursor *cursor);
fh_status fhi_dictionary_at(const fhi_dictionary *dictionary, uint32_t ordinal, fhi_dictionary_cursor *cursor);
fh_status fhi_dictionary_next(fhi_dictionary_cursor *cursor); /* FH_E_NOT_FOUND past the last */

#endif
