/* postings_reader.h - a cursor over one term's postings in one segment, by chunk and range.
 *
 * enter() brings one chunk of 65,536 documents into view, bound() gives an upper bound of the term's share of the
 * score for its ranges of 256; load() gives the documents of one range as a bitmap; tail() their
 * frequencies; positions() the positions of one posting. Ranges of a chunk may be visited in any order.
 * All memory comes from the arena given at init. A damaged list sets `status` and gives empty answers from then on.
 */
#ifndef FHI_POSTINGS_READER_H
#define FHI_POSTINGS_READER_H

#include "engine/segment/segment_internal.h"

/* Forms to tell apart: `form_freqs` then counts only their occurrences. NULL: no form is asked for. */
typedef struct fhi_form_set {
    const uint32_t *forms; /* increasing */
    uint32_t count;
} fhi_form_set;

enum { FHI_TAIL_SLACK = 8 }; /* values that decoding may write past the last */

/* Postings of one term in one range. */
typedef struct fhi_block {
    uint64_t mask[4];            /* bit d: document d of the range */
    uint32_t count;              /* postings */
    uint32_t run_first;          /* sparse: index of the first posting in the cursor's run */
    const uint8_t *payload;      /* dense: start of the payload, NULL when there is none */
    const uint32_t *freqs;       /* after tail(): weighted frequencies; here or in the cursor's run */
    const uint32_t *form_freqs;  /* after tail(): the same of the forms asked for */
    uint8_t ids[FHI_RANGE_DOCS]; /* after tail(): documents in increasing order */
    uint32_t own_freqs[FHI_RANGE_DOCS + FHI_TAIL_SLACK];
    uint32_t own_form_freqs[FHI_RANGE_DOCS];
} fhi_block;

/* Decoded side values of a group of postings: a dense range, or a block of 128 of a run. */
typedef struct fhi_tail {
    const uint8_t *end;    /* first byte after the tail; NULL when damaged */
    const uint8_t **mixed; /* per posting: its mixed record, or NULL; NULL when forms are not told apart */
    uint32_t *freqs;
    uint32_t *codes; /* form codes; NULL when forms are not told apart */
} fhi_tail;

typedef struct fhi_cursor {
    const fhi_segment *segment;
    const fhi_form_set *wanted;
    fhi_arena *arena;
    fh_status status;
    const uint8_t *list, *list_end;
    uint32_t df;
    uint32_t unit; /* weight of an occurrence in the body */
    bool forms_told;
    uint8_t kind; /* 0 tiny, else FHI_LIST_* */
    /* chunks of a chunked list */
    const uint8_t *entries;
    uint32_t entry_count;
    uint32_t entry_next;
    /* the chunk in view */
    uint32_t chunk; /* UINT32_MAX: none */
    bool dense;
    uint64_t present[4];                              /* ranges that hold postings */
    const uint8_t *bases, *position_bases, *locators; /* dense */
    const uint8_t *payloads, *payloads_end, *positions_start, *positions_end;
    /* sparse, flat and tiny: the decoded run */
    uint32_t run_count, run_capacity;
    uint32_t *run_docs, *run_freqs, *run_codes, *run_form_freqs;
    const uint8_t **run_mixed;
    uint32_t *run_position_starts;   /* tiny: index into tiny_positions; run_count + 1 of them */
    const uint8_t **block_positions; /* per block of 128: its position block; one more for the end */
    uint32_t run_end;                /* one past the chunk's last posting in the run */
    uint32_t *tiny_positions, *tiny_forms;
    /* the position block last opened */
    const void *opened; /* what it belongs to: a dense payload, or an element of block_positions; blocks may be empty,
                           so two of them may start at the same byte */
    const uint8_t *opened_bits;
    uint32_t *opened_counts;
    uint64_t *opened_starts; /* bit of each posting's first position */
    uint32_t *opened_codes;
    const uint8_t **opened_mixed;
    uint32_t *names; /* forms that one mixed record names; scratch */
    uint32_t names_room;
    /* large arrays, from bounds on, are not cleared at init */
    uint8_t bounds[FHI_CHUNK_RANGES];        /* by range; after bound() of it */
    uint8_t quarters[FHI_CHUNK_RANGES];      /* by range: bit q set when documents [64 q, 64 q + 64) hold postings */
    uint32_t range_starts[FHI_CHUNK_RANGES]; /* of the chunk in view; only where quarters are not 0 */
} fhi_cursor;

