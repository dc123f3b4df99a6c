/* spawn.c - `fihrist bench spawn`: what a command costs, as one JSON line.
 *
 * Time is wall-clock from fork to the end of the process; CPU time and peak resident memory are the kernel's own count
 * for it (wait4). What the command prints is kept when it is one JSON object.
 */
#include "bench/bench.h"

#include <errno.h>
#include <fts.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 1 << 20 };

static const char usage[] =
    "usage: fihrist bench spawn --label NAME [--directory DIR] [--docs N] -- COMMAND [ARGUMENT]...\n"
    "\n"
    "Runs COMMAND and prints {\"run\",\"seconds\",\"cpu_seconds\",\"peak_rss_bytes\",\"directory_bytes\",\"output\"}:\n"
    "directory_bytes is the size of all files in DIR afterwards, output what COMMAND printed if that is JSON. N, the\n"
    "size of a corpus of which there are several, is passed on as \"docs\".\n"
    "Exit status 1 when COMMAND could not be run, or failed.\n";

/* Bytes of all files below a folder. */
static uint64_t bytes_below(const char *path)
{
    char *const roots[] = {(char *)(uintptr_t)path, NULL};
    uint64_t sum = 0;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (const FTSENT *entry; walk && (entry = fts_read(walk));)
        if (entry->fts_info == FTS_F) sum += (uint64_t)entry->fts_statp->st_size;
    if (walk) (void)fts_close(walk);
    return sum;
}

static void read_output(int fd, fhi_buf *output)
{
    char chunk[4096];
    ssize_t count;
    while ((count = read(fd, chunk, sizeof chunk)) > 0 || (count < 0 && errno == EINTR))
        if (count > 0 && output->len < OUTPUT_BYTES_MAX) fhi_buf_put(output, chunk, (size_t)count);
}

/* Runs the command; answers its wait status, or -1 with errno. */
static int run(char **command, fhi_buf *output, struct rusage *usage_of)
{
    int ends[2], status = -1;
    if (pipe(ends) != 0) return -1;
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execvp(command[0], command);
        _exit(127);
    }
    (void)close(ends[1]);
    if (child > 0) read_output(ends[0], output);
    (void)close(ends[0]);
    if (child < 0) return -1;
    while (wait4(child, &status, 0, usage_of) < 0)
        if (errno != EINTR) return -1;
    return status;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int print(const char *label, const char *directory, uint64_t docs, double seconds, const struct rusage *cost,
                 fhi_buf *output)
{
    json_t *line = json_pack("{ss sf sf sI}", "run", label, "seconds", seconds, "cpu_seconds",
                             seconds_of(cost->ru_utime) + seconds_of(cost->ru_stime), "peak_rss_bytes",
                             (json_int_t)cost->ru_maxrss * 1024);
    json_t *said = json_loadb((const char *)output->data, output->len, 0, NULL);
    if (line && directory)
        json_object_set_new(line, "directory_bytes", json_integer((json_int_t)bytes_below(directory)));
    if (line && docs) json_object_set_new(line, "docs", json_integer((json_int_t)docs));
    if (line && json_is_object(said)) json_object_set(line, "output", said);
    json_decref(said);
    fh_err err = {.text = ""};
    const fh_status status = fhi_bench_put_json(stdout, line, &err);
    return status == FH_OK ? 0 : fhi_bench_complain_err(label, status, &err);
}

int fhi_bench_spawn(int argc, char **argv)
{
    static const struct option known[] = {
        {"label", required_argument, NULL, 'l'},
        {"directory", required_argument, NULL, 'd'},
        {"docs", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *label = NULL, *directory = NULL;
    uint64_t docs = 0;
    struct rusage cost = {0};
    fhi_buf output;
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        if (option == 'l') label = optarg;
        if (option == 'd') directory = optarg;
        if (option == 'n' && !fhi_bench_number(optarg, 1, UINT32_MAX, &docs)) return fhi_bench_usage(usage, false);
        if (!strchr("ldn", option)) return fhi_bench_usage(usage, option == 'h');
    }
    if (!label || optind == argc) return fhi_bench_usage(usage, false);
    fhi_buf_init(&output);
    const uint64_t start_ns = fhi_bench_now_ns();
    const int status = run(argv + optind, &output, &cost);
    const double seconds = (double)(fhi_bench_now_ns() - start_ns) / 1e9;
    int code;
    if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        code = fhi_bench_complain(argv[optind], status == -1 ? fhi_errno_text(errno) : "failed");
    else
        code = print(label, directory, docs, seconds, &cost, &output);
    fhi_buf_fini(&output);
    return code;
}
