/* commit.c - from flushed segments to a new manifest.
 *
 * The segments of one run become one. Then, while there are more than FHI_SEGMENTS_KEPT_MAX, the smallest are
 * merged, and with them every next one that is not twice as large as all before it: so sizes stay apart and an
 * article is rewritten a logarithmic number of times. A segment with more dead than living documents is
 * rewritten alone; one with only dead documents is dropped.
 */
#include "indexer/order.h"
#include "indexer/writer.h"

#include <stdlib.h>

enum { GROUP_MAX = 64 };

static void drop_segment(fh_writer *writer, uint32_t at)
{
    fhi_live_segment_fini(&writer->segments[at]);
    writer->segment_count--;
    memmove(&writer->segments[at], &writer->segments[at + 1],
            (writer->segment_count - at) * sizeof writer->segments[0]);
}

static void drop_dead(fh_writer *writer)
{
    for (uint32_t i = writer->segment_count; i-- > 0;)
        if (writer->segments[i].deleted_count == writer->segments[i].info.doc_count) drop_segment(writer, i);
}

static fhi_merge_input *make_inputs(const fh_writer *writer, const uint32_t *group, uint32_t count)
{
    fhi_merge_input *inputs = malloc((count + (size_t)1) * sizeof *inputs);
    for (uint32_t i = 0; inputs && i < count; i++) {
        const fhi_live_segment *from = &writer->segments[group[i]];
        inputs[i] = (fhi_merge_input){from->segment, from->deleted, from->info.length_sum};
    }
    return inputs;
}

static fh_status write_merged(fh_writer *writer, const uint32_t *group, uint32_t count, const uint32_t *order,
                              fhi_segment_info *info, fh_err *err)
{
    const fhi_merge_options options = {writer->settings.exact_weight > 0, order, writer->cancelled,
                                       writer->cancelled_argument};
    fhi_segment_writer *segment = NULL;
    fhi_merge_input *inputs = make_inputs(writer, group, count);
    fh_status status = inputs ? FH_OK : fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (status == FH_OK)
        status = fhi_segment_writer_create(writer->vfs, writer->directory, writer->next_segment_id++, &writer->settings,
                                           &segment, err);
    if (status == FH_OK) status = fhi_merge(inputs, count, &options, segment, err);
    if (status == FH_OK || (segment && fhi_segment_writer_status(segment) != FH_OK)) {
        const fh_status finished = fhi_segment_writer_finish(segment, info, err);
        if (finished != FH_OK) status = finished;
    }
    fhi_segment_writer_destroy(segment);
    free(inputs);
    return status;
}

/* Segments group[0..count), in increasing order, become one at the place of the first. */
static fh_status merge_group(fh_writer *writer, const uint32_t *group, uint32_t count, const uint32_t *order,
                             fh_err *err)
{
    fhi_segment_info info;
    FH_TRY(write_merged(writer, group, count, order, &info, err));
    FH_TRY(fhi_writer_add_segment(writer, &info, true, err));
    const fhi_live_segment merged = writer->segments[--writer->segment_count];
    for (uint32_t i = count; i-- > 1;)
        drop_segment(writer, group[i]);
    fhi_live_segment_fini(&writer->segments[group[0]]);
    writer->segments[group[0]] = merged;
    return FH_OK;
}

/* One pass merges neighbours in groups, in order; passes go on until one segment of the run is left. */
static fh_status merge_fresh(fh_writer *writer, fh_err *err)
{
    uint32_t first = 0;
    while (first < writer->segment_count && !writer->segments[first].fresh)
        first++;
    while (writer->segment_count - first > 1) {
        for (uint32_t at = first; at + 1 < writer->segment_count; at++) {
            uint32_t group[GROUP_MAX];
            const uint32_t left = writer->segment_count - at, count = left < GROUP_MAX ? left : GROUP_MAX;
            for (uint32_t i = 0; i < count; i++)
                group[i] = at + i;
            FH_TRY(merge_group(writer, group, count, NULL, err));
        }
    }
    return FH_OK;
}

static int by_size(const void *a, const void *b, void *argument)
{
    const fhi_live_segment *segments = argument;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (segments[x].info.file_bytes != segments[y].info.file_bytes)
        return segments[x].info.file_bytes < segments[y].info.file_bytes ? -1 : 1;
    return (x > y) - (x < y);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static fh_status merge_smallest(fh_writer *writer, fh_err *err)
{
    uint32_t *order = malloc(writer->segment_count * sizeof *order);
    if (!order) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < writer->segment_count; i++)
        order[i] = i;
    qsort_r(order, writer->segment_count, sizeof *order, by_size, writer->segments);
    uint64_t bytes = 0;
    uint32_t count = 0;
    for (; count < writer->segment_count && count < GROUP_MAX; count++) {
        const uint64_t next = writer->segments[order[count]].info.file_bytes;
        if (count >= 2 && next > 2 * bytes) break;
        bytes += next;
    }
    qsort(order, count, sizeof *order, by_number);
    const fh_status status = merge_group(writer, order, count, NULL, err);
    free(order);
    return status;
}

static fh_status rewrite_half_dead(fh_writer *writer, fh_err *err)
{
    for (uint32_t i = 0; i < writer->segment_count; i++)
        if (writer->segments[i].deleted_count > writer->segments[i].info.doc_count / 2)
            FH_TRY(merge_group(writer, &i, 1, NULL, err));
    return FH_OK;
}

