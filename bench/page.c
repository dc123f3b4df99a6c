/* page.c - the report as one HTML file with its plots: no script, no other host, light or dark as the reader has it.
 *
 * The words of the page are literals here; those of others go through fhi_bench_put_text.
 */
#include "bench/chart.h"
#include "bench/report.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

enum { STEPS = 200, ENGINES_MAX = 12, SIZES_MAX = 64, POINTS_MAX = 64 };

static const char head[] =
    "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>\n"
    "<title>Fihrist: measurements</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1c2733;--soft:#5b6b7b;--line:#d8dee5;--page:#fbfcfd;--card:#fff;"
    "--c0:#0b6e4f;--c1:#c2410c;--c2:#1d4ed8;--c3:#7e22ce;--c4:#a16207;--c5:#475569}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e3e9ef;--soft:#93a2b1;--line:#34404c;--page:#12181f;--card:#19212a;"
    "--c0:#34d399;--c1:#fb923c;--c2:#7aa2ff;--c3:#c894fa;--c4:#e5bf3c;--c5:#a3b1c2}}\n"
    "body{margin:0 auto;padding:2rem 1.2rem 4rem;max-width:72rem;background:var(--page);color:var(--ink);"
    "font:15px/1.5 'DejaVu Sans',system-ui,sans-serif}\n"
    "h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2.4rem 0 .6rem}p,li{max-width:52rem}"
    ".soft{color:var(--soft)}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem}"
    "th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}"
    "th:first-child,td:first-child,.l{text-align:left}thead th{border-bottom:2px solid var(--line);font-weight:600}"
    ".wide{overflow-x:auto}td small{color:var(--soft);margin-left:.4rem}.bad{color:#dc2626;font-weight:700}"
    ".group td{border-top:2px solid var(--line)}\n"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:.8rem}"
    ".grid>svg{background:var(--card);border:1px solid var(--line);border-radius:8px;width:100%}\n"
    "svg text{font-size:10.5px;fill:var(--ink)}svg .h{font-size:13px;font-weight:600}svg .q{fill:var(--soft)}"
    "svg .m{text-anchor:middle}svg .e{text-anchor:end}svg .g{stroke:var(--line);fill:none}"
    "svg .c{fill:none;stroke-width:2;stroke-linejoin:round}"
    ".s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}.s4{stroke:var(--c4)}"
    ".s5{stroke:var(--c5)}.f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}"
    ".f4{fill:var(--c4)}"
    ".f5{fill:var(--c5)}\n"
    ".keys{display:flex;flex-wrap:wrap;gap:.2rem 1.6rem;margin:.5rem 0;font-size:.88rem}.key{width:36px;height:10px;"
    "margin-right:.4rem}\n"
    ".bar{display:flex;height:1.5rem;border-radius:5px;overflow:hidden;margin:.4rem 0}.bar i{display:block;height:100%}"
    ".b0{background:var(--c0)}.b1{background:var(--c1)}.b2{background:var(--c2)}.b3{background:var(--c3)}"
    ".b4{background:var(--c4)}.b5{background:var(--c5)}.dot{display:inline-block;width:.8em;height:.8em;"
    "border-radius:2px;"
    "margin-right:.5em}\ndetails{margin:.8rem 0}summary{cursor:pointer;color:var(--soft)}\n</style></head><body>\n";

void fhi_bench_put_text(FILE *to, const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text & 0xC0) != 0x80) /* one `?` for a character of several bytes */
            (void)fputc(isalnum((unsigned char)*text) || strchr(" _.,:;()+/%=-", *text) ? *text : '?', to);
}

/* ---- engines and sets ------------------------------------------------------------------------------------ */

/* The engines in the order they first occur: gives each one look on the whole page. */
typedef struct engines {
    const fhi_bench_series *first[ENGINES_MAX];
    unsigned count;
} engines;

static unsigned look_of(const engines *all, const char *engine)
{
    unsigned look = 0;
    while (look < all->count && strcmp(all->first[look]->engine, engine) != 0)
        look++;
    return look;
}

static engines engines_of(const fhi_bench_report *r)
{
    engines all = {.count = 0};
    for (size_t i = 0; i < r->series_count && all.count < ENGINES_MAX; i++)
        if (look_of(&all, r->series[i].engine) == all.count) all.first[all.count++] = &r->series[i];
    return all;
}

