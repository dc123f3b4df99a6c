/* main.c - the program `fihrist`: find the verb, hand over. */
#include "engine/base/base.h"
#include <fihrist/verb.h>

#include <stdio.h>

typedef struct verb {
    const char *name;
    const char *purpose;
    int (*run)(int argc, char **argv);
} verb;

static const verb verbs[] = {
    {"index", "read articles into an index", fh_verb_index},
    {"merge", "make one segment of all, in a better order if asked", fh_verb_merge},
    {"search", "ask an index, or a running server", fh_verb_search},
    {"serve", "answer queries over HTTP and a Unix socket", fh_verb_serve},
    {"analyze", "show what becomes of a text, stage by stage", fh_verb_analyze},
    {"stat", "describe an index: segments, bytes, settings", fh_verb_stat},
    {"check", "verify every byte of an index", fh_verb_check},
    {"bench", "measure queries", fh_verb_bench},
};

enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static void print_usage(FILE *to)
{
    (void)fprintf(to,
                  "fihrist - full-text search for the French and Arabic press\n\nusage: fihrist VERB [options]\n\n");
    for (int i = 0; i < VERB_COUNT; i++)
        (void)fprintf(to, "  %-8s  %s\n", verbs[i].name, verbs[i].purpose);
    (void)fprintf(to, "\n`fihrist VERB --help` tells the rest; `fihrist --version` says which one this is.\n");
}

/* -h and --version mean the same to every verb, so they are seen to here. A value that is spelt so is written
 * --option=-h, a word of a query after --. Returns whether the program's version is all that is wanted. */
static bool common_options(int argc, char **argv)
{
    static char help[] = "--help";
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--version") == 0) return true;
        if (strcmp(argv[i], "-h") == 0) argv[i] = help;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (common_options(argc, argv)) {
        (void)printf("fihrist %s\n", FH_VERSION);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return 0;
    }
    for (int i = 0; i < VERB_COUNT; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(argc - 1, argv + 1);
    fhi_complain("", argv[1], "no such verb; `fihrist --help` lists them");
    return 2;
}
