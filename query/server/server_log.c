/* server_log.c - facts in, lines out, a bound between.
 *
 * One lock guards `pending`, to which the loop appends records, and the counts. The writer takes all of it at once, a
 * moment after the first record came, so that a busy loop wakes it some fifty times a second and not at each request.
 * The descriptor may be a pipe that nobody reads and may be shared with other processes, so it is never set
 * non-blocking: the writer asks poll first, and writes no more at once than a pipe takes whole.
 */
#include "query/server/server_log.h"

#include "engine/base/json.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum {
    GATHER_MS = 20,       /* between the first record and its line */
    SLICE_BYTES = 65536,  /* of lines made before they are written */
    PIECE_BYTES = 4096,   /* PIPE_BUF: what a pipe that is writable takes without waiting */
    POLL_MS = 50,         /* how often a writer that waits looks whether it is to stop */
    LAST_WORDS_MS = 1000, /* for a reader to take what is left at the end */
    TIME_BYTES = 32
};

/* In `pending`, followed by the bytes of its three texts. */
typedef struct log_record {
    struct timespec time;
    bool is_message; /* the text of `query` */
    fhi_log_request request;
} log_record;

struct fhi_log {
    int fd;
    fhi_log_format format;
    fhi_log_level level;
    uint32_t life;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    /* under the lock */
    fhi_buf pending;
    bool stopping;
    uint64_t dropped;
    /* the writer's own */
    fhi_buf taken;
    fhi_buf lines;
    uint64_t dropped_told;
    bool broken; /* the descriptor takes no more */
};

/* ---- taking facts ---- */

static fh_str cut(fh_str text)
{
    return (fh_str){text.ptr, text.len < FHI_LOG_TEXT_BYTES_MAX ? text.len : FHI_LOG_TEXT_BYTES_MAX};
}

static void append(fhi_log *log, log_record *record)
{
    fh_str *const texts[] = {&record->request.query, &record->request.plan, &record->request.error};
    size_t bytes = sizeof *record;
    (void)clock_gettime(CLOCK_REALTIME, &record->time);
    for (int i = 0; i < 3; i++) {
        *texts[i] = cut(*texts[i]);
        bytes += texts[i]->len;
    }
    uv_mutex_lock(&log->lock);
    const bool first = log->pending.len == 0;
    if (log->pending.len + bytes > FHI_LOG_PENDING_BYTES_MAX || !fhi_buf_reserve(&log->pending, bytes)) {
        log->pending.status = FH_OK; /* there may be memory for the next */
        log->dropped++;
    } else {
        fhi_buf_put(&log->pending, record, sizeof *record);
        for (int i = 0; i < 3; i++)
            fhi_buf_put(&log->pending, texts[i]->ptr, texts[i]->len);
    }
    if (first) uv_cond_signal(&log->wake);
    uv_mutex_unlock(&log->lock);
}

void fhi_log_message(fhi_log *log, const char *text)
{
    log_record record = {.is_message = true, .request.query = fhi_str(text)};
    if (log) append(log, &record);
}

void fhi_log_note(fhi_log *log, const fhi_log_request *request)
{
    if (!log || log->level == FHI_LOG_NONE) return;
    const bool notable = request->slow || request->cut || request->status == 0 || request->status >= 500;
    if (log->level == FHI_LOG_NOTABLE && !notable) return;
    log_record record = {.request = *request};
    append(log, &record);
}

uint64_t fhi_log_dropped(fhi_log *log)
{
    if (!log) return 0;
    uv_mutex_lock(&log->lock);
    const uint64_t dropped = log->dropped;
    uv_mutex_unlock(&log->lock);
    return dropped;
}

/* ---- lines ---- */

static void put_time(const struct timespec *time, char text[TIME_BYTES])
{
    struct tm day;
    (void)gmtime_r(&time->tv_sec, &day);
    const size_t len = strftime(text, TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &day);
    (void)snprintf(text + len, TIME_BYTES - len, ".%03dZ", (int)(time->tv_nsec / 1000000));
}