static void put_keys(FILE *to, const engines *all, bool about)
{
    (void)fprintf(to, "<div class='keys'>");
    for (unsigned i = 0; i < all->count; i++) {
        (void)fprintf(to, "<span>");
        fhi_bench_chart_key(to, i);
        (void)fprintf(to, "<b>");
        fhi_bench_put_text(to, all->first[i]->engine);
        (void)fprintf(to, "</b> <span class='soft'>");
        if (about) fhi_bench_put_text(to, all->first[i]->about);
        (void)fprintf(to, "</span></span>\n");
    }
    (void)fprintf(to, "</div>\n");
}

/* The first of its set and task. */
static bool begins(const fhi_bench_report *r, const fhi_bench_series *s)
{
    return fhi_bench_first(r, s) == s;
}

static const fhi_bench_series *of_engine(const fhi_bench_report *r, const fhi_bench_series *like, const char *engine)
{
    for (const fhi_bench_series *s = like; s < r->series + r->series_count; s++)
        if (fhi_bench_first(r, s) == like && strcmp(s->engine, engine) == 0) return s;
    return NULL;
}

/* ---- queries --------------------------------------------------------------------------------------------- */

static void put_mean(FILE *to, const fhi_bench_series *first, const fhi_bench_series *s)
{
    if (!s) {
        (void)fprintf(to, "<td>");
        return;
    }
    (void)fprintf(to, "<td>%.*f", s->mean_us < 100 ? 1 : 0, s->mean_us);
    if (s != first)
        (void)fprintf(to, "<small>\303\227 %.*f</small>", s->mean_us < 9.95 * first->mean_us ? 2 : 1,
                      s->mean_us / first->mean_us);
    if (s->unequal > 0) (void)fprintf(to, " <span class='bad'>%jd unequal</span>", (intmax_t)s->unequal);
}

static void put_means(FILE *to, const fhi_bench_report *r, const engines *all)
{
    const char *set = "";
    (void)fprintf(to, "<div class='wide'><table><thead><tr><th>set<th class='l'>task");
    for (unsigned i = 0; i < all->count; i++) {
        (void)fprintf(to, "<th>");
        fhi_bench_put_text(to, all->first[i]->engine);
    }
    (void)fprintf(to, "</tr></thead><tbody>\n");
    for (const fhi_bench_series *s = r->series; s < r->series + r->series_count; s++) {
        if (s->docs || !begins(r, s)) continue;
        const bool next = strcmp(set, s->set) != 0;
        (void)fprintf(to, "<tr%s><td>", next ? " class='group'" : "");
        if (next) fhi_bench_put_text(to, s->set);
        (void)fprintf(to, "<td class='l'>");
        fhi_bench_put_text(to, s->task);
        for (unsigned i = 0; i < all->count; i++)
            put_mean(to, s, of_engine(r, s, all->first[i]->engine));
        (void)fprintf(to, "</tr>\n");
        set = s->set;
    }
    (void)fprintf(to, "</tbody></table></div>\n");
}

static void put_percentiles(FILE *to, const fhi_bench_report *r)
{
    (void)fprintf(to, "<details><summary>Every series: percentiles and rounds</summary><div class='wide'><table><thead>"
                      "<tr><th>set<th class='l'>task<th class='l'>engine<th>queries<th>rounds<th>mean \302\265s<th>p50"
                      "<th>p90<th>p99<th>max</tr></thead><tbody>\n");
    for (const fhi_bench_series *s = r->series; s < r->series + r->series_count; s++) {
        if (s->docs) continue;
        (void)fprintf(to, "<tr><td>");
        fhi_bench_put_text(to, s->set);
        (void)fprintf(to, "<td class='l'>");
        fhi_bench_put_text(to, s->task);
        (void)fprintf(to, "<td class='l'>");
        fhi_bench_put_text(to, s->engine);
        (void)fprintf(to, "<td>%zu<td>%d<td>%.1f<td>%.1f<td>%.1f<td>%.1f<td>%.1f</tr>\n", s->count, s->rounds,
                      s->mean_us, fhi_bench_percentile(s, 0.5), fhi_bench_percentile(s, 0.9),
                      fhi_bench_percentile(s, 0.99), s->us[s->count - 1]);
    }
    (void)fprintf(to, "</tbody></table></div></details>\n");
}

