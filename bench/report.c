/* report.c - `fihrist bench report`: tables, and a plot, from the JSON lines of `compare`, `spawn` and http.sh. */
#include "bench/report.h"

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static const char usage[] =
    "usage: fihrist bench report [--svg FILE] FILE\n"
    "\n"
    "Reads the lines that `fihrist bench compare` and `fihrist bench spawn` print, and writes a table; with --svg\n"
    "a plot of the times too. The ratio is that of the means, to the first engine of the set.\n";

typedef struct report {
    fhi_bench_series series[FHI_BENCH_SERIES_MAX];
    size_t series_count;
    json_t *runs;  /* lines of spawn */
    json_t *loads; /* lines of http.sh */
} report;

/* ---- reading --------------------------------------------------------------------------------------------- */

static fhi_bench_series *series_of(report *r, const char *set, const char *engine)
{
    for (size_t i = 0; i < r->series_count; i++)
        if (strcmp(r->series[i].set, set) == 0 && strcmp(r->series[i].engine, engine) == 0) return &r->series[i];
    if (r->series_count == FHI_BENCH_SERIES_MAX) return NULL;
    fhi_bench_series *made = &r->series[r->series_count++];
    (void)snprintf(made->set, sizeof made->set, "%s", set);
    (void)snprintf(made->engine, sizeof made->engine, "%s", engine);
    return made;
}

static bool add_time(fhi_bench_series *series, double us, uint64_t count)
{
    if (series->count == series->capacity) {
        const size_t capacity = series->capacity ? 2 * series->capacity : 512;
        double *more_us = realloc(series->us, capacity * sizeof *more_us);
        if (more_us) series->us = more_us;
        uint64_t *more_counts = realloc(series->counts, capacity * sizeof *more_counts);
        if (more_counts) series->counts = more_counts;
        if (!more_us || !more_counts) return false;
        series->capacity = capacity;
    }
    series->us[series->count] = us;
    series->counts[series->count++] = count;
    return true;
}

static fh_status add_line(report *r, fh_str text, fh_err *err)
{
    const char *set = NULL, *engine = NULL, *name = NULL;
    double us = 0;
    json_int_t count = 0;
    json_t *line = json_loadb(text.ptr, text.len, 0, NULL);
    fh_status status = FH_OK;
    json_t *kept = NULL; /* where the line is kept as it is */
    if (line && json_unpack(line, "{ss}", "run", &name) == 0) kept = r->runs;
    if (line && json_unpack(line, "{ss}", "load", &name) == 0) kept = r->loads;
    if (kept) {
        if (json_array_append(kept, line) != 0) status = fhi_fail(err, FH_E_NOMEM, "not enough memory");
    } else if (line && json_unpack(line, "{ss ss sF sI}", "set", &set, "engine", &engine, "min_us", &us, "count",
                                   &count) == 0) {
        fhi_bench_series *series = series_of(r, set, engine);
        if (!series) status = fhi_fail(err, FH_E_LIMIT, "more than %d sets and engines", FHI_BENCH_SERIES_MAX);
        if (series && !add_time(series, us, (uint64_t)count)) status = fhi_fail(err, FH_E_NOMEM, "not enough memory");
    } else {
        status = fhi_fail(err, FH_E_SYNTAX, "not a line of compare, spawn or http.sh");
    }
    json_decref(line);
    return status;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void finish_series(fhi_bench_series *series)
{
    double sum = 0;
    for (size_t i = 0; i < series->count; i++)
        sum += series->us[i];
    series->mean_us = sum / (double)series->count;
    qsort(series->us, series->count, sizeof *series->us, compare_doubles);
}

static fh_status read_report(report *r, const char *path, fh_err *err)
{
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    r->runs = json_array();
    r->loads = json_array();
    fh_status status = fhi_bench_lines_open(&lines, path, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status != FH_OK || !more || line.len == 0) continue;
        status = add_line(r, line, err);
        if (status != FH_OK) (void)snprintf(err->file, sizeof err->file, "%s:%ju", path, (uintmax_t)lines.number);
    }
    fhi_bench_lines_close(&lines);
    for (size_t i = 0; i < r->series_count; i++)
        finish_series(&r->series[i]);
    return status;
}

/* ---- the table ------------------------------------------------------------------------------------------- */

double fhi_bench_percentile(const fhi_bench_series *series, double share)
{
    const double rank = ceil(share * (double)series->count);
    return series->us[rank < 1 ? 0 : (size_t)rank - 1];
}

