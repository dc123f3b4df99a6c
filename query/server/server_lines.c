/* server_lines.c - the door of the Unix socket: one JSON object a line each way, one answer for every line. */
#include "query/server/server_impl.h"

static void open_door(fhi_conn *conn)
{
    fhi_lines_init(&conn->parser.lines, conn->server->options.limits.line_bytes_max);
}

static void close_door(fhi_conn *conn)
{
    fhi_lines_fini(&conn->parser.lines);
}

static int put_bytes(const char *bytes, size_t len, void *buf)
{
    fhi_buf_put(buf, bytes, len);
    return ((fhi_buf *)buf)->status == FH_OK ? 0 : -1;
}

/* The line without what belongs to it and not to its question; nothing where there is no memory for it. */
static void note_question(fhi_exchange *exchange)
{
    json_t *rest = json_copy(exchange->ask.root);
    (void)json_object_del(rest, "id");
    (void)json_object_del(rest, "order");
    if (json_dump_callback(rest, put_bytes, &exchange->question, JSON_COMPACT) != 0) fhi_buf_clear(&exchange->question);
    json_decref(rest);
}

void fhi_line_read(fhi_exchange *exchange, fh_str line)
{
    fh_err err;
    exchange->from_line = true;
    if (fhi_ask_from_line(&exchange->ask, line, &err) != FH_OK)
        fhi_exchange_fail(exchange, err.status == FH_E_NOMEM ? 500 : 400, err.text);
    else if (exchange->ask.route->cached)
        note_question(exchange);
}

static void take_line(fhi_conn *conn, fh_str line, bool too_long)
{
    fhi_exchange *exchange = fhi_exchange_create(conn);
    if (!exchange) {
        fhi_conn_close(conn);
        return;
    }
    exchange->from_line = true;
    exchange->method = "line";
    exchange->request_bytes = sizeof *exchange + line.len;
    if (too_long)
        fhi_exchange_fail(exchange, 413, "the line is too long");
    else
        fhi_line_read(exchange, line);
    fhi_conn_add(conn, exchange);
}

static size_t feed(fhi_conn *conn, const char *data, size_t len)
{
    fhi_line_event event;
    fh_str line;
    const size_t taken = fhi_lines_next(&conn->parser.lines, data, len, &event, &line);
    if (event != FHI_LINE_MORE) take_line(conn, line, event == FHI_LINE_TOO_LONG);
    return taken;
}

static void end(fhi_conn *conn)
{
    fh_str line;
    if (fhi_lines_last(&conn->parser.lines, &line)) take_line(conn, line, false);
}

static bool is_open(const fhi_conn *conn)
{
    return fhi_lines_open(&conn->parser.lines);
}

static void frame(const fhi_exchange *exchange, bool keep_alive, fhi_buf *out)
{
    (void)keep_alive;
    fhi_buf_put(out, exchange->body.data, exchange->body.len);
    if (exchange->state == FHI_EXCHANGE_DONE) fhi_buf_put8(out, '\n'); /* a piece is made of whole lines */
}

/* A program may keep its connection for days; the socket is open to one user only. */
const fhi_door fhi_door_lines = {
    .open = open_door,
    .close = close_door,
    .feed = feed,
    .end = end,
    .is_open = is_open,
    .frame = frame,
    .number = FHI_DOOR_LINES,
    .idle_ends = false,
};
