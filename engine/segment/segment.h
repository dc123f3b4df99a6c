/* segment.h - what one immutable segment holds, how it is written, and how it is read.
 *
 * A segment is one file. Documents are numbered from 0 in the order they were added. A term's postings are
 * kept per stem; the exact forms of a stem are told apart inside its postings (FORMAT.md, section 5), so one
 * list answers `mot`, `=mot` and the literal phrase. Readers map the file read-only and are safe to share
 * between threads; a writer belongs to one thread.
 *
 * Terms are byte strings with a one-byte namespace in front (FHI_NS_*).
 */
#ifndef FHI_SEGMENT_H
#define FHI_SEGMENT_H

#include "engine/base/base.h"
#include "engine/base/vfs.h"

enum {
    FHI_NS_DATE = 'd', /* "d20251120" */
    FHI_NS_PAIR = 'p', /* "p" + stem + 0 + stem: two frequent ones side by side (pairs.h) */
    FHI_NS_STEM = 's', /* "s" + stem; the only one of words that the `words` analyzer fills */

    FHI_FIELD_GAP = 16,              /* positions left free between title and body: no phrase crosses */
    FHI_DOCS_MAX = 0x7FFFFF00,       /* documents in one segment */
    FHI_POSITION_MAX = (1 << 28) - 1 /* largest position in one document */
};

/* Whether a term is a pair. */
static inline bool fhi_term_is_pair(fh_str term)
{
    return term.len > 0 && term.ptr[0] == FHI_NS_PAIR && memchr(term.ptr, 0, term.len);
}

/* ---- settings of an index, kept in its manifest: stored bounds depend on them ---- */
typedef struct fhi_settings {
    float k1;
    float b;
    float exact_weight;   /* of the exact form beside the stem; 0 for `words` */
    uint8_t title_weight; /* weight of one occurrence by zone; a frequency is the sum of these weights */
    uint8_t lead_weight;  /* divided by body_weight: press 4,3,2 (x2, x1.5, x1), words 1,1,1 */
    uint8_t body_weight;
    uint32_t analyzer_id; /* fh_analyzer_id */
    char analyzer[16];    /* "press" or "words" */
} fhi_settings;

void fhi_settings_press(fhi_settings *settings, uint32_t analyzer_id);
void fhi_settings_words(fhi_settings *settings, uint32_t analyzer_id);

/* ---- document lengths in one byte ---- */
uint8_t fhi_norm_of_length(uint32_t length); /* rounds down to a representable length; monotone */
uint32_t fhi_length_of_norm(uint8_t norm);   /* exact below 40, then 3 significant bits */

/* K = k1 * (1 - b + b * length / average) for each length byte: a term's share of the score is tf / (tf + K). */
void fhi_length_table(const fhi_settings *settings, float average_length, float k_of_norm[256]);

/* ---- columns: one value per document, compared by folded key ---- */
typedef enum fhi_column {
    FHI_COLUMN_SOURCE,
    FHI_COLUMN_SECTION,
    FHI_COLUMN_REGION,
    FHI_COLUMN_AUTHOR,
    FHI_COLUMN_LANG,
    FHI_COLUMN_COUNT
} fhi_column;

typedef struct fhi_column_value {
    fh_str value; /* as written; empty when the article has none */
    fh_str key;   /* fh_analyzer_fold of it */
} fhi_column_value;

/* ---- one document as the writer takes it ---- */
typedef struct fhi_doc {
    fh_str id;
    uint32_t day;          /* YYYYMMDD as written, 00 for unknown parts; 0 when the article has no date */
    uint16_t minute;       /* of that day as written */
    uint32_t length;       /* sum of the weights of its tokens but JOINED and DATE, / body_weight, rounded half up */
    uint32_t title_end;    /* positions [0, title_end) are the title */
    uint32_t lead_end;     /* positions [title_end, lead_end) weigh as lead (the gap between is empty) */
    uint32_t position_end; /* one past the last position; 0 for an empty document */
    fhi_column_value columns[FHI_COLUMN_COUNT];
    fh_str frame;          /* stored article, already compressed by fhi_store_compress */
    uint32_t record_bytes; /* length before compression */
} fhi_doc;

