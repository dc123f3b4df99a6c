/* test_server_life.c - bounds, times, stopping, the socket file, and a new generation. One server for each test. */
#include "query/search_client.h"
#include "tests/server/serving.h"

static const char health[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

static void send_search(int fd, const char *query)
{
    char request[256];
    (void)snprintf(request, sizeof request, "GET /search?q=%s HTTP/1.1\r\nHost: x\r\n\r\n", query);
    send_text(fd, request);
}

static void expect_status(int fd, int status, const char *code)
{
    http_answer answer = read_answer(fd, false);
    if (answer.status != status || strcmp(error_code(answer.json), code) != 0)
        fail_msg("%d %s, wanted %d %s", answer.status, answer.body ? answer.body : "(closed)", status, code);
    assert_int_equal(answer.retry_after, status == 503);
    answer_fini(&answer);
}

static json_int_t health_number(const serving *self, const char *name)
{
    http_answer answer = get(self, "/health");
    const json_int_t number = json_integer_value(json_object_get(answer.json, name));
    answer_fini(&answer);
    return number;
}

static void wait_for_health(const serving *self, const char *name, json_int_t value)
{
    json_int_t now = -1;
    for (int i = 0; i < 1000 && (now = health_number(self, name)) != value; i++)
        sleep_ms(5);
    assert_int_equal(now, value);
}

/* ---- bounds ---- */

static void a_full_queue_answers_busy(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.worker_count = 1;
    server.options.limits.queue_max = 1;
    serving_start(&server);
    const int running = connect_http(&server), queued = connect_http(&server), refused = connect_http(&server);
    const int line = connect_path(server.socket);
    send_search(running, "gate");
    wait_until(&server.started, 1);
    send_search(queued, "a");
    wait_for_health(&server, "queue", 1);
    send_search(refused, "b");
    expect_status(refused, 503, "busy");
    send_text(line, "{\"id\":1,\"q\":\"c\"}\n");
    json_t *object = read_json_line(line);
    assert_string_equal(error_code(object), "busy");
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 1);
    json_decref(object);
    server.gate = true;
    expect_status(running, 200, "");
    expect_status(queued, 200, "");
    send_search(refused, "d");
    expect_status(refused, 200, "");
    (void)close(running);
    (void)close(queued);
    (void)close(refused);
    (void)close(line);
    serving_stop(&server);
}

static void one_connection_cannot_fill_the_queue(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.worker_count = 1;
    server.options.limits.parallel_max = 2;
    serving_start(&server);
    const int fd = connect_http(&server);
    for (int i = 0; i < 10; i++)
        send_search(fd, "gate");
    wait_until(&server.started, 1);
    wait_for_health(&server, "queue", 1);
    server.gate = true;
    for (int i = 0; i < 10; i++)
        expect_status(fd, 200, "");
    (void)close(fd);
    serving_stop(&server);
}

static void a_slow_query_meets_its_deadline(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.worker_count = 1;
    server.options.limits.query_ms_max = 60;
    serving_start(&server);
    const int slow = connect_http(&server), behind = connect_http(&server);
    send_search(slow, "sleep+5000");
    expect_status(slow, 504, "deadline");
    send_search(slow, "gate"); /* does not look at its deadline */
    wait_until(&server.started, 2);
    send_search(behind, "a");
    wait_for_health(&server, "queue", 1);
    sleep_ms(80);
    server.gate = true;
    expect_status(behind, 504, "deadline");
    assert_int_equal(server.started, 2); /* it was not even begun */
    (void)close(slow);
    (void)close(behind);
    serving_stop(&server);
}

