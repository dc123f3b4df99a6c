/* answer.c - `fihrist bench answer`: an engine of this process as a program that others ask. The lines: asker.h. */
#include "bench/asker.h"
#include "bench/rounds.h"

#include "engine/kernel/kernel.h"

#include <stdlib.h>

static const char usage[] =
    "usage: fihrist bench answer ENGINE PATH\n"
    "\n"
    "Answers timing requests on standard input until it ends, for `fihrist bench compare` and `pair`.\n"
    "ENGINE is fihrist (PATH: an index) or libxapian (PATH: a database of `fihrist bench xapian-index`).\n";

enum { LINE_BYTES_MAX = 4096 };

static const double score_error = 1e-4; /* sums of floats, in any order */

typedef struct server {
    const fhi_bench_engine *engine;
    void *state;
    fhi_bench_set set;
    uint64_t *ns;
    fhi_bench_hit *hits; /* FHI_BENCH_TOP_MAX of them */
} server;

static fh_status load(server *s, const char *path, fh_err *err)
{
    if (s->set.analyzer) fhi_bench_set_fini(&s->set);
    FH_TRY(fhi_bench_set_read(path, &s->set, err));
    free(s->ns);
    s->ns = calloc(s->set.count, sizeof *s->ns);
    if (!s->ns) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    (void)printf("%zu\n", s->set.count);
    return FH_OK;
}

static fh_status time_queries(server *s, uint32_t top, fh_err *err)
{
    size_t failed;
    FH_TRY(fhi_bench_round(s->engine, s->state, &s->set, top, s->hits, s->ns, &failed, err));
    for (size_t i = 0; i < s->set.count; i++)
        (void)printf("%ju ", (uintmax_t)s->ns[i]);
    (void)printf("\n");
    return FH_OK;
}

static fh_status tell_one(server *s, const fhi_bench_item *item, uint32_t top, fh_err *err)
{
    uint64_t count;
    uint32_t hit_count;
    if (top == 0) {
        FH_TRY(s->engine->count(s->state, item, &count, err));
        (void)printf("%ju\n", (uintmax_t)count);
        return FH_OK;
    }
    FH_TRY(s->engine->search(s->state, item, top, s->hits, &hit_count, err));
    (void)printf("%u", hit_count);
    for (uint32_t i = 0; i < hit_count; i++)
        (void)printf(" %.9g", s->hits[i].score);
    (void)printf("\n");
    return FH_OK;
}

static fh_status obey(server *s, char *line, fh_err *err)
{
    uint64_t top;
    line[strcspn(line, "\n")] = '\0';
    char *argument = strchr(line, ' ');
    if (!argument) return fhi_fail(err, FH_E_SYNTAX, "a request without an argument");
    *argument++ = '\0';
    if (strcmp(line, "load") == 0) return load(s, argument, err);
    if (!fhi_bench_number(argument, 0, FHI_BENCH_TOP_MAX, &top) || s->set.count == 0)
        return fhi_fail(err, FH_E_SYNTAX, "not a number of documents, or nothing loaded");
    if (strcmp(line, "time") == 0) return time_queries(s, (uint32_t)top, err);
    if (strcmp(line, "tell") != 0) return fhi_fail(err, FH_E_SYNTAX, "a request is load, time or tell");
    for (size_t i = 0; i < s->set.count; i++)
        FH_TRY(tell_one(s, &s->set.items[i], (uint32_t)top, err));
    return FH_OK;
}

static fh_status serve(server *s, const char *path, const char *about, fh_err *err)
{
    char line[LINE_BYTES_MAX];
    s->hits = malloc(FHI_BENCH_TOP_MAX * sizeof *s->hits);
    if (!s->hits) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    FH_TRY(s->engine->open(path, false, &s->state, err));
    (void)printf("ready %s\n", about);
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        FH_TRY(obey(s, line, err));
        (void)fflush(stdout);
    }
    return FH_OK;
}

int fhi_bench_answer_with(const fhi_bench_engine *engine, const char *path, double scale, double error,
                          const char *about)
{
    char ready[FHI_BENCH_ABOUT_BYTES];
    fh_err err = {.text = ""};
    (void)snprintf(ready, sizeof ready, "%.9g %.9g %s", scale, error, about);
    server s = {.engine = engine};
    const fh_status status = serve(&s, path, ready, &err);
    if (s.set.analyzer) fhi_bench_set_fini(&s.set);
    s.engine->close(s.state);
    free(s.hits);
    free(s.ns);
    if (status != FH_OK) return fhi_bench_complain_err(path, status, &err);
    return fhi_bench_close(stdout, "standard output") ? 0 : 1;
}

static int answer_fihrist(const char *path)
{
    char about[FHI_BENCH_ABOUT_BYTES];
    const fhi_kernels *kernels;
    fh_err err = {.text = ""};
    const fh_status status = fhi_kernels_pick(&kernels, &err);
    if (status != FH_OK) return fhi_bench_complain_err("FIHRIST_KERNEL", status, &err);
    (void)snprintf(about, sizeof about, "BM25 k1 1.2, b 0.75, mmap, kernels %s", kernels->name);
    return fhi_bench_answer_with(fhi_bench_engine_fihrist(), path, 1, score_error, about);
}

int fhi_bench_answer(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) return fhi_bench_usage(usage, true);
    if (argc == 3 && strcmp(argv[1], "fihrist") == 0) return answer_fihrist(argv[2]);
    if (argc == 3 && strcmp(argv[1], "libxapian") == 0)
        return fhi_bench_answer_with(fhi_bench_engine_xapian(), argv[2], 0, 0, "BM25 of its own, k1 1.2, b 0.75");
    return fhi_bench_usage(usage, false);
}