void fhi_request_id(uint32_t life, uint64_t number, char id[FHI_REQUEST_ID_BYTES])
{
    (void)snprintf(id, FHI_REQUEST_ID_BYTES, "%08x-%llu", life, (unsigned long long)number);
}

static uint64_t microseconds(uint64_t nanoseconds)
{
    return nanoseconds / 1000;
}

static void put_client(const fhi_client *client, char text[INET6_ADDRSTRLEN])
{
    text[0] = '\0';
    if (client->any.sa_family == AF_INET) (void)uv_ip4_name(&client->four, text, INET6_ADDRSTRLEN);
    if (client->any.sa_family == AF_INET6) (void)uv_ip6_name(&client->six, text, INET6_ADDRSTRLEN);
}

/* Bytes of the character at `at` if it may stand in a line as it is; 0 if it would end the line, command a terminal, or
 * turn round the order in which what follows is shown. */
static size_t harmless(const char *at, size_t len)
{
    const unsigned char first = (unsigned char)*at;
    if (first < 0x80) return first >= ' ' && first != 0x7F && first != '"' && first != '\\';
    const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (bytes > len || fhi_utf8_check(at, bytes) != bytes) return 0;
    if (first == 0xC2 && (unsigned char)at[1] < 0xA0) return 0; /* C1 */
    if (memcmp(at, "\xE2\x80", 2) == 0 && (unsigned char)at[2] >= 0xA8 && (unsigned char)at[2] <= 0xAE) return 0;
    return memcmp(at, "\xE2\x81", 2) == 0 && (unsigned char)at[2] >= 0xA6 && (unsigned char)at[2] <= 0xA9 ? 0 : bytes;
}

static void put_quoted(fhi_buf *out, const char *name, fh_str text)
{
    fhi_buf_printf(out, " %s=\"", name);
    for (size_t at = 0; at < text.len;) {
        const size_t bytes = harmless(text.ptr + at, text.len - at);
        if (bytes)
            fhi_buf_put(out, text.ptr + at, bytes);
        else
            fhi_buf_printf(out, "\\x%02x", (unsigned)(unsigned char)text.ptr[at]);
        at += bytes ? bytes : 1;
    }
    fhi_buf_put8(out, '"');
}

/* The error of an answer; NULL where it has none, or was cut. */
static json_t *read_error(fh_str body)
{
    json_error_t error;
    json_t *object;
    if (body.len == 0 || fhi_json_load(body, JSON_ALLOW_NUL, &object, &error) != FH_OK) return NULL;
    json_t *inner = json_incref(json_object_get(object, "error"));
    json_decref(object);
    return inner;
}

static void write_text(const fhi_log *log, const fhi_log_request *r, fhi_buf *out)
{
    char id[FHI_REQUEST_ID_BYTES], client[INET6_ADDRSTRLEN];
    fhi_request_id(log->life, r->number, id);
    fhi_buf_printf(out, " id=%s door=%s method=%s route=%s status=%d bytes=%llu", id, r->door, r->method, r->route,
                   r->status, (unsigned long long)r->answer_bytes);
    fhi_buf_printf(out, " total_us=%llu wait_us=%llu search_us=%llu snippet_us=%llu write_us=%llu generation=%llu",
                   (unsigned long long)microseconds(r->total_ns), (unsigned long long)microseconds(r->wait_ns),
                   (unsigned long long)microseconds(r->search_ns), (unsigned long long)microseconds(r->snippet_ns),
                   (unsigned long long)microseconds(r->write_ns), (unsigned long long)r->generation);
    put_client(&r->client, client);
    if (client[0]) fhi_buf_printf(out, " client=%s", client);
    if (r->cut) fhi_buf_printf(out, " cut=true");
    if (r->slow) fhi_buf_printf(out, " slow=true");
    json_t *error = read_error(r->error);
    const json_t *code = json_object_get(error, "code"), *message = json_object_get(error, "message");
    if (code) put_quoted(out, "code", (fh_str){json_string_value(code), json_string_length(code)});
    if (message) put_quoted(out, "message", (fh_str){json_string_value(message), json_string_length(message)});
    json_decref(error);
    if (r->query.len) put_quoted(out, "q", r->query);
    if (r->plan.len) put_quoted(out, "plan", r->plan);
}

