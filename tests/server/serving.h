/* serving.h - a server with a scripted service on a thread of its own, and plain blocking clients.
 *
 * The service answers by the text of the query:
 *   gate     waits until serving.gate is opened          sleep N  takes N ms, or FH_E_DEADLINE when that is past
 *   big N    answers with N bytes more                   wrong    FH_E_SYNTAX with an error object
 *   bounds   tells request.limits
 *   others   {"hits":[],"total":GENERATION,"q":TEXT,"top":TOP}
 * Every read of a client ends after some seconds, so a silent server fails a test and does not hang it.
 */
#ifndef TESTS_SERVER_SERVING_H
#define TESTS_SERVER_SERVING_H

#include "query/server/server.h"
#include "query/server/server_ask.h"
#include "tests/support/scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

enum { READ_SECONDS = 20 };

typedef struct serving {
    scratch folder;
    char socket[SCRATCH_PATH_BYTES];
    unsigned short port;
    fhi_service service;
    fhi_server_options options; /* change between serving_init and serving_start */
    fhi_server *server;
    uv_thread_t thread;
    atomic_ullong generation; /* of the next snapshot */
    atomic_bool open_fails;
    atomic_bool gate;
    atomic_int started;   /* searches begun */
    atomic_int pieces;    /* of exports, begun */
    atomic_int snapshots; /* alive */
    atomic_int workers;   /* alive */
} serving;

typedef struct stub_snapshot {
    atomic_int references;
    uint64_t generation;
    serving *owner;
} stub_snapshot;

static inline fh_status stub_open(void *context, void **snapshot, fh_err *err)
{
    serving *self = context;
    *snapshot = NULL;
    if (self->open_fails) return fhi_fail(err, FH_E_CORRUPT, "told to fail");
    stub_snapshot *made = calloc(1, sizeof *made);
    if (!made) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    made->references = 1;
    made->generation = self->generation;
    made->owner = self;
    self->snapshots++;
    *snapshot = made;
    return FH_OK;
}

static inline void *stub_retain(void *snapshot)
{
    ((stub_snapshot *)snapshot)->references++;
    return snapshot;
}

static inline void stub_release(void *snapshot)
{
    stub_snapshot *self = snapshot;
    if (--self->references > 0) return;
    self->owner->snapshots--;
    free(self);
}

static inline void stub_describe(void *snapshot, fhi_snapshot_facts *facts)
{
    const uint64_t generation = ((stub_snapshot *)snapshot)->generation;
    *facts = (fhi_snapshot_facts){.generation = generation, .article_count = 3, .identity = generation};
}

static inline fh_status stub_worker_create(void *context, void *snapshot, void **worker, fh_err *err)
{
    (void)snapshot;
    (void)err;
    ((serving *)context)->workers++;
    *worker = context;
    return FH_OK;
}

static inline void stub_worker_destroy(void *worker)
{
    ((serving *)worker)->workers--;
}

static inline void sleep_ms(unsigned ms)
{
    (void)poll(NULL, 0, (int)ms);
}

static inline fh_status stub_write(json_t *object, fhi_buf *json)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!text) return FH_E_NOMEM;
    fhi_buf_put(json, text, strlen(text));
    free(text);
    return FH_OK;
}

