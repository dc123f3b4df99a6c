/* stats.c - tests for paired measurements. See stats.h. */
#include "bench/stats.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

double fhi_bench_student_p(double t, unsigned df)
{
    const double angle = atan(fabs(t) / sqrt(df)), c = cos(angle), s = sin(angle);
    const bool odd = df % 2 == 1;
    double term = odd ? c : 1, sum = df == 1 ? 0 : term;
    for (unsigned i = odd ? 3 : 2; i + 2 <= df; i += 2) {
        term *= c * c * (i - 1) / i;
        sum += term;
    }
    const double inside = odd ? 2 / pi * (angle + s * sum) : s * sum;
    return inside < 1 ? 1 - inside : 0;
}

double fhi_bench_student_t(double p, unsigned df)
{
    double low = 0, high = 1;
    while (fhi_bench_student_p(high, df) > p && high < 1e12)
        high *= 2;
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        if (fhi_bench_student_p(middle, df) > p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

fhi_bench_paired fhi_bench_paired_t(const double *differences, size_t count, double level)
{
    double mean = 0, squares = 0;
    const unsigned df = (unsigned)count - 1;
    for (size_t i = 0; i < count; i++)
        mean += differences[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (differences[i] - mean) * (differences[i] - mean);
    const double error = sqrt(squares / df / (double)count); /* standard error of the mean */
    const double p = error > 0 ? fhi_bench_student_p(mean / error, df) : mean == 0 ? 1 : 0;
    return (fhi_bench_paired){mean, error * fhi_bench_student_t(level, df), p};
}
