/* server_jobs.h - a bounded queue in front of a fixed number of threads, for a libuv loop.
 *
 * The loop submits; a worker runs; the loop hears that it is done. All calls but run are made on the loop's thread.
 * Each thread owns one worker object (a searcher: analyzers belong to one thread). Knows nothing of what a job does.
 */
#ifndef FHI_SERVER_JOBS_H
#define FHI_SERVER_JOBS_H

#include "engine/base/base.h"

#include <uv.h>

/* Embedded in what is to be done. Must stay where it is from submit until done is called. */
typedef struct fhi_job fhi_job;
struct fhi_job {
    fhi_job *prev;
    fhi_job *next;
    void (*run)(fhi_job *job, void *worker); /* on a worker's thread */
    void (*done)(fhi_job *job);              /* on the loop, after run; may free the job or submit it again */
    bool queued;                             /* no worker has taken it yet; under the lock */
};

typedef struct fhi_jobs fhi_jobs;

/* workers: worker_count objects, one for each thread; they stay the caller's. Codes: FH_E_NOMEM, FH_E_INTERNAL. */
fh_status fhi_jobs_create(uv_loop_t *loop, void *const *workers, unsigned worker_count, size_t queue_max,
                          fhi_jobs **out, fh_err *err);
/* FH_E_BUSY when the queue is full. */
fh_status fhi_jobs_submit(fhi_jobs *jobs, fhi_job *job);
/* In front of all others and beyond the bound: for the few jobs of the server itself. */
void fhi_jobs_submit_first(fhi_jobs *jobs, fhi_job *job);
/* True when no worker had taken it: neither run nor done will be called. */
bool fhi_jobs_cancel(fhi_jobs *jobs, fhi_job *job);
size_t fhi_jobs_queued(fhi_jobs *jobs);
/* Waits for the threads to finish what is queued, calls done for it, closes its handle on the loop. NULL allowed. */
void fhi_jobs_destroy(fhi_jobs *jobs);

#endif
