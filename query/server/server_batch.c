/* server_batch.c - POST /batch: lines as of the socket, asked and answered in one request.
 *
 * A batch is a head, an exchange for each line, and an end, in the list of its connection like any others: bounds,
 * order, deadlines, back-pressure and a client that leaves are those of the connection.
 */
#include "query/server/server_impl.h"

/* Cuts the next line off; the last may lack its line feed. */
static bool next_line(fh_str *rest, fh_str *line)
{
    if (rest->len == 0) return false;
    const char *end = memchr(rest->ptr, '\n', rest->len);
    *line = (fh_str){rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    const size_t taken = line->len + (end ? 1 : 0);
    *rest = (fh_str){rest->ptr + taken, rest->len - taken};
    return true;
}

static size_t count_lines(fh_str text)
{
    size_t count = 0;
    for (fh_str line; next_line(&text, &line);)
        count++;
    return count;
}

static void read_line(fhi_exchange *exchange, fh_str line, bool unordered, const fhi_http_parser *http)
{
    if (line.len > exchange->server->options.limits.line_bytes_max) {
        exchange->from_line = true;
        fhi_exchange_fail(exchange, 413, "the line is too long");
        return;
    }
    fhi_line_read(exchange, line);
    if (!fhi_admit_http(exchange, http) || exchange->state == FHI_EXCHANGE_DONE) return;
    if (exchange->ask.route->streamed)
        fhi_exchange_fail(exchange, 400, "an export is asked for by itself, not in a batch");
    else if (unordered && !exchange->ask.id)
        fhi_exchange_fail(exchange, 400, "answers in any order want an `id` in each line");
    exchange->ask.unordered = exchange->ask.unordered || unordered;
}

/* NULL: no memory. */
static fhi_exchange *add_part(fhi_conn *conn, fhi_batch_part part, const fhi_http_parser *http)
{
    fhi_exchange *exchange = fhi_exchange_create(conn);
    if (!exchange) return NULL;
    exchange->part = part;
    exchange->method = http->method;
    exchange->old_client = http->old_client;
    exchange->request_bytes = sizeof *exchange;
    return exchange;
}

static bool add_lines(fhi_conn *conn, fh_str text, bool unordered, const fhi_http_parser *http)
{
    for (fh_str line; next_line(&text, &line);) {
        fhi_exchange *exchange = add_part(conn, FHI_BATCH_LINE, http);
        if (!exchange) return false;
        exchange->request_bytes += line.len;
        read_line(exchange, line, unordered, http);
        fhi_conn_add(conn, exchange);
    }
    return true;
}

/* The end stands for the whole batch in the log and the metrics. */
static bool add_end(fhi_conn *conn, const fhi_exchange *head, const fhi_http_parser *http)
{
    fhi_exchange *end = add_part(conn, FHI_BATCH_END, http);
    if (!end) return false;
    end->number = head->number;
    end->begun_ns = head->begun_ns;
    end->ask.route = head->ask.route;
    end->last = head->says_close;
    end->status = 200;
    end->state = FHI_EXCHANGE_DONE;
    fhi_conn_add(conn, end);
    return true;
}

void fhi_batch_add(fhi_conn *conn, fhi_exchange *head, const fhi_http_parser *http)
{
    const fh_str text = fhi_buf_str(&http->body);
    const size_t count = count_lines(text), most = conn->server->options.limits.batch_max;
    if (count == 0 || count > most) {
        if (count == 0)
            fhi_exchange_fail(head, 400, "the body has no line");
        else
            fhi_exchange_fail(head, 413, "the batch has too many lines");
        fhi_conn_add(conn, head);
        return;
    }
    const bool unordered = head->ask.unordered;
    head->ask.unordered = false;
    head->part = FHI_BATCH_HEAD;
    head->says_close = head->last || http->old_client; /* without chunks only the end of the connection tells */
    head->last = false;
    head->status = 200;
    head->state = FHI_EXCHANGE_DONE;
    fhi_conn_add(conn, head);
    if (!add_lines(conn, text, unordered, http) || !add_end(conn, head, http)) fhi_conn_close(conn);
}