static void too_many_connections_are_refused(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.connections_max = 2;
    serving_start(&server);
    const int first = connect_http(&server), second = connect_path(server.socket);
    send_text(first, health);
    expect_status(first, 200, "");
    const int third = connect_http(&server);
    expect_status(third, 503, "busy");
    assert_ended(third);
    (void)close(third);
    (void)close(second);
    send_text(first, health);
    expect_status(first, 200, "");
    int status = 0;
    for (int i = 0; i < 1000 && status != 200; i++) {
        const int fd = connect_http(&server);
        (void)send(fd, health, sizeof health - 1, 0);
        http_answer answer = read_answer(fd, false);
        status = answer.status;
        answer_fini(&answer);
        (void)close(fd);
    }
    assert_int_equal(status, 200);
    (void)close(first);
    serving_stop(&server);
}

/* `fihrist search --socket` asks like this. */
static void the_client_gives_a_silent_server_up_and_needs_none_for_a_query_it_cannot_send(void **state)
{
    (void)state;
    scratch folder;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[SCRATCH_PATH_BYTES];
    fhi_request request;
    fhi_buf json;
    fh_err err;
    scratch_init(&folder);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch_path(&folder, "silent", path));
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    fhi_buf_init(&json);
    fhi_request_defaults(&request);
    request.query = FH_STR("a");
    assert_int_equal(fhi_client_search(path, &request, 50, &json, &err), FH_E_NETWORK);
    assert_string_equal(err.text, "the server does not answer");
    request.query = FH_STR("\u00e9\xff");
    fhi_buf_clear(&json);
    assert_int_equal(fhi_client_search("nowhere", &request, 50, &json, &err), FH_OK);
    fhi_buf_put8(&json, 0);
    assert_non_null(strstr((const char *)json.data, "\"code\":\"not_utf8\""));
    assert_non_null(strstr((const char *)json.data, "\"offset\":2,\"offset_chars\":1}"));
    fhi_buf_fini(&json);
    (void)close(fd);
    scratch_fini(&folder);
}

/* A client that never reads is not read either, and no more answers are made for it than the bound allows. All lines
 * fit into the socket, where each takes 768 bytes: they may stay there. */
static void a_client_that_does_not_read_is_held_back(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    serving server;
    serving_init(&server);
    server.options.limits.connection_bytes_max = 65536;
    server.options.limits.cache_bytes_max = 0;
    serving_start(&server);
    const int fd = connect_path(server.socket);
    fhi_buf lines = {0};
    for (int i = 0; i < COUNT; i++)
        fhi_buf_printf(&lines, "{\"id\":%d,\"q\":\"big 20000\"}\n", i);
    /* In one write: a buffer of the socket has room for 12 KB, but for some 280 writes only, and who is held back
     * earlier than that would wait here for ever. */
    send_bytes(fd, (const char *)lines.data, lines.len);
    fhi_buf_fini(&lines);
    wait_until(&server.started, 4);
    sleep_ms(200);
    assert_true(server.started < COUNT / 2);
    for (int i = 0; i < COUNT; i++) {
        json_t *object = read_json_line(fd);
        assert_int_equal(json_integer_value(json_object_get(object, "id")), i);
        json_decref(object);
    }
    (void)close(fd);
    serving_stop(&server);
}

static void a_full_pipeline_stops_reading(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    serving server;
    serving_init(&server);
    server.options.limits.pipeline_max = 4;
    serving_start(&server);
    const int fd = connect_http(&server);
    for (int i = 0; i < COUNT; i++)
        send_search(fd, i == 0 ? "gate" : "a");
    sleep_ms(50);
    assert_true(server.started <= 4);
    server.gate = true;
    for (int i = 0; i < COUNT; i++)
        expect_status(fd, 200, "");
    (void)close(fd);
    serving_stop(&server);
}

/* ---- times ---- */

