/* sample.c - some articles from all over the sources, to train the dictionary of stored articles on and to find the
 * words that are in most of them.
 *
 * Every source has its share, and lines are taken at even distances, so that one dictionary serves the French and
 * the Arabic files of a run, and all sections of a file. What cannot be read twice is opened here and peeked at;
 * the reader goes on with the same stream.
 */
#include "indexer/pipeline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SAMPLE_BYTES = 16 * 1024 * 1024, /* of input taken */
    READ_BYTES = 256 * 1024 * 1024,  /* of input looked at, unpacked */
    PEEK_BYTES = 1024 * 1024,        /* of a pipe */
    SOURCE_BYTES_MIN = 64 * 1024,
    WINDOW_BYTES = 64 * 1024, /* read at a place */
    PACKED_RATIO = 5,         /* guess: text is this many times as long as its file */
    SOURCES_MAX = 256,        /* evenly over all */
    RECORDS_MAX = 64 * 1024,
    FREQUENT_MIN = 64, /* so many records are taken apart for their words, */
    FREQUENT_SHARE = 4 /* then one of so many */
};

typedef struct sample {
    fh_writer *writer;
    fhi_buf records;
    size_t *sizes; /* RECORDS_MAX */
    size_t count;
    double share;  /* of the bytes looked at, how many are taken */
    double looked; /* bytes so far */
    double taken;
    fhi_item_reader items;
} sample;

/* A part of the sample tells which words are frequent. */
static fh_status add_words(sample *into)
{
    if (into->writer->generation > 0) return FH_OK;
    const fh_status status = fhi_inverter_add(&into->writer->inverter, &into->items.article, NULL);
    return status == FH_E_NOMEM ? status : FH_OK; /* the run itself will tell what else is wrong */
}

static fh_status choose_words(fh_writer *writer)
{
    if (writer->generation > 0) return FH_OK;
    const fh_status status = fhi_inverter_choose_frequent(&writer->inverter, &writer->frequent);
    fhi_inverter_next_batch(&writer->inverter, 0);
    return status;
}

static fh_status add_record(sample *into, const fhi_item *item, fh_str text)
{
    fh_err err;
    if (into->count == RECORDS_MAX) return FH_OK;
    const fh_status status = fhi_item_read(&into->items, item, text, &err);
    if (status == FH_E_NOMEM) return status;
    if (status != FH_OK) return FH_OK; /* the run itself will tell */
    const fh_record *record = &into->items.article.record;
    const size_t bytes = fh_record_bytes(record);
    uint8_t *to = fhi_buf_extend(&into->records, bytes);
    if (!to) return FH_E_NOMEM;
    fh_record_encode(record, (char *)to);
    into->sizes[into->count++] = bytes;
    return into->count <= FREQUENT_MIN || into->count % FREQUENT_SHARE == 0 ? add_words(into) : FH_OK;
}

static fh_status look_at(sample *into, const fhi_item *item, fh_str text)
{
    into->looked += (double)text.len;
    if (into->taken + (double)text.len / 2 > into->looked * into->share) return FH_OK;
    into->taken += (double)text.len;
    return add_record(into, item, text);
}

static void note_nothing(void *argument, const fh_err *err)
{
    (void)argument;
    (void)err;
}

/* Reads the first `bytes` of a plain file. */
static fh_status look_through(sample *into, const fhi_source *source, uint64_t bytes)
{
    fhi_source copy = *source;
    fhi_sources alone = {.items = &copy, .count = 1, .note = note_nothing};
    fhi_reader reader;
    fhi_chunk chunk = {0};
    fhi_reader_init(&reader, &alone, -1);
    fh_status status;
    do {
        status = fhi_reader_next(&reader, &chunk, NULL);
        for (size_t i = 0; i < chunk.count && status == FH_OK; i++) {
            const fhi_item *item = &chunk.items[i];
            const fh_str text = {(const char *)chunk.text.data + item->begin, item->end - item->begin};
            if (!item->too_long) status = look_at(into, item, text);
        }
    } while (status == FH_OK && chunk.count > 0 && reader.read_bytes < bytes);
    fhi_chunk_fini(&chunk);
    fhi_reader_fini(&reader);
    return status;
}

/* Reads whole lines here and there in a file of lines, `bytes` in all: what stands near its end may be of another
 * language than its beginning. */