static inline fh_status stub_search(void *worker, void *snapshot, const fhi_request *request, json_t *id, fhi_buf *json)
{
    serving *self = worker;
    char text[64];
    (void)snprintf(text, sizeof text, "%.*s", (int)request->query.len, request->query.ptr);
    self->started++;
    while (strcmp(text, "gate") == 0 && !self->gate)
        sleep_ms(1);
    if (strcmp(text, "wrong") == 0) {
        (void)fhi_error_json("open_quote", "told to fail", id, json);
        return FH_E_SYNTAX;
    }
    if (strncmp(text, "sleep ", 6) == 0) {
        const uint64_t end = uv_hrtime() + strtoull(text + 6, NULL, 10) * 1000000;
        while (uv_hrtime() < end) {
            sleep_ms(1);
            if (uv_hrtime() < request->deadline_ns) continue;
            (void)fhi_error_json("deadline", "told to be slow", id, json);
            return FH_E_DEADLINE;
        }
    }
    json_t *object = json_object();
    if (id) (void)json_object_set(object, "id", id);
    (void)json_object_set_new(object, "hits", json_array());
    (void)json_object_set_new(object, "total", json_integer((json_int_t)((stub_snapshot *)snapshot)->generation));
    (void)json_object_set_new(object, "q", json_stringn(request->query.ptr, request->query.len));
    (void)json_object_set_new(object, "top", json_integer(request->top));
    if (strcmp(text, "bounds") == 0) {
        const fhi_request_limits *limits = &request->limits;
        (void)json_object_set_new(object, "clauses", json_integer(limits->clauses_max));
        (void)json_object_set_new(object, "expansion", json_integer(limits->expansion_max));
        (void)json_object_set_new(object, "memory", json_integer((json_int_t)limits->memory_bytes_max));
    }
    if (strncmp(text, "big ", 4) == 0) {
        const size_t len = strtoull(text + 4, NULL, 10);
        char *padding = malloc(len);
        assert_non_null(padding);
        memset(padding, 'x', len);
        (void)json_object_set_new(object, "padding", json_stringn(padding, len));
        free(padding);
    }
    return stub_write(object, json);
}

static inline fh_status stub_article(fh_str id, fhi_buf *json)
{
    if (id.len == 0 || fhi_str_equal(id, FH_STR("absent"))) {
        (void)fhi_error_json("not_found", "no such article", NULL, json);
        return FH_E_NOT_FOUND;
    }
    return stub_write(json_pack("{s:s%,s:s}", "id", id.ptr, id.len, "title", "Un titre"), json);
}

static inline fh_status stub_answer(void *worker, void *snapshot, const fhi_ask *ask, fhi_buf *json)
{
    if (ask->route->kind == FHI_ASK_ARTICLE) return stub_article(ask->subject, json);
    return stub_search(worker, snapshot, &ask->request, ask->id, json);
}

/* Exports: `lines N` are N lines {"n":0,"generation":1}, a piece being 500 of them; `crash N` fails in the Nth piece;
 * `slow N` takes N ms for each of its ten pieces. */
static inline fh_status stub_piece(void *worker, void *snapshot, const fhi_ask *ask, fhi_export_state *state,
                                   fhi_buf *out)
{
    enum { PIECE_LINES = 500 };
    serving *self = worker;
    char text[64];
    (void)snprintf(text, sizeof text, "%.*s", (int)ask->request.query.len, ask->request.query.ptr);
    const uint64_t number = strlen(text) > 6 ? strtoull(text + 6, NULL, 10) : 0;
    const bool slow = strncmp(text, "slow ", 5) == 0;
    self->pieces++;
    if (slow) sleep_ms((unsigned)strtoul(text + 5, NULL, 10));
    const uint64_t whole = strncmp(text, "lines ", 6) == 0 ? number : slow ? UINT64_C(10) * PIECE_LINES : UINT64_MAX;
    const bool late = slow && uv_hrtime() > ask->request.deadline_ns;
    if (late || (strncmp(text, "crash ", 6) == 0 && state->article_count / PIECE_LINES + 1 >= number)) {
        (void)fhi_error_json(late ? "deadline" : "corrupt", "told to fail", ask->id, out);
        state->ended = true;
        return late ? FH_E_DEADLINE : FH_E_CORRUPT;
    }
    for (int i = 0; i < PIECE_LINES && state->article_count < whole; i++)
        fhi_buf_printf(out, "{\"n\":%llu,\"generation\":%llu}\n", (unsigned long long)state->article_count++,
                       (unsigned long long)((stub_snapshot *)snapshot)->generation);
    state->ended = state->article_count == whole;
    if (state->ended && ask->root) fhi_buf_printf(out, "{\"exported\":%llu}", (unsigned long long)whole);
    return out->status;
}

