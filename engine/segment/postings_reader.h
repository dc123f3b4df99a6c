/* postings_reader.h - a cursor over one term's postings in one segment.
 *
 * enter() brings one chunk of 65,536 documents into view. From there on there are two ways to read it:
 *   by range of 256 documents, everything in it, exactly: load(), tail(), positions(). For merges, check and tests.
 *   by quarter of a range, 64 documents, for queries: survey() says which hold postings, bound() how much they may
 *   score, mask() gives the documents of one and lanes() their frequencies, a byte each, positions of a document
 * spots(). Ranges and quarters of a chunk may be visited in any order. All memory comes from the arena given at init. A
 * damaged list sets `status` and gives empty answers from then on.
 */
#ifndef FHI_POSTINGS_READER_H
#define FHI_POSTINGS_READER_H

#include "engine/segment/segment_internal.h"

/* Forms to tell apart: `form_freqs` then counts only their occurrences. NULL: no form is asked for. */
typedef struct fhi_form_set {
    const uint32_t *forms; /* increasing */
    uint32_t count;
} fhi_form_set;

enum {
    FHI_TAIL_SLACK = 8, /* values that decoding may write past the last */
    FHI_MASKS_MAX = 16  /* quarters that masks() is asked for at once */
};

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
    uint64_t place;        /* of its position block, from that of the first range of its group; of a run 0 */
    const uint8_t **mixed; /* per posting: its mixed record, or NULL; NULL when forms are not told apart */
    uint32_t *freqs;
    uint32_t *codes; /* form codes; NULL when forms are not told apart */
} fhi_tail;

/* A decoded run as queries see it: the chunk in view by quarter. Only what is present has values. */
typedef struct fhi_run_view {
    uint64_t masks[FHI_CHUNK_QUARTERS];  /* documents */
    uint32_t firsts[FHI_CHUNK_QUARTERS]; /* index in the run of the first of them */
    bool filled;                         /* what follows is told; it is when it is first asked for */
    uint8_t *freqs;                      /* by index in the run, at most 255; FHI_KERNEL_SLACK readable ones more */
    uint8_t *form_freqs;                 /* the same of the forms asked for; NULL: none asked for */
    uint32_t room;                       /* postings */
} fhi_run_view;

/* The payload of a dense range; its parts once they are asked for. */
typedef struct fhi_dense_view {
    const uint8_t *payload;              /* of the quarter whose mask() was asked last */
    const uint8_t *parsed;               /* the payload that the rest is of; NULL: none */
    uint32_t count;                      /* postings */
    const uint8_t *freqs, *forms, *rest; /* packed, packed, varints */
    unsigned freq_width, form_width;
} fhi_dense_view;

/* The frequencies of a dense range, exactly; forms are counted for the posting that is asked for. */
typedef struct fhi_exact_view {
    uint32_t range; /* UINT32_MAX: none */
    uint32_t freqs[FHI_RANGE_DOCS + FHI_TAIL_SLACK], codes[FHI_RANGE_DOCS + FHI_TAIL_SLACK];
    const uint8_t *mixed[FHI_RANGE_DOCS];
} fhi_exact_view;

/* Where the positions of a dense range begin: of one with few postings at once, else quarter by quarter, as far as
 * known. */
typedef struct fhi_spot_view {
    uint32_t range; /* UINT32_MAX: none */
    uint32_t known; /* quarters whose starts are known, the first ones */
    bool plain;     /* can be told from lanes: no posting has 255 in weight or more */
    const uint8_t *deficits;
    unsigned deficit_width;
    const uint8_t *bits;
    uint64_t starts[FHI_RANGE_QUARTERS + 1];
    uint64_t masks[FHI_RANGE_QUARTERS];
    uint8_t counts[FHI_RANGE_QUARTERS][FHI_QUARTER_DOCS]; /* occurrences */
    bool few;                                             /* then instead, by rank: */
    uint8_t few_counts[FHI_QUARTER_DOCS];
    uint32_t few_starts[FHI_IDS_MAX];
} fhi_spot_view;

