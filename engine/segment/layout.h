/* layout.h - constants of segment format version 3. FORMAT.md is normative; this is its transcription. */
#ifndef FHI_LAYOUT_H
#define FHI_LAYOUT_H

#include "engine/codec/bitpack.h"
#include "engine/segment/segment.h"

#define FHI_SEGMENT_MAGIC UINT64_C(0x3147455352484946)  /* "FIHRSEG1" */
#define FHI_MANIFEST_MAGIC UINT64_C(0x314E414D52484946) /* "FIHRMAN1" */
#define FHI_DELETES_MAGIC UINT64_C(0x314C454452484946)  /* "FIHRDEL1" */

enum {
    FHI_FORMAT_VERSION = 3,
    FHI_HEADER_BYTES = 64,
    FHI_SECTION_ALIGN = 64,
    FHI_PAGE_BYTES = 64 * 1024, /* unit of the checksums that `check` verifies */

    FHI_RANGE_DOCS = 256,   /* documents matched at a time */
    FHI_CHUNK_DOCS = 65536, /* documents a chunk of a list covers */
    FHI_CHUNK_RANGES = FHI_CHUNK_DOCS / FHI_RANGE_DOCS,
    FHI_LOCATOR_OFFSET = 0xFFF, /* bits of a locator; those above tell quarters */
    FHI_LOCATOR_SHIFT_MAX = 8,  /* offsets may count in as many bytes as this power of two */
    FHI_GROUP_RANGES = 8,       /* ranges of a dense chunk that share a base offset */
    FHI_BLOCK_POSTINGS = 128,   /* postings in a block of a sparse run */

    FHI_TINY_DF_MAX = 8,   /* up to here a list is a plain sequence of varints */
    FHI_FLAT_DF_MAX = 384, /* up to here one sparse run over the whole segment; a writer's choice */

    FHI_LIST_FLAT = 1, /* first byte of a list over FHI_TINY_DF_MAX */
    FHI_LIST_CHUNKED = 2,
    FHI_CHUNK_SPARSE = 0,
    FHI_CHUNK_DENSE = 1, /* a bound for each range */
    FHI_CHUNK_FULL = 2,  /* dense, and a bound for each quarter */
    FHI_CHUNK_ENTRY_BYTES = 12,
    FHI_PLACE_COUNT_MAX = 256, /* occurrences of a term in a document of one position: they take no bits */

    FHI_TERM_BLOCK_TERMS = 16, /* entries of a block of a dictionary */
    FHI_FORM_BLOCK_FORMS = 32
};

typedef enum fhi_section {
    FHI_SECTION_STORE = 1,       /* zstd frames */
    FHI_SECTION_STORE_INDEX = 2, /* where each frame starts */
    FHI_SECTION_STORE_DICTS = 3, /* zstd dictionaries and the documents they serve */
    FHI_SECTION_NORMS = 4,       /* one byte of length a document, padded to 256 */
    FHI_SECTION_WIDTHS = 5,      /* bits of a position, one byte a document, padded to 256 */
    FHI_SECTION_ZONES = 6,       /* title_end, lead_end */
    FHI_SECTION_DAYS = 7,        /* day, minute */
    FHI_SECTION_COLUMNS = 8,     /* values and ordinals of the five columns */
    FHI_SECTION_IDS = 9,         /* hash of id -> document */
    FHI_SECTION_POSTINGS = 10,
    FHI_SECTION_TERMS = 11,
    FHI_SECTION_TERMS_INDEX = 12,
    FHI_SECTION_FORMS = 13,
    FHI_SECTION_FORMS_INDEX = 14,
    FHI_SECTION_PAGES = 15, /* CRC32C of every 64 KiB before this section */
    FHI_SECTION_COUNT = 16  /* one past the largest */
} fhi_section;

/* Widths a posting's side values may take, by their 3-bit code. */
static const uint8_t fhi_width_of_code[8] = {0, 1, 2, 4, 8, 16, 32, 32};

static inline unsigned fhi_code_of_width(unsigned width)
{
    unsigned code = 0;
    while (fhi_width_of_code[code] < width)
        code++;
    return code;
}

/* How many of its 32 bits the table of ids leaves off a hash: few ids are then taken for another at first. */
static inline unsigned fhi_id_hash_shift(uint32_t doc_count)
{
    const unsigned bits = fhi_bits_of(doc_count) + 7;
    return bits < 32 ? 32 - bits : 0;
}

enum { FHI_GAPS_HIGH = 0x80 }; /* of the width of gaps: some have bits above it */

/* Form code of a posting: the form all its occurrences share, or 1 for several. */
enum {
    FHI_FORM_MIXED = 1,
    FHI_MIXED_STEP = 4,     /* a mixed record begins with its first form times this, and how many forms more than two */
    FHI_MIXED_NEXT_STEP = 4 /* every other form times this, and the frequency of the one before */
};

static inline uint32_t fhi_form_code(uint32_t ordinal)
{
    return ordinal == 0 ? 0 : ordinal + 1;
}

static inline uint32_t fhi_form_of_code(uint32_t code)
{
    return code == 0 ? 0 : code - 1;
}

/* The beginning of a mixed record: answers how many forms it names, the first of them in *form. */
static inline uint64_t fhi_mixed_begin(fhi_span *record, uint32_t *form)
{
    const uint64_t head = fhi_span_get_varint(record), more = head % FHI_MIXED_STEP;
    *form = (uint32_t)(head / FHI_MIXED_STEP);
    return 2 + more + (more == FHI_MIXED_STEP - 1 ? fhi_span_get_varint(record) : 0);
}

/* The frequency of the form before, and the next form. */
static inline uint64_t fhi_mixed_next(fhi_span *record, uint32_t *form)
{
    const uint64_t head = fhi_span_get_varint(record), freq = head % FHI_MIXED_NEXT_STEP;
    *form = (uint32_t)(head / FHI_MIXED_NEXT_STEP);
    return 1 + freq + (freq == FHI_MIXED_NEXT_STEP - 1 ? fhi_span_get_varint(record) : 0);
}

#endif