static void a_request_that_takes_too_long_to_come_gets_408(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.read_ms_max = 150;
    serving_start(&server);
    const int slow = connect_http(&server), line = connect_path(server.socket);
    const uint64_t begin = uv_hrtime();
    send_text(line, "{\"q\":\"never");
    for (const char *at = health; *at && uv_hrtime() - begin < UINT64_C(10000000000); at++) {
        if (send(slow, at, 1, 0) != 1) break; /* each byte alone is in time */
        sleep_ms(40);
        char byte;
        if (recv(slow, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1) break;
    }
    assert_true(uv_hrtime() - begin < UINT64_C(1200000000));
    expect_status(slow, 408, "timeout");
    assert_ended(slow);
    json_t *object = read_json_line(line);
    assert_string_equal(error_code(object), "timeout");
    json_decref(object);
    assert_ended(line);
    (void)close(slow);
    (void)close(line);
    serving_stop(&server);
}

static void idle_http_connections_end_and_idle_sockets_stay(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.idle_ms_max = 120;
    serving_start(&server);
    const int silent = connect_http(&server), used = connect_http(&server), line = connect_path(server.socket);
    send_text(used, health);
    expect_status(used, 200, "");
    send_search(used, "sleep+400"); /* longer than idle_ms_max, but not idle */
    expect_status(used, 200, "");
    assert_ended(silent);
    assert_ended(used);
    send_text(line, "{\"health\":true}\n");
    json_t *object = read_json_line(line);
    json_decref(object);
    (void)close(silent);
    (void)close(used);
    (void)close(line);
    serving_stop(&server);
}

static void a_client_that_takes_nothing_is_cut_off(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.write_ms_max = 150;
    serving_start(&server);
    const int fd = connect_path(server.socket);
    send_text(fd, "{\"q\":\"big 8000000\"}\n");
    wait_for_health(&server, "connections", 1); /* the one that asks */
    char some[65536];
    size_t got = 0;
    ssize_t count;
    while ((count = recv(fd, some, sizeof some, 0)) > 0)
        got += (size_t)count;
    assert_true(got < 8000000);
    (void)close(fd);
    serving_stop(&server);
}

static void queries_of_a_client_that_left_are_dropped(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.worker_count = 1;
    serving_start(&server);
    const int busy = connect_http(&server), gone = connect_http(&server);
    send_search(busy, "gate");
    wait_until(&server.started, 1);
    for (int i = 0; i < 5; i++)
        send_search(gone, "a");
    wait_for_health(&server, "queue", 5);
    const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(gone, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it), 0);
    (void)close(gone);
    wait_for_health(&server, "queue", 0);
    server.gate = true;
    expect_status(busy, 200, "");
    assert_int_equal(server.started, 1);
    (void)close(busy);
    serving_stop(&server);
}

/* ---- stopping ---- */

static void stopping_finishes_what_is_in_flight(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.worker_count = 1;
    serving_start(&server);
    const int http = connect_http(&server), line = connect_path(server.socket), idle = connect_http(&server);
    send_search(http, "gate");
    wait_until(&server.started, 1);
    send_search(http, "b");
    send_text(line, "{\"id\":0,\"q\":\"c\"}\n{\"id\":1,\"q\":\"d\"}\n");
    fhi_server_stop(server.server);
    fhi_server_stop(server.server);
    assert_ended(idle);
    assert_int_not_equal(access(server.socket, F_OK), 0);
    server.gate = true;
    http_answer answer = read_answer(http, false);
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    answer = read_answer(http, false);
    assert_int_equal(answer.status, 200);
    assert_true(answer.closes);
    answer_fini(&answer);
    assert_ended(http);
    for (int i = 0; i < 2; i++) {
        json_t *object = read_json_line(line);
        assert_int_equal(json_integer_value(json_object_get(object, "id")), i);
        json_decref(object);
    }
    assert_ended(line);
    (void)close(http);
    (void)close(line);
    (void)close(idle);
    serving_join(&server);
}

static void stopping_cuts_off_what_takes_too_long(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.drain_ms_max = 200;
    serving_start(&server);
    const int fd = connect_http(&server);
    send_search(fd, "sleep+1500");
    wait_until(&server.started, 1);
    const uint64_t begin = uv_hrtime();
    fhi_server_stop(server.server);
    assert_ended(fd);
    assert_true(uv_hrtime() - begin < UINT64_C(1400000000));
    (void)close(fd);
    serving_join(&server);
}