/* The first engine that was timed on the same queries. */
static const fhi_bench_series *first_of_set(const report *r, const fhi_bench_series *series)
{
    for (size_t i = 0; i < r->series_count; i++)
        if (strcmp(r->series[i].set, series->set) == 0) return &r->series[i];
    return series;
}

static size_t different_counts(const fhi_bench_series *a, const fhi_bench_series *b)
{
    size_t different = a->count > b->count ? a->count - b->count : b->count - a->count;
    for (size_t i = 0; i < a->count && i < b->count; i++)
        different += a->counts[i] != b->counts[i];
    return different;
}

static void print_times(const report *r)
{
    if (r->series_count == 0) return;
    (void)printf("%-14s %-10s %8s %9s %9s %9s %9s %8s %10s\n", "set", "engine", "queries", "mean us", "p50", "p90",
                 "p99", "ratio", "unequal");
    for (size_t i = 0; i < r->series_count; i++) {
        const fhi_bench_series *series = &r->series[i];
        const fhi_bench_series *first = first_of_set(r, series);
        (void)printf("%-14s %-10s %8zu %9.1f %9.1f %9.1f %9.1f", series->set, series->engine, series->count,
                     series->mean_us, fhi_bench_percentile(series, 0.5), fhi_bench_percentile(series, 0.9),
                     fhi_bench_percentile(series, 0.99));
        if (first != series)
            (void)printf(" %7.1fx %10zu", series->mean_us / first->mean_us, different_counts(first, series));
        (void)printf("\n");
    }
}

static double number_of(const json_t *line, const char *key)
{
    return json_number_value(json_object_get(line, key));
}

static void print_runs(const report *r)
{
    size_t i;
    const json_t *line;
    if (json_array_size(r->runs) == 0) return;
    (void)printf("\n%-28s %9s %9s %9s %10s %8s\n", "run", "seconds", "cpu s", "peak MiB", "MB on disk", "MB/s");
    json_array_foreach(r->runs, i, line)
    {
        const json_t *bytes = json_object_get(line, "directory_bytes");
        const json_t *speed = json_object_get(json_object_get(line, "output"), "mb_per_s");
        (void)printf("%-28s %9.3f %9.3f %9.1f", json_string_value(json_object_get(line, "run")),
                     number_of(line, "seconds"), number_of(line, "cpu_seconds"),
                     number_of(line, "peak_rss_bytes") / 1048576);
        if (bytes) (void)printf(" %10.1f", json_number_value(bytes) / 1e6);
        if (bytes && speed) (void)printf(" %8.1f", json_number_value(speed));
        (void)printf("\n");
    }
}

static void print_loads(const report *r)
{
    size_t i;
    const json_t *line;
    if (json_array_size(r->loads) == 0) return;
    (void)printf("\n%-32s %10s %9s %9s %9s %8s %8s\n", "load", "requests/s", "p50 ms", "p90", "p99", "refused",
                 "failed");
    json_array_foreach(r->loads, i, line)
    {
        const double seconds = number_of(line, "seconds");
        (void)printf("%-32s %10.0f %9.2f %9.2f %9.2f %8.0f %8.0f\n", json_string_value(json_object_get(line, "load")),
                     seconds > 0 ? number_of(line, "requests") / seconds : 0, number_of(line, "p50_us") / 1e3,
                     number_of(line, "p90_us") / 1e3, number_of(line, "p99_us") / 1e3, number_of(line, "refused"),
                     number_of(line, "failed"));
    }
}

static int write_plot(const report *r, const char *path)
{
    FILE *to = fhi_bench_create(path);
    if (!to) return 1;
    fhi_bench_plot(to, r->series, r->series_count);
    return fhi_bench_close(to, path) ? 0 : 1;
}

int fhi_bench_report(int argc, char **argv)
{
    static const struct option known[] = {
        {"svg", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *svg = NULL;
    fh_err err = {.text = ""};
    int option, code = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option != 's') return fhi_bench_usage(usage, option == 'h');
        svg = optarg;
    }
    if (optind + 1 != argc) return fhi_bench_usage(usage, false);
    report *r = calloc(1, sizeof *r);
    if (!r) return fhi_bench_complain(argv[optind], "not enough memory");
    const fh_status status = read_report(r, argv[optind], &err);
    if (status != FH_OK) code = fhi_bench_complain_err(argv[optind], status, &err);
    if (code == 0) {
        print_times(r);
        print_runs(r);
        print_loads(r);
    }
    if (code == 0 && svg) code = write_plot(r, svg);
    for (size_t i = 0; i < r->series_count; i++) {
        free(r->series[i].us);
        free(r->series[i].counts);
    }
    json_decref(r->runs);
    json_decref(r->loads);
    free(r);
    return code;
}
