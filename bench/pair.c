/* pair.c - `fihrist bench pair`: is B slower than A, or faster, or is the difference noise?
 *
 * A sitting starts both engines anew, so that each draws new addresses and pages, and lets them take turns over every
 * set and task; in every second one B goes first. It yields one number for each set and task: the logarithm of B's mean
 * time over A's. The queries are fixed, the sittings are what varies; so the numbers of the sittings are the sample
 * (after Kalibera and Jones, Rigorous Benchmarking in Reasonable Time, 2013), and Student's t for paired samples says
 * how far their mean may lie from 0 by chance. With L sets and tasks a finding is one of probability under 0.01 / L
 * (Bonferroni), and of 2 % at least. How many queries went either way is told beside, and is no proof: the times of one
 * sitting share what made it fast or slow, so that a test over queries finds differences of a program to itself.
 */
#include "bench/asker.h"
#include "bench/stats.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>

enum { SITTINGS_MAX = 1000, ROUNDS_MAX = 1000, LINES_MAX = FHI_BENCH_SETS_MAX * FHI_BENCH_TASKS_MAX };

static const double chance_max = 0.01; /* of any false finding in a whole run */
static const double change_min = 0.02; /* smaller ones, however sure: where the linker put the code does as much */

static const char usage[] =
    "usage: fihrist bench pair --queries FILE... [--task TASK]... [options] -- A COMMAND... -- B COMMAND...\n"
    "\n"
    "Says for each set of queries and each task whether B is slower than A (regression), faster (gain), or whether\n"
    "nothing can be said (noise), and how sure that is. COMMAND: as for `fihrist bench compare`.\n"
    "\n"
    "  --queries FILE   a set of queries; its name is that of the file without .tsv\n"
    "  --task TASK      topK or count (default top10)\n"
    "  --sittings N     times that both start anew, 3 to 1000 (default 12)\n"
    "  --rounds N       rounds in one sitting, after one that does not count (default 5)\n"
    "  --json           a JSON line for each set and task instead of a table\n";

/* One set and task, over all sittings. */
typedef struct line {
    const char *set; /* file */
    uint32_t top;
    size_t query_count;
    double *log_ratios;   /* of each sitting, B to A */
    double *query_ratios; /* of each query, summed over sittings */
    double mean_us[2];    /* summed over sittings */
    int64_t unequal;      /* -1: not comparable */
} line;

typedef struct job {
    fhi_bench_command commands[2];
    fhi_bench_agenda agenda;
    uint64_t sittings, rounds;
    bool json;
    line lines[LINES_MAX];
    size_t line_count;
    uint64_t *ns, *ns_min[2]; /* of the queries of the set in hand */
} job;

/* ---- measuring ------------------------------------------------------------------------------------------- */

/* Both sides' least time of each query; `first` goes first. */
static fh_status take_turns(job *j, fhi_bench_asker sides[2], unsigned first, uint32_t top, fh_err *err)
{
    for (uint64_t round = 0; round <= j->rounds; round++)
        for (unsigned turn = 0; turn < 2; turn++) {
            const unsigned side = first ^ turn;
            FH_TRY(fhi_bench_asker_time(&sides[side], top, j->ns, err));
            for (size_t i = 0; i < sides[side].query_count; i++)
                if (round <= 1 || j->ns[i] < j->ns_min[side][i]) j->ns_min[side][i] = j->ns[i];
        }
    return FH_OK;
}

static void add_sitting(const job *j, line *l, size_t sitting)
{
    double sums[2] = {0, 0};
    for (size_t i = 0; i < l->query_count; i++) {
        const double a = (double)j->ns_min[0][i] + 1, b = (double)j->ns_min[1][i] + 1; /* a clock may not move */
        l->query_ratios[i] += log(b / a);
        sums[0] += a;
        sums[1] += b;
    }
    l->log_ratios[sitting] = log(sums[1] / sums[0]);
    for (unsigned side = 0; side < 2; side++)
        l->mean_us[side] += sums[side] / (double)l->query_count / 1e3;
}

