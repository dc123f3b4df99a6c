/* writer.c - open an index for writing, take articles, flush them to segments. Committing: commit.c. */
#include "indexer/writer.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MEMORY_BYTES_DEFAULT = 512 * 1024 * 1024,
    MEMORY_BYTES_MIN = 4 * 1024 * 1024,
    BATCH_BYTES = 512 * 1024,      /* of records; an add seals its batch then */
    TRAIN_BYTES = 4 * 1024 * 1024, /* of records; the first batch of a new index is larger, for the dictionary */
    MEMORY_PARTS = 8,              /* of the budget: */
    INDEX_PARTS = 5,               /* the index in memory, at most; caches have what it does not take up to */
    CACHE_PARTS = 7                /* here; the rest is for queues and for what writing a segment takes */
};

/* ---- opening ------------------------------------------------------------------------------------------- */

static fh_status lock(fh_writer *writer, fh_err *err)
{
    char *path = NULL;
    FH_TRY(writer->vfs->make_dir(writer->vfs->context, writer->directory, err));
    if (asprintf(&path, "%s/LOCK", writer->directory) < 0) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    const fh_status status = writer->vfs->lock(writer->vfs->context, path, &writer->lock_fd, err);
    free(path);
    return status;
}

/* Settings of a new index, or those of the old one where they agree with what is asked and with this program. */
static fh_status settle(fh_writer *writer, const fhi_manifest *manifest, const char *analyzer, fh_err *err)
{
    const bool old = manifest->generation > 0;
    const char *name = old ? manifest->settings.analyzer : analyzer ? analyzer : "press";
    if (analyzer && strcmp(analyzer, name) != 0)
        return fhi_fail_at(err, FH_E_ANALYZER, writer->directory, 0,
                           "the index was made with the analyzer %s, not %s; make another index", name, analyzer);
    fhi_settings settings = {.exact_weight = 0};
    (void)snprintf(settings.analyzer, sizeof settings.analyzer, "%s", name);
    FH_TRY(fhi_inverter_init(&writer->inverter, &settings, err));
    const uint32_t id = fh_analyzer_id(writer->inverter.analyzer);
    if (old && manifest->settings.analyzer_id != id)
        return fhi_fail_at(err, FH_E_ANALYZER, writer->directory, 0,
                           "the index was made with other rules of the analyzer %s; make it anew", name);
    writer->settings = manifest->settings;
    if (!old && strcmp(name, "words") == 0) fhi_settings_words(&writer->settings, id);
    if (!old && strcmp(name, "words") != 0) fhi_settings_press(&writer->settings, id);
    writer->inverter.settings = writer->settings;
    writer->inverter.frequent = &writer->frequent;
    writer->inverter.told_apart = writer->settings.exact_weight > 0;
    return FH_OK;
}

static fh_status load_deletes(const fh_writer *writer, fhi_live_segment *segment, fh_err *err)
{
    if (segment->info.delete_id == 0) return FH_OK;
    FH_TRY(fhi_deletes_read(writer->vfs, writer->directory, &segment->info, &segment->deleted, err));
    const size_t words = ((size_t)segment->info.doc_count + 63) / 64;
    uint32_t live = 0;
    for (size_t i = 0; i < words; i++) {
        live += (uint32_t)__builtin_popcountll(segment->deleted[i]);
        segment->deleted[i] = ~segment->deleted[i];
    }
    segment->deleted_count = segment->info.deleted_count;
    if (live == segment->info.doc_count - segment->deleted_count) return FH_OK;
    return fhi_fail_at(err, FH_E_CORRUPT, writer->directory, 0, "the delete file counts other articles");
}

fh_status fhi_writer_add_segment(fh_writer *writer, const fhi_segment_info *info, bool fresh, fh_err *err)
{
    if (writer->segment_count == writer->segment_capacity) {
        const uint32_t capacity = writer->segment_capacity ? writer->segment_capacity * 2 : 16;
        fhi_live_segment *segments = realloc(writer->segments, capacity * sizeof *segments);
        if (!segments) return fhi_fail(err, FH_E_NOMEM, "out of memory");
        writer->segments = segments;
        writer->segment_capacity = capacity;
    }
    fhi_live_segment segment = {.info = *info, .fresh = fresh};
    FH_TRY(fhi_segment_open(writer->vfs, writer->directory, info->id, &writer->settings, &segment.segment, err));
    fh_status status = fhi_manifest_check_segment(info, segment.segment, err);
    if (status == FH_OK) status = load_deletes(writer, &segment, err);
    if (status != FH_OK) {
        fhi_live_segment_fini(&segment);
        return status;
    }
    writer->segments[writer->segment_count++] = segment;
    return FH_OK;
}

