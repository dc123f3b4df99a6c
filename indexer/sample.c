/* sample.c - articles from the beginnings of the sources, to train the dictionary of stored articles on.
 *
 * All sources have a share, so that a dictionary serves the French and the Arabic files of one run alike. What
 * cannot be read twice is opened here and peeked at; the reader goes on with the same stream.
 */
#include "indexer/pipeline.h"

#include <stdlib.h>

enum {
    SAMPLE_BYTES = 6 * 1024 * 1024, /* of input, over all sources */
    SOURCES_MAX = 256,              /* spread evenly over all */
    RECORDS_MAX = 64 * 1024
};

typedef struct sample {
    fhi_buf records;
    size_t *sizes; /* RECORDS_MAX */
    size_t count;
    fhi_item_reader items;
} sample;

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
    return FH_OK;
}

/* A last line without an end is left: it may go on. */
static fh_status add_lines(sample *into, const fhi_source *source, fh_str text)
{
    fhi_item item = {.source = source};
    const char *end;
    while (text.len && (end = memchr(text.ptr, '\n', text.len))) {
        const fh_str line = {text.ptr, (size_t)(end - text.ptr)};
        item.line++;
        FH_TRY(add_record(into, &item, line));
        text.ptr += line.len + 1;
        text.len -= line.len + 1;
    }
    return FH_OK;
}

static fh_status add_source(sample *into, fhi_source *source, size_t bytes, int cancel_fd)
{
    fhi_input *input = NULL;
    fh_str head;
    const fh_status opened = fhi_input_open(source->path, cancel_fd, &input, NULL);
    if (opened != FH_OK) return opened == FH_E_NOMEM ? opened : FH_OK;
    fh_status status = fhi_input_peek(input, bytes, &head);
    const fhi_item whole = {.source = source, .line = 1};
    if (status == FH_OK && source->format == FHI_FORMAT_TEXT) status = add_record(into, &whole, head);
    if (status == FH_OK && source->format != FHI_FORMAT_TEXT) status = add_lines(into, source, head);
    if (source->regular)
        fhi_input_close(input);
    else
        source->input = input;
    return status;
}

fh_status fhi_sample_train(fhi_sources *sources, fh_writer *writer, int cancel_fd, fh_err *err)
{
    if (writer->dictionary_ready || sources->count == 0) return FH_OK;
    sample into = {.sizes = malloc(RECORDS_MAX * sizeof *into.sizes)};
    const size_t count = sources->count < SOURCES_MAX ? sources->count : SOURCES_MAX;
    fh_status status = into.sizes ? FH_OK : FH_E_NOMEM;
    for (size_t i = 0; i < count && status == FH_OK; i++) {
        fhi_source *source = &sources->items[i * sources->count / count];
        status = add_source(&into, source, SAMPLE_BYTES / count, cancel_fd);
    }
    if (status == FH_OK)
        status = fhi_writer_train(writer, &into.records, into.sizes, into.count, err);
    else
        (void)fhi_fail(err, status, "%s", fh_status_text(status));
    fhi_item_reader_fini(&into.items);
    fhi_buf_fini(&into.records);
    free(into.sizes);
    return status;
}
