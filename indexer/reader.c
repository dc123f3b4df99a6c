/* reader.c - from streams to chunks. Users: pipeline.c, sample.c. */
#include "indexer/reader.h"

#include <stdlib.h>

enum { READ_BYTES = 64 * 1024, FIRST_ITEMS = 256 };

void fhi_chunk_fini(fhi_chunk *chunk)
{
    fhi_buf_fini(&chunk->text);
    free(chunk->items);
    *chunk = (fhi_chunk){0};
}

void fhi_reader_init(fhi_reader *reader, fhi_sources *sources, int cancel_fd)
{
    *reader = (fhi_reader){.sources = sources, .cancel_fd = cancel_fd};
}

void fhi_reader_fini(fhi_reader *reader)
{
    fhi_input_close(reader->input);
    fhi_buf_fini(&reader->carry);
    *reader = (fhi_reader){0};
}

uint64_t fhi_reader_taken_bytes(const fhi_reader *reader)
{
    return reader->taken_bytes + (reader->input ? fhi_input_taken_bytes(reader->input) : 0);
}

static void close_source(fhi_reader *reader)
{
    reader->taken_bytes = fhi_reader_taken_bytes(reader);
    fhi_input_close(reader->input);
    reader->input = NULL;
}

static void note(fhi_reader *reader, const fh_err *err)
{
    reader->sources->failed++;
    reader->sources->note(reader->sources->note_argument, err);
}

static bool is_fatal(fh_status status)
{
    return status == FH_E_NOMEM || status == FH_E_CANCELLED;
}

/* Opens the next source that can be opened; input stays NULL after the last. */
static fh_status open_next(fhi_reader *reader, fh_err *err)
{
    while (!reader->input && reader->next < reader->sources->count) {
        fhi_source *source = &reader->sources->items[reader->next++];
        reader->source = source;
        reader->line = 0;
        fh_status status = FH_OK;
        fh_err why;
        if (source->input) {
            reader->input = source->input;
            source->input = NULL;
        } else {
            status = fhi_input_open(source->path, reader->cancel_fd, &reader->input, &why);
        }
        if (status == FH_E_NOMEM) return fhi_fail_at(err, status, source->path, 0, "out of memory");
        if (status != FH_OK) note(reader, &why);
    }
    return FH_OK;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') return false;
    return true;
}

/* Counts a line; blank ones make no item. */
static fh_status add_item(fhi_reader *reader, fhi_chunk *chunk, size_t begin, size_t end, bool too_long)
{
    const char *text = (const char *)chunk->text.data;
    const uint64_t line = ++reader->line, ordinal = reader->ordinal++;
    if (line == 1 && end - begin >= 3 && memcmp(text + begin, "\xEF\xBB\xBF", 3) == 0) begin += 3; /* BOM */
    if (reader->source->format != FHI_FORMAT_TEXT) {
        if (!too_long && is_blank(text + begin, end - begin)) return FH_OK;
        if (end > begin && text[end - 1] == '\r') end--;
    }
    if (chunk->count == chunk->capacity) {
        const size_t capacity = chunk->capacity ? chunk->capacity * 2 : FIRST_ITEMS;
        fhi_item *items = realloc(chunk->items, capacity * sizeof *items);
        if (!items) return FH_E_NOMEM;
        chunk->items = items;
        chunk->capacity = capacity;
    }
    chunk->items[chunk->count++] = (fhi_item){.source = reader->source,
                                              .line = line,
                                              .ordinal = ordinal,
                                              .begin = (uint32_t)begin,
                                              .end = (uint32_t)end,
                                              .too_long = too_long};
    return FH_OK;
}

/* Reads a piece to the end of the chunk's text; a failing source is told and counts as ended. */
static fh_status read_piece(fhi_reader *reader, fhi_chunk *chunk, size_t *count, fh_err *err)
{
    *count = 0;
    if (!fhi_buf_reserve(&chunk->text, READ_BYTES)) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    fh_err why;
    const fh_status status = fhi_input_read(reader->input, chunk->text.data + chunk->text.len, READ_BYTES, count, &why);
    if (is_fatal(status)) {
        if (err) *err = why;
        return status;
    }
    if (status != FH_OK) note(reader, &why);
    chunk->text.len += *count;
    reader->read_bytes += *count;
    return FH_OK;
}

/* Items for the lines that end in text[from, len); *start is where the unfinished line begins. */
static fh_status cut_lines(fhi_reader *reader, fhi_chunk *chunk, size_t from, size_t *start)
{
    const char *text = (const char *)chunk->text.data;
    const char *end;
    while (from < chunk->text.len && (end = memchr(text + from, '\n', chunk->text.len - from))) {
        const size_t at = (size_t)(end - text);
        if (reader->passing_over)
            FH_TRY(add_item(reader, chunk, at, at, true));
        else
            FH_TRY(add_item(reader, chunk, *start, at, false));
        reader->passing_over = false;
        from = *start = at + 1;
    }
    if (chunk->text.len - *start > FHI_LINE_BYTES_MAX) reader->passing_over = true;
    if (reader->passing_over) chunk->text.len = *start;
    return FH_OK;
}

/* The last line of a file may lack its end. */
static fh_status finish_lines(fhi_reader *reader, fhi_chunk *chunk, size_t *start)
{
    if (chunk->text.len > *start || reader->passing_over)
        FH_TRY(add_item(reader, chunk, *start, chunk->text.len, reader->passing_over));
    *start = chunk->text.len;
    reader->passing_over = false;
    close_source(reader);
    return FH_OK;
}

static fh_status read_lines(fhi_reader *reader, fhi_chunk *chunk, size_t *start, fh_err *err)
{
    const size_t from = chunk->text.len;
    size_t count;
    FH_TRY(read_piece(reader, chunk, &count, err));
    const fh_status status = count == 0 ? finish_lines(reader, chunk, start) : cut_lines(reader, chunk, from, start);
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "out of memory");
}

/* A text file is one item. */
static fh_status read_text(fhi_reader *reader, fhi_chunk *chunk, size_t *start, fh_err *err)
{
    size_t count;
    bool too_long = false;
    do {
        FH_TRY(read_piece(reader, chunk, &count, err));
        too_long = too_long || chunk->text.len - *start > FHI_LINE_BYTES_MAX;
        if (too_long) chunk->text.len = *start;
    } while (count > 0);
    if (add_item(reader, chunk, *start, chunk->text.len, too_long) != FH_OK)
        return fhi_fail(err, FH_E_NOMEM, "out of memory");
    *start = chunk->text.len;
    close_source(reader);
    return FH_OK;
}

fh_status fhi_reader_next(fhi_reader *reader, fhi_chunk *chunk, fh_err *err)
{
    chunk->count = 0;
    fhi_buf_clear(&chunk->text);
    fhi_buf_put(&chunk->text, reader->carry.data, reader->carry.len);
    fhi_buf_clear(&reader->carry);
    size_t start = 0; /* of the unfinished line */
    while (start < FHI_CHUNK_BYTES && chunk->count < FHI_CHUNK_ITEMS_MAX) {
        FH_TRY(open_next(reader, err));
        if (!reader->input) break;
        if (reader->source->format == FHI_FORMAT_TEXT)
            FH_TRY(read_text(reader, chunk, &start, err));
        else
            FH_TRY(read_lines(reader, chunk, &start, err));
    }
    if (chunk->text.len > start) fhi_buf_put(&reader->carry, chunk->text.data + start, chunk->text.len - start);
    chunk->text.len = start;
    if (chunk->text.status != FH_OK || reader->carry.status != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    return FH_OK;
}