static void a_server_may_be_stopped_before_it_runs(void **state)
{
    (void)state;
    serving server;
    fh_err err;
    serving_init(&server);
    assert_int_equal(fhi_server_create(&server.options, &server.server, &err), FH_OK);
    fhi_server_stop(server.server);
    fhi_server_run(server.server);
    assert_int_equal(fhi_server_destroy(server.server), FH_OK);
    assert_int_equal(fhi_server_create(&server.options, &server.server, &err), FH_OK);
    assert_int_equal(fhi_server_destroy(server.server), FH_OK); /* never run at all */
    assert_int_equal(server.snapshots, 0);
    assert_int_equal(server.workers, 0);
    scratch_fini(&server.folder);
}

/* ---- the socket file, addresses ---- */

static void the_socket_is_for_its_owner_only(void **state)
{
    (void)state;
    serving server;
    struct stat status;
    serving_init(&server);
    serving_start(&server);
    assert_int_equal(stat(server.socket, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    serving_stop(&server); /* sees that it is removed */
}

static void a_stale_socket_is_taken_over(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    const struct sockaddr_un address = address_of(server.socket);
    const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(dead, 1), 0);
    (void)close(dead);
    assert_int_equal(access(server.socket, F_OK), 0);
    serving_start(&server);
    const int fd = connect_path(server.socket);
    send_text(fd, "{\"q\":\"a\"}\n");
    json_t *object = read_json_line(fd);
    assert_string_equal(answered_query(object), "a");
    json_decref(object);
    (void)close(fd);
    serving_stop(&server);
}

static void a_live_socket_and_a_plain_file_are_left_alone(void **state)
{
    (void)state;
    serving server;
    fhi_server *second;
    fh_err err = {0};
    char path[SCRATCH_PATH_BYTES];
    serving_init(&server);
    serving_start(&server);
    fhi_server_options options = server.options;
    options.http = NULL;
    assert_int_equal(fhi_server_create(&options, &second, &err), FH_E_BUSY);
    assert_non_null(strstr(err.text, server.socket));
    assert_int_equal(access(server.socket, F_OK), 0);
    const int fd = connect_path(server.socket);
    send_text(fd, "{\"health\":true}\n");
    json_t *object = read_json_line(fd);
    json_decref(object);
    (void)close(fd);
    options.socket = scratch_path(&server.folder, "file", path);
    scratch_write_text(path, "text");
    assert_int_equal(fhi_server_create(&options, &second, &err), FH_E_NETWORK);
    char *text = scratch_read(path, NULL);
    assert_string_equal(text, "text");
    free(text);
    serving_stop(&server);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "7700",   "127.0.0.1",   "127.0.0.1:",    "127.0.0.1:70000",
                                      "a.b:1", "::1:80", "127.0.0.1:x", "127.0.0.1:+80", ":80",
                                      "[]:80", "[x]:80"};
    serving server;
    fhi_server *second;
    fh_err err;
    char taken[32];
    serving_init(&server);
    serving_start(&server);
    fhi_server_options options = server.options;
    options.socket = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        options.http = bad[i];
        if (fhi_server_create(&options, &second, &err) != FH_E_INVALID) fail_msg("accepted: %s", bad[i]);
    }
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%u", server.port);
    options.http = taken;
    assert_int_equal(fhi_server_create(&options, &second, &err), FH_E_BUSY);
    options.http = "localhost:0";
    assert_int_equal(fhi_server_create(&options, &second, &err), FH_OK);
    assert_int_equal(strncmp(fhi_server_http_url(second), "http://127.0.0.1:", 17), 0);
    assert_int_equal(fhi_server_destroy(second), FH_OK);
    serving_stop(&server);
}

/* ---- a new generation ---- */

