/* test_server_batch.c - many questions in one request, and answers in any order, at both doors. Real sockets. */
#include "tests/server/serving.h"

static serving server;

static int start(void **state)
{
    (void)state;
    serving_init(&server);
    serving_start(&server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    serving_stop(&server);
    return 0;
}

static void send_batch(int fd, const char *query, const char *body)
{
    char head[256];
    (void)snprintf(head, sizeof head, "POST /batch%s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", query,
                   strlen(body));
    send_text(fd, head);
    send_text(fd, body);
}

static void expect_head(int fd)
{
    http_answer answer = read_answer(fd, true);
    if (answer.status != 200) fail_msg("%s", answer.head);
    assert_non_null(strstr(answer.head, "Transfer-Encoding: chunked\r\n"));
    assert_non_null(strstr(answer.head, "Content-Type: application/x-ndjson\r\n"));
    assert_non_null(strstr(answer.head, "Cache-Control: no-store\r\n"));
    answer_fini(&answer);
}

/* The next line of an answer, one chunk each; NULL after the last. */
static json_t *read_chunk(int fd)
{
    char *size = read_line(fd);
    assert_non_null(size);
    const size_t len = strtoull(size, NULL, 16);
    free(size);
    char *line = read_line(fd);
    assert_non_null(line);
    json_t *object = NULL;
    if (len) {
        assert_int_equal(strlen(line) + 1, len);
        object = json_loads(line, 0, NULL);
        assert_non_null(object);
        char *end = read_line(fd);
        assert_string_equal(end, "\r");
        free(end);
    }
    free(line);
    return object;
}

static void expect_line(int fd, json_int_t id, const char *query, const char *code)
{
    json_t *line = read_chunk(fd);
    if (!line) fail_msg("the batch ended before %s%s", query, code);
    if (json_integer_value(json_object_get(line, "id")) != id || strcmp(answered_query(line), query) != 0 ||
        strcmp(error_code(line), code) != 0) {
        char *text = json_dumps(line, 0);
        fail_msg("%s, wanted %d %s %s", text, (int)id, query, code);
        free(text);
    }
    json_decref(line);
}

static void lines_are_answered_in_order_and_the_connection_lives(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    for (int i = 0; i < 2; i++) {
        send_batch(
            fd, "",
            "{\"id\":1,\"q\":\"sleep 40\"}\n{\"id\":2,\"q\":\"b\"}\r\n{\"q\":\"wrong\"}\n{\"id\":4,\"q\":\"d\"}");
        expect_head(fd);
        expect_line(fd, 1, "sleep 40", "");
        expect_line(fd, 2, "b", "");
        expect_line(fd, 0, "", "open_quote");
        expect_line(fd, 4, "d", "");
        assert_null(read_chunk(fd));
    }
    send_text(fd, "GET /search?q=c HTTP/1.1\r\nHost: x\r\n\r\n");
    http_answer answer = read_answer(fd, false);
    assert_string_equal(answered_query(answer.json), "c");
    answer_fini(&answer);
    (void)close(fd);
}

static void every_verb_of_the_socket_goes_but_exports(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_batch(fd, "",
               "{\"id\":1,\"article\":\"a\"}\n{\"id\":2,\"health\":true}\n{\"id\":3,\"article\":\"absent\"}\n"
               "{\"id\":4,\"export\":true,\"q\":\"lines 3\"}\n\nnonsense\n{\"id\":7,\"q\":\"a\",\"colour\":1}\n");
    expect_head(fd);
    json_t *line = read_chunk(fd);
    assert_non_null(json_object_get(json_object_get(line, "article"), "title"));
    json_decref(line);
    line = read_chunk(fd);
    assert_non_null(json_object_get(json_object_get(line, "health"), "status"));
    json_decref(line);
    expect_line(fd, 3, "", "not_found");
    expect_line(fd, 4, "", "bad_request");
    expect_line(fd, 0, "", "bad_request");
    expect_line(fd, 0, "", "bad_request");
    expect_line(fd, 7, "", "bad_request");
    assert_null(read_chunk(fd));
    (void)close(fd);
}

static void answers_may_come_as_they_are_ready(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_batch(fd, "?order=any",
               "{\"id\":0,\"q\":\"sleep 300\"}\n{\"id\":1,\"q\":\"b\"}\n{\"id\":2,\"q\":\"sleep 30\"}\n"
               "{\"id\":3,\"q\":\"c\"}\n{\"q\":\"no id\"}\n");
    send_text(fd, "GET /search?q=after HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_head(fd);
    bool seen[4] = {false};
    json_int_t last = -1;
    for (int i = 0; i < 5; i++) {
        json_t *line = read_chunk(fd);
        assert_non_null(line);
        const json_t *id = json_object_get(line, "id");
        if (!id) {
            assert_string_equal(error_code(line), "bad_request");
        } else {
            last = json_integer_value(id);
            assert_false(seen[last]);
            seen[last] = true;
        }
        json_decref(line);
    }
    assert_int_equal(last, 0); /* the slowest */
    assert_null(read_chunk(fd));
    http_answer answer = read_answer(fd, false);
    assert_string_equal(answered_query(answer.json), "after");
    answer_fini(&answer);
    (void)close(fd);
}

static void lines_of_the_socket_may_be_answered_in_any_order(void **state)
{
    (void)state;
    const int fd = connect_path(server.socket);
    send_text(
        fd,
        "{\"id\":0,\"q\":\"sleep 200\",\"order\":\"any\"}\n{\"id\":1,\"q\":\"b\",\"order\":\"any\"}\n"
        "{\"id\":2,\"q\":\"c\"}\n{\"id\":3,\"q\":\"d\",\"order\":\"any\"}\n{\"id\":4,\"q\":\"e\",\"order\":\"asked\"}\n"
        "{\"q\":\"f\",\"order\":\"any\"}\n{\"id\":6,\"q\":\"g\",\"order\":\"colour\"}\n"
        "{\"id\":7,\"q\":\"h\",\"order\":1}\n");
    /* 1 overtakes 0; 2 waits for both, and 3 for 2 */
    static const json_int_t ids[] = {1, 0, 2, 3, 4, 0, 6, 7};
    static const char *const codes[] = {"", "", "", "", "", "bad_request", "bad_request", "bad_request"};
    for (size_t i = 0; i < 8; i++) {
        json_t *line = read_json_line(fd);
        assert_int_equal(json_integer_value(json_object_get(line, "id")), ids[i]);
        assert_string_equal(error_code(line), codes[i]);
        json_decref(line);
    }
    (void)close(fd);
}

static void a_thousand_lines_come_back_each_once(void **state)
{
    (void)state;
    enum { LINES = 1000 };
    static const char *const orders[] = {"", "?order=any"};
    fhi_buf body = {0};
    for (int i = 0; i < LINES; i++)
        fhi_buf_printf(&body, "{\"id\":%d,\"q\":\"n%d\"}\n", i, i);
    fhi_buf_put8(&body, 0);
    const int fd = connect_http(&server);
    for (int order = 0; order < 2; order++) {
        bool seen[LINES] = {false};
        send_batch(fd, orders[order], (const char *)body.data);
        expect_head(fd);
        for (int i = 0; i < LINES; i++) {
            char query[16];
            json_t *line = read_chunk(fd);
            const json_int_t id = json_integer_value(json_object_get(line, "id"));
            (void)snprintf(query, sizeof query, "n%d", (int)id);
            assert_string_equal(answered_query(line), query);
            assert_true(order == 1 || id == i);
            assert_false(seen[id]);
            seen[id] = true;
            json_decref(line);
        }
        assert_null(read_chunk(fd));
    }
    fhi_buf_printf(&body, "%s", "");
    body.data[body.len - 1] = '\n'; /* one line more, an empty one */
    fhi_buf_put8(&body, '\n');
    fhi_buf_put8(&body, 0);
    send_batch(fd, "", (const char *)body.data);
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 413);
    assert_string_equal(error_code(answer.json), "too_long");
    answer_fini(&answer);
    fhi_buf_fini(&body);
    (void)close(fd);
}

static void expect_refusal(const char *request, int status, const char *allow)
{
    const int fd = connect_http(&server);
    send_text(fd, request);
    http_answer answer = read_answer(fd, false);
    if (answer.status != status || (allow && !strstr(answer.head, allow))) fail_msg("%s: %s", request, answer.head);
    answer_fini(&answer);
    (void)close(fd);
}

static void what_is_no_batch_is_refused(void **state)
{
    (void)state;
    expect_refusal("POST /batch HTTP/1.1\r\nHost: x\r\n\r\n", 400, NULL);
    expect_refusal("POST /batch HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 400, NULL);
    expect_refusal("POST /batch?order=none HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 400, NULL);
    expect_refusal("POST /batch?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 400, NULL);
    expect_refusal("POST /batch HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413, NULL);
    expect_refusal("GET /batch HTTP/1.1\r\nHost: x\r\n\r\n", 405, "Allow: POST\r\n");
    expect_refusal("PUT /batch HTTP/1.1\r\nHost: x\r\n\r\n", 405, "Allow: POST\r\n");
    expect_refusal("POST /search?q=a HTTP/1.1\r\nHost: x\r\n\r\n", 405, "Allow: GET, HEAD\r\n");
    expect_refusal("POST /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404, NULL);
}

static void bodies_may_come_in_chunks_and_bytes(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_bytewise(fd, "POST /batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "7\r\n{\"id\":1\r\n9\r\n,\"q\":\"a\"}\r\n12\r\n\n{\"id\":2,\"q\":\"b\"}\n\r\n0\r\n\r\n");
    expect_head(fd);
    expect_line(fd, 1, "a", "");
    expect_line(fd, 2, "b", "");
    assert_null(read_chunk(fd));
    (void)close(fd);
}

static void old_clients_get_lines_until_the_connection_ends(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    static const char body[] = "{\"id\":1,\"q\":\"sleep 20\"}\n{\"id\":2,\"q\":\"b\"}\n";
    char head[128];
    (void)snprintf(head, sizeof head, "POST /batch HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: %zu\r\n\r\n",
                   strlen(body));
    send_text(fd, head);
    send_text(fd, body);
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    assert_true(answer.closes);
    assert_null(strstr(answer.head, "chunked"));
    answer_fini(&answer);
    for (int i = 1; i <= 2; i++) {
        json_t *line = read_json_line(fd);
        assert_int_equal(json_integer_value(json_object_get(line, "id")), i);
        json_decref(line);
    }
    assert_null(read_line(fd));
    (void)close(fd);
}

static void a_batch_needs_more_than_its_own_token_for_what_is_more(void **state)
{
    (void)state;
    static const char token[] = "0123456789abcdef0123456789abcdef";
    serving own;
    char path[SCRATCH_PATH_BYTES], text[128], request[512];
    serving_init(&own);
    (void)snprintf(text, sizeof text, "read %s\n", token);
    scratch_write_text(scratch_path(&own.folder, "tokens", path), text);
    assert_int_equal(chmod(path, 0600), 0);
    own.options.tokens = path;
    serving_start(&own);
    const int fd = connect_http(&own);
    static const char body[] = "{\"id\":1,\"metrics\":true}\n{\"id\":2,\"q\":\"b\"}\n";
    (void)snprintf(request, sizeof request,
                   "POST /batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
                   token, strlen(body), body);
    send_text(fd, request);
    expect_head(fd);
    expect_line(fd, 1, "", "forbidden");
    expect_line(fd, 2, "b", "");
    assert_null(read_chunk(fd));
    send_batch(fd, "", body);
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 401);
    answer_fini(&answer);
    (void)close(fd);
    serving_stop(&own);
}

static void clients_that_leave_in_the_middle_harm_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        const int fd = connect_http(&server);
        send_batch(fd, i % 2 ? "?order=any" : "",
                   "{\"id\":1,\"q\":\"sleep 10\"}\n{\"id\":2,\"q\":\"big 4000000\"}\n{\"id\":3,\"q\":\"sleep 20\"}\n");
        char some[100];
        if (i % 3 == 0) assert_true(recv(fd, some, sizeof some, 0) > 0);
        (void)close(fd);
    }
    const int fd = connect_http(&server);
    send_batch(fd, "", "{\"id\":1,\"q\":\"a\"}");
    expect_head(fd);
    expect_line(fd, 1, "a", "");
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_answered_in_order_and_the_connection_lives),
        cmocka_unit_test(every_verb_of_the_socket_goes_but_exports),
        cmocka_unit_test(answers_may_come_as_they_are_ready),
        cmocka_unit_test(lines_of_the_socket_may_be_answered_in_any_order),
        cmocka_unit_test(a_thousand_lines_come_back_each_once),
        cmocka_unit_test(what_is_no_batch_is_refused),
        cmocka_unit_test(bodies_may_come_in_chunks_and_bytes),
        cmocka_unit_test(old_clients_get_lines_until_the_connection_ends),
        cmocka_unit_test(a_batch_needs_more_than_its_own_token_for_what_is_more),
        cmocka_unit_test(clients_that_leave_in_the_middle_harm_nobody),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
