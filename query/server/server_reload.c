/* server_reload.c - a new generation of the index: noticed, opened on a worker, swapped on the loop.
 *
 * Queries that run keep the snapshot they began with. If the new one cannot be opened, the old one goes on serving
 * and the attempt is repeated. The old snapshot is let go on a worker too, because that may unmap gigabytes.
 */
#include "query/server/server_impl.h"

#include <stdio.h>

enum {
    POLL_MS = 2000, /* of MANIFEST by its path */
    RETRY_MS = 1000
};

static const char manifest_name[] = "MANIFEST";

static void begin(fhi_reload *reload);

static void run_release(fhi_job *job, void *worker)
{
    (void)worker;
    fhi_reload *reload = (fhi_reload *)job;
    reload->server->options.service->snapshot_release(reload->snapshot);
    reload->snapshot = NULL;
}

static void done_release(fhi_job *job)
{
    fhi_reload *reload = (fhi_reload *)job;
    reload->busy = false;
    if (reload->again) begin(reload);
}

static void run_open(fhi_job *job, void *worker)
{
    (void)worker;
    fhi_reload *reload = (fhi_reload *)job;
    const fhi_service *service = reload->server->options.service;
    reload->status = service->snapshot_open(service->context, &reload->snapshot, &reload->err);
}

static void on_retry(uv_timer_t *timer)
{
    begin(timer->data);
}

static void done_open(fhi_job *job)
{
    fhi_reload *reload = (fhi_reload *)job;
    fhi_server *server = reload->server;
    if (server->finished) { /* fhi_reload_fini lets the snapshot go */
        reload->busy = false;
        return;
    }
    if (reload->status != FH_OK) {
        reload->busy = false;
        server->metrics.reloads_failed++;
        fhi_server_log(server, "the new index cannot be opened, the old one goes on: %s%s%s", reload->err.file,
                       reload->err.file[0] ? ": " : "", reload->err.text);
        if (reload->open) (void)uv_timer_start(&reload->retry, on_retry, RETRY_MS, 0);
        return;
    }
    void *old = server->snapshot;
    const uint64_t generation = server->facts.generation;
    server->snapshot = reload->snapshot;
    server->options.service->snapshot_describe(server->snapshot, &server->facts);
    /* One commit may be noticed twice: by its event and by the poll. */
    server->metrics.reloads += server->facts.generation != generation;
    if (server->facts.generation != generation && !server->draining)
        fhi_server_log(server, "serving generation %llu: %llu articles", (unsigned long long)server->facts.generation,
                       (unsigned long long)server->facts.article_count);
    reload->snapshot = old;
    job->run = run_release;
    job->done = done_release;
    fhi_jobs_submit_first(server->jobs, job);
}

static void begin(fhi_reload *reload)
{
    if (reload->server->finished) return;
    reload->again = reload->busy;
    if (reload->busy) return;
    reload->busy = true;
    reload->job.run = run_open;
    reload->job.done = done_open;
    fhi_jobs_submit_first(reload->server->jobs, &reload->job);
}

void fhi_reload_now(fhi_server *server)
{
    begin(&server->reload);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    (void)events;
    if (status == 0 && (!name || strcmp(name, manifest_name) == 0)) begin(event->data);
}

static void on_poll(uv_fs_poll_t *poll, int status, const uv_stat_t *before, const uv_stat_t *now)
{
    (void)before;
    (void)now;
    if (status == 0) begin(poll->data);
}

fh_status fhi_reload_init(fhi_server *server, fh_err *err)
{
    fhi_reload *reload = &server->reload;
    const char *directory = server->options.watch_dir;
    char path[4096];
    reload->server = server;
    if (!directory) return FH_OK;
    if (snprintf(path, sizeof path, "%s/%s", directory, manifest_name) >= (int)sizeof path)
        return fhi_fail(err, FH_E_INVALID, "%s: the path is too long", directory);
    if (uv_timer_init(&server->loop, &reload->retry) != 0 || uv_fs_event_init(&server->loop, &reload->event) != 0 ||
        uv_fs_poll_init(&server->loop, &reload->poll) != 0)
        return fhi_fail(err, FH_E_INTERNAL, "cannot watch %s", directory);
    reload->open = true;
    reload->retry.data = reload->event.data = reload->poll.data = reload;
    /* Without events (some file systems, or none left to give) the poll does it, a little later. */
    (void)uv_fs_event_start(&reload->event, on_event, directory, 0);
    const int failed = uv_fs_poll_start(&reload->poll, on_poll, path, POLL_MS);
    return failed ? fhi_fail(err, FH_E_INTERNAL, "cannot watch %s: %s", path, uv_strerror(failed)) : FH_OK;
}

void fhi_reload_fini(fhi_server *server)
{
    fhi_reload *reload = &server->reload;
    if (reload->snapshot) server->options.service->snapshot_release(reload->snapshot);
    reload->snapshot = NULL;
    if (!reload->open) return;
    reload->open = false;
    uv_close((uv_handle_t *)&reload->retry, NULL);
    uv_close((uv_handle_t *)&reload->event, NULL);
    uv_close((uv_handle_t *)&reload->poll, NULL);
}
