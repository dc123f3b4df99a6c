/* progress.h - a line on the terminal that tells how far a run is. */
#ifndef FHI_PROGRESS_H
#define FHI_PROGRESS_H

#include "indexer/pipeline.h"

typedef struct fhi_progress {
    bool shown;           /* standard error is a terminal */
    uint64_t total_bytes; /* of the files, as packed; 0: not known */
    uint64_t start_ns;
    uint64_t last_ns;
} fhi_progress;

void fhi_progress_init(fhi_progress *progress);
void fhi_progress_show(void *progress, const fhi_run_stats *stats); /* at most ten times a second */
void fhi_progress_label(fhi_progress *progress, const char *text);  /* instead of the bar; "" clears the line */
double fhi_progress_seconds(const fhi_progress *progress);          /* since init */

#endif
