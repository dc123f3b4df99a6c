/* corpus.h - a small random corpus that exists twice: as plain arrays, and as an index written by the engine.
 *
 * The arrays are the oracle's: nothing of the engine's encodings, bounds or skipping takes part in reading them.
 */
#ifndef TESTS_SUPPORT_CORPUS_H
#define TESTS_SUPPORT_CORPUS_H

#include "engine/match/match.h"
#include "tests/support/rng.h"

typedef struct corpus_occurrence {
    uint32_t term;
    uint32_t form; /* among the forms of the term */
    uint32_t position;
} corpus_occurrence;

typedef struct corpus_doc {
    corpus_occurrence *occurrences; /* by position */
    uint32_t occurrence_count;
    uint32_t title_end, lead_end, position_end;
    uint32_t length; /* as the writer is told */
    uint32_t day;
    uint32_t source; /* ordinal of the source column's value "source<N>" */
    bool deleted;
} corpus_doc;

typedef struct corpus {
    fhi_settings settings;
    bool forms_told; /* a `press` index: forms, zones */
    uint32_t term_count;
    uint32_t forms_max;      /* forms of a term: 1 + term % forms_max */
    uint32_t frequent_count; /* terms 0 to so many are the index's frequent words, whose pairs it keeps */
    uint32_t segment_count;
    uint32_t *segment_docs; /* documents of each segment */
    uint32_t doc_count;
    corpus_doc *docs; /* all segments, one after the other */
} corpus;

/* Names of a term ("s" and five letters), and of its forms. */
void corpus_term(uint32_t term, char name[16]);
void corpus_form(uint32_t term, uint32_t form, char fold[16], char exact[16]);

/* docs_max documents a segment; sizes and shapes drawn from random. */
void corpus_make(corpus *made, rng *random, bool forms_told, uint32_t segments, uint32_t docs_max, uint32_t term_count);
void corpus_delete_some(corpus *made, rng *random, uint32_t percent);
/* Writes it as an index into directory (made if absent) through vfs. */
fh_status corpus_write(const corpus *made, const fhi_vfs *vfs, const char *directory, fh_err *err);
void corpus_fini(corpus *made);

#endif
