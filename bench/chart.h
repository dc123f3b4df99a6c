/* chart.h - curves in a frame, as SVG for an HTML page. Colours and fonts are classes of the page (page.c). */
#ifndef FHI_BENCH_CHART_H
#define FHI_BENCH_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum fhi_axis_kind {
    FHI_AXIS_LOG,   /* values above 0 */
    FHI_AXIS_SHARE, /* 0 to 1, as per cent */
    FHI_AXIS_NINES  /* 0 to 1, each nine as wide as the last: 90 %, 99 %, 99.9 % */
} fhi_axis_kind;

typedef enum fhi_axis_unit { FHI_UNIT_TIME_US, FHI_UNIT_BYTES, FHI_UNIT_COUNT } fhi_axis_unit;

typedef struct fhi_bench_axis {
    fhi_axis_kind kind;
    fhi_axis_unit unit; /* of FHI_AXIS_LOG */
    const char *label;  /* of the program's own words */
    double least, most; /* of the values; least > 0 where FHI_AXIS_LOG */
} fhi_bench_axis;

typedef struct fhi_bench_curve {
    unsigned look; /* 0 to 5: colour and dashes */
    bool dots;     /* at each point */
    const double *x, *y;
    size_t count;
} fhi_bench_curve;

enum { FHI_BENCH_LOOKS = 6 };

/* Widens the axis so that it holds the value. Start with least and most 0. */
void fhi_bench_axis_hold(fhi_bench_axis *axis, double value);
/* The title may be another's text. */
void fhi_bench_chart(FILE *to, const char *title, const fhi_bench_axis *x, const fhi_bench_axis *y,
                     const fhi_bench_curve *curves, size_t count);
/* A short line in the look, for a legend. */
void fhi_bench_chart_key(FILE *to, unsigned look);

#endif
