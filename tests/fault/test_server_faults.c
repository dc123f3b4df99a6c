/* test_server_faults.c - the server with every single allocation failing: it answers, refuses or closes, leaks nothing
 * and stops cleanly. */
#include "query/server/openapi.h"
#include "query/server/server_ask.h"
#include "tests/server/serving.h"
#include "tests/support/fault.h"

#include <fcntl.h>

static fh_status parse_both(void *context)
{
    static const char request[] = "GET /search?q=caf%C3%A9&top=3 HTTP/1.1\r\nHost: x\r\n\r\n";
    static const fhi_http_limits limits = {.head_bytes_max = 4096, .target_bytes_max = 1024, .body_bytes_max = 0};
    (void)context;
    fhi_http_parser http;
    fhi_http_event event;
    fhi_ask ask;
    int http_status;
    fh_err err = {0};
    fhi_http_parser_init(&http, &limits);
    (void)fhi_http_parse(&http, request, sizeof request - 1, &event);
    fhi_ask_init(&ask);
    fh_status status = FH_E_NOMEM;
    if (event == FHI_HTTP_REQUEST)
        status = fhi_ask_from_http(&ask, &http, &http_status, &err);
    else
        assert_int_equal(http.status, 500);
    fhi_ask_fini(&ask);
    fhi_http_parser_fini(&http);
    if (status != FH_OK) return status;
    fhi_ask_init(&ask);
    status = fhi_ask_from_line(&ask, FH_STR("{\"id\":[1],\"q\":\"a\",\"top\":3}"), &err);
    fhi_ask_fini(&ask);
    return status;
}

static fh_status describe_routes(void *context)
{
    fhi_buf json = {0};
    (void)context;
    const fh_status status = fhi_openapi_write(&json);
    if (status == FH_OK) assert_true(json.len > 10000);
    fhi_buf_fini(&json);
    return status;
}

static fh_status create_and_destroy(void *context)
{
    serving *self = context;
    fh_err err;
    const fh_status status = fhi_server_create(&self->options, &self->server, &err);
    assert_int_equal(fhi_server_destroy(self->server), FH_OK);
    assert_int_equal(self->snapshots, 0);
    assert_int_equal(self->workers, 0);
    assert_int_not_equal(access(self->socket, F_OK), 0);
    return status;
}

/* Asks once; true for an answer that begins so. A server without memory may stay silent: then it is given up soon. */
static bool ask(int fd, const char *request, const char *wanted)
{
    enum { TURN_MS = 10, TURNS_MAX = READ_SECONDS * 1000 / TURN_MS };
    char answer[512];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t count = -1;
    (void)send(fd, request, strlen(request), 0);
    for (int turn = 0; turn < TURNS_MAX && !(fault_hit() && turn > 12); turn++) {
        if (poll(&ready, 1, TURN_MS) == 0) continue;
        count = recv(fd, answer, sizeof answer - 1, 0);
        break;
    }
    (void)close(fd);
    return count >= (ssize_t)strlen(wanted) && strncmp(answer, wanted, strlen(wanted)) == 0;
}

static fh_status serve_some(void *context)
{
    serving *self = context;
    fh_err err;
    const fh_status status = fhi_server_create(&self->options, &self->server, &err);
    if (status != FH_OK) return status;
    self->port = (unsigned short)strtoul(strrchr(fhi_server_http_url(self->server), ':') + 1, NULL, 10);
    assert_int_equal(uv_thread_create(&self->thread, serving_thread, self), 0);
    bool good = ask(connect_http(self), "GET /search?q=a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK");
    good = good && ask(connect_path(self->socket), "{\"id\":7,\"article\":\"a\"}\n", "{\"id\":7,\"article\":{");
    good = good && ask(connect_path(self->socket), "{\"health\":true}\n", "{\"health\":{");
    good = good && ask(connect_http(self), "GET /export?q=lines+3 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n",
                       "HTTP/1.1 200 OK");
    good = good && ask(connect_http(self),
                       "POST /batch HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\n\r\n{\"q\":\"a\"}\n{\"id\":1}",
                       "HTTP/1.1 200 OK");
    good = good && ask(connect_path(self->socket), "{\"id\":7,\"export\":true,\"q\":\"lines 3\"}\n", "{\"n\":0,");
    fhi_server_stop(self->server);
    assert_int_equal(uv_thread_join(&self->thread), 0);
    assert_int_equal(fhi_server_destroy(self->server), FH_OK);
    assert_int_equal(self->snapshots, 0);
    assert_int_equal(self->workers, 0);
    return good ? FH_OK : FH_E_NOMEM;
}

static void reading_a_request_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(parse_both, NULL, 200) > 0);
}

static void describing_the_routes_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(describe_routes, NULL, 20000) > 0);
}

static void with_server(fh_status (*job)(void *context), bool asks_for_tokens)
{
    serving server;
    char tokens[SCRATCH_PATH_BYTES];
    serving_init(&server);
    scratch_write_text(scratch_path(&server.folder, "tokens", tokens), "read 0123456789abcdef0123456789abcdef\n");
    assert_int_equal(chmod(tokens, 0600), 0);
    server.options.watch_dir = server.folder.path;
    server.options.tokens = asks_for_tokens ? tokens : NULL;
    server.options.limits.rate_max = server.options.limits.burst_max = 1000000;
    server.options.log_format = FHI_LOG_JSON;
    server.options.log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(server.options.log_fd >= 0);
    assert_true(fault_each_allocation(job, &server, 2000) > 0);
    (void)close(server.options.log_fd);
    scratch_fini(&server.folder);
}

static void creating_a_server_survives_every_failed_allocation(void **state)
{
    (void)state;
    with_server(create_and_destroy, true);
}

static void serving_survives_every_failed_allocation(void **state)
{
    (void)state;
    with_server(serve_some, false);
}

int main(void)
{
    json_set_alloc_funcs(malloc, free); /* jansson's allocations fail too */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_a_request_survives_every_failed_allocation),
        cmocka_unit_test(describing_the_routes_survives_every_failed_allocation),
        cmocka_unit_test(creating_a_server_survives_every_failed_allocation),
        cmocka_unit_test(serving_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
