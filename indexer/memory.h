/* memory.h - the inverted index of a run while it is in memory; all workers' batches end up here, in order.
 *
 * Belongs to whoever holds the writer. Terms, exact forms, column values and ids are numbered sets of strings;
 * the postings of a term are a chain of bytes, one run after the other:
 *   documents since the last document of the previous run (first run: since document -1)
 *   postings of the run
 *   where exact forms are told apart: number of forms, and for each its ordinal among the forms of the term
 *   postings, as inverter.h tells
 * A document whose id comes again later is dead: flush leaves it out.
 */
#ifndef FHI_MEMORY_H
#define FHI_MEMORY_H

#include "indexer/chain.h"
#include "indexer/inverter.h"

typedef struct fhi_memory_term {
    fhi_chain chain;
    uint32_t next_doc;   /* one past the last document of the chain */
    uint32_t form_count; /* ordinals given out */
} fhi_memory_term;

typedef struct fhi_memory_form {
    uint32_t term;
    uint32_t ordinal; /* among the forms of the term */
} fhi_memory_form;

typedef struct fhi_memory_doc {
    const uint8_t *frame; /* in the arena */
    uint32_t frame_bytes;
    uint32_t record_bytes;
    uint32_t id;                       /* number in ids */
    uint32_t values[FHI_COLUMN_COUNT]; /* number in values; FHI_UNKNOWN when absent */
    uint32_t day;
    uint32_t length;
    uint32_t title_end;
    uint32_t lead_end;
    uint32_t position_end;
    uint16_t minute;
    bool dead;
} fhi_memory_doc;

typedef struct fhi_memory {
    bool told_apart;
    uint32_t epoch; /* +1 when emptied: numbers given out before are then void */
    fhi_chains chains;
    fhi_strings terms;
    fhi_memory_term *term_states;
    uint32_t term_capacity;
    fhi_strings forms; /* term number (4 bytes), length of the fold (2 bytes), fold, exact */
    fhi_memory_form *form_states;
    uint32_t form_capacity;
    fhi_strings values;   /* of columns */
    fhi_strings keys;     /* their folded forms */
    uint32_t *value_keys; /* key of each value */
    uint32_t value_capacity;
    fhi_strings ids;
    uint32_t *id_docs; /* last document of each id */
    uint32_t id_capacity;
    fhi_memory_doc *docs;
    uint32_t doc_count;
    uint32_t doc_capacity;
    uint32_t dead_count;
    fhi_arena frames;
    fhi_buf scratch;
} fhi_memory;

void fhi_memory_init(fhi_memory *memory, const fhi_settings *settings);
void fhi_memory_fini(fhi_memory *memory);
void fhi_memory_clear(fhi_memory *memory); /* everything goes back to the heap */

/* Appends a sealed batch. After a failure the content is of no use. Codes: FH_E_NOMEM, FH_E_LIMIT. */
fh_status fhi_memory_append(fhi_memory *memory, fhi_inverter *inverter, fh_err *err);

size_t fhi_memory_heap_bytes(const fhi_memory *memory);

/* Writes the living documents, terms and forms to a new segment writer, store dictionary included. cancelled may be
 * NULL. Codes: FH_E_NOMEM, FH_E_CANCELLED; what the segment writer meets, it reports at its end. */
typedef bool (*fhi_cancelled)(void *argument);
fh_status fhi_memory_flush(const fhi_memory *memory, fh_str dictionary, fhi_segment_writer *writer,
                           fhi_cancelled cancelled, void *argument, fh_err *err);

#endif
