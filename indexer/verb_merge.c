/* verb_merge.c - `fihrist merge`: options, signals, messages. The work is done in commit.c, merge.c and order.c. */
#include "indexer/process.h"
#include "indexer/progress.h"
#include "indexer/writer.h"

#include <fihrist/verb.h>

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: fihrist merge --index DIR [options]\n"
    "\n"
    "Makes one segment of all that the index DIR has; deleted and replaced articles are left out. Takes room on the\n"
    "disk for a second index; the old one is served until the new one is whole, and stays when anything fails.\n"
    "\n"
    "  --index DIR    the index\n"
    "  --reorder      put articles that share words near each other: smaller, and faster to search. Articles, ids and\n"
    "                 dates stay as they are; among equal scores another article may come first\n"
    "  --memory MIB   heap to use (default 512, at least 64); merging very many articles takes more (70 bytes each)\n"
    "  --threads N    of the ordering (default 2); the result does not depend on it\n"
    "  --json         summary as JSON\n"
    "  --help\n"
    "\n"
    "Exit status: 0 done, 1 failed or interrupted, 2 wrong usage.\n";

enum { MEMORY_MIB_DEFAULT = 512, MEMORY_MIB_MIN = 64, MEMORY_MIB_MAX = 1024 * 1024, THREADS_MAX = 64 };

typedef struct merge_options {
    const char *directory;
    size_t memory_mib;
    uint32_t threads;
    bool reorder;
    bool json;
    bool help;
} merge_options;

/* ---- options ------------------------------------------------------------------------------------------- */

static int wrong_usage(const char *what, const char *why)
{
    fhi_complain("merge", what, why);
    return 2;
}

static bool parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *out)
{
    char *end = NULL;
    *out = 0;
    if (*text < '0' || *text > '9') return false;
    *out = strtoul(text, &end, 10);
    return *end == '\0' && *out >= least && *out <= most;
}

static int parse_option(merge_options *options, int option)
{
    unsigned long number;
    switch (option) {
    case 'i': options->directory = optarg; return 0;
    case 'r': options->reorder = true; return 0;
    case 'j': options->json = true; return 0;
    case 'h': options->help = true; return 0;
    case 'm':
        if (!parse_number(optarg, MEMORY_MIB_MIN, MEMORY_MIB_MAX, &number))
            return wrong_usage(optarg, "not a number of MiB from 64 on");
        options->memory_mib = number;
        return 0;
    case 't':
        if (!parse_number(optarg, 1, THREADS_MAX, &number)) return wrong_usage(optarg, "not 1 to 64 threads");
        options->threads = (uint32_t)number;
        return 0;
    default: return 2; /* getopt_long has told */
    }
}

static int parse_options(merge_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"index", required_argument, NULL, 'i'},
        {"reorder", no_argument, NULL, 'r'},
        {"memory", required_argument, NULL, 'm'},
        {"threads", required_argument, NULL, 't'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *options = (merge_options){.memory_mib = MEMORY_MIB_DEFAULT, .threads = 2};
    char name[] = "fihrist merge"; /* what getopt_long calls the program */
    char *const verb = argv[0];
    argv[0] = name;
    optind = 0;
    int option, status = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
        status = parse_option(options, option);
    argv[0] = verb;
    if (status != 0 || options->help) return status;
    if (optind < argc) return wrong_usage(argv[optind], "not an option");
    return options->directory ? 0 : wrong_usage("--index", "which index?");
}

/* ---- the run ------------------------------------------------------------------------------------------- */

typedef struct state_of_index {
    uint64_t bytes;
    uint64_t articles; /* living */
    uint64_t deleted;
    uint32_t segments;
} state_of_index;

static state_of_index look(const fh_writer *writer)
{
    state_of_index state = {.segments = writer->segment_count};
    for (uint32_t i = 0; i < writer->segment_count; i++) {
        const fhi_live_segment *segment = &writer->segments[i];
        state.bytes += segment->info.file_bytes;
        state.articles += segment->info.doc_count - segment->deleted_count;
        state.deleted += segment->deleted_count;
    }
    return state;
}

static void print_summary(const merge_options *options, const state_of_index *before, const state_of_index *after,
                          double seconds)
{
    if (options->json) {
        json_t *summary =
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:f}", "articles", (json_int_t)after->articles, "dropped",
                      (json_int_t)before->deleted, "segments_before", (json_int_t)before->segments, "segments",
                      (json_int_t)after->segments, "bytes_before", (json_int_t)before->bytes, "bytes",
                      (json_int_t)after->bytes, "reordered", options->reorder, "seconds", seconds);
        if (summary && json_dumpf(summary, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0) (void)putchar('\n');
        json_decref(summary);
        return;
    }
    (void)printf("%llu articles, %llu dropped; segments %u -> %u, %.1f MB -> %.1f MB in %.1f s%s\n",
                 (unsigned long long)after->articles, (unsigned long long)before->deleted, before->segments,
                 after->segments, (double)before->bytes / 1e6, (double)after->bytes / 1e6, seconds,
                 options->reorder ? ", reordered" : "");
}

static void show_ordering(void *argument, double share)
{
    char text[64];
    (void)snprintf(text, sizeof text, share < 1 ? "ordering the articles: %d %%" : "writing the index",
                   (int)(100 * share));
    fhi_progress_label(argument, text);
}

static fh_status execute(const merge_options *options, int *signal_fd, fhi_progress *progress, fh_err *err)
{
    const fh_writer_options how = {
        .memory_bytes = options->memory_mib << 20, .cancelled = fhi_is_signalled, .cancelled_argument = signal_fd};
    const fhi_merge_all_options work = {options->reorder, options->threads, show_ordering, progress};
    fh_writer *writer = NULL;
    fhi_manifest manifest;
    FH_TRY(fhi_manifest_read(fhi_vfs_posix(), options->directory, &manifest, err)); /* a writer would make an index */
    fhi_manifest_fini(&manifest);
    fh_status status = fh_writer_open(options->directory, &how, &writer, err);
    if (status == FH_OK) {
        const state_of_index before = look(writer);
        fhi_progress_label(progress, options->reorder ? "reading the words of the articles" : "writing the index");
        status = fhi_writer_merge_all(writer, &work, err);
        fhi_progress_label(progress, "");
        const state_of_index after = look(writer);
        if (status == FH_OK) print_summary(options, &before, &after, fhi_progress_seconds(progress));
    }
    fh_writer_close(writer);
    return status;
}

int fh_verb_merge(int argc, char **argv)
{
    merge_options options;
    const int usage_status = parse_options(&options, argc, argv);
    if (usage_status != 0) return usage_status;
    if (options.help) return printf("%s", usage) < 0;
    fhi_progress progress;
    fh_err err = {0};
    int signal_fd = fhi_signals_open();
    fhi_progress_init(&progress);
    fhi_give_back_large_blocks();
    const fh_status status = execute(&options, &signal_fd, &progress, &err);
    if (status == FH_E_CANCELLED)
        (void)fprintf(stderr, "fihrist merge: interrupted: the index is as it was before\n");
    else if (status != FH_OK)
        fhi_complain("merge", err.file, err.text);
    if (signal_fd >= 0) (void)close(signal_fd);
    return status != FH_OK;
}