/* Share of queries answered within a time, one frame for a set and task; all frames of a task share their axis. */
static void put_spread(FILE *to, const fhi_bench_report *r, const engines *all, const fhi_bench_series *first,
                       const fhi_bench_axis *x)
{
    static const fhi_bench_axis y = {FHI_AXIS_SHARE, FHI_UNIT_COUNT, "queries answered", 0, 1};
    double times[ENGINES_MAX][STEPS], shares[STEPS];
    fhi_bench_curve curves[ENGINES_MAX];
    size_t count = 0;
    for (int step = 0; step < STEPS; step++)
        shares[step] = (step + 1.0) / STEPS;
    for (unsigned i = 0; i < all->count; i++) {
        const fhi_bench_series *s = of_engine(r, first, all->first[i]->engine);
        if (!s) continue;
        for (int step = 0; step < STEPS; step++)
            times[count][step] = fhi_bench_percentile(s, shares[step]);
        curves[count] = (fhi_bench_curve){i, false, times[count], shares, STEPS};
        count++;
    }
    fhi_bench_chart(to, first->set, x, &y, curves, count);
}

static void put_spreads(FILE *to, const fhi_bench_report *r, const engines *all, const char *task)
{
    fhi_bench_axis x = {FHI_AXIS_LOG, FHI_UNIT_TIME_US, "time of a query", 0, 0};
    for (const fhi_bench_series *s = r->series; s < r->series + r->series_count; s++) {
        if (s->docs || strcmp(s->task, task) != 0) continue;
        fhi_bench_axis_hold(&x, fhi_bench_percentile(s, 0.01));
        fhi_bench_axis_hold(&x, s->us[s->count - 1]);
    }
    (void)fprintf(to, "<div class='grid'>\n");
    for (const fhi_bench_series *s = r->series; s < r->series + r->series_count; s++)
        if (!s->docs && strcmp(s->task, task) == 0 && begins(r, s)) put_spread(to, r, all, s, &x);
    (void)fprintf(to, "</div>\n");
}

static void put_queries(FILE *to, const fhi_bench_report *r, const engines *all)
{
    const fhi_bench_series *first = NULL;
    for (const fhi_bench_series *s = r->series; s < r->series + r->series_count && !first; s++)
        if (!s->docs) first = s;
    if (!first) return;
    (void)fprintf(to, "<h2>Queries</h2>\n<p>Mean time of a query in \302\265s, the least of all rounds for each query; "
                      "\303\227 is how many times that of the first engine. Engines took turns, on one thread.</p>\n");
    put_keys(to, all, true);
    put_means(to, r, all);
    put_percentiles(to, r);
    (void)fprintf(to, "<h2>How times spread</h2>\n<p>A curve further left is faster; a long flat end means that a few "
                      "queries are slow. Logarithmic, the same scale in each row of sets.</p>\n");
    put_keys(to, all, false);
    for (const fhi_bench_series *s = first; s < r->series + r->series_count; s++) {
        if (s->docs || strcmp(s->set, first->set) != 0 || !begins(r, s)) continue;
        (void)fprintf(to, "<details%s><summary>", s == first ? " open" : "");
        fhi_bench_put_text(to, s->task);
        (void)fprintf(to, "</summary>\n");
        put_spreads(to, r, all, s->task);
        (void)fprintf(to, "</details>\n");
    }
}

/* ---- indexing and bytes ---------------------------------------------------------------------------------- */

static void put_runs(FILE *to, const fhi_bench_report *r)
{
    size_t i;
    const json_t *line;
    if (json_array_size(r->runs) == 0) return;
    (void)fprintf(to,
                  "<h2>Indexing, and other runs</h2>\n<div class='wide'><table><thead><tr><th>run<th>seconds<th>CPU s"
                  "<th>peak MiB<th>MB on disk<th>MB/s</tr></thead><tbody>\n");
    json_array_foreach(r->runs, i, line)
    {
        const json_t *output = json_object_get(line, "output");
        if (json_object_get(output, "bytes") || json_object_get(line, "docs")) continue;
        (void)fprintf(to, "<tr><td>");
        fhi_bench_put_text(to, fhi_bench_text_of(line, "run"));
        (void)fprintf(to, "<td>%.2f<td>%.2f<td>%.0f<td>", fhi_bench_number_of(line, "seconds"),
                      fhi_bench_number_of(line, "cpu_seconds"), fhi_bench_number_of(line, "peak_rss_bytes") / 1048576);
        if (json_object_get(line, "directory_bytes"))
            (void)fprintf(to, "%.1f", fhi_bench_number_of(line, "directory_bytes") / 1e6);
        (void)fprintf(to, "<td>");
        if (json_object_get(output, "mb_per_s")) (void)fprintf(to, "%.1f", fhi_bench_number_of(output, "mb_per_s"));
        (void)fprintf(to, "</tr>\n");
    }
    (void)fprintf(to, "</tbody></table></div>\n");
}

