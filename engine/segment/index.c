/* index.c - the snapshot a reader holds: the segments of one manifest, opened, counted, shared. */
#include "engine/segment/index.h"

#include "engine/segment/segment_internal.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { OPEN_TRIES = 16 };

struct fhi_index {
    atomic_uint references;
    const fhi_vfs *vfs;
    fhi_manifest manifest;
    fhi_segment **segments; /* manifest.segment_count */
    uint64_t **live_bits;   /* NULL entries: nothing deleted */
    uint32_t doc_count, live_count;
    float average_length;
    float k_of_norm[256];
    char *directory;
};

static void destroy(fhi_index *index)
{
    for (uint32_t i = 0; i < index->manifest.segment_count; i++) {
        if (index->segments) fhi_segment_close(index->segments[i]);
        if (index->live_bits) free(index->live_bits[i]);
    }
    free(index->segments);
    free(index->live_bits);
    free(index->directory);
    fhi_manifest_fini(&index->manifest);
    free(index);
}

fh_status fhi_manifest_check_segment(const fhi_segment_info *info, const fhi_segment *segment, fh_err *err)
{
    if (segment->doc_count == info->doc_count && segment->length_sum == info->length_sum &&
        segment->map.len == info->file_bytes && info->deleted_count <= info->doc_count &&
        (info->deleted_count == 0 || info->delete_id != 0))
        return FH_OK;
    return fhi_fail_at(err, FH_E_CORRUPT, segment->path, 0, "the manifest tells of another segment");
}

static fh_status open_segment(fhi_index *index, const char *directory, uint32_t i, fh_err *err)
{
    const fhi_segment_info *info = &index->manifest.segments[i];
    FH_TRY(fhi_segment_open(index->vfs, directory, info->id, &index->manifest.settings, &index->segments[i], err));
    FH_TRY(fhi_manifest_check_segment(info, index->segments[i], err));
    if (info->delete_id) FH_TRY(fhi_deletes_read(index->vfs, directory, info, &index->live_bits[i], err));
    return FH_OK;
}

static fh_status count_documents(fhi_index *index, fh_err *err)
{
    uint64_t docs = 0, live = 0, length = 0;
    for (uint32_t i = 0; i < index->manifest.segment_count; i++) {
        docs += index->manifest.segments[i].doc_count;
        live += index->manifest.segments[i].doc_count - index->manifest.segments[i].deleted_count;
        length += index->manifest.segments[i].length_sum;
    }
    if (docs > UINT32_MAX) return fhi_fail(err, FH_E_LIMIT, "more than 4,294,967,295 articles");
    index->doc_count = (uint32_t)docs;
    index->live_count = (uint32_t)live;
    index->average_length = docs ? (float)length / (float)docs : 0.0f;
    fhi_length_table(&index->manifest.settings, index->average_length, index->k_of_norm);
    for (uint32_t norm = 0; norm < 256; norm++)
        index->k_of_norm[norm] *= (float)index->manifest.settings.body_weight;
    return FH_OK;
}

static fh_status open_once(const fhi_vfs *vfs, const char *directory, fhi_index **out, uint64_t *generation,
                           fh_err *err)
{
    *out = NULL;
    fhi_index *index = calloc(1, sizeof *index);
    if (!index) return fhi_fail(err, FH_E_NOMEM, "cannot open the index: out of memory");
    atomic_init(&index->references, 1);
    index->vfs = vfs;
    fh_status status = fhi_manifest_read(vfs, directory, &index->manifest, err);
    *generation = index->manifest.generation;
    if (status == FH_OK) {
        const size_t count = index->manifest.segment_count ? index->manifest.segment_count : 1;
        index->segments = calloc(count, sizeof *index->segments);
        index->live_bits = calloc(count, sizeof *index->live_bits);
        index->directory = strdup(directory);
        if (!index->segments || !index->live_bits || !index->directory)
            status = fhi_fail(err, FH_E_NOMEM, "cannot open the index: out of memory");
    }
    for (uint32_t i = 0; status == FH_OK && i < index->manifest.segment_count; i++)
        status = open_segment(index, directory, i, err);
    if (status == FH_OK) status = count_documents(index, err);
    if (status != FH_OK) {
        destroy(index);
        return status;
    }
    *out = index;
    return FH_OK;
}

/* A writer may replace the manifest and remove old segments between our reading the one and opening the others:
 * when the generation has moved meanwhile, the failure was of the past. */
