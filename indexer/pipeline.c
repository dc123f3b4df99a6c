/* pipeline.c - threads, the queue between them, and the order in which batches go in. */
#include "indexer/pipeline.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

enum { CHUNKS_WAITING = 2 }; /* read ahead, beside one chunk per worker */

typedef struct slot {
    fhi_chunk chunk;
    uint64_t ticket;
    struct slot *next; /* in the queue or among the free */
} slot;

typedef struct pipeline {
    const fhi_run_options *options;
    pthread_mutex_t mutex; /* guards all that follows, and the writer */
    pthread_cond_t changed_ready;
    pthread_cond_t changed_free;
    pthread_cond_t changed_turn;
    slot *ready_first;
    slot *ready_last;
    slot *free;
    bool complete; /* nothing more will be read */
    uint64_t turn; /* ticket whose batch goes in next */
    fhi_run_stats stats;
    fh_status status; /* first failure of any thread */
    fh_err err;
} pipeline;

typedef struct worker {
    pipeline *pipe;
    pthread_t thread;
    bool started;
    fhi_inverter inverter;
    fhi_store_compressor *compressor;
    fhi_item_reader items;
    fhi_buf rejects; /* lines of the chunk at hand */
    uint64_t rejected;
    uint64_t warned;
} worker;

static void fail_locked(pipeline *pipe, fh_status status, const fh_err *err)
{
    if (pipe->status != FH_OK) return;
    pipe->status = status;
    pipe->err = *err;
    (void)pthread_cond_broadcast(&pipe->changed_ready);
    (void)pthread_cond_broadcast(&pipe->changed_free);
    (void)pthread_cond_broadcast(&pipe->changed_turn);
}

/* ---- items --------------------------------------------------------------------------------------------- */

void fhi_item_reader_fini(fhi_item_reader *reader)
{
    fhi_article_fini(&reader->article);
    fhi_buf_fini(&reader->id);
}

