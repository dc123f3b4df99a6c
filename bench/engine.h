/* engine.h - queries of a file, and the engines that answer them.
 *
 * A query is words that stand in an index as they are. Each engine searches in one call, and that call is all that is
 * timed: it builds the plan, looks the words up and finds the best documents. Counting and turning documents into ids
 * are calls of their own, outside the timer.
 */
#ifndef FHI_BENCH_ENGINE_H
#define FHI_BENCH_ENGINE_H

#include "bench/bench.h"

#include <fihrist/analyzer.h>

enum { FHI_BENCH_TERMS_MAX = 64, FHI_BENCH_TOP_MAX = 10000 };

typedef enum fhi_bench_op { FHI_BENCH_AND, FHI_BENCH_OR, FHI_BENCH_PHRASE } fhi_bench_op;

typedef struct fhi_bench_item {
    fhi_bench_op op;
    fh_str text;         /* the words, separated by one space */
    const fh_str *terms; /* the words */
    uint32_t term_count;
} fhi_bench_item;

/* The lines of a file, `OP<TAB>term term ...`; blank lines are skipped. */
typedef struct fhi_bench_set {
    fhi_bench_item *items;
    size_t count;
    size_t capacity;
    fhi_arena arena;       /* of texts and terms */
    fh_analyzer *analyzer; /* cuts lines as an index of the `words` analyzer does */
} fhi_bench_set;

const char *fhi_bench_op_name(fhi_bench_op op);

/* A bad line fills err->file with `FILE:LINE`. Codes: FH_E_SYNTAX, FH_E_UTF8, FH_E_LIMIT, those of reading. */
fh_status fhi_bench_set_read(const char *path, fhi_bench_set *out, fh_err *err);
void fhi_bench_set_fini(fhi_bench_set *set);

typedef struct fhi_bench_hit {
    uint32_t segment;
    uint32_t doc;
    double score;
} fhi_bench_hit;

typedef struct fhi_bench_engine {
    const char *name;
    fh_status (*open)(const char *path, bool exhaustive, void **state, fh_err *err);
    void (*close)(void *state); /* NULL is allowed */
    /* The part that is timed. hits has room for `top`. */
    fh_status (*search)(void *state, const fhi_bench_item *item, uint32_t top, fhi_bench_hit *hits, uint32_t *hit_count,
                        fh_err *err);
    fh_status (*count)(void *state, const fhi_bench_item *item, uint64_t *count, fh_err *err);
    fh_status (*id)(void *state, const fhi_bench_hit *hit, fhi_buf *id, fh_err *err); /* cleared first */
} fhi_bench_engine;

const fhi_bench_engine *fhi_bench_engine_fihrist(void);
const fhi_bench_engine *fhi_bench_engine_xapian(void);

#endif