static fh_status check_answers(fhi_bench_asker sides[2], line *l, fh_err *err)
{
    fhi_bench_told told[2] = {{0}};
    l->unequal = -1;
    if (!fhi_bench_askers_comparable(&sides[0], &sides[1], l->top)) return FH_OK;
    fh_status status = fhi_bench_asker_tell(&sides[0], l->top, &told[0], err);
    if (status == FH_OK) status = fhi_bench_asker_tell(&sides[1], l->top, &told[1], err);
    if (status == FH_OK) l->unequal = (int64_t)fhi_bench_told_unequal(&sides[0], &told[0], &sides[1], &told[1], l->top);
    fhi_bench_told_fini(&told[0]);
    fhi_bench_told_fini(&told[1]);
    return status;
}

static fh_status make_room(job *j, line *l, size_t query_count, fh_err *err)
{
    void *ns = realloc(j->ns, query_count * sizeof *j->ns);
    if (ns) j->ns = ns;
    for (unsigned side = 0; side < 2 && ns; side++) {
        ns = realloc(j->ns_min[side], query_count * sizeof *j->ns);
        if (ns) j->ns_min[side] = ns;
    }
    if (!l->query_ratios) {
        l->query_count = query_count;
        l->query_ratios = calloc(query_count, sizeof *l->query_ratios);
        l->log_ratios = calloc(j->sittings, sizeof *l->log_ratios);
    }
    if (!ns || !l->query_ratios || !l->log_ratios) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    return l->query_count == query_count ? FH_OK : fhi_fail(err, FH_E_MODIFIED, "the file of queries has changed");
}

static fh_status measure_line(job *j, fhi_bench_asker sides[2], size_t sitting, line *l, fh_err *err)
{
    for (unsigned side = 0; side < 2; side++)
        FH_TRY(fhi_bench_asker_load(&sides[side], l->set, err));
    if (sides[0].query_count != sides[1].query_count) return fhi_fail(err, FH_E_INVALID, "they read different queries");
    FH_TRY(make_room(j, l, sides[0].query_count, err));
    FH_TRY(take_turns(j, sides, sitting % 2, l->top, err));
    add_sitting(j, l, sitting);
    return sitting == 0 ? check_answers(sides, l, err) : FH_OK;
}

static fh_status measure_sitting(job *j, size_t sitting, fh_err *err)
{
    fhi_bench_asker sides[2] = {{0}};
    fh_status status = FH_OK;
    for (unsigned turn = 0; turn < 2 && status == FH_OK; turn++) {
        const unsigned side = (sitting % 2) ^ turn;
        status = fhi_bench_asker_open(&sides[side], j->commands[side].name, j->commands[side].words, err);
    }
    for (size_t i = 0; i < j->line_count && status == FH_OK; i++)
        status = measure_line(j, sides, sitting, &j->lines[i], err);
    fhi_bench_asker_close(&sides[0]);
    fhi_bench_asker_close(&sides[1]);
    return status;
}

/* ---- saying ---------------------------------------------------------------------------------------------- */

typedef struct finding {
    fhi_bench_paired test; /* of the logarithms; margin at 95 % for all lines together */
    size_t slower, faster; /* queries */
    const char *verdict;
} finding;

static finding judge(const job *j, const line *l)
{
    finding found = {.test = fhi_bench_paired_t(l->log_ratios, j->sittings, 0.05 / (double)j->line_count)};
    for (size_t i = 0; i < l->query_count; i++) {
        found.slower += l->query_ratios[i] > 0;
        found.faster += l->query_ratios[i] < 0;
    }
    const bool sure = found.test.p * (double)j->line_count < chance_max;
    const bool large = fabs(expm1(found.test.mean)) >= change_min;
    found.verdict = !sure || !large ? "noise" : found.test.mean > 0 ? "REGRESSION" : "gain";
    return found;
}