static fh_status look_around(sample *into, const fhi_source *source, uint64_t bytes)
{
    const fhi_item item = {.source = source, .line = 1};
    const uint64_t step = source->bytes / (bytes / WINDOW_BYTES + 1);
    fh_status status = FH_OK;
    const int fd = open(source->path, O_RDONLY | O_CLOEXEC);
    char *window = malloc(WINDOW_BYTES);
    if (!window) status = FH_E_NOMEM;
    for (uint64_t at = 0; fd >= 0 && window && at < source->bytes && status == FH_OK; at += step) {
        const ssize_t got = pread(fd, window, WINDOW_BYTES, (off_t)at);
        if (got <= 0) break; /* the run itself will tell */
        const char *line = window, *end = window + got;
        if (at > 0) line = memchr(line, '\n', (size_t)(end - line)); /* where it began is not known */
        for (line = at > 0 && line ? line + 1 : line; line && line < end && status == FH_OK;) {
            const char *stop = memchr(line, '\n', (size_t)(end - line));
            if (!stop) break;
            if (stop > line) status = look_at(into, &item, (fh_str){line, (size_t)(stop - line)});
            line = stop + 1;
        }
    }
    free(window);
    if (fd >= 0) (void)close(fd);
    return status;
}

/* The first lines of a stream that cannot be read twice; a last line without an end may go on and is left. */
static fh_status peek_at(sample *into, fhi_source *source, int cancel_fd)
{
    fh_str text;
    const fh_status opened = fhi_input_open(source->path, cancel_fd, &source->input, NULL);
    if (opened != FH_OK) return opened == FH_E_NOMEM ? opened : FH_OK;
    FH_TRY(fhi_input_peek(source->input, PEEK_BYTES, &text));
    fhi_item item = {.source = source, .line = 1};
    if (source->format == FHI_FORMAT_TEXT) return add_record(into, &item, text);
    const char *end;
    for (; text.len && (end = memchr(text.ptr, '\n', text.len)); item.line++) {
        const fh_str line = {text.ptr, (size_t)(end - text.ptr)};
        FH_TRY(add_record(into, &item, line));
        text.ptr += line.len + 1;
        text.len -= line.len + 1;
    }
    return FH_OK;
}

static bool is_packed(const fhi_source *source)
{
    const size_t len = strlen(source->path);
    return len > 4 && (strcmp(source->path + len - 3, ".gz") == 0 || strcmp(source->path + len - 4, ".zst") == 0);
}

static uint64_t guessed_bytes(const fhi_source *source)
{
    return source->bytes * (is_packed(source) ? PACKED_RATIO : 1);
}

static fh_status look_into(sample *into, fhi_source *source, uint64_t bytes, int cancel_fd)
{
    if (!source->regular) return peek_at(into, source, cancel_fd);
    const bool lines = source->format != FHI_FORMAT_TEXT && !is_packed(source);
    return lines && bytes + WINDOW_BYTES < source->bytes ? look_around(into, source, bytes)
                                                         : look_through(into, source, bytes);
}

static fh_status take_sample(sample *into, fhi_sources *sources, int cancel_fd)
{
    const size_t count = sources->count < SOURCES_MAX ? sources->count : SOURCES_MAX;
    double total = 1;
    for (size_t i = 0; i < count; i++)
        total += (double)guessed_bytes(&sources->items[i * sources->count / count]);
    const double looked = total < READ_BYTES ? total : READ_BYTES;
    into->share = looked < SAMPLE_BYTES ? 1 : SAMPLE_BYTES / looked;
    for (size_t i = 0; i < count; i++) {
        fhi_source *source = &sources->items[i * sources->count / count];
        uint64_t bytes = (uint64_t)((double)guessed_bytes(source) * (looked / total));
        if (bytes < SOURCE_BYTES_MIN) bytes = SOURCE_BYTES_MIN;
        FH_TRY(look_into(into, source, bytes, cancel_fd));
    }
    return FH_OK;
}

fh_status fhi_sample_train(fhi_sources *sources, fh_writer *writer, int cancel_fd, fh_err *err)
{
    if (writer->dictionary_ready || sources->count == 0) return FH_OK;
    sample into = {.writer = writer, .sizes = malloc(RECORDS_MAX * sizeof *into.sizes)};
    fh_status status = into.sizes ? take_sample(&into, sources, cancel_fd) : FH_E_NOMEM;
    if (status == FH_OK) status = choose_words(writer);
    if (status == FH_OK)
        status = fhi_writer_train(writer, &into.records, into.sizes, into.count, err);
    else
        (void)fhi_fail(err, status, "%s", fh_status_text(status));
    fhi_item_reader_fini(&into.items);
    fhi_buf_fini(&into.records);
    free(into.sizes);
    return status;
}
