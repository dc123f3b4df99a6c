/* report.c - `fihrist bench report`: tables, and a page, from the JSON lines that the other tools print. */
#include "bench/report.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>

static const char usage[] =
    "usage: fihrist bench report [--html FILE] FILE...\n"
    "\n"
    "Reads the lines that the tools machine, compare, spawn, micro and load print, and writes tables; with --html a\n"
    "page with plots too, one file that needs nothing else. A ratio is that of the means, to the first engine of the\n"
    "set and task.\n";

enum { SERIES_MAX = 4096 };

/* ---- reading --------------------------------------------------------------------------------------------- */

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A new series at the end, or NULL. */
static fhi_bench_series *add_series(fhi_bench_report *r)
{
    if (r->series_count == r->series_room) {
        const size_t room = r->series_room ? 2 * r->series_room : 64;
        fhi_bench_series *more = room <= SERIES_MAX ? realloc(r->series, room * sizeof *more) : NULL;
        if (!more) return NULL;
        r->series = more;
        r->series_room = room;
    }
    fhi_bench_series *made = &r->series[r->series_count++];
    *made = (fhi_bench_series){0};
    return made;
}

static fh_status read_times(fhi_bench_series *series, const json_t *times, fh_err *err)
{
    size_t i;
    const json_t *time;
    series->us = calloc(json_array_size(times) + 1, sizeof *series->us);
    if (!series->us) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    series->count = json_array_size(times);
    json_array_foreach(times, i, time) series->us[i] = json_number_value(time);
    for (i = 0; i < series->count; i++)
        series->mean_us += series->us[i] / (double)series->count;
    qsort(series->us, series->count, sizeof *series->us, compare_doubles);
    return series->count ? FH_OK : fhi_fail(err, FH_E_SYNTAX, "a series without times");
}

static fh_status read_series(fhi_bench_report *r, json_t *line, fh_err *err)
{
    const char *set, *task, *engine, *about = "";
    json_t *times;
    if (json_unpack(line, "{ss ss ss s?s so}", "set", &set, "task", &task, "engine", &engine, "about", &about, "us",
                    &times) != 0)
        return fhi_fail(err, FH_E_SYNTAX, "not a line of a tool of fihrist bench");
    const json_t *unequal = json_object_get(line, "unequal");
    fhi_bench_series *series = add_series(r);
    if (!series) return fhi_fail(err, FH_E_LIMIT, "more than %d series, or not enough memory", SERIES_MAX);
    (void)snprintf(series->set, sizeof series->set, "%s", set);
    (void)snprintf(series->task, sizeof series->task, "%s", task);
    (void)snprintf(series->engine, sizeof series->engine, "%s", engine);
    (void)snprintf(series->about, sizeof series->about, "%s", about);
    series->docs = (uint64_t)fhi_bench_number_of(line, "docs");
    series->rounds = (int)fhi_bench_number_of(line, "rounds");
    series->unequal = json_is_integer(unequal) ? json_integer_value(unequal) : -1;
    return read_times(series, times, err);
}

static fh_status add_line(fhi_bench_report *r, fh_str text, fh_err *err)
{
    json_t *line = json_loadb(text.ptr, text.len, 0, NULL);
    json_t *kept = json_object_get(line, "run")     ? r->runs
                   : json_object_get(line, "load")  ? r->loads
                   : json_object_get(line, "micro") ? r->micros
                                                    : NULL;
    fh_status status = FH_OK;
    if (kept && json_array_append(kept, line) != 0) status = fhi_fail(err, FH_E_NOMEM, "not enough memory");
    if (json_object_get(line, "machine")) {
        json_decref(r->machine);
        r->machine = json_incref(line);
    } else if (!kept) {
        status = read_series(r, line, err);
    }
    json_decref(line);
    return status;
}

static fh_status read_file(fhi_bench_report *r, const char *path, fh_err *err)
{
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    fh_status status = fhi_bench_lines_open(&lines, path, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status != FH_OK || !more || line.len == 0) continue;
        status = add_line(r, line, err);
        if (status != FH_OK) (void)snprintf(err->file, sizeof err->file, "%s:%ju", path, (uintmax_t)lines.number);
    }
    fhi_bench_lines_close(&lines);
    return status;
}