typedef struct part {
    const char *name;
    double bytes;
} part;

static int larger_part(const void *left, const void *right)
{
    const double a = ((const part *)left)->bytes, b = ((const part *)right)->bytes;
    return (a < b) - (a > b);
}

static void put_part(FILE *to, const part *p, double total, unsigned look)
{
    (void)fprintf(to, "<tr><td><span class='dot b%u'></span>", look);
    fhi_bench_put_text(to, p->name);
    (void)fprintf(to, "<td>%.0f<td>%.1f %%</tr>\n", p->bytes, 100 * p->bytes / total);
}

/* What an index is made of: a bar, and the parts from the largest on. */
static void put_parts_of(FILE *to, const json_t *line, json_t *bytes)
{
    part parts[SIZES_MAX];
    const char *name;
    json_t *value;
    size_t count = 0;
    double total = 0;
    json_object_foreach(bytes, name, value)
    {
        if (count == SIZES_MAX || json_number_value(value) <= 0) continue;
        parts[count++] = (part){name, json_number_value(value)};
        total += json_number_value(value);
    }
    qsort(parts, count, sizeof parts[0], larger_part);
    (void)fprintf(to, "<section><h2>");
    fhi_bench_put_text(to, fhi_bench_text_of(line, "run"));
    (void)fprintf(to, "</h2>\n<div class='bar'>");
    for (size_t i = 0; i < count; i++)
        (void)fprintf(to, "<i class='b%zu' style='width:%.2f%%'></i>", i < 5 ? i : 5, 100 * parts[i].bytes / total);
    (void)fprintf(to, "</div><div class='wide'><table><thead><tr><th>part<th>bytes<th>share</tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++)
        put_part(to, &parts[i], total, i < 5 ? (unsigned)i : 5);
    (void)fprintf(to, "<tr class='group'><td>all<td>%.0f<td></tr></tbody></table></div></section>\n", total);
}

static void put_parts(FILE *to, const fhi_bench_report *r)
{
    size_t i;
    const json_t *line;
    (void)fprintf(to, "<div class='grid'>\n");
    json_array_foreach(r->runs, i, line)
    {
        json_t *bytes = json_object_get(json_object_get(line, "output"), "bytes");
        if (json_object_size(bytes) > 0) put_parts_of(to, line, bytes);
    }
    (void)fprintf(to, "</div>\n");
}

/* ---- scaling --------------------------------------------------------------------------------------------- */

typedef struct points {
    double x[POINTS_MAX], y[POINTS_MAX];
    size_t count;
} points;

static void add_point(points *all, fhi_bench_axis *x_axis, fhi_bench_axis *y_axis, double x, double y)
{
    if (all->count == POINTS_MAX || x <= 0 || y <= 0) return;
    all->x[all->count] = x;
    all->y[all->count++] = y;
    fhi_bench_axis_hold(x_axis, x);
    fhi_bench_axis_hold(y_axis, y);
}

static fhi_bench_axis docs_axis(void)
{
    return (fhi_bench_axis){FHI_AXIS_LOG, FHI_UNIT_COUNT, "articles", 0, 0};
}

/* Mean time of one set and task over the sizes of the corpus, a curve for each engine. */
static void put_growth(FILE *to, const fhi_bench_report *r, const engines *all, const fhi_bench_series *like)
{
    points means[ENGINES_MAX + 1] = {{.count = 0}};
    fhi_bench_curve curves[ENGINES_MAX];
    char title[2 * FHI_BENCH_NAME_BYTES + 2];
    fhi_bench_axis x = docs_axis(), y = {FHI_AXIS_LOG, FHI_UNIT_TIME_US, "mean time of a query", 0, 0};
    for (const fhi_bench_series *s = like; s < r->series + r->series_count; s++)
        if (s->docs && strcmp(s->set, like->set) == 0 && strcmp(s->task, like->task) == 0)
            add_point(&means[look_of(all, s->engine)], &x, &y, (double)s->docs, s->mean_us);
    for (unsigned i = 0; i < all->count; i++)
        curves[i] = (fhi_bench_curve){i, true, means[i].x, means[i].y, means[i].count};
    (void)snprintf(title, sizeof title, "%s %s", like->set, like->task);
    fhi_bench_chart(to, title, &x, &y, curves, all->count);
}

/* What indexing cost, over the sizes: one figure of the lines of spawn, a curve for each engine. */
static void put_cost(FILE *to, const fhi_bench_report *r, const engines *all, const char *title, const char *key,
                     fhi_axis_unit unit, double factor)
{
    points costs[ENGINES_MAX + 1] = {{.count = 0}};
    fhi_bench_curve curves[ENGINES_MAX];
    fhi_bench_axis x = docs_axis(), y = {FHI_AXIS_LOG, unit, title, 0, 0};
    size_t i;
    const json_t *line;
    json_array_foreach(r->runs, i, line)
        add_point(&costs[look_of(all, fhi_bench_text_of(line, "run"))], &x, &y, fhi_bench_number_of(line, "docs"),
                  factor * fhi_bench_number_of(line, key));
    for (unsigned e = 0; e < all->count; e++)
        curves[e] = (fhi_bench_curve){e, true, costs[e].x, costs[e].y, costs[e].count};
    fhi_bench_chart(to, title, &x, &y, curves, all->count);
}

/* No earlier series of a size has its set and task. */
static bool begins_growth(const fhi_bench_report *r, const fhi_bench_series *s)
{
    for (const fhi_bench_series *t = r->series; t < s; t++)
        if (t->docs && strcmp(t->set, s->set) == 0 && strcmp(t->task, s->task) == 0) return false;
    return s->docs > 0;
}

static void put_scaling(FILE *to, const fhi_bench_report *r, const engines *all)
{
    bool any = false;
    for (size_t i = 0; i < r->series_count; i++)
        any = any || r->series[i].docs;
    if (!any) return;
    (void)fprintf(to, "<h2>As the corpus grows</h2>\n<p>Made-up articles of real runs of words, the same queries at "
                      "every size; both axes logarithmic.</p>\n");
    put_keys(to, all, false);
    (void)fprintf(to, "<div class='grid'>\n");
    for (const fhi_bench_series *s = r->series; s < r->series + r->series_count; s++)
        if (begins_growth(r, s)) put_growth(to, r, all, s);
    put_cost(to, r, all, "bytes on disk", "directory_bytes", FHI_UNIT_BYTES, 1);
    put_cost(to, r, all, "time to index", "seconds", FHI_UNIT_TIME_US, 1e6);
    put_cost(to, r, all, "peak memory of indexing", "peak_rss_bytes", FHI_UNIT_BYTES, 1);
    (void)fprintf(to, "</div>\n");
}

/* ---- the server ------------------------------------------------------------------------------------------ */

static void put_load_row(FILE *to, const json_t *line, unsigned look)
{
    static const char *const keys[] = {"p50_us", "took_p50_us", "added_p50_us", "p90_us",
                                       "p99_us", "p999_us",     "max_us"};
    const double seconds = fhi_bench_number_of(line, "seconds");
    (void)fprintf(to, "<tr><td><span class='dot b%u'></span>", look % FHI_BENCH_LOOKS);
    fhi_bench_put_text(to, fhi_bench_text_of(line, "load"));
    (void)fprintf(to, "<td>%.0f<td>%.0f", fhi_bench_number_of(line, "rate"),
                  seconds > 0 ? fhi_bench_number_of(line, "answered") / seconds : 0);
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        (void)fprintf(to, "<td>%.3f", fhi_bench_number_of(line, keys[i]) / 1e3);
    (void)fprintf(to, "<td>%.0f<td>%.0f</tr>\n", fhi_bench_number_of(line, "refused"),
                  fhi_bench_number_of(line, "failed"));
}

static void put_load_curves(FILE *to, const json_t *loads)
{
    points times[ENGINES_MAX] = {{.count = 0}};
    fhi_bench_curve curves[ENGINES_MAX];
    fhi_bench_axis x = {FHI_AXIS_NINES, FHI_UNIT_COUNT, "share of requests", 0, 0.5};
    fhi_bench_axis y = {FHI_AXIS_LOG, FHI_UNIT_TIME_US, "answered within", 0, 0};
    size_t i, j;
    unsigned count = 0;
    const json_t *line, *pair;
    json_array_foreach(loads, i, line)
    {
        if (count == ENGINES_MAX) break;
        json_array_foreach(json_object_get(line, "curve"), j, pair)
            add_point(&times[count], &x, &y, json_number_value(json_array_get(pair, 0)),
                      json_number_value(json_array_get(pair, 1)));
        curves[count] = (fhi_bench_curve){count, false, times[count].x, times[count].y, times[count].count};
        count++;
    }
    (void)fprintf(to, "<div class='grid'>\n");
    fhi_bench_chart(to, "From the due time to the whole answer", &x, &y, curves, count);
    (void)fprintf(to, "</div>\n");
}

static void put_loads(FILE *to, const fhi_bench_report *r)
{
    size_t i;
    const json_t *line;
    if (json_array_size(r->loads) == 0) return;
    (void)fprintf(
        to,
        "<h2>The server under load</h2>\n<p>Requests are due at fixed times, whether or not earlier ones "
        "are answered; a time runs from then, so waiting counts. Took and added, both at p50: what answers "
        "tell of themselves, and the rest. Times in ms.</p>\n"
        "<div class='wide'><table><thead><tr><th>load<th>due/s<th>done/s<th>p50<th>took<th>added<th>p90<th>p99<th>p99.9"
        "<th>max<th>refused<th>failed</tr></thead><tbody>\n");
    json_array_foreach(r->loads, i, line) put_load_row(to, line, (unsigned)i);
    (void)fprintf(to, "</tbody></table></div>\n");
    put_load_curves(to, r->loads);
}

/* ---- functions ------------------------------------------------------------------------------------------- */

static void put_micros(FILE *to, const fhi_bench_report *r)
{
    size_t i;
    const char *name = "";
    const json_t *line;
    if (json_array_size(r->micros) == 0) return;
    (void)fprintf(
        to, "<h2>Hot functions</h2>\n<p>Time and bytes of one posting; beside them how many times the cost of "
            "copying the bytes that are read (memcpy), the floor of whatever reads them, and of decoding a posting "
            "of 4 bits with the same kernels.</p>\n<div class='wide'><table><thead><tr>"
            "<th>function<th class='l'>kernel<th>postings<th>bytes each<th>ns each<th>cycles each<th>\303\227 memcpy"
            "<th>\303\227 decode</tr></thead><tbody>\n");
    json_array_foreach(r->micros, i, line)
    {
        const bool next = strcmp(name, fhi_bench_text_of(line, "micro")) != 0;
        name = fhi_bench_text_of(line, "micro");
        (void)fprintf(to, "<tr%s><td>", next ? " class='group'" : "");
        if (next) fhi_bench_put_text(to, name);
        (void)fprintf(to, "<td class='l'>");
        fhi_bench_put_text(to, fhi_bench_text_of(line, "kernel"));
        (void)fprintf(to, "<td>%.0f<td>%.2f<td>%.3f<td>%.2f<td>%.1f<td>%.2f</tr>\n",
                      fhi_bench_number_of(line, "postings"), fhi_bench_number_of(line, "bytes_each"),
                      fhi_bench_number_of(line, "ns_each"), fhi_bench_number_of(line, "cycles_each"),
                      fhi_bench_number_of(line, "of_memcpy"), fhi_bench_number_of(line, "of_decode"));
    }
    (void)fprintf(to, "</tbody></table></div>\n");
}

/* ---- the page -------------------------------------------------------------------------------------------- */

static void put_machine(FILE *to, const json_t *machine)
{
    (void)fprintf(to, "<p class='soft'>");
    if (machine) {
        fhi_bench_put_text(to, fhi_bench_text_of(machine, "machine"));
        (void)fprintf(to, ", %.0f processors, %.0f GiB; ", fhi_bench_number_of(machine, "cores"),
                      fhi_bench_number_of(machine, "memory_bytes") / 1073741824);
        fhi_bench_put_text(to, fhi_bench_text_of(machine, "system"));
        (void)fprintf(to, "; fihrist ");
        fhi_bench_put_text(to, fhi_bench_text_of(machine, "version"));
        (void)fprintf(to, "; ");
        fhi_bench_put_text(to, fhi_bench_text_of(machine, "date"));
        (void)fprintf(to, ". ");
    }
    (void)fprintf(to, "How it was measured: bench/METHOD.md.</p>\n");
}

void fhi_bench_page(FILE *to, const fhi_bench_report *report)
{
    const engines all = engines_of(report);
    (void)fputs(head, to);
    (void)fprintf(to, "<h1>Fihrist: measurements</h1>\n");
    put_machine(to, report->machine);
    put_queries(to, report, &all);
    put_scaling(to, report, &all);
    put_runs(to, report);
    put_parts(to, report);
    put_loads(to, report);
    put_micros(to, report);
    (void)fprintf(to, "</body></html>\n");
}
