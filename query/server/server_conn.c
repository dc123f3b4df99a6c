/* server_conn.c - one connection: bytes in, exchanges in order, bytes out, and the times it may take.
 *
 * fhi_conn_update is the only engine: whatever happens (bytes came, a worker is done, a write ended, time passed),
 * state is changed and update moves what can move: waiting exchanges to the workers, finished ones in order to `out`,
 * `out` to the socket, left-over input to the parser. Reading rests while the connection holds pipeline_max exchanges
 * or connection_bytes_max bytes, so a client that does not read its answers is not read either.
 */
#include "query/server/server_impl.h"

#include <stdlib.h>

enum {
    LINGER_MS = 1000,         /* for the client to read the last answer and close */
    BUFFER_KEPT_BYTES = 16384 /* an idle connection keeps no more in a buffer */
};

static uint64_t now_ms(const fhi_conn *conn)
{
    return uv_now(&conn->server->loop);
}

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    fhi_conn *conn = handle->data;
    fhi_server *server = conn->server;
    *(conn->prev ? &conn->prev->next : &server->conns) = conn->next;
    if (conn->next) conn->next->prev = conn->prev;
    server->conn_count--;
    conn->door->close(conn);
    fhi_buf_fini(&conn->input);
    fhi_buf_fini(&conn->out);
    fhi_buf_fini(&conn->writing);
    free(conn);
    fhi_server_conn_gone(server);
}

/* A stream that ends early must not look whole: without a length, only a reset tells. */
static bool cuts_stream(const fhi_conn *conn)
{
    if (conn->uv.handle.type != UV_TCP) return false;
    if (conn->first && (conn->first->head_framed || conn->first->part > FHI_BATCH_HEAD)) return true;
    return conn->leaving && (conn->leaving_last->piece_count || conn->leaving_last->part);
}

void fhi_conn_close(fhi_conn *conn)
{
    if (conn->closing) return;
    conn->closing = true;
    fhi_exchange *exchange = conn->first;
    const bool cut = cuts_stream(conn);
    conn->first = conn->final = conn->waiting = NULL;
    while (exchange) {
        fhi_exchange *next = exchange->next;
        fhi_exchange_orphan(exchange);
        exchange = next;
    }
    while ((exchange = conn->leaving)) {
        conn->leaving = exchange->next;
        fhi_exchange_destroy(exchange);
    }
    if (!cut || uv_tcp_close_reset(&conn->uv.tcp, on_closed) != 0) uv_close(&conn->uv.handle, on_closed);
}

static void drop_input(fhi_conn *conn)
{
    fhi_buf_fini(&conn->input);
    conn->input_at = 0;
}

void fhi_conn_end_input(fhi_conn *conn)
{
    conn->input_ended = true;
    drop_input(conn);
    fhi_conn_update(conn);
}

/* ---- reading ---- */

static bool accepts(const fhi_conn *conn)
{
    const fhi_server_limits *limits = &conn->server->options.limits;
    return !conn->closing && !conn->input_ended && conn->exchange_count < limits->pipeline_max &&
           conn->held_bytes + conn->out.len + conn->writing.len < limits->connection_bytes_max;
}

static size_t parse(fhi_conn *conn, const char *data, size_t len)
{
    size_t at = 0;
    while (at < len && accepts(conn))
        at += conn->door->feed(conn, data + at, len - at);
    return at;
}

/* Parses what was left over. True when something was taken. */
static bool parse_input(fhi_conn *conn)
{
    const size_t left = conn->input.len - conn->input_at;
    if (left == 0) return false;
    const size_t taken = parse(conn, (const char *)conn->input.data + conn->input_at, left);
    conn->input_at += taken;
    if (taken == left || conn->input_ended) drop_input(conn);
    return taken > 0;
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    (void)wanted;
    fhi_server *server = ((fhi_conn *)handle->data)->server;
    *buf = uv_buf_init(server->read_buffer, sizeof server->read_buffer);
}

static void on_end(fhi_conn *conn, ssize_t reason)
{
    if (reason != UV_EOF || conn->lingering) {
        fhi_conn_close(conn);
        return;
    }
    conn->eof = true;
    if (!conn->input_ended) conn->door->end(conn);
    conn->input_ended = true;
    fhi_conn_update(conn);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    fhi_conn *conn = stream->data;
    if (count < 0) {
        on_end(conn, count);
        return;
    }
    if (count == 0 || conn->lingering) return;
    const size_t len = (size_t)count;
    conn->server->metrics.received_bytes[conn->door->number] += len;
    const size_t taken = parse(conn, buf->base, len);
    if (taken < len && !conn->input_ended) {
        fhi_buf_put(&conn->input, buf->base + taken, len - taken);
        if (conn->input.status != FH_OK) fhi_conn_close(conn);
    }
    fhi_conn_update(conn);
}

