/* reply.h - JSON answers, between request.c and reply.c. */
#ifndef FHI_REPLY_H
#define FHI_REPLY_H

#include "query/answer/find.h"

#include <jansson.h>

/* One hit as an object; snippet may be NULL. Codes: FH_E_NOMEM, FH_E_CORRUPT (a stored text is not UTF-8); then part of
 * it may be in *json. */
fh_status fhi_reply_hit(const fh_record *record, float score, const fhi_shown *title, const fhi_shown *snippet,
                        fhi_buf *json);
/* The whole record. */
fh_status fhi_reply_article(const fh_record *record, json_t **out);
/* The error object of a failed request, in its language. */
json_t *fhi_reply_failure(const fhi_failure *failure, fh_str query, fhi_message_lang lang);

/* The opening brace, and id_json as the first member, unless it is NULL. */
fh_status fhi_reply_begin(json_t *id_json, fhi_buf *json);
/* Writes the object `body` (taken over; NULL is a failed allocation) with id_json in front of it; digits: of the reals
 * in body, those of fhi_reply_digits. The id keeps its own. An array is written as it is, and has no
 * id. */
fh_status fhi_reply_write(json_t *body, json_t *id_json, int digits, fhi_buf *json);
/* The members of the object `body` (taken over; NULL is a failed allocation) without its braces. */
fh_status fhi_reply_members(json_t *body, int digits, fhi_buf *json);
/* As few as read back the same: 4.2 stays 4.2, and no double loses a bit. 0 where there is no real. */
int fhi_reply_digits(const json_t *value);

#endif
