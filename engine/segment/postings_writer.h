/* postings_writer.h - encodes one term's postings (FORMAT.md, section 5). Used by segment_writer.c only. */
#ifndef FHI_POSTINGS_WRITER_H
#define FHI_POSTINGS_WRITER_H

#include "engine/segment/layout.h"

/* What the encoder must know of the documents; arrays indexed by document. */
typedef struct fhi_doc_facts {
    const fhi_settings *settings;
    uint32_t doc_count;
    const uint8_t *norms;  /* length bytes */
    const uint8_t *widths; /* bits of a position */
    const uint32_t *title_ends;
    const uint32_t *lead_ends;
    float average_length; /* of this segment; stored bounds are computed with it */
} fhi_doc_facts;

typedef struct fhi_postings_writer fhi_postings_writer;

fh_status fhi_postings_writer_create(const fhi_doc_facts *facts, fhi_postings_writer **out);
void fhi_postings_writer_destroy(fhi_postings_writer *writer);

/* Replaces the content of *out by the encoded list; form_count 0: without positions. Codes: FH_E_NOMEM, FH_E_INVALID
 * (ids out of order or range, positions over the document's, a count of 0), FH_E_LIMIT (a list over 4 GiB). */
fh_status fhi_postings_write(fhi_postings_writer *writer, const fhi_list *list, uint32_t form_count, fhi_buf *out);

#endif