static void set_reading(fhi_conn *conn)
{
    const bool wanted = conn->lingering || (accepts(conn) && conn->input.len == 0);
    if (wanted == conn->reading) return;
    conn->reading = wanted;
    conn->open_since_ms = 0;
    if (!wanted)
        (void)uv_read_stop(&conn->uv.stream);
    else if (uv_read_start(&conn->uv.stream, on_alloc, on_read) != 0)
        fhi_conn_close(conn);
}

/* ---- exchanges ---- */

void fhi_conn_add(fhi_conn *conn, fhi_exchange *exchange)
{
    *(conn->final ? &conn->final->next : &conn->first) = exchange;
    conn->final = exchange;
    conn->exchange_count++;
    conn->held_bytes += exchange->request_bytes + exchange->body.len;
    conn->open_since_ms = 0;
    if (exchange->last) conn->input_ended = true;
    if (exchange->state == FHI_EXCHANGE_WAITING && !conn->waiting) conn->waiting = exchange;
}

/* Answers held back may be as large as connection_bytes_max; no more are made while they are. */
static bool may_submit(const fhi_conn *conn)
{
    const fhi_server_limits *limits = &conn->server->options.limits;
    if (conn->active_count == 0 && conn->out.len + conn->writing.len == 0) return true;
    return conn->active_count < limits->parallel_max &&
           conn->held_bytes + conn->out.len + conn->writing.len < limits->connection_bytes_max;
}

static void submit_waiting(fhi_conn *conn)
{
    while (conn->waiting && may_submit(conn)) {
        fhi_exchange *exchange = conn->waiting;
        fhi_exchange_submit(exchange);
        while (exchange && exchange->state != FHI_EXCHANGE_WAITING)
            exchange = exchange->next;
        conn->waiting = exchange;
    }
}

/* Framed, it waits for the client to take it. What has been sent of a body is not needed twice. */
static void leave(fhi_conn *conn, fhi_exchange *exchange, size_t framed)
{
    exchange->next = NULL;
    exchange->answer_bytes += framed;
    exchange->framed_to = conn->framed_bytes += framed;
    if (exchange->status < 400) fhi_buf_fini(&exchange->body);
    *(conn->leaving ? &conn->leaving_last->next : &conn->leaving) = exchange;
    conn->leaving_last = exchange;
}

static void note_sent(fhi_conn *conn, size_t count)
{
    fhi_exchange *exchange;
    conn->sent_bytes += count;
    conn->server->metrics.sent_bytes[conn->door->number] += count;
    while ((exchange = conn->leaving) && exchange->framed_to <= conn->sent_bytes) {
        conn->leaving = exchange->next;
        conn->held_bytes -= exchange->request_bytes;
        exchange->delivered = true;
        fhi_exchange_destroy(exchange);
    }
}

/* A server that stops says so with the last answer, so that no request is sent to a connection about to close. */
static bool is_parting(const fhi_conn *conn)
{
    return conn->server->draining && conn->door->idle_ends && conn->input.len == 0 && !conn->door->is_open(conn);
}

/* A stream stays first until its last piece is there. */
static void frame_piece(fhi_conn *conn, fhi_exchange *exchange)
{
    const size_t before = conn->out.len;
    conn->held_bytes -= exchange->body.len;
    conn->door->frame(exchange, !exchange->last, &conn->out);
    fhi_buf_clear(&exchange->body);
    exchange->head_framed = true;
    exchange->answer_bytes += conn->out.len - before;
    conn->framed_bytes += conn->out.len - before;
    exchange->state = FHI_EXCHANGE_RESTING;
}

/* Has the next piece of a stream made once the socket has taken, or is taking, all before. Where the queue is full, the
 * sweep tries again. */
static void continue_stream(fhi_conn *conn)
{
    fhi_exchange *exchange = conn->first;
    if (!conn->closing && exchange && exchange->state == FHI_EXCHANGE_RESTING && conn->out.len == 0)
        (void)fhi_stream_submit(exchange);
}

/* Takes what is framed next out of the list, or answers NULL: the first, once it is done; while the first may be
 * answered in any order, one of those right behind it that may, too. */
