/* input.h - a stream of bytes from a file or standard input, unpacked on the way.
 *
 * gzip and zstd are recognised by their first bytes, which no text can start with, so a packed standard input
 * works too. Memory is bounded whatever the file holds.
 */
#ifndef FHI_INPUT_H
#define FHI_INPUT_H

#include "engine/base/base.h"

typedef struct fhi_input fhi_input;

/* path "-" is standard input. cancel_fd (-1: none) is a descriptor that becomes readable when the run is to stop: a
 * read that waits for a pipe then answers FH_E_CANCELLED. Codes: FH_E_NOT_FOUND, FH_E_IO, FH_E_NOMEM. */
fh_status fhi_input_open(const char *path, int cancel_fd, fhi_input **out, fh_err *err);
void fhi_input_close(fhi_input *input); /* NULL is allowed */

/* Up to capacity bytes; *count is 0 at the end. Codes: FH_E_IO, FH_E_CORRUPT (damaged or cut packing; what came
 * before it has been given out), FH_E_CANCELLED. */
fh_status fhi_input_read(fhi_input *input, void *to, size_t capacity, size_t *count, fh_err *err);

/* The first bytes of the stream, at most `bytes`, before anything was read; they will be read again. A damaged
 * stream gives what there is: reading tells. *head lives until the first read. */
fh_status fhi_input_peek(fhi_input *input, size_t bytes, fh_str *head);

uint64_t fhi_input_taken_bytes(const fhi_input *input); /* of the file, as packed */

#endif