/* ---- figures --------------------------------------------------------------------------------------------- */

double fhi_bench_percentile(const fhi_bench_series *series, double share)
{
    const double rank = ceil(share * (double)series->count);
    return series->us[rank < 1 ? 0 : (size_t)rank - 1];
}

const fhi_bench_series *fhi_bench_first(const fhi_bench_report *report, const fhi_bench_series *series)
{
    for (const fhi_bench_series *s = report->series; s < series; s++)
        if (s->docs == series->docs && strcmp(s->set, series->set) == 0 && strcmp(s->task, series->task) == 0) return s;
    return series;
}

double fhi_bench_number_of(const json_t *line, const char *key)
{
    return json_number_value(json_object_get(line, key));
}

const char *fhi_bench_text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

/* ---- the tables ------------------------------------------------------------------------------------------ */

static void print_series(const fhi_bench_report *r, const fhi_bench_series *s)
{
    const fhi_bench_series *first = fhi_bench_first(r, s);
    char docs[32] = "";
    if (s->docs) (void)snprintf(docs, sizeof docs, " of %ju", (uintmax_t)s->docs);
    (void)printf("%-15s %-7s %-10s %7zu %6d %9.1f %9.1f %9.1f %9.1f %9.1f", s->set, s->task, s->engine, s->count,
                 s->rounds, s->mean_us, fhi_bench_percentile(s, 0.5), fhi_bench_percentile(s, 0.9),
                 fhi_bench_percentile(s, 0.99), s->us[s->count - 1]);
    if (first == s && s->docs) (void)printf(" %8s %7s", "", "");
    if (first != s) (void)printf(" %7.*fx", s->mean_us < 9.95 * first->mean_us ? 2 : 1, s->mean_us / first->mean_us);
    if (first != s && s->unequal >= 0) (void)printf(" %7jd", (intmax_t)s->unequal);
    if (first != s && s->unequal < 0) (void)printf(" %7s", "-");
    (void)printf("%s\n", docs);
}

static void print_times(const fhi_bench_report *r)
{
    if (r->series_count == 0) return;
    (void)printf("%-15s %-7s %-10s %7s %6s %9s %9s %9s %9s %9s %8s %7s\n", "set", "task", "engine", "queries", "rounds",
                 "mean us", "p50", "p90", "p99", "max", "ratio", "unequal");
    for (size_t i = 0; i < r->series_count; i++)
        print_series(r, &r->series[i]);
}

static void print_runs(const fhi_bench_report *r)
{
    size_t i;
    const json_t *line;
    if (json_array_size(r->runs) == 0) return;
    (void)printf("\n%-32s %9s %9s %9s %10s %8s\n", "run", "seconds", "cpu s", "peak MiB", "MB on disk", "MB/s");
    json_array_foreach(r->runs, i, line)
    {
        const json_t *bytes = json_object_get(line, "directory_bytes");
        const json_t *speed = json_object_get(json_object_get(line, "output"), "mb_per_s");
        (void)printf("%-32s %9.3f %9.3f %9.1f", fhi_bench_text_of(line, "run"), fhi_bench_number_of(line, "seconds"),
                     fhi_bench_number_of(line, "cpu_seconds"), fhi_bench_number_of(line, "peak_rss_bytes") / 1048576);
        if (bytes) (void)printf(" %10.1f", json_number_value(bytes) / 1e6);
        if (bytes && speed) (void)printf(" %8.1f", json_number_value(speed));
        (void)printf("\n");
    }
}

/* Bytes by part, where a run was one of `fihrist stat`. */
static void print_parts(const fhi_bench_report *r)
{
    size_t i;
    json_t *line;
    json_array_foreach(r->runs, i, line)
    {
        const char *part;
        json_t *bytes, *output = json_object_get(line, "output");
        if (json_object_size(json_object_get(output, "bytes")) == 0) continue;
        (void)printf("\n%-32s %12s %7s\n", fhi_bench_text_of(line, "run"), "bytes", "share");
        json_object_foreach(json_object_get(output, "bytes"), part, bytes)
        {
            (void)printf("  %-30s %12.0f %5.1f %%\n", part, json_number_value(bytes),
                         100 * json_number_value(bytes) / fhi_bench_number_of(output, "index_bytes"));
        }
    }
}

