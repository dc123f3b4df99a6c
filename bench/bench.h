/* bench.h - the measuring tools behind `fihrist bench`, one function each, and what they share.
 *
 *     bench.c                      the verb
 *     tool.c                       messages, lines of files, time, random numbers
 *     query.c, rounds.c, engine.h  timed queries on an engine of this process: ours, libxapian
 *     compare.c, answer.c, asker.c engines in processes of their own, in turns; bench/peers has more of them
 *     pair.c, stats.c              two builds in turns: is a difference more than noise?
 *     terms.c, queries.c           words of real articles, sets of queries
 *     corpus.c, splice.c           a corpus made up, of nothing or out of a real one
 *     xapian_index.c               the index of the other engine
 *     micro.c                      the kernels, one by one
 *     load.c                       a server under load, over HTTP
 *     spawn.c, machine.c           cost of a command; what it is measured on
 *     report.c, page.c, chart.c    tables, and a page with plots, from the JSON lines of all others
 *     relevance.c                  how well an index ranks
 *
 * A tool's argv[0] is what getopt_long calls the program. It answers the exit status: 0 done, 1 failed, 2 bad usage.
 */
#ifndef FHI_BENCH_H
#define FHI_BENCH_H

#include "engine/base/base.h"
#include "indexer/input.h"

#include <jansson.h>
#include <stdio.h>

int fhi_bench_query(int argc, char **argv);
int fhi_bench_xapian_query(int argc, char **argv);
int fhi_bench_xapian_index(int argc, char **argv);
int fhi_bench_answer(int argc, char **argv);
int fhi_bench_compare(int argc, char **argv);
int fhi_bench_pair(int argc, char **argv);
int fhi_bench_terms(int argc, char **argv);
int fhi_bench_corpus(int argc, char **argv);
int fhi_bench_queries(int argc, char **argv);
int fhi_bench_spawn(int argc, char **argv);
int fhi_bench_micro(int argc, char **argv);
int fhi_bench_load(int argc, char **argv);
int fhi_bench_machine(int argc, char **argv);
int fhi_bench_report_tool(int argc, char **argv);
int fhi_bench_relevance(int argc, char **argv);

/* ---- messages ---- */

/* `fihrist bench: what: why` on standard error; answers 1. */
int fhi_bench_complain(const char *what, const char *why);
/* The same from a status; err->file, where there is one, stands for what. */
int fhi_bench_complain_err(const char *what, fh_status status, const fh_err *err);
/* Prints the usage where it belongs and answers the exit status. */
int fhi_bench_usage(const char *text, bool asked);
/* A whole decimal number in [least, most]. */
bool fhi_bench_number(const char *text, uint64_t least, uint64_t most, uint64_t *out);

/* ---- lines of a file, packed or not; "-" is standard input ---- */

typedef struct fhi_bench_lines {
    fhi_input *input;
    fhi_buf buffer;
    size_t at;       /* where the next line begins */
    uint64_t number; /* of the line given out last, from 1 */
    bool ended;
} fhi_bench_lines;

fh_status fhi_bench_lines_open(fhi_bench_lines *lines, const char *path, fh_err *err);
/* The next line without its end, valid until the next call; *more is false after the last one. */
fh_status fhi_bench_lines_next(fhi_bench_lines *lines, fh_str *line, bool *more, fh_err *err);
void fhi_bench_lines_close(fhi_bench_lines *lines);

/* Cuts the bytes before the first tab off the line. */
fh_str fhi_bench_next_cell(fh_str *line);

/* A file for writing, with the reason on standard error where that fails; "-" is standard output. */
FILE *fhi_bench_create(const char *path);
/* Closes it; false, with the reason told, when not everything was written. NULL is allowed. */
bool fhi_bench_close(FILE *file, const char *path);

/* Writes an object as one line, and lets go of it; NULL, for one that could not be made, fails as memory does. */
fh_status fhi_bench_put_json(FILE *to, json_t *line, fh_err *err);

/* ---- time and chance ---- */

uint64_t fhi_bench_now_ns(void); /* CLOCK_MONOTONIC */

/* splitmix64 (Steele, Lea, Flood 2014): the same numbers from the same seed on every machine. */
static inline uint64_t fhi_bench_random(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static inline uint64_t fhi_bench_below(uint64_t *state, uint64_t limit) /* [0, limit), limit under 2^32 */
{
    return ((fhi_bench_random(state) >> 32) * limit) >> 32;
}

static inline double fhi_bench_unit(uint64_t *state) /* [0, 1) */
{
    return (double)(fhi_bench_random(state) >> 11) * 0x1p-53;
}

#endif