/* ---- one term's postings, decoded; what the writer takes and the merge reads ---- */
typedef struct fhi_list {
    uint32_t doc_count;
    uint32_t position_count;   /* 0: a pair, which tells no positions */
    const uint32_t *docs;      /* doc_count, increasing */
    const uint32_t *counts;    /* doc_count, occurrences in each, >= 1 */
    const uint32_t *positions; /* position_count, by document, non-decreasing inside one */
    const uint32_t *forms;     /* position_count, ordinal of the exact form at each position, dense; NULL: all 0 */
} fhi_list;

/* An exact form of a stem: key for prefix search and literal search. Order: by fold; of one fold the form that equals
 * it first, then by exact. */
typedef struct fhi_form {
    fh_str fold;           /* folded form: no accent; prefix search runs over it */
    fh_str exact;          /* exact form */
    uint32_t term_ordinal; /* of its stem: how many terms were added before that one */
    uint32_t ordinal;      /* among the forms of that stem, dense from 0; the most frequent first costs least */
    uint32_t df;           /* documents that hold this form */
} fhi_form;

/* ---- writing ----
 * Order: create, add_doc for every document, then add_term in increasing byte order of the term, add_form in
 * increasing order, then finish. A writer keeps the first error; finish reports it. destroy before finish removes
 * the temporary file. Codes: FH_E_IO, FH_E_NOMEM, FH_E_LIMIT, FH_E_INVALID (order). */
typedef struct fhi_segment_writer fhi_segment_writer;

fh_status fhi_segment_writer_create(const fhi_vfs *vfs, const char *directory, uint64_t segment_id,
                                    const fhi_settings *settings, fhi_segment_writer **out, fh_err *err);
/* Store dictionary that the frames of the following documents were compressed with; "" for none. May be called
 * several times: a merge keeps frames as they are. */
void fhi_segment_writer_store_dictionary(fhi_segment_writer *writer, fh_str dictionary);
void fhi_segment_writer_add_doc(fhi_segment_writer *writer, const fhi_doc *doc);
void fhi_segment_writer_add_term(fhi_segment_writer *writer, fh_str term, const fhi_list *list);
void fhi_segment_writer_add_form(fhi_segment_writer *writer, const fhi_form *form);
const fhi_vfs *fhi_segment_writer_vfs(const fhi_segment_writer *writer);
const char *fhi_segment_writer_path(const fhi_segment_writer *writer); /* of the file once it is whole */
uint32_t fhi_segment_writer_doc_count(const fhi_segment_writer *writer);
fh_status fhi_segment_writer_status(const fhi_segment_writer *writer); /* the sticky status */

typedef struct fhi_segment_info {
    uint64_t id;
    uint64_t file_bytes;
    uint64_t
        length_sum;     /* of document lengths, exact until a merge drops documents: average = length_sum / doc_count */
    uint64_t raw_bytes; /* of stored records before compression */
    uint64_t delete_id; /* number in the name of its .del file; 0 when nothing is deleted */
    uint32_t doc_count; /* including deleted ones */
    uint32_t deleted_count;
} fhi_segment_info;

fh_status fhi_segment_writer_finish(fhi_segment_writer *writer, fhi_segment_info *info, fh_err *err); /* file synced */
void fhi_segment_writer_destroy(fhi_segment_writer *writer); /* NULL is allowed */

/* File name of a segment inside its directory, e.g. "0000000000000007.seg". */
enum { FHI_SEGMENT_NAME_BYTES = 64 };
void fhi_segment_name(uint64_t segment_id, char name[FHI_SEGMENT_NAME_BYTES]);

/* ---- reading ---- */
typedef struct fhi_segment fhi_segment;

/* Verifies header, footer and directories. Codes: FH_E_IO, FH_E_CORRUPT, FH_E_TOO_OLD, FH_E_TOO_NEW,
 * FH_E_ANALYZER, FH_E_NOMEM. */
