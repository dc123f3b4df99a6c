/* relevance.h - `fihrist bench relevance`, called by the verb in bench.c. */
#ifndef FHI_BENCH_RELEVANCE_H
#define FHI_BENCH_RELEVANCE_H

/* argv[0] is "relevance". Answers the exit status of the program. */
int fhi_bench_relevance(int argc, char **argv);

#endif
