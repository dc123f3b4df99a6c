/* server_stream.c - answers that come piece by piece.
 *
 * One piece at a time is made, on any worker, and the next one only when the connection has handed the last to the
 * socket: a slow client holds up its own export and two pieces of memory. The snapshot is held from the first to the
 * last. What fails before the first piece is an ordinary error; afterwards an HTTP client, which has been told 200, is
 * cut off, and a client of the socket gets an error line.
 */
#include "query/answer/reply.h"
#include "query/server/server_impl.h"

#include <stdlib.h>

/* Without memory for it the answer goes as it is. */
static void choose_packing(fhi_exchange *exchange)
{
    const bool small = exchange->pieces.ended && exchange->body.len < exchange->server->options.limits.pack_bytes_min;
    if (exchange->wanted == FHI_CODING_IDENTITY || (small && !exchange->pack_forced)) return;
    exchange->packer = malloc(sizeof *exchange->packer);
    if (!exchange->packer) return;
    fhi_packer_init(exchange->packer);
    exchange->coding = exchange->wanted;
}

static fh_status pack(fhi_exchange *exchange, fhi_worker *worker)
{
    fhi_buf *packed = &worker->packed;
    if (exchange->piece_count == 0) choose_packing(exchange);
    if (!exchange->packer) return FH_OK;
    fhi_buf_clear(packed);
    FH_TRY(fhi_packer_put(exchange->packer, exchange->coding, fhi_buf_str(&exchange->body), exchange->pieces.ended,
                          packed));
    const fhi_buf plain = exchange->body;
    exchange->body = *packed;
    *packed = plain;
    return FH_OK;
}

/* The error object is in the body. */
static void fail(fhi_exchange *exchange, fh_status status)
{
    exchange->pieces.ended = true;
    exchange->broken = exchange->piece_count > 0 && !exchange->from_line;
    if (exchange->piece_count == 0) exchange->status = fhi_http_status_of(status);
    if (exchange->body.status != FH_OK || exchange->body.len == 0) fhi_exchange_no_memory(exchange);
}

static void run(fhi_job *job, void *object)
{
    fhi_exchange *exchange = (fhi_exchange *)job;
    fhi_worker *worker = object;
    const fhi_server *server = exchange->server;
    const uint64_t now_ns = uv_hrtime();
    if (!exchange->taken_ns) exchange->taken_ns = now_ns;
    if (exchange->piece_count == 0 && now_ns >= exchange->ask.request.deadline_ns) {
        fhi_exchange_write_error(exchange, 504, "the query waited too long for a worker");
        exchange->pieces.ended = true;
        return;
    }
    if (exchange->piece_count)
        exchange->ask.request.deadline_ns = now_ns + server->options.limits.query_ms_max * UINT64_C(1000000);
    else
        exchange->status = 200;
    fh_status status = server->options.service->piece(worker->object, exchange->snapshot, &exchange->ask,
                                                      &exchange->pieces, &exchange->body);
    if (status == FH_OK && exchange->body.status == FH_OK) status = pack(exchange, worker);
    if (status != FH_OK || exchange->body.status != FH_OK)
        fail(exchange, status);
    else if (exchange->none_wanted) {
        exchange->status = 304;
        exchange->pieces.ended = true;
        fhi_buf_clear(&exchange->body);
    }
}

static void done(fhi_job *job)
{
    fhi_exchange *exchange = (fhi_exchange *)job;
    fhi_conn *conn = exchange->conn;
    if (!conn) {
        fhi_exchange_destroy(exchange);
        return;
    }
    exchange->piece_count++;
    exchange->state = exchange->pieces.ended || exchange->head_only ? FHI_EXCHANGE_DONE : FHI_EXCHANGE_PIECE;
    if (exchange->state == FHI_EXCHANGE_DONE) exchange->answered_ns = uv_hrtime();
    conn->active_count--;
    conn->held_bytes += exchange->body.len;
    fhi_conn_update(conn);
}

fh_status fhi_stream_submit(fhi_exchange *exchange)
{
    exchange->job.run = run;
    exchange->job.done = done;
    FH_TRY(fhi_jobs_submit(exchange->server->jobs, &exchange->job));
    exchange->state = FHI_EXCHANGE_RUNNING;
    exchange->conn->active_count++;
    return FH_OK;
}

void fhi_stream_fini(fhi_exchange *exchange)
{
    if (exchange->packer) fhi_packer_fini(exchange->packer);
    free(exchange->packer);
    fhi_export_state_fini(&exchange->pieces);
}