static void set_string(json_t *line, const char *name, fh_str text)
{
    if (text.len) (void)json_object_set_new(line, name, json_stringn(text.ptr, text.len));
}

static json_t *request_json(const fhi_log *log, const fhi_log_request *r, const char *time)
{
    char id[FHI_REQUEST_ID_BYTES], client[INET6_ADDRSTRLEN];
    fhi_request_id(log->life, r->number, id);
    json_t *line = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "time", time, "kind", "request", "id", id, "door",
        r->door, "method", r->method, "route", r->route, "status", r->status, "bytes", (json_int_t)r->answer_bytes,
        "total_us", (json_int_t)microseconds(r->total_ns), "wait_us", (json_int_t)microseconds(r->wait_ns), "search_us",
        (json_int_t)microseconds(r->search_ns), "snippet_us", (json_int_t)microseconds(r->snippet_ns), "write_us",
        (json_int_t)microseconds(r->write_ns), "generation", (json_int_t)r->generation);
    put_client(&r->client, client);
    set_string(line, "client", fhi_str(client));
    if (r->cut) (void)json_object_set_new(line, "cut", json_true());
    if (r->slow) (void)json_object_set_new(line, "slow", json_true());
    json_t *error = read_error(r->error);
    if (error) (void)json_object_set(line, "code", json_object_get(error, "code"));
    if (error) (void)json_object_set(line, "message", json_object_get(error, "message"));
    json_decref(error);
    set_string(line, "q", r->query);
    set_string(line, "plan", r->plan);
    return line;
}

static void write_json(const fhi_log *log, const log_record *record, const char *time, fhi_buf *out)
{
    const fh_str text = record->request.query;
    json_t *line = record->is_message ? json_pack("{s:s,s:s}", "time", time, "kind", "notice")
                                      : request_json(log, &record->request, time);
    if (record->is_message) set_string(line, "message", text);
    char *dumped = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (dumped) fhi_buf_printf(out, "%s", dumped);
    free(dumped);
}

static void write_line(fhi_log *log, const log_record *record)
{
    char time[TIME_BYTES];
    put_time(&record->time, time);
    if (log->format == FHI_LOG_JSON) {
        write_json(log, record, time, &log->lines);
    } else {
        fhi_buf_printf(&log->lines, "%s %s", time, record->is_message ? "notice" : "request");
        if (record->is_message)
            put_quoted(&log->lines, "message", record->request.query);
        else
            write_text(log, &record->request, &log->lines);
    }
    fhi_buf_put8(&log->lines, '\n');
}

/* ---- the writer ---- */

/* Whether the time to write what is left is over; *stopped_ns is when stopping was seen first. */
static bool gives_up(fhi_log *log, uint64_t *stopped_ns)
{
    uv_mutex_lock(&log->lock);
    const bool stopping = log->stopping;
    uv_mutex_unlock(&log->lock);
    if (!stopping) return false;
    if (!*stopped_ns) *stopped_ns = uv_hrtime();
    return uv_hrtime() - *stopped_ns > LAST_WORDS_MS * UINT64_C(1000000);
}