void fhi_live_segment_fini(fhi_live_segment *segment)
{
    fhi_segment_close(segment->segment);
    free(segment->deleted);
    *segment = (fhi_live_segment){0};
}

/* Stored articles of a later run share the dictionary of the last one. */
static fh_status reuse_dictionary(fh_writer *writer, fh_err *err)
{
    if (writer->segment_count == 0) return FH_OK;
    const fhi_segment *last = writer->segments[writer->segment_count - 1].segment;
    if (fhi_segment_doc_count(last) == 0) return FH_OK;
    fh_str frame, dictionary;
    uint32_t record_bytes;
    FH_TRY(fhi_segment_frame(last, fhi_segment_doc_count(last) - 1, &frame, &record_bytes, &dictionary, err));
    fhi_buf_put(&writer->dictionary, dictionary.ptr, dictionary.len);
    writer->dictionary_ready = dictionary.len > 0;
    return writer->dictionary.status == FH_OK ? FH_OK : fhi_fail(err, FH_E_NOMEM, "out of memory");
}

/* Numbers for new files: above all that names in the directory hold, so that no file is ever written over. What first
 * runs left that were killed before their commit is removed: the mark they left says that nothing there was ever part
 * of an index. Segments that have lost their manifest are not touched. */
static fh_status choose_ids(fh_writer *writer, const fhi_manifest *manifest, fh_err *err)
{
    fhi_survey found;
    FH_TRY(fhi_manifest_survey(writer->vfs, writer->directory, &found, err));
    if (found.never_committed) FH_TRY(fhi_manifest_sweep(writer->vfs, writer->directory, manifest, 0, err));
    if (manifest->generation == 0 && found.has_segments && !found.never_committed)
        return fhi_fail_at(
            err, FH_E_CORRUPT, writer->directory, 0,
            "the folder holds segments of an index but no MANIFEST; put it back, or take another folder");
    uint64_t next = manifest->next_segment_id;
    if (next <= found.id_max && found.id_max < UINT64_MAX) next = found.id_max + 1;
    if (next <= found.id_max || next > UINT64_MAX / 2)
        return fhi_fail_at(err, FH_E_CORRUPT, writer->directory, 0, "no numbers are left for new segments");
    writer->next_segment_id = writer->first_segment_id = next;
    return FH_OK;
}

static fh_status load(fh_writer *writer, const char *analyzer, fh_err *err)
{
    fhi_manifest manifest;
    fh_status status = fhi_manifest_read(writer->vfs, writer->directory, &manifest, err);
    if (status == FH_E_NOT_FOUND) manifest = (fhi_manifest){.next_segment_id = 1};
    if (status != FH_OK && status != FH_E_NOT_FOUND) return status;
    writer->generation = manifest.generation;
    status = choose_ids(writer, &manifest, err);
    writer->frequent = manifest.frequent;
    manifest.frequent = (fhi_frequent){0};
    if (status == FH_OK) status = settle(writer, &manifest, analyzer, err);
    for (uint32_t i = 0; i < manifest.segment_count && status == FH_OK; i++) {
        writer->stats.index_bytes += manifest.segments[i].file_bytes;
        status = fhi_writer_add_segment(writer, &manifest.segments[i], false, err);
    }
    fhi_manifest_fini(&manifest);
    return status == FH_OK ? reuse_dictionary(writer, err) : status;
}

fh_status fh_writer_open(const char *directory, const fh_writer_options *options, fh_writer **out, fh_err *err)
{
    static const fh_writer_options defaults = {0};
    *out = NULL;
    if (!options) options = &defaults;
    fh_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    writer->vfs = options->vfs ? options->vfs : fhi_vfs_posix();
    writer->lock_fd = -1;
    writer->memory_bytes = options->memory_bytes ? options->memory_bytes : MEMORY_BYTES_DEFAULT;
    if (writer->memory_bytes < MEMORY_BYTES_MIN) writer->memory_bytes = MEMORY_BYTES_MIN;
    fhi_writer_share_caches(writer, 1);
    writer->cancelled = options->cancelled;
    writer->cancelled_argument = options->cancelled_argument;
    writer->directory = strdup(directory);
    fh_status status = writer->directory ? lock(writer, err) : fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (status == FH_OK) status = load(writer, options->analyzer, err);
    if (status != FH_OK) {
        writer->status = status;
        fh_writer_close(writer);
        return status;
    }
    fhi_memory_init(&writer->memory, &writer->settings);
    *out = writer;
    return FH_OK;
}

