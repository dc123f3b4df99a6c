/* server.c - the life of the server: create, listen, run, sweep, drain, destroy.
 *
 * Stopping: the listeners close and the socket file goes at once; what clients had sent is still read for a moment
 * and answered; connections end as they have nothing left to answer; at drain_ms_max the rest is cut off. When the
 * last connection is gone the threads are joined and every handle is closed, so the loop ends by itself.
 */
#include "query/server/manager.h"
#include "query/server/server_impl.h"
#include "query/server/turns.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SWEEP_MS = 50,
    DRAIN_GRACE_MS = 100,     /* requests on their way when the stop came */
    DRAIN_GREETING_MS = 1000, /* the same of a connection that has not been used yet: it came to ask something */
};

void fhi_server_options_init(fhi_server_options *options)
{
    *options = (fhi_server_options){
        .worker_count = 1, .socket_mode = 0600, .http_fd = -1, .socket_fd = -1, .log_fd = -1, .log_level = FHI_LOG_ALL};
#define SET_LIMIT(field, option, usual, least, most, what) options->limits.field = (usual);
    FHI_SERVER_LIMITS(SET_LIMIT)
#undef SET_LIMIT
}

void fhi_server_log(fhi_server *server, const char *format, ...)
{
    char message[1024];
    if (!server->log) return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    fhi_log_message(server->log, message);
}

/* ---- stopping ---- */

static void finish(fhi_server *server)
{
    const fhi_service *service = server->options.service;
    if (server->finished) return;
    server->finished = true;
    fhi_listen_close(server);
    fhi_jobs_destroy(server->jobs);
    server->jobs = NULL;
    fhi_reload_fini(server);
    for (unsigned i = 0; i < server->worker_count; i++)
        fhi_worker_fini(server, &server->crew[i]);
    if (server->snapshot) service->snapshot_release(server->snapshot);
    server->snapshot = NULL;
    if (!server->handles_open) return;
    uv_close((uv_handle_t *)&server->sweep, NULL);
    uv_close((uv_handle_t *)&server->stop, NULL);
    for (int i = 0; i < FHI_SIGNALS; i++)
        uv_close((uv_handle_t *)&server->signals[i], NULL);
}

static void on_sweep(uv_timer_t *timer)
{
    fhi_server *server = timer->data;
    const uint64_t now = uv_now(&server->loop);
    fhi_conn *next;
    for (fhi_conn *conn = server->conns; conn; conn = next) {
        next = conn->next; /* a connection leaves the list in its close callback, never here */
        fhi_conn_sweep(conn, now);
        if (!server->draining || conn->closing) continue;
        if (now >= server->drain_until_ms)
            fhi_conn_close(conn);
        else if (now >= server->drain_from_ms + (conn->framed_bytes ? 0 : DRAIN_GREETING_MS) && !conn->input_ended)
            fhi_conn_end_input(conn);
    }
    fhi_listener *const listeners[] = {&server->http, &server->lines};
    for (int i = 0; i < 2; i++)
        if (listeners[i]->open && listeners[i]->stalled) listeners[i]->stalled = fhi_conn_accept(listeners[i]) != FH_OK;
    const bool needed = server->conns || server->http.stalled || server->lines.stalled;
    if (!needed) (void)uv_timer_stop(&server->sweep);
}