fh_status fhi_index_open(const fhi_vfs *vfs, const char *directory, fhi_index **out, fh_err *err)
{
    uint64_t failed = 0, generation = 0;
    fh_status status = open_once(vfs, directory, out, &generation, err);
    for (int tries = 0; tries < OPEN_TRIES && status == FH_E_CORRUPT; tries++) {
        failed = generation;
        fhi_manifest manifest;
        if (fhi_manifest_read(vfs, directory, &manifest, NULL) != FH_OK) break;
        generation = manifest.generation;
        fhi_manifest_fini(&manifest);
        if (generation == failed) break;
        status = open_once(vfs, directory, out, &generation, err);
    }
    return status;
}

fhi_index *fhi_index_retain(fhi_index *index)
{
    (void)atomic_fetch_add_explicit(&index->references, 1, memory_order_relaxed);
    return index;
}

void fhi_index_release(fhi_index *index)
{
    if (index && atomic_fetch_sub_explicit(&index->references, 1, memory_order_acq_rel) == 1) destroy(index);
}

const fhi_settings *fhi_index_settings(const fhi_index *index)
{
    return &index->manifest.settings;
}

const fhi_frequent *fhi_index_frequent(const fhi_index *index)
{
    return &index->manifest.frequent;
}

uint64_t fhi_index_generation(const fhi_index *index)
{
    return index->manifest.generation;
}

/* Of what the manifest tells of each segment, sizes, sums, deletes, and of the checksums in its file. */
uint64_t fhi_index_identity(const fhi_index *index)
{
    uint64_t parts[] = {index->manifest.generation, index->manifest.settings.analyzer_id, 0};
    _Static_assert(sizeof(fhi_segment_info) == 48, "hashed whole, so it has no padding");
    for (uint32_t i = 0; i < index->manifest.segment_count; i++) {
        parts[2] ^= fhi_hash64(&index->manifest.segments[i], sizeof(fhi_segment_info));
        parts[2] ^= fhi_segment_digest(index->segments[i]);
        parts[2] = fhi_hash64(parts, sizeof parts);
    }
    return parts[2];
}

uint32_t fhi_index_segment_count(const fhi_index *index)
{
    return index->manifest.segment_count;
}

const fhi_segment *fhi_index_segment(const fhi_index *index, uint32_t i)
{
    return index->segments[i];
}

const fhi_segment_info *fhi_index_segment_info(const fhi_index *index, uint32_t i)
{
    return &index->manifest.segments[i];
}

const uint64_t *fhi_index_live_bits(const fhi_index *index, uint32_t i)
{
    return index->live_bits[i];
}

uint32_t fhi_index_doc_count(const fhi_index *index)
{
    return index->doc_count;
}

uint32_t fhi_index_live_count(const fhi_index *index)
{
    return index->live_count;
}

float fhi_index_average_length(const fhi_index *index)
{
    return index->average_length;
}

const float *fhi_index_length_table(const fhi_index *index)
{
    return index->k_of_norm;
}

fh_status fhi_index_find_id(const fhi_index *index, fh_str id, uint32_t *segment, uint32_t *doc, fh_err *err)
{
    for (uint32_t i = index->manifest.segment_count; i-- > 0;) {
        const fh_status status = fhi_segment_find_id(index->segments[i], id, doc, err);
        if (status == FH_E_NOT_FOUND) continue;
        if (status != FH_OK) return status;
        const uint64_t *live = index->live_bits[i];
        if (live && !(live[*doc / 64] >> (*doc % 64) & 1)) continue;
        *segment = i;
        return FH_OK;
    }
    return FH_E_NOT_FOUND;
}

static uint32_t count_live(const uint64_t *live, uint32_t doc_count)
{
    uint32_t count = 0;
    for (uint32_t doc = 0; doc < doc_count; doc++)
        count += live[doc / 64] >> (doc % 64) & 1;
    return count;
}

fh_status fhi_index_check(const fhi_index *index, fh_err *err)
{
    for (uint32_t i = 0; i < index->manifest.segment_count; i++) {
        const fhi_segment_info *info = &index->manifest.segments[i];
        FH_TRY(fhi_segment_check(index->segments[i], err));
        const uint32_t live = info->doc_count - info->deleted_count;
        if (index->live_bits[i] && count_live(index->live_bits[i], info->doc_count) != live)
            return fhi_fail_at(err, FH_E_CORRUPT, index->directory, 0, "the delete file counts other articles");
    }
    return FH_OK;
}