static void write_lines(fhi_log *log)
{
    uint64_t stopped_ns = 0;
    for (size_t at = 0; at < log->lines.len && !log->broken;) {
        struct pollfd ready = {.fd = log->fd, .events = POLLOUT};
        const int count = poll(&ready, 1, POLL_MS);
        if (count == 0 || (count < 0 && errno == EINTR)) {
            log->broken = gives_up(log, &stopped_ns);
            continue;
        }
        const size_t left = log->lines.len - at;
        const ssize_t written = write(log->fd, log->lines.data + at, left < PIECE_BYTES ? left : PIECE_BYTES);
        if (written > 0)
            at += (size_t)written;
        else if (written < 0 && errno != EINTR && errno != EAGAIN)
            log->broken = true;
    }
    fhi_buf_clear(&log->lines);
}

static fh_str take_text(const fhi_buf *from, size_t *at, size_t len)
{
    const fh_str text = {(const char *)from->data + *at, len};
    *at += len;
    return text;
}

static void write_taken(fhi_log *log)
{
    log_record record;
    for (size_t at = 0; at < log->taken.len;) {
        memcpy(&record, log->taken.data + at, sizeof record);
        at += sizeof record;
        record.request.query = take_text(&log->taken, &at, record.request.query.len);
        record.request.plan = take_text(&log->taken, &at, record.request.plan.len);
        record.request.error = take_text(&log->taken, &at, record.request.error.len);
        write_line(log, &record);
        if (log->lines.len >= SLICE_BYTES) write_lines(log);
    }
    fhi_buf_clear(&log->taken);
    write_lines(log);
}

static void tell_dropped(fhi_log *log, uint64_t dropped)
{
    char text[80];
    if (dropped == log->dropped_told) return;
    (void)snprintf(text, sizeof text, "%llu lines were dropped: they came faster than they were read",
                   (unsigned long long)(dropped - log->dropped_told));
    log_record record = {.is_message = true, .request.query = fhi_str(text)};
    (void)clock_gettime(CLOCK_REALTIME, &record.time);
    write_line(log, &record);
    log->dropped_told = dropped;
}

static void write_until_told(void *argument)
{
    fhi_log *log = argument;
    bool last = false;
    while (!last) {
        uv_mutex_lock(&log->lock);
        while (log->pending.len == 0 && !log->stopping)
            uv_cond_wait(&log->wake, &log->lock);
        if (!log->stopping) (void)uv_cond_timedwait(&log->wake, &log->lock, GATHER_MS * UINT64_C(1000000));
        const fhi_buf empty = log->taken;
        log->taken = log->pending;
        log->pending = empty;
        last = log->stopping;
        const uint64_t dropped = log->dropped;
        uv_mutex_unlock(&log->lock);
        write_taken(log);
        tell_dropped(log, dropped);
        write_lines(log);
    }
}

/* ---- life ---- */

fh_status fhi_log_create(int fd, fhi_log_format format, fhi_log_level level, uint32_t life, fhi_log **out, fh_err *err)
{
    *out = NULL;
    fhi_log *log = calloc(1, sizeof *log);
    if (!log) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    *log = (fhi_log){.fd = fd, .format = format, .level = level, .life = life};
    if (uv_mutex_init(&log->lock) != 0) goto no_lock;
    if (uv_cond_init(&log->wake) != 0) goto no_wake;
    if (uv_thread_create(&log->thread, write_until_told, log) != 0) goto no_thread;
    *out = log;
    return FH_OK;
no_thread:
    uv_cond_destroy(&log->wake);
no_wake:
    uv_mutex_destroy(&log->lock);
no_lock:
    free(log);
    return fhi_fail(err, FH_E_INTERNAL, "cannot start a thread for the log");
}

void fhi_log_destroy(fhi_log *log)
{
    if (!log) return;
    uv_mutex_lock(&log->lock);
    log->stopping = true;
    uv_cond_signal(&log->wake);
    uv_mutex_unlock(&log->lock);
    (void)uv_thread_join(&log->thread);
    uv_cond_destroy(&log->wake);
    uv_mutex_destroy(&log->lock);
    fhi_buf_fini(&log->pending);
    fhi_buf_fini(&log->taken);
    fhi_buf_fini(&log->lines);
    free(log);
}
