/* main.c - the program `fihrist`: find the verb, hand over. */
#include <fihrist/verb.h>

#include <stdio.h>
#include <string.h>

typedef struct verb {
    const char *name;
    const char *purpose;
    int (*run)(int argc, char **argv);
} verb;

static const verb verbs[] = {
    {"index", "read articles into an index", fh_verb_index},
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
    (void)fprintf(to, "\n`fihrist VERB --help` tells the rest.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return 0;
    }
    for (int i = 0; i < VERB_COUNT; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "fihrist: unknown verb `%s`; `fihrist --help` lists them\n", argv[1]);
    return 2;
}