static fhi_exchange *take_finished(fhi_conn *conn)
{
    fhi_exchange **at = &conn->first, *before = NULL;
    for (; *at && (*at)->state != FHI_EXCHANGE_DONE && (*at)->ask.unordered; at = &(*at)->next)
        before = *at;
    fhi_exchange *exchange = *at;
    if (!exchange || exchange->state != FHI_EXCHANGE_DONE || (before && !exchange->ask.unordered)) return NULL;
    *at = exchange->next;
    if (conn->final == exchange) conn->final = before;
    conn->exchange_count--;
    return exchange;
}

/* Until it is done, a worker may be writing. */
static bool is_broken(const fhi_exchange *exchange)
{
    return exchange && exchange->state == FHI_EXCHANGE_DONE && exchange->broken;
}

static void frame_finished(fhi_conn *conn)
{
    fhi_exchange *exchange;
    if (is_broken(conn->first)) {
        fhi_conn_close(conn);
        return;
    }
    while ((exchange = take_finished(conn))) {
        conn->held_bytes -= exchange->body.len;
        const size_t before = conn->out.len;
        const bool ends = exchange->last || (!conn->first && (conn->input_ended || is_parting(conn)));
        conn->door->frame(exchange, !ends, &conn->out);
        if (ends) {
            conn->said_close = conn->input_ended = true;
            drop_input(conn);
        }
        leave(conn, exchange, conn->out.len - before);
    }
    if (conn->first && conn->first->state == FHI_EXCHANGE_PIECE) frame_piece(conn, conn->first);
    if (conn->out.status != FH_OK) fhi_conn_close(conn);
}

/* ---- writing ---- */

static void rest_buffer(fhi_buf *buf)
{
    if (buf->capacity > BUFFER_KEPT_BYTES) fhi_buf_fini(buf);
    fhi_buf_clear(buf);
}

static void on_written(uv_write_t *request, int status)
{
    fhi_conn *conn = request->handle->data;
    conn->write_busy = false;
    const size_t count = conn->writing_bytes;
    rest_buffer(&conn->writing);
    if (status < 0) {
        fhi_conn_close(conn);
        return;
    }
    note_sent(conn, count);
    fhi_conn_update(conn);
}

/* Sends what is framed, at once where the socket takes it. True when all of it went. */
static bool write_out(fhi_conn *conn)
{
    if (conn->closing || conn->write_busy || conn->out.len == 0) return false;
    uv_buf_t piece = uv_buf_init((char *)conn->out.data, (unsigned)conn->out.len);
    const int sent = uv_try_write(&conn->uv.stream, &piece, 1);
    if (sent == (int)conn->out.len) {
        rest_buffer(&conn->out);
        note_sent(conn, (size_t)sent);
        return true;
    }
    if (sent < 0 && sent != UV_EAGAIN) {
        fhi_conn_close(conn);
        return false;
    }
    const size_t at = sent > 0 ? (size_t)sent : 0;
    const fhi_buf empty = conn->writing;
    conn->writing = conn->out;
    conn->out = empty;
    piece = uv_buf_init((char *)conn->writing.data + at, (unsigned)(conn->writing.len - at));
    conn->write_busy = true;
    conn->unsent_bytes = conn->writing_bytes = piece.len;
    note_sent(conn, at);
    conn->unsent_since_ms = now_ms(conn);
    if (uv_write(&conn->write, &conn->uv.stream, &piece, 1, on_written) != 0) {
        conn->write_busy = false;
        fhi_conn_close(conn);
    }
    return false;
}

/* ---- the end of a connection ---- */

static void on_shutdown(uv_shutdown_t *request, int status)
{
    fhi_conn *conn = request->handle->data;
    if (status < 0) fhi_conn_close(conn);
}

/* Closing with unread bytes would reset the connection and could take the answer from the client: say that nothing
 * more will come, then wait a little for it to close. */
static void linger(fhi_conn *conn)
{
    conn->lingering = true;
    conn->linger_until_ms = now_ms(conn) + LINGER_MS;
    if (uv_shutdown(&conn->shutdown, &conn->uv.stream, on_shutdown) != 0) fhi_conn_close(conn);
}

static void end_when_over(fhi_conn *conn)
{
    if (!conn->input_ended || conn->first || conn->out.len || conn->write_busy || conn->lingering) return;
    if (conn->said_close && !conn->eof)
        linger(conn);
    else
        fhi_conn_close(conn);
}

static void note_times(fhi_conn *conn)
{
    const bool open = conn->door->is_open(conn);
    const bool idle = !open && !conn->first && !conn->write_busy;
    if (!open || !conn->reading)
        conn->open_since_ms = 0;
    else if (!conn->open_since_ms)
        conn->open_since_ms = now_ms(conn);
    if (!idle)
        conn->idle_since_ms = 0;
    else if (!conn->idle_since_ms)
        conn->idle_since_ms = now_ms(conn);
}

