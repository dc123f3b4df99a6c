/* export.h - all matches of a query, piece by piece: JSON Lines or CSV.
 *
 * A piece is made by whichever thread has time; between pieces there is nothing but a place in the index and a count,
 * or, in another order than that of the index, the places of some thousand hits that come next. So memory does not grow
 * with the result. Who exports holds on to one snapshot.
 */
#ifndef FHI_EXPORT_H
#define FHI_EXPORT_H

#include "query/answer/request.h"

#include <fihrist/record.h>

enum { FHI_EXPORT_PIECE_BYTES = 128 * 1024 }; /* a piece ends with the article that reaches it */

typedef enum fhi_export_format { FHI_EXPORT_JSONL, FHI_EXPORT_CSV } fhi_export_format;

/* field_count 0: JSON Lines have all that is stored, unknown fields too; CSV has all known ones. */
typedef struct fhi_export_options {
    fhi_export_format format;
    uint8_t fields[FH_FIELD_EXTRA]; /* fh_field, in the order wanted */
    uint32_t field_count;
    bool sorted; /* in the order of the request; false: in that of the index */
} fhi_export_options;

/* "id,title" as they are named in records, none twice. Codes: FH_E_INVALID. */
fh_status fhi_export_set_fields(fhi_export_options *options, fh_str list, fh_err *err);

enum { FHI_EXPORT_AHEAD = 8192 }; /* hits found at a time where they are sorted */

/* What is between one piece and the next. All zero before the first. */
typedef struct fhi_export_state {
    fhi_document place;
    fhi_place *ahead; /* sorted: hits found and not told, from ahead_at on; owned */
    uint32_t ahead_at, ahead_count;
    bool all_found;         /* none follows those ahead */
    uint64_t article_count; /* so far */
    bool begun;
    bool ended; /* the last piece has been made */
} fhi_export_state;

void fhi_export_state_fini(fhi_export_state *state);

/* Appends the next piece of the answer to *out: whole lines. line_id: of a line of the socket, where each article comes
 * as {"id":…,"article":{…}} and {"id":…,"exported":N} ends it, without its line feed; NULL at the HTTP door.
 * from_line tells the two apart. When the deadline of the request is over, what was made by then is the piece.
 * On failure *out has an error object, as of fhi_searcher_run, and nothing else. */
fh_status fhi_export_piece(fhi_searcher *searcher, fhi_index *index, const fhi_request *request,
                           const fhi_export_options *options, bool from_line, struct json_t *line_id,
                           fhi_export_state *state, fhi_buf *out);

/* One cell of a CSV record. */
void fhi_csv_put_cell(fhi_buf *out, fh_str text);

#endif
