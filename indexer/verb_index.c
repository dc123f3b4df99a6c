/* verb_index.c - `fihrist index`: options, signals, messages, summary. The work is done in pipeline.c and writer.c. */
#include "indexer/pipeline.h"
#include "indexer/process.h"
#include "indexer/progress.h"

#include <fihrist/verb.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: fihrist index --index DIR [options] PATH...\n"
    "\n"
    "Reads articles into the index DIR, which is made when absent. PATH is a file, a folder, or - for standard\n"
    "input; .zst and .gz are read as they are. An article with an id that is there already replaces it.\n"
    "\n"
    "  --index DIR         the index\n"
    "  --format FORMAT     jsonl   one JSON object a line: id url lang source section region author date title\n"
    "                              abstract tags body; other fields are kept; id defaults to url, else FILE:LINE\n"
    "                      text    one article a file: first line the title; id is the path below PATH\n"
    "                      lines   one article a line; id is the number of the line, from 0\n"
    "                      auto    by file name (.jsonl .ndjson .json, .txt .text .md); - is jsonl (default)\n"
    "  --analyzer NAME     press (French and Arabic, default) or words (as they are, between white space)\n"
    "  --memory MIB        heap to use (default 512, at least 38 and 13 for each worker); one article of many\n"
    "                      MiB, and merging very many articles (50 bytes each), take more\n"
    "  --workers N         threads that analyze (default 2)\n"
    "  --rejects FILE      where to list what was set aside (default DIR/" FHI_REJECTS_NAME ")\n"
    "  --json              summary as JSON\n"
    "  --help\n"
    "\n"
    "One run is one commit: when it fails or is interrupted, the index is as it was. Exit status: 0 done, 1 nothing\n"
    "went in or something could not be read to its end (the rest went in), 2 wrong usage.\n";

/* What the heap holds beside the index in memory and its caches, in MiB; measured. The least left for those two. */
enum { MEMORY_BASE_MIB = 16, MEMORY_WORKER_MIB = 13, MEMORY_INDEX_MIB = 22, MEMORY_MIB_DEFAULT = 512 };

typedef struct index_options {
    const char *directory;
    const char *analyzer;
    const char *rejects;
    fhi_format format;
    size_t memory_mib;
    uint32_t workers;
    bool json;
    bool help;
    char **paths;
    int path_count;
} index_options;

/* ---- options ------------------------------------------------------------------------------------------- */

static bool parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *out)
{
    char *end = NULL;
    if (*text < '0' || *text > '9') return false;
    *out = strtoul(text, &end, 10);
    return *end == '\0' && *out >= least && *out <= most;
}

static bool parse_format(const char *text, fhi_format *out)
{
    static const char *const names[] = {"auto", "jsonl", "text", "lines"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *out = (fhi_format)i;
        return true;
    }
    return false;
}

static int wrong_usage(const char *what, const char *why)
{
    fhi_complain("index", what, why);
    return 2;
}

static int parse_option(index_options *options, int option)
{
    unsigned long number = 0;
    switch (option) {
    case 'i': options->directory = optarg; return 0;
    case 'j': options->json = true; return 0;
    case 'h': options->help = true; return 0;
    case 'r': options->rejects = optarg; return 0;
    case 'f': return parse_format(optarg, &options->format) ? 0 : wrong_usage(optarg, "not a format");
    case 'a':
        options->analyzer = optarg;
        if (strcmp(optarg, "press") == 0 || strcmp(optarg, "words") == 0) return 0;
        return wrong_usage(optarg, "not an analyzer: press or words");
    case 'm':
        if (!parse_number(optarg, 1, 1024UL * 1024, &number)) return wrong_usage(optarg, "not a number of MiB");
        options->memory_mib = number;
        return 0;
    case 'w':
        if (!parse_number(optarg, 1, FHI_WORKERS_MAX, &number)) return wrong_usage(optarg, "not 1 to 64 workers");
        options->workers = (uint32_t)number;
        return 0;
    default: return 2; /* getopt_long has told */
    }
}

static size_t reserved_mib(const index_options *options)
{
    return MEMORY_BASE_MIB + (size_t)MEMORY_WORKER_MIB * options->workers;
}

static int check_memory(index_options *options)
{
    const size_t least = reserved_mib(options) + MEMORY_INDEX_MIB;
    if (options->memory_mib == 0) options->memory_mib = least > MEMORY_MIB_DEFAULT ? least : MEMORY_MIB_DEFAULT;
    if (options->memory_mib >= least) return 0;
    (void)fprintf(stderr, "fihrist index: --memory %zu: too little: at least %zu for %u %s\n", options->memory_mib,
                  least, options->workers, options->workers == 1 ? "worker" : "workers");
    return 2;
}

