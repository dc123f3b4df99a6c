/* plot.c - latency curves as SVG.
 *
 * One panel for each set, three in a row. Across: time in us, logarithmic, the same scale in all panels. Up: the share
 * of queries answered within that time. Dots mark the median and the 99th percentile. Text and grid are dark on white,
 * lines differ in colour and in dashes, so that a print in grey is still legible.
 */
#include "bench/report.h"

#include <ctype.h>
#include <math.h>

enum {
    COLUMNS = 3,
    PANEL_WIDTH = 330, /* with what surrounds the plot */
    PANEL_HEIGHT = 280,
    LEFT = 52, /* from the edge of the panel to the plot */
    TOP = 46,
    PLOT_WIDTH = 262,
    PLOT_HEIGHT = 180,
    HEAD = 64, /* title and legend, above all panels */
    STEPS = 200
};

typedef struct scale {
    int decade_first; /* powers of ten, in us */
    int decade_last;
} scale;

typedef struct look {
    const char *colour;
    const char *dashes;
} look;

static const look looks[] = {{"#0b6e4f", "none"}, {"#c2410c", "7 4"}, {"#1d4ed8", "2 3"}, {"#6b21a8", "9 3 2 3"}};

/* Names come from a file: only what needs no escape is shown. */
static void put_name(FILE *to, const char *name)
{
    for (; *name; name++)
        (void)fputc(isalnum((unsigned char)*name)                  ? *name
                    : *name == '_' || *name == ' ' || *name == '-' ? ' '
                                                                   : '?',
                    to);
}

/* The place of an engine among all that occur: gives it one look in every panel. */
static size_t engine_rank(const fhi_bench_series *series, const char *engine)
{
    size_t rank = 0;
    for (size_t i = 0; strcmp(series[i].engine, engine) != 0; i++) {
        bool known = false;
        for (size_t j = 0; j < i && !known; j++)
            known = strcmp(series[j].engine, series[i].engine) == 0;
        rank += !known;
    }
    return rank;
}

static const look *look_of(const fhi_bench_series *series, const char *engine)
{
    return &looks[engine_rank(series, engine) % (sizeof looks / sizeof looks[0])];
}

static bool first_of_engine(const fhi_bench_series *series, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(series[j].engine, series[i].engine) == 0) return false;
    return true;
}

static bool first_of_set(const fhi_bench_series *series, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(series[j].set, series[i].set) == 0) return false;
    return true;
}

static scale scale_of(const fhi_bench_series *series, size_t count)
{
    scale made = {0, 1};
    for (size_t i = 0; i < count; i++) {
        const double least = series[i].us[0], most = series[i].us[series[i].count - 1];
        const int low = least > 0.01 ? (int)floor(log10(least)) : -2;
        const int high = most > 1 ? (int)ceil(log10(most)) : 0;
        if (i == 0 || low < made.decade_first) made.decade_first = low;
        if (i == 0 || high > made.decade_last) made.decade_last = high;
    }
    if (made.decade_last <= made.decade_first) made.decade_last = made.decade_first + 1;
    return made;
}

static double x_of(const scale *s, double us)
{
    const double decades = log10(us > 1e-3 ? us : 1e-3) - s->decade_first;
    const double x = LEFT + PLOT_WIDTH * decades / (s->decade_last - s->decade_first);
    return x > LEFT ? x : LEFT;
}

static double y_of(double share)
{
    return TOP + PLOT_HEIGHT * (1 - share);
}

static void put_tick(FILE *to, const scale *s, int decade)
{
    static const char *const labels[] = {"0.01", "0.1", "1", "10", "100", "1 ms", "10 ms", "100 ms", "1 s", "10 s"};
    const int i = decade + 2;
    const double x = x_of(s, pow(10, decade));
    (void)fprintf(to, "<path d='M%.1f %dv%d' class='g'/>", x, TOP, PLOT_HEIGHT);
    if (i >= 0 && i < (int)(sizeof labels / sizeof labels[0]))
        (void)fprintf(to, "<text x='%.1f' y='%d' class='m'>%s</text>\n", x, TOP + PLOT_HEIGHT + 16, labels[i]);
}

static void put_axes(FILE *to, const scale *s, bool leftmost)
{
    for (int decade = s->decade_first; decade <= s->decade_last; decade++)
        put_tick(to, s, decade);
    for (int quarter = 0; quarter <= 4; quarter++) {
        const double y = y_of(quarter / 4.0);
        (void)fprintf(to, "<path d='M%d %.1fh%d' class='g'/>", LEFT, y, PLOT_WIDTH);
        (void)fprintf(to, "<text x='%d' y='%.1f' class='e'>%d %%</text>\n", LEFT - 6, y + 4, 25 * quarter);
    }
    (void)fprintf(to, "<text x='%d' y='%d' class='m'>time of a query, \302\265s, log scale</text>\n",
                  LEFT + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT + 34);
    if (leftmost)
        (void)fprintf(to, "<text transform='translate(11 %d) rotate(-90)' class='m'>queries answered</text>\n",
                      TOP + PLOT_HEIGHT / 2);
}