fh_status fhi_segment_open(const fhi_vfs *vfs, const char *directory, uint64_t segment_id, const fhi_settings *settings,
                           fhi_segment **out, fh_err *err);
void fhi_segment_close(fhi_segment *segment); /* NULL is allowed */
/* Every checksum of the file and the structure of every list; err names file and offset of the first damage. */
fh_status fhi_segment_check(const fhi_segment *segment, fh_err *err);

uint32_t fhi_segment_doc_count(const fhi_segment *segment);
/* Of the checksums of all its sections: another one for another content, deletes left out. */
uint64_t fhi_segment_digest(const fhi_segment *segment);
const char *fhi_segment_path(const fhi_segment *segment);

/* Bytes by part, for `fihrist stat`: name and bytes of part i; false past the last. */
bool fhi_segment_part(const fhi_segment *segment, unsigned i, const char **name, uint64_t *bytes);
const char *fhi_segment_kernels(const fhi_segment *segment); /* name of the kernels in use */

/* Documents: doc < doc_count. */
uint32_t fhi_segment_day(const fhi_segment *segment, uint32_t doc);
uint16_t fhi_segment_minute(const fhi_segment *segment, uint32_t doc);
uint32_t fhi_segment_title_end(const fhi_segment *segment, uint32_t doc);
uint32_t fhi_segment_lead_end(const fhi_segment *segment, uint32_t doc);
uint32_t fhi_segment_position_end(const fhi_segment *segment, uint32_t doc); /* upper bound: a power of two, or 0 */
const uint8_t *fhi_segment_norms(const fhi_segment *segment); /* doc_count bytes, padded to a multiple of 256 */
uint32_t fhi_segment_column_ordinal(const fhi_segment *segment, fhi_column column, uint32_t doc);
uint32_t fhi_segment_column_value_count(const fhi_segment *segment, fhi_column column);
fhi_column_value fhi_segment_column_value(const fhi_segment *segment, fhi_column column, uint32_t ordinal);
/* Of the documents first + i where docs has bit i: adds one to the count of each one's ordinal (there are value_count
 * counts), or gives their days in order and answers how many. */
void fhi_segment_column_count(const fhi_segment *segment, fhi_column column, uint32_t first, uint64_t docs,
                              uint32_t *counts);
uint32_t fhi_segment_days(const fhi_segment *segment, uint32_t first, uint64_t docs, uint32_t days[64]);

/* Stored article of a document into *record (cleared first). Codes: FH_E_CORRUPT, FH_E_NOMEM. */
fh_status fhi_segment_record(const fhi_segment *segment, uint32_t doc, fhi_buf *record, fh_err *err);
/* The same with a decompressor of the caller's, for who reads many: making one costs more than using it. */
typedef struct fhi_store_decompressor fhi_store_decompressor; /* one per thread */
fh_status fhi_store_decompressor_create(fhi_store_decompressor **out);
void fhi_store_decompressor_destroy(fhi_store_decompressor *decompressor); /* NULL is allowed */
fh_status fhi_segment_record_with(const fhi_segment *segment, uint32_t doc, fhi_store_decompressor *decompressor,
                                  fhi_buf *record, fh_err *err);
/* Its id, copied into *id (cleared first). */
fh_status fhi_segment_doc_id(const fhi_segment *segment, uint32_t doc, fhi_buf *id, fh_err *err);
fh_status fhi_segment_doc_id_with(const fhi_segment *segment, uint32_t doc, fhi_store_decompressor *decompressor,
                                  fhi_buf *id, fh_err *err);
/* Its frame as it lies in the file, with the dictionary it needs: what a merge copies. */
fh_status fhi_segment_frame(const fhi_segment *segment, uint32_t doc, fh_str *frame, uint32_t *record_bytes,
                            fh_str *dictionary, fh_err *err);

/* Document with this id, or FH_E_NOT_FOUND. Deletes are not looked at. */
fh_status fhi_segment_find_id(const fhi_segment *segment, fh_str id, uint32_t *doc, fh_err *err);

