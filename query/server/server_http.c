/* server_http.c - the HTTP door: requests to exchanges, exchanges to replies. */
#include "query/server/etag.h"
#include "query/server/server_impl.h"

static void open_door(fhi_conn *conn)
{
    fhi_http_parser_init(&conn->parser.http, &conn->server->http_limits);
}

static void close_door(fhi_conn *conn)
{
    fhi_http_parser_fini(&conn->parser.http);
}

/* The answer to something that is no request; nothing after it can be understood. */
static void refuse(fhi_conn *conn, int status, const char *reason)
{
    fhi_exchange *exchange = fhi_exchange_create(conn);
    if (!exchange) {
        fhi_conn_close(conn);
        return;
    }
    exchange->last = true;
    if (status == 414) fhi_exchange_note_target(exchange, fhi_buf_str(&conn->parser.http.text));
    fhi_exchange_fail(exchange, status, reason);
    fhi_conn_add(conn, exchange);
}

static void choose_coding(fhi_exchange *exchange, const fhi_http_parser *http)
{
    fhi_buf accepted;
    fhi_buf_init(&accepted);
    fhi_http_header_list(http, "accept-encoding", &accepted);
    exchange->wanted = fhi_coding_choose(fhi_buf_str(&accepted), &exchange->pack_forced);
    fhi_buf_fini(&accepted);
}

/* A page is another one for another language of the browser. */
static void note_langs(fhi_exchange *exchange)
{
    const fh_str langs = exchange->ask.page.accepted_langs;
    if (langs.len) fhi_buf_put8(&exchange->question, '\0');
    fhi_buf_put(&exchange->question, langs.ptr, langs.len);
    exchange->question_hash = fhi_hash64(exchange->question.data, exchange->question.len);
}

static void take_request(fhi_conn *conn, const fhi_http_parser *http)
{
    fhi_exchange *exchange = fhi_exchange_create(conn);
    if (!exchange) {
        fhi_conn_close(conn);
        return;
    }
    exchange->method = http->method;
    exchange->last = !http->keep_alive;
    exchange->head_only = http->is_head;
    exchange->old_client = http->old_client;
    exchange->request_bytes = sizeof *exchange + http->head_bytes;
    const fh_str target = fhi_http_target(http);
    int status;
    fh_err err;
    choose_coding(exchange, http);
    fhi_exchange_note_client(exchange, http);
    fhi_buf_put(&exchange->question, target.ptr, target.len);
    fhi_http_header_list(http, "if-none-match", &exchange->if_none_match);
    const fh_status asked = fhi_ask_from_http(&exchange->ask, http, &status, &err);
    note_langs(exchange);
    if (exchange->if_none_match.status != FH_OK)
        fhi_exchange_fail(exchange, 500, "out of memory");
    else if (fhi_admit_http(exchange, http) && asked != FH_OK)
        fhi_exchange_fail(exchange, status, err.text);
    /* A stream to HTTP/1.0 ends with the connection. */
    if (http->old_client && asked == FH_OK && exchange->ask.route->streamed) exchange->last = true;
    if (exchange->state == FHI_EXCHANGE_WAITING && exchange->ask.route->kind == FHI_ASK_BATCH)
        fhi_batch_add(conn, exchange, http);
    else
        fhi_conn_add(conn, exchange);
}

static size_t feed(fhi_conn *conn, const char *data, size_t len)
{
    fhi_http_parser *http = &conn->parser.http;
    fhi_http_event event;
    const size_t taken = fhi_http_parse(http, data, len, &event);
    if (event == FHI_HTTP_BAD)
        refuse(conn, http->status, http->reason);
    else if (event == FHI_HTTP_REQUEST)
        take_request(conn, http);
    return taken;
}

/* Half a request at the end of input gets no answer: it was never asked. */
static void end(fhi_conn *conn)
{
    (void)conn;
}

static bool is_open(const fhi_conn *conn)
{
    const fhi_http_parser *http = &conn->parser.http;
    return (http->begun || http->bad_method) && !http->complete && !http->status;
}

static bool is_streamed(const fhi_exchange *exchange)
{
    return exchange->status == 200 && (exchange->ask.route->streamed || exchange->part == FHI_BATCH_HEAD);
}

static bool is_csv(const fhi_exchange *exchange)
{
    return exchange->ask.route->kind == FHI_ASK_EXPORT && exchange->ask.export.format == FHI_EXPORT_CSV;
}