typedef struct fhi_cursor {
    const fhi_segment *segment;
    const fhi_kernels *kernels;
    const fhi_form_set *wanted;
    fhi_arena *arena;
    fh_status status;
    const uint8_t *list, *list_end;
    uint32_t df;
    uint32_t unit; /* weight of an occurrence in the body */
    bool placed;   /* positions are told; if not, whoever asks for some finds the list damaged */
    bool forms_told;
    bool docs_only; /* of runs nothing but the documents is decoded */
    uint8_t kind;   /* 0 tiny, else FHI_LIST_* */
    /* chunks of a chunked list */
    const uint8_t *entries;
    uint32_t entry_count;
    /* the chunk in view */
    uint32_t chunk; /* UINT32_MAX: none */
    bool dense;
    bool full;                                                 /* dense: bounds by quarter, not by range */
    uint8_t shift;                                             /* dense: offsets in locators count 2^shift bytes */
    uint32_t range_count;                                      /* dense */
    const uint8_t *bases, *position_bases, *locators, *bounds; /* dense */
    const uint8_t *payloads, *payloads_end, *positions_start, *positions_end;
    /* sparse, flat and tiny: the decoded run */
    uint32_t run_count, run_capacity;
    uint32_t *run_docs, *run_freqs, *run_codes, *run_form_freqs;
    const uint8_t **run_mixed;
    uint32_t *run_position_starts;   /* tiny: index into tiny_positions; run_count + 1 of them */
    const uint8_t **block_positions; /* per block of 128: its position block; one more for the end */
    uint32_t run_first, run_end;     /* postings of the chunk in view */
    uint32_t *tiny_positions, *tiny_forms;
    /* the position block last opened */
    const void *opened; /* what it belongs to: a dense payload, or an element of block_positions; blocks may be empty,
                           so two of them may start at the same byte */
    const uint8_t *opened_bits;
    uint32_t *opened_counts;
    uint64_t *opened_starts, *opened_form_starts; /* bit of each posting's first position, of its first form index */
    uint32_t *opened_codes;
    const uint8_t **opened_mixed;
    uint32_t *names; /* forms that one mixed record names; scratch */
    uint32_t names_room;
    /* by quarter */
    uint64_t present[FHI_QUARTER_WORDS]; /* after survey() */
    fhi_run_view *run;
    fhi_dense_view view;
    fhi_spot_view *spots;
    fhi_block *block; /* the range last asked for exactly: load() of it */
    uint32_t block_range;
    fhi_exact_view *exact;
} fhi_cursor;

fh_status fhi_cursor_init(fhi_cursor *cursor, const fhi_segment *segment, const fhi_term_info *info,
                          const fhi_form_set *wanted, fhi_arena *arena);
/* The same for who will ask which documents are there, and for no bound, frequency, form or position. */
fh_status fhi_cursor_init_docs(fhi_cursor *cursor, const fhi_segment *segment, const fhi_term_info *info,
                               fhi_arena *arena);

/* Asks for the first bytes of a list, some time before init. */
static inline void fhi_list_prefetch(const fhi_segment *segment, const fhi_term_info *info)
{
    enum { AHEAD_BYTES = 1024, LINE_BYTES = 64 };
    const uint8_t *list = segment->sections[FHI_SECTION_POSTINGS].data + info->offset;
    for (uint64_t at = 0; at < info->bytes && at < AHEAD_BYTES; at += LINE_BYTES)
        __builtin_prefetch(list + at);
}

/* False when the chunk holds nothing of this term. */
bool fhi_cursor_enter(fhi_cursor *cursor, uint32_t chunk);

/* Asks for the head of a chunk, some time before it is entered. */
void fhi_cursor_prefetch_chunk(const fhi_cursor *cursor, uint32_t chunk);

/* Upper bound for any document of a chunk, without entering it; 0 when it holds nothing. */
uint8_t fhi_cursor_chunk_bound(const fhi_cursor *cursor, uint32_t chunk);

/* ---- by range ---- */

/* Ranges of the chunk in view that hold postings, one bit each. */
void fhi_cursor_ranges(const fhi_cursor *cursor, uint64_t ranges[4]);
/* Documents of one range of the chunk in view. */
void fhi_cursor_load(fhi_cursor *cursor, uint32_t range, fhi_block *block);
void fhi_cursor_tail(fhi_cursor *cursor, fhi_block *block); /* after load of the same range */
/* Positions of posting i of a block after load() (tail() is not needed), increasing, into to[0..]; only of the wanted
 * forms when wanted_only. forms, unless NULL, takes the form at each. room is the space at both. Answers how many there
 * are: when more than room, nothing was written. */
