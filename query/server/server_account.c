/* server_account.c - an exchange has ended: what it took goes into the metrics and the log; the server's answers about
 * itself, /health, /ready and /metrics.
 */
#include "query/answer/reply.h"
#include "query/server/server_impl.h"

/* From `from` to `to`; 0 where one of them never came. */
static uint64_t between(uint64_t from, uint64_t to)
{
    return from && to > from ? to - from : 0;
}

static void fill_times(const fhi_exchange *exchange, uint64_t now_ns, uint64_t times[FHI_STAGE_COUNT])
{
    const uint64_t answered_ns = exchange->answered_ns ? exchange->answered_ns : exchange->begun_ns;
    times[FHI_STAGE_WAIT] = between(exchange->begun_ns, exchange->taken_ns);
    times[FHI_STAGE_SEARCH] = exchange->notes.search_ns;
    times[FHI_STAGE_SNIPPET] = exchange->notes.show_ns;
    times[FHI_STAGE_WRITE] = between(answered_ns, now_ns);
    times[FHI_STAGE_TOTAL] = between(exchange->begun_ns, now_ns);
}

static bool is_of_socket(const fhi_exchange *exchange)
{
    return exchange->from_line && exchange->part == FHI_BATCH_NONE;
}

static void count(const fhi_exchange *exchange, const uint64_t times[FHI_STAGE_COUNT], bool slow)
{
    fhi_metrics *metrics = &exchange->server->metrics;
    const size_t route = exchange->ask.route ? (size_t)(exchange->ask.route - fhi_routes) : SIZE_MAX;
    fhi_metrics_answer(metrics, is_of_socket(exchange) ? FHI_DOOR_LINES : FHI_DOOR_HTTP, route, exchange->status);
    metrics->slow += slow;
    metrics->cut += !exchange->delivered;
    for (int i = 0; i < FHI_STAGE_COUNT; i++)
        if (times[i] || i == FHI_STAGE_TOTAL) fhi_metrics_time(metrics, route, (fhi_stage)i, times[i]);
}

void fhi_exchange_account(const fhi_exchange *exchange)
{
    if (exchange->part == FHI_BATCH_HEAD) return; /* the end of a batch stands for it */
    const fhi_server *server = exchange->server;
    const uint64_t now_ns = uv_hrtime(), slow_ns = exchange->notes.slow_ns;
    const bool failed = exchange->status >= 400;
    uint64_t times[FHI_STAGE_COUNT];
    fill_times(exchange, now_ns, times);
    const bool slow = slow_ns && between(exchange->begun_ns, exchange->answered_ns) >= slow_ns; /* not its client */
    count(exchange, times, slow);
    if (!server->log) return;
    fhi_log_request line = {.number = exchange->number,
                            .door = is_of_socket(exchange) ? "socket" : "http",
                            .method = exchange->method,
                            .route = exchange->ask.route ? exchange->ask.route->path : "-",
                            .status = exchange->status,
                            .cut = !exchange->delivered,
                            .slow = slow,
                            .answer_bytes = exchange->answer_bytes,
                            .total_ns = times[FHI_STAGE_TOTAL],
                            .wait_ns = times[FHI_STAGE_WAIT],
                            .search_ns = times[FHI_STAGE_SEARCH],
                            .snippet_ns = times[FHI_STAGE_SNIPPET],
                            .write_ns = times[FHI_STAGE_WRITE],
                            .generation = exchange->generation,
                            .plan = fhi_buf_str(&exchange->notes.plan)};
    if (exchange->conn) line.client = exchange->conn->client;
    if (slow || failed) line.query = exchange->ask.request.query;
    if (failed) line.error = fhi_buf_str(exchange->is_refusal ? &exchange->fault : &exchange->body);
    fhi_log_note(server->log, &line);
}

/* ---- the server about itself ---- */

/* The answer as JSON, or FH_E_NOMEM. */
static fh_status answer(fhi_exchange *exchange, json_t *value)
{
    if (!value) return FH_E_NOMEM;
    json_t *body = exchange->from_line ? json_pack("{s:o}", exchange->ask.route->verb, value) : value;
    return fhi_reply_write(body, exchange->from_line ? exchange->ask.id : NULL, 0, &exchange->body);
}

static fh_status answer_health(fhi_exchange *exchange)
{
    const fhi_server *server = exchange->server;
    return answer(exchange,
                  json_pack("{s:s,s:s,s:I,s:I,s:i,s:I,s:I,s:I}", "status", server->draining ? "draining" : "ok",
                            "version", FH_VERSION, "generation", (json_int_t)server->facts.generation, "articles",
                            (json_int_t)server->facts.article_count, "workers", (int)server->worker_count, "queue",
                            (json_int_t)fhi_jobs_queued(server->jobs), "connections", (json_int_t)server->conn_count,
                            "uptime_s", (json_int_t)((uv_now(&server->loop) - server->started_ms) / 1000)));
}

static fh_status answer_ready(fhi_exchange *exchange)
{
    if (!exchange->server->draining) return answer(exchange, json_pack("{s:s}", "status", "ready"));
    exchange->status = 503;
    return fhi_error_json("draining", "the server is stopping", exchange->from_line ? exchange->ask.id : NULL,
                          &exchange->body);
}

static fh_status answer_metrics(fhi_exchange *exchange)
{
    fhi_server *server = exchange->server;
    const fhi_metrics_now now = {.generation = server->facts.generation,
                                 .article_count = server->facts.article_count,
                                 .queue = fhi_jobs_queued(server->jobs),
                                 .workers = server->worker_count,
                                 .connections = server->conn_count,
                                 .cache_bytes = fhi_recent_bytes(server->answers),
                                 .log_dropped = fhi_log_dropped(server->log),
                                 .uptime_ms = uv_now(&server->loop) - server->started_ms,
                                 .draining = server->draining};
    fhi_buf text = {0};
    fhi_metrics_write(&server->metrics, &now, exchange->from_line ? &text : &exchange->body);
    fh_status status = exchange->body.status;
    if (exchange->from_line) {
        status = text.status;
        if (status == FH_OK) status = answer(exchange, json_stringn((const char *)text.data, text.len));
        fhi_buf_fini(&text);
    }
    return status;
}

fh_status fhi_exchange_answer_self(fhi_exchange *exchange)
{
    exchange->status = 200;
    switch (exchange->ask.route->kind) {
    case FHI_ASK_HEALTH: return answer_health(exchange);
    case FHI_ASK_READY: return answer_ready(exchange);
    default: return answer_metrics(exchange);
    }
}
