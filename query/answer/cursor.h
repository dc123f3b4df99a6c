/* cursor.h - where a list of hits goes on, as text that a client hands back.
 *
 * A cursor names the last hit that was told by its place in the order, so what follows is found without counting from
 * the first. It is good for the question and the snapshot it was made for; it holds no secret and gives no right: made
 * up by a client it names some other place of the same list.
 */
#ifndef FHI_QUERY_CURSOR_H
#define FHI_QUERY_CURSOR_H

#include "query/answer/request.h"

enum { FHI_CURSOR_BYTES = 80 }; /* hexadecimal digits */

/* What a cursor belongs to. */
typedef struct fhi_question {
    uint64_t identity; /* fhi_index_identity of the snapshot */
    uint64_t hash;     /* fhi_request_hash */
} fhi_question;

/* Of what decides which hits there are and in which order: query, op, sort. */
uint64_t fhi_request_hash(const fhi_request *request);

/* passed: hits told so far, the one at `place` included. */
void fhi_cursor_write(const fhi_question *question, const fhi_place *place, uint64_t passed,
                      char text[FHI_CURSOR_BYTES + 1]);
/* Codes: FH_E_CURSOR (no cursor, or of another question), FH_E_GONE (of another snapshot). */
fh_status fhi_cursor_read(fh_str text, const fhi_question *question, fhi_place *place, uint64_t *passed, fh_err *err);

#endif
