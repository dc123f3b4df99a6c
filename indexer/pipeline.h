/* pipeline.h - one run: a reader cuts chunks, workers turn them into batches, batches go in in input order.
 *
 * The caller's thread reads. Chunks and workers are few and fixed, so memory is bounded; a chunk carries a
 * ticket, and a worker hands its batch over when its ticket's turn has come: the same input gives the same
 * index whatever the number of workers.
 */
#ifndef FHI_PIPELINE_H
#define FHI_PIPELINE_H

#include "indexer/reader.h"
#include "indexer/rejects.h"
#include "indexer/writer.h"

enum { FHI_WORKERS_MAX = 64 };

typedef struct fhi_run_stats {
    uint64_t rejected;
    uint64_t warned;      /* articles that went in without their date */
    uint64_t read_bytes;  /* unpacked */
    uint64_t taken_bytes; /* of the files, as packed */
    uint64_t indexed;
} fhi_run_stats;

typedef struct fhi_run_options {
    fhi_sources *sources;
    fh_writer *writer;
    fhi_rejects *rejects;
    uint32_t workers;
    int cancel_fd; /* becomes readable when the run is to stop; -1: never */
    void (*progress)(void *argument, const fhi_run_stats *stats); /* on the caller's thread; may be NULL */
    void *progress_argument;
} fhi_run_options;

/* Reads everything into the writer; does not commit. Codes: FH_E_CANCELLED, FH_E_NOMEM, FH_E_IO. */
fh_status fhi_pipeline_run(const fhi_run_options *options, fhi_run_stats *stats, fh_err *err);

/* Trains the writer's dictionary on the beginnings of the sources, unless it has one. */
fh_status fhi_sample_train(fhi_sources *sources, fh_writer *writer, int cancel_fd, fh_err *err);

/* Parses one item by its format. Codes: those of article.h. */
typedef struct fhi_item_reader {
    fhi_article article;
    fhi_buf id; /* made up from file and line */
} fhi_item_reader;
fh_status fhi_item_read(fhi_item_reader *reader, const fhi_item *item, fh_str text, fh_err *err);
void fhi_item_reader_fini(fhi_item_reader *reader);

#endif
