/* server_exchange.c - one request from its parsing to its answer: a job on a worker, or an answer of the server's own.
 *
 * An answer is complete JSON (or the text of GET /) before the door frames it. Out of memory is answered with a
 * constant, because nothing else can be made then.
 */
#include "engine/base/json.h"
#include "query/answer/reply.h"
#include "query/server/etag.h"
#include "query/server/openapi.h"
#include "query/server/server_impl.h"

#include <stdlib.h>

static const char no_memory_json[] =
    "{\"error\":{\"code\":\"out_of_memory\",\"message\":\"Out of memory.\",\"offset\":0,\"offset_chars\":0}}";

fhi_exchange *fhi_exchange_create(fhi_conn *conn)
{
    fhi_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) return NULL;
    exchange->server = conn->server;
    exchange->conn = conn;
    exchange->number = ++conn->server->request_count;
    exchange->generation = conn->server->facts.generation;
    exchange->method = "-";
    exchange->begun_ns = uv_hrtime();
    fhi_ask_init(&exchange->ask);
    return exchange;
}

void fhi_exchange_destroy(fhi_exchange *exchange)
{
    fhi_exchange_account(exchange);
    if (exchange->snapshot) exchange->server->options.service->snapshot_release(exchange->snapshot);
    fhi_stream_fini(exchange);
    fhi_buf_fini(&exchange->notes.plan);
    fhi_ask_fini(&exchange->ask);
    fhi_buf_fini(&exchange->if_none_match);
    fhi_buf_fini(&exchange->body);
    fhi_buf_fini(&exchange->question);
    fhi_buf_fini(&exchange->key);
    fhi_buf_fini(&exchange->langs);
    fhi_buf_fini(&exchange->fault);
    free(exchange);
}

fh_status fhi_worker_init(fhi_server *server, fhi_worker *worker, fh_err *err)
{
    const fhi_service *service = server->options.service;
    *worker = (fhi_worker){.object = NULL};
    fhi_packer_init(&worker->packer);
    fhi_buf_init(&worker->packed);
    return service->worker_create(service->context, server->snapshot, &worker->object, err);
}

void fhi_worker_fini(fhi_server *server, fhi_worker *worker)
{
    server->options.service->worker_destroy(worker->object);
    fhi_packer_fini(&worker->packer);
    fhi_buf_fini(&worker->packed);
}

void fhi_exchange_no_memory(fhi_exchange *exchange)
{
    exchange->is_page = exchange->is_refusal = false;
    exchange->status = 500;
    exchange->coding = FHI_CODING_IDENTITY;
    fhi_buf_clear(&exchange->body);
    fhi_buf_put(&exchange->body, no_memory_json, sizeof no_memory_json - 1);
}

int fhi_http_status_of(fh_status status)
{
    switch (status) {
    case FH_OK: return 200;
    case FH_E_NOT_FOUND: return 404;
    case FH_E_SYNTAX:
    case FH_E_INVALID:
    case FH_E_LIMIT:
    case FH_E_CURSOR:
    case FH_E_UTF8: return 400;
    case FH_E_GONE: return 410;
    case FH_E_BUSY: return 503;
    case FH_E_DEADLINE: return 504;
    default: return 500;
    }
}

/* An article has an "id" of its own: on a line it comes as {"id":…,"article":{…}}. An error keeps its shape. */
static void wrap(fhi_exchange *exchange, const char *name)
{
    json_error_t error;
    json_t *inner, *line = NULL;
    if (fhi_json_load(fhi_buf_str(&exchange->body), JSON_ALLOW_NUL, &inner, &error) == FH_OK)
        line = exchange->status == 200 ? json_pack("{s:o}", name, inner) : inner;
    fhi_buf_clear(&exchange->body);
    if (fhi_reply_write(line, exchange->ask.id, fhi_reply_digits(line), &exchange->body) != FH_OK)
        fhi_exchange_no_memory(exchange);
}

/* What the answer comes from: the snapshot, or a file that is the same for all of them. */
static uint64_t identity_of(const fhi_exchange *exchange)
{
    fhi_page_file file;
    if (exchange->ask.route->kind == FHI_ASK_FILE && fhi_page_file_find(exchange->ask.subject, &file))
        return fhi_hash64(file.bytes.ptr, file.bytes.len);
    return exchange->server->facts.identity;
}

/* Whether the client has the answer already; it is known before it is made. */
static bool is_known(fhi_exchange *exchange)
{
    if (exchange->from_line || !exchange->ask.route->cached) return false;
    exchange->tag = fhi_etag_hash(identity_of(exchange), exchange->question_hash);
    const fhi_etag_match match = fhi_etag_find(fhi_buf_str(&exchange->if_none_match), exchange->tag, &exchange->coding);
    exchange->none_wanted = match == FHI_ETAG_ANY;
    return match == FHI_ETAG_SAME;
}

static void answer_known(fhi_exchange *exchange)
{
    exchange->status = 304;
    fhi_buf_clear(&exchange->body);
}

