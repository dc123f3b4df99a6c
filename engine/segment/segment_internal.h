/* segment_internal.h - an open segment as the readers of this room and engine/match see it. */
#ifndef FHI_SEGMENT_INTERNAL_H
#define FHI_SEGMENT_INTERNAL_H

#include "engine/kernel/kernel.h"
#include "engine/segment/columns.h"
#include "engine/segment/dictionary.h"
#include "engine/segment/store.h"

#include <zstd.h>

typedef struct fhi_store_dictionary {
    uint32_t first_doc;
    fh_str bytes;
    fhi_alphabet alphabets[FHI_STORE_CODE_COUNT];
    ZSTD_DDict *by_code[FHI_STORE_CODE_COUNT]; /* NULL where there is none */
} fhi_store_dictionary;

enum { FHI_BOUND_FREQS = 64 };

struct fhi_segment {
    const fhi_vfs *vfs;
    fhi_map map;
    char *path;
    const fhi_kernels *kernels;
    uint64_t id;
    fhi_settings settings;
    uint32_t doc_count;
    uint64_t length_sum;
    uint64_t raw_bytes;
    float average_length;                 /* the stored bounds were computed with it */
    float k_of_norm[256];                 /* at that average */
    uint8_t bounds[FHI_BOUND_FREQS][256]; /* by frequency and length byte: share of the score in 1/255, rounded up */
    bool plain_weights;                   /* all zones weigh the same: frequency / weight = count */
    fhi_span sections[FHI_SECTION_COUNT];
    uint64_t section_offsets[FHI_SECTION_COUNT];
    uint32_t section_crcs[FHI_SECTION_COUNT];
    const uint8_t *norms;
    const uint8_t *widths;
    fhi_packed title_ends, lead_ends, days, minutes;
    fhi_packed id_hashes, id_docs; /* in the order of the hashes */
    fhi_column_reader columns[FHI_COLUMN_COUNT];
    fhi_dictionary terms, forms;
    fhi_store_dictionary *store_dictionaries;
    uint32_t store_dictionary_count;
};

/* Share of the score in 1/255, rounded up, of a frequency in a document of this length. */
uint8_t fhi_segment_compute_bound(const fhi_segment *segment, uint32_t freq, uint8_t norm);

static inline uint8_t fhi_segment_bound(const fhi_segment *segment, uint32_t freq, uint8_t norm)
{
    if (FHI_LIKELY(freq < FHI_BOUND_FREQS)) return segment->bounds[freq][norm];
    return fhi_segment_compute_bound(segment, freq, norm);
}

/* A term as its entry tells it. Codes: FH_E_CORRUPT, *info then being empty. */
fh_status fhi_segment_term(const fhi_segment *segment, const fhi_dictionary_entry *entry, fhi_term_info *info);

/* A form as its entry tells it; the strings are of the entry, or in `room`. Codes: FH_E_CORRUPT. */
fh_status fhi_segment_form(const fhi_dictionary_entry *entry, char room[FHI_KEY_BYTES_MAX], fh_str *fold, fh_str *exact,
                           fhi_form_info *info);
void fhi_segment_form_info(const fhi_dictionary_entry *entry, fhi_form_info *info);

/* No list of these sizes holds more occurrences: one takes a bit at least, but in documents of a single position. */
static inline uint64_t fhi_term_occurrences_max(const fhi_term_info *info)
{
    return info->bytes * 8 + (uint64_t)info->df * FHI_PLACE_COUNT_MAX;
}

/* Damage inside a section: fills err with the file and the offset in it. */
fh_status fhi_segment_damaged(const fhi_segment *segment, fhi_section section, uint64_t offset, fh_err *err,
                              const char *what);

#endif