static void commit(serving *self, unsigned generation)
{
    char path[SCRATCH_PATH_BYTES], next[SCRATCH_PATH_BYTES];
    self->generation = generation;
    scratch_write_text(scratch_path(&self->folder, "MANIFEST.tmp", next), "generation");
    assert_int_equal(rename(next, scratch_path(&self->folder, "MANIFEST", path)), 0);
}

static void a_new_generation_is_served_and_running_queries_keep_theirs(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    commit(&server, 1);
    server.options.watch_dir = server.folder.path;
    serving_start(&server);
    const int fd = connect_http(&server);
    send_search(fd, "gate");
    wait_until(&server.started, 1);
    commit(&server, 2);
    wait_for_health(&server, "generation", 2);
    assert_int_equal(server.snapshots, 2);
    http_answer answer = get(&server, "/search?q=a");
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 2);
    answer_fini(&answer);
    server.gate = true;
    answer = read_answer(fd, false);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 1);
    answer_fini(&answer);
    for (int i = 0; i < 2; i++) { /* nor is what the old one answered ever given again */
        answer = get(&server, "/search?q=gate");
        assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 2);
        answer_fini(&answer);
    }
    assert_int_equal(server.started, 3);
    for (int i = 0; i < 2000 && server.snapshots > 1; i++)
        sleep_ms(1);
    assert_int_equal(server.snapshots, 1);
    for (unsigned i = 3; i < 40; i++)
        commit(&server, i);
    wait_for_health(&server, "generation", 39);
    (void)close(fd);
    serving_stop(&server);
}

static void an_index_that_cannot_be_opened_leaves_the_old_one(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    commit(&server, 1);
    server.options.watch_dir = server.folder.path;
    serving_start(&server);
    server.open_fails = true;
    commit(&server, 2);
    sleep_ms(100);
    assert_int_equal(health_number(&server, "generation"), 1);
    http_answer answer = get(&server, "/search?q=a");
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    sleep_ms(2500);            /* the poll of the file has seen the change too */
    server.open_fails = false; /* tried again without a further one */
    wait_for_health(&server, "generation", 2);
    serving_stop(&server);
}

static void stopping_while_generations_come(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        serving server;
        serving_init(&server);
        commit(&server, 1);
        server.options.watch_dir = server.folder.path;
        serving_start(&server);
        for (unsigned generation = 2; generation < 5 + i; generation++)
            commit(&server, generation);
        serving_stop(&server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_answers_busy),
        cmocka_unit_test(one_connection_cannot_fill_the_queue),
        cmocka_unit_test(a_slow_query_meets_its_deadline),
        cmocka_unit_test(too_many_connections_are_refused),
        cmocka_unit_test(the_client_gives_a_silent_server_up_and_needs_none_for_a_query_it_cannot_send),
        cmocka_unit_test(a_client_that_does_not_read_is_held_back),
        cmocka_unit_test(a_full_pipeline_stops_reading),
        cmocka_unit_test(a_request_that_takes_too_long_to_come_gets_408),
        cmocka_unit_test(idle_http_connections_end_and_idle_sockets_stay),
        cmocka_unit_test(a_client_that_takes_nothing_is_cut_off),
        cmocka_unit_test(queries_of_a_client_that_left_are_dropped),
        cmocka_unit_test(stopping_finishes_what_is_in_flight),
        cmocka_unit_test(stopping_cuts_off_what_takes_too_long),
        cmocka_unit_test(a_server_may_be_stopped_before_it_runs),
        cmocka_unit_test(the_socket_is_for_its_owner_only),
        cmocka_unit_test(a_stale_socket_is_taken_over),
        cmocka_unit_test(a_live_socket_and_a_plain_file_are_left_alone),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(a_new_generation_is_served_and_running_queries_keep_theirs),
        cmocka_unit_test(an_index_that_cannot_be_opened_leaves_the_old_one),
        cmocka_unit_test(stopping_while_generations_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