fh_status fhi_item_read(fhi_item_reader *reader, const fhi_item *item, fh_str text, fh_err *err)
{
    fhi_buf *id = &reader->id;
    fhi_buf_clear(id);
    const fhi_format format = item->source->format;
    if (format == FHI_FORMAT_TEXT) fhi_buf_put(id, item->source->name, strlen(item->source->name));
    if (format == FHI_FORMAT_LINES) fhi_buf_printf(id, "%llu", (unsigned long long)item->ordinal);
    if (format == FHI_FORMAT_JSONL) fhi_buf_printf(id, "%s:%llu", item->source->path, (unsigned long long)item->line);
    if (id->status != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (item->too_long) return fhi_fail(err, FH_E_LIMIT, "%s over 64 MiB", format == FHI_FORMAT_TEXT ? "file" : "line");
    if (format == FHI_FORMAT_TEXT) return fhi_article_from_text(&reader->article, text, fhi_buf_str(id), err);
    if (format == FHI_FORMAT_LINES) return fhi_article_from_line(&reader->article, text, fhi_buf_str(id), err);
    return fhi_article_from_json(&reader->article, text, fhi_buf_str(id), err);
}

static bool is_refusal(fh_status status)
{
    return status == FH_E_UTF8 || status == FH_E_SYNTAX || status == FH_E_INVALID || status == FH_E_LIMIT;
}

static fh_status invert_item(worker *self, const fhi_chunk *chunk, const fhi_item *item, fh_err *err)
{
    const fh_str text = {(const char *)chunk->text.data + item->begin, item->end - item->begin};
    fh_status status = fhi_item_read(&self->items, item, text, err);
    if (status == FH_OK) status = fhi_inverter_add(&self->inverter, &self->items.article, err);
    if (is_refusal(status)) {
        self->rejected++;
        status = fhi_reject_format(&self->rejects, item->source->path, item->line, false, err->text);
    } else if (status == FH_OK && self->items.article.date_refused) {
        self->warned++;
        status = fhi_reject_format(&self->rejects, item->source->path, item->line, true,
                                   "the date cannot be read, the article goes in without it");
    } else {
        return status;
    }
    return status == FH_OK ? FH_OK : fhi_fail(err, FH_E_NOMEM, "out of memory");
}

static fh_status invert_chunk(worker *self, const fhi_chunk *chunk, fh_err *err)
{
    fhi_buf_clear(&self->rejects);
    self->rejected = self->warned = 0;
    for (size_t i = 0; i < chunk->count; i++)
        FH_TRY(invert_item(self, chunk, &chunk->items[i], err));
    return fhi_inverter_seal(&self->inverter, self->compressor, err);
}

/* ---- workers ------------------------------------------------------------------------------------------- */

static slot *take_ready(pipeline *pipe)
{
    slot *taken = NULL;
    (void)pthread_mutex_lock(&pipe->mutex);
    while (!pipe->ready_first && !pipe->complete && pipe->status == FH_OK)
        (void)pthread_cond_wait(&pipe->changed_ready, &pipe->mutex);
    if (pipe->status == FH_OK && pipe->ready_first) {
        taken = pipe->ready_first;
        pipe->ready_first = taken->next;
        if (!taken->next) pipe->ready_last = NULL;
    }
    (void)pthread_mutex_unlock(&pipe->mutex);
    return taken;
}

/* Waits for the slot's turn, then puts the batch in; gives the slot back. */
static void hand_over(worker *self, slot *done, fh_status status, fh_err *err)
{
    pipeline *pipe = self->pipe;
    (void)pthread_mutex_lock(&pipe->mutex);
    while (status == FH_OK && pipe->status == FH_OK && pipe->turn != done->ticket)
        (void)pthread_cond_wait(&pipe->changed_turn, &pipe->mutex);
    if (status == FH_OK && pipe->status == FH_OK) {
        status = fhi_rejects_write(pipe->options->rejects, &self->rejects, err);
        if (status == FH_OK) status = fhi_writer_append(pipe->options->writer, &self->inverter, err);
        pipe->stats.rejected += self->rejected;
        pipe->stats.warned += self->warned;
        pipe->stats.indexed = pipe->options->writer->stats.indexed;
        pipe->turn++;
        (void)pthread_cond_broadcast(&pipe->changed_turn);
    }
    if (status != FH_OK) fail_locked(pipe, status, err);
    done->next = pipe->free;
    pipe->free = done;
    (void)pthread_cond_signal(&pipe->changed_free);
    (void)pthread_mutex_unlock(&pipe->mutex);
}

static void *work(void *argument)
{
    worker *self = argument;
    slot *taken;
    while ((taken = take_ready(self->pipe))) {
        fh_err err;
        const fh_status status = invert_chunk(self, &taken->chunk, &err);
        hand_over(self, taken, status, &err);
    }
    return NULL;
}

static fh_status worker_start(worker *self, pipeline *pipe, fh_err *err)
{
    const fh_writer *writer = pipe->options->writer;
    self->pipe = pipe;
    FH_TRY(fhi_inverter_init(&self->inverter, &writer->settings, err));
    self->inverter.frequent = &writer->frequent;
    if (fhi_store_compressor_create(fhi_buf_str(&writer->dictionary), &self->compressor) != FH_OK)
        return fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (pthread_create(&self->thread, NULL, work, self) != 0) return fhi_fail(err, FH_E_NOMEM, "cannot start a thread");
    self->started = true;
    return FH_OK;
}

static void worker_stop(worker *self)
{
    if (self->started) (void)pthread_join(self->thread, NULL);
    fhi_inverter_fini(&self->inverter);
    fhi_store_compressor_destroy(self->compressor);
    fhi_item_reader_fini(&self->items);
    fhi_buf_fini(&self->rejects);
}

/* ---- the reading thread --------------------------------------------------------------------------------- */

static bool is_cancelled(int cancel_fd)
{
    struct pollfd fd = {.fd = cancel_fd, .events = POLLIN};
    return cancel_fd >= 0 && poll(&fd, 1, 0) > 0;
}

static slot *take_free(pipeline *pipe)
{
    slot *taken = NULL;
    (void)pthread_mutex_lock(&pipe->mutex);
    while (!pipe->free && pipe->status == FH_OK)
        (void)pthread_cond_wait(&pipe->changed_free, &pipe->mutex);
    if (pipe->status == FH_OK) {
        taken = pipe->free;
        pipe->free = taken->next;
    }
    (void)pthread_mutex_unlock(&pipe->mutex);
    return taken;
}

static void put_ready(pipeline *pipe, slot *filled, fhi_run_stats *stats)
{
    filled->next = NULL;
    (void)pthread_mutex_lock(&pipe->mutex);
    if (pipe->ready_last)
        pipe->ready_last->next = filled;
    else
        pipe->ready_first = filled;
    pipe->ready_last = filled;
    stats->indexed = pipe->stats.indexed;
    stats->rejected = pipe->stats.rejected;
    (void)pthread_cond_signal(&pipe->changed_ready);
    (void)pthread_mutex_unlock(&pipe->mutex);
}

static fh_status read_all(pipeline *pipe, fhi_reader *reader, fh_err *err)
{
    const fhi_run_options *options = pipe->options;
    fhi_run_stats stats = {0};
    slot *filled;
    for (uint64_t ticket = 0; (filled = take_free(pipe)); ticket++) {
        fh_status status = fhi_reader_next(reader, &filled->chunk, err);
        if (status == FH_OK && is_cancelled(options->cancel_fd)) status = fhi_fail(err, FH_E_CANCELLED, "interrupted");
        if (status != FH_OK || filled->chunk.count == 0) return status;
        filled->ticket = ticket;
        stats.read_bytes = reader->read_bytes;
        stats.taken_bytes = fhi_reader_taken_bytes(reader);
        put_ready(pipe, filled, &stats);
        if (options->progress) options->progress(options->progress_argument, &stats);
    }
    return FH_OK; /* a worker has failed and told why */
}

static void finish_reading(pipeline *pipe, fh_status status, const fh_err *err)
{
    (void)pthread_mutex_lock(&pipe->mutex);
    pipe->complete = true;
    if (status != FH_OK) fail_locked(pipe, status, err);
    (void)pthread_cond_broadcast(&pipe->changed_ready);
    (void)pthread_mutex_unlock(&pipe->mutex);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static fh_status pipeline_init(pipeline *pipe, const fhi_run_options *options)
{
    *pipe = (pipeline){.options = options};
    if (pthread_mutex_init(&pipe->mutex, NULL) != 0) return FH_E_NOMEM;
    (void)pthread_cond_init(&pipe->changed_ready, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&pipe->changed_free, NULL);
    (void)pthread_cond_init(&pipe->changed_turn, NULL);
    return FH_OK;
}

static void pipeline_fini(pipeline *pipe)
{
    (void)pthread_cond_destroy(&pipe->changed_turn);
    (void)pthread_cond_destroy(&pipe->changed_free);
    (void)pthread_cond_destroy(&pipe->changed_ready);
    (void)pthread_mutex_destroy(&pipe->mutex);
}

static fh_status run(pipeline *pipe, worker *workers, slot *slots, fh_err *err)
{
    const fhi_run_options *options = pipe->options;
    const uint32_t slot_count = options->workers + CHUNKS_WAITING;
    fhi_reader reader;
    fhi_reader_init(&reader, options->sources, options->cancel_fd);
    for (uint32_t i = 0; i < slot_count; i++) {
        slots[i].next = pipe->free;
        pipe->free = &slots[i];
    }
    fhi_writer_share_caches(options->writer, options->workers);
    fh_status status = FH_OK;
    for (uint32_t i = 0; i < options->workers && status == FH_OK; i++)
        status = worker_start(&workers[i], pipe, err);
    if (status == FH_OK) status = read_all(pipe, &reader, err);
    finish_reading(pipe, status, err);
    for (uint32_t i = 0; i < options->workers; i++)
        worker_stop(&workers[i]);
    for (uint32_t i = 0; i < slot_count; i++)
        fhi_chunk_fini(&slots[i].chunk);
    pipe->stats.read_bytes = reader.read_bytes;
    pipe->stats.taken_bytes = fhi_reader_taken_bytes(&reader);
    fhi_reader_fini(&reader);
    return pipe->status;
}

fh_status fhi_pipeline_run(const fhi_run_options *options, fhi_run_stats *stats, fh_err *err)
{
    *stats = (fhi_run_stats){0};
    pipeline pipe;
    fh_err why = {0};
    fh_status status = pipeline_init(&pipe, options);
    if (status != FH_OK) return fhi_fail(err, status, "cannot start");
    worker *workers = calloc(options->workers, sizeof *workers);
    slot *slots = calloc((size_t)options->workers + CHUNKS_WAITING, sizeof *slots);
    if (workers && slots) {
        status = run(&pipe, workers, slots, &why);
        if (err) *err = pipe.err;
    } else {
        status = fhi_fail(err, FH_E_NOMEM, "out of memory");
    }
    *stats = pipe.stats;
    free(workers);
    free(slots);
    pipeline_fini(&pipe);
    return status;
}
