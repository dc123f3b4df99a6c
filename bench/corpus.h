/* corpus.h - documents that nobody wrote: corpus.c makes them of nothing, splice.c out of real ones. */
#ifndef FHI_BENCH_CORPUS_H
#define FHI_BENCH_CORPUS_H

#include "bench/bench.h"

typedef struct fhi_bench_splice fhi_bench_splice;

/* Reads a file of lines of words. After a failure destroy frees what there is. */
fh_status fhi_bench_splice_create(const char *path, fhi_bench_splice **out, fh_err *err);
void fhi_bench_splice_destroy(fhi_bench_splice *splice); /* NULL is allowed */

/* Writes one document to terms, and to titles its first words, without the numbers that make words new. */
void fhi_bench_splice_put(fhi_bench_splice *splice, uint64_t *random, uint32_t title_words, FILE *terms, FILE *titles);

#endif