static int parse_options(index_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"index", required_argument, NULL, 'i'},
        {"format", required_argument, NULL, 'f'},
        {"analyzer", required_argument, NULL, 'a'},
        {"memory", required_argument, NULL, 'm'},
        {"workers", required_argument, NULL, 'w'},
        {"rejects", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *options = (index_options){.workers = 2};
    char name[] = "fihrist index"; /* what getopt_long calls the program */
    char *const verb = argv[0];
    argv[0] = name;
    optind = 0;
    int option, status = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
        status = parse_option(options, option);
    argv[0] = verb;
    if (status != 0) return status;
    options->paths = argv + optind;
    options->path_count = argc - optind;
    if (options->help) return 0;
    if (!options->directory || options->directory[0] == '\0')
        return wrong_usage("--index DIR", "is missing; --help tells more");
    if (options->path_count == 0) return wrong_usage("PATH", "is missing; - is standard input; --help tells more");
    return check_memory(options);
}

/* ---- signals ------------------------------------------------------------------------------------------- */

/* ---- messages ------------------------------------------------------------------------------------------ */

static void print_error(const fh_err *err)
{
    fhi_complain("index", err->file, err->text);
}

static void note(void *argument, const fh_err *err)
{
    fhi_progress_label(argument, "");
    print_error(err);
}

static const char *plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

static void print_skipped(const uint32_t skipped[FHI_SKIP_COUNT])
{
    static const char *const reasons[FHI_SKIP_COUNT] = {
        [FHI_SKIP_HIDDEN] = "hidden",
        [FHI_SKIP_FOLDER] = "a link to a folder, or the index",
        [FHI_SKIP_SPECIAL] = "a pipe, socket or device",
        [FHI_SKIP_NAME] = "a name that tells no format",
    };
    uint32_t all = 0;
    for (int i = 0; i < FHI_SKIP_COUNT; i++)
        all += skipped[i];
    if (all == 0) return;
    (void)fprintf(stderr, "fihrist index: %u %s left aside:", all,
                  plural(all, "entry of a folder", "entries of folders"));
    const char *comma = "";
    for (int i = 0; i < FHI_SKIP_COUNT; i++) {
        if (skipped[i] == 0) continue;
        (void)fprintf(stderr, "%s %s (%u)", comma, reasons[i], skipped[i]);
        comma = ",";
    }
    (void)fputc('\n', stderr);
}

