/* inverter.h - articles in, inverted batches out; one per worker.
 *
 * A batch holds some hundred documents. For every distinct term of the batch there is one run: its postings in
 * document order, already encoded, so that the shared index (memory.h) only appends bytes. Terms and words are
 * numbered per inverter; memory.c keeps its own numbers for them in `global` and `form`.
 *
 * A posting of a run, all varints:
 *   (documents since the previous posting << 1) | (one occurrence)    the first posting: 0 documents
 *   occurrences, unless one
 *   per occurrence: (positions since the previous one) << bits | form    form: of the run's own list; bits: see below
 */
#ifndef FHI_INVERTER_H
#define FHI_INVERTER_H

#include "engine/segment/pairs.h"
#include "engine/segment/segment.h"
#include "indexer/article.h"
#include "indexer/strings.h"

#include <fihrist/analyzer.h>

#define FHI_UNKNOWN UINT32_MAX

/* A surface word, by fh_word.id. */
typedef struct fhi_word_state {
    const fh_word *word;
    uint32_t term; /* number in the inverter's terms; FHI_UNKNOWN before first sight */
    uint32_t form; /* ordinal among the forms of its term in the shared index; FHI_UNKNOWN */
} fhi_word_state;

/* The same word in the batch at hand: all that is looked at for every token. */
typedef struct fhi_word_place {
    uint32_t batch; /* last batch it was seen in, from 1 */
    uint32_t run;   /* of its term */
    uint32_t form;  /* its place among the forms of that run */
} fhi_word_place;

typedef struct fhi_term_state {
    uint32_t global; /* number in the shared index; FHI_UNKNOWN */
    uint32_t batch;  /* last batch it was seen in, from 1 */
    uint32_t run;    /* place among the runs of that batch */
} fhi_term_state;

typedef struct fhi_run {
    uint32_t term; /* the inverter's number */
    uint32_t token_count;
    uint32_t posting_count;
    uint32_t first_doc; /* in the batch */
    uint32_t last_doc;
    uint32_t form_at; /* its forms are run_words[form_at, form_at + form_count) */
    uint32_t form_count;
    size_t body_at; /* its postings are bodies[body_at, body_at + body_bytes) */
    size_t body_bytes;
} fhi_run;

typedef struct fhi_token_place {
    uint32_t run;
    uint32_t form; /* of the run */
    uint32_t doc;
    uint32_t position;
} fhi_token_place;

/* A word met in the batch: form `form` of run `run`. */
typedef struct fhi_run_word {
    uint32_t run;
    uint32_t form;
    uint32_t word; /* fh_word.id */
} fhi_run_word;

/* Bytes [at, at + len) of the batch's `bytes` (frames: of `frames`). */
typedef struct fhi_piece {
    size_t at;
    size_t len;
} fhi_piece;

typedef struct fhi_batch_doc {
    fhi_piece id;
    fhi_piece record;
    fhi_piece frame;
    fhi_piece values[FHI_COLUMN_COUNT];
    fhi_piece keys[FHI_COLUMN_COUNT];
    uint32_t day;
    uint32_t length;
    uint32_t title_end;
    uint32_t lead_end;
    uint32_t position_end;
    uint16_t minute;
} fhi_batch_doc;

typedef struct fhi_inverter {
    fh_analyzer *analyzer;
    fhi_settings settings;
    bool told_apart;              /* exact forms are kept */
    const fhi_frequent *frequent; /* the owner's; words whose pairs are kept; NULL: none */
    uint32_t epoch;               /* of the shared index whose numbers `global` and `form` are */
    fhi_strings terms;            /* with namespace byte */
    fhi_term_state *term_states;
    uint32_t term_capacity;
    fhi_word_state *word_states;
    fhi_word_place *word_places;
    uint32_t word_capacity; /* of both */
    fhi_buf key;            /* scratch */
    /* last folded value of each column: neighbours repeat it */
    fhi_buf last_value[FHI_COLUMN_COUNT];
    fhi_buf last_key[FHI_COLUMN_COUNT];
    /* ---- the batch ---- */
    uint32_t batch; /* number, from 1 */
    fhi_batch_doc *docs;
    uint32_t doc_count;
    uint32_t doc_capacity;
    fhi_token_place *tokens;
    fhi_token_place *sorted; /* by run; same capacity */
    size_t token_count;
    size_t token_capacity;
    fhi_run *runs;
    uint32_t run_count;
    uint32_t run_capacity;
    fhi_buf met;         /* fhi_run_word each, in order of first sight; only where forms are told apart */
    uint32_t *run_words; /* sealed: the same by run and form: fh_word.id */
    size_t run_word_capacity;
    fhi_buf bodies;
    fhi_buf bytes;  /* encoded records and folded keys */
    fhi_buf frames; /* compressed records */
} fhi_inverter;

/* Codes: those of fh_analyzer_create. fini may follow a failed init. */
fh_status fhi_inverter_init(fhi_inverter *inverter, const fhi_settings *settings, fh_err *err);
void fhi_inverter_fini(fhi_inverter *inverter);

/* Adds a document. Codes: FH_E_NOMEM; FH_E_UTF8 and FH_E_LIMIT refuse the article and leave the batch as it was. */
fh_status fhi_inverter_add(fhi_inverter *inverter, const fhi_article *article, fh_err *err);

/* The stems that meet in many of the documents of a batch, few of which say nothing. Codes: FH_E_NOMEM. In pairs.c. */
fh_status fhi_inverter_choose_frequent(const fhi_inverter *inverter, fhi_frequent *frequent);
/* Adds the pairs of frequent words to a batch; sealing does it. Codes: FH_E_NOMEM. In pairs.c. */
fh_status fhi_inverter_pair(fhi_inverter *inverter);
/* For pairs: the run of a term that no word has, and a token in it. Codes: FH_E_NOMEM. */
fh_status fhi_inverter_begin_run(fhi_inverter *inverter, fh_str term, uint32_t *run);
fh_status fhi_inverter_put_token(fhi_inverter *inverter, fhi_token_place token);

/* Compresses the records and encodes the runs. Codes: FH_E_NOMEM, FH_E_INTERNAL. */
fh_status fhi_inverter_seal(fhi_inverter *inverter, fhi_store_compressor *compressor, fh_err *err);

/* Starts the next batch. When the caches hold more than cache_bytes_max, they are dropped. */
void fhi_inverter_next_batch(fhi_inverter *inverter, size_t cache_bytes_max);

/* Bits that tell the forms of a run apart. */
static inline unsigned fhi_run_form_bits(uint32_t form_count)
{
    return form_count > 1 ? 32u - (unsigned)__builtin_clz(form_count - 1) : 0u;
}

static inline fh_str fhi_inverter_text(const fhi_inverter *inverter, fhi_piece piece)
{
    return (fh_str){(const char *)inverter->bytes.data + piece.at, piece.len};
}

#endif
