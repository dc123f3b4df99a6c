/* query.c - the tools that time queries on one engine and print what it found: `query` and `xapian-query`. */
#include "bench/rounds.h"

#include <getopt.h>

enum { REPEAT_MAX = 10000 };

static const char query_usage[] =
    "usage: fihrist bench query --index DIR --queries FILE [--top K] [--repeat N] [--exhaustive]\n"
    "\n"
    "Times queries on one thread and prints JSON lines, {\"op\",\"q\",\"count\",\"min_us\",\"top\":[[id,score],...]}.\n"
    "\n"
    "  --queries FILE   lines `OP<TAB>word word ...`; OP is AND, OR or PHRASE\n"
    "  --top K          best documents to find, 1 to 10000 (default 10)\n"
    "  --repeat N       rounds over the whole file; the least time of each query counts (default 5)\n"
    "  --exhaustive     score every match, without pruning\n"
    "\n"
    "In a `words` index the words are looked up as they are; in a `press` index they are analyzed.\n";

static const char xapian_usage[] =
    "usage: fihrist bench xapian-query --db DIR --queries FILE [--top K] [--repeat N]\n"
    "\n"
    "The same as `fihrist bench query`, on a database that `fihrist bench xapian-index` has made.\n";

typedef struct query_options {
    const char *index;
    const char *db;
    const char *queries;
    fhi_bench_plan plan;
    bool help;
} query_options;

/* One option; false when its value is not what it should be. */
static bool take_option(query_options *o, int option)
{
    uint64_t number = 0;
    bool good = true;
    switch (option) {
    case 'i': o->index = optarg; break;
    case 'd': o->db = optarg; break;
    case 'q': o->queries = optarg; break;
    case 'e': o->plan.exhaustive = true; break;
    case 'h': o->help = true; break;
    case 't':
        good = fhi_bench_number(optarg, 1, FHI_BENCH_TOP_MAX, &number);
        o->plan.top = (uint32_t)number;
        break;
    case 'r':
        good = fhi_bench_number(optarg, 1, REPEAT_MAX, &number);
        o->plan.repeat = (uint32_t)number;
        break;
    default: return false;
    }
    if (!good) (void)fhi_bench_complain(optarg, "not a number it may be");
    return good;
}

static bool read_options(int argc, char **argv, const struct option *known, query_options *o)
{
    int option;
    bool good = true;
    *o = (query_options){.plan = {.top = 10, .repeat = 5}};
    optind = 0;
    while (good && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
        good = take_option(o, option);
    return good && (o->help || (optind == argc && o->queries));
}

static fh_status measure(fhi_bench_side *side, const fhi_bench_set *set, const query_options *o, fh_err *err)
{
    size_t failed;
    const fh_status status = fhi_bench_measure(side, set, &o->plan, &failed, err);
    if (status != FH_OK && !err->file[0])
        (void)snprintf(err->file, sizeof err->file, "%s: query %zu", o->queries, failed + 1);
    return status == FH_OK ? fhi_bench_print(stdout, side, set, err) : status;
}

static int run(const query_options *o, const fhi_bench_engine *engine, const char *path)
{
    fh_err err = {.text = ""};
    fhi_bench_set set;
    fhi_bench_side side = {0};
    fh_status status = fhi_bench_set_read(o->queries, &set, &err);
    if (status == FH_OK) status = fhi_bench_side_init(&side, engine, path, &o->plan, &err);
    if (status == FH_OK) status = measure(&side, &set, o, &err);
    fhi_bench_side_fini(&side, set.count);
    fhi_bench_set_fini(&set);
    if (status != FH_OK) return fhi_bench_complain_err(o->queries, status, &err);
    return fhi_bench_close(stdout, "standard output") ? 0 : 1;
}

int fhi_bench_query(int argc, char **argv)
{
    static const struct option known[] = {
        {"index", required_argument, NULL, 'i'},
        {"queries", required_argument, NULL, 'q'},
        {"top", required_argument, NULL, 't'},
        {"repeat", required_argument, NULL, 'r'},
        {"exhaustive", no_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    query_options o;
    const bool good = read_options(argc, argv, known, &o);
    if (!good || o.help || !o.index) return fhi_bench_usage(query_usage, good && o.help);
    return run(&o, fhi_bench_engine_fihrist(), o.index);
}

int fhi_bench_xapian_query(int argc, char **argv)
{
    static const struct option known[] = {
        {"db", required_argument, NULL, 'd'},  {"queries", required_argument, NULL, 'q'},
        {"top", required_argument, NULL, 't'}, {"repeat", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0},
    };
    query_options o;
    const bool good = read_options(argc, argv, known, &o);
    if (!good || o.help || !o.db) return fhi_bench_usage(xapian_usage, good && o.help);
    return run(&o, fhi_bench_engine_xapian(), o.db);
}