/* Fills in a server on a free port and a socket in a folder of its own, not started. */
static inline void serving_init(serving *self)
{
    *self = (serving){.generation = 1};
    (void)signal(SIGPIPE, SIG_IGN);
    scratch_init(&self->folder);
    (void)scratch_path(&self->folder, "sock", self->socket);
    self->service = (fhi_service){
        .context = self,
        .snapshot_open = stub_open,
        .snapshot_retain = stub_retain,
        .snapshot_release = stub_release,
        .snapshot_describe = stub_describe,
        .worker_create = stub_worker_create,
        .worker_destroy = stub_worker_destroy,
        .answer = stub_answer,
        .piece = stub_piece,
    };
    fhi_server_options_init(&self->options);
    self->options.service = &self->service;
    self->options.http = "127.0.0.1:0";
    self->options.socket = self->socket;
    self->options.worker_count = 2;
}

static inline void serving_thread(void *argument)
{
    fhi_server_run(((serving *)argument)->server);
}

static inline void serving_start(serving *self)
{
    fh_err err = {0};
    if (fhi_server_create(&self->options, &self->server, &err) != FH_OK) fail_msg("cannot serve: %s", err.text);
    const char *url = fhi_server_http_url(self->server);
    if (url) self->port = (unsigned short)strtoul(strrchr(url, ':') + 1, NULL, 10);
    assert_int_equal(uv_thread_create(&self->thread, serving_thread, self), 0);
}

/* Waits for the server to end by itself (it must have been told), and checks that it left nothing behind. */
static inline void serving_join(serving *self)
{
    assert_int_equal(uv_thread_join(&self->thread), 0);
    assert_int_equal(fhi_server_destroy(self->server), FH_OK);
    assert_int_equal(self->snapshots, 0);
    assert_int_equal(self->workers, 0);
    assert_int_not_equal(access(self->socket, F_OK), 0);
    scratch_fini(&self->folder);
}

static inline void serving_stop(serving *self)
{
    fhi_server_stop(self->server);
    serving_join(self);
}

static inline void wait_until(const atomic_int *what, int at_least)
{
    for (int i = 0; i < READ_SECONDS * 1000 && *what < at_least; i++)
        sleep_ms(1);
    assert_true(*what >= at_least);
}

/* ---- clients ---- */

static inline void set_timeout(int fd)
{
    const struct timeval limit = {.tv_sec = READ_SECONDS};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
}

static inline int connect_http(const serving *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(self->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    assert_true(fd >= 0);
    set_timeout(fd);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    return fd;
}

static inline struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t len = strlen(path);
    assert_true(len < sizeof address.sun_path);
    memcpy(address.sun_path, path, len + 1);
    return address;
}