static fh_status print_line(const job *j, const line *l, fh_err *err)
{
    const finding found = judge(j, l);
    const double sittings = (double)j->sittings, ratio = exp(found.test.mean);
    const double low = exp(found.test.mean - found.test.margin), high = exp(found.test.mean + found.test.margin);
    char set[FHI_BENCH_SET_BYTES], task[FHI_BENCH_TASK_BYTES];
    fhi_bench_set_name(l->set, set);
    fhi_bench_task_name(l->top, task);
    if (j->json)
        return fhi_bench_put_json(stdout,
                                  json_pack("{ss ss sf sf sf sf sf sf si si si ss}", "set", set, "task", task,
                                            "a_mean_us", l->mean_us[0] / sittings, "b_mean_us",
                                            l->mean_us[1] / sittings, "ratio", ratio, "low", low, "high", high, "p",
                                            found.test.p, "slower", (int)found.slower, "faster", (int)found.faster,
                                            "unequal", (int)l->unequal, "verdict", found.verdict),
                                  err);
    (void)printf("%-15s %-8s %9.2f %9.2f %8.3f %7.3f-%-7.3f %8.1g %6zu %6zu ", set, task, l->mean_us[0] / sittings,
                 l->mean_us[1] / sittings, ratio, low, high, found.test.p, found.slower, found.faster);
    if (l->unequal < 0)
        (void)printf("%8s", "-");
    else
        (void)printf("%8jd", (intmax_t)l->unequal);
    (void)printf("  %s\n", found.verdict);
    return FH_OK;
}

static fh_status print_all(const job *j, fh_err *err)
{
    if (!j->json)
        (void)printf("%-15s %-8s %9s %9s %8s %15s %8s %6s %6s %8s  %s\n", "set", "task", "A us", "B us", "B / A",
                     "95 %", "p", "slower", "faster", "unequal", "verdict");
    for (size_t i = 0; i < j->line_count; i++)
        FH_TRY(print_line(j, &j->lines[i], err));
    return FH_OK;
}

/* ---- the tool -------------------------------------------------------------------------------------------- */

static fh_status measure(job *j, fh_err *err)
{
    for (size_t s = 0; s < j->agenda.set_count; s++)
        for (size_t t = 0; t < j->agenda.task_count; t++)
            j->lines[j->line_count++] = (line){.set = j->agenda.sets[s], .top = j->agenda.tasks[t]};
    for (size_t sitting = 0; sitting < j->sittings; sitting++)
        FH_TRY(measure_sitting(j, sitting, err));
    return print_all(j, err);
}

static int run(job *j)
{
    fh_err err = {.text = ""};
    (void)signal(SIGPIPE, SIG_IGN); /* an engine that ends is told of, with its name */
    const fh_status status = measure(j, &err);
    for (size_t i = 0; i < j->line_count; i++) {
        free(j->lines[i].log_ratios);
        free(j->lines[i].query_ratios);
    }
    free(j->ns);
    free(j->ns_min[0]);
    free(j->ns_min[1]);
    if (status != FH_OK) return fhi_bench_complain_err("pair", status, &err);
    return fhi_bench_close(stdout, "standard output") ? 0 : 1;
}

int fhi_bench_pair(int argc, char **argv)
{
    static const struct option known[] = {
        {"queries", required_argument, NULL, 'q'},
        {"task", required_argument, NULL, 't'},
        {"sittings", required_argument, NULL, 's'},
        {"rounds", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    bool good = true;
    job *j = calloc(1, sizeof *j);
    if (!j) return fhi_bench_complain("pair", "not enough memory");
    *j = (job){.sittings = 12, .rounds = 5};
    optind = 0;
    while (good && (option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        switch (option) {
        case 'q': good = fhi_bench_agenda_add_set(&j->agenda, optarg); break;
        case 't': good = fhi_bench_agenda_add_task(&j->agenda, optarg); break;
        case 's': good = fhi_bench_number(optarg, 3, SITTINGS_MAX, &j->sittings); break;
        case 'r': good = fhi_bench_number(optarg, 1, ROUNDS_MAX, &j->rounds); break;
        case 'j': j->json = true; break;
        default: free(j); return fhi_bench_usage(usage, option == 'h');
        }
    }
    if (j->agenda.task_count == 0) (void)fhi_bench_agenda_add_task(&j->agenda, "top10");
    good = good && j->agenda.set_count > 0 && fhi_bench_commands(argv + optind, j->commands, 2) == 2;
    const int code = good ? run(j) : fhi_bench_usage(usage, false);
    free(j);
    return code;
}