void fhi_conn_update(fhi_conn *conn)
{
    bool again = true;
    while (again && !conn->closing) {
        submit_waiting(conn);
        frame_finished(conn);
        again = write_out(conn);
        continue_stream(conn);
        again = parse_input(conn) || again;
    }
    if (!conn->closing) end_when_over(conn);
    if (!conn->closing) set_reading(conn);
    if (!conn->closing) note_times(conn);
}

static void refuse_late(fhi_conn *conn)
{
    fhi_exchange *exchange = fhi_exchange_create(conn);
    if (!exchange) {
        fhi_conn_close(conn);
        return;
    }
    exchange->last = true;
    exchange->from_line = conn->door == &fhi_door_lines;
    fhi_exchange_fail(exchange, 408, "the request took too long to come");
    fhi_conn_add(conn, exchange);
    fhi_conn_update(conn);
}

static bool write_stalls(fhi_conn *conn, uint64_t now)
{
    if (!conn->write_busy) return false;
    const size_t unsent = uv_stream_get_write_queue_size(&conn->uv.stream);
    if (unsent < conn->unsent_bytes) {
        conn->unsent_bytes = unsent;
        conn->unsent_since_ms = now;
    }
    return now - conn->unsent_since_ms > conn->server->options.limits.write_ms_max;
}

void fhi_conn_sweep(fhi_conn *conn, uint64_t now)
{
    const fhi_server_limits *limits = &conn->server->options.limits;
    if (conn->closing) return;
    const bool idle = conn->door->idle_ends && conn->idle_since_ms && now - conn->idle_since_ms > limits->idle_ms_max;
    if (conn->first && conn->first->state == FHI_EXCHANGE_RESTING) continue_stream(conn);
    if (write_stalls(conn, now) || idle || (conn->lingering && now > conn->linger_until_ms))
        fhi_conn_close(conn);
    else if (conn->open_since_ms && now - conn->open_since_ms > limits->read_ms_max)
        refuse_late(conn);
}

/* ---- the beginning ---- */

static fhi_conn *create(fhi_listener *listener)
{
    fhi_server *server = listener->server;
    fhi_conn *conn = calloc(1, sizeof *conn);
    if (!conn) return NULL;
    const bool tcp = listener->uv.handle.type == UV_TCP;
    const int failed = tcp ? uv_tcp_init(&server->loop, &conn->uv.tcp) : uv_pipe_init(&server->loop, &conn->uv.pipe, 0);
    if (failed) {
        free(conn);
        return NULL;
    }
    conn->uv.handle.data = conn;
    conn->server = server;
    conn->door = listener->door;
    conn->door->open(conn);
    conn->next = server->conns;
    if (conn->next) conn->next->prev = conn;
    server->conns = conn;
    server->conn_count++;
    return conn;
}

/* Best effort: the answer goes if the socket takes it now. */
static void refuse_connection(fhi_conn *conn, int status, const char *message)
{
    fhi_exchange *exchange = fhi_exchange_create(conn);
    conn->server->metrics.refused[conn->door->number]++;
    if (exchange) {
        exchange->last = true;
        exchange->from_line = conn->door == &fhi_door_lines;
        fhi_exchange_fail(exchange, status, message);
        fhi_conn_add(conn, exchange);
        frame_finished(conn);
        (void)write_out(conn);
    }
    fhi_conn_close(conn);
}

fh_status fhi_conn_accept(fhi_listener *listener)
{
    fhi_server *server = listener->server;
    fhi_conn *conn = create(listener);
    if (!conn) return FH_E_NOMEM;
    if (uv_accept(&listener->uv.stream, &conn->uv.stream) != 0) {
        fhi_conn_close(conn);
        return FH_OK;
    }
    int address_bytes = sizeof conn->client;
    server->metrics.connections[conn->door->number]++;
    if (conn->uv.handle.type == UV_TCP) {
        (void)uv_tcp_nodelay(&conn->uv.tcp, 1);
        (void)uv_tcp_getpeername(&conn->uv.tcp, &conn->client.any, &address_bytes);
    }
    if (server->conn_count > server->options.limits.connections_max)
        refuse_connection(conn, 503, "too many connections; try again soon");
    else if (!fhi_admit_peer(conn))
        refuse_connection(conn, 403, "this user may not ask here");
    else
        fhi_conn_update(conn);
    return FH_OK;
}