static inline int connect_path(const char *path)
{
    const struct sockaddr_un address = address_of(path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    set_timeout(fd);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void send_bytes(int fd, const char *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        const ssize_t sent = send(fd, data + at, len - at, 0);
        if (sent <= 0) fail_msg("send: errno %d after %zu of %zu bytes", errno, at, len);
        at += (size_t)sent;
    }
}

static inline void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

/* One byte a write; stops where the server has closed. */
static inline void send_bytewise(int fd, const char *text)
{
    for (; *text; text++)
        if (send(fd, text, 1, 0) != 1) return;
}

/* Reads up to and with the next line feed into a NUL-terminated malloc'd line without it; NULL at the end. Byte by
 * byte: what follows belongs to the next call. */
static inline char *read_line(int fd)
{
    size_t len = 0, capacity = 256;
    char *line = malloc(capacity);
    assert_non_null(line);
    for (;;) {
        char byte;
        const ssize_t count = recv(fd, &byte, 1, 0);
        if (count < 0 && errno == EAGAIN) fail_msg("the server is silent");
        if (count <= 0 && len == 0) {
            free(line);
            return NULL;
        }
        if (count <= 0 || byte == '\n') break;
        if (len + 2 > capacity) line = realloc(line, capacity *= 2);
        assert_non_null(line);
        line[len++] = byte;
    }
    line[len] = '\0';
    return line;
}

static inline json_t *read_json_line(int fd)
{
    char *line = read_line(fd);
    if (!line) fail_msg("the connection ended where a line was due");
    json_t *object = json_loads(line, 0, NULL);
    if (!object) fail_msg("not JSON: %s", line);
    free(line);
    return object;
}

typedef struct http_answer {
    int status; /* 0: the connection ended before any byte */
    size_t content_length;
    bool closes;
    bool allow;
    bool retry_after;
    char *head;
    char *body; /* NUL-terminated */
    json_t *json;
} http_answer;

static inline void answer_fini(http_answer *answer)
{
    free(answer->head);
    free(answer->body);
    json_decref(answer->json);
    *answer = (http_answer){0};
}

static inline void read_headers(int fd, http_answer *answer)
{
    size_t len = strlen(answer->head);
    for (;;) {
        char *line = read_line(fd);
        if (!line) {
            fail_msg("the head is cut: %s", answer->head);
            return; /* fail_msg does not come back, but does not say so */
        }
        const size_t more = strlen(line);
        if (more <= 1) {
            free(line);
            return;
        }
        if (strncmp(line, "Content-Length: ", 16) == 0) answer->content_length = strtoull(line + 16, NULL, 10);
        if (strcmp(line, "Connection: close\r") == 0) answer->closes = true;
        if (strncmp(line, "Allow: ", 7) == 0) answer->allow = true;
        if (strncmp(line, "Retry-After: ", 13) == 0) answer->retry_after = true;
        answer->head = realloc(answer->head, len + more + 2);
        assert_non_null(answer->head);
        memcpy(answer->head + len, line, more);
        memcpy(answer->head + len + more, "\n", 2);
        len += more + 1;
        free(line);
    }
}

/* Reads one reply; the body too unless it answers HEAD. */
static inline http_answer read_answer(int fd, bool head_only)
{
    http_answer answer = {0};
    answer.head = read_line(fd);
    if (!answer.head) return answer;
    if (strncmp(answer.head, "HTTP/1.1 ", 9) != 0) fail_msg("not a reply: %s", answer.head);
    answer.status = (int)strtoul(answer.head + 9, NULL, 10);
    read_headers(fd, &answer);
    const size_t len = head_only ? 0 : answer.content_length;
    answer.body = calloc(1, len + 1);
    assert_non_null(answer.body);
    for (size_t at = 0; at < len;) {
        const ssize_t count = recv(fd, answer.body + at, len - at, 0);
        if (count <= 0) fail_msg("the body is cut at %zu of %zu", at, len);
        at += (size_t)count;
    }
    answer.json = json_loadb(answer.body, len, 0, NULL);
    return answer;
}

/* error.code of an answer, or "". */
static inline const char *error_code(const json_t *object)
{
    const char *code = json_string_value(json_object_get(json_object_get(object, "error"), "code"));
    return code ? code : "";
}

static inline const char *answered_query(const json_t *object)
{
    const char *query = json_string_value(json_object_get(object, "q"));
    return query ? query : "";
}

static inline void assert_ended(int fd)
{
    char byte;
    assert_true(recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN);
}

/* One GET on a connection of its own. */
static inline http_answer get(const serving *self, const char *target)
{
    char request[4096];
    const int fd = connect_http(self);
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target);
    send_text(fd, request);
    http_answer answer = read_answer(fd, false);
    (void)close(fd);
    return answer;
}

#endif