static void print_summary(const index_options *options, const fhi_run_stats *run, const fh_writer_stats *stats,
                          const char *rejects, double seconds)
{
    const double speed = (double)run->read_bytes / 1e6 / (seconds > 0 ? seconds : 1e-9);
    if (options->json) {
        json_t *summary = json_pack("{s:I, s:I, s:I, s:f, s:f, s:I}", "indexed", (json_int_t)stats->indexed, "replaced",
                                    (json_int_t)stats->replaced, "rejected", (json_int_t)run->rejected, "seconds",
                                    seconds, "mb_per_s", speed, "index_bytes", (json_int_t)stats->index_bytes);
        if (summary && json_dumpf(summary, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0) (void)putchar('\n');
        json_decref(summary);
        return;
    }
    (void)printf("%llu %s indexed, %llu replaced, %llu rejected", (unsigned long long)stats->indexed,
                 plural(stats->indexed, "article", "articles"), (unsigned long long)stats->replaced,
                 (unsigned long long)run->rejected);
    if (run->warned) (void)printf(", %llu without their date", (unsigned long long)run->warned);
    (void)printf(" in %.1f s (%.1f MB/s); the index has %.1f MB\n", seconds, speed, (double)stats->index_bytes / 1e6);
    if (run->rejected + run->warned > 0) (void)printf("rejects and warnings: %s\n", rejects);
}

/* ---- the run ------------------------------------------------------------------------------------------- */

typedef struct index_run {
    const index_options *options;
    int signal_fd;
    fhi_progress progress;
    fhi_sources sources;
    fh_writer *writer;
    fhi_rejects rejects;
    char *rejects_path; /* owned */
    fhi_run_stats stats;
    bool wrong_usage;
    bool folder_made; /* by this run */
    bool committed;
    bool published; /* the rejects */
} index_run;

static fh_status find_sources(index_run *run, fh_err *err)
{
    run->sources = (fhi_sources){.format = run->options->format,
                                 .avoid = run->options->directory,
                                 .note = note,
                                 .note_argument = &run->progress};
    for (int i = 0; i < run->options->path_count; i++)
        FH_TRY(fhi_sources_add(&run->sources, run->options->paths[i], err));
    print_skipped(run->sources.skipped);
    run->progress.total_bytes = run->sources.bytes;
    return FH_OK;
}

/* Where rejects go; never to a file that is read. */
static fh_status name_rejects(index_run *run, fh_err *err)
{
    const index_options *options = run->options;
    const int made = options->rejects ? asprintf(&run->rejects_path, "%s", options->rejects)
                                      : asprintf(&run->rejects_path, "%s/%s", options->directory, FHI_REJECTS_NAME);
    if (made < 0) {
        run->rejects_path = NULL;
        return fhi_fail(err, FH_E_NOMEM, "out of memory");
    }
    run->wrong_usage = fhi_sources_have(&run->sources, run->rejects_path);
    if (!run->wrong_usage) return FH_OK;
    return fhi_fail_at(err, FH_E_INVALID, run->rejects_path, 0,
                       "rejects would go over a file that is read; say --rejects FILE");
}

/* A folder that this run made and put nothing into goes again, unless it tells of rejects: takes out what the run made
 * itself, LOCK while it is held. Answers whether the folder is to go. */
static bool empty_folder(const index_run *run)
{
    static const char *const names[] = {"LOCK", FHI_REJECTS_NAME};
    const size_t count = run->options->rejects ? 1 : 2;
    if (!run->folder_made || !run->writer || run->committed) return false;
    if (count == 2 && run->published && run->rejects.bytes > 0) return false;
    for (size_t i = 0; i < count; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s", run->options->directory, names[i]) < 0) return false;
        (void)unlink(path);
        free(path);
    }
    return true;
}

static fh_status execute(index_run *run, fh_err *err)
{
    const fh_writer_options options = {.analyzer = run->options->analyzer,
                                       .memory_bytes = (run->options->memory_mib - reserved_mib(run->options)) << 20,
                                       .cancelled = fhi_is_signalled,
                                       .cancelled_argument = &run->signal_fd};
    FH_TRY(find_sources(run, err));
    FH_TRY(name_rejects(run, err));
    run->folder_made = access(run->options->directory, F_OK) != 0;
    FH_TRY(fh_writer_open(run->options->directory, &options, &run->writer, err));
    FH_TRY(fhi_rejects_open(&run->rejects, fhi_vfs_posix(), run->rejects_path, !run->options->rejects, err));
    FH_TRY(fhi_sample_train(&run->sources, run->writer, run->signal_fd, err));
    const fhi_run_options work = {.sources = &run->sources,
                                  .writer = run->writer,
                                  .rejects = &run->rejects,
                                  .workers = run->options->workers,
                                  .cancel_fd = run->signal_fd,
                                  .progress = fhi_progress_show,
                                  .progress_argument = &run->progress};
    FH_TRY(fhi_pipeline_run(&work, &run->stats, err));
    fhi_progress_label(&run->progress, "writing the index");
    FH_TRY(fh_writer_commit(run->writer, err));
    run->committed = fh_writer_get_stats(run->writer).indexed > 0;
    FH_TRY(fhi_rejects_publish(&run->rejects, err));
    run->published = true;
    return FH_OK;
}

static int report(const index_run *run, fh_status status, const fh_err *err)
{
    if (status == FH_OK) {
        const fh_writer_stats stats = fh_writer_get_stats(run->writer);
        print_summary(run->options, &run->stats, &stats, run->rejects_path, fhi_progress_seconds(&run->progress));
        if (stats.indexed == 0) (void)fprintf(stderr, "fihrist index: nothing went in\n");
        return stats.indexed == 0 || run->sources.failed > 0;
    }
    if (status == FH_E_CANCELLED)
        (void)fprintf(stderr, "fihrist index: interrupted: the index is as it was before\n");
    else
        print_error(err);
    return run->wrong_usage ? 2 : 1;
}

int fh_verb_index(int argc, char **argv)
{
    index_options options;
    const int usage_status = parse_options(&options, argc, argv);
    if (usage_status != 0) return usage_status;
    if (options.help) return printf("%s", usage) < 0;
    index_run run = {.options = &options, .signal_fd = fhi_signals_open(), .rejects = {.fd = -1}};
    fhi_progress_init(&run.progress);
    fhi_give_back_large_blocks();
    fh_err err = {0};
    const fh_status status = execute(&run, &err);
    fhi_progress_label(&run.progress, "");
    const int result = report(&run, status, &err);
    const bool unused = empty_folder(&run);
    fhi_rejects_close(&run.rejects);
    fh_writer_close(run.writer);
    if (unused) (void)rmdir(options.directory); /* not when anything else is there */
    free(run.rejects_path);
    fhi_sources_fini(&run.sources);
    if (run.signal_fd >= 0) (void)close(run.signal_fd);
    return result;
}