static void print_micros(const fhi_bench_report *r)
{
    size_t i;
    const json_t *line;
    if (json_array_size(r->micros) == 0) return;
    (void)printf("\n%-20s %-8s %10s %10s %10s %10s %10s %10s\n", "function", "kernel", "postings", "bytes each",
                 "ns each", "cycles", "of memcpy", "of decode");
    json_array_foreach(r->micros, i, line)
    {
        (void)printf("%-20s %-8s %10.0f %10.2f %10.3f %10.2f %10.1f %10.2f\n", fhi_bench_text_of(line, "micro"),
                     fhi_bench_text_of(line, "kernel"), fhi_bench_number_of(line, "postings"),
                     fhi_bench_number_of(line, "bytes_each"), fhi_bench_number_of(line, "ns_each"),
                     fhi_bench_number_of(line, "cycles_each"), fhi_bench_number_of(line, "of_memcpy"),
                     fhi_bench_number_of(line, "of_decode"));
    }
}

static void print_loads(const fhi_bench_report *r)
{
    size_t i;
    const json_t *line;
    if (json_array_size(r->loads) == 0) return;
    (void)printf("\n%-34s %7s %7s %8s %8s %8s %8s %8s %8s %8s %7s %6s\n", "load", "due/s", "done/s", "p50 ms", "took",
                 "added", "p90", "p99", "p99.9", "max", "refused", "failed");
    json_array_foreach(r->loads, i, line)
    {
        const double seconds = fhi_bench_number_of(line, "seconds");
        (void)printf("%-34s %7.0f %7.0f %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f %7.0f %6.0f\n",
                     fhi_bench_text_of(line, "load"), fhi_bench_number_of(line, "rate"),
                     seconds > 0 ? fhi_bench_number_of(line, "answered") / seconds : 0,
                     fhi_bench_number_of(line, "p50_us") / 1e3, fhi_bench_number_of(line, "took_p50_us") / 1e3,
                     fhi_bench_number_of(line, "added_p50_us") / 1e3, fhi_bench_number_of(line, "p90_us") / 1e3,
                     fhi_bench_number_of(line, "p99_us") / 1e3, fhi_bench_number_of(line, "p999_us") / 1e3,
                     fhi_bench_number_of(line, "max_us") / 1e3, fhi_bench_number_of(line, "refused"),
                     fhi_bench_number_of(line, "failed"));
    }
}

/* ---- the tool -------------------------------------------------------------------------------------------- */

static int write_page(const fhi_bench_report *r, const char *path)
{
    FILE *to = fhi_bench_create(path);
    if (!to) return 1;
    fhi_bench_page(to, r);
    return fhi_bench_close(to, path) ? 0 : 1;
}

static int run(fhi_bench_report *r, char **paths, const char *html)
{
    fh_err err = {.text = ""};
    r->runs = json_array();
    r->loads = json_array();
    r->micros = json_array();
    for (; *paths; paths++) {
        const fh_status status = read_file(r, *paths, &err);
        if (status != FH_OK) return fhi_bench_complain_err(*paths, status, &err);
    }
    print_times(r);
    print_runs(r);
    print_parts(r);
    print_micros(r);
    print_loads(r);
    return html ? write_page(r, html) : 0;
}

int fhi_bench_report_tool(int argc, char **argv)
{
    static const struct option known[] = {
        {"html", required_argument, NULL, 'w'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *html = NULL;
    fhi_bench_report r = {0};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option != 'w') return fhi_bench_usage(usage, option == 'h');
        html = optarg;
    }
    if (optind == argc) return fhi_bench_usage(usage, false);
    const int code = run(&r, argv + optind, html);
    for (size_t i = 0; i < r.series_count; i++)
        free(r.series[i].us);
    free(r.series);
    json_decref(r.machine);
    json_decref(r.runs);
    json_decref(r.loads);
    json_decref(r.micros);
    return code;
}
