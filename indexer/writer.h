/* writer.h - the writer behind include/fihrist/writer.h, as the pipeline sees it.
 *
 * writer.c opens, takes batches and flushes them to segments; commit.c merges, writes deletes and the manifest.
 */
#ifndef FHI_WRITER_H
#define FHI_WRITER_H

#include "engine/segment/index.h"
#include "indexer/merge.h"

#include <fihrist/writer.h>

enum { FHI_SEGMENTS_KEPT_MAX = 8 }; /* more are merged at a commit */

typedef struct fhi_live_segment {
    fhi_segment_info info;
    fhi_segment *segment;
    uint64_t *deleted; /* one bit a document; NULL: none */
    uint32_t deleted_count;
    bool changed; /* deletes since the last commit */
    bool fresh;   /* written since the last commit */
} fhi_live_segment;

struct fh_writer {
    const fhi_vfs *vfs;
    char *directory;
    int lock_fd;
    size_t memory_bytes;
    uint32_t inverters; /* that share the memory for caches of words */
    fhi_cancelled cancelled;
    void *cancelled_argument;
    fhi_settings settings;
    fhi_frequent frequent;     /* chosen with the dictionary of a new index; fixed from the first batch on */
    uint64_t generation;       /* last committed; 0: none yet */
    uint64_t next_segment_id;  /* above every number in a name of the directory */
    uint64_t first_segment_id; /* where this writer began; 0: it has not opened the index */
    fhi_live_segment *segments;
    uint32_t segment_count;
    uint32_t segment_capacity;
    fhi_memory memory;
    fhi_buf dictionary; /* for stored articles; fixed once the first batch is sealed */
    bool dictionary_ready;
    fhi_inverter inverter; /* of fh_writer_add */
    fhi_store_compressor *compressor;
    fhi_article article;
    fh_writer_stats stats;
    fh_status status; /* FH_OK, or what ended the writer */
};

/* Trains the dictionary of stored articles, unless the index has one already. Before the first batch. */
fh_status fhi_writer_train(fh_writer *writer, const fhi_buf *records, const size_t *record_bytes, size_t record_count,
                           fh_err *err);

/* How many inverters will share the memory for words; 1 when not called. */
void fhi_writer_share_caches(fh_writer *writer, uint32_t inverters);

/* Appends a sealed batch of any inverter made with this writer's settings; flushes when memory is short. */
fh_status fhi_writer_append(fh_writer *writer, fhi_inverter *inverter, fh_err *err);

/* Writes what was added and not flushed to a segment of its own; older documents with the same ids are marked deleted.
 */
fh_status fhi_writer_flush(fh_writer *writer, fh_err *err);

/* Merges, deletes, manifest: what is flushed becomes the index. In commit.c. */
fh_status fhi_writer_publish(fh_writer *writer, fh_err *err);

typedef struct fhi_merge_all_options {
    bool reorder;                                   /* articles that share words come to stand together */
    uint32_t threads;                               /* at least 1 */
    void (*progress)(void *argument, double share); /* of the ordering; NULL: none */
    void *progress_argument;
} fhi_merge_all_options;

/* All segments become one without deleted articles; a commit of its own. Nothing happens where that is so already and
 * no order is asked for. Codes: those of fh_writer_commit. In commit.c. */
fh_status fhi_writer_merge_all(fh_writer *writer, const fhi_merge_all_options *options, fh_err *err);

fh_status fhi_writer_add_segment(fh_writer *writer, const fhi_segment_info *info, bool fresh, fh_err *err);
void fhi_live_segment_fini(fhi_live_segment *segment);

#endif
