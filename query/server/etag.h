/* etag.h - entity tags: what an answer is known by, and whether a client has it already (RFC 9110, 8.8.3 and 13.1.2).
 *
 * A tag is the snapshot, the question and the version of the program, hashed: the same tag means the same hits, in the
 * same order, with the same scores and passages. Where the answer also tells how long it took, that may differ, and the
 * tag is a weak one.
 */
#ifndef FHI_ETAG_H
#define FHI_ETAG_H

#include "query/server/coding.h"

enum { FHI_ETAG_BYTES = 40 }; /* as text, with quotes and NUL */

typedef enum fhi_etag_match {
    FHI_ETAG_OTHER, /* the client has something else, or nothing */
    FHI_ETAG_SAME,
    FHI_ETAG_ANY /* `*`: whatever there is */
} fhi_etag_match;

uint64_t fhi_etag_hash(uint64_t snapshot_identity, uint64_t question_hash);
/* W/"0123456789abcdef-gzip": each coding of an answer has a tag of its own. */
void fhi_etag_text(uint64_t hash, bool weak, fhi_coding coding, char out[FHI_ETAG_BYTES]);

/* What If-None-Match says of an answer, by the weak comparison; *coding is that of the one the client has: all codings
 * of an answer are fresh together. Whatever does not read as a list of tags ends the list. */
fhi_etag_match fhi_etag_find(fh_str if_none_match, uint64_t hash, fhi_coding *coding);

#endif
