/* server_metrics.h - what the server counts of itself, and its text for Prometheus. Belongs to the loop. */
#ifndef FHI_SERVER_METRICS_H
#define FHI_SERVER_METRICS_H

#include "engine/base/base.h"

enum {
    FHI_METRICS_ROUTES_MAX = 32,   /* those of route.c, and one for what is none of them */
    FHI_METRICS_STATUSES_MAX = 24, /* the ones the server answers with, and one for any other */
    FHI_METRICS_BUCKETS = 18       /* of a histogram, with the last one, which has no bound */
};

/* The way of a request: each stage is measured on its own, TOTAL from its last byte to the last of the answer. */
typedef enum fhi_stage {
    FHI_STAGE_WAIT,
    FHI_STAGE_SEARCH,
    FHI_STAGE_SNIPPET,
    FHI_STAGE_WRITE,
    FHI_STAGE_TOTAL,
    FHI_STAGE_COUNT
} fhi_stage;

typedef enum fhi_door_number { FHI_DOOR_HTTP, FHI_DOOR_LINES, FHI_DOOR_COUNT } fhi_door_number;

typedef struct fhi_time_counts {
    uint64_t counts[FHI_METRICS_BUCKETS]; /* not cumulative */
    uint64_t sum_ns;
} fhi_time_counts;

/* Counted since the start. */
typedef struct fhi_metrics {
    uint64_t answers[FHI_DOOR_COUNT][FHI_METRICS_ROUTES_MAX][FHI_METRICS_STATUSES_MAX];
    fhi_time_counts times[FHI_METRICS_ROUTES_MAX][FHI_STAGE_COUNT];
    uint64_t recalled; /* answers given again; made: those that were not there */
    uint64_t made;
    uint64_t slow;
    uint64_t cut; /* answers whose client was gone before they had been sent */
    uint64_t received_bytes[FHI_DOOR_COUNT];
    uint64_t sent_bytes[FHI_DOOR_COUNT];
    uint64_t connections[FHI_DOOR_COUNT];
    uint64_t refused[FHI_DOOR_COUNT]; /* connections, at once */
    uint64_t reloads;
    uint64_t reloads_failed;
} fhi_metrics;

/* What is now, beside what was counted. */
typedef struct fhi_metrics_now {
    uint64_t generation;
    uint64_t article_count;
    uint64_t queue;
    uint64_t workers;
    uint64_t connections;
    uint64_t log_dropped;
    uint64_t cache_bytes; /* of answers kept */
    uint64_t uptime_ms;
    bool draining;
} fhi_metrics_now;

/* route: its place in fhi_routes, or any number beyond for none. */
void fhi_metrics_answer(fhi_metrics *metrics, fhi_door_number door, size_t route, int status);
void fhi_metrics_time(fhi_metrics *metrics, size_t route, fhi_stage stage, uint64_t nanoseconds);

/* Appends the text format 0.0.4; lines that would be all zeros are left out. */
void fhi_metrics_write(const fhi_metrics *metrics, const fhi_metrics_now *now, fhi_buf *out);

#endif
