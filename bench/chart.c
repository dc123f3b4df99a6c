/* chart.c - one frame with axes and curves. See chart.h. */
#include "bench/chart.h"
#include "bench/report.h"

#include <math.h>

enum { WIDTH = 350, HEIGHT = 240, LEFT = 68, TOP = 30, PLOT_WIDTH = 268, PLOT_HEIGHT = 162 };

/* Lines differ in dashes too, so that a print in grey is still legible. */
static const char *const dashes[FHI_BENCH_LOOKS] = {"none", "7 4", "2 3", "9 3 2 3", "1 5", "12 4"};

/* ---- axes ------------------------------------------------------------------------------------------------ */

void fhi_bench_axis_hold(fhi_bench_axis *axis, double value)
{
    if (axis->kind == FHI_AXIS_LOG && value <= 0) return;
    if (axis->most == 0 || value > axis->most) axis->most = value;
    if (axis->least == 0 || value < axis->least) axis->least = value;
}

static double scaled(const fhi_bench_axis *axis, double value)
{
    switch (axis->kind) {
    case FHI_AXIS_LOG: return log10(value > 0 ? value : 1e-9);
    case FHI_AXIS_NINES: return -log10(1 - (value < 0.99999 ? value : 0.99999));
    case FHI_AXIS_SHARE: break;
    }
    return value;
}

/* Where in [0, 1] of the axis a value lies; some air is left at both ends of a logarithmic one. */
static double place(const fhi_bench_axis *axis, double value)
{
    const bool log_kind = axis->kind == FHI_AXIS_LOG;
    const double first = log_kind ? scaled(axis, axis->least) : 0;
    const double last = axis->kind == FHI_AXIS_SHARE ? 1 : scaled(axis, axis->most);
    const double air = log_kind ? 0.04 * (last - first) + 0.02 : 0;
    const double at = (scaled(axis, value) - first + air) / (last - first + 2 * air);
    return at < 0 ? 0 : at > 1 ? 1 : at;
}

static double x_of(const fhi_bench_axis *axis, double value)
{
    return LEFT + PLOT_WIDTH * place(axis, value);
}

static double y_of(const fhi_bench_axis *axis, double value)
{
    return TOP + PLOT_HEIGHT * (1 - place(axis, value));
}

static void put_value(FILE *to, fhi_axis_unit unit, double value)
{
    static const char *const names[][4] = {
        {" \302\265s", " ms", " s", "000 s"}, {" B", " KB", " MB", " GB"}, {"", "k", "M", "G"}};
    unsigned step = 0;
    for (; value >= 1000 && step < 3; step++)
        value /= 1000;
    (void)fprintf(to, "%.3g%s", value, names[unit][step]);
}

/* One line of the grid and what is written at its end. */
static void put_tick(FILE *to, const fhi_bench_axis *axis, bool across, double value)
{
    const double at = across ? x_of(axis, value) : y_of(axis, value);
    if (across)
        (void)fprintf(to, "<path class='g' d='M%.1f %dv%d'/><text class='m' x='%.1f' y='%d'>", at, TOP, PLOT_HEIGHT, at,
                      TOP + PLOT_HEIGHT + 15);
    else
        (void)fprintf(to, "<path class='g' d='M%d %.1fh%d'/><text class='e' x='%d' y='%.1f'>", LEFT, at, PLOT_WIDTH,
                      LEFT - 6, at + 4);
    if (axis->kind == FHI_AXIS_LOG)
        put_value(to, axis->unit, value);
    else
        (void)fprintf(to, "%.6g %%", 100 * value);
    (void)fprintf(to, "</text>\n");
}

/* Powers of ten; with 2 and 5 between them where there are few. */
static void put_log_ticks(FILE *to, const fhi_bench_axis *axis, bool across)
{
    static const double between[] = {1, 2, 5};
    const double low = log10(axis->least), high = log10(axis->most);
    const int decades = (int)floor(high) - (int)ceil(low) + 1;
    for (int decade = (int)floor(low); decade <= (int)ceil(high); decade++)
        for (unsigned i = 0; i < (decades < 3 ? 3 : 1); i++) {
            const double value = between[i] * pow(10, decade);
            const double at = place(axis, value);
            if (at > 0 && at < 1) put_tick(to, axis, across, value);
        }
}

static void put_axis(FILE *to, const fhi_bench_axis *axis, bool across)
{
    static const double quarters[] = {0, 0.25, 0.5, 0.75, 1}, nines[] = {0.5, 0.9, 0.99, 0.999, 0.9999};
    const double *shares = axis->kind == FHI_AXIS_NINES ? nines : quarters;
    if (axis->kind == FHI_AXIS_LOG && axis->least > 0) put_log_ticks(to, axis, across);
    for (unsigned i = 0; axis->kind != FHI_AXIS_LOG && i < 5; i++)
        if (axis->kind == FHI_AXIS_SHARE || shares[i] <= axis->most) put_tick(to, axis, across, shares[i]);
    if (across)
        (void)fprintf(to, "<text class='m q' x='%d' y='%d'>%s</text>\n", LEFT + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT + 34,
                      axis->label);
    else
        (void)fprintf(to, "<text class='m q' transform='translate(14 %d) rotate(-90)'>%s</text>\n",
                      TOP + PLOT_HEIGHT / 2, axis->label);
}

/* ---- curves ---------------------------------------------------------------------------------------------- */

static void put_curve(FILE *to, const fhi_bench_axis *x, const fhi_bench_axis *y, const fhi_bench_curve *curve)
{
    const unsigned look = curve->look % FHI_BENCH_LOOKS;
    if (curve->count == 0) return;
    (void)fprintf(to, "<path class='c s%u' stroke-dasharray='%s' d='", look, dashes[look]);
    for (size_t i = 0; i < curve->count; i++)
        (void)fprintf(to, "%c%.1f %.1f", i ? 'L' : 'M', x_of(x, curve->x[i]), y_of(y, curve->y[i]));
    (void)fprintf(to, "'/>\n");
    for (size_t i = 0; curve->dots && i < curve->count; i++)
        (void)fprintf(to, "<circle class='f%u' r='3.2' cx='%.1f' cy='%.1f'/>\n", look, x_of(x, curve->x[i]),
                      y_of(y, curve->y[i]));
}

void fhi_bench_chart(FILE *to, const char *title, const fhi_bench_axis *x, const fhi_bench_axis *y,
                     const fhi_bench_curve *curves, size_t count)
{
    (void)fprintf(to, "<svg viewBox='0 0 %d %d' role='img'><text class='h' x='%d' y='16'>", WIDTH, HEIGHT, LEFT);
    fhi_bench_put_text(to, title);
    (void)fprintf(to, "</text>\n");
    put_axis(to, x, true);
    put_axis(to, y, false);
    for (size_t i = 0; i < count; i++)
        put_curve(to, x, y, &curves[i]);
    (void)fprintf(to, "</svg>\n");
}

void fhi_bench_chart_key(FILE *to, unsigned look)
{
    (void)fprintf(to,
                  "<svg class='key' viewBox='0 0 36 10'><path class='c s%u' stroke-dasharray='%s' d='M1 5h34'/></svg>",
                  look % FHI_BENCH_LOOKS, dashes[look % FHI_BENCH_LOOKS]);
}
