/* rounds.h - time a set of queries on one engine, round by round.
 *
 * A round asks every query of the set once; what counts is the least time of each query over all rounds. So a query
 * never meets caches that it has just filled itself.
 */
#ifndef FHI_BENCH_ROUNDS_H
#define FHI_BENCH_ROUNDS_H

#include "bench/engine.h"

/* Asks every query once: the best `top`, or with top 0 how many match. ns takes the time of each, hits has room for
 * `top`. On failure *failed is the query at fault. */
fh_status fhi_bench_round(const fhi_bench_engine *engine, void *state, const fhi_bench_set *set, uint32_t top,
                          fhi_bench_hit *hits, uint64_t *ns, size_t *failed, fh_err *err);

/* What an engine answered to one query. */
typedef struct fhi_bench_found {
    uint64_t ns_min;
    uint64_t count; /* documents that match */
    fhi_bench_hit *hits;
    uint32_t hit_count;
} fhi_bench_found;

typedef struct fhi_bench_side {
    const fhi_bench_engine *engine;
    void *state;
    fhi_bench_found *answers; /* one for each query of the set */
} fhi_bench_side;

typedef struct fhi_bench_plan {
    uint32_t top;
    uint32_t repeat; /* rounds */
    bool exhaustive;
} fhi_bench_plan;

/* Opens the index of a side. After a failure fini frees what there is. */
fh_status fhi_bench_side_init(fhi_bench_side *side, const fhi_bench_engine *engine, const char *path,
                              const fhi_bench_plan *plan, fh_err *err);
void fhi_bench_side_fini(fhi_bench_side *side, size_t query_count);

/* Fills the answers. On failure *failed is the query at fault. */
fh_status fhi_bench_measure(fhi_bench_side *side, const fhi_bench_set *set, const fhi_bench_plan *plan, size_t *failed,
                            fh_err *err);

/* One JSON object a line, to `to`: {"op","q","count","min_us","top":[[id,score],...]}. */
fh_status fhi_bench_print(FILE *to, const fhi_bench_side *side, const fhi_bench_set *set, fh_err *err);

#endif
