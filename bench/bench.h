/* bench.h - the measuring tools behind `fihrist bench`, one function each.
 *
 * argv[0] is the name of the tool. Each answers the exit status of the program: 0 done, 1 failed, 2 bad usage.
 */
#ifndef FHI_BENCH_H
#define FHI_BENCH_H

int fhi_bench_relevance(int argc, char **argv);

#endif