void fhi_server_start_sweep(fhi_server *server)
{
    if (!uv_is_active((uv_handle_t *)&server->sweep))
        (void)uv_timer_start(&server->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

static void drain(fhi_server *server)
{
    if (server->draining) return;
    server->draining = true;
    uv_update_time(&server->loop);
    if (server->options.signals) fhi_manager_tell("STOPPING=1");
    server->drain_from_ms = uv_now(&server->loop) + DRAIN_GRACE_MS;
    server->drain_until_ms = uv_now(&server->loop) + server->options.limits.drain_ms_max;
    fhi_listen_close(server);
    if (server->conns)
        fhi_server_start_sweep(server);
    else
        finish(server);
}

void fhi_server_conn_gone(fhi_server *server)
{
    if (server->draining && !server->conns) finish(server);
}

static void on_stop(uv_async_t *async)
{
    drain(async->data);
}

static void on_signal(uv_signal_t *handle, int number)
{
    fhi_server *server = handle->data;
    if (server->draining) _exit(128 + number);
    fhi_server_log(server, "stopping: finishing what is in flight");
    drain(server);
}

static void on_hangup(uv_signal_t *handle, int number)
{
    (void)number;
    fhi_server *server = handle->data;
    fh_err err;
    if (server->draining) return;
    fhi_server_log(server, "reloading");
    if (fhi_admit_load(server, &err) != FH_OK)
        fhi_server_log(server, "the tokens cannot be read, the old ones go on: %s", err.text);
    fhi_reload_now(server);
}

/* ---- creating ---- */

static fh_status catch_signals(fhi_server *server, fh_err *err)
{
    int failed = uv_signal_start(&server->signals[0], on_signal, SIGTERM);
    if (!failed) failed = uv_signal_start(&server->signals[1], on_signal, SIGINT);
    if (!failed) failed = uv_signal_start(&server->signals[2], on_hangup, SIGHUP);
    return failed ? fhi_fail(err, FH_E_INTERNAL, "cannot catch signals: %s", uv_strerror(failed)) : FH_OK;
}

static fh_status open_handles(fhi_server *server, fh_err *err)
{
    int failed = uv_loop_init(&server->loop);
    if (failed) return fhi_fail(err, FH_E_INTERNAL, "cannot make a loop: %s", uv_strerror(failed));
    server->loop_open = true;
    failed = uv_async_init(&server->loop, &server->stop, on_stop);
    if (failed) return fhi_fail(err, FH_E_INTERNAL, "cannot make a loop: %s", uv_strerror(failed));
    /* These only fill in memory. */
    (void)uv_timer_init(&server->loop, &server->sweep);
    for (int i = 0; i < FHI_SIGNALS; i++)
        (void)uv_signal_init(&server->loop, &server->signals[i]);
    server->handles_open = true;
    server->stop.data = server->sweep.data = server;
    for (int i = 0; i < FHI_SIGNALS; i++)
        server->signals[i].data = server;
    return server->options.signals ? catch_signals(server, err) : FH_OK;
}

static fh_status open_service(fhi_server *server, fh_err *err)
{
    const fhi_server_options *options = &server->options;
    const fhi_service *service = options->service;
    /* Watching begins before the first look, so that nothing is missed between. */
    FH_TRY(fhi_reload_init(server, err));
    FH_TRY(service->snapshot_open(service->context, &server->snapshot, err));
    service->snapshot_describe(server->snapshot, &server->facts);
    for (; server->worker_count < options->worker_count; server->worker_count++)
        FH_TRY(fhi_worker_init(server, &server->crew[server->worker_count], err));
    void *workers[FHI_WORKERS_MAX];
    for (unsigned i = 0; i < server->worker_count; i++)
        workers[i] = &server->crew[i];
    return fhi_jobs_create(&server->loop, workers, server->worker_count, options->limits.queue_max, &server->jobs, err);
}

static fh_status make_rate(fhi_server *server, fh_err *err)
{
    const fhi_server_limits *limits = &server->options.limits;
    uint64_t seed = 0;
    (void)uv_random(NULL, NULL, &seed, sizeof seed, 0, NULL);
    return fhi_rate_create((uint32_t)limits->rate_max, (uint32_t)limits->burst_max, seed, &server->rate, err);
}

static fh_status open_all(fhi_server *server, fh_err *err)
{
    if (server->options.worker_count < 1 || server->options.worker_count > FHI_WORKERS_MAX)
        return fhi_fail(err, FH_E_INVALID, "workers: 1 to %d", FHI_WORKERS_MAX);
    const fhi_server_options *options = &server->options;
    if (!options->http && !options->socket && options->http_fd < 0 && options->socket_fd < 0)
        return fhi_fail(err, FH_E_INVALID, "nothing to listen on");
    (void)uv_random(NULL, NULL, &server->life, sizeof server->life, 0, NULL); /* without chance it is 0 */
    if (server->options.log_fd >= 0)
        FH_TRY(fhi_log_create(server->options.log_fd, server->options.log_format, server->options.log_level,
                              server->life, &server->log, err));
    FH_TRY(make_rate(server, err));
    FH_TRY(open_handles(server, err));
    /* Low ports are had by root only; what is opened from here on must be readable later, too. */
    FH_TRY(fhi_listen_open(server, err));
    if (options->user) FH_TRY(fhi_become_user(options->user, server->socket_file.path, err));
    FH_TRY(fhi_admit_load(server, err));
    return open_service(server, err);
}

fh_status fhi_server_create(const fhi_server_options *options, fhi_server **out, fh_err *err)
{
    *out = NULL;
    fhi_server *server = calloc(1, sizeof *server);
    if (!server) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    server->options = *options;
    server->http_limits = (fhi_http_limits){.head_bytes_max = options->limits.head_bytes_max,
                                            .target_bytes_max = options->limits.target_bytes_max,
                                            .body_bytes_max = options->limits.body_bytes_max};
    fh_status status = fhi_recent_create(options->limits.cache_bytes_max, &server->answers);
    status = status == FH_OK ? open_all(server, err) : fhi_fail(err, status, "out of memory");
    if (status != FH_OK) {
        (void)fhi_server_destroy(server);
        return status;
    }
    server->started_ms = uv_now(&server->loop);
    *out = server;
    return FH_OK;
}

const char *fhi_server_http_url(const fhi_server *server)
{
    return server->http_url[0] ? server->http_url : NULL;
}

const char *fhi_server_socket_path(const fhi_server *server)
{
    return server->socket_path[0] ? server->socket_path : NULL;
}

void fhi_server_run(fhi_server *server)
{
    (void)fhi_turns_short(); /* it mostly waits, and answers are late when it is */
    (void)uv_run(&server->loop, UV_RUN_DEFAULT);
}

void fhi_server_stop(fhi_server *server)
{
    (void)uv_async_send(&server->stop);
}

fh_status fhi_server_destroy(fhi_server *server)
{
    fh_status status = FH_OK;
    if (!server) return FH_OK;
    if (server->loop_open) {
        finish(server);
        (void)uv_run(&server->loop, UV_RUN_DEFAULT); /* the close callbacks */
        if (uv_loop_close(&server->loop) != 0) status = FH_E_INTERNAL;
    }
    fhi_recent_destroy(server->answers);
    fhi_buf_fini(&server->kept);
    fhi_refusals_fini(&server->refusals);
    fhi_tokens_destroy(server->tokens);
    fhi_rate_destroy(server->rate);
    fhi_log_destroy(server->log);
    free(server);
    return status;
}
