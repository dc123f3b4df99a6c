/* report.h - the times of one engine on one set of queries, as read back from JSON lines. */
#ifndef FHI_BENCH_REPORT_H
#define FHI_BENCH_REPORT_H

#include "bench/bench.h"

enum { FHI_BENCH_SERIES_MAX = 64, FHI_BENCH_NAME_BYTES = 32 };

typedef struct fhi_bench_series {
    char set[FHI_BENCH_NAME_BYTES];
    char engine[FHI_BENCH_NAME_BYTES];
    double *us;       /* one time for each query; in rising order once all are read */
    uint64_t *counts; /* matches of each query, in the order of the file */
    size_t count;
    size_t capacity;
    double mean_us;
} fhi_bench_series;

/* The least time that `share` of the queries do not exceed (nearest rank). */
double fhi_bench_percentile(const fhi_bench_series *series, double share);

/* The plot: for each set a panel with one curve for each engine, the share of queries answered within a time. */
void fhi_bench_plot(FILE *to, const fhi_bench_series *series, size_t series_count);

#endif
