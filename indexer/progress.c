/* progress.c - the bar: share done, articles, MB/s, time left. Only verb_index.c uses it. */
#include "indexer/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 24 };
#define SHOW_EVERY_NS UINT64_C(100000000)
#define CLEAR_LINE "\r\033[K"

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void fhi_progress_init(fhi_progress *progress)
{
    *progress = (fhi_progress){.shown = isatty(STDERR_FILENO) == 1, .start_ns = now_ns()};
}

double fhi_progress_seconds(const fhi_progress *progress)
{
    return (double)(now_ns() - progress->start_ns) / 1e9;
}

void fhi_progress_show(void *argument, const fhi_run_stats *stats)
{
    fhi_progress *progress = argument;
    const uint64_t now = now_ns();
    if (!progress->shown || now - progress->last_ns < SHOW_EVERY_NS) return;
    progress->last_ns = now;
    const double seconds = (double)(now - progress->start_ns) / 1e9 + 1e-9;
    const double speed = (double)stats->read_bytes / 1e6 / seconds;
    const bool known = progress->total_bytes > 0 && stats->taken_bytes > 0;
    double share = known ? (double)stats->taken_bytes / (double)progress->total_bytes : 0;
    if (share > 1) share = 1;
    char bar[BAR_CELLS + 1];
    for (int i = 0; i < BAR_CELLS; i++)
        bar[i] = i < (int)(share * BAR_CELLS) ? '#' : '.';
    bar[BAR_CELLS] = '\0';
    (void)fprintf(stderr, CLEAR_LINE "[%s] %llu articles, %.1f MB/s", bar, (unsigned long long)stats->indexed, speed);
    if (known) (void)fprintf(stderr, ", %.0f s left", seconds / share - seconds);
    (void)fflush(stderr);
}

void fhi_progress_label(fhi_progress *progress, const char *text)
{
    if (!progress->shown) return;
    (void)fprintf(stderr, CLEAR_LINE "%s", text);
    (void)fflush(stderr);
}