/* Keeps the answer as it is where packing saves nothing, or there is no memory for it. */
static void pack(fhi_exchange *exchange, fhi_worker *worker)
{
    fhi_buf *packed = &worker->packed;
    const size_t least = exchange->pack_forced ? 0 : exchange->server->options.limits.pack_bytes_min;
    if (exchange->wanted == FHI_CODING_IDENTITY || exchange->status != 200 || exchange->body.len < least) return;
    fhi_buf_clear(packed);
    if (fhi_packer_put(&worker->packer, exchange->wanted, fhi_buf_str(&exchange->body), true, packed) != FH_OK) return;
    if (!exchange->pack_forced && packed->len >= exchange->body.len) return;
    fhi_buf_clear(&exchange->body);
    fhi_buf_put(&exchange->body, packed->data, packed->len);
    exchange->coding = exchange->wanted;
    if (exchange->body.status != FH_OK) fhi_exchange_no_memory(exchange);
}

/* On a worker. */
static void answer(fhi_exchange *exchange, fhi_worker *worker)
{
    const fhi_service *service = exchange->server->options.service;
    const fh_status status = exchange->ask.route->kind == FHI_ASK_OPENAPI
                                 ? fhi_openapi_write(&exchange->body)
                                 : service->answer(worker->object, exchange->snapshot, &exchange->ask, &exchange->body);
    exchange->status = fhi_http_status_of(status);
    exchange->is_page = exchange->ask.route->page;
    if (status == FH_E_NOMEM || exchange->body.status != FH_OK || exchange->body.len == 0)
        fhi_exchange_no_memory(exchange);
    else if (exchange->from_line && exchange->ask.route->wrapped)
        wrap(exchange, exchange->ask.route->verb);
}

/* On a worker. */
static void run(fhi_job *job, void *worker)
{
    fhi_exchange *exchange = (fhi_exchange *)job;
    exchange->taken_ns = uv_hrtime();
    if (exchange->taken_ns >= exchange->ask.request.deadline_ns)
        fhi_exchange_write_error(exchange, 504, "the query waited too long for a worker");
    else
        answer(exchange, worker);
    pack(exchange, worker);
    if (exchange->status == 200 && exchange->none_wanted) answer_known(exchange);
    exchange->server->options.service->snapshot_release(exchange->snapshot);
    exchange->snapshot = NULL;
    exchange->answered_ns = uv_hrtime();
}

static void done(fhi_job *job)
{
    fhi_exchange *exchange = (fhi_exchange *)job;
    fhi_conn *conn = exchange->conn;
    fhi_exchange_keep(exchange);
    if (!conn) {
        fhi_exchange_destroy(exchange);
        return;
    }
    exchange->state = FHI_EXCHANGE_DONE;
    conn->active_count--;
    conn->held_bytes += exchange->body.len;
    fhi_conn_update(conn);
}

static fh_status submit_job(fhi_exchange *exchange)
{
    exchange->job.run = run;
    exchange->job.done = done;
    FH_TRY(fhi_jobs_submit(exchange->server->jobs, &exchange->job));
    exchange->state = FHI_EXCHANGE_RUNNING;
    exchange->conn->active_count++;
    return FH_OK;
}

static void send_to_worker(fhi_exchange *exchange)
{
    fhi_server *server = exchange->server;
    exchange->ask.request.notes = &exchange->notes;
    exchange->ask.request.limits = (fhi_request_limits){.clauses_max = (uint32_t)server->options.limits.clauses_max,
                                                        .expansion_max = (uint32_t)server->options.limits.expansion_max,
                                                        .memory_bytes_max = server->options.limits.request_bytes_max};
    /* A long export is not a slow query. */
    exchange->notes.slow_ns = exchange->ask.route->streamed ? 0 : server->options.limits.slow_ms * UINT64_C(1000000);
    exchange->ask.request.deadline_ns = uv_hrtime() + server->options.limits.query_ms_max * UINT64_C(1000000);
    exchange->snapshot = server->options.service->snapshot_retain(server->snapshot);
    if ((exchange->ask.route->streamed ? fhi_stream_submit : submit_job)(exchange) == FH_OK) return;
    server->options.service->snapshot_release(exchange->snapshot);
    exchange->snapshot = NULL;
    fhi_exchange_fail(exchange, 503, "too many queries are waiting; try again soon");
}

static void answer_hello(fhi_exchange *exchange)
{
    exchange->status = 200;
    if (fhi_routes_write(&exchange->body) != FH_OK) fhi_exchange_no_memory(exchange);
}

static bool is_about_server(fhi_ask_kind kind)
{
    return kind == FHI_ASK_HEALTH || kind == FHI_ASK_READY || kind == FHI_ASK_METRICS;
}

void fhi_exchange_submit(fhi_exchange *exchange)
{
    exchange->state = FHI_EXCHANGE_DONE;
    if (exchange->ask.route->kind == FHI_ASK_HELLO)
        answer_hello(exchange);
    else if (is_about_server(exchange->ask.route->kind)) {
        if (fhi_exchange_answer_self(exchange) != FH_OK) fhi_exchange_no_memory(exchange);
    } else if (is_known(exchange))
        answer_known(exchange);
    else if (!fhi_exchange_recall(exchange))
        send_to_worker(exchange);
    if (exchange->state != FHI_EXCHANGE_DONE) return;
    exchange->answered_ns = uv_hrtime();
    exchange->conn->held_bytes += exchange->body.len;
}

void fhi_exchange_orphan(fhi_exchange *exchange)
{
    fhi_server *server = exchange->server;
    exchange->conn = NULL;
    exchange->next = NULL;
    if (exchange->state == FHI_EXCHANGE_RUNNING && !fhi_jobs_cancel(server->jobs, &exchange->job))
        return; /* `done` frees it */
    fhi_exchange_destroy(exchange);
}
