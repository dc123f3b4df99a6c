/* index.h - the manifest of an index directory and the snapshot a reader holds.
 *
 * A directory holds MANIFEST, segments (*.seg), deletes (*.del), LOCK and rejects.jsonl. The manifest names the
 * live segments; it is replaced atomically (temporary name, sync, rename, directory synced), so a reader sees
 * the old index or the new one, whole. Files that no manifest names are leftovers; the next commit removes them.
 */
#ifndef FHI_INDEX_H
#define FHI_INDEX_H

#include "engine/segment/pairs.h"
#include "engine/segment/segment.h"

enum { FHI_SEGMENTS_MAX = 1024 };

typedef struct fhi_manifest {
    fhi_settings settings;
    uint64_t generation;      /* +1 at every commit, from 1 */
    uint64_t next_segment_id; /* never used again once given out; delete ids are drawn from it too */
    uint32_t segment_count;
    fhi_segment_info *segments; /* owned */
    fhi_frequent frequent;
} fhi_manifest;

/* Codes: FH_E_NOT_FOUND (no index there), FH_E_IO, FH_E_CORRUPT, FH_E_TOO_OLD, FH_E_TOO_NEW, FH_E_NOMEM. */
fh_status fhi_manifest_read(const fhi_vfs *vfs, const char *directory, fhi_manifest *out, fh_err *err);
fh_status fhi_manifest_write(const fhi_vfs *vfs, const char *directory, const fhi_manifest *manifest, fh_err *err);
void fhi_manifest_fini(fhi_manifest *manifest);

/* What the names of a directory tell. Only names a writer gives count: 16 hexadecimal digits and ".seg", two such
 * numbers around "-" and ".del", both also with more after that ends in ".tmp". */
typedef struct fhi_survey {
    uint64_t id_max;      /* greatest number in any of them; 0: none */
    bool has_segments;    /* or delete files, whole ones */
    bool committed;       /* there is a manifest */
    bool never_committed; /* there is none, and never was: what lies there is of runs that were killed */
} fhi_survey;
fh_status fhi_manifest_survey(const fhi_vfs *vfs, const char *directory, fhi_survey *out, fh_err *err);
/* Tells later writers that no manifest was ever written here; before the first segment of an index without one. The
 * first commit takes it back. */
fh_status fhi_manifest_mark_first(const fhi_vfs *vfs, const char *directory, fh_err *err);
/* Removes MANIFEST.tmp, and of the files a survey counts those that the manifest does not name and whose number (the
 * last one, where there are two) is at least id_min; then the mark of a first run. */
fh_status fhi_manifest_sweep(const fhi_vfs *vfs, const char *directory, const fhi_manifest *manifest, uint64_t id_min,
                             fh_err *err);

/* That an open segment is the one the manifest tells of. Codes: FH_E_CORRUPT. */
fh_status fhi_manifest_check_segment(const fhi_segment_info *info, const fhi_segment *segment, fh_err *err);

/* Deleted documents of a segment, one bit each, in a side file "<segment>-<delete_id>.del"; synced. */
fh_status fhi_deletes_write(const fhi_vfs *vfs, const char *directory, uint64_t segment_id, uint64_t delete_id,
                            const uint64_t *deleted_bits, uint32_t doc_count, fh_err *err);
/* The documents of a segment that are not deleted, one bit each, padded to a multiple of 256 bits; to be freed. */
fh_status fhi_deletes_read(const fhi_vfs *vfs, const char *directory, const fhi_segment_info *info,
                           uint64_t **live_bits, fh_err *err);

/* ---- snapshot: reference-counted, shared between threads ---- */
typedef struct fhi_index fhi_index;

fh_status fhi_index_open(const fhi_vfs *vfs, const char *directory, fhi_index **out, fh_err *err);
fhi_index *fhi_index_retain(fhi_index *index);
void fhi_index_release(fhi_index *index); /* NULL is allowed */

const fhi_settings *fhi_index_settings(const fhi_index *index);
const fhi_frequent *fhi_index_frequent(const fhi_index *index);
uint64_t fhi_index_generation(const fhi_index *index);
/* Another one for another content: an index made anew counts its generations from 1 again. */
uint64_t fhi_index_identity(const fhi_index *index);
uint32_t fhi_index_segment_count(const fhi_index *index);
const fhi_segment *fhi_index_segment(const fhi_index *index, uint32_t i);
const fhi_segment_info *fhi_index_segment_info(const fhi_index *index, uint32_t i);
/* One bit per document that is not deleted, padded to a multiple of 256 bits; NULL when none is deleted. */
const uint64_t *fhi_index_live_bits(const fhi_index *index, uint32_t i);
/* Statistics of ranking: all documents of all segments, deleted ones included until a merge drops them. */
uint32_t fhi_index_doc_count(const fhi_index *index);
uint32_t fhi_index_live_count(const fhi_index *index);
float fhi_index_average_length(const fhi_index *index);
const float *fhi_index_length_table(const fhi_index *index); /* unit * fhi_length_table at that average: 256 entries */
/* The live document with this id, or FH_E_NOT_FOUND. */
fh_status fhi_index_find_id(const fhi_index *index, fh_str id, uint32_t *segment, uint32_t *doc, fh_err *err);
/* Checks every segment and every delete file; err names the first damage. */
fh_status fhi_index_check(const fhi_index *index, fh_err *err);

#endif
