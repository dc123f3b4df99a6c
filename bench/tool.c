/* tool.c - what the tools share: messages, lines of files, time. See bench.h. */
#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { READ_BYTES = 1 << 18, LINE_BYTES_MAX = 1 << 28 };

/* ---- messages -------------------------------------------------------------------------------------------- */

int fhi_bench_complain(const char *what, const char *why)
{
    fhi_complain("bench", what, why);
    return 1;
}

int fhi_bench_complain_err(const char *what, fh_status status, const fh_err *err)
{
    return fhi_bench_complain(err->file[0] ? err->file : what, err->text[0] ? err->text : fh_status_text(status));
}

int fhi_bench_usage(const char *text, bool asked)
{
    (void)fputs(text, asked ? stdout : stderr);
    return asked ? 0 : 2;
}

bool fhi_bench_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    if (*text < '0' || *text > '9') return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && *out >= least && *out <= most;
}

/* ---- files ----------------------------------------------------------------------------------------------- */

fh_status fhi_bench_lines_open(fhi_bench_lines *lines, const char *path, fh_err *err)
{
    *lines = (fhi_bench_lines){0};
    fhi_buf_init(&lines->buffer);
    return fhi_input_open(path, -1, &lines->input, err);
}

void fhi_bench_lines_close(fhi_bench_lines *lines)
{
    fhi_input_close(lines->input);
    fhi_buf_fini(&lines->buffer);
    lines->input = NULL;
}

/* Reads more behind what is left of the buffer. */
static fh_status read_more(fhi_bench_lines *lines, fh_err *err)
{
    fhi_buf *buffer = &lines->buffer;
    size_t count = 0;
    if (lines->at > 0 && buffer->data) {
        buffer->len -= lines->at;
        memmove(buffer->data, buffer->data + lines->at, buffer->len);
        lines->at = 0;
    }
    if (buffer->len > LINE_BYTES_MAX) return fhi_fail(err, FH_E_LIMIT, "a line is over 256 MiB");
    if (!fhi_buf_reserve(buffer, READ_BYTES)) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    FH_TRY(fhi_input_read(lines->input, buffer->data + buffer->len, READ_BYTES, &count, err));
    buffer->len += count;
    lines->ended = count == 0;
    return FH_OK;
}

fh_status fhi_bench_lines_next(fhi_bench_lines *lines, fh_str *line, bool *more, fh_err *err)
{
    *more = false;
    *line = (fh_str){NULL, 0};
    size_t seen = 0; /* of the bytes from `at` on, those known to hold no line end */
    for (;;) {
        const fhi_buf *buffer = &lines->buffer;
        const size_t left = buffer->len - lines->at;
        const uint8_t *start = left ? buffer->data + lines->at : NULL;
        const uint8_t *end = start && left > seen ? memchr(start + seen, '\n', left - seen) : NULL;
        if (!end && !lines->ended) {
            seen = left;
            FH_TRY(read_more(lines, err));
            continue;
        }
        if (!end && left == 0) return FH_OK;
        *line = (fh_str){(const char *)start, end ? (size_t)(end - start) : left};
        lines->at += line->len + (end ? 1 : 0);
        lines->number++;
        *more = true;
        return FH_OK;
    }
}

fh_str fhi_bench_next_cell(fh_str *line)
{
    const char *tab = line->len ? memchr(line->ptr, '\t', line->len) : NULL;
    const fh_str cell = {line->ptr, tab ? (size_t)(tab - line->ptr) : line->len};
    const size_t step = cell.len + (tab ? 1 : 0);
    *line = (fh_str){line->ptr + step, line->len - step};
    return cell;
}

static void complain_errno(const char *path)
{
    (void)fhi_bench_complain(path, fhi_errno_text(errno));
}

FILE *fhi_bench_create(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    if (!file) complain_errno(path);
    return file;
}

bool fhi_bench_close(FILE *file, const char *path)
{
    if (!file) return true;
    const bool failed = ferror(file) != 0;
    if ((file == stdout ? fflush(file) : fclose(file)) == 0 && !failed) return true;
    complain_errno(path);
    return false;
}

fh_status fhi_bench_put_json(FILE *to, json_t *line, fh_err *err)
{
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(line);
    if (!text) return fhi_fail(err, FH_E_NOMEM, "a text is not UTF-8, or memory is short");
    const int written = fprintf(to, "%s\n", text);
    free(text);
    return written < 0 || fflush(to) != 0 ? fhi_fail(err, FH_E_IO, "cannot write") : FH_OK;
}

/* ---- time ------------------------------------------------------------------------------------------------ */

uint64_t fhi_bench_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}
