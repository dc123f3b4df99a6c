/* server_metrics.c - counting, and the text format 0.0.4 of Prometheus: HELP, TYPE, then the samples of one name. */
#include "query/server/server_metrics.h"

#include "query/server/route.h"

#include <stdio.h>

/* The last slot is for any other. 0: the client was gone before there was an answer. */
static const int statuses[FHI_METRICS_STATUSES_MAX - 1] = {0,   200, 206, 304, 400, 401, 403, 404, 405, 406, 408, 409,
                                                           410, 413, 414, 415, 417, 429, 431, 500, 503, 504, 505};

/* Upper bounds of the buckets; the texts are the numbers as the format wants them, in seconds. */
static const struct bucket {
    uint64_t most_ns;
    const char *seconds;
} buckets[FHI_METRICS_BUCKETS - 1] = {
    {50000, "0.00005"},  {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},  {1000000, "0.001"},
    {2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},  {25000000, "0.025"}, {50000000, "0.05"},
    {100000000, "0.1"},  {250000000, "0.25"}, {500000000, "0.5"},  {1000000000, "1"},   {2500000000, "2.5"},
    {5000000000, "5"},   {10000000000, "10"},
};

static const char *const stage_names[FHI_STAGE_COUNT] = {"wait", "search", "snippet", "write", "total"};
static const char *const door_names[FHI_DOOR_COUNT] = {"http", "socket"};

static size_t route_slot(size_t route)
{
    return route < fhi_route_count && route < FHI_METRICS_ROUTES_MAX ? route : FHI_METRICS_ROUTES_MAX - 1;
}

static const char *route_name(size_t slot)
{
    return slot < fhi_route_count && slot < FHI_METRICS_ROUTES_MAX - 1 ? fhi_routes[slot].path : "-";
}

void fhi_metrics_answer(fhi_metrics *metrics, fhi_door_number door, size_t route, int status)
{
    size_t slot = 0;
    while (slot < FHI_METRICS_STATUSES_MAX - 1 && statuses[slot] != status)
        slot++;
    metrics->answers[door][route_slot(route)][slot]++;
}

void fhi_metrics_time(fhi_metrics *metrics, size_t route, fhi_stage stage, uint64_t nanoseconds)
{
    fhi_time_counts *histogram = &metrics->times[route_slot(route)][stage];
    size_t slot = 0;
    while (slot < FHI_METRICS_BUCKETS - 1 && nanoseconds > buckets[slot].most_ns)
        slot++;
    histogram->counts[slot]++;
    histogram->sum_ns += nanoseconds;
}

/* ---- the text ---- */