/* Removes the files this writer made and did not commit: the manifest on the disk, whichever it is, does not name them.
 * Older leftovers wait for a commit. */
static void remove_leftovers(const fh_writer *writer)
{
    fhi_manifest manifest;
    fh_status status = fhi_manifest_read(writer->vfs, writer->directory, &manifest, NULL);
    if (status == FH_OK || status == FH_E_NOT_FOUND)
        (void)fhi_manifest_sweep(writer->vfs, writer->directory, &manifest, writer->first_segment_id, NULL);
    fhi_manifest_fini(&manifest);
}

void fh_writer_close(fh_writer *writer)
{
    if (!writer) return;
    bool leftovers = writer->status != FH_OK;
    for (uint32_t i = 0; i < writer->segment_count; i++) {
        leftovers = leftovers || writer->segments[i].fresh;
        fhi_live_segment_fini(&writer->segments[i]);
    }
    if (leftovers && writer->first_segment_id > 0) remove_leftovers(writer);
    free(writer->segments);
    fhi_memory_fini(&writer->memory);
    fhi_buf_fini(&writer->dictionary);
    fhi_frequent_fini(&writer->frequent);
    fhi_inverter_fini(&writer->inverter);
    fhi_store_compressor_destroy(writer->compressor);
    fhi_article_fini(&writer->article);
    if (writer->lock_fd >= 0) (void)writer->vfs->close(writer->vfs->context, writer->lock_fd, writer->directory, NULL);
    free(writer->directory);
    free(writer);
}

fh_writer_stats fh_writer_get_stats(const fh_writer *writer)
{
    return writer->stats;
}

/* ---- batches ------------------------------------------------------------------------------------------- */

fh_status fhi_writer_train(fh_writer *writer, const fhi_buf *records, const size_t *record_bytes, size_t record_count,
                           fh_err *err)
{
    if (writer->dictionary_ready) return FH_OK;
    const fh_status status = fhi_store_train(records->data, record_bytes, record_count, &writer->dictionary);
    writer->dictionary_ready = status == FH_OK;
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "%s", fh_status_text(status));
}

static void mark_deleted(fhi_live_segment *segment, uint32_t doc)
{
    segment->deleted[doc / 64] |= UINT64_C(1) << (doc % 64);
    segment->deleted_count++;
    segment->changed = true;
}

/* Marks the document with this id, if it lives in an older segment. */
static fh_status replace_id(fh_writer *writer, fh_str id, fh_err *err)
{
    for (uint32_t i = writer->segment_count; i-- > 0;) {
        fhi_live_segment *segment = &writer->segments[i];
        uint32_t doc;
        const fh_status status = fhi_segment_find_id(segment->segment, id, &doc, err);
        if (status == FH_E_NOT_FOUND) continue;
        if (status != FH_OK) return status;
        if (segment->deleted && (segment->deleted[doc / 64] >> (doc % 64) & 1)) continue;
        if (!segment->deleted) {
            segment->deleted = calloc((size_t)segment->info.doc_count / 64 + 1, sizeof *segment->deleted);
            if (!segment->deleted) return fhi_fail(err, FH_E_NOMEM, "out of memory");
        }
        mark_deleted(segment, doc);
        writer->stats.replaced++;
        return FH_OK; /* an id lives once */
    }
    return FH_OK;
}

static fh_status replace_ids(fh_writer *writer, fh_err *err)
{
    const fhi_memory *memory = &writer->memory;
    writer->stats.replaced += memory->dead_count;
    for (uint32_t i = 0; i < memory->doc_count && writer->segment_count > 0; i++)
        if (!memory->docs[i].dead) FH_TRY(replace_id(writer, fhi_strings_at(&memory->ids, memory->docs[i].id), err));
    return FH_OK;
}

/* What is in memory becomes a segment of its own. */
static fh_status flush_memory(fh_writer *writer, fh_err *err)
{
    if (writer->memory.doc_count == 0) return FH_OK;
    fhi_segment_writer *segment = NULL;
    fhi_segment_info info;
    fh_status status = replace_ids(writer, err);
    if (status == FH_OK && writer->generation == 0 && writer->segment_count == 0)
        status = fhi_manifest_mark_first(writer->vfs, writer->directory, err);
    if (status == FH_OK)
        status = fhi_segment_writer_create(writer->vfs, writer->directory, writer->next_segment_id++, &writer->settings,
                                           &segment, err);
    if (status != FH_OK) goto done;
    status = fhi_memory_flush(&writer->memory, fhi_buf_str(&writer->dictionary), segment, writer->cancelled,
                              writer->cancelled_argument, err);
    if (status == FH_OK || fhi_segment_writer_status(segment) != FH_OK) {
        const fh_status finished = fhi_segment_writer_finish(segment, &info, err);
        if (finished != FH_OK) status = finished;
    }
    if (status == FH_OK) status = fhi_writer_add_segment(writer, &info, true, err);
    if (status == FH_OK) fhi_memory_clear(&writer->memory);
done:
    fhi_segment_writer_destroy(segment);
    writer->status = status;
    return status;
}