static void put_curve(FILE *to, const fhi_bench_series *series, const scale *s, const look *shown)
{
    (void)fprintf(to, "<path class='c' stroke='%s' stroke-dasharray='%s' d='M%.1f %.1f", shown->colour, shown->dashes,
                  x_of(s, series->us[0]), y_of(0));
    for (int step = 1; step <= STEPS; step++) {
        const double share = (double)step / STEPS;
        (void)fprintf(to, "L%.1f %.1f", x_of(s, fhi_bench_percentile(series, share)), y_of(share));
    }
    (void)fprintf(to, "'/>\n");
    for (int i = 0; i < 2; i++) {
        const double share = i ? 0.99 : 0.5;
        (void)fprintf(to, "<circle r='3.4' fill='%s' cx='%.1f' cy='%.1f'/>\n", shown->colour,
                      x_of(s, fhi_bench_percentile(series, share)), y_of(share));
    }
}

/* One set: its name, the mean of every engine, axes and curves. */
static void put_panel(FILE *to, const fhi_bench_series *series, size_t count, size_t at, const scale *s, size_t column)
{
    (void)fprintf(to, "<text x='%d' y='16' class='h'>", LEFT);
    put_name(to, series[at].set);
    (void)fprintf(to, "</text>\n<text x='%d' y='34'>mean ", LEFT);
    for (size_t i = at; i < count; i++) {
        if (strcmp(series[i].set, series[at].set) != 0) continue;
        if (i != at) (void)fprintf(to, " against ");
        (void)fprintf(to, "<tspan fill='%s'>%.3g</tspan>", look_of(series, series[i].engine)->colour,
                      series[i].mean_us);
        if (i != at) (void)fprintf(to, " \302\265s: %.1f times", series[i].mean_us / series[at].mean_us);
    }
    (void)fprintf(to, "</text>\n");
    put_axes(to, s, column == 0);
    for (size_t i = at; i < count; i++)
        if (strcmp(series[i].set, series[at].set) == 0) put_curve(to, &series[i], s, look_of(series, series[i].engine));
}

static void put_head(FILE *to, const fhi_bench_series *series, size_t count, size_t width, size_t height)
{
    int x = LEFT;
    (void)fprintf(to,
                  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %zu %zu' width='%zu' height='%zu' "
                  "font-family='DejaVu Sans, sans-serif' font-size='12' fill='#1f2937'>\n"
                  "<style>.g{stroke:#d1d5db;fill:none}.c{fill:none;stroke-width:2}.m{text-anchor:middle}"
                  ".e{text-anchor:end}.h{font-size:14px;font-weight:bold}</style>\n"
                  "<rect width='100%%' height='100%%' fill='white'/>\n"
                  "<text x='%d' y='26' font-size='16' font-weight='bold'>Time to the best documents, share of "
                  "queries answered; dots: median and 99 %%</text>\n",
                  width, height, width, height, LEFT);
    for (size_t i = 0; i < count; i++) {
        if (!first_of_engine(series, i)) continue;
        const look *shown = look_of(series, series[i].engine);
        (void)fprintf(to, "<path class='c' stroke='%s' stroke-dasharray='%s' d='M%d 45h34'/><text x='%d' y='49'>",
                      shown->colour, shown->dashes, x, x + 42);
        put_name(to, series[i].engine);
        (void)fprintf(to, "</text>\n");
        x += 150;
    }
}

void fhi_bench_plot(FILE *to, const fhi_bench_series *series, size_t count)
{
    size_t panels = 0, column = 0, row = 0;
    for (size_t i = 0; i < count; i++)
        panels += first_of_set(series, i);
    const size_t rows = (panels + COLUMNS - 1) / COLUMNS;
    const scale s = scale_of(series, count);
    put_head(to, series, count, (size_t)COLUMNS * PANEL_WIDTH + 20, HEAD + rows * PANEL_HEIGHT + 8);
    for (size_t i = 0; i < count; i++) {
        if (!first_of_set(series, i)) continue;
        (void)fprintf(to, "<g transform='translate(%zu %zu)'>\n", column * PANEL_WIDTH + 8, HEAD + row * PANEL_HEIGHT);
        put_panel(to, series, count, i, &s, column);
        (void)fprintf(to, "</g>\n");
        column = (column + 1) % COLUMNS;
        row += column == 0;
    }
    (void)fprintf(to, "</svg>\n");
}
