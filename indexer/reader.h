/* reader.h - cuts the input into chunks of whole lines (or whole text files) for the workers.
 *
 * Belongs to one thread. A chunk is worth about FHI_CHUNK_BYTES whatever the files' sizes; a line longer than
 * FHI_LINE_BYTES_MAX is passed over without being held, and marked.
 */
#ifndef FHI_READER_H
#define FHI_READER_H

#include "indexer/source.h"

enum { FHI_CHUNK_BYTES = 512 * 1024, FHI_CHUNK_ITEMS_MAX = 64 * 1024, FHI_LINE_BYTES_MAX = 64 * 1024 * 1024 };

/* One candidate article; blank lines are counted and make none. */
typedef struct fhi_item {
    const fhi_source *source;
    uint64_t line;    /* in its file, from 1 */
    uint64_t ordinal; /* of the line among all lines of the run, from 0: the id in the format `lines` */
    uint32_t begin;   /* bytes [begin, end) of the chunk's text, without the line's end */
    uint32_t end;
    bool too_long; /* and therefore not there */
} fhi_item;

typedef struct fhi_chunk {
    fhi_buf text;
    fhi_item *items; /* owned */
    size_t count;
    size_t capacity;
} fhi_chunk;

void fhi_chunk_fini(fhi_chunk *chunk);

typedef struct fhi_reader {
    fhi_sources *sources;
    int cancel_fd; /* see input.h; -1: none */
    size_t next;   /* source to open next */
    const fhi_source *source;
    fhi_input *input;
    fhi_buf carry;        /* start of a line whose end is in the next chunk */
    uint64_t line;        /* of the current file, complete so far */
    uint64_t ordinal;     /* lines of the run, complete so far */
    bool passing_over;    /* inside of a line that is too long */
    uint64_t read_bytes;  /* unpacked */
    uint64_t taken_bytes; /* packed, of sources that are done */
} fhi_reader;

void fhi_reader_init(fhi_reader *reader, fhi_sources *sources, int cancel_fd);
void fhi_reader_fini(fhi_reader *reader);

/* Fills the chunk; count 0 at the end of everything. Sources that fail are told through the sources' note, counted,
 * and what was read of them stays. Codes: FH_E_NOMEM, FH_E_CANCELLED. */
fh_status fhi_reader_next(fhi_reader *reader, fhi_chunk *chunk, fh_err *err);

uint64_t fhi_reader_taken_bytes(const fhi_reader *reader); /* of the files, as packed */

#endif