static void begin(fhi_buf *out, const char *name, const char *type, const char *help)
{
    fhi_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(fhi_buf *out, const char *name, const char *type, uint64_t value, const char *help)
{
    begin(out, name, type, help);
    fhi_buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void put_doors(fhi_buf *out, const char *name, const uint64_t values[FHI_DOOR_COUNT], const char *help)
{
    begin(out, name, "counter", help);
    for (int i = 0; i < FHI_DOOR_COUNT; i++)
        fhi_buf_printf(out, "%s{door=\"%s\"} %llu\n", name, door_names[i], (unsigned long long)values[i]);
}

static void put_answers(fhi_buf *out, const fhi_metrics *metrics)
{
    static const char name[] = "fihrist_answers_total";
    begin(out, name, "counter", "Answers by door, route and HTTP status; status 0: the client was gone before.");
    for (int door = 0; door < FHI_DOOR_COUNT; door++)
        for (size_t route = 0; route < FHI_METRICS_ROUTES_MAX; route++)
            for (size_t i = 0; i < FHI_METRICS_STATUSES_MAX; i++) {
                const uint64_t count = metrics->answers[door][route][i];
                char status[16] = "other";
                if (count == 0) continue;
                if (i < FHI_METRICS_STATUSES_MAX - 1) (void)snprintf(status, sizeof status, "%d", statuses[i]);
                fhi_buf_printf(out, "%s{door=\"%s\",route=\"%s\",status=\"%s\"} %llu\n", name, door_names[door],
                               route_name(route), status, (unsigned long long)count);
            }
}

static void put_histogram(fhi_buf *out, const char *name, const char *route, const char *stage,
                          const fhi_time_counts *histogram)
{
    uint64_t count = 0;
    for (int i = 0; i < FHI_METRICS_BUCKETS; i++) {
        count += histogram->counts[i];
        fhi_buf_printf(out, "%s_bucket{route=\"%s\",stage=\"%s\",le=\"%s\"} %llu\n", name, route, stage,
                       i < FHI_METRICS_BUCKETS - 1 ? buckets[i].seconds : "+Inf", (unsigned long long)count);
    }
    fhi_buf_printf(out, "%s_sum{route=\"%s\",stage=\"%s\"} %llu.%09llu\n", name, route, stage,
                   (unsigned long long)(histogram->sum_ns / 1000000000),
                   (unsigned long long)(histogram->sum_ns % 1000000000));
    fhi_buf_printf(out, "%s_count{route=\"%s\",stage=\"%s\"} %llu\n", name, route, stage, (unsigned long long)count);
}

static bool has_any(const fhi_time_counts *histogram)
{
    for (int i = 0; i < FHI_METRICS_BUCKETS; i++)
        if (histogram->counts[i]) return true;
    return false;
}

static void put_times(fhi_buf *out, const fhi_metrics *metrics)
{
    static const char name[] = "fihrist_request_seconds";
    begin(out, name, "histogram", "Time of requests by route and stage; total: last byte of one to last of the other.");
    for (size_t route = 0; route < FHI_METRICS_ROUTES_MAX; route++)
        for (int stage = 0; stage < FHI_STAGE_COUNT; stage++) {
            const fhi_time_counts *histogram = &metrics->times[route][stage];
            if (has_any(histogram)) put_histogram(out, name, route_name(route), stage_names[stage], histogram);
        }
}

static void put_now(fhi_buf *out, const fhi_metrics_now *now)
{
    begin(out, "fihrist_info", "gauge", "The version that runs.");
    fhi_buf_printf(out, "fihrist_info{version=\"%s\"} 1\n", FH_VERSION);
    put_one(out, "fihrist_ready", "gauge", !now->draining, "1 as long as the server takes questions.");
    put_one(out, "fihrist_generation", "gauge", now->generation, "Generation of the index that is served.");
    put_one(out, "fihrist_articles", "gauge", now->article_count, "Articles in it.");
    put_one(out, "fihrist_workers", "gauge", now->workers, "Threads that answer queries.");
    put_one(out, "fihrist_queue", "gauge", now->queue, "Queries waiting for one of them.");
    put_one(out, "fihrist_cache_bytes", "gauge", now->cache_bytes, "Answers kept to be given again.");
    put_one(out, "fihrist_connections", "gauge", now->connections, "Connections open now.");
    begin(out, "fihrist_uptime_seconds", "gauge", "Since the start.");
    fhi_buf_printf(out, "fihrist_uptime_seconds %llu.%03llu\n", (unsigned long long)(now->uptime_ms / 1000),
                   (unsigned long long)(now->uptime_ms % 1000));
}

void fhi_metrics_write(const fhi_metrics *metrics, const fhi_metrics_now *now, fhi_buf *out)
{
    put_now(out, now);
    put_answers(out, metrics);
    put_times(out, metrics);
    put_one(out, "fihrist_cache_hits_total", "counter", metrics->recalled, "Answers given again without a worker.");
    put_one(out, "fihrist_cache_misses_total", "counter", metrics->made,
            "Answers that were not there to be given again.");
    put_one(out, "fihrist_slow_total", "counter", metrics->slow, "Requests that took longer than --slow-ms.");
    put_one(out, "fihrist_cut_total", "counter", metrics->cut, "Answers whose client was gone before it had them.");
    put_doors(out, "fihrist_received_bytes_total", metrics->received_bytes, "Bytes read from clients.");
    put_doors(out, "fihrist_sent_bytes_total", metrics->sent_bytes, "Bytes the system took for clients.");
    put_doors(out, "fihrist_connections_total", metrics->connections, "Connections accepted.");
    put_doors(out, "fihrist_refused_total", metrics->refused, "Connections refused: too many, or not allowed.");
    put_one(out, "fihrist_reloads_total", "counter", metrics->reloads, "Generations of the index taken up.");
    put_one(out, "fihrist_reloads_failed_total", "counter", metrics->reloads_failed, "Attempts that failed.");
    put_one(out, "fihrist_log_dropped_total", "counter", now->log_dropped, "Log lines nobody read in time.");
}
