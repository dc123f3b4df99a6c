/* input.c - reading and unpacking of one stream. Users: reader.c and sample.c. */
#include "indexer/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PACKED_BYTES = 128 * 1024 };

typedef enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD } packing;

struct fhi_input {
    const char *path; /* borrowed */
    int fd;
    int cancel_fd;
    packing kind;
    packing wanted;       /* what the name promises */
    bool at_end;          /* of the file */
    bool inside;          /* of a gzip member or zstd frame */
    uint64_t taken_bytes; /* read from the file */
    size_t at;            /* unread bytes are packed[at, len) */
    size_t len;
    fhi_buf head; /* peeked bytes, given out from head_at on */
    size_t head_at;
    z_stream gzip;
    bool gzip_ready;
    ZSTD_DStream *zstd;
    fh_err broken; /* damage met after bytes that were still given out; its status is FH_OK while all is well */
    uint8_t packed[PACKED_BYTES];
};

static bool ends_with(const char *path, const char *suffix)
{
    const size_t len = strlen(path), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(path + len - suffix_len, suffix) == 0;
}

static fh_status system_error(const fhi_input *input, const char *what, fh_err *err)
{
    const int reason = errno;
    return fhi_fail_at(err, reason == ENOENT ? FH_E_NOT_FOUND : FH_E_IO, input->path, input->taken_bytes,
                       "cannot %s: %s", what, fhi_errno_text(reason));
}

fh_status fhi_input_open(const char *path, int cancel_fd, fhi_input **out, fh_err *err)
{
    *out = NULL;
    fhi_input *input = calloc(1, sizeof *input);
    if (!input) return fhi_fail_at(err, FH_E_NOMEM, path, 0, "out of memory");
    input->path = path;
    input->cancel_fd = cancel_fd;
    input->wanted = ends_with(path, ".gz") ? PACKING_GZIP : ends_with(path, ".zst") ? PACKING_ZSTD : PACKING_UNKNOWN;
    const bool standard = strcmp(path, "-") == 0;
    input->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat entry;
    fh_status status = FH_OK;
    if (input->fd < 0 || fstat(input->fd, &entry) != 0) {
        status = system_error(input, "open", err);
    } else if (S_ISDIR(entry.st_mode)) {
        status = fhi_fail_at(err, FH_E_IO, path, 0, "is a folder");
    } else if (S_ISREG(entry.st_mode)) {
        input->cancel_fd = -1; /* a disk answers by itself */
    }
    if (status != FH_OK) {
        fhi_input_close(input);
        return status;
    }
    *out = input;
    return FH_OK;
}

void fhi_input_close(fhi_input *input)
{
    if (!input) return;
    if (input->gzip_ready) (void)inflateEnd(&input->gzip);
    (void)ZSTD_freeDStream(input->zstd);
    if (input->fd > STDIN_FILENO) (void)close(input->fd);
    fhi_buf_fini(&input->head);
    free(input);
}

uint64_t fhi_input_taken_bytes(const fhi_input *input)
{
    return input->taken_bytes;
}