/* Terms. A term_info is a value; it stays usable while the segment is open. */
typedef struct fhi_term_info {
    uint32_t ordinal;    /* rank among the terms of this segment */
    uint32_t df;         /* documents, including deleted ones */
    uint32_t form_count; /* exact forms; 1 when not told apart; 0: a pair, which tells no positions */
    uint64_t offset;     /* of its postings in the postings section */
    uint64_t bytes;
} fhi_term_info;

fh_status fhi_terms_find(const fhi_segment *segment, fh_str term, fhi_term_info *info); /* or FH_E_NOT_FOUND */
fh_status fhi_terms_at(const fhi_segment *segment, uint32_t ordinal, fhi_term_info *info);
uint32_t fhi_terms_count(const fhi_segment *segment);

typedef struct fhi_form_info {
    uint32_t term_ordinal;
    uint32_t form; /* ordinal among the forms of that term */
    uint32_t df;
} fhi_form_info;

fh_status fhi_forms_find(const fhi_segment *segment, fh_str fold, fh_str exact, fhi_form_info *info);
uint32_t fhi_forms_count(const fhi_segment *segment);
/* The order in which a dictionary has two forms of one fold that both differ from it. */
int fhi_form_compare(fh_str fold, fh_str a, fh_str b);

/* Walks in byte order all terms (forms) whose bytes (fold) start with `prefix`. Stops early when `seen` answers
 * false. The strings live during the call only. */
typedef bool (*fhi_term_seen)(void *argument, fh_str term, const fhi_term_info *info);
typedef bool (*fhi_form_seen)(void *argument, fh_str fold, fh_str exact, const fhi_form_info *info);
fh_status fhi_terms_scan(const fhi_segment *segment, fh_str prefix, fhi_term_seen seen, void *argument);
fh_status fhi_forms_scan(const fhi_segment *segment, fh_str prefix, fhi_form_seen seen, void *argument);

/* The same one at a time, for who walks several segments at once: call next, then ask what it found. */
typedef struct fhi_walk fhi_walk;
fh_status fhi_walk_terms(const fhi_segment *segment, fhi_walk **out); /* FH_E_NOMEM */
fh_status fhi_walk_forms(const fhi_segment *segment, fhi_walk **out);
void fhi_walk_destroy(fhi_walk *walk); /* NULL is allowed */
/* *key: as in FORMAT.md, section 6; it lives until the next call. FH_E_NOT_FOUND past the last; FH_E_CORRUPT also where
 * keys do not increase. */
fh_status fhi_walk_next(fhi_walk *walk, fh_str *key);
fh_status fhi_walk_term(const fhi_walk *walk, fhi_term_info *info);
fh_status fhi_walk_form(fhi_walk *walk, fh_str *fold, fh_str *exact, fhi_form_info *info);

/* Decodes a whole list into arrays owned by the scratch, for merging and checking. Reusable. */
typedef struct fhi_list_scratch {
    uint32_t *words;
    size_t capacity;
} fhi_list_scratch;
void fhi_list_scratch_fini(fhi_list_scratch *scratch);
fh_status fhi_list_decode(const fhi_segment *segment, const fhi_term_info *info, fhi_list_scratch *scratch,
                          fhi_list *list);

/* ---- stored articles: compression with a trained dictionary ----
 * What a record holds is the business of include/fihrist/record.h; here it is bytes. */
typedef struct fhi_store_compressor fhi_store_compressor; /* one per thread */
/* Trains a store dictionary from records lying one after the other; an empty one when there is too little. */
fh_status fhi_store_train(const uint8_t *records, const size_t *record_bytes, size_t record_count, fhi_buf *dictionary);
/* The dictionary stays the caller's and must outlive the compressor. Codes: FH_E_NOMEM, FH_E_CORRUPT. */
fh_status fhi_store_compressor_create(fh_str dictionary, fhi_store_compressor **out);
void fhi_store_compressor_destroy(fhi_store_compressor *compressor);
fh_status fhi_store_compress(fhi_store_compressor *compressor, fh_str record, fhi_buf *frame); /* appends */

#endif
