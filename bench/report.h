/* report.h - what was measured, as read back from JSON lines; its tables (report.c), its page (page.c).
 *
 * Everything read is text of others: it reaches the page through fhi_bench_put_text only.
 */
#ifndef FHI_BENCH_REPORT_H
#define FHI_BENCH_REPORT_H

#include "bench/bench.h"

enum { FHI_BENCH_NAME_BYTES = 32, FHI_BENCH_NOTE_BYTES = 256 };

/* One engine's times for one set and task. */
typedef struct fhi_bench_series {
    char set[FHI_BENCH_NAME_BYTES];
    char task[FHI_BENCH_NAME_BYTES];
    char engine[FHI_BENCH_NAME_BYTES];
    char about[FHI_BENCH_NOTE_BYTES];
    uint64_t docs; /* of the corpus, where the series is one of several sizes; else 0 */
    int rounds;
    int64_t unequal; /* answers that differ from the first engine's; -1: not comparable */
    double *us;      /* one time for each query, in rising order */
    size_t count;
    double mean_us;
} fhi_bench_series;

typedef struct fhi_bench_report {
    fhi_bench_series *series;
    size_t series_count, series_room;
    json_t *machine; /* a line of `machine`, or NULL */
    json_t *runs;    /* lines of `spawn` */
    json_t *loads;   /* lines of `load` */
    json_t *micros;  /* lines of `micro` */
} fhi_bench_report;

/* The least time that `share` of the queries do not exceed (nearest rank). */
double fhi_bench_percentile(const fhi_bench_series *series, double share);

/* The first series with the same set, task and size: the one that ratios refer to. */
const fhi_bench_series *fhi_bench_first(const fhi_bench_report *report, const fhi_bench_series *series);

double fhi_bench_number_of(const json_t *line, const char *key); /* 0 where there is none */
const char *fhi_bench_text_of(const json_t *line, const char *key);

/* Writes a text of others into HTML or SVG: letters, digits, space and `_.,:;()+/%=-`; what else there is as `?`. */
void fhi_bench_put_text(FILE *to, const char *text);

/* The whole page: one file, nothing fetched from elsewhere. */
void fhi_bench_page(FILE *to, const fhi_bench_report *report);

#endif
