/* server_jobs.c - the queue and the worker threads.
 *
 * One lock guards both lists. A job is in `waiting` (queued), with a worker, or in `finished`; the async handle
 * wakes the loop, which takes all of `finished` at once. Threads are woken when the lock is free again: one that wakes
 * on the processor of its waker runs at once, and would only go back to sleep for the lock.
 */
#include "query/server/server_jobs.h"
#include "query/server/turns.h"

#include <sched.h>
#include <stdlib.h>

enum { TURN_US = 400 }; /* of a worker, while more is waiting */

typedef struct job_list {
    fhi_job *first;
    fhi_job *last;
    size_t count;
} job_list;

typedef struct worker {
    uv_thread_t thread;
    fhi_jobs *jobs;
    void *object;
} worker;

struct fhi_jobs {
    uv_async_t async;
    uv_mutex_t lock;
    uv_cond_t wake;
    job_list waiting;
    job_list finished;
    size_t queue_max;
    bool stopping;
    unsigned worker_count; /* threads running */
    worker workers[];
};

static void push_last(job_list *list, fhi_job *job)
{
    job->prev = list->last;
    job->next = NULL;
    *(list->last ? &list->last->next : &list->first) = job;
    list->last = job;
    list->count++;
}

static void push_first(job_list *list, fhi_job *job)
{
    job->prev = NULL;
    job->next = list->first;
    *(list->first ? &list->first->prev : &list->last) = job;
    list->first = job;
    list->count++;
}

static void take(job_list *list, fhi_job *job)
{
    *(job->prev ? &job->prev->next : &list->first) = job->next;
    *(job->next ? &job->next->prev : &list->last) = job->prev;
    list->count--;
}

/* The next job for a worker, or NULL when the threads are to end. */
static fhi_job *wait_for_job(fhi_jobs *jobs)
{
    while (!jobs->waiting.first && !jobs->stopping)
        uv_cond_wait(&jobs->wake, &jobs->lock);
    fhi_job *job = jobs->waiting.first;
    if (!job) return NULL;
    take(&jobs->waiting, job);
    job->queued = false;
    return job;
}

/* Where jobs follow upon jobs, the loop, or whoever asks on this machine, may wait for the next tick of the kernel's
 * clock to get this processor. Answers when the turn of this thread began, 0: with its next job. */
static uint64_t give_way(uint64_t began_ns, bool more)
{
    if (!more) return 0; /* it sleeps now */
    const uint64_t now_ns = uv_hrtime();
    if (began_ns == 0) return now_ns;
    if (now_ns - began_ns < TURN_US * UINT64_C(1000)) return began_ns;
    (void)sched_yield();
    return now_ns;
}

static void work(void *argument)
{
    const worker *self = argument;
    fhi_jobs *jobs = self->jobs;
    const bool gives_way = fhi_turns_short(); /* who has long turns loses a whole one */
    uint64_t turn_ns = 0;
    fhi_job *job;
    uv_mutex_lock(&jobs->lock);
    while ((job = wait_for_job(jobs))) {
        uv_mutex_unlock(&jobs->lock);
        job->run(job, self->object);
        uv_mutex_lock(&jobs->lock);
        push_last(&jobs->finished, job);
        const bool told = jobs->finished.count > 1, more = jobs->waiting.first;
        uv_mutex_unlock(&jobs->lock);
        if (!told) (void)uv_async_send(&jobs->async); /* closed only after the threads have ended */
        if (gives_way) turn_ns = give_way(turn_ns, more);
        uv_mutex_lock(&jobs->lock);
    }
    uv_mutex_unlock(&jobs->lock);
}

static void deliver(fhi_jobs *jobs)
{
    uv_mutex_lock(&jobs->lock);
    fhi_job *job = jobs->finished.first;
    jobs->finished = (job_list){0};
    uv_mutex_unlock(&jobs->lock);
    while (job) {
        fhi_job *next = job->next; /* done may free the job */
        job->done(job);
        job = next;
    }
}

static void on_async(uv_async_t *async)
{
    deliver(async->data);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

fh_status fhi_jobs_create(uv_loop_t *loop, void *const *workers, unsigned worker_count, size_t queue_max,
                          fhi_jobs **out, fh_err *err)
{
    *out = NULL;
    fhi_jobs *jobs = calloc(1, sizeof *jobs + worker_count * sizeof jobs->workers[0]);
    if (!jobs) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    jobs->queue_max = queue_max;
    if (uv_mutex_init(&jobs->lock) != 0) goto no_lock;
    if (uv_cond_init(&jobs->wake) != 0) goto no_wake;
    if (uv_async_init(loop, &jobs->async, on_async) != 0) goto no_async;
    jobs->async.data = jobs;
    for (unsigned i = 0; i < worker_count; i++) {
        worker *self = &jobs->workers[i];
        self->jobs = jobs;
        self->object = workers[i];
        if (uv_thread_create(&self->thread, work, self) != 0) {
            fhi_jobs_destroy(jobs);
            return fhi_fail(err, FH_E_INTERNAL, "cannot start %u threads", worker_count);
        }
        jobs->worker_count++;
    }
    *out = jobs;
    return FH_OK;
no_async:
    uv_cond_destroy(&jobs->wake);
no_wake:
    uv_mutex_destroy(&jobs->lock);
no_lock:
    free(jobs);
    return fhi_fail(err, FH_E_INTERNAL, "cannot make a queue");
}

fh_status fhi_jobs_submit(fhi_jobs *jobs, fhi_job *job)
{
    uv_mutex_lock(&jobs->lock);
    const bool full = jobs->waiting.count >= jobs->queue_max;
    if (!full) {
        job->queued = true;
        push_last(&jobs->waiting, job);
    }
    uv_mutex_unlock(&jobs->lock);
    if (!full) uv_cond_signal(&jobs->wake);
    return full ? FH_E_BUSY : FH_OK;
}

void fhi_jobs_submit_first(fhi_jobs *jobs, fhi_job *job)
{
    uv_mutex_lock(&jobs->lock);
    job->queued = true;
    push_first(&jobs->waiting, job);
    uv_mutex_unlock(&jobs->lock);
    uv_cond_signal(&jobs->wake);
}

bool fhi_jobs_cancel(fhi_jobs *jobs, fhi_job *job)
{
    uv_mutex_lock(&jobs->lock);
    const bool queued = job->queued;
    if (queued) take(&jobs->waiting, job);
    job->queued = false;
    uv_mutex_unlock(&jobs->lock);
    return queued;
}

size_t fhi_jobs_queued(fhi_jobs *jobs)
{
    uv_mutex_lock(&jobs->lock);
    const size_t count = jobs->waiting.count;
    uv_mutex_unlock(&jobs->lock);
    return count;
}

void fhi_jobs_destroy(fhi_jobs *jobs)
{
    if (!jobs) return;
    uv_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    uv_cond_broadcast(&jobs->wake);
    uv_mutex_unlock(&jobs->lock);
    for (unsigned i = 0; i < jobs->worker_count; i++)
        (void)uv_thread_join(&jobs->workers[i].thread);
    deliver(jobs);
    uv_cond_destroy(&jobs->wake);
    uv_mutex_destroy(&jobs->lock);
    uv_close((uv_handle_t *)&jobs->async, on_closed);
}