fh_status fhi_cursor_init(fhi_cursor *cursor, const fhi_segment *segment, const fhi_term_info *info,
                          const fhi_form_set *wanted, fhi_arena *arena);

/* False when the chunk holds nothing of this term; present is then empty. */
bool fhi_cursor_enter(fhi_cursor *cursor, uint32_t chunk);

/* Fills bounds for those of the given ranges that are present: at least the largest share of the score, in 1/255. */
void fhi_cursor_bound(fhi_cursor *cursor, const uint64_t ranges[4]);

/* Upper bound for any document of a chunk, without entering it; 0 when it holds nothing. */
uint8_t fhi_cursor_chunk_bound(const fhi_cursor *cursor, uint32_t chunk);

/* Asks for the bytes that load() of a range will want, some time ahead. */
static inline void fhi_cursor_prefetch(const fhi_cursor *cursor, uint32_t range)
{
    if (!cursor->dense || cursor->quarters[range] == 0) return;
    const uint32_t base = fhi_load32(cursor->bases + (size_t)(range / FHI_GROUP_RANGES) * 4);
    const uint8_t *payload = cursor->payloads + base + (fhi_load16(cursor->locators + (size_t)range * 2) & 0xFFF);
    __builtin_prefetch(payload); /* of any address: a damaged one does no harm */
    __builtin_prefetch(payload + 64);
}

/* Documents of one range of the chunk in view. */
void fhi_cursor_load(fhi_cursor *cursor, uint32_t range, fhi_block *block);
void fhi_cursor_tail(fhi_cursor *cursor, fhi_block *block); /* after load of the same range */
/* Frequencies of one posting of a block after load(), without the rest; false when they cannot be told alone. */
bool fhi_cursor_freq(const fhi_cursor *cursor, const fhi_block *block, uint32_t i, uint32_t *freq, uint32_t *form_freq);

/* Positions of posting i of a block after load() (tail() is not needed), increasing, into to[0..]; only of the wanted
 * forms when wanted_only. forms, unless NULL, takes the form at each. room is the space at both. Answers how many there
 * are: when more than room, nothing was written. */
uint32_t fhi_cursor_positions(fhi_cursor *cursor, uint32_t range, fhi_block *block, uint32_t i, bool wanted_only,
                              uint32_t *to, uint32_t *forms, uint32_t room);

/* Bit i: byte i of 64 is not 0. */
static inline uint64_t fhi_nonzero_bytes(const uint8_t bytes[64])
{
    const uint64_t low = 0x7F7F7F7F7F7F7F7F;
    uint64_t bits = 0;
    for (uint32_t i = 0; i < 8; i++) {
        const uint64_t eight = fhi_load64(bytes + i * 8);
        const uint64_t flags = (((eight & low) + low) | eight) & ~low;
        bits |= ((flags >> 7) * 0x0102040810204080 >> 56) << (i * 8);
    }
    return bits;
}

/* Index of document d of the range among the block's postings, or UINT32_MAX. */
static inline uint32_t fhi_block_index(const fhi_block *block, uint32_t d)
{
    const uint32_t word = d / 64;
    if (!(block->mask[word] >> (d % 64) & 1)) return UINT32_MAX;
    uint32_t index = fhi_popcount64(block->mask[word] & ((UINT64_C(1) << (d % 64)) - 1));
    for (uint32_t i = 0; i < word; i++)
        index += fhi_popcount64(block->mask[i]);
    return index;
}

/* ---- shared with list_decode.c ---- */

/* Decodes count postings' frequencies and, when forms_told, form codes and mixed records; tail->end is right only
 * when the forms, if there are any, are decoded too. */
bool fhi_tail_decode(const uint8_t *from, const uint8_t *end, uint32_t count, uint32_t unit, bool forms_told,
                     fhi_tail *tail);

/* Opens a position block: counts and the bit at which each posting starts. docs[i] are documents of the segment. */
bool fhi_positions_open(const fhi_segment *segment, const uint8_t *from, const uint8_t *end, uint32_t count,
                        const uint32_t *docs, const uint32_t *freqs, const uint32_t *codes, const uint8_t *const *mixed,
                        const uint8_t **bits, uint32_t *counts, uint64_t *starts);

/* Form of each occurrence of a mixed posting: index bits of this width follow its positions. */
unsigned fhi_mixed_width(const uint8_t *record, const uint8_t *end);

#endif
