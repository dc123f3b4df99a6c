/* compare.c - `fihrist bench compare`: the same queries asked of several engines, each in its own process, in turns.
 *
 * For each set and each task: a round on the first engine, one on the second, and so on; then the next round. The least
 * time of each query counts. Rounds to warm up are thrown away; an engine whose rounds have taken --seconds for one
 * task gets no more of them, and keeps what it has.
 */
#include "bench/asker.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>

enum { ENGINES_MAX = 8, ROUNDS_MAX = 10000 };

static const char usage[] =
    "usage: fihrist bench compare --queries FILE... [--task TASK]... [options] -- NAME COMMAND...\n"
    "           [-- NAME COMMAND...]...\n"
    "\n"
    "Times the same queries on several engines, one round here, one there. COMMAND is a program that answers as\n"
    "`fihrist bench answer` does. Prints a JSON line for each set, task and engine:\n"
    "{\"set\",\"task\",\"engine\",\"about\",\"rounds\",\"unequal\",\"us\"}: unequal counts queries whose number of\n"
    "matches (task count) or scores (topK) differ from those of the first engine, null where formulas differ; us is\n"
    "the least time of each query.\n"
    "\n"
    "  --queries FILE   a set of queries; its name is that of the file without .tsv\n"
    "  --task TASK      topK, the best K documents, or count, the number of matches (default top10)\n"
    "  --repeat N       rounds that count (default 7)\n"
    "  --warm N         rounds before them (default 1)\n"
    "  --seconds S      what one engine may take for one set and task before its rounds end (default 20)\n"
    "  --docs N         the size of the corpus, where there are several: put into every line\n";

typedef struct job {
    fhi_bench_asker engines[ENGINES_MAX];
    size_t engine_count;
    fhi_bench_agenda agenda;
    uint64_t repeat, warm, seconds_max;
    uint64_t docs; /* passed on */
} job;

/* What one engine did with one set and task. */
typedef struct series {
    uint64_t *ns, *ns_min; /* of the last round, of all that count */
    uint64_t spent_ns;
    uint32_t rounds;
    int64_t unequal; /* -1: not comparable */
} series;

/* ---- measuring ------------------------------------------------------------------------------------------- */

static fh_status add_round(const job *j, fhi_bench_asker *engine, uint32_t top, uint64_t round, series *s, fh_err *err)
{
    if (round > 0 && s->spent_ns >= j->seconds_max * 1000000000U) return FH_OK;
    FH_TRY(fhi_bench_asker_time(engine, top, s->ns, err));
    const bool first = round == 0 || round == j->warm;
    for (size_t i = 0; i < engine->query_count; i++) {
        s->spent_ns += s->ns[i];
        if (first || s->ns[i] < s->ns_min[i]) s->ns_min[i] = s->ns[i];
    }
    s->rounds = first ? 1 : s->rounds + 1;
    return FH_OK;
}

/* Counts or scores of all engines against the first one's. */
static fh_status check_answers(job *j, uint32_t top, series *all, fh_err *err)
{
    fhi_bench_told first, other;
    fhi_bench_asker *model = &j->engines[0];
    for (size_t e = 0; e < j->engine_count; e++)
        all[e].unequal = e == 0 || fhi_bench_askers_comparable(model, &j->engines[e], top) ? 0 : -1;
    FH_TRY(fhi_bench_asker_tell(model, top, &first, err));
    fh_status status = FH_OK;
    for (size_t e = 1; e < j->engine_count && status == FH_OK; e++) {
        fhi_bench_asker *engine = &j->engines[e];
        if (all[e].unequal < 0) continue;
        status = fhi_bench_asker_tell(engine, top, &other, err);
        if (status != FH_OK) break;
        all[e].unequal = (int64_t)fhi_bench_told_unequal(model, &first, engine, &other, top);
        fhi_bench_told_fini(&other);
    }
    fhi_bench_told_fini(&first);
    return status;
}

/* ---- printing -------------------------------------------------------------------------------------------- */

static fh_status print_series(const job *j, const char *set, uint32_t top, const fhi_bench_asker *engine,
                              const series *s, fh_err *err)
{
    char task[FHI_BENCH_TASK_BYTES];
    json_t *times = json_array();
    fhi_bench_task_name(top, task);
    for (size_t i = 0; s->ns_min && i < engine->query_count; i++)
        json_array_append_new(times, json_real((double)s->ns_min[i] / 1e3));
    json_t *line = json_pack("{ss ss ss ss si so so}", "set", set, "task", task, "engine", engine->name, "about",
                             engine->about, "rounds", (int)s->rounds, "unequal",
                             s->unequal < 0 ? json_null() : json_integer(s->unequal), "us", times);
    if (line && j->docs) json_object_set_new(line, "docs", json_integer((json_int_t)j->docs));
    return fhi_bench_put_json(stdout, line, err);
}