uint32_t fhi_cursor_positions(fhi_cursor *cursor, uint32_t range, fhi_block *block, uint32_t i, bool wanted_only,
                              uint32_t *to, uint32_t *forms, uint32_t room);

/* ---- by quarter ---- */

/* Fills present for the chunk entered; among, unless NULL, says which quarters will be asked for at most. */
void fhi_cursor_survey(fhi_cursor *cursor, const uint64_t *among);
/* Upper bounds of the quarters among, in 1/255; 0 where there is nothing. After survey(). */
void fhi_cursor_bound(fhi_cursor *cursor, const uint64_t among[FHI_QUARTER_WORDS], uint8_t bounds[FHI_CHUNK_QUARTERS]);
/* Frequencies, and those of the wanted forms unless form_lanes is NULL, of the quarter whose mask() was asked last.
 * Answers the documents for which a lane is not exact: 255 stands for 255 or more, and a lane of forms may be too high.
 */
uint64_t fhi_cursor_lanes(fhi_cursor *cursor, uint32_t first, uint64_t mask, uint8_t lanes[FHI_QUARTER_DOCS],
                          uint8_t *form_lanes);
/* The exact frequencies of one document of a quarter. */
void fhi_cursor_freqs(fhi_cursor *cursor, uint32_t quarter, uint32_t doc, uint32_t *freq, uint32_t *form_freq);
/* Whether a document of a quarter is in the list. */
bool fhi_cursor_holds(fhi_cursor *cursor, uint32_t quarter, uint32_t doc);
/* As positions(), of one document of a quarter that is in the list. */
uint32_t fhi_cursor_spots(fhi_cursor *cursor, uint32_t quarter, uint32_t doc, bool wanted_only, uint32_t *to,
                          uint32_t room);

/* Where the positions of a document of a quarter stand; false when only spots() can tell. Of one that is not in the
 * list: none, or false. After survey(). */
typedef struct fhi_spot {
    const uint8_t *bits;
    uint64_t bit; /* of the first position, from bits */
    uint32_t count;
    unsigned width; /* of each */
} fhi_spot;
bool fhi_cursor_spot(fhi_cursor *cursor, uint32_t quarter, uint32_t doc, fhi_spot *out);
/* Copies count positions of `width` bits from a bit on. */
void fhi_positions_copy(const uint8_t *bits, uint64_t at, uint32_t count, unsigned width, uint32_t *to);
static inline void fhi_spot_copy(const fhi_spot *spot, uint32_t *to)
{
    fhi_positions_copy(spot->bits, spot->bit, spot->count, spot->width, to);
}

/* Where the payload of a range begins, from the first of its group. */
static inline uint32_t fhi_cursor_offset(const fhi_cursor *cursor, uint32_t range)
{
    const uint32_t locator = fhi_load16(cursor->locators + (size_t)range * 2);
    return (locator & FHI_LOCATOR_OFFSET) << cursor->shift;
}