void fhi_writer_share_caches(fh_writer *writer, uint32_t inverters)
{
    writer->inverters = inverters;
}

fh_status fhi_writer_append(fh_writer *writer, fhi_inverter *inverter, fh_err *err)
{
    if (writer->status != FH_OK) return fhi_fail(err, FH_E_CLOSED, "the writer has failed before");
    writer->stats.indexed += inverter->doc_count;
    writer->status = fhi_memory_append(&writer->memory, inverter, err);
    if (writer->status != FH_OK) return writer->status;
    const size_t part = writer->memory_bytes / MEMORY_PARTS, bytes = fhi_memory_heap_bytes(&writer->memory);
    const size_t spare = bytes < part * CACHE_PARTS ? part * CACHE_PARTS - bytes : 0;
    fhi_inverter_next_batch(inverter, spare / writer->inverters);
    if (bytes < part * INDEX_PARTS) return FH_OK;
    return flush_memory(writer, err);
}

/* ---- one article at a time ----------------------------------------------------------------------------- */

static fh_status train_on_batch(fh_writer *writer, fh_err *err)
{
    const fhi_inverter *inverter = &writer->inverter;
    fhi_buf records = {0};
    size_t *sizes = malloc((inverter->doc_count + (size_t)1) * sizeof *sizes);
    for (uint32_t i = 0; sizes && i < inverter->doc_count; i++) {
        const fh_str record = fhi_inverter_text(inverter, inverter->docs[i].record);
        fhi_buf_put(&records, record.ptr, record.len);
        sizes[i] = record.len;
    }
    fh_status status = sizes ? records.status : FH_E_NOMEM;
    if (status == FH_OK)
        status = fhi_writer_train(writer, &records, sizes, inverter->doc_count, err);
    else
        (void)fhi_fail(err, status, "out of memory");
    free(sizes);
    fhi_buf_fini(&records);
    return status;
}

/* Seals and appends the writer's own batch. */
static fh_status append_batch(fh_writer *writer, fh_err *err)
{
    fhi_inverter *inverter = &writer->inverter;
    if (inverter->doc_count == 0) return FH_OK;
    const bool first = writer->generation == 0 && writer->stats.indexed == 0 && writer->frequent.count == 0;
    if (first && fhi_inverter_choose_frequent(inverter, &writer->frequent) != FH_OK)
        return fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (!writer->dictionary_ready) FH_TRY(train_on_batch(writer, err));
    if (!writer->compressor &&
        fhi_store_compressor_create(fhi_buf_str(&writer->dictionary), &writer->compressor) != FH_OK)
        return fhi_fail(err, FH_E_NOMEM, "out of memory");
    FH_TRY(fhi_inverter_seal(inverter, writer->compressor, err));
    return fhi_writer_append(writer, inverter, err);
}

fh_status fhi_writer_flush(fh_writer *writer, fh_err *err)
{
    writer->status = append_batch(writer, err);
    return writer->status == FH_OK ? flush_memory(writer, err) : writer->status;
}

static bool is_refusal(fh_status status)
{
    return status == FH_E_INVALID || status == FH_E_UTF8 || status == FH_E_LIMIT;
}

fh_status fh_writer_add(fh_writer *writer, const fh_record *record, fh_err *err)
{
    if (writer->status != FH_OK) return fhi_fail(err, FH_E_CLOSED, "the writer has failed before");
    fh_status status = fhi_article_from_record(&writer->article, record, err);
    if (status == FH_OK) status = fhi_inverter_add(&writer->inverter, &writer->article, err);
    if (is_refusal(status)) return status;
    if (status == FH_OK) {
        writer->stats.dates_refused += writer->article.date_refused;
        if (writer->inverter.bytes.len >= (writer->dictionary_ready ? BATCH_BYTES : TRAIN_BYTES))
            status = append_batch(writer, err);
    }
    writer->status = status;
    return status;
}

fh_status fh_writer_commit(fh_writer *writer, fh_err *err)
{
    if (writer->status != FH_OK) return fhi_fail(err, FH_E_CLOSED, "the writer has failed before");
    writer->status = fhi_writer_flush(writer, err);
    if (writer->status == FH_OK) writer->status = fhi_writer_publish(writer, err);
    return writer->status;
}