static fh_status measure_task(job *j, const char *set, uint32_t top, series *all, fh_err *err)
{
    for (uint64_t round = 0; round < j->warm + j->repeat; round++)
        for (size_t e = 0; e < j->engine_count; e++)
            FH_TRY(add_round(j, &j->engines[e], top, round, &all[e], err));
    FH_TRY(check_answers(j, top, all, err));
    for (size_t e = 0; e < j->engine_count; e++)
        FH_TRY(print_series(j, set, top, &j->engines[e], &all[e], err));
    return FH_OK;
}

/* Lets every engine read the set, and makes room for its times. */
static fh_status begin_set(job *j, const char *path, series *all, fh_err *err)
{
    for (size_t e = 0; e < j->engine_count; e++) {
        fhi_bench_asker *engine = &j->engines[e];
        FH_TRY(fhi_bench_asker_load(engine, path, err));
        if (engine->query_count != j->engines[0].query_count)
            return fhi_fail(err, FH_E_INVALID, "%s has read another number of queries", engine->name);
        all[e].ns = calloc(engine->query_count, sizeof *all[e].ns);
        all[e].ns_min = calloc(engine->query_count, sizeof *all[e].ns_min);
        if (!all[e].ns || !all[e].ns_min) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    }
    return FH_OK;
}

static fh_status measure_set(job *j, const char *path, fh_err *err)
{
    char set[FHI_BENCH_SET_BYTES];
    series all[ENGINES_MAX] = {{0}};
    fhi_bench_set_name(path, set);
    fh_status status = begin_set(j, path, all, err);
    for (size_t t = 0; t < j->agenda.task_count && status == FH_OK; t++) {
        for (size_t e = 0; e < j->engine_count; e++)
            all[e].spent_ns = 0;
        status = measure_task(j, set, j->agenda.tasks[t], all, err);
    }
    for (size_t e = 0; e < ENGINES_MAX; e++) {
        free(all[e].ns);
        free(all[e].ns_min);
    }
    return status;
}

/* ---- the tool -------------------------------------------------------------------------------------------- */

static bool take_option(job *j, int option)
{
    switch (option) {
    case 'q': return fhi_bench_agenda_add_set(&j->agenda, optarg);
    case 't': return fhi_bench_agenda_add_task(&j->agenda, optarg);
    case 'r': return fhi_bench_number(optarg, 1, ROUNDS_MAX, &j->repeat);
    case 'w': return fhi_bench_number(optarg, 0, ROUNDS_MAX, &j->warm);
    case 's': return fhi_bench_number(optarg, 1, 1000000, &j->seconds_max);
    case 'd': return fhi_bench_number(optarg, 1, UINT32_MAX, &j->docs);
    default: return false;
    }
}

static int run(job *j, char **words)
{
    fh_err err = {.text = ""};
    fh_status status = FH_OK;
    fhi_bench_command commands[ENGINES_MAX];
    const size_t wanted = fhi_bench_commands(words, commands, ENGINES_MAX);
    if (wanted == 0) return fhi_bench_usage(usage, false);
    (void)signal(SIGPIPE, SIG_IGN); /* an engine that ends is told of, with its name */
    for (; j->engine_count < wanted && status == FH_OK; j->engine_count++) {
        const fhi_bench_command *command = &commands[j->engine_count];
        status = fhi_bench_asker_open(&j->engines[j->engine_count], command->name, command->words, &err);
    }
    for (size_t s = 0; s < j->agenda.set_count && status == FH_OK; s++)
        status = measure_set(j, j->agenda.sets[s], &err);
    for (size_t e = 0; e < j->engine_count; e++)
        fhi_bench_asker_close(&j->engines[e]);
    return status == FH_OK ? 0 : fhi_bench_complain_err("compare", status, &err);
}

int fhi_bench_compare(int argc, char **argv)
{
    static const struct option known[] = {
        {"queries", required_argument, NULL, 'q'}, {"task", required_argument, NULL, 't'},
        {"repeat", required_argument, NULL, 'r'},  {"warm", required_argument, NULL, 'w'},
        {"seconds", required_argument, NULL, 's'}, {"docs", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    job j = {.repeat = 7, .warm = 1, .seconds_max = 20};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1)
        if (!take_option(&j, option)) return fhi_bench_usage(usage, option == 'h');
    if (j.agenda.set_count == 0 || optind == argc) return fhi_bench_usage(usage, false);
    if (j.agenda.task_count == 0) (void)fhi_bench_agenda_add_task(&j.agenda, "top10");
    return run(&j, argv + optind);
}
