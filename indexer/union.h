/* union.h - the keys of several dictionaries as one increasing sequence, and who holds each.
 *
 * One walk per segment; nothing of a dictionary is kept but the key at hand.
 */
#ifndef FHI_UNION_H
#define FHI_UNION_H

#include "engine/segment/segment.h"

typedef fh_status (*fhi_walk_opener)(const fhi_segment *segment, fhi_walk **out);

typedef struct fhi_union_source {
    fhi_walk *walk;
    fh_str key;    /* where the walk stands */
    uint64_t head; /* its first 8 bytes, as a number that sorts like them */
    bool holds;    /* the key at hand */
    bool ended;
} fhi_union_source;

typedef struct fhi_union {
    fhi_union_source *sources;
    uint32_t count;
} fhi_union;

/* Before the first key. open: fhi_walk_terms or fhi_walk_forms. Codes: FH_E_NOMEM, FH_E_CORRUPT. fini may follow a
 * failed init, or none on zero-initialised memory. */
fh_status fhi_union_init(fhi_union *keys, const fhi_segment *const *segments, uint32_t count, fhi_walk_opener open);
void fhi_union_fini(fhi_union *keys);

/* The next key, of the first source that holds it; it lives until the next call. FH_E_NOT_FOUND past the last. */
fh_status fhi_union_next(fhi_union *keys, fh_str *key);

#endif