/* Asks for the bytes that masks() and lanes() of quarters of the chunk in view will want, some time ahead. */
static inline void fhi_cursor_prefetch(const fhi_cursor *cursor, const uint16_t *quarters, uint32_t count)
{
    const uint32_t last = cursor->dense ? cursor->range_count - 1 : 0;
    for (uint32_t i = 0; i < count && cursor->dense; i++) {
        const uint32_t range = quarters[i] / FHI_RANGE_QUARTERS < last ? quarters[i] / FHI_RANGE_QUARTERS : last;
        const uint32_t base = fhi_load32(cursor->bases + (size_t)(range / FHI_GROUP_RANGES) * 4);
        const uint8_t *payload = cursor->payloads + base + fhi_cursor_offset(cursor, range);
        __builtin_prefetch(payload); /* of any address: a damaged one does no harm */
        __builtin_prefetch(payload + 1 + FHI_IDS_MAX);
    }
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

/* ---- shared between postings_*.c and list_decode.c ---- */

/* Marks the cursor damaged, or out of memory; false. */
bool fhi_cursor_corrupt(fhi_cursor *cursor);
bool fhi_cursor_out_of_memory(fhi_cursor *cursor);
bool fhi_form_is_wanted(const fhi_form_set *wanted, uint32_t form);
/* Documents of a loaded block, in order. */
void fhi_block_fill_ids(const fhi_cursor *cursor, fhi_block *block);
/* A dense payload's place; NULL when there is none. Its ids and a byte of its tail are there. */
static inline const uint8_t *fhi_cursor_payload(fhi_cursor *cursor, uint32_t range)
{
    const uint16_t locator = range < cursor->range_count ? fhi_load16(cursor->locators + (size_t)range * 2) : 0;
    if (locator <= FHI_LOCATOR_OFFSET) return NULL;
    const uint64_t offset =
        (uint64_t)fhi_load32(cursor->bases + (size_t)(range / FHI_GROUP_RANGES) * 4) + fhi_cursor_offset(cursor, range);
    const uint64_t room = (uint64_t)(cursor->payloads_end - cursor->payloads);
    if (offset < room && room - offset >= 2) {
        const uint8_t *payload = cursor->payloads + offset;
        const uint32_t count = *payload + 1u;
        if (room - offset - 1 > (count < 32 ? count : 32)) return payload;
    }
    (void)fhi_cursor_corrupt(cursor);
    return NULL;
}

static inline const uint8_t *fhi_payload_tail(const uint8_t *payload)
{
    const uint32_t count = *payload + 1u;
    return payload + 1 + (count < 32 ? count : 32);
}

/* Documents of several quarters, without what lanes() needs to know. After survey(). */
void fhi_cursor_masks(fhi_cursor *cursor, const uint16_t *quarters, uint32_t count, uint64_t *masks);

/* Documents of a quarter; *first is for lanes(). After survey(). */
static inline uint64_t fhi_cursor_mask(fhi_cursor *cursor, uint32_t quarter, uint32_t *first)
{
    *first = 0;
    if (!(cursor->present[quarter / 64] >> (quarter % 64) & 1)) return 0;
    if (!cursor->dense) {
        *first = cursor->run->firsts[quarter];
        return cursor->run->masks[quarter];
    }
    const uint8_t *payload = fhi_cursor_payload(cursor, quarter / FHI_RANGE_QUARTERS);
    cursor->view.payload = payload;
    return payload ? cursor->kernels->pick(payload + 1, *payload + 1u, quarter % FHI_RANGE_QUARTERS, first) : 0;
}

/* False for a list that tells no positions: it was damaged to look like one that does. */
static inline bool fhi_cursor_has_places(fhi_cursor *cursor)
{
    return cursor->placed || fhi_cursor_corrupt(cursor);
}

/* Decodes count postings' frequencies and, when forms_told, form codes and mixed records. placed: it tells a place. */
bool fhi_tail_decode(const fhi_kernels *kernels, const uint8_t *from, const uint8_t *end, uint32_t count, uint32_t unit,
                     bool placed, bool forms_told, fhi_tail *tail);

/* Opens a position block: counts and the bits at which each posting's positions and, with codes, form indexes start.
 * docs[i] are documents of the segment. */
bool fhi_positions_open(const fhi_segment *segment, const uint8_t *from, const uint8_t *end, uint32_t count,
                        const uint32_t *docs, const uint32_t *freqs, const uint32_t *codes, const uint8_t *const *mixed,
                        const uint8_t **bits, uint32_t *counts, uint64_t *starts, uint64_t *form_starts);
/* First posting of a run, in the chunk in view, whose document is at least `doc`. */
uint32_t fhi_run_index(const fhi_cursor *cursor, uint32_t doc);
/* Positions of one posting of the run, as fhi_cursor_positions. */
uint32_t fhi_run_positions(fhi_cursor *cursor, uint32_t index, bool wanted_only, uint32_t *to, uint32_t *forms,
                           uint32_t room);

/* Frequency of the wanted forms in a posting that mixes several. */
uint32_t fhi_mixed_freq(const fhi_form_set *wanted, const uint8_t *record, const uint8_t *end, uint32_t freq);
/* Skips one mixed record; false when it does not fit or names fewer than two forms. */
bool fhi_mixed_skip(fhi_span *span);
/* Form of each occurrence of a mixed posting: index bits of this width follow its positions. */
unsigned fhi_mixed_width(const uint8_t *record, const uint8_t *end);

#endif
