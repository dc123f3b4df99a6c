/* writer.h - put articles into an index from a C program; the verb `index` uses the same code.
 *
 * A writer belongs to one thread at a time and holds the lock of the index. Nothing is visible to readers before
 * commit; then all of it is, at once. Whatever goes wrong, readers find the last committed state.
 */
#ifndef FIHRIST_WRITER_H
#define FIHRIST_WRITER_H

#include <fihrist/record.h>

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fh_writer fh_writer;

struct fhi_vfs; /* private: calls that reach the disk */

typedef struct fh_writer_options {
    const char *analyzer;              /* "press" or "words"; NULL: that of the index, "press" for a new one */
    size_t memory_bytes;               /* heap the writer may use, roughly; 0: 512 MiB */
    bool (*cancelled)(void *argument); /* asked now and then while much is written; NULL: never */
    void *cancelled_argument;
    const struct fhi_vfs *vfs; /* NULL: the real disk */
} fh_writer_options;

typedef struct fh_writer_stats {
    uint64_t indexed;       /* articles taken since the writer was opened */
    uint64_t replaced;      /* of them, or of those before, how many gave way to a later one with the same id */
    uint64_t dates_refused; /* articles that went in without their date, which could not be read */
    uint64_t index_bytes;   /* of all segments, as last committed */
} fh_writer_stats;

/* Opens or makes the index in a directory. options may be NULL. Codes: FH_E_BUSY (somebody else writes it),
 * FH_E_ANALYZER (it was made with another analyzer), FH_E_INVALID, FH_E_IO, FH_E_CORRUPT, FH_E_TOO_OLD, FH_E_TOO_NEW,
 * FH_E_NOMEM. */
fh_status fh_writer_open(const char *directory, const fh_writer_options *options, fh_writer **out, fh_err *err);

/* Takes one article; its bytes are copied. FH_FIELD_ID must be there, and a title or a body. A later article with the
 * same id replaces it. Codes: FH_E_INVALID, FH_E_UTF8, FH_E_LIMIT: this article is refused, the writer goes on;
 * others end the writer: only close is left. */
fh_status fh_writer_add(fh_writer *writer, const fh_record *record, fh_err *err);

/* Makes everything added so far durable and visible. Without new articles it does nothing. Codes: FH_E_CANCELLED,
 * FH_E_IO, FH_E_NOMEM, FH_E_CORRUPT: the index is as it was; only close is left. */
fh_status fh_writer_commit(fh_writer *writer, fh_err *err);

fh_writer_stats fh_writer_get_stats(const fh_writer *writer);

/* Forgets what was not committed, and gives the lock back. NULL is allowed. */
void fh_writer_close(fh_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