/* Whether the body is for people: a good answer of such a route, or a failure that is told as a page. */
static bool is_page(const fhi_exchange *exchange)
{
    return exchange->is_page || exchange->is_refusal || (exchange->status == 200 && exchange->ask.route->page);
}

static const char *content_type(const fhi_exchange *exchange)
{
    if (exchange->status == 200 && is_csv(exchange)) return "text/csv; charset=utf-8; header=present";
    if (exchange->is_refusal) return "text/html; charset=utf-8";
    fhi_page_file file;
    if (exchange->status == 200 && exchange->ask.route->kind == FHI_ASK_FILE &&
        fhi_page_file_find(exchange->ask.subject, &file))
        return file.content_type;
    const char *own = exchange->status == 200 || is_page(exchange) ? exchange->ask.route->content_type : NULL;
    return own ? own : "application/json; charset=utf-8";
}

static fhi_http_length length_of(const fhi_exchange *exchange)
{
    if (!is_streamed(exchange)) return FHI_HTTP_SIZED;
    return exchange->old_client ? FHI_HTTP_UNSIZED : FHI_HTTP_CHUNKED;
}

static void frame_head(const fhi_exchange *exchange, bool keep_alive, fhi_buf *out)
{
    const bool tagged =
        (exchange->status == 200 || exchange->status == 304) && exchange->ask.route->cached && !exchange->notes.partial;
    char etag[FHI_ETAG_BYTES], id[FHI_REQUEST_ID_BYTES];
    if (tagged) fhi_etag_text(exchange->tag, exchange->ask.route->weak, exchange->coding, etag);
    fhi_request_id(exchange->server->life, exchange->number, id);
    fhi_http_reply_head(
        &(fhi_http_reply){
            .status = exchange->status,
            .content_type = content_type(exchange),
            .posted = exchange->ask.route && exchange->ask.route->posted,
            .length = length_of(exchange),
            .body_bytes = exchange->body.len,
            .filename = !is_streamed(exchange) || exchange->part ? NULL
                        : is_csv(exchange)                       ? "articles.csv"
                                                                 : "articles.jsonl",
            .keep_alive = keep_alive,
            .old_client = exchange->old_client,
            .request_id = id,
            .retry_after_s = exchange->status == 503 || exchange->status == 429 ? 1 : 0,
            .etag = tagged ? etag : NULL,
            .coding = fhi_coding_name(exchange->coding),
            .varies = tagged,
            .page = is_page(exchange),
            .refusal = exchange->is_refusal,
        },
        out);
}

static void frame_piece(const fhi_exchange *exchange, fhi_buf *out)
{
    fhi_http_chunk(fhi_buf_str(&exchange->body), out);
    if (exchange->state == FHI_EXCHANGE_DONE) fhi_http_chunk_end(out);
}

/* To HTTP/1.0 a line is only a line, and the end of the connection is the end. */
static void frame_part(const fhi_exchange *exchange, bool keep_alive, fhi_buf *out)
{
    if (exchange->part == FHI_BATCH_HEAD) {
        frame_head(exchange, keep_alive && !exchange->says_close, out);
    } else if (exchange->part == FHI_BATCH_LINE && exchange->old_client) {
        fhi_buf_put(out, exchange->body.data, exchange->body.len);
        fhi_buf_put8(out, '\n');
    } else if (exchange->part == FHI_BATCH_LINE) {
        fhi_http_chunk_line(fhi_buf_str(&exchange->body), out);
    } else if (!exchange->old_client) {
        fhi_http_chunk_end(out);
    }
}

static void frame(const fhi_exchange *exchange, bool keep_alive, fhi_buf *out)
{
    if (exchange->part != FHI_BATCH_NONE) {
        frame_part(exchange, keep_alive, out);
        return;
    }
    if (!exchange->head_framed) frame_head(exchange, keep_alive, out);
    if (exchange->head_only) return;
    if (length_of(exchange) == FHI_HTTP_CHUNKED)
        frame_piece(exchange, out);
    else
        fhi_buf_put(out, exchange->body.data, exchange->body.len);
}

const fhi_door fhi_door_http = {
    .open = open_door,
    .close = close_door,
    .feed = feed,
    .end = end,
    .is_open = is_open,
    .frame = frame,
    .number = FHI_DOOR_HTTP,
    .idle_ends = true,
};