/* Waits for a pipe without missing a request to stop. */
static fh_status wait_readable(fhi_input *input, fh_err *err)
{
    if (input->cancel_fd < 0) return FH_OK;
    struct pollfd fds[2] = {{.fd = input->fd, .events = POLLIN}, {.fd = input->cancel_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR) return system_error(input, "wait", err);
    if (fds[1].revents != 0) return fhi_fail_at(err, FH_E_CANCELLED, input->path, input->taken_bytes, "interrupted");
    return FH_OK;
}

static fh_status read_file(fhi_input *input, void *to, size_t capacity, size_t *count, fh_err *err)
{
    *count = 0;
    if (input->at_end) return FH_OK;
    FH_TRY(wait_readable(input, err));
    ssize_t got;
    do {
        got = read(input->fd, to, capacity);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return system_error(input, "read", err);
    input->at_end = got == 0;
    input->taken_bytes += (uint64_t)got;
    *count = (size_t)got;
    return FH_OK;
}

/* Appends to the packed bytes what one read gives. */
static fh_status fill(fhi_input *input, fh_err *err)
{
    if (input->at == input->len) input->at = input->len = 0;
    size_t count;
    FH_TRY(read_file(input, input->packed + input->len, PACKED_BYTES - input->len, &count, err));
    input->len += count;
    return FH_OK;
}

static fh_status start_unpacking(fhi_input *input, fh_err *err)
{
    if (input->kind == PACKING_GZIP) {
        if (inflateInit2(&input->gzip, 15 + 16) != Z_OK) goto no_memory;
        input->gzip_ready = true;
    } else if (input->kind == PACKING_ZSTD) {
        input->zstd = ZSTD_createDStream();
        if (!input->zstd) goto no_memory;
    }
    return FH_OK;
no_memory:
    return fhi_fail_at(err, FH_E_NOMEM, input->path, 0, "out of memory");
}

static fh_status recognise(fhi_input *input, fh_err *err)
{
    static const uint8_t gzip[2] = {0x1F, 0x8B}, zstd[4] = {0x28, 0xB5, 0x2F, 0xFD};
    while (input->len < sizeof zstd && !input->at_end)
        FH_TRY(fill(input, err));
    packing kind = PACKING_NONE;
    if (input->len >= sizeof gzip && memcmp(input->packed, gzip, sizeof gzip) == 0) kind = PACKING_GZIP;
    if (input->len >= sizeof zstd && memcmp(input->packed, zstd, sizeof zstd) == 0) kind = PACKING_ZSTD;
    if (input->wanted != PACKING_UNKNOWN && kind != input->wanted)
        return fhi_fail_at(err, FH_E_CORRUPT, input->path, 0, "does not start like a %s file",
                           input->wanted == PACKING_GZIP ? "gzip" : "zstd");
    input->kind = kind;
    return start_unpacking(input, err);
}

static fh_status damaged(const fhi_input *input, const char *why, fh_err *err)
{
    const uint64_t offset = input->taken_bytes - (input->len - input->at);
    return fhi_fail_at(err, FH_E_CORRUPT, input->path, offset, "%s data is damaged near byte %llu: %s",
                       input->kind == PACKING_GZIP ? "gzip" : "zstd", (unsigned long long)offset, why);
}

static fh_status unpack_gzip(fhi_input *input, uint8_t *to, size_t capacity, size_t *count, fh_err *err)
{
    z_stream *gzip = &input->gzip;
    gzip->next_in = input->packed + input->at;
    gzip->avail_in = (uInt)(input->len - input->at);
    gzip->next_out = to;
    gzip->avail_out = capacity > UINT32_MAX ? UINT32_MAX : (uInt)capacity;
    const int result = inflate(gzip, Z_NO_FLUSH);
    input->at = input->len - gzip->avail_in;
    *count = (size_t)(gzip->next_out - to);
    input->inside = result != Z_STREAM_END;
    if (result == Z_MEM_ERROR) return fhi_fail_at(err, FH_E_NOMEM, input->path, 0, "out of memory");
    if (result == Z_STREAM_END) return inflateReset(gzip) == Z_OK ? FH_OK : damaged(input, "cannot go on", err);
    if (result == Z_OK || result == Z_BUF_ERROR) return FH_OK;
    return damaged(input, gzip->msg ? gzip->msg : "unknown content", err);
}

static fh_status unpack_zstd(fhi_input *input, uint8_t *to, size_t capacity, size_t *count, fh_err *err)
{
    ZSTD_inBuffer in = {input->packed, input->len, input->at};
    ZSTD_outBuffer out = {to, capacity, 0};
    const size_t result = ZSTD_decompressStream(input->zstd, &out, &in);
    input->at = in.pos;
    *count = out.pos;
    if (ZSTD_isError(result)) return damaged(input, ZSTD_getErrorName(result), err);
    input->inside = result != 0;
    return FH_OK;
}

static fh_status unpack(fhi_input *input, uint8_t *to, size_t capacity, size_t *count, fh_err *err)
{
    while (input->broken.status == FH_OK) {
        if (input->at == input->len) FH_TRY(fill(input, err));
        if (input->at == input->len && !input->inside) return FH_OK;
        const fh_status status = input->kind == PACKING_GZIP ? unpack_gzip(input, to, capacity, count, &input->broken)
                                                             : unpack_zstd(input, to, capacity, count, &input->broken);
        if (status == FH_OK && *count == 0 && input->at == input->len && input->at_end)
            (void)damaged(input, "it is cut short", &input->broken);
        if (*count > 0) return FH_OK;
    }
    if (err) *err = input->broken;
    return input->broken.status;
}

static fh_status read_stream(fhi_input *input, uint8_t *to, size_t capacity, size_t *count, fh_err *err)
{
    *count = 0;
    if (input->kind == PACKING_UNKNOWN) FH_TRY(recognise(input, err));
    if (input->kind != PACKING_NONE) return unpack(input, to, capacity, count, err);
    if (input->at == input->len) return read_file(input, to, capacity, count, err);
    const size_t left = input->len - input->at;
    *count = left < capacity ? left : capacity;
    memcpy(to, input->packed + input->at, *count);
    input->at += *count;
    return FH_OK;
}

fh_status fhi_input_read(fhi_input *input, void *to, size_t capacity, size_t *count, fh_err *err)
{
    const size_t left = input->head.len - input->head_at;
    if (left == 0) return read_stream(input, to, capacity, count, err);
    *count = left < capacity ? left : capacity;
    memcpy(to, input->head.data + input->head_at, *count);
    input->head_at += *count;
    if (input->head_at == input->head.len) {
        fhi_buf_fini(&input->head);
        input->head_at = 0;
    }
    return FH_OK;
}

fh_status fhi_input_peek(fhi_input *input, size_t bytes, fh_str *head)
{
    *head = (fh_str){0};
    while (input->head.len < bytes) {
        const size_t room = bytes - input->head.len;
        if (!fhi_buf_reserve(&input->head, room)) return FH_E_NOMEM;
        size_t count = 0;
        const fh_status status = read_stream(input, input->head.data + input->head.len, room, &count, NULL);
        input->head.len += count;
        if (status == FH_E_CANCELLED || status == FH_E_NOMEM) return status;
        if (status != FH_OK || count == 0) break;
    }
    *head = fhi_buf_str(&input->head);
    return FH_OK;
}
