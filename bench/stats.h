/* stats.h - is a difference more than noise? Student's t, with its sources. */
#ifndef FHI_BENCH_STATS_H
#define FHI_BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* P(|T| > |t|) under Student's t with df degrees of freedom, df >= 1 (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
 */
double fhi_bench_student_p(double t, unsigned df);

/* The t that |T| exceeds with probability p, 0 < p < 1. */
double fhi_bench_student_t(double p, unsigned df);

typedef struct fhi_bench_paired {
    double mean;   /* of the differences */
    double margin; /* mean +- margin holds the true mean with probability 1 - level */
    double p;      /* of a mean this far from 0, were the true one 0 */
} fhi_bench_paired;

/* Student's t for paired samples (1908). At least two differences. */
fhi_bench_paired fhi_bench_paired_t(const double *differences, size_t count, double level);

#endif
