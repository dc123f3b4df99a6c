/* bench.c - the verb `fihrist bench`: find the tool, hand over. How to measure and to read: bench/METHOD.md. */
#include "bench/bench.h"

#include <fihrist/verb.h>

#include <stdio.h>
#include <string.h>

typedef struct tool {
    const char *name;
    const char *purpose;
    int (*run)(int argc, char **argv);
} tool;

static const tool tools[] = {
    {"query", "time queries on an index", fhi_bench_query},
    {"xapian-index", "index a file of words with libxapian", fhi_bench_xapian_index},
    {"xapian-query", "time queries on libxapian's index", fhi_bench_xapian_query},
    {"compare", "time queries on several engines, in turns", fhi_bench_compare},
    {"pair", "tell a regression from noise", fhi_bench_pair},
    {"answer", "be one of the engines of compare", fhi_bench_answer},
    {"terms", "turn articles into lines of words", fhi_bench_terms},
    {"corpus", "make up documents", fhi_bench_corpus},
    {"queries", "draw sets of queries from titles", fhi_bench_queries},
    {"spawn", "measure a command: time, memory, bytes written", fhi_bench_spawn},
    {"micro", "time the kernels, one by one", fhi_bench_micro},
    {"load", "search over HTTP at fixed times", fhi_bench_load},
    {"machine", "what is measured on", fhi_bench_machine},
    {"report", "tables, and a page, of what was measured", fhi_bench_report_tool},
    {"relevance", "mean reciprocal rank of judged queries", fhi_bench_relevance},
};

enum { TOOL_COUNT = sizeof tools / sizeof tools[0] };

static void usage(FILE *to)
{
    (void)fprintf(to, "usage: fihrist bench TOOL [options]\n\n");
    for (int i = 0; i < TOOL_COUNT; i++)
        (void)fprintf(to, "  %-12s  %s\n", tools[i].name, tools[i].purpose);
    (void)fprintf(to, "\n`fihrist bench TOOL --help` tells the rest.\n");
}

int fh_verb_bench(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    for (int i = 0; i < TOOL_COUNT; i++) {
        if (strcmp(argv[1], tools[i].name) != 0) continue;
        char name[] = "fihrist bench"; /* what getopt_long calls the program */
        argv[1] = name;
        return tools[i].run(argc - 1, argv + 1);
    }
    fhi_complain("bench", argv[1], "no such tool; `fihrist bench --help` lists them");
    return 2;
}