static fh_status write_deletes(fh_writer *writer, fh_err *err)
{
    for (uint32_t i = 0; i < writer->segment_count; i++) {
        fhi_live_segment *segment = &writer->segments[i];
        if (!segment->changed) continue;
        segment->info.delete_id = writer->next_segment_id++;
        segment->info.deleted_count = segment->deleted_count;
        FH_TRY(fhi_deletes_write(writer->vfs, writer->directory, segment->info.id, segment->info.delete_id,
                                 segment->deleted, segment->info.doc_count, err));
    }
    return FH_OK;
}

static fh_status write_manifest(fh_writer *writer, fh_err *err)
{
    fhi_manifest manifest = {.settings = writer->settings,
                             .frequent = writer->frequent,
                             .generation = writer->generation + 1,
                             .next_segment_id = writer->next_segment_id,
                             .segment_count = writer->segment_count};
    if (writer->segment_count > FHI_SEGMENTS_MAX) return fhi_fail(err, FH_E_LIMIT, "too many segments");
    manifest.segments = malloc((writer->segment_count + (size_t)1) * sizeof *manifest.segments);
    if (!manifest.segments) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < writer->segment_count; i++) {
        manifest.segments[i] = writer->segments[i].info;
        bytes += manifest.segments[i].file_bytes;
    }
    const fh_status status = fhi_manifest_write(writer->vfs, writer->directory, &manifest, err);
    if (status == FH_OK) {
        writer->generation = manifest.generation;
        writer->stats.index_bytes = bytes;
        /* What stays behind here is removed by the next commit. */
        (void)fhi_manifest_sweep(writer->vfs, writer->directory, &manifest, 0, NULL);
    }
    manifest.frequent = (fhi_frequent){0}; /* the writer's own */
    fhi_manifest_fini(&manifest);
    return status;
}

/* The order of all living articles, which are those of group[0..count). */
static fh_status find_order(fh_writer *writer, const uint32_t *group, uint32_t count,
                            const fhi_merge_all_options *options, uint32_t **order, fh_err *err)
{
    const fhi_order_options how = {writer->memory_bytes,
                                   {options->threads, writer->cancelled, writer->cancelled_argument, options->progress,
                                    options->progress_argument}};
    *order = NULL;
    if (!options->reorder) return FH_OK;
    uint32_t article_count;
    fhi_merge_input *inputs = make_inputs(writer, group, count);
    const fh_status status = inputs ? fhi_order_articles(inputs, count, &how, order, &article_count) : FH_E_NOMEM;
    free(inputs);
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "%s", fh_status_text(status));
}

static fh_status merge_segments(fh_writer *writer, const fhi_merge_all_options *options, fh_err *err)
{
    uint32_t *order = NULL, *group = malloc((writer->segment_count + (size_t)1) * sizeof *group);
    if (!group) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < writer->segment_count; i++)
        group[i] = i;
    fh_status status = find_order(writer, group, writer->segment_count, options, &order, err);
    if (status == FH_OK) status = merge_group(writer, group, writer->segment_count, order, err);
    free(order);
    free(group);
    return status;
}

static fh_status merge_all(fh_writer *writer, const fhi_merge_all_options *options, fh_err *err)
{
    const uint32_t before = writer->segment_count;
    drop_dead(writer);
    const bool one = writer->segment_count == 1 && writer->segments[0].deleted_count == 0;
    const bool done = writer->segment_count == 0 || (one && !options->reorder);
    if (done && writer->segment_count == before) return FH_OK;
    if (!done) FH_TRY(merge_segments(writer, options, err));
    if (writer->cancelled && writer->cancelled(writer->cancelled_argument))
        return fhi_fail(err, FH_E_CANCELLED, "interrupted");
    FH_TRY(write_manifest(writer, err));
    if (!done) writer->segments[0].fresh = false;
    return FH_OK;
}

fh_status fhi_writer_merge_all(fh_writer *writer, const fhi_merge_all_options *options, fh_err *err)
{
    if (writer->status != FH_OK) return fhi_fail(err, FH_E_CLOSED, "the writer has failed before");
    writer->status = merge_all(writer, options, err);
    return writer->status;
}

fh_status fhi_writer_publish(fh_writer *writer, fh_err *err)
{
    bool news = false;
    for (uint32_t i = 0; i < writer->segment_count; i++)
        news = news || writer->segments[i].fresh;
    if (!news) return FH_OK;
    FH_TRY(merge_fresh(writer, err));
    drop_dead(writer);
    while (writer->segment_count > FHI_SEGMENTS_KEPT_MAX)
        FH_TRY(merge_smallest(writer, err));
    FH_TRY(rewrite_half_dead(writer, err));
    FH_TRY(write_deletes(writer, err));
    if (writer->cancelled && writer->cancelled(writer->cancelled_argument))
        return fhi_fail(err, FH_E_CANCELLED, "interrupted");
    FH_TRY(write_manifest(writer, err));
    for (uint32_t i = 0; i < writer->segment_count; i++)
        writer->segments[i].fresh = writer->segments[i].changed = false;
    return FH_OK;
}
